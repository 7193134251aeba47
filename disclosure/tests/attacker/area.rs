//! Random areas: clusters from very small to some hundreds of children, followed over six terms.

use std::collections::BTreeMap;

use disclosure::{Block, Dimension, Invalid, Link, Rate, Table};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::known::{ALL, ALL_CLUSTERS, COUNTED, Kind, LINKED, NUMBER, OF, REST, TABLES};

/// How many terms an area is followed.
pub(crate) const TERMS: usize = 6;

/// Every count with its sums, by table, line and column. The attacker never sees it.
pub(crate) type Truth = BTreeMap<(&'static str, String, String), i64>;

/// One term of an area.
pub(crate) struct Term {
    /// Tables that count the same children, then each other table by itself.
    pub(crate) blocks: Vec<Block>,
    pub(crate) truth: Truth,
}

/// Chance, all of it from one seed.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Many are small, some are large.
    fn size(&mut self, most: u64) -> u64 {
        let most = 1 + self.below(most);
        let most = 1 + self.below(most);
        self.below(most + 1)
    }

    /// A place by weight, the last if all weigh nothing.
    fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut at = self.below(weights.iter().sum());
        let found = weights.iter().position(|weight| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        });
        found.unwrap_or(weights.len() - 1)
    }
}

/// Children with an open case in one cluster, by what the linked tables tell of them.
struct Cluster {
    /// By stage, by looked-after status, by lead professional.
    by: [Vec<u64>; 3],
    busy: u64,
}

/// An area's terms; the same seed gives the same area.
pub(crate) fn area(seed: u64) -> Result<Vec<Term>, Invalid> {
    let mut dice = Dice::new(seed);
    let len = 3 + dice.below(10) as usize;
    let most = [12, 40, 120, 400][dice.below(4) as usize];
    let mix: Vec<Vec<u64>> = [TABLES[0].1, TABLES[2].1, Kind::Share]
        .iter()
        .map(|kind| (0..width(*kind)).map(|at| mix(&mut dice, at)).collect())
        .collect();
    let mut clusters: Vec<Cluster> = (0..len)
        .map(|_| Cluster {
            by: [0, 1, 2].map(|at| vec![0; mix[at].len()]),
            busy: 1 + dice.below(most),
        })
        .collect();
    let names: Vec<String> = (1..=len).map(|at| format!("Cluster {at}")).collect();
    let mut terms = Vec::new();
    for at in 0..TERMS {
        let rows: Vec<_> =
            clusters.iter_mut().map(|it| it.term(&mut dice, &mix, at == 0)).collect();
        terms.push(term(at, &names, &rows)?);
    }
    Ok(terms)
}

/// The first is the most frequent, most others are rare.
fn mix(dice: &mut Dice, at: usize) -> u64 {
    if at == 0 { 40 + dice.below(60) } else { dice.size(50) }
}

fn width(kind: Kind) -> usize {
    match kind {
        Kind::One => 1,
        Kind::Share => 2,
        Kind::Columns(columns) => columns.len(),
    }
}

impl Cluster {
    /// The counts of each table in one term. Of a share: the counted, then the rest.
    fn term(&mut self, dice: &mut Dice, mix: &[Vec<u64>], is_first: bool) -> Vec<Vec<u64>> {
        let came = if is_first { self.busy } else { dice.size(self.busy / 3 + 3) };
        for _ in 0..came {
            for (by, mix) in self.by.iter_mut().zip(mix) {
                by[dice.weighted(mix)] += 1;
            }
        }
        let open: u64 = self.by[0].iter().sum();
        let left = dice.size(self.busy / 3 + 3).min(open);
        for _ in 0..left {
            for by in &mut self.by {
                let from = dice.weighted(by);
                by[from] -= 1;
            }
        }
        for (by, mix) in self.by.iter_mut().zip(mix) {
            for _ in 0..dice.size(3).min(open - left) {
                let from = dice.weighted(by);
                by[from] -= 1;
                by[dice.weighted(mix)] += 1;
            }
        }
        let mut rows = vec![
            self.by[0].clone(),
            self.by[2].clone(),
            self.by[1].clone(),
            vec![came],
            vec![left],
        ];
        for (_, kind) in &TABLES[LINKED..] {
            let quiet = dice.chance(20);
            let most = if quiet { 2 } else { self.busy };
            rows.push((0..width(*kind)).map(|_| dice.size(most)).collect());
        }
        rows
    }
}

fn term(at: usize, names: &[String], rows: &[Vec<Vec<u64>>]) -> Result<Term, Invalid> {
    let mut truth = Truth::new();
    let mut blocks = vec![Block::default()];
    for (place, (id, kind)) in TABLES.iter().enumerate() {
        let counts: Vec<&[u64]> = rows.iter().map(|row| row[place].as_slice()).collect();
        if place >= LINKED {
            blocks.push(Block::default());
        }
        if let Some(block) = blocks.last_mut() {
            add(block, (id, *kind), at, names, &counts)?;
        }
        for (name, counts) in names.iter().zip(&counts) {
            for (column, count) in columns(*kind, counts) {
                for line in [name.as_str(), ALL_CLUSTERS] {
                    let sum = truth.entry((*id, line.to_owned(), column.to_owned())).or_default();
                    *sum += i64::try_from(count).unwrap_or_default();
                }
            }
        }
    }
    blocks[0].links = links(at);
    Ok(Term { blocks, truth })
}

/// A line's columns with its sum.
fn columns(kind: Kind, counts: &[u64]) -> Vec<(&'static str, u64)> {
    match kind {
        Kind::One => vec![(NUMBER, counts[0])],
        Kind::Share => vec![(COUNTED, counts[0]), (OF, counts[0] + counts[1]), (REST, counts[1])],
        Kind::Columns(columns) => {
            let own = columns.iter().copied().zip(counts.iter().copied());
            own.chain([(ALL, counts.iter().sum())]).collect()
        }
    }
}

fn add(
    block: &mut Block,
    (id, kind): (&str, Kind),
    at: usize,
    names: &[String],
    counts: &[&[u64]],
) -> Result<(), Invalid> {
    let mut dims = vec![Dimension::flat("Cluster", names.to_vec())?];
    let (name, whole) = (name_of(id, at), whole_of(id, at));
    if kind == Kind::Share {
        let part = counts.iter().map(|row| row[0]).collect();
        block.tables.push(Table::new(&name, dims.clone(), part)?);
        let all = counts.iter().map(|row| row[0] + row[1]).collect();
        block.tables.push(Table::new(&whole, dims, all)?);
        block.rates.push(Rate { name: format!("{name}, share"), part: name, whole });
        return Ok(());
    }
    if let Kind::Columns(columns) = kind {
        dims.push(Dimension::flat("Column", columns.iter().copied())?);
    }
    block.tables.push(Table::new(&name, dims, counts.concat())?);
    Ok(())
}

/// A table's name, as the server's.
pub(crate) fn name_of(id: &str, at: usize) -> String {
    format!("{id}, term {at}")
}

/// Of how many it is a share.
pub(crate) fn whole_of(id: &str, at: usize) -> String {
    format!("{id}, of all, term {at}")
}

fn links(at: usize) -> Vec<Link> {
    let open = whole_of("lead-named", at);
    let same = |id: &str| Link::Margin {
        left: open.clone(),
        right: name_of(id, at),
        over: vec!["Cluster".to_owned()],
    };
    let (came, left) = (name_of("cases-opened", at), name_of("cases-closed", at));
    let stock = match at.checked_sub(1) {
        Some(earlier) => Link::stock(&open, &whole_of("lead-named", earlier), &came, &left),
        None => Link::Sum { plus: vec![open.clone(), left], minus: vec![came] },
    };
    vec![same("children-at-stage"), same("looked-after"), stock]
}

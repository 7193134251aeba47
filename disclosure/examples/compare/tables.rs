//! Invented tables from a seed: skewed as children at each stage are, few at the later ones.

use disclosure::{Block, Dimension, Invalid, Link, Rules, Table};

use crate::Case;

/// Shares of children at each stage, of a hundred.
const STAGES: [f64; 6] = [48.0, 27.0, 14.0, 7.0, 3.0, 1.0];
const NEEDS: [f64; 8] = [30.0, 25.0, 15.0, 12.0, 8.0, 5.0, 3.0, 2.0];
const AGES: [f64; 4] = [10.0, 45.0, 40.0, 5.0];

/// A small generator of numbers that look like chance, the same on every machine.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }

    /// A count around a mean, spread as counts of rare things are.
    fn count(&mut self, mean: f64) -> u64 {
        let mut left = mean;
        let mut count = 0;
        while left > 0.0 {
            let part = left.min(30.0);
            let (end, mut product) = ((-part).exp(), self.unit());
            while product > end {
                product *= self.unit();
                count += 1;
            }
            left -= part;
        }
        count
    }
}

pub(crate) fn cases() -> Result<Vec<Case>, Invalid> {
    let case = |name, block, before: Vec<Block>, has_cubes| Case { name, block, before, has_cubes };
    let (last, stock) = stock(5)?;
    Ok(vec![
        case("6 clusters x 6 stages", small_area(1)?, vec![], true),
        case("60 clusters x 6 stages", clusters(2, 1.0)?, vec![], true),
        case("60 clusters x 6 stages, rarer", clusters(3, 0.2)?, vec![], true),
        case("60 clusters by stage, need and age, linked", linked(4)?, vec![], true),
        case("41 schools in 6 clusters x 6 stages", schools(6, 41, 6, false)?, vec![], true),
        case("41 schools, small ones may merge", schools(6, 41, 6, true)?, vec![], false),
        case("350 schools in 60 clusters x 6 stages", schools(7, 350, 60, false)?, vec![], true),
        case("stock, came, left of 60 x 6, second edition", stock, last, false),
    ])
}

fn numbered(what: &str, len: usize) -> Result<Dimension, Invalid> {
    Dimension::flat(what, (1..=len).map(|at| format!("{what} {at}")))
}

fn rows(dice: &mut Dice, sizes: &[f64], shares: &[f64]) -> Vec<u64> {
    let mut counts = Vec::new();
    for size in sizes {
        counts.extend(shares.iter().map(|share| dice.count(size * share / 100.0)));
    }
    counts
}

fn small_area(seed: u64) -> Result<Block, Invalid> {
    let counts = rows(&mut Dice(seed), &[260.0, 180.0, 310.0, 90.0, 140.0, 220.0], &STAGES);
    one(vec![numbered("cluster", 6)?, numbered("stage", 6)?], counts)
}

fn one(dims: Vec<Dimension>, counts: Vec<u64>) -> Result<Block, Invalid> {
    let tables = vec![Table::new("children at each stage", dims, counts)?];
    Ok(Block { tables, ..Block::default() })
}

fn sizes(dice: &mut Dice, len: usize, mean: f64) -> Vec<f64> {
    (0..len).map(|_| mean * (0.3 + 1.4 * dice.unit())).collect()
}

pub(crate) fn clusters(seed: u64, scale: f64) -> Result<Block, Invalid> {
    let mut dice = Dice(seed);
    let sizes = sizes(&mut dice, 60, 264.0 * scale);
    let counts = rows(&mut dice, &sizes, &STAGES);
    one(vec![numbered("cluster", 60)?, numbered("stage", 6)?], counts)
}

/// Three tables that count the same children.
fn linked(seed: u64) -> Result<Block, Invalid> {
    let mut dice = Dice(seed);
    let sizes = sizes(&mut dice, 60, 264.0);
    let by_stage = rows(&mut dice, &sizes, &STAGES);
    let totals: Vec<u64> = by_stage.chunks(STAGES.len()).map(|row| row.iter().sum()).collect();
    let mut tables = vec![Table::new(
        "by stage",
        vec![numbered("cluster", 60)?, numbered("stage", 6)?],
        by_stage,
    )?];
    let mut links = Vec::new();
    for (name, what, shares) in [("by need", "need", &NEEDS[..]), ("by age", "age", &AGES[..])] {
        let counts = totals.iter().flat_map(|total| spread(&mut dice, *total, shares)).collect();
        let dims = vec![numbered("cluster", 60)?, numbered(what, shares.len())?];
        tables.push(Table::new(name, dims, counts)?);
        links.push(Link::Margin {
            left: "by stage".into(),
            right: name.into(),
            over: vec!["cluster".into()],
        });
    }
    Ok(Block { tables, links, ..Block::default() })
}

/// Children one by one into categories.
fn spread(dice: &mut Dice, total: u64, shares: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; shares.len()];
    for _ in 0..total {
        let mut at = dice.unit() * shares.iter().sum::<f64>();
        let found = shares.iter().position(|share| {
            at -= share;
            at < 0.0
        });
        counts[found.unwrap_or(0)] += 1;
    }
    counts
}

fn schools(seed: u64, len: usize, clusters: usize, merge: bool) -> Result<Block, Invalid> {
    let mut dice = Dice(seed);
    let sizes = sizes(&mut dice, len, 38.0);
    let names: Vec<String> = (1..=len).map(|at| format!("school {at}")).collect();
    let mut schools = Dimension::flat("school", names.clone())?;
    for cluster in 0..clusters {
        let members = (0..len).filter(|at| at % clusters == cluster);
        let mut members = members.collect::<Vec<_>>();
        members.sort_by(|a, b| sizes[*a].total_cmp(&sizes[*b]));
        let members = members.iter().map(|at| names[*at].as_str()).collect::<Vec<_>>();
        schools = schools.group(&format!("cluster {}", cluster + 1), &members)?;
        if merge {
            schools = schools.may_merge(&format!("small in {}", cluster + 1), &members[..4])?;
        }
    }
    let counts = rows(&mut dice, &sizes, &STAGES);
    one(vec![schools, numbered("stage", 6)?], counts)
}

/// A first edition of a stock, and a second with those who came and left.
fn stock(seed: u64) -> Result<(Vec<Block>, Block), Invalid> {
    let mut dice = Dice(seed);
    let dims = || Ok(vec![numbered("cluster", 60)?, numbered("stage", 6)?]);
    let sizes = sizes(&mut dice, 60, 264.0);
    let first = rows(&mut dice, &sizes, &STAGES);
    let quarter: Vec<f64> = sizes.iter().map(|size| size / 4.0).collect();
    let came = rows(&mut dice, &quarter, &STAGES);
    let left: Vec<u64> = first.iter().map(|n| dice.count(*n as f64 / 5.0).min(*n)).collect();
    let now = first.iter().zip(&came).zip(&left).map(|((n, came), left)| n + came - left).collect();
    let before = Block { tables: vec![Table::new("stock 1", dims()?, first)?], ..Block::default() };
    let tables = vec![
        Table::new("stock 2", dims()?, now)?,
        Table::new("came 2", dims()?, came)?,
        Table::new("left 2", dims()?, left)?,
    ];
    let links = vec![Link::stock("stock 2", "stock 1", "came 2", "left 2")];
    Ok((vec![before], Block { tables, links, ..Block::default() }))
}

/// How many cells hold a small count.
pub(crate) fn small(block: &Block, rules: &Rules) -> usize {
    let counts = block.tables.iter().flat_map(Table::all_counts);
    counts.filter(|count| (1..=i64::from(rules.threshold)).contains(count)).count()
}

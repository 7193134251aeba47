//! One area tried: published, read back, attacked, and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use disclosure::{Invalid, Rules};

use super::area::{Dice, Term, area};
use super::attack::{Attack, Sum};
use super::editions::{Published, Way, publish};
use super::known::{ALL, Key, OF, REST};
use super::read::sheet;
use super::system::System;

/// What an attacker must not be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Broken {
    /// A hidden cell can be one number only.
    Determined,
    /// It can be fewer numbers than the width.
    WithinWidth,
    /// It must be all of a total that it goes into.
    EqualToTotal,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Knows {
    /// Whoever has the spreadsheets.
    Nothing,
    /// Who knows of one child that it is counted in this cell.
    In(Key),
    /// Who knows of one child that it is counted in the second, and in the first it is not.
    Not(Key, Key),
}

/// One hidden cell that was not safe.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) what: Broken,
    pub(crate) cell: Key,
    /// The ends, or those of what is left of the total.
    pub(crate) ends: (i64, i64),
    pub(crate) truth: i64,
    pub(crate) total: Option<Key>,
    pub(crate) knows: Knows,
}

impl fmt::Display for Found {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let Self { what, cell, ends, truth, total, knows } = self;
        write!(to, "{what:?} {cell:?} = {truth} within {ends:?}")?;
        if let Some(total) = total {
            write!(to, " of {total:?}")?;
        }
        write!(to, " for {knows:?}")
    }
}

/// What came of one area.
pub(crate) struct Verdict {
    pub(crate) published: Published,
    /// Hidden cells that were attacked, rests of shares included.
    pub(crate) hidden: usize,
    /// Truths of one child that were tried.
    pub(crate) facts: usize,
    pub(crate) found: Vec<Found>,
}

impl Verdict {
    /// How many different cells; `knowing` asks for what only the truth of one child gave away.
    pub(crate) fn cells(&self, what: Broken, knowing: bool) -> usize {
        let own = self.found.iter().filter(|it| it.what == what);
        let own = own.filter(|it| (it.knows != Knows::Nothing) == knowing);
        own.map(|it| &it.cell).collect::<BTreeSet<_>>().len()
    }
}

/// Tries one area with up to `facts` truths of one child.
pub(crate) fn try_area(seed: u64, way: Way, facts: usize) -> Result<Verdict, Invalid> {
    let rules = Rules::default();
    let terms = area(seed)?;
    let published = publish(&terms, &rules, way)?;
    let damaged = |what: &str| Invalid::Damaged(format!("seed {seed}: {what}"));
    let sheets = published.files.iter().map(|(term, id, text)| sheet(*term, id, text));
    let sheets = sheets.collect::<Option<Vec<_>>>().ok_or_else(|| damaged("cannot be read"))?;
    let system = System::new(&sheets).ok_or_else(|| damaged("contradicts itself"))?;
    let mut judge = Judge::new(&system, &terms, &published, i64::from(rules.width));
    judge.truth_fits().ok_or_else(|| damaged("the system does not hold for the truth"))?;
    judge.alone();
    let facts = judge.knowing(&mut Dice::new(seed ^ 0xfac7), facts);
    let (hidden, found) = (judge.cells.len(), judge.found);
    Ok(Verdict { published, hidden, facts, found })
}

/// Asks for the ends of every hidden cell.
struct Judge<'a> {
    system: &'a System,
    attack: Attack,
    width: i64,
    truth: BTreeMap<Key, i64>,
    cells: Vec<(Key, Sum)>,
    /// What is left of a total beside the cell.
    left: Vec<(Key, Key, Sum)>,
    found: Vec<Found>,
}

impl<'a> Judge<'a> {
    fn new(system: &'a System, terms: &[Term], published: &Published, width: i64) -> Self {
        let attack = Attack::new(system);
        let mut truth = BTreeMap::new();
        for (at, term) in terms.iter().enumerate() {
            let own = term.truth.iter();
            truth.extend(own.map(|((id, line, column), count)| {
                ((at, *id, line.clone(), column.clone()), *count)
            }));
            for ((id, line, column), count) in &term.truth {
                let whole = (at, *id, line.clone(), ALL.to_owned());
                if column == OF && system.cells.contains_key(&whole) {
                    truth.insert(whole, *count);
                }
            }
        }
        let is_secret = |key: &&Key| key.3 != REST || published.rests.contains(*key);
        let cells = system.hidden.iter().filter(is_secret);
        let cells = cells.map(|key| (key.clone(), attack.sum(&[(system.cells[key], 1)])));
        let left = system.totals.iter().filter(|(key, _)| is_secret(&key));
        let left = left.map(|(key, total)| {
            let sum = attack.sum(&[(system.cells[total], 1), (system.cells[key], -1)]);
            (key.clone(), total.clone(), sum)
        });
        let (cells, left) = (cells.collect(), left.collect());
        Self { system, attack, width, truth, cells, left, found: Vec::new() }
    }

    /// Whether every equation and bound holds for the truth: the attacker reckons with nothing false.
    fn truth_fits(&self) -> Option<()> {
        let mut value = vec![None; self.system.bounds.len()];
        for (key, at) in &self.system.cells {
            value[*at] = Some(*self.truth.get(key)?);
        }
        let within = |(value, (low, high)): (&Option<i64>, &(i64, i64))| {
            value.is_none_or(|value| *low <= value && value <= *high)
        };
        let holds = self.system.equations.iter().all(|(terms, sum)| {
            let values = terms.iter().map(|(at, factor)| Some(value[*at]? * factor));
            values.sum::<Option<i64>>().is_none_or(|found| found == *sum)
        });
        (holds && value.iter().zip(&self.system.bounds).all(within)).then_some(())
    }

    /// With the spreadsheets only.
    fn alone(&mut self) {
        for (cell, sum) in &self.cells {
            let ends = self.attack.ends(sum, self.width - 1);
            let what = broken(ends, self.width);
            self.found.extend(what.map(|what| Found {
                what,
                cell: cell.clone(),
                ends,
                truth: self.truth[cell],
                total: None,
                knows: Knows::Nothing,
            }));
        }
        for (cell, total, sum) in &self.left {
            let ends = self.attack.ends(sum, 1);
            if ends.1 <= 0 {
                self.found.push(Found {
                    what: Broken::EqualToTotal,
                    cell: cell.clone(),
                    ends,
                    truth: self.truth[cell],
                    total: Some(total.clone()),
                    knows: Knows::Nothing,
                });
            }
        }
    }

    /// With the truth of one child: that it is in a hidden cell, or in a total and not in the cell. Each is
    /// true of some child. Returns how many were tried.
    fn knowing(&mut self, dice: &mut Dice, most: usize) -> usize {
        let counted = |it: &&(Key, Sum)| self.truth[&it.0] > 0;
        let mut facts: Vec<(Knows, Sum)> = self
            .cells
            .iter()
            .filter(counted)
            .map(|(key, sum)| (Knows::In(key.clone()), sum.clone()))
            .collect();
        let others = self.left.iter().filter(|it| self.truth[&it.1] > self.truth[&it.0]);
        facts.extend(
            others.map(|(key, total, sum)| (Knows::Not(key.clone(), total.clone()), sum.clone())),
        );
        // What is known anyway teaches nothing.
        facts.retain(|(_, sum)| sum.part.is_some());
        while facts.len() > most {
            facts.swap_remove(dice.below(facts.len() as u64) as usize);
        }
        let before: BTreeSet<(Broken, Key)> =
            self.found.iter().map(|it| (it.what, it.cell.clone())).collect();
        for (knows, sum) in &facts {
            self.with(knows, sum, &before);
        }
        facts.len()
    }

    fn with(&mut self, knows: &Knows, fact: &Sum, before: &BTreeSet<(Broken, Key)>) {
        let Some(at) = fact.part else { return };
        let mut part = self.attack.parts[at].knowing(fact);
        let (cells, left) = (&self.cells, &self.left);
        let cells = cells.iter().map(|(cell, sum)| (cell, None, sum, self.width - 1));
        let left = left.iter().map(|(cell, total, sum)| (cell, Some(total), sum, 1));
        for (cell, total, sum, enough) in cells.chain(left).filter(|it| it.2.part == Some(at)) {
            let ends = part.ends(sum, enough);
            let what = match total {
                Some(_) => (ends.1 <= 0).then_some(Broken::EqualToTotal),
                None => broken(ends, self.width),
            };
            let new = what.filter(|what| !before.contains(&(*what, cell.clone())));
            self.found.extend(new.map(|what| Found {
                what,
                cell: cell.clone(),
                ends,
                truth: self.truth[cell],
                total: total.cloned(),
                knows: knows.clone(),
            }));
        }
    }
}

fn broken((low, high): (i64, i64), width: i64) -> Option<Broken> {
    match high - low + 1 {
        ..=1 => Some(Broken::Determined),
        numbers if numbers < width => Some(Broken::WithinWidth),
        _ => None,
    }
}

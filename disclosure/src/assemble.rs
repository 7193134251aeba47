//! From tables and earlier editions to one field: who knows what, and what is small.

use crate::audit::{Detail, Finding, audit};
use crate::dimension::Dimension;
use crate::edition::{Cell, Edition};
use crate::error::Invalid;
use crate::field::{FAR, Field, State};
use crate::rules::{Rules, Zeros};
use crate::shape::Shape;
use crate::system::{Outline, System};
use crate::table::{Block, Link, Rate, Table};

/// An edition that was published, with the exact counts it was made from. Of the counts nothing is
/// told; they are needed to find tables that agree with all that was.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// What everybody can see.
    pub edition: &'a Edition,
    /// What only the server knows.
    pub block: &'a Block,
}

/// Tables, counts and links of the new block and of all that went before.
pub(crate) struct Assembly<'a> {
    pub(crate) tables: Vec<Exact>,
    /// Where the new tables begin.
    pub(crate) first_new: usize,
    pub(crate) links: Vec<Link>,
    pub(crate) past: &'a [Past<'a>],
}

/// One table with the dimensions that are published, its counts with totals, and whether it is the rest
/// of a rate.
#[derive(Clone)]
pub(crate) struct Exact {
    pub(crate) table: Table,
    pub(crate) counts: Vec<i64>,
    pub(crate) only_implied: bool,
}

impl Exact {
    /// For each cell whether it is merged into another.
    pub(crate) fn merged(&self) -> Vec<bool> {
        let shape = Shape::new(&self.table.dims);
        (0..shape.len()).map(|cell| visible(&self.table.dims, &shape, cell) != cell).collect()
    }
}

impl<'a> Assembly<'a> {
    /// `merges` are the names of merges to carry out.
    pub(crate) fn new(
        block: &Block,
        past: &'a [Past<'a>],
        merges: &[String],
    ) -> Result<Self, Invalid> {
        let (mut tables, mut links) = (Vec::new(), Vec::new());
        for past in past {
            for exact in with_rests(past.block)? {
                tables.push(as_published(exact, past.edition)?);
            }
            links.extend(links_of(past.block));
        }
        let first_new = tables.len();
        for mut exact in with_rests(block)? {
            for name in merges {
                exact.table.dims = exact.table.dims.iter().map(|dim| dim.merged(name)).collect();
            }
            tables.push(exact);
        }
        links.extend(links_of(block));
        for exact in &mut tables {
            if !exact.table.dims.iter().all(Dimension::is_sound) {
                return Err(Invalid::Damaged(exact.table.name.clone()));
            }
            exact.counts = exact.table.all_counts();
        }
        Ok(Self { tables, first_new, links, past })
    }

    pub(crate) fn system(&self) -> Result<System, Invalid> {
        let outline = |exact: &'_ Exact| (exact.table.name.clone(), exact.table.dims.clone());
        let named = self.tables.iter().map(outline).collect::<Vec<_>>();
        let outlines = named.iter().map(|(name, dims)| Outline { name, dims }).collect::<Vec<_>>();
        System::new(&outlines, &self.links.iter().collect::<Vec<_>>())
    }

    /// The field before anything is hidden to protect others.
    pub(crate) fn field<'s>(
        &self,
        system: &'s System,
        rules: &'s Rules,
    ) -> Result<Field<'s>, Invalid> {
        let value = self.values(system)?;
        let (state, bounds) = (vec![State::Open; system.len], vec![(0, FAR); system.len]);
        let told = vec![false; system.len];
        let width = vec![i64::from(rules.width); system.len];
        let mut field = Field { system, rules, value, state, bounds, width, told };
        let mut known = vec![false; system.len];
        for past in self.past {
            self.recall(&mut field, past.edition, &mut known);
        }
        self.forget_told(&mut field)?;
        for at in self.first_new..self.tables.len() {
            self.judge(&mut field, at, &known);
        }
        Ok(field)
    }

    /// Variables that everybody knows whatever this edition shows: told before, or impossible.
    pub(crate) fn known_to_all(&self, system: &System) -> Vec<bool> {
        let mut known = vec![false; system.len];
        for (at, (exact, variables)) in self.tables.iter().zip(&system.variables).enumerate() {
            let impossible = exact.table.all_impossible();
            for (variable, impossible) in variables.iter().zip(impossible) {
                known[*variable] |= impossible || at < self.first_new;
            }
        }
        known
    }

    /// The variable that a finding of the audit speaks of.
    pub(crate) fn variable(&self, system: &System, finding: &Finding) -> Option<usize> {
        let at = self.tables.iter().position(|exact| exact.table.name == finding.table)?;
        system.variables[at].get(finding.cell).copied()
    }

    fn values(&self, system: &System) -> Result<Vec<i64>, Invalid> {
        let mut value = vec![-1; system.len];
        for (exact, variables) in self.tables.iter().zip(&system.variables) {
            for (count, variable) in exact.counts.iter().zip(variables) {
                if value[*variable] >= 0 && value[*variable] != *count {
                    return Err(Invalid::LinkBroken(exact.table.name.clone()));
                }
                value[*variable] = *count;
            }
        }
        let broken = system.equations.iter().chain(&system.implied).find(|terms| {
            terms.iter().map(|(variable, sign)| value[*variable] * sign).sum::<i64>() != 0
        });
        let Some(terms) = broken else { return Ok(value) };
        let names = |variables: &Vec<usize>| terms.iter().any(|(it, _)| variables.contains(it));
        let at = system.variables.iter().position(names).unwrap_or_default();
        Err(Invalid::LinkBroken(self.tables[at].table.name.clone()))
    }

    /// What earlier editions told without this one is no longer a secret that this one could keep.
    fn forget_told(&self, field: &mut Field) -> Result<(), Invalid> {
        let editions = self.past.iter().map(|past| past.edition).collect::<Vec<_>>();
        let before = audit(&editions, field.rules, Detail::Proof)?;
        for finding in before.unsafe_cells() {
            if let Some(variable) = self.variable(field.system, finding) {
                field.told[variable] = true;
            }
        }
        Ok(())
    }

    /// What an earlier edition told of its cells.
    fn recall(&self, field: &mut Field, edition: &Edition, known: &mut [bool]) {
        for masked in &edition.tables {
            let found = self.tables.iter().position(|exact| exact.table.name == masked.name);
            let Some(at) = found else { continue };
            for (cell, &variable) in masked.cells.iter().zip(&field.system.variables[at]) {
                let (low, high) = told(*cell, masked.withheld, &edition.rules);
                let bounds = &mut field.bounds[variable];
                *bounds = (bounds.0.max(low), bounds.1.min(high));
                known[variable] = true;
                field.told[variable] |= matches!(cell, Cell::Shown(_)) && !masked.withheld;
                field.width[variable] = edition.rules.width.into();
                let small = edition.rules.is_small(field.value[variable]);
                field.state[variable] = match *bounds {
                    (low, high) if low == high => State::Fixed,
                    _ if small && *cell == Cell::Hidden && !masked.withheld => State::Primary,
                    _ => State::Hidden,
                };
            }
        }
    }

    /// What the rules say of a new table's cells.
    fn judge(&self, field: &mut Field, at: usize, known: &[bool]) {
        let exact = &self.tables[at];
        let shape = Shape::new(&exact.table.dims);
        let impossible = exact.table.all_impossible();
        for (cell, is_impossible) in impossible.into_iter().enumerate() {
            let variable = field.system.variables[at][cell];
            // What one table knows to be nought is known in the tables that share it, too.
            if known[variable] || field.state[variable] == State::Fixed {
                continue;
            }
            let visible = visible(&exact.table.dims, &shape, cell);
            let empty = exact.counts[visible] == 0 && field.rules.zeros != Zeros::Hidden;
            let always_shown = field.value[variable] == 0 && field.rules.zeros == Zeros::Shown;
            (field.state[variable], field.bounds[variable]) = if is_impossible {
                (State::Fixed, (0, 0))
            } else if visible != cell && !empty {
                (State::Hidden, (0, FAR))
            } else if visible != cell || always_shown {
                (State::Fixed, (0, 0))
            } else if field.rules.is_small(field.value[variable]) {
                (State::Primary, (field.rules.hidden_low(), FAR))
            } else {
                (State::Open, (field.rules.hidden_low(), FAR))
            };
        }
    }
}

/// The least and the most that a published cell can be.
pub(crate) fn told(cell: Cell, withheld: bool, rules: &Rules) -> (i64, i64) {
    match cell {
        _ if withheld => (0, FAR),
        Cell::Shown(count) => rules.behind(i64::try_from(count).unwrap_or(FAR)),
        Cell::Impossible => (0, 0),
        Cell::Hidden => (rules.hidden_low(), FAR),
        Cell::Band { low, high } => (i64::from(low), i64::from(high)),
        Cell::Merged => (0, FAR),
    }
}

/// The cell itself or, if it is merged away, the one that it is merged into.
fn visible(dims: &[Dimension], shape: &Shape, cell: usize) -> usize {
    let mut place = shape.place(cell);
    for (dim, at) in dims.iter().zip(&mut place) {
        *at = dim.upwards(*at).into_iter().find(|it| dim.merged_into(*it).is_none()).unwrap_or(0);
    }
    shape.cell(&place)
}

/// The block's tables, and for each rate the table of the rest.
fn with_rests(block: &Block) -> Result<Vec<Exact>, Invalid> {
    let exact = |table: Table, only_implied| Exact { table, counts: Vec::new(), only_implied };
    let mut tables: Vec<Exact> =
        block.tables.iter().map(|table| exact(table.clone(), false)).collect();
    for rate in &block.rates {
        tables.push(exact(rest(block, rate)?, true));
    }
    Ok(tables)
}

fn rest(block: &Block, rate: &Rate) -> Result<Table, Invalid> {
    let find = |name: &str| {
        let found = block.tables.iter().find(|table| table.name == name);
        found.ok_or_else(|| Invalid::NoTable(name.to_owned()))
    };
    let (part, whole) = (find(&rate.part)?, find(&rate.whole)?);
    let broken = || Invalid::LinkBroken(rate.name.clone());
    if part.dims != whole.dims {
        return Err(broken());
    }
    let pairs = whole.counts.iter().zip(&part.counts);
    let counts = pairs.map(|(whole, part)| whole.checked_sub(*part)).collect::<Option<Vec<_>>>();
    let mut table = Table::new(&rate.rest(), whole.dims.clone(), counts.ok_or_else(broken)?)?;
    table.impossible.clone_from(&whole.impossible);
    Ok(table)
}

/// A block's links, and that part and rest are the whole.
pub(crate) fn links_of(block: &Block) -> Vec<Link> {
    let of_rate = |rate: &Rate| Link::Sum {
        plus: vec![rate.part.clone(), rate.rest()],
        minus: vec![rate.whole.clone()],
    };
    block.links.iter().cloned().chain(block.rates.iter().map(of_rate)).collect()
}

/// The exact table with the dimensions it was published with.
fn as_published(mut exact: Exact, edition: &Edition) -> Result<Exact, Invalid> {
    let damaged = || Invalid::Damaged(exact.table.name.clone());
    let masked = edition.tables.iter().find(|masked| masked.name == exact.table.name);
    let masked = masked.ok_or_else(damaged)?;
    let sound = masked.dims.iter().all(Dimension::is_sound)
        && masked.cells.len() == Shape::new(&masked.dims).len()
        && masked.dims.iter().map(|dim| dim.leaves().len()).product::<usize>()
            == exact.table.counts.len();
    if !sound {
        return Err(damaged());
    }
    exact.table.dims.clone_from(&masked.dims);
    Ok(exact)
}

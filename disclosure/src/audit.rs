//! What an attacker can work out from everything that was published. Knows nothing of how cells were
//! chosen to be hidden, and nothing that is not published.

mod bounds;
mod part;
mod ratio;
mod simplex;

use std::collections::BTreeMap;

use crate::assemble::told;
use crate::dimension::Dimension;
use crate::edition::{Cell, Edition, MaskedTable};
use crate::error::Invalid;
use crate::field::FAR;
use crate::rules::Rules;
use crate::shape::Shape;
use crate::system::{Outline, System, Terms};
use part::Part;

/// How much the audit is to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Only whether each hidden cell is safe; intervals as far as this took.
    Proof,
    /// The attacker's interval of each hidden cell.
    Intervals,
}

/// What can be known of one cell that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table's name.
    pub table: String,
    /// The cell's number in its table.
    pub cell: usize,
    /// The names of its categories.
    pub place: Vec<String>,
    /// The least that it can be.
    pub low: u64,
    /// The most that it can be; none if nothing bounds it.
    pub high: Option<u64>,
    /// How many numbers it was shown to be able to be, each by a whole table that agrees with
    /// everything published. Counting stops when there are enough.
    pub numbers: usize,
    /// How many it must be able to be.
    pub needed: usize,
}

impl Finding {
    /// Whether the cell is proven safe.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.numbers >= self.needed
    }
}

/// What the audit found, a line for each cell that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// In the order of editions, tables and cells.
    pub findings: Vec<Finding>,
    /// Pivots that were needed.
    pub steps: u64,
}

impl Audit {
    /// The cells that were not proven safe.
    pub fn unsafe_cells(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.is_safe())
    }

    /// Whether every hidden cell is proven safe.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.unsafe_cells().next().is_none()
    }
}

/// Finds for each hidden cell of all editions what an attacker can know of it who has seen all of them,
/// and knows that counts are whole and not negative.
///
/// First bounds are narrowed one equation at a time. What is then still unknown falls into parts that
/// hang together; in each the ends of every cell's interval are found with exact fractions. Safe is only
/// what whole tables prove, so that running out of budget can never make a cell safe.
///
/// # Errors
/// [`Invalid`] if the editions contradict themselves or are damaged.
///
/// ```
/// use disclosure::{Block, Detail, Dimension, Rules, Table, audit, mask};
/// let stage = Dimension::flat("stage", ["1", "2", "3"])?;
/// let table = Table::new("children", vec![stage], vec![30, 4, 9])?;
/// let block = Block { tables: vec![table], ..Block::default() };
/// let rules = Rules::default();
/// let mut edition = mask(&block, &[], &rules)?.edition;
/// assert!(audit(&[&edition], &rules, Detail::Intervals)?.is_safe());
/// // Showing the other hidden cell tells the first.
/// edition.tables[0].cells[3] = disclosure::Cell::Shown(9);
/// assert!(!audit(&[&edition], &rules, Detail::Proof)?.is_safe());
/// # Ok::<(), disclosure::Invalid>(())
/// ```
pub fn audit(editions: &[&Edition], rules: &Rules, detail: Detail) -> Result<Audit, Invalid> {
    let tables: Vec<(&MaskedTable, &Rules)> = editions
        .iter()
        .flat_map(|edition| edition.tables.iter().map(|table| (table, &edition.rules)))
        .collect();
    tables.iter().try_for_each(|(table, _)| is_sound(table))?;
    let outlines = tables.iter().map(|(table, _)| Outline { name: &table.name, dims: &table.dims });
    let links = editions.iter().flat_map(|edition| &edition.links).collect::<Vec<_>>();
    let system = System::new(&outlines.collect::<Vec<_>>(), &links)?;
    let mut attack = Attack::new(&system, &tables, rules)?;
    let hidden = hidden_cells(&tables, &system);
    let mut steps = rules.audit_steps;
    attack.work_out(&hidden, detail, &mut steps);
    let findings = hidden.iter().map(|hidden| attack.finding(hidden, &tables)).collect();
    Ok(Audit { findings, steps: rules.audit_steps - steps })
}

fn is_sound(table: &MaskedTable) -> Result<(), Invalid> {
    let sound = table.dims.iter().all(Dimension::is_sound)
        && table.cells.len() == Shape::new(&table.dims).len();
    if sound { Ok(()) } else { Err(Invalid::Damaged(table.name.clone())) }
}

/// A cell that is not shown, and how many numbers it must be able to be.
struct Hidden {
    table: usize,
    cell: usize,
    variable: usize,
    needed: usize,
}

fn hidden_cells(tables: &[(&MaskedTable, &Rules)], system: &System) -> Vec<Hidden> {
    let mut hidden = Vec::new();
    for (at, (table, rules)) in tables.iter().enumerate() {
        for (cell, marked) in table.cells.iter().enumerate() {
            if matches!(marked, Cell::Hidden | Cell::Band { .. } | Cell::Merged) {
                let (variable, needed) = (system.variables[at][cell], rules.width as usize);
                hidden.push(Hidden { table: at, cell, variable, needed });
            }
        }
    }
    hidden
}

/// What has been worked out.
struct Attack<'a> {
    system: &'a System,
    bounds: Vec<(i64, i64)>,
    /// How many numbers each variable was seen as.
    numbers: Vec<usize>,
}

impl<'a> Attack<'a> {
    fn new(
        system: &'a System,
        tables: &[(&MaskedTable, &Rules)],
        rules: &Rules,
    ) -> Result<Self, Invalid> {
        let mut bounds = vec![(0, FAR); system.len];
        for ((table, own), variables) in tables.iter().zip(&system.variables) {
            for (cell, variable) in table.cells.iter().zip(variables) {
                let (low, high) = told(*cell, table.withheld, own);
                let bound = &mut bounds[*variable];
                *bound = (bound.0.max(low), bound.1.min(high));
            }
        }
        rules.check()?;
        if bounds::narrow(system, &mut bounds) {
            Ok(Self { system, bounds, numbers: vec![1; system.len] })
        } else {
            Err(Invalid::LinkBroken(tables.last().map_or_else(String::new, |it| it.0.name.clone())))
        }
    }

    fn work_out(&mut self, hidden: &[Hidden], detail: Detail, steps: &mut u64) {
        let mut needed = BTreeMap::new();
        for cell in hidden {
            let most = needed.entry(cell.variable).or_insert(cell.needed);
            *most = cell.needed.max(*most);
        }
        for mut part in self.parts(steps) {
            for at in 0..part.variables.len() {
                let variable = part.variables[at];
                let Some(&enough) = needed.get(&variable) else { continue };
                let is_asked = detail == Detail::Intervals || part.seen[at].len() < enough;
                if let Some(ends) = is_asked.then(|| part.ends(at, steps)).flatten() {
                    self.bounds[variable] = ends;
                    part.spread(at, ends, enough, steps);
                }
                self.numbers[variable] = part.seen[at].len();
            }
        }
    }

    /// What is unknown, in parts that do not touch each other.
    fn parts(&self, steps: &mut u64) -> Vec<Part> {
        let mut group: Vec<usize> = (0..self.system.len).collect();
        let unknown = |variable: usize| self.bounds[variable].0 < self.bounds[variable].1;
        for terms in &self.system.equations {
            let mut open = terms.iter().map(|it| it.0).filter(|it| unknown(*it));
            let Some(first) = open.next() else { continue };
            open.for_each(|other| join(&mut group, first, other));
        }
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for variable in (0..self.system.len).filter(|it| unknown(*it)) {
            members.entry(root(&group, variable)).or_default().push(variable);
        }
        let mut equations: BTreeMap<usize, Vec<(Terms, i64)>> = BTreeMap::new();
        for terms in &self.system.equations {
            if let Some((variable, _)) = terms.iter().find(|it| unknown(it.0)) {
                let group = root(&group, *variable);
                equations.entry(group).or_default().push(self.reduced(terms, &members[&group]));
            }
        }
        let part = |(group, variables)| {
            let equations = equations.remove(&group).unwrap_or_default();
            Part::new(variables, equations, &self.bounds, steps)
        };
        members.into_iter().map(part).collect()
    }

    /// An equation's unknown terms, numbered within their part, and what they add up to.
    fn reduced(&self, terms: &Terms, part: &[usize]) -> (Terms, i64) {
        let (mut open, mut sum) = (Terms::new(), 0);
        for &(variable, sign) in terms {
            match part.binary_search(&variable) {
                Ok(at) => open.push((at, sign)),
                Err(_) => sum -= sign * self.bounds[variable].0,
            }
        }
        (open, sum)
    }

    fn finding(&self, hidden: &Hidden, tables: &[(&MaskedTable, &Rules)]) -> Finding {
        let table = tables[hidden.table].0;
        let (low, high) = self.bounds[hidden.variable];
        Finding {
            table: table.name.clone(),
            cell: hidden.cell,
            place: Shape::new(&table.dims).names(hidden.cell),
            low: low.unsigned_abs(),
            high: (high < FAR / 2).then_some(high.unsigned_abs()),
            numbers: self.numbers[hidden.variable],
            needed: hidden.needed,
        }
    }
}

fn root(group: &[usize], mut at: usize) -> usize {
    while group[at] != at {
        at = group[at];
    }
    at
}

fn join(group: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(group, a), root(group, b));
    group[a.max(b)] = a.min(b);
}

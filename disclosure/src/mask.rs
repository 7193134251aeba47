//! From exact tables to an edition: merge, hide, protect, prove, publish.

use crate::assemble::{Assembly, Past};
use crate::audit::{Detail, Finding, audit};
use crate::edition::{Edition, MaskedTable, Statistics};
use crate::error::Invalid;
use crate::field::{Field, State};
use crate::lone;
use crate::protect::{ORDERS, Order, Protection};
use crate::publish;
use crate::rules::Rules;
use crate::search::Budget;
use crate::system::System;
use crate::table::Block;

/// What came of masking a block.
#[derive(Clone, Debug)]
pub struct Release {
    /// What may be published. Every hidden cell in it was proven safe twice, or its table is withheld.
    pub edition: Edition,
    /// How much is not shown.
    pub statistics: Statistics,
    /// Cells that stay unproven although all was withheld: earlier editions alone tell too much of them.
    pub told_before: Vec<Finding>,
}

/// Masks a block so that neither its hidden cells nor those of earlier editions can be worked out.
/// `past` holds every earlier edition that the block's links lead to, and those these lead to.
///
/// The same input gives the same edition everywhere.
///
/// # Errors
/// [`Invalid`] if tables, links or rules contradict themselves.
///
/// ```
/// use disclosure::{Block, Cell, Dimension, Rules, Table, mask};
/// let cluster = Dimension::flat("cluster", ["North", "South", "West"])?;
/// let stage = Dimension::flat("stage", ["1", "2"])?;
/// let counts = vec![12, 3, 40, 21, 33, 18];
/// let table = Table::new("children, autumn", vec![cluster, stage], counts)?;
/// let block = Block { tables: vec![table], ..Block::default() };
/// let release = mask(&block, &[], &Rules::default())?;
/// let table = &release.edition.tables[0];
/// assert_eq!(table.cell(&["North", "2"]), Some(Cell::Hidden));
/// assert_eq!(table.cell(&["South", "1"]), Some(Cell::Shown(40)));
/// assert_eq!(release.statistics.secondary, 3);
/// # Ok::<(), disclosure::Invalid>(())
/// ```
pub fn mask(block: &Block, past: &[Past], rules: &Rules) -> Result<Release, Invalid> {
    rules.check()?;
    let mut budget = Budget { left: rules.search_steps };
    let merges = choose_merges(block, past, rules, &mut budget)?;
    let assembly = Assembly::new(block, past, &merges)?;
    let system = assembly.system()?;
    let mut field = assembly.field(&system, rules)?;
    let protection = without_lone(&mut field, &mut budget);
    let mut draft = Draft::new(&assembly, &field, protection);
    draft.add_bands(&mut budget);
    let (edition, told_before) = draft.proven(block)?;
    let steps = rules.search_steps - budget.left;
    let statistics = draft.statistics(&edition, steps);
    Ok(Release { edition, statistics, told_before })
}

/// Tries each declared merge in its order, and keeps those after which a reader loses fewer cells.
fn choose_merges(
    block: &Block,
    past: &[Past],
    rules: &Rules,
    budget: &mut Budget,
) -> Result<Vec<String>, Invalid> {
    let mut names: Vec<String> = Vec::new();
    for dim in block.tables.iter().flat_map(|table| &table.dims) {
        let new = dim.merges().filter(|name| !names.iter().any(|it| it == name));
        let new = new.map(str::to_owned).collect::<Vec<_>>();
        names.extend(new);
    }
    let mut chosen: Vec<String> = Vec::new();
    if names.is_empty() {
        return Ok(chosen);
    }
    let mut best = attempt(block, past, rules, &chosen, budget)?;
    for name in names {
        let more = chosen.iter().cloned().chain([name]).collect::<Vec<_>>();
        let tried = attempt(block, past, rules, &more, budget)?;
        if publish::lost(&tried, &best) < publish::lost(&best, &best) {
            (chosen, best) = (more, tried);
        }
    }
    Ok(chosen)
}

/// A quick masking, to compare merges by.
fn attempt(
    block: &Block,
    past: &[Past],
    rules: &Rules,
    merges: &[String],
    budget: &mut Budget,
) -> Result<Vec<MaskedTable>, Invalid> {
    let assembly = Assembly::new(block, past, merges)?;
    let system = assembly.system()?;
    let field = assembly.field(&system, rules)?;
    let protection = best(&field, &[Order::LargestFirst], budget);
    let mut draft = Draft::new(&assembly, &field, protection);
    let mut unproven = draft.protection.unproven.clone();
    unproven.sort_unstable();
    if !unproven.is_empty() {
        draft.withhold_tables_of(&unproven);
    }
    Ok(draft.tables())
}

/// How often more is hidden around what the audit finds, before its tables are withheld.
const WIDENINGS: u32 = 6;

/// The best of several orders, as long as another try leaves enough of the budget.
fn best<'a>(start: &Field<'a>, orders: &[Order], budget: &mut Budget) -> Protection<'a> {
    let all = budget.left;
    let mut best: Option<Protection> = None;
    for order in orders {
        if best.is_some() && budget.left < all / 4 * 3 {
            break;
        }
        let tried = Protection::new(start.clone(), *order, budget);
        if best.as_ref().is_none_or(|best| tried.loss() < best.loss()) {
            best = Some(tried);
        }
    }
    best.unwrap_or_else(|| Protection::unprotected(start.clone()))
}

/// How often noughts are hidden beside counts that were hidden to protect others.
const LONE_ROUNDS: u32 = 6;

/// Protects what is hidden so that no hidden count is seen to be all of its total.
fn without_lone<'a>(field: &mut Field<'a>, budget: &mut Budget) -> Protection<'a> {
    field.hide(&lone::noughts(field));
    let mut protection = best(field, &ORDERS, budget);
    for _ in 0..LONE_ROUNDS {
        let noughts = lone::noughts(&protection.field);
        if noughts.is_empty() {
            break;
        }
        field.hide(&noughts);
        protection = best(field, &ORDERS, budget);
    }
    protection
}

/// A block on its way to publication.
struct Draft<'a> {
    assembly: &'a Assembly<'a>,
    system: &'a System,
    /// What could have been shown, before anything was hidden to protect others.
    start: &'a Field<'a>,
    protection: Protection<'a>,
    /// For each new table, whether it is withheld.
    withheld: Vec<bool>,
}

impl<'a> Draft<'a> {
    fn new(assembly: &'a Assembly<'a>, start: &'a Field<'a>, protection: Protection<'a>) -> Self {
        let withheld = vec![false; assembly.tables.len() - assembly.first_new];
        Self { assembly, system: start.system, start, protection, withheld }
    }

    /// Withholds the tables that have one of these variables or, if those are withheld already or earlier
    /// ones, all. Returns false if there was none left.
    fn withhold_tables_of(&mut self, variables: &[usize]) -> bool {
        let new = &self.system.variables[self.assembly.first_new..];
        let concerned = |at: &usize| new[*at].iter().any(|it| variables.binary_search(it).is_ok());
        let left = || (0..new.len()).filter(|at| !self.withheld[*at]);
        let mut chosen: Vec<usize> = left().filter(concerned).collect();
        if chosen.is_empty() {
            chosen = left().collect();
        }
        if chosen.is_empty() {
            return false;
        }
        chosen.iter().for_each(|at| self.withheld[*at] = true);
        let hide = self.only_in_withheld();
        self.protection.withhold(&hide);
        true
    }

    /// Variables that no table shows any more, without what everybody knows anyway.
    fn only_in_withheld(&self) -> Vec<usize> {
        let tables = self.system.variables[self.assembly.first_new..].iter().zip(&self.withheld);
        let mut visible = vec![false; self.system.len];
        for (variables, _) in tables.clone().filter(|(_, withheld)| !**withheld) {
            variables.iter().for_each(|it| visible[*it] = true);
        }
        let known = self.assembly.known_to_all(self.system);
        let hidden = tables.filter(|(_, withheld)| **withheld).flat_map(|(variables, _)| variables);
        let mut hidden: Vec<usize> =
            hidden.copied().filter(|it| !visible[*it] && !known[*it]).collect();
        hidden.sort_unstable();
        hidden.dedup();
        hidden
    }

    /// Shows ranges in place of "hidden" wherever all can still be proven, the largest counts first.
    fn add_bands(&mut self, budget: &mut Budget) {
        if !self.protection.unproven.is_empty() {
            return;
        }
        let rules = self.start.rules;
        let bands = rules.bands.iter().map(|band| (i64::from(band.0), i64::from(band.1)));
        let bands = bands.collect::<Vec<_>>();
        let mut hidden = self.hidden_in_sight();
        hidden.sort_by_key(|it| std::cmp::Reverse(self.start.value[*it]));
        for variable in hidden {
            let value = self.start.value[variable];
            let Some(band) = bands.iter().find(|band| band.0 <= value && value <= band.1) else {
                continue;
            };
            if let Some(found) = self.protection.with_band(variable, *band, budget) {
                self.protection = found;
            }
        }
    }

    /// New variables that a table shows as hidden.
    fn hidden_in_sight(&self) -> Vec<usize> {
        let mut found = std::collections::BTreeSet::new();
        let withheld: Vec<usize> = self.only_in_withheld();
        for (exact, variables) in
            self.assembly.tables.iter().zip(&self.system.variables).skip(self.assembly.first_new)
        {
            let merged = exact.merged();
            let hidden = variables.iter().zip(merged).filter(|(it, merged)| {
                !merged
                    && self.protection.field.is_hidden(**it)
                    && withheld.binary_search(it).is_err()
            });
            found.extend(hidden.map(|(variable, _)| *variable));
        }
        let known = self.assembly.known_to_all(self.system);
        found.into_iter().filter(|it| !known[*it]).collect()
    }

    fn tables(&self) -> Vec<MaskedTable> {
        let new = self.assembly.first_new;
        let tables = self.assembly.tables[new..].iter().zip(&self.system.variables[new..]);
        let tables = tables.zip(&self.withheld);
        let table = |((exact, variables), withheld): ((_, &Vec<usize>), &bool)| {
            publish::table(exact, variables, *withheld, &self.protection.field)
        };
        tables.map(table).collect()
    }

    /// The edition, after the audit has found no cell that it cannot prove safe. Around
    /// what it finds more is hidden a few times over; what it still finds is withheld.
    fn proven(&mut self, block: &Block) -> Result<(Edition, Vec<Finding>), Invalid> {
        let mut widenings = WIDENINGS;
        loop {
            let edition = publish::edition(self.tables(), block, self.start.rules);
            let past = self.assembly.past.iter().map(|past| past.edition);
            let all = past.chain([&edition]).collect::<Vec<_>>();
            let audit = audit(&all, self.start.rules, Detail::Proof)?;
            let variable = |it: &Finding| self.assembly.variable(self.system, it);
            let is_new = |it: &&Finding| variable(it).is_some_and(|at| !self.start.told[at]);
            let unsafe_cells: Vec<Finding> = audit.unsafe_cells().filter(is_new).cloned().collect();
            let mut variables: Vec<usize> = unsafe_cells.iter().filter_map(variable).collect();
            variables.sort_unstable();
            let noughts = lone::noughts(&self.protection.field);
            if widenings > 0 && !noughts.is_empty() && variables.is_empty() {
                widenings -= 1;
                self.protection.hide_beside(&noughts);
            } else if widenings > 0 && !variables.is_empty() && self.protection.widen(&variables) {
                widenings -= 1;
            } else if variables.is_empty() || !self.withhold_tables_of(&variables) {
                return Ok((edition, unsafe_cells));
            }
        }
    }

    fn statistics(&self, edition: &Edition, steps: u64) -> Statistics {
        let mut all = Statistics { steps, ..Statistics::default() };
        let new = self.assembly.first_new;
        for (masked, variables) in edition.tables.iter().zip(&self.system.variables[new..]) {
            let primary = |cell: usize| self.start.state[variables[cell]] == State::Primary;
            if !masked.only_implied {
                publish::count(masked, primary, &mut all);
            }
        }
        all
    }
}

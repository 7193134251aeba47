//! The words and marks of what is published.

use std::collections::BTreeMap;

use crate::assemble::Exact;
use crate::edition::{Cell, Edition, MaskedRate, MaskedTable, RateCell, Statistics};
use crate::field::{Field, State};
use crate::rules::{Rules, Zeros};
use crate::shape::Shape;
use crate::table::{Block, Rate};

/// A table as it is shown once the field is settled.
pub(crate) fn table(
    exact: &Exact,
    variables: &[usize],
    withheld: bool,
    field: &Field,
) -> MaskedTable {
    let (impossible, merged) = (exact.table.all_impossible(), exact.merged());
    let cell = |at: usize| match field.state[variables[at]] {
        State::Fixed if impossible[at] => Cell::Impossible,
        _ if withheld => Cell::Hidden,
        State::Fixed => shown(field.value[variables[at]]),
        State::Open => shown(field.rules.rounded(field.value[variables[at]])),
        State::Primary | State::Hidden if merged[at] => Cell::Merged,
        State::Primary | State::Hidden => hidden(variables[at], field),
    };
    let cells: Vec<Cell> = (0..variables.len()).map(cell).collect();
    let mut masked = MaskedTable {
        name: exact.table.name().to_owned(),
        dims: exact.table.dims.clone(),
        cells,
        withheld,
        only_implied: exact.only_implied,
        reasons: Vec::new(),
    };
    masked.reasons = reasons(&masked, field.rules);
    masked
}

fn shown(count: i64) -> Cell {
    Cell::Shown(count.unsigned_abs())
}

/// Hidden, or a range that was set as what an attacker knows.
fn hidden(variable: usize, field: &Field) -> Cell {
    let (low, high) = field.bounds[variable];
    let bands = field.rules.bands.iter();
    let mut bands = bands.filter(|band| (i64::from(band.0), i64::from(band.1)) == (low, high));
    bands.next().map_or(Cell::Hidden, |&(low, high)| Cell::Band { low, high })
}

/// One line for each way of not showing something. It is the same for all hidden cells.
fn reasons(table: &MaskedTable, rules: &Rules) -> Vec<String> {
    if table.withheld {
        return vec![
            "This table is not published: it could not be shown that no small number can be \
             worked out from it."
                .to_owned(),
        ];
    }
    let any = |test: fn(&Cell) -> bool| table.cells.iter().any(test);
    let mut lines = Vec::new();
    if any(|cell| matches!(cell, Cell::Hidden | Cell::Band { .. })) {
        let from = if rules.zeros == Zeros::Hidden { "0" } else { "1" };
        lines.push(format!(
            "A number is hidden if it is from {from} to {}, or if such a number could be worked out from it.",
            rules.threshold
        ));
    }
    if any(|cell| matches!(cell, Cell::Band { .. })) {
        lines.push("Where it is safe, a range stands in place of a hidden number.".to_owned());
    }
    if any(|cell| *cell == Cell::Merged) {
        lines.push("Groups with small numbers are shown together with others.".to_owned());
    }
    if let Some(base) = rules.rounding.filter(|base| *base > 1) {
        lines.push(format!("Numbers are rounded to the nearest {base}."));
    }
    lines
}

/// The whole edition, with percentages wherever all their counts are shown.
pub(crate) fn edition(tables: Vec<MaskedTable>, block: &Block, rules: &Rules) -> Edition {
    let rates = block.rates.iter().map(|rate| masked_rate(rate, &tables, rules)).collect();
    let links = crate::assemble::links_of(block);
    Edition { tables, links, rates, rules: rules.clone() }
}

fn masked_rate(rate: &Rate, tables: &[MaskedTable], rules: &Rules) -> MaskedRate {
    let cells = |name: &str| {
        let table = tables.iter().find(|table| table.name == name);
        table.map(|table| table.cells.clone()).unwrap_or_default()
    };
    let (part, whole, rest) = (cells(&rate.part), cells(&rate.whole), cells(&rate.rest()));
    let triples = part.iter().zip(&whole).zip(&rest);
    let cells = triples.map(|((part, whole), rest)| percentage(*part, *whole, *rest, rules));
    MaskedRate {
        name: rate.name.clone(),
        part: rate.part.clone(),
        whole: rate.whole.clone(),
        cells: cells.collect(),
    }
}

/// A percentage of the numbers as shown, so that it tells no more than they do.
fn percentage(part: Cell, whole: Cell, rest: Cell, rules: &Rules) -> RateCell {
    let count = |cell| match cell {
        Cell::Shown(count) => Some(count),
        Cell::Impossible => Some(0),
        _ => None,
    };
    let (Some(part), Some(whole), Some(_)) = (count(part), count(whole), count(rest)) else {
        return RateCell::Hidden;
    };
    if whole == 0 {
        return RateCell::Empty;
    }
    let unit = 10_u64.pow(2_u32.saturating_sub(rules.decimals.into()));
    let hundredths = (part * 10_000 + whole * unit / 2) / (whole * unit) * unit;
    // Rounded counts may give a little more than all.
    RateCell::Shown(u32::try_from(hundredths.min(10_000)).unwrap_or(10_000))
}

/// Adds a table's cells to the figures.
pub(crate) fn count(table: &MaskedTable, primary: impl Fn(usize) -> bool, all: &mut Statistics) {
    for (at, cell) in table.cells.iter().enumerate() {
        match cell {
            Cell::Merged => all.merged += 1,
            _ if table.withheld => all.withheld += 1,
            Cell::Hidden | Cell::Band { .. } if primary(at) => all.primary += 1,
            Cell::Hidden | Cell::Band { .. } => all.secondary += 1,
            Cell::Shown(_) | Cell::Impossible => {}
        }
        all.bands += usize::from(matches!(cell, Cell::Band { .. }) && !table.withheld);
        all.cells += usize::from(*cell != Cell::Merged);
    }
}

/// How many cells a reader loses: hidden ones, and those merged away that `before` showed.
pub(crate) fn lost(tables: &[MaskedTable], before: &[MaskedTable]) -> usize {
    let mut lost = 0;
    for (table, before) in tables.iter().zip(before).filter(|(table, _)| !table.only_implied) {
        let names = before.places().into_iter().zip(&before.cells);
        let before: BTreeMap<Vec<String>, &Cell> = names.collect();
        for (place, cell) in Shape::all_names(&table.dims).into_iter().zip(&table.cells) {
            let was_shown = || matches!(before.get(&place), Some(Cell::Shown(_)));
            lost += usize::from(match cell {
                Cell::Hidden | Cell::Band { .. } => true,
                Cell::Merged => was_shown(),
                Cell::Shown(_) | Cell::Impossible => false,
            });
        }
    }
    lost
}

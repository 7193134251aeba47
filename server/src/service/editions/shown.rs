//! Published tables as people read them.

use disclosure::{ALL, Cell, Edition, MaskedTable, RateCell};
use sync_core::framework::Catalogue;

use super::counting::{name_of, whole_of};
use super::{Row, Shown, Table};
use crate::measures::Measure;
use crate::measures::published::{Columns, Published, TABLES};
use crate::service::collecting::Late;

/// The line of all clusters.
const WHOLE: &str = "All clusters";

/// The tables of an edition, a line a cluster.
pub(super) fn tables(
    (catalogue, framework): (&Catalogue, Option<&str>),
    period: &str,
    parts: &[Edition],
    late: &[Late],
) -> Vec<Table> {
    let one = |published: &Published| {
        let measure = published.measure()?;
        let find = |name: &str| {
            parts.iter().flat_map(|part| &part.tables).find(|table| table.name == name)
        };
        let part = find(&name_of(measure.id, period))?;
        let columns = published.cells(catalogue, framework);
        let columns: Vec<_> = columns.into_iter().map(|(_, name)| name).collect();
        let mut table = heading(measure, part);
        match published.columns {
            Columns::Share => {
                let whole = find(&whole_of(measure.id, period))?;
                let rates = rates(parts, &part.name);
                table.columns = vec!["Counted".into(), "Of".into(), "Share".into()];
                table.rows = lines(part, |cluster| {
                    vec![
                        cell(part, &[cluster]),
                        cell(whole, &[cluster]),
                        share(part, rates, cluster),
                    ]
                });
            }
            Columns::One => {
                table.columns = vec!["Number".into()];
                table.rows = lines(part, |cluster| vec![cell(part, &[cluster])]);
            }
            _ => {
                table.rows = lines(part, |cluster| {
                    let named = columns.iter().map(|column| cell(part, &[cluster, column]));
                    named.chain([cell(part, &[cluster, ALL])]).collect()
                });
                table.columns = columns.into_iter().chain(["All".to_owned()]).collect();
            }
        }
        Some(table)
    };
    let mut tables: Vec<_> = TABLES.iter().filter_map(one).collect();
    let rows = tables.iter_mut().flat_map(|table| &mut table.rows);
    let is_late = |row: &&mut Row| late.iter().any(|it| it.clusters.contains(&row.label));
    rows.filter(is_late).for_each(|row| row.cells.fill(Shown::Late));
    tables
}

fn heading(measure: &Measure, part: &MaskedTable) -> Table {
    let definition = match measure.of {
        Some(of) => format!("{} Of {of}.", measure.counts),
        None => measure.counts.to_owned(),
    };
    Table {
        id: measure.id.into(),
        title: measure.name.into(),
        definition,
        day: measure.day.into(),
        sources: measure.sources.into(),
        owner: measure.owner.into(),
        columns: Vec::new(),
        rows: Vec::new(),
        reasons: part.reasons.clone(),
    }
}

/// A line for each cluster and one for all.
fn lines(table: &MaskedTable, cells: impl Fn(&str) -> Vec<Shown>) -> Vec<Row> {
    let clusters = table.dims.first().into_iter().flat_map(disclosure::Dimension::names);
    let named = clusters.filter(|name| *name != ALL);
    let row = |label: &str, name: &str| Row { label: label.to_owned(), cells: cells(name) };
    let mut rows: Vec<_> = named.map(|name| row(name, name)).collect();
    rows.push(row(WHOLE, ALL));
    rows
}

fn cell(table: &MaskedTable, place: &[&str]) -> Shown {
    match table.cell(place) {
        Some(Cell::Shown(count)) => Shown::Count(count),
        Some(Cell::Impossible) => Shown::Count(0),
        _ => Shown::Hidden,
    }
}

fn rates<'a>(parts: &'a [Edition], part: &str) -> &'a [RateCell] {
    let all = parts.iter().flat_map(|edition| &edition.rates);
    all.into_iter().find(|rate| rate.part == part).map_or(&[], |rate| rate.cells.as_slice())
}

fn share(table: &MaskedTable, rates: &[RateCell], cluster: &str) -> Shown {
    let place = table.places().iter().position(|names| names[0] == cluster);
    match place.and_then(|place| rates.get(place)) {
        Some(RateCell::Shown(hundredths)) => Shown::Percent((hundredths + 50) / 100),
        Some(RateCell::Empty) => Shown::Nothing,
        _ => Shown::Hidden,
    }
}

//! Exact counts of an authority, and their masking.

use std::collections::BTreeMap;

use disclosure::{Block, Dimension, Link, Past, Rate, Rules, Table};
use serde::{Deserialize, Serialize};
use sync_core::framework::Catalogue;

use super::stored::Kept;
use super::{EditionError, Progress};
use crate::measures::Sort;
use crate::measures::catalogue as measures;
use crate::measures::published::{Columns, LINKED, Published, TABLES};
use crate::service::collecting::{Gathered, Places};
use crate::service::contributions::Part;

/// The dimension of every table.
const CLUSTER: &str = "Cluster";
/// The dimension of a table's columns.
const COLUMN: &str = "Column";

/// What an edition is made from. Nobody is shown it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Exact {
    /// The tables that count the same children, then each of the others by itself.
    pub(super) blocks: Vec<Block>,
    /// By cluster, measure and cell: everything that was ever counted in a flow.
    pub(super) totals: Totals,
    /// Which contributions it was made from, where they were collected.
    #[serde(default)]
    pub(super) from: Places,
}

type Totals = BTreeMap<String, (i64, i64)>;

impl Exact {
    /// What the clusters counted, flows since the edition before.
    pub(super) fn count(
        gathered: &Gathered,
        period: &str,
        (catalogue, framework): (&Catalogue, Option<&str>),
        last: Option<&Kept>,
    ) -> Result<Self, EditionError> {
        let parts = &gathered.parts;
        let names: Vec<_> = parts.iter().map(|it| it.name.clone()).collect();
        let before = last.and_then(|it| it.exact.as_ref());
        let mut counting = Counting { before, totals: Totals::new() };
        let mut all = Vec::new();
        for published in TABLES {
            let cells = published.cells(catalogue, framework);
            let rows = parts.iter().map(|part| counting.row(part, published, &cells)).collect();
            all.push((published, cells, rows));
        }
        level(&mut all);
        let mut tables = Vec::new();
        for (published, cells, rows) in &all {
            tables.push(tables_of(published, period, &names, cells, rows)?);
        }
        let earlier = last.filter(|it| it.exact.is_some()).map(|it| it.edition.period.as_str());
        let (totals, from) = (counting.totals, gathered.from.clone());
        Ok(Self { blocks: blocks(tables, period, earlier), totals, from })
    }
}

/// A table with its columns, each cell and what a screen calls it, and its rows.
type Counted = (&'static Published, Vec<(String, String)>, Vec<Counts>);

/// A row's counts, and of how many.
type Counts = (Vec<i64>, i64);

struct Counting<'a> {
    before: Option<&'a Exact>,
    totals: Totals,
}

impl Counting<'_> {
    fn row(&mut self, part: &Part, published: &Published, cells: &[(String, String)]) -> Counts {
        let (mut counts, mut of_all) = (vec![0; cells.len().max(1)], 0);
        let Some(measure) = published.measure() else { return (counts, of_all) };
        for line in part.of(measure.id) {
            let place = cells.iter().position(|(cell, _)| *cell == line.cell);
            let place = place.unwrap_or(counts.len() - 1);
            counts[place] += line.counted;
            of_all += line.of_all;
        }
        if measure.sort == Sort::Flow {
            for (place, count) in counts.iter_mut().enumerate() {
                let cell = cells.get(place).map_or("", |(cell, _)| cell.as_str());
                let key = format!("{} {} {cell}", part.id, published.measure);
                let whole = if place == 0 { of_all } else { 0 };
                let known = self.before.and_then(|it| it.totals.get(&key)).copied();
                let known = known.unwrap_or_default();
                self.totals.insert(key, (*count, whole));
                *count -= known.0;
                of_all -= known.1;
            }
        }
        (counts, of_all)
    }
}

/// What was taken back since (a case that is shielded now) is left out of a flow, but where the stock
/// must come out: fewer opened is then more closed, and the other way round.
fn level(all: &mut [Counted]) {
    let opened = all.iter().position(|it| it.0.measure == measures::OPENED);
    let closed = all.iter().position(|it| it.0.measure == measures::CLOSED);
    if let (Some(opened), Some(closed)) = (opened, closed) {
        for cluster in 0..all[opened].2.len() {
            let (came, left) = (all[opened].2[cluster].0[0], all[closed].2[cluster].0[0]);
            all[opened].2[cluster].0[0] = came.max(0) + (-left).max(0);
            all[closed].2[cluster].0[0] = left.max(0) + (-came).max(0);
        }
    }
    for (_, _, rows) in all.iter_mut() {
        for (counts, of_all) in rows.iter_mut() {
            counts.iter_mut().for_each(|count| *count = (*count).max(0));
            *of_all = (*of_all).max(counts[0]);
        }
    }
}

/// A table's name, its own for ever.
pub(super) fn name_of(id: &str, period: &str) -> String {
    format!("{id}, {period}")
}

/// The same of how many it is a share.
pub(super) fn whole_of(id: &str, period: &str) -> String {
    format!("{id}, of all, {period}")
}

fn tables_of(
    published: &Published,
    period: &str,
    clusters: &[String],
    cells: &[(String, String)],
    rows: &[Counts],
) -> Result<Vec<Table>, EditionError> {
    let id = published.measure().map_or("", |measure| measure.id);
    let mut dims = vec![Dimension::flat(CLUSTER, clusters.iter().cloned())?];
    if !cells.is_empty() {
        dims.push(Dimension::flat(COLUMN, cells.iter().map(|(_, name)| name.clone()))?);
    }
    let number = |count: &i64| u64::try_from(*count).unwrap_or_default();
    let counts = rows.iter().flat_map(|(counts, _)| counts.iter().map(number)).collect();
    let mut tables = vec![Table::new(&name_of(id, period), dims.clone(), counts)?];
    if published.columns == Columns::Share {
        let counts = rows.iter().map(|(_, of_all)| number(of_all)).collect();
        tables.push(Table::new(&whole_of(id, period), dims, counts)?);
    }
    Ok(tables)
}

/// Those that count the same children in one block with what links them, the others each in its own.
fn blocks(tables: Vec<Vec<Table>>, period: &str, earlier: Option<&str>) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    for (place, tables) in tables.into_iter().enumerate() {
        let id = TABLES[place].measure().map_or("", |measure| measure.id);
        let rate = (tables.len() == 2).then(|| Rate {
            name: format!("{}, share", name_of(id, period)),
            part: name_of(id, period),
            whole: whole_of(id, period),
        });
        if place >= LINKED {
            blocks.push(Block::default());
        }
        if let Some(block) = blocks.last_mut() {
            block.tables.extend(tables);
            block.rates.extend(rate);
        }
    }
    blocks[0].links = links(period, earlier);
    blocks
}

/// Children with an open case are the same ones in each table, and come of those before, those who came
/// and those who left.
fn links(period: &str, earlier: Option<&str>) -> Vec<Link> {
    let id = |code| TABLES.iter().filter_map(Published::measure).find(|it| it.code == code);
    let id = |code| id(code).map_or("", |measure| measure.id);
    let open = whole_of(id(measures::LEAD_NAMED), period);
    let same = |code| Link::Margin {
        left: open.clone(),
        right: name_of(id(code), period),
        over: vec![CLUSTER.to_owned()],
    };
    let came = name_of(id(measures::OPENED), period);
    let left = name_of(id(measures::CLOSED), period);
    let stock = match earlier.map(|earlier| whole_of(id(measures::LEAD_NAMED), earlier)) {
        Some(earlier) => Link::stock(&open, &earlier, &came, &left),
        None => Link::Sum { plus: vec![open.clone(), left], minus: vec![came] },
    };
    vec![same(measures::AT_STAGE), same(measures::LOOKED_AFTER), stock]
}

/// Masks each block; those of children with an open case together with what earlier editions told of them.
pub(super) fn mask(
    exact: &Exact,
    past: &[Kept],
    rules: &Rules,
    progress: &mut Progress<'_>,
) -> Result<Vec<disclosure::Edition>, EditionError> {
    let mut parts = Vec::new();
    for (place, block) in exact.blocks.iter().enumerate() {
        progress(place, exact.blocks.len());
        let linked: Vec<_> =
            if place == 0 { past.iter().filter_map(first).collect() } else { vec![] };
        let release = disclosure::mask(block, &linked, rules)?;
        let mut all: Vec<_> = linked.iter().map(|it| it.edition).collect();
        all.push(&release.edition);
        let audit = disclosure::audit(&all, rules, disclosure::Detail::Proof)?;
        if !release.told_before.is_empty() || !audit.is_safe() {
            return Err(EditionError::Unsafe);
        }
        parts.push(release.edition);
    }
    progress(exact.blocks.len(), exact.blocks.len());
    Ok(parts)
}

fn first(kept: &Kept) -> Option<Past<'_>> {
    let (edition, exact) = (kept.parts.first()?, kept.exact.as_ref()?);
    Some(Past { edition, block: exact.blocks.first()? })
}

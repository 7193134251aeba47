//! An area's editions as readers get them: masked term by term as the server does it, then text.

use std::collections::BTreeSet;

use disclosure::{Cell, Edition, Invalid, MaskedTable, Past, RateCell, Rules, mask};

use super::area::{Term, name_of, whole_of};
use super::known::{ALL_CLUSTERS, COUNTED, Key, Kind, NUMBER, OF, REST, TABLES};

/// How an area is published: as the server does, or with a planted weakness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As the server does.
    Sound,
    /// Only small counts are hidden, nothing to protect them.
    OnlySmall,
    /// Each term as if nothing had been published before it.
    WithoutPast,
    /// Tables that count the same children as if they did not.
    WithoutMargins,
}

/// What was published.
#[derive(Default)]
pub(crate) struct Published {
    /// Spreadsheets: term, table, text.
    pub(crate) files: Vec<(usize, &'static str, String)>,
    /// Rests of shares that the editions hide. Readers are not told; the verdict asks for them.
    pub(crate) rests: BTreeSet<Key>,
    /// Counts, and those of them that are shown.
    pub(crate) cells: usize,
    pub(crate) shown: usize,
    /// Tables withheld whole.
    pub(crate) withheld: usize,
    /// Terms of which nothing can be published any more, as the server would refuse them.
    pub(crate) refused: usize,
}

/// Publishes an area's terms one after the other.
pub(crate) fn publish(terms: &[Term], rules: &Rules, way: Way) -> Result<Published, Invalid> {
    let mut all = Published::default();
    let mut first: Vec<Edition> = Vec::new();
    for (at, term) in terms.iter().enumerate() {
        let mut parts = Vec::new();
        for (place, block) in term.blocks.iter().enumerate() {
            let past = first.iter().zip(terms);
            let past = past.map(|(edition, term)| Past { edition, block: &term.blocks[0] });
            let mut past: Vec<_> = past.filter(|_| place == 0).collect();
            let mut block = block.clone();
            if way == Way::WithoutPast && at > 0 {
                past.clear();
                block.links.truncate(2);
            }
            if way == Way::WithoutMargins {
                block.links.retain(|link| matches!(link, disclosure::Link::Sum { .. }));
            }
            let mut release = mask(&block, &past, rules)?;
            if !release.told_before.is_empty() && way == Way::Sound {
                all.refused = terms.len() - at;
                return Ok(all);
            }
            if way == Way::OnlySmall {
                show_large(&mut release.edition, &block, rules);
            }
            parts.push(release.edition);
        }
        all.keep(at, &parts);
        first.extend(parts.into_iter().next());
    }
    Ok(all)
}

/// Shows everything but small counts.
fn show_large(edition: &mut Edition, block: &disclosure::Block, rules: &Rules) {
    for table in &mut edition.tables {
        let Some(exact) = block.tables.iter().find(|it| it.name() == table.name) else { continue };
        for (cell, count) in table.cells.iter_mut().zip(exact.all_counts()) {
            let small = (1..=i64::from(rules.threshold)).contains(&count);
            *cell = if small { Cell::Hidden } else { Cell::Shown(count.unsigned_abs()) };
        }
    }
    for rate in &mut edition.rates {
        rate.cells.fill(RateCell::Hidden);
    }
}

impl Published {
    fn keep(&mut self, at: usize, parts: &[Edition]) {
        for (id, kind) in TABLES {
            let name = name_of(id, at);
            let Some(part) = find(parts, &name) else { continue };
            self.withheld += usize::from(part.withheld);
            let lines = lines(part, parts, (id, *kind), at);
            for (_, cells) in &lines {
                let counts = cells.iter().filter(|cell| !cell.ends_with('%') && *cell != "None");
                let counts = counts.take(if *kind == Kind::Share { 2 } else { usize::MAX });
                let counts: Vec<_> = counts.collect();
                self.cells += counts.len();
                self.shown += counts.iter().filter(|cell| **cell != "Hidden").count();
            }
            self.files.push((at, id, spreadsheet(part, *kind, at, &lines)));
            let Some(rest) = find(parts, &format!("{name}, share: the rest")) else { continue };
            for (place, cell) in rest.places().iter().zip(&rest.cells) {
                if matches!(cell, Cell::Hidden | Cell::Band { .. }) {
                    self.rests.insert((at, id, line_name(&place[0]), REST.to_owned()));
                }
            }
        }
    }
}

fn find<'a>(parts: &'a [Edition], name: &str) -> Option<&'a MaskedTable> {
    parts.iter().flat_map(|part| &part.tables).find(|table| table.name == name)
}

fn line_name(name: &str) -> String {
    if name == disclosure::ALL { ALL_CLUSTERS.to_owned() } else { name.to_owned() }
}

fn words(cell: Option<Cell>) -> String {
    match cell {
        Some(Cell::Shown(count)) => count.to_string(),
        Some(Cell::Impossible) => "0".to_owned(),
        _ => "Hidden".to_owned(),
    }
}

/// A line for each cluster and one for all, as the server's `shown.rs` makes them.
fn lines(
    part: &MaskedTable,
    parts: &[Edition],
    (id, kind): (&str, Kind),
    at: usize,
) -> Vec<(String, Vec<String>)> {
    let mut names: Vec<&str> = part.dims[0].names().collect();
    names.rotate_left(1);
    let whole = find(parts, &whole_of(id, at));
    let rate = parts.iter().flat_map(|part| &part.rates).find(|rate| rate.part == part.name);
    let share = |name: &str| {
        let place = part.places().iter().position(|names| names[0] == name);
        match place.and_then(|place| rate?.cells.get(place)) {
            Some(RateCell::Shown(hundredths)) => format!("{}%", (hundredths + 50) / 100),
            Some(RateCell::Empty) => "None".to_owned(),
            _ => "Hidden".to_owned(),
        }
    };
    let cells = |name: &str| match kind {
        Kind::One => vec![words(part.cell(&[name]))],
        Kind::Share => vec![
            words(part.cell(&[name])),
            words(whole.and_then(|whole| whole.cell(&[name]))),
            share(name),
        ],
        Kind::Columns(columns) => {
            let columns = columns.iter().chain([&disclosure::ALL]);
            columns.map(|column| words(part.cell(&[name, column]))).collect()
        }
    };
    names.into_iter().map(|name| (line_name(name), cells(name))).collect()
}

/// The text, in the form of the server's `web/editions.rs`.
fn spreadsheet(
    part: &MaskedTable,
    kind: Kind,
    at: usize,
    lines: &[(String, Vec<String>)],
) -> String {
    let period = format!("Term {at}");
    let mut text = line(&["An invented area", &period]) + &line(&["Closed", "1 May 2026"]);
    text += &line(&["Definition", "Invented, of \"all\"."]);
    text += &line(&["Rule", "Counts from 1 to 5 are hidden, and others beside them."]);
    let columns: Vec<&str> = match kind {
        Kind::One => vec![NUMBER],
        Kind::Share => vec![COUNTED, OF, "Share"],
        Kind::Columns(columns) => columns.iter().copied().chain([disclosure::ALL]).collect(),
    };
    text += &line(&[&["An invented title"], &*columns].concat());
    for (name, cells) in lines {
        let cells = [name].into_iter().chain(cells).map(String::as_str);
        text += &line(&cells.collect::<Vec<_>>());
    }
    part.reasons.iter().for_each(|why| text += &line(&["Not shown", why]));
    text
}

fn line(cells: &[&str]) -> String {
    let quoted: Vec<_> =
        cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    quoted.join(",") + "\r\n"
}

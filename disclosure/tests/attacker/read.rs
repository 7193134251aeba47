//! Spreadsheets back into what they tell.

use super::known::{Kind, TABLES};

/// What a cell tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// This count.
    Count(i64),
    /// A share in whole per cent.
    Percent(i64),
    /// Nothing.
    Hidden,
    /// There is nobody of whom to tell a share.
    Nobody,
}

/// One table of one term as it was read.
pub(crate) struct Sheet {
    pub(crate) term: usize,
    pub(crate) id: &'static str,
    pub(crate) kind: Kind,
    pub(crate) columns: Vec<String>,
    pub(crate) lines: Vec<(String, Vec<Told>)>,
}

/// Lines before the table's own.
const HEAD: usize = 4;

/// Reads a spreadsheet; none if it is not in the form that is published.
pub(crate) fn sheet(term: usize, id: &'static str, text: &str) -> Option<Sheet> {
    let kind = TABLES.iter().find(|table| table.0 == id)?.1;
    let mut rows = text.lines().map(cells).skip(HEAD);
    let columns: Vec<String> = rows.next()?.into_iter().skip(1).collect();
    let mut lines = Vec::new();
    for row in rows.filter(|row| row.first().is_some_and(|label| label != "Not shown")) {
        let mut row = row.into_iter();
        let label = row.next()?;
        let cells = row.map(|cell| told(&cell)).collect::<Option<Vec<_>>>()?;
        if cells.len() != columns.len() {
            return None;
        }
        lines.push((label, cells));
    }
    Some(Sheet { term, id, kind, columns, lines })
}

fn told(cell: &str) -> Option<Told> {
    Some(match cell {
        "Hidden" => Told::Hidden,
        "None" => Told::Nobody,
        _ => match cell.strip_suffix('%') {
            Some(share) => Told::Percent(share.parse().ok()?),
            None => Told::Count(cell.parse().ok()?),
        },
    })
}

/// The quoted cells of a line.
fn cells(line: &str) -> Vec<String> {
    let (mut all, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut cell)),
            _ => cell.push(sign),
        }
    }
    all.push(cell);
    all
}

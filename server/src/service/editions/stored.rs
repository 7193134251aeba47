//! How editions rest: what was published for everybody, what it was made from for nobody.

use serde::{Deserialize, Serialize};
use sync_core::time::Timestamp;

use super::counting::Exact;
use super::{Edition, EditionError, Row, Shown, Table};
use crate::db::editions::EditionRow;
use crate::db::{self, Conn, Error};

/// An edition with its masked tables, as later ones must know them, and the counts behind them.
pub(super) struct Kept {
    pub(super) edition: Edition,
    pub(super) parts: Vec<disclosure::Edition>,
    pub(super) exact: Option<Exact>,
}

/// The form in the table.
#[derive(Serialize, Deserialize)]
struct Whole {
    edition: Edition,
    parts: Vec<disclosure::Edition>,
}

/// Editions of one table, without clusters: published as a whole or not at all.
#[derive(Deserialize)]
struct OneTable {
    authority: String,
    period: String,
    closed_at: Timestamp,
    children_by_stage: Counted,
}

#[derive(Deserialize)]
struct Counted {
    title: String,
    definition: String,
    #[serde(default)]
    rows: Vec<CountedRow>,
    withheld: Option<String>,
}

#[derive(Deserialize)]
struct CountedRow {
    label: String,
    children: u64,
}

/// Every edition of an authority, oldest first.
pub(super) fn past(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<Kept>, Error> {
    let mut all = Vec::new();
    for row in db::editions::of_authority(conn, authority)?.iter().rev() {
        let (edition, parts) = read(row)?;
        let exact = db::editions::exact(conn, authority, &row.period)?;
        let exact = exact.map(|text| serde_json::from_str(&text)).transpose();
        all.push(Kept { edition, parts, exact: exact.map_err(|_| Error::Corrupt("edition"))? });
    }
    Ok(all)
}

/// An edition as it rests.
pub(super) fn read(row: &EditionRow) -> Result<(Edition, Vec<disclosure::Edition>), Error> {
    if let Ok(whole) = serde_json::from_str::<Whole>(&row.figures) {
        return Ok((whole.edition, whole.parts));
    }
    let old: OneTable =
        serde_json::from_str(&row.figures).map_err(|_| Error::Corrupt("edition"))?;
    Ok((old.into(), Vec::new()))
}

/// Publishes an edition.
pub(super) fn keep(
    conn: &mut Conn,
    authority: &[u8; 16],
    edition: &Edition,
    parts: &[disclosure::Edition],
    exact: &Exact,
) -> Result<(), EditionError> {
    let corrupt = |_| Error::Corrupt("edition");
    let whole = Whole { edition: edition.clone(), parts: parts.to_vec() };
    let row = EditionRow {
        authority: *authority,
        period: edition.period.clone(),
        closed_at: edition.closed_at,
        figures: serde_json::to_string(&whole).map_err(corrupt)?,
    };
    match db::editions::insert(conn, &row) {
        Err(Error::Taken) => return Err(EditionError::Closed),
        other => other?,
    }
    let exact = serde_json::to_string(exact).map_err(corrupt)?;
    Ok(db::editions::insert_exact(conn, (authority, &edition.period), &exact)?)
}

impl From<OneTable> for Edition {
    fn from(old: OneTable) -> Self {
        let rows = old.children_by_stage.rows.into_iter();
        let row = |it: CountedRow| Row { label: it.label, cells: vec![Shown::Count(it.children)] };
        let table = Table {
            id: "children-at-stage".into(),
            title: old.children_by_stage.title,
            definition: old.children_by_stage.definition,
            day: String::new(),
            sources: String::new(),
            owner: String::new(),
            columns: vec!["Children".into()],
            rows: rows.map(row).collect(),
            reasons: old.children_by_stage.withheld.into_iter().collect(),
        };
        Self {
            authority: old.authority,
            period: old.period,
            after: None,
            to: None,
            closed_at: old.closed_at,
            rule: String::new(),
            late: Vec::new(),
            tables: vec![table],
        }
    }
}

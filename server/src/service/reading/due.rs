//! Days by which something is due, kept in records' views so that lists need not read records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::merge::Context;
use sync_core::record::fold::Folded;
use sync_core::record::kind::Kind;
use sync_core::record::schema::Fact;
use sync_core::time::Date;
use sync_core::view::{DueDate, due_in_record, ends_the_last, is_superseded_by_the_next};

use crate::db::Error;
use crate::db::views::RecordViewRow;

/// A due date as a record's view keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    on: Date,
    fact: u8,
}

/// What a record's view keeps of its due dates, and whether those of the last record of its kind are past with it.
#[must_use]
pub fn kept(folded: &Folded, merging: &Context<'_>) -> (Json, bool) {
    let dates = due_in_record(folded, merging);
    let ends = ends_the_last(folded, &dates);
    let dates = dates.iter().map(|due| Kept { on: due.on, fact: due.fact.code() });
    (json!(dates.collect::<Vec<_>>()), ends)
}

/// What falls due in a record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OfRecord {
    /// The kind, if what was agreed on in the last of it holds no more.
    superseded: Option<Kind>,
    /// When it happened.
    at: Option<i64>,
    /// The days.
    dates: Vec<DueDate>,
}

/// What falls due in a record, read from its view. Of a kind that this version does not know, nothing.
///
/// # Errors
/// [`Error::Corrupt`] for a view that this program did not write.
pub fn of_record(view: &RecordViewRow) -> Result<OfRecord, Error> {
    let kind = u8::try_from(view.kind).ok().and_then(Kind::from_code);
    let Some(kind) = kind else { return Ok(OfRecord::default()) };
    let (dates, ends) = of_view(view, kind)?;
    let superseded = Some(kind).filter(|_| ends);
    Ok(OfRecord { superseded, at: view.happened_at, dates })
}

/// What falls due in several records of a case, earliest first.
#[must_use]
pub fn together<'a>(records: impl Iterator<Item = &'a OfRecord>) -> Vec<DueDate> {
    let mut dates = Vec::new();
    let mut newest: BTreeMap<Kind, &OfRecord> = BTreeMap::new();
    for record in records {
        let Some(kind) = record.superseded else {
            dates.extend(record.dates.iter().cloned());
            continue;
        };
        let known = newest.entry(kind).or_insert(record);
        if record.at >= known.at {
            *known = record;
        }
    }
    dates.extend(newest.into_values().flat_map(|record| record.dates.iter().cloned()));
    dates.sort();
    dates
}

/// The days, and whether those of the last record of its kind are past with it. A view that was made before that was
/// kept says nothing of it.
fn of_view(view: &RecordViewRow, kind: Kind) -> Result<(Vec<DueDate>, bool), Error> {
    #[derive(Deserialize)]
    struct View {
        due: Vec<Kept>,
        ends: Option<bool>,
    }
    let kept: View = serde_json::from_str(&view.view).map_err(|_| Error::Corrupt("view"))?;
    let date = |kept: Kept| {
        let fact = Fact::from_code(kept.fact.into())?;
        Some(DueDate { on: kept.on, fact, record: view.record, kind })
    };
    let ends = kept.ends.unwrap_or_else(|| is_superseded_by_the_next(kind));
    Ok((kept.due.into_iter().filter_map(date).collect(), ends))
}

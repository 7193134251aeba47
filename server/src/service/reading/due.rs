//! Days by which something is due, kept in records' views so that lists need not read records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::merge::Context;
use sync_core::record::fold::Folded;
use sync_core::record::kind::Kind;
use sync_core::record::schema::Fact;
use sync_core::time::Date;
use sync_core::view::{DueDate, due_in_record, is_superseded_by_the_next};

use crate::db::Error;
use crate::db::views::RecordViewRow;

/// A due date as a record's view keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    on: Date,
    fact: u8,
}

/// What a record's view keeps of its due dates.
#[must_use]
pub fn kept(folded: &Folded, merging: &Context<'_>) -> impl Serialize + use<> {
    let dates = due_in_record(folded, merging).into_iter();
    dates.map(|due| Kept { on: due.on, fact: due.fact.code() }).collect::<Vec<_>>()
}

/// What falls due in a case, earliest first, read from its records' views.
///
/// # Errors
/// [`Error::Corrupt`] for a view that this program did not write.
pub fn of_views(views: &[RecordViewRow]) -> Result<Vec<DueDate>, Error> {
    let mut dates = Vec::new();
    let mut newest: BTreeMap<Kind, (Option<i64>, Vec<DueDate>)> = BTreeMap::new();
    for view in views {
        let kind = u8::try_from(view.kind).ok().and_then(Kind::from_code);
        let Some(kind) = kind else { continue };
        let found = of_view(view, kind)?;
        if !is_superseded_by_the_next(kind) {
            dates.extend(found);
            continue;
        }
        let known = newest.entry(kind).or_default();
        if view.happened_at >= known.0 {
            *known = (view.happened_at, found);
        }
    }
    dates.extend(newest.into_values().flat_map(|(_, found)| found));
    dates.sort();
    Ok(dates)
}

fn of_view(view: &RecordViewRow, kind: Kind) -> Result<Vec<DueDate>, Error> {
    #[derive(Deserialize)]
    struct View {
        due: Vec<Kept>,
    }
    let kept: View = serde_json::from_str(&view.view).map_err(|_| Error::Corrupt("view"))?;
    let date = |kept: Kept| {
        let fact = Fact::from_code(kept.fact.into())?;
        Some(DueDate { on: kept.on, fact, record: view.record, kind })
    };
    Ok(kept.due.into_iter().filter_map(date).collect())
}

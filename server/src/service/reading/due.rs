//! Days by which something is due: of a record, and of a case from its records' views.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;
use sync_core::merge::{Context, resolve_all};
use sync_core::record::fold::Folded;
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Contribution;
use sync_core::record::kinds::request::RequestDecision;
use sync_core::record::kinds::visit::VisitDetails;
use sync_core::record::schema::{DETAILS, Fact};
use sync_core::time::Date;

use crate::db::Error;
use crate::db::views::RecordViewRow;

/// The facts that are a day by which something is due.
const DUE: [Fact; 6] = [
    Fact::RowDue,
    Fact::ReviewDate,
    Fact::ReviewPoint,
    Fact::NextContact,
    Fact::NextReview,
    Fact::ResponseDue,
];

/// A day by which something is due.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DueDate {
    /// The day.
    pub on: Date,
    /// The fact.
    pub fact: Fact,
    /// The record.
    pub record: RecordId,
    /// What it is about.
    pub kind: Kind,
}

/// A due date as a record's view keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    on: Date,
    fact: u8,
}

/// What a record's view keeps of its due dates.
#[must_use]
pub fn kept(folded: &Folded, merging: &Context<'_>) -> impl Serialize + use<> {
    let dates = of_record(folded, merging).into_iter();
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

/// Whether what a record of this kind agreed on holds only until the next one.
#[must_use]
pub const fn is_superseded_by_the_next(kind: Kind) -> bool {
    matches!(kind, Kind::Visit | Kind::Meeting)
}

/// What falls due in one record. What is done, cancelled or answered is no longer due.
#[must_use]
pub fn of_record(folded: &Folded, merging: &Context<'_>) -> Vec<DueDate> {
    let facts = resolve_all(&folded.entries, merging);
    let done = |row: &str| {
        facts.iter().any(|it| {
            let status = it.in_force.one().and_then(|held| held.value.as_text());
            let ended = matches!(status, Some("done" | "cancelled"));
            it.fact == Fact::RowStatus && it.subject == row && ended
        })
    };
    let answered = folded.entries_of(RequestDecision::COLLECTION).next().is_some();
    let (record, kind) = (folded.envelope.id(), folded.envelope.kind());
    let is_open = |fact: Fact, subject: &str| match fact {
        Fact::RowDue => !done(subject),
        Fact::ResponseDue => !answered,
        _ => true,
    };
    let asserted = facts
        .iter()
        .filter(|it| DUE.contains(&it.fact) && is_open(it.fact, &it.subject))
        .flat_map(|it| it.in_force.held().iter().map(|held| (it.fact, &held.value)))
        .filter_map(|(fact, value)| Some((fact, value.as_text()?.parse().ok()?)));
    // What the visitor filled in holds until somebody asserts another day.
    let asserted: Vec<(Fact, Date)> = asserted.collect();
    let said = folded.entries_of(DETAILS).find_map(VisitDetails::read);
    let said = said.filter(|_| kind == Kind::Visit && asserted.is_empty());
    let said = said.and_then(|details| Some((Fact::NextContact, details.next_contact?)));
    let all = asserted.into_iter().chain(said);
    all.map(|(fact, on)| DueDate { on, fact, record, kind }).collect()
}

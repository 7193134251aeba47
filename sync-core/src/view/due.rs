//! What falls due in a case, for a review and for whoever takes the case over.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::ids::{RecordId, UserId};
use crate::merge::{Context, resolve_of};
use crate::record::fold::Folded;
use crate::record::kind::Kind;
use crate::record::kinds::Contribution as _;
use crate::record::kinds::request::RequestDecision;
use crate::record::kinds::visit::VisitDetails;
use crate::record::schema::{DETAILS, Fact};
use crate::time::{Date, Timestamp};
use crate::view::record::chronology_line;

/// A day by which something is due.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct DueDate {
    /// The day.
    pub on: Date,
    /// The fact.
    #[serde(serialize_with = "name_of")]
    pub fact: Fact,
    /// The record.
    pub record: RecordId,
    /// What it is about.
    pub kind: Kind,
}

fn name_of<S: Serializer>(fact: &Fact, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(fact.name())
}

impl DueDate {
    /// What is due, in words for a screen.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self.fact {
            Fact::RowDue => "an action of the plan",
            Fact::ReviewDate => "the review of the plan",
            Fact::ReviewPoint => "the review of the assessment",
            Fact::NextContact => "the next contact with the child",
            Fact::NextReview => "the next review meeting",
            Fact::ResponseDue => "the answer to a request",
            _ => "something",
        }
    }

    /// Whether the day has passed.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.on < today
    }
}

/// What falls due by a case's records, earliest first. A later visit or meeting has superseded what an
/// earlier one agreed on.
#[must_use]
pub fn due_dates(records: &[Folded], merging: &Context<'_>) -> Vec<DueDate> {
    let mut dates = Vec::new();
    let mut newest: BTreeMap<Kind, (Timestamp, Vec<DueDate>)> = BTreeMap::new();
    for folded in records {
        let found = due_in_record(folded, merging);
        let at = chronology_line(folded).map_or(Timestamp(i64::MIN), |line| line.at);
        match folded.envelope.kind() {
            kind if ends_the_last(folded, &found) => {
                let known = newest.entry(kind).or_insert((at, Vec::new()));
                if at >= known.0 {
                    *known = (at, found);
                }
            }
            _ => dates.extend(found),
        }
    }
    dates.extend(newest.into_values().flat_map(|(_, found)| found));
    dates.sort();
    dates
}

/// Whether somebody is in the team by a case's own record, asked of the record itself: who left the
/// authority is in no team any more, but their cases must not be lost from sight.
#[must_use]
pub fn is_member(team: &Folded, user: &UserId, merging: &Context<'_>) -> bool {
    let subject = user.to_string();
    resolve_of(&[Fact::Member], &team.entries, merging).iter().any(|it| {
        let state = it.in_force.one().and_then(|held| held.value.as_text());
        it.subject == subject && state.is_some_and(|it| it != "left")
    })
}

/// Whether what a record of this kind agreed on holds only until the next one.
#[must_use]
pub const fn is_superseded_by_the_next(kind: Kind) -> bool {
    matches!(kind, Kind::Visit | Kind::Meeting)
}

/// Whether what an earlier record of its kind agreed on is past with this one, in which `found` falls due. A visit at
/// which the child was not seen ends nothing, unless another day was agreed on.
#[must_use]
pub fn ends_the_last(folded: &Folded, found: &[DueDate]) -> bool {
    let not_seen =
        || folded.entries_of(DETAILS).find_map(VisitDetails::read)?.child_seen.map(|seen| !seen);
    match folded.envelope.kind() {
        Kind::Visit => !found.is_empty() || not_seen() != Some(true),
        kind => is_superseded_by_the_next(kind),
    }
}

/// The days on which something falls due, and what says that an action's is past.
const FACTS: [Fact; 7] = [
    Fact::RowDue,
    Fact::ReviewDate,
    Fact::ReviewPoint,
    Fact::NextContact,
    Fact::NextReview,
    Fact::ResponseDue,
    Fact::RowStatus,
];

/// What falls due in one record. What is done, cancelled or answered is no longer due.
#[must_use]
pub fn due_in_record(folded: &Folded, merging: &Context<'_>) -> Vec<DueDate> {
    let facts = resolve_of(&FACTS, &folded.entries, merging);
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
        .filter(|it| it.fact != Fact::RowStatus && is_open(it.fact, &it.subject))
        .flat_map(|it| it.in_force.held().iter().map(|held| (it.fact, &held.value)))
        .filter_map(|(fact, value)| Some((fact, value.as_text()?.parse().ok()?)));
    let asserted: Vec<(Fact, Date)> = asserted.collect();
    // What the visitor filled in holds until somebody asserts another day.
    let said = folded.entries_of(DETAILS).find_map(VisitDetails::read);
    let said = said.filter(|_| kind == Kind::Visit && asserted.is_empty());
    let said = said.and_then(|details| Some((Fact::NextContact, details.next_contact?)));
    let all = asserted.into_iter().chain(said);
    all.map(|(fact, on)| DueDate { on, fact, record, kind }).collect()
}

//! Whether a person may make a change: each edit as an action that the policy knows. Asked by the
//! phone before a person types and by the server before it accepts.

use std::collections::BTreeSet;

use crate::gate::copies::{self, Copying, Sources};
use crate::gate::refusal::Refusal;
use crate::ids::{EntryId, UserId};
use crate::merge::Conflict;
use crate::policy::{Action, CaseContext, Principal, RecordFacts, Rival, decide};
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::entry::{Assertion, Entry};
use crate::record::envelope::Envelope;
use crate::record::fold::fold_seen;
use crate::record::history::History;
use crate::record::kind::Kind;
use crate::record::kinds::Contribution as _;
use crate::record::kinds::case::Alias;
use crate::record::schema::{self, DETAILS, FACTS, Fact, TEXTS, fact_field};
use crate::record::value::Value;

/// Other cases of the same child, in a case's own record.
const ALIASES: u8 = Alias::COLLECTION;
/// The field of an alias that takes an earlier one back.
const UNDONE: u8 = 3;

/// Checks a change by an author who had seen what is in the past of `deps`. `sources` are the records
/// that it copies from ([`copies::copied_from`]), as far as they are there.
///
/// # Errors
/// [`Refusal`] with the policy's code for the first edit that is denied, or for a wrong copy.
pub fn check(
    principal: &Principal,
    case: &CaseContext,
    history: &History,
    change: &Change,
    deps: &[usize],
    sources: &Sources,
) -> Result<(), Refusal> {
    let envelope = history.envelope();
    let record = facts_of(history);
    if fixes_again(history, change) {
        return Err(Refusal::new("fixed_already"));
    }
    if copies::check(principal, history, change, sources)? == Copying::Allowed {
        return Ok(());
    }
    if envelope.made().is_some() && history.links().is_empty() {
        let create = Action::Create { kind: record.kind, compartment: record.compartment };
        let _ground = decide(principal, case, Some(&record), &create)?;
    }
    let seen = asserts(change).then(|| fold_seen(history, 0, &history.past(deps)));
    let seen: Vec<Assertion<'_>> =
        seen.iter().flat_map(|seen| &seen.entries).filter_map(Entry::assertion).collect();
    for edit in &change.edits {
        let action = match edit {
            Edit::Splice { .. } => Action::AddEntry { collection: TEXTS },
            Edit::Add(entry) if entry.collection == FACTS => {
                assertion(principal.user, entry, &seen)?
            }
            Edit::Add(entry) if record.kind == Kind::Case && entry.collection == ALIASES => {
                Action::Join { undone: entry.fields.contains(&(UNDONE, Value::Bool(true))) }
            }
            Edit::Add(entry) => Action::AddEntry { collection: entry.collection },
        };
        let _ground = decide(principal, case, Some(&record), &action)?;
    }
    Ok(())
}

/// Whether a person may settle a conflict of a record for each of the values that stand. Nobody may
/// for values that they are not shown.
#[must_use]
pub fn may_settle(
    principal: &Principal,
    case: &CaseContext,
    record: &RecordFacts,
    conflict: &Conflict,
) -> bool {
    let rivals = conflict.rivals.iter().map(|rival| {
        rival.value.as_ref().map(|value| Rival { by: rival.by, value, replaced: true })
    });
    let Some(rivals) = rivals.collect::<Option<Vec<_>>>() else { return false };
    let may = |rival: &Rival<'_>| {
        let about = (conflict.fact, conflict.subject.parse().ok(), rival.value.clone());
        let action = Action::of_assertion(principal.user, about, false, &rivals);
        decide(principal, case, Some(record), &action).is_ok()
    };
    rivals.iter().all(may)
}

/// Whether a change writes what was fixed when the record was made: its creator does, once, as they
/// make it. Nobody could say later which of two was the first.
fn fixes_again(history: &History, change: &Change) -> bool {
    let details = schema::collection(history.envelope().kind(), DETAILS);
    let fixed = details.is_some_and(|collection| collection.name == "details");
    let is_fixed = |edit: &&Edit| matches!(edit, Edit::Add(entry) if entry.collection == DETAILS);
    let fixes = change.edits.iter().filter(is_fixed).count();
    fixed && (fixes > 1 || (fixes == 1 && !history.links().is_empty()))
}

/// What the policy must know of a record that took no other's place.
#[must_use]
pub fn record_facts(envelope: &Envelope) -> RecordFacts {
    let created_by = envelope.made().map(|made| made.user);
    RecordFacts {
        kind: envelope.kind(),
        compartment: envelope.compartment,
        created_by,
        referred_by: created_by,
    }
}

/// The same of any record, as far as its own changes tell. They name the maker of the record whose place it
/// took; where that one was re-homed before, its author is found in the log only.
#[must_use]
pub fn facts_of(history: &History) -> RecordFacts {
    let facts = record_facts(history.envelope());
    let first = history.links().first().map(|link| &link.change);
    let referred_by = first.and_then(copies::author_moved).or(facts.referred_by);
    RecordFacts { referred_by, ..facts }
}

fn asserts(change: &Change) -> bool {
    change.edits.iter().any(|edit| matches!(edit, Edit::Add(entry) if entry.collection == FACTS))
}

/// What an assertion does, by what its author had seen of the same fact.
fn assertion(user: UserId, entry: &NewEntry, seen: &[Assertion<'_>]) -> Result<Action, Refusal> {
    let field = |code: u8| entry.fields.iter().find(|(field, _)| *field == code).map(|(_, v)| v);
    let fact = field(fact_field::FACT).and_then(Value::as_int).and_then(Fact::from_code);
    let fact = fact.ok_or_else(|| Refusal::new("newer_version"))?;
    let value = field(fact_field::VALUE).ok_or_else(|| Refusal::new("missing_field"))?;
    let subject = field(fact_field::SUBJECT).and_then(Value::as_text).unwrap_or("");
    let confidential = field(fact_field::CONFIDENTIAL).and_then(Value::as_bool).unwrap_or(false);
    let same: Vec<_> = seen.iter().filter(|a| a.fact == fact && a.subject == subject).collect();
    let gone: BTreeSet<EntryId> = same.iter().flat_map(|a| a.entry.replaces.clone()).collect();
    let standing = same.iter().filter(|a| !gone.contains(&a.entry.id));
    let rivals: Vec<Rival<'_>> = standing
        .map(|a| Rival {
            by: a.entry.by,
            value: a.value,
            replaced: entry.replaces.contains(&a.entry.id),
        })
        .collect();
    let about = (fact, subject.parse().ok(), value.clone());
    Ok(Action::of_assertion(user, about, confidential, &rivals))
}

#[cfg(test)]
mod tests;

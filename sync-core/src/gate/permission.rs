//! Whether a person may make a change: each edit as an action that the policy knows. Asked by the
//! phone before a person types and by the server before it accepts.

use crate::gate::refusal::Refusal;
use crate::ids::{EntryId, UserId};
use crate::policy::{Action, CaseContext, Principal, RecordFacts, decide};
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::entry::Entry;
use crate::record::envelope::Envelope;
use crate::record::fold::{Folded, fold};
use crate::record::history::History;
use crate::record::schema::{FACTS, Fact, TEXTS, fact_field};
use crate::record::value::Value;

/// Checks a change of the record as it stands before it.
///
/// # Errors
/// [`Refusal`] with the policy's code for the first edit that is denied.
pub fn check(
    principal: &Principal,
    case: &CaseContext,
    history: &History,
    change: &Change,
) -> Result<(), Refusal> {
    let envelope = history.envelope();
    let record = record_facts(envelope);
    if envelope.made().is_some() && history.links().is_empty() {
        let create = Action::Create { kind: record.kind, compartment: record.compartment };
        let _ground = decide(principal, case, Some(&record), &create)?;
    }
    let before = needs_before(change).then(|| fold(history, history.links().len()));
    for edit in &change.edits {
        let action = match edit {
            Edit::Splice { .. } => Action::AddEntry { collection: TEXTS },
            Edit::Add(entry) if entry.collection == FACTS => {
                assertion(principal.user, entry, before.as_ref())?
            }
            Edit::Add(entry) => Action::AddEntry { collection: entry.collection },
        };
        let _ground = decide(principal, case, Some(&record), &action)?;
    }
    Ok(())
}

/// What the policy must know of a record.
#[must_use]
pub fn record_facts(envelope: &Envelope) -> RecordFacts {
    RecordFacts {
        kind: envelope.kind(),
        compartment: envelope.compartment,
        created_by: envelope.made().map(|made| made.user),
    }
}

fn needs_before(change: &Change) -> bool {
    change.edits.iter().any(|edit| matches!(edit, Edit::Add(entry) if !entry.replaces.is_empty()))
}

/// What an assertion does by what it replaces: it settles if it replaces unlike values.
fn assertion(user: UserId, entry: &NewEntry, before: Option<&Folded>) -> Result<Action, Refusal> {
    let field = |code: u8| entry.fields.iter().find(|(field, _)| *field == code).map(|(_, v)| v);
    let fact = field(fact_field::FACT).and_then(Value::as_int).and_then(Fact::from_code);
    let fact = fact.ok_or_else(|| Refusal::new("newer_version"))?;
    let value = field(fact_field::VALUE).ok_or_else(|| Refusal::new("missing_field"))?;
    let replaced = before.map(|before| replaced(before, &entry.replaces)).unwrap_or_default();
    let unlike = replaced.windows(2).any(|pair| value_of(pair[0]) != value_of(pair[1]));
    if fact == Fact::HarmSuspected && value.as_bool() == Some(false) && says_yes(&replaced) {
        let mut others =
            replaced.iter().filter(|entry| value_of(entry) != Some(&Value::Bool(true)));
        return Ok(Action::ReplaceHarmYes {
            author_of_rival: others.any(|rival| rival.by == user),
        });
    }
    if unlike && fact.is_safety() {
        let all_rivals_own = replaced.iter().all(|entry| entry.by == user);
        return Ok(Action::Settle { fact, all_rivals_own });
    }
    Ok(Action::Assert {
        fact,
        subject: field(fact_field::SUBJECT).and_then(Value::as_text).and_then(|s| s.parse().ok()),
        value: value.clone(),
        confidential: field(fact_field::CONFIDENTIAL).and_then(Value::as_bool).unwrap_or(false),
    })
}

fn replaced<'a>(before: &'a Folded, ids: &[EntryId]) -> Vec<&'a Entry> {
    ids.iter().filter_map(|id| before.entry(id)).collect()
}

fn value_of(entry: &Entry) -> Option<&Value> {
    entry.field(fact_field::VALUE)
}

fn says_yes(replaced: &[&Entry]) -> bool {
    replaced.iter().any(|entry| value_of(entry) == Some(&Value::Bool(true)))
}

//! Whether a change says only what its kind's schema lets it: no history is needed.

use crate::gate::refusal::Refusal;
use crate::ids::{EntryId, UserId};
use crate::limits::OPERATIONS_PER_CHANGE;
use crate::record::change::{Change, Edit, NewEntry, Run};
use crate::record::kind::Kind;
use crate::record::kinds::Digest;
use crate::record::schema::{
    self, COPIES, Collection, FACTS, Fact, FieldType, SIGNATURES, Subject, fact_field, facts_of,
};
use crate::record::value::Value;

/// Checks a change against its kind's schema.
///
/// # Errors
/// [`Refusal`] naming the first rule that it breaks.
pub fn check(kind: Kind, change: &Change) -> Result<(), Refusal> {
    // Nothing could read back what says nothing.
    if change.edits.is_empty() {
        return Err(Refusal::new("nothing_said"));
    }
    // A change of a million operations costs its reader memory for ever.
    if change.operations() > OPERATIONS_PER_CHANGE as u64 {
        return Err(Refusal::new("too_many_operations"));
    }
    change.edits.iter().try_for_each(|edit| match edit {
        Edit::Add(entry) => check_entry(kind, entry),
        Edit::Splice { runs, .. } => check_runs(runs),
    })
}

fn check_entry(kind: Kind, entry: &NewEntry) -> Result<(), Refusal> {
    let collection =
        schema::collection(kind, entry.collection).ok_or_else(|| Refusal::new("wrong_field"))?;
    check_fields(collection, entry)?;
    if collection.co_written != entry.text.is_some() {
        return Err(Refusal::new("wrong_field"));
    }
    if let SIGNATURES | COPIES = collection.code
        && !digest_fits(entry)
    {
        return Err(Refusal::new("wrong_digest"));
    }
    // Only assertions replace: anything else stands for ever.
    match collection.code {
        FACTS if !ascending(&entry.replaces) => Err(Refusal::new("wrong_field")),
        FACTS => check_assertion(kind, entry),
        _ if entry.replaces.is_empty() => Ok(()),
        _ => Err(Refusal::new("wrong_field")),
    }
}

/// Whether the digest is that of the words, as it says.
fn digest_fits(entry: &NewEntry) -> bool {
    let field = |code: u8| entry.fields.iter().find(|(it, _)| *it == code).map(|(_, v)| v);
    // A signature has its words first, a copy after the digest.
    let words = field(if entry.collection == SIGNATURES { 1 } else { 3 }).and_then(Value::as_text);
    let digest = field(2).and_then(Value::as_bytes);
    words.is_some_and(|words| digest == Some(Digest::of(words).0.as_slice()))
}

/// Bytes that name them in another order, or twice, could not be read back.
fn ascending(replaces: &[EntryId]) -> bool {
    replaces.windows(2).all(|pair| pair[0] < pair[1])
}

fn check_fields(collection: &Collection, entry: &NewEntry) -> Result<(), Refusal> {
    for (code, value) in &entry.fields {
        let field = collection.field(*code).ok_or_else(|| Refusal::new("wrong_field"))?;
        if !field.holds.accepts(value) {
            return Err(Refusal::new("wrong_field"));
        }
    }
    let there = |code: u8| entry.fields.iter().any(|(field, _)| *field == code);
    match collection.fields.iter().all(|field| !field.required || there(field.code)) {
        true => Ok(()),
        false => Err(Refusal::new("missing_field")),
    }
}

fn check_assertion(kind: Kind, entry: &NewEntry) -> Result<(), Refusal> {
    let field = |code: u8| entry.fields.iter().find(|(field, _)| *field == code).map(|(_, v)| v);
    let fact = field(fact_field::FACT).and_then(Value::as_int).and_then(Fact::from_code);
    let fact = fact.ok_or_else(|| Refusal::new("newer_version"))?;
    let value = field(fact_field::VALUE).ok_or_else(|| Refusal::new("missing_field"))?;
    let subject = field(fact_field::SUBJECT).and_then(Value::as_text);
    let fits = facts_of(kind).contains(&fact)
        && fact.holds() != FieldType::ByFact
        && fact.holds().accepts(value)
        && subject_fits(fact.subject(), subject);
    if fits { Ok(()) } else { Err(Refusal::new("wrong_fact")) }
}

fn subject_fits(expected: Subject, subject: Option<&str>) -> bool {
    match (expected, subject) {
        (Subject::None, None) => true,
        (Subject::User, Some(text)) => text.parse::<UserId>().is_ok(),
        (Subject::Entry, Some(text)) => text.parse::<EntryId>().is_ok(),
        (Subject::Word, Some(text)) => !text.is_empty(),
        (_, _) => false,
    }
}

fn check_runs(runs: &[Run]) -> Result<(), Refusal> {
    let fits = runs.iter().all(|run| match run {
        Run::Insert { text, .. } => !text.is_empty(),
        Run::Delete { count, .. } => *count > 0,
    });
    if fits { Ok(()) } else { Err(Refusal::new("wrong_field")) }
}

#[cfg(test)]
mod tests;

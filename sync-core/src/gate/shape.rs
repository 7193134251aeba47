//! Whether a change says only what its kind's schema lets it: no history is needed.

use crate::gate::refusal::Refusal;
use crate::ids::{EntryId, UserId};
use crate::limits::{OPERATIONS_PER_CHANGE, STRING_BYTES};
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
    if entry.text.as_ref().is_some_and(|text| text.len() > STRING_BYTES) {
        return Err(Refusal::new("too_many_operations"));
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
        Run::Insert { text, .. } => !text.is_empty() && text.len() <= STRING_BYTES,
        Run::Delete { count, .. } => *count > 0,
    });
    if fits { Ok(()) } else { Err(Refusal::new("wrong_field")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Actor;
    use crate::time::Timestamp;

    fn check_one(kind: Kind, entry: NewEntry) -> Result<(), Refusal> {
        check(
            kind,
            &Change {
                actor: Actor::from_bytes([1; 16]),
                by: UserId::from_bytes([1; 16]),
                at: Timestamp(0),
                clock_ahead_ms: 0,
                edits: vec![Edit::Add(entry)],
            },
        )
    }

    fn fact(fact: Fact, subject: Option<&str>, value: Value) -> NewEntry {
        let mut fields = vec![(fact_field::FACT, Value::Int(fact.code().into()))];
        fields.extend(subject.map(|subject| (fact_field::SUBJECT, subject.into())));
        fields.push((fact_field::VALUE, value));
        NewEntry { collection: FACTS, fields, ..NewEntry::default() }
    }

    #[test]
    fn an_assertion_must_fit_its_kind_subject_and_type() {
        let risk = |value: &str| fact(Fact::Risk, None, value.into());
        assert_eq!(check_one(Kind::Case, risk("high")), Ok(()));
        assert_eq!(check_one(Kind::Case, risk("unheard of")), Err(Refusal::new("wrong_fact")));
        assert_eq!(check_one(Kind::Visit, risk("high")), Err(Refusal::new("wrong_fact")));
        let other = fact(Fact::Risk, Some("x"), "high".into());
        assert_eq!(check_one(Kind::Case, other), Err(Refusal::new("wrong_fact")));
        let nobody = fact(Fact::Member, Some("nobody"), "member".into());
        assert_eq!(check_one(Kind::Case, nobody), Err(Refusal::new("wrong_fact")));
    }

    #[test]
    fn fields_must_be_there_and_of_their_type() {
        let visit = |fields| NewEntry { collection: 16, fields, ..NewEntry::default() };
        assert_eq!(check_one(Kind::Visit, visit(vec![(1, Value::Int(5))])), Ok(()));
        let missing = visit(vec![(8, Value::Bool(true))]);
        assert_eq!(check_one(Kind::Visit, missing), Err(Refusal::new("missing_field")));
        let wrong = visit(vec![(1, "noon".into())]);
        assert_eq!(check_one(Kind::Visit, wrong), Err(Refusal::new("wrong_field")));
    }

    #[test]
    fn only_assertions_replace_and_only_texts_are_co_written() {
        let id = EntryId { actor: Actor::from_bytes([2; 16]), seq: 1, n: 0 };
        let entry = NewEntry {
            collection: 17,
            fields: vec![(1, "words".into())],
            replaces: vec![id],
            text: None,
        };
        assert_eq!(check_one(Kind::Visit, entry.clone()), Err(Refusal::new("wrong_field")));
        let entry = NewEntry { replaces: Vec::new(), text: Some("x".into()), ..entry };
        assert_eq!(check_one(Kind::Visit, entry), Err(Refusal::new("wrong_field")));
    }

    #[test]
    fn replaced_assertions_are_named_once_and_in_order() {
        let id = |seq| EntryId { actor: Actor::from_bytes([2; 16]), seq, n: 0 };
        let replacing = |replaces| NewEntry { replaces, ..fact(Fact::Risk, None, "high".into()) };
        assert_eq!(check_one(Kind::Case, replacing(vec![id(1), id(2)])), Ok(()));
        for wrong in [vec![id(2), id(1)], vec![id(1), id(1)]] {
            let refused = Err(Refusal::new("wrong_field"));
            assert_eq!(check_one(Kind::Case, replacing(wrong)), refused);
        }
    }

    #[test]
    fn signed_words_are_those_of_their_digest() {
        let signed = |digest: [u8; 32]| NewEntry {
            collection: SIGNATURES,
            fields: vec![(1, "agreed".into()), (2, Value::Bytes(digest.to_vec()))],
            ..NewEntry::default()
        };
        assert_eq!(check_one(Kind::Visit, signed(Digest::of("agreed").0)), Ok(()));
        let other = check_one(Kind::Visit, signed(Digest::of("refused").0));
        assert_eq!(other, Err(Refusal::new("wrong_digest")));
    }

    #[test]
    fn a_change_of_a_million_operations_is_refused() {
        let text = "x".repeat(OPERATIONS_PER_CHANGE + 1);
        let entry = NewEntry {
            collection: schema::TEXTS,
            fields: vec![(1, "safe".into())],
            replaces: Vec::new(),
            text: Some(text),
        };
        assert_eq!(check_one(Kind::Assessment, entry), Err(Refusal::new("too_many_operations")));
    }
}

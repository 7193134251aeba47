//! Each rule of the static check has a line that only it refuses.

use super::*;
use crate::ids::Actor;
use crate::time::Timestamp;

fn check_one(kind: Kind, entry: NewEntry) -> Result<(), Refusal> {
    check(kind, &change(vec![Edit::Add(entry)]))
}

fn change(edits: Vec<Edit>) -> Change {
    Change {
        actor: Actor::from_bytes([1; 16]),
        by: UserId::from_bytes([1; 16]),
        at: Timestamp(0),
        clock_ahead_ms: 0,
        edits,
    }
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

fn splice(run: Run) -> Result<(), Refusal> {
    let entry = EntryId { actor: Actor::from_bytes([1; 16]), seq: 1, n: 0 };
    check(Kind::Assessment, &change(vec![Edit::Splice { entry, runs: vec![run] }]))
}

/// A rule each: without it the line is taken.
#[test]
fn each_rule_refuses_what_only_it_refuses() {
    let wrong = |code: &str| Err(Refusal::new(code));
    assert_eq!(check(Kind::Visit, &change(Vec::new())), wrong("nothing_said"));
    // Collections, fields and facts of the future or of another kind.
    let elsewhere = NewEntry { collection: 200, ..NewEntry::default() };
    assert_eq!(check_one(Kind::Visit, elsewhere), wrong("wrong_field"));
    let field = NewEntry {
        collection: 16,
        fields: vec![(1, Value::Int(5)), (99, Value::Int(5))],
        ..NewEntry::default()
    };
    assert_eq!(check_one(Kind::Visit, field), wrong("wrong_field"));
    let future = NewEntry {
        collection: FACTS,
        fields: vec![(fact_field::FACT, Value::Int(255)), (fact_field::VALUE, "x".into())],
        ..NewEntry::default()
    };
    assert_eq!(check_one(Kind::Case, future), wrong("newer_version"));
    // A joint text that is not begun.
    let bare = NewEntry {
        collection: schema::TEXTS,
        fields: vec![(1, "safe".into())],
        ..NewEntry::default()
    };
    assert_eq!(check_one(Kind::Assessment, bare), wrong("wrong_field"));
    // Copied words that are not those of their digest: the digest is looked at before the rest.
    let copy = NewEntry {
        collection: COPIES,
        fields: schema::collection(Kind::Visit, COPIES)
            .unwrap()
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| (field.code, any_of(field.holds)))
            .collect(),
        ..NewEntry::default()
    };
    assert_eq!(check_one(Kind::Visit, copy), wrong("wrong_digest"));
    // What a fact is about.
    let about = |of: Fact, subject: Option<&str>, value: &str| fact(of, subject, value.into());
    for entry in [
        about(Fact::Consent, Some(""), "all"),
        about(Fact::Consent, None, "all"),
        about(Fact::ContactRestriction, Some("the father"), "supervised"),
    ] {
        assert_eq!(check_one(Kind::Case, entry), wrong("wrong_fact"));
    }
}

fn any_of(holds: FieldType) -> Value {
    match holds {
        FieldType::Int | FieldType::Time => Value::Int(5),
        FieldType::Bool => Value::Bool(true),
        FieldType::Bytes(len) => Value::Bytes(vec![1; len]),
        _ => "x".into(),
    }
}

#[test]
fn an_edit_of_a_text_says_something_and_not_too_much() {
    let after = None;
    assert_eq!(splice(Run::Insert { after, text: "x".into() }), Ok(()));
    assert_eq!(
        splice(Run::Insert { after, text: String::new() }),
        Err(Refusal::new("wrong_field"))
    );
    let from = crate::record::change::ElementId { counter: 1, actor: Actor::from_bytes([1; 16]) };
    assert_eq!(splice(Run::Delete { from, count: 0 }), Err(Refusal::new("wrong_field")));
    let many = splice(Run::Delete { from, count: OPERATIONS_PER_CHANGE as u64 + 1 });
    assert_eq!(many, Err(Refusal::new("too_many_operations")));
}

//! The laws of records: bytes read back to the same hash, and what is folded straight from
//! operations equals what the document engine holds, over the whole form, concurrency included.

use std::collections::BTreeSet;

use automerge::{Automerge, ReadDoc};
use proptest::prelude::*;

use super::change::{Change, Edit, NewEntry};
use super::document::{self, BODY};
use super::envelope::{Envelope, Made, Origin};
use super::fold::{fold, text_seen};
use super::history::{History, decode_deps, encode_deps};
use super::kind::{Compartment, Kind};
use super::schema::{self, FACTS, FieldType, TEXTS, fact_field, facts_of};
use super::value::Value;
use crate::ids::{Actor, CaseId, DeviceId, EntryId, UserId};
use crate::time::Timestamp;

fn actor(n: u8) -> Actor {
    Actor::from_bytes([n + 1; 16])
}

fn envelope(kind: Kind) -> Envelope {
    let case = CaseId::from_bytes([9; 16]);
    if kind == Kind::Case {
        return Envelope::of_case(case, Compartment::Team);
    }
    let made = Made {
        kind,
        creator: actor(0),
        n: 1,
        user: UserId::from_bytes([0xA0; 16]),
        device: DeviceId::from_bytes([0xB0; 16]),
        framework: "el-2007".into(),
        at: Timestamp(1_700_000_000_000),
    };
    Envelope { case, compartment: Compartment::Team, origin: Origin::Made(made) }
}

/// One author does one thing in sight of what they have, after having caught up or not.
#[derive(Clone, Debug)]
struct Step {
    author: u8,
    catch_up: Option<u8>,
    what: u16,
    words: String,
    measured: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (0..3u8, prop::option::of(0..3u8), any::<u16>(), "[a-zàéß😀 ]{0,12}", any::<bool>()).prop_map(
        |(author, catch_up, what, words, measured)| Step {
            author,
            catch_up,
            what,
            words,
            measured,
        },
    )
}

/// Plays steps: a world of three authors who see each other's work only when they catch up.
fn play(kind: Kind, steps: &[Step]) -> History {
    let mut history = History::new(envelope(kind));
    let mut views = vec![BTreeSet::<usize>::new(); 3];
    for (n, step) in steps.iter().enumerate() {
        if let Some(other) = step.catch_up {
            let seen = views[other as usize].clone();
            views[step.author as usize].extend(seen);
        }
        let view = &mut views[step.author as usize];
        let author = actor(step.author);
        let deps = heads_of(&history, view, &author);
        let edits = vec![edit(kind, &history, view, step)];
        let change = Change {
            actor: author,
            by: UserId::from_bytes([step.author; 16]),
            at: Timestamp(1_700_000_000_000 + n as i64),
            clock_ahead_ms: if step.measured { -1500 } else { 0 },
            edits,
        };
        let seq = history.next_seq(&author);
        let names = history.explicit_deps(&author, &deps);
        history.append(change, seq, names.as_deref()).expect("an honest change");
        view.insert(n);
    }
    history
}

fn heads_of(history: &History, view: &BTreeSet<usize>, author: &Actor) -> Vec<usize> {
    let built_on: BTreeSet<_> =
        view.iter().flat_map(|i| history.links()[*i].deps.clone()).collect();
    let mut deps: Vec<_> = view.iter().copied().filter(|i| !built_on.contains(i)).collect();
    let own = view.iter().copied().filter(|i| history.links()[*i].change.actor == *author).max();
    deps.extend(own);
    deps.sort_unstable();
    deps.dedup();
    deps
}

fn edit(kind: Kind, history: &History, view: &BTreeSet<usize>, step: &Step) -> Edit {
    let added = view.iter().flat_map(|i| {
        let link = &history.links()[*i];
        link.change.added(link.seq).map(|(id, entry)| (id, entry.clone())).collect::<Vec<_>>()
    });
    let added: Vec<(EntryId, NewEntry)> = added.collect();
    let seen: Vec<bool> = (0..history.links().len()).map(|i| view.contains(&i)).collect();
    let texts: Vec<_> = added.iter().filter(|(_, e)| e.text.is_some()).map(|(id, _)| *id).collect();
    if !texts.is_empty() && !step.what.is_multiple_of(3) {
        let entry = texts[step.what as usize % texts.len()];
        let text = text_seen(history, &entry, &seen).expect("a text that was seen");
        let runs = text.edit_to(&changed(&text.text(), step));
        if !runs.is_empty() {
            return Edit::Splice { entry, runs };
        }
    }
    Edit::Add(new_entry(kind, &added, step))
}

fn changed(text: &str, step: &Step) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = step.what as usize % (characters.len() + 1);
    let cut = (step.what as usize / 7) % 4;
    let head: String = characters[..at].iter().collect();
    let tail: String = characters[(at + cut).min(characters.len())..].iter().collect();
    format!("{head}{}{tail}", step.words)
}

fn new_entry(kind: Kind, added: &[(EntryId, NewEntry)], step: &Step) -> NewEntry {
    let all: Vec<_> = schema::collections(kind).collect();
    let collection = if kind == Kind::Assessment && step.what.is_multiple_of(2) {
        schema::collection(kind, TEXTS).expect("texts")
    } else {
        all[step.what as usize % all.len()]
    };
    let mut entry = NewEntry { collection: collection.code, ..NewEntry::default() };
    for field in collection.fields.iter().filter(|f| f.required || step.what % 5 == 1) {
        entry.fields.push((field.code, value(field.holds, step)));
    }
    if collection.code == FACTS {
        let fact = facts_of(kind).first().unwrap_or(&schema::Fact::ALL[0]);
        entry
            .fields
            .iter_mut()
            .filter(|(code, _)| *code == fact_field::FACT)
            .for_each(|(_, value)| *value = Value::Int(fact.code().into()));
        let facts = added.iter().filter(|(_, e)| e.collection == FACTS).map(|(id, _)| *id);
        entry.replaces = facts.take(usize::from(step.what % 3)).collect();
        entry.replaces.sort_unstable();
    }
    entry.text = collection.co_written.then(|| step.words.clone());
    entry
}

fn value(holds: FieldType, step: &Step) -> Value {
    match holds {
        FieldType::Text(_) | FieldType::ByFact => Value::Text(step.words.clone()),
        FieldType::Int => Value::Int(step.what.into()),
        FieldType::Time => Value::Int(1_700_000_000_000 + i64::from(step.what % 3)),
        FieldType::Date => "2026-11-22".into(),
        FieldType::Bool => Value::Bool(step.measured),
        FieldType::Bytes(len) => Value::Bytes(vec![step.author; len]),
        FieldType::Choice(words) => words[step.what as usize % words.len()].into(),
        FieldType::Entry => Value::Text(format!("{}-1-0", actor(step.author))),
    }
}

/// The co-written texts as the document engine shows them.
fn engine_texts(document: &Automerge) -> Vec<(String, String)> {
    let Ok(Some((_, texts))) = document.get(automerge::ROOT, "texts") else { return Vec::new() };
    let keys: Vec<String> = document.keys(&texts).collect();
    let bodies = keys.into_iter().map(|key| {
        let (_, entry) = document.get(&texts, key.as_str()).unwrap().unwrap();
        let (_, body) = document.get(&entry, BODY).unwrap().unwrap();
        (key, document.text(&body).unwrap())
    });
    bodies.collect()
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn bytes_read_back_to_the_same_change_and_hash(
        kind in kinds(), steps in prop::collection::vec(step(), 1..14)
    ) {
        let history = play(kind, &steps);
        let mut again = History::new(history.envelope().clone());
        for link in history.links() {
            let body = link.change.encode_body();
            let change = Change::decode_body(kind, link.change.actor, link.change.by, &body).unwrap();
            prop_assert_eq!(&change, &link.change);
            let names = again.explicit_deps(&change.actor, &link.deps);
            let names = names.map(|names| decode_deps(&encode_deps(&names)).unwrap());
            let hash = again.append(change, link.seq, names.as_deref()).unwrap().hash;
            prop_assert_eq!(hash, link.hash);
            let engine = document::engine_change(&again, again.links().last().unwrap());
            prop_assert_eq!(engine.len() as u64, link.operations);
        }
    }

    #[test]
    fn the_engine_holds_and_reads_back_every_history(
        kind in kinds(), steps in prop::collection::vec(step(), 1..14)
    ) {
        prop_assert_eq!(document::seal(&play(kind, &steps)), Ok(()));
    }

    #[test]
    fn a_fold_equals_the_document(steps in prop::collection::vec(step(), 1..30)) {
        let history = play(Kind::Assessment, &steps);
        let folded = fold(&history, history.links().len());
        let mut ours: Vec<_> = folded
            .entries_of(TEXTS)
            .map(|entry| (entry.id.to_string(), entry.text.clone().unwrap()))
            .collect();
        ours.sort();
        prop_assert_eq!(ours, engine_texts(&document::open(&history).unwrap()));
    }

    #[test]
    fn any_order_of_delivery_folds_to_the_same(
        steps in prop::collection::vec(step(), 1..20), shuffle in any::<u64>()
    ) {
        let history = play(Kind::Assessment, &steps);
        let mut left: Vec<usize> = (0..history.links().len()).collect();
        let mut other = History::new(history.envelope().clone());
        let mut random = shuffle;
        while !left.is_empty() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (random >> 33) as usize % left.len();
            let link = &history.links()[left[at]];
            let names = history.dep_names(&link.deps);
            if other.append(link.change.clone(), link.seq, Some(&names)).is_ok() {
                left.remove(at);
            }
        }
        let sorted = |history: &History| {
            let mut entries = fold(history, 0).entries;
            entries.sort_by_key(|entry| entry.id);
            entries
        };
        prop_assert_eq!(sorted(&history), sorted(&other));
        prop_assert_eq!(history.head_hashes(), other.head_hashes());
    }

    #[test]
    fn damaged_bytes_never_panic_and_never_read_as_something_else(
        steps in prop::collection::vec(step(), 1..6), at in any::<usize>(), bit in 0..8u8
    ) {
        let history = play(Kind::Assessment, &steps);
        let link = history.links().last().unwrap();
        let mut body = link.change.encode_body();
        let at = at % body.len();
        body[at] ^= 1 << bit;
        let by = link.change.by;
        if let Ok(read) = Change::decode_body(Kind::Assessment, link.change.actor, by, &body) {
            prop_assert_eq!(read.encode_body(), body);
        }
    }
}

#[test]
fn the_genesis_of_every_kind_has_golden_bytes() {
    let lines: Vec<String> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let envelope = envelope(kind);
            format!("{kind} {} {:?}", envelope.id(), envelope.genesis().hash())
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_envelope_reads_back_and_one_from_the_future_says_so() {
    for kind in Kind::ALL {
        let envelope = envelope(kind);
        assert_eq!(Envelope::decode(&envelope.encode()), Ok(envelope));
    }
    let mut bytes = envelope(Kind::Visit).encode();
    bytes[1] = 200;
    assert_eq!(Envelope::decode(&bytes), Err(crate::codec::DecodeError::Unknown("a kind")));
}

#[test]
fn a_change_may_not_name_what_its_author_cannot_have_seen() {
    use super::history::HistoryError;
    let mut history = History::new(envelope(Kind::Case));
    let assert = |by: u8, replaces: Vec<EntryId>| Change {
        actor: actor(by),
        by: UserId::from_bytes([by; 16]),
        at: Timestamp(1),
        clock_ahead_ms: 0,
        edits: vec![Edit::Add(NewEntry {
            collection: FACTS,
            fields: vec![(1, Value::Int(10)), (3, "2".into())],
            replaces,
            text: None,
        })],
    };
    history.append(assert(0, Vec::new()), 1, None).unwrap();
    let rival = EntryId { actor: actor(0), seq: 1, n: 0 };
    // The second author saw nothing but the genesis, so cannot replace what the first said.
    let refused = history.append(assert(1, vec![rival]), 1, Some(&[]));
    assert_eq!(refused.err(), Some(HistoryError::UnknownReference));
    assert!(history.append(assert(1, vec![rival]), 1, None).is_ok());
    assert_eq!(
        history.append(assert(1, Vec::new()), 3, None).err(),
        Some(HistoryError::OutOfOrder)
    );
    assert_eq!(
        history.append(assert(2, Vec::new()), 1, Some(&[(actor(9), 1)])).err(),
        Some(HistoryError::MissingDependency)
    );
}

//! The same record in the document engine: how a change is written there, and the seal that proves
//! the engine can hold it, save it and load it again.
//!
//! Documents are never stored. Hashes are the engine's, so what the phone and the server compute
//! from our own form is checked against it by property tests.

use std::num::NonZeroU64;

use automerge::legacy::{ElementId as EngineElement, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Automerge, Change as EngineChange, ExpandedChange, ObjType, ScalarValue};

use crate::ids::{Actor, ChangeHash, EntryId};
use crate::record::change::{Change, Edit, ElementId, NewEntry, Run};
use crate::record::history::{History, Link};
use crate::record::schema::{self, Collection};
use crate::record::value::Value;

/// The prefix of a key that names a replaced assertion.
const REPLACES: &str = "~";
/// The key of an entry's co-written text.
pub(crate) const BODY: &str = "body";

/// Why the engine does not hold what our form says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It refused a change, or panicked over it.
    #[error("the document engine refused a change")]
    Refused,
    /// It saved what it cannot load, or loaded something else.
    #[error("the document engine does not read back what it wrote")]
    NotReadBack,
    /// It computed another version than we did.
    #[error("the document engine computes another version")]
    OtherHeads,
}

/// A change in the engine's form. References were checked by the history.
pub(crate) fn encode(
    history: &History,
    change: &Change,
    seq: u32,
    start_op: u64,
    deps: &[ChangeHash],
) -> EngineChange {
    let mut encoder = Encoder::new(history, change, seq, start_op);
    change.edits.iter().for_each(|edit| encoder.edit(edit));
    EngineChange::from(ExpandedChange {
        operations: encoder.operations,
        actor_id: encoder.actor,
        hash: None,
        seq: seq.into(),
        start_op: NonZeroU64::new(start_op).unwrap_or(NonZeroU64::MIN),
        time: 0,
        message: None,
        deps: deps.iter().map(|hash| automerge::ChangeHash(hash.0)).collect(),
        extra_bytes: Vec::new(),
        author: None,
    })
}

struct Encoder<'a> {
    history: &'a History,
    change: &'a Change,
    seq: u32,
    actor: ActorId,
    next: u64,
    added: u16,
    operations: Vec<Op>,
}

impl<'a> Encoder<'a> {
    fn new(history: &'a History, change: &'a Change, seq: u32, next: u64) -> Self {
        let actor = engine_actor(&change.actor);
        Self { history, change, seq, actor, next, added: 0, operations: Vec::new() }
    }

    fn edit(&mut self, edit: &Edit) {
        match edit {
            Edit::Add(entry) => self.add(entry),
            Edit::Splice { entry, runs } => {
                if let Some(text) = self.history.entry(entry).and_then(|place| place.text) {
                    let object = OpId::new(text, &engine_actor(&entry.actor));
                    runs.iter().for_each(|run| self.run(&object, run));
                }
            }
        }
    }

    fn add(&mut self, entry: &NewEntry) {
        let envelope = self.history.envelope();
        let Some(collection) = schema::collection(envelope.kind(), entry.collection) else {
            return;
        };
        let id = EntryId { actor: self.change.actor, seq: self.seq, n: self.added };
        self.added += 1;
        let container = container(self.history, collection);
        let map = self.push(OpType::Make(ObjType::Map), container, key(&id.to_string()));
        self.put(&map, "by", &Value::Bytes(self.change.by.as_bytes().to_vec()));
        self.put(&map, "at", &Value::Int(self.change.at.0));
        if self.change.clock_ahead_ms != 0 {
            self.put(&map, "ahead", &Value::Int(self.change.clock_ahead_ms));
        }
        for (code, value) in &entry.fields {
            if let Some(field) = collection.field(*code) {
                self.put(&map, field.name, value);
            }
        }
        for replaced in &entry.replaces {
            self.put(&map, &format!("{REPLACES}{replaced}"), &Value::Bool(true));
        }
        if let Some(text) = &entry.text {
            let object = self.push(OpType::Make(ObjType::Text), map, key(BODY));
            self.insert(&object, EngineElement::Head, text);
        }
    }

    fn put(&mut self, map: &OpId, name: &str, value: &Value) {
        self.push(OpType::Put(scalar(value)), map.clone(), key(name));
    }

    fn run(&mut self, object: &OpId, run: &Run) {
        match run {
            Run::Insert { after: None, text } => self.insert(object, EngineElement::Head, text),
            Run::Insert { after: Some(after), text } => {
                self.insert(object, EngineElement::Id(element(after)), text);
            }
            Run::Delete { from, count } => (0..*count).for_each(|n| {
                let id = element(&ElementId { counter: from.counter + n, actor: from.actor });
                let key = Key::Seq(EngineElement::Id(id.clone()));
                self.push_op(OpType::Delete, object.clone(), key, vec![id], false);
            }),
        }
    }

    fn insert(&mut self, object: &OpId, after: EngineElement, text: &str) {
        let mut after = after;
        let mut bytes = [0; 4];
        for character in text.chars() {
            let value = ScalarValue::Str((&*character.encode_utf8(&mut bytes)).into());
            let key = Key::Seq(after);
            let id = self.push_op(OpType::Put(value), object.clone(), key, Vec::new(), true);
            after = EngineElement::Id(id);
        }
    }

    fn push(&mut self, action: OpType, object: OpId, key: Key) -> OpId {
        self.push_op(action, object, key, Vec::new(), false)
    }

    fn push_op(
        &mut self,
        action: OpType,
        object: OpId,
        key: Key,
        pred: Vec<OpId>,
        insert: bool,
    ) -> OpId {
        let obj = ObjectId::Id(object);
        self.operations.push(Op { action, obj, key, pred: pred.into(), insert });
        let id = OpId::new(self.next, &self.actor);
        self.next += 1;
        id
    }
}

/// The genesis operation that made a collection's container.
fn container(history: &History, collection: &Collection) -> OpId {
    let envelope = history.envelope();
    let index = envelope.containers().iter().position(|name| *name == collection.name);
    let counter = index.map_or(0, |index| index as u64 + 1);
    OpId::new(counter, &engine_actor(&envelope.genesis_actor()))
}

fn key(name: &str) -> Key {
    Key::Map(name.into())
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Text(text) => ScalarValue::Str(text.as_str().into()),
        Value::Int(number) => ScalarValue::Int(*number),
        Value::Bool(yes) => ScalarValue::Boolean(*yes),
        Value::Bytes(bytes) => ScalarValue::Bytes(bytes.clone()),
    }
}

fn engine_actor(actor: &Actor) -> ActorId {
    ActorId::from(actor.as_bytes())
}

fn element(id: &ElementId) -> OpId {
    OpId::new(id.counter, &engine_actor(&id.actor))
}

/// A change of the history in the engine's form.
#[must_use]
pub fn engine_change(history: &History, link: &Link) -> EngineChange {
    let deps = history.hashes(&link.deps);
    encode(history, &link.change, link.seq, link.start_op, &deps)
}

/// Opens the record as a document.
///
/// # Errors
/// [`SealError::Refused`] if the engine does not take a change; it panics over none that the
/// history took.
pub fn open(history: &History) -> Result<Automerge, SealError> {
    let mut changes = vec![history.envelope().genesis()];
    changes.extend(history.links().iter().map(|link| engine_change(history, link)));
    let mut document = Automerge::new();
    document.apply_changes(changes).map_err(|_| SealError::Refused)?;
    Ok(document)
}

/// Seals a record that had `before` changes whenever it has doubled. A seal costs with the whole record: with
/// every push the square of it over the record's life; this way twice the last one where changes are of like
/// size, and never more than as many as it doubled. What is added between was written and hashed by the engine
/// ([`History::append`]) but not yet loaded by it; `caseweave verify` opens every record.
///
/// # Errors
/// [`SealError`], if what was added is to blame for it.
pub fn seal_grown(history: &History, before: usize) -> Result<(), SealError> {
    if !has_doubled(before, history.links().len()) {
        return Ok(());
    }
    seal(history).or_else(|error| match before_holds(history, before) {
        true => Err(error),
        false => Ok(()),
    })
}

/// Whether a record that had so many changes and now has so many passed a power of two.
const fn has_doubled(before: usize, after: usize) -> bool {
    before == 0 || after.ilog2() > before.ilog2()
}

/// Whether the engine held the record without what was added. If not, that is not to blame: nobody is refused
/// for what another wrote.
fn before_holds(history: &History, before: usize) -> bool {
    let mut earlier = history.clone();
    earlier.truncate(before);
    seal(&earlier).is_ok()
}

/// Proves that the engine holds the record, saves it, loads it again and agrees about its version.
/// The engine is let go whole if it panics: what a panic leaves behind is damaged.
///
/// # Errors
/// [`SealError`]
pub fn seal(history: &History) -> Result<(), SealError> {
    std::panic::catch_unwind(|| seal_uncontained(history)).unwrap_or(Err(SealError::Refused))
}

fn seal_uncontained(history: &History) -> Result<(), SealError> {
    let document = open(history)?;
    let loaded =
        Automerge::load(&document.save_nocompress()).map_err(|_| SealError::NotReadBack)?;
    let heads: Vec<_> = loaded.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect();
    if document.get_heads() != loaded.get_heads() {
        return Err(SealError::NotReadBack);
    }
    if heads == history.head_hashes() { Ok(()) } else { Err(SealError::OtherHeads) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CaseId, UserId};
    use crate::record::envelope::Envelope;
    use crate::record::kind::Compartment;
    use crate::record::schema::{FACTS, Fact, fact_field};
    use crate::time::Timestamp;

    const AUTHOR: Actor = Actor::from_bytes([1; 16]);

    fn named(name: &str) -> Change {
        let fields = vec![
            (fact_field::FACT, Value::Int(Fact::School.code().into())),
            (fact_field::VALUE, name.into()),
        ];
        let edit = Edit::Add(NewEntry { collection: FACTS, fields, ..NewEntry::default() });
        let by = UserId::from_bytes([1; 16]);
        Change { actor: AUTHOR, by, at: Timestamp(5), clock_ahead_ms: 0, edits: vec![edit] }
    }

    /// A record of so many changes; those at these places, from 1, have a hash that the engine does not give.
    fn record(length: u32, wrong: &[u32]) -> History {
        let case = CaseId::from_bytes([9; 16]);
        let mut history = History::new(Envelope::of_case(case, Compartment::Team));
        for seq in 1..=length {
            let change = named(&format!("school {seq}"));
            if wrong.contains(&seq) {
                history.restore(change, seq, None, ChangeHash([7; 32])).unwrap();
            } else {
                history.append(change, seq, None).unwrap();
            }
        }
        history
    }

    #[test]
    fn a_record_is_sealed_when_it_has_doubled() {
        let sealed_at = |length: &u32| {
            let last_is_wrong = record(*length, &[*length]);
            seal_grown(&last_is_wrong, *length as usize - 1).is_err()
        };
        let lengths: Vec<u32> = (1..=17).filter(sealed_at).collect();
        assert_eq!(lengths, [1, 2, 4, 8, 16]);
        let several = |before, after| seal_grown(&record(after, &[after]), before);
        assert_eq!(several(5, 9), Err(SealError::OtherHeads), "past eight at once");
        assert_eq!(several(9, 15), Ok(()));
        assert_eq!(seal_grown(&record(16, &[]), 15), Ok(()));
    }

    #[test]
    fn nobody_is_refused_for_what_another_wrote() {
        assert!(seal(&record(8, &[3])).is_err());
        assert_eq!(seal_grown(&record(8, &[3]), 7), Ok(()));
    }
}

//! What one person did to one record at once, and its bytes: the wire form, which is also the
//! stored form (`docs/protocol.md`).
//!
//! The form can only say what a kind's schema allows: add entries, or edit a co-written text. What
//! can be computed (dependencies, counters, keys, hashes) is not in it. Bytes stand alone: they
//! name an entry or a text's element by who made it, never by a position.

use crate::codec::{DecodeError, Reader, Writer};
use crate::ids::{Actor, EntryId, UserId};
use crate::limits::{EDITS_PER_CHANGE, FIELDS_PER_ENTRY, REPLACES_PER_ENTRY, STRING_BYTES};
use crate::record::kind::Kind;
use crate::record::schema::{self, FACTS, Fact, fact_field};
use crate::record::value::Value;
use crate::time::Timestamp;

/// A character of a co-written text, named by the operation that inserted it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ElementId {
    /// The operation's counter. Later operations have higher ones, so this orders first.
    pub counter: u64,
    /// Who inserted it.
    pub actor: Actor,
}

/// What one person did to one record at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Who wrote it.
    pub actor: Actor,
    /// The person that the actor belongs to.
    pub by: UserId,
    /// When, by the author's clock.
    pub at: Timestamp,
    /// How far that clock was measured to be ahead of the server's, milliseconds; zero if unknown.
    pub clock_ahead_ms: i64,
    /// What was done, in order.
    pub edits: Vec<Edit>,
}

/// One thing done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// Add an entry.
    Add(NewEntry),
    /// Edit the co-written text of an entry.
    Splice {
        /// The entry.
        entry: EntryId,
        /// Insertions and deletions, in order.
        runs: Vec<Run>,
    },
}

impl Edit {
    fn words(&self) -> Vec<&str> {
        match self {
            Self::Add(entry) => {
                let fields = entry.fields.iter().filter_map(|(_, value)| value.as_text());
                fields.chain(entry.text.as_deref()).collect()
            }
            Self::Splice { runs, .. } => runs.iter().filter_map(Run::inserted).collect(),
        }
    }
}

/// An entry to add.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewEntry {
    /// Its collection's code.
    pub collection: u8,
    /// Its fields by code, ascending.
    pub fields: Vec<(u8, Value)>,
    /// Assertions that it replaces, ascending; only in [`FACTS`].
    pub replaces: Vec<EntryId>,
    /// The co-written text as it begins, where the collection has one.
    pub text: Option<String>,
}

/// A piece of a text edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Run {
    /// Insert characters after an element, or at the start.
    Insert {
        /// The element before; none at the start.
        after: Option<ElementId>,
        /// What to insert; never empty.
        text: String,
    },
    /// Delete elements that one actor inserted one after the other.
    Delete {
        /// The first.
        from: ElementId,
        /// How many; at least one.
        count: u64,
    },
}

impl Run {
    fn inserted(&self) -> Option<&str> {
        match self {
            Self::Insert { text, .. } => Some(text),
            Self::Delete { .. } => None,
        }
    }
}

const SPLICE: u8 = 0;
const AT_TIME: u8 = 6;
const BY_ME: u8 = 7;
const ENTRY: u8 = 8;

impl Change {
    /// Every text that it brings, in order: what there is to read of it where its record is not.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.edits.iter().flat_map(Edit::words).map(str::to_owned).collect()
    }

    /// The body's bytes: time first, so that a frame can send it as a difference.
    #[must_use]
    pub fn encode_body(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.int(self.at.0).int(self.clock_ahead_ms).uint(self.edits.len() as u64);
        for edit in &self.edits {
            match edit {
                Edit::Add(entry) => self.write_entry(entry, &mut writer),
                Edit::Splice { entry, runs } => self.write_splice(entry, runs, &mut writer),
            }
        }
        writer.finish()
    }

    fn write_entry(&self, entry: &NewEntry, writer: &mut Writer) {
        writer.byte(entry.collection).uint(entry.fields.len() as u64);
        for (code, value) in &entry.fields {
            writer.byte(*code);
            self.write_value(value, writer);
        }
        if entry.collection == FACTS {
            writer.uint(entry.replaces.len() as u64);
            entry.replaces.iter().for_each(|id| self.write_entry_id(id, writer));
        }
        if let Some(text) = &entry.text {
            writer.text(text);
        }
    }

    /// Repeated values have a spelling of their own: the change's time, the author, an entry.
    fn write_value(&self, value: &Value, writer: &mut Writer) {
        match value {
            Value::Int(number) if *number == self.at.0 => {
                writer.byte(AT_TIME);
            }
            Value::Bytes(bytes) if bytes == self.by.as_bytes() => {
                writer.byte(BY_ME);
            }
            Value::Text(text) => match text.parse::<EntryId>() {
                Ok(id) => self.write_entry_id(&id, writer.byte(ENTRY)),
                Err(_) => value.write(writer),
            },
            value => value.write(writer),
        }
    }

    fn write_splice(&self, entry: &EntryId, runs: &[Run], writer: &mut Writer) {
        writer.byte(SPLICE);
        self.write_entry_id(entry, writer);
        writer.uint(runs.len() as u64);
        for run in runs {
            match run {
                Run::Insert { after: None, text } => {
                    writer.byte(0).text(text);
                }
                Run::Insert { after: Some(after), text } => {
                    self.write_element(after, writer.byte(1));
                    writer.text(text);
                }
                Run::Delete { from, count } => {
                    self.write_element(from, writer.byte(2));
                    writer.uint(*count);
                }
            }
        }
    }

    fn write_actor(&self, actor: &Actor, writer: &mut Writer) {
        if *actor == self.actor {
            writer.byte(0);
        } else {
            writer.byte(1).fixed(actor.as_bytes());
        }
    }

    fn write_entry_id(&self, id: &EntryId, writer: &mut Writer) {
        self.write_actor(&id.actor, writer);
        writer.uint(id.seq.into()).uint(id.n.into());
    }

    fn write_element(&self, id: &ElementId, writer: &mut Writer) {
        self.write_actor(&id.actor, writer);
        writer.uint(id.counter);
    }

    /// Reads a body of a record of `kind` by its author.
    ///
    /// # Errors
    /// [`DecodeError::Unknown`] for what a newer version writes; any other for bytes that no version
    /// writes. Nothing is allocated past the limits.
    pub fn decode_body(
        kind: Kind,
        actor: Actor,
        by: UserId,
        bytes: &[u8],
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let at = Timestamp(reader.int()?);
        let clock_ahead_ms = reader.int()?;
        let mut change = Self { actor, by, at, clock_ahead_ms, edits: Vec::new() };
        let count = reader.count(EDITS_PER_CHANGE, "the number of edits")?;
        if count == 0 {
            return Err(DecodeError::Malformed("a change without edits"));
        }
        for _ in 0..count {
            let edit = change.read_edit(kind, &mut reader)?;
            change.edits.push(edit);
        }
        reader.end()?;
        Ok(change)
    }

    fn read_edit(&self, kind: Kind, reader: &mut Reader<'_>) -> Result<Edit, DecodeError> {
        match reader.byte()? {
            SPLICE => self.read_splice(reader),
            code => self.read_entry(kind, code, reader).map(Edit::Add),
        }
    }

    fn read_entry(
        &self,
        kind: Kind,
        code: u8,
        reader: &mut Reader<'_>,
    ) -> Result<NewEntry, DecodeError> {
        let collection =
            schema::collection(kind, code).ok_or(DecodeError::Unknown("a part of a record"))?;
        let mut entry = NewEntry { collection: code, ..NewEntry::default() };
        for _ in 0..reader.count(FIELDS_PER_ENTRY, "the number of fields")? {
            let code = reader.byte()?;
            if entry.fields.last().is_some_and(|(last, _)| *last >= code) {
                return Err(DecodeError::Malformed("the order of fields"));
            }
            collection.field(code).ok_or(DecodeError::Unknown("a field"))?;
            entry.fields.push((code, self.read_value(reader)?));
        }
        if code == FACTS {
            read_known_fact(&entry)?;
            entry.replaces = self.read_replaces(reader)?;
        }
        if collection.co_written {
            entry.text = Some(reader.text(STRING_BYTES, "a text")?.to_owned());
        }
        Ok(entry)
    }

    fn read_replaces(&self, reader: &mut Reader<'_>) -> Result<Vec<EntryId>, DecodeError> {
        let mut replaces: Vec<EntryId> = Vec::new();
        for _ in 0..reader.count(REPLACES_PER_ENTRY, "the number of replaced assertions")? {
            let id = self.read_entry_id(reader)?;
            if replaces.last().is_some_and(|last| *last >= id) {
                return Err(DecodeError::Malformed("the order of replaced assertions"));
            }
            replaces.push(id);
        }
        Ok(replaces)
    }

    /// One value has one spelling: what has a short form is refused in the long one.
    fn read_value(&self, reader: &mut Reader<'_>) -> Result<Value, DecodeError> {
        let mut ahead = reader.clone();
        let value = match ahead.byte()? {
            AT_TIME => Value::Int(self.at.0),
            BY_ME => Value::Bytes(self.by.as_bytes().to_vec()),
            ENTRY => Value::Text(self.read_entry_id(&mut ahead)?.to_string()),
            _ => {
                let value = Value::read(reader)?;
                let short = match &value {
                    Value::Int(number) => *number == self.at.0,
                    Value::Bytes(bytes) => bytes == self.by.as_bytes(),
                    Value::Text(text) => text.parse::<EntryId>().is_ok(),
                    Value::Bool(_) => false,
                };
                return if short { Err(DecodeError::Malformed("a value")) } else { Ok(value) };
            }
        };
        *reader = ahead;
        Ok(value)
    }

    fn read_splice(&self, reader: &mut Reader<'_>) -> Result<Edit, DecodeError> {
        let entry = self.read_entry_id(reader)?;
        let count = reader.count(crate::limits::OPERATIONS_PER_CHANGE, "the number of runs")?;
        if count == 0 {
            return Err(DecodeError::Malformed("a text edit without runs"));
        }
        let runs = (0..count).map(|_| self.read_run(reader)).collect::<Result<_, _>>()?;
        Ok(Edit::Splice { entry, runs })
    }

    fn read_run(&self, reader: &mut Reader<'_>) -> Result<Run, DecodeError> {
        let after = match reader.byte()? {
            0 => None,
            1 => Some(self.read_element(reader)?),
            2 => {
                let from = self.read_element(reader)?;
                let max = crate::limits::OPERATIONS_PER_CHANGE as u64;
                let count = reader.uint_to(max, "a deletion")?;
                return match count {
                    0 => Err(DecodeError::Malformed("an empty deletion")),
                    count => Ok(Run::Delete { from, count }),
                };
            }
            _ => return Err(DecodeError::Unknown("a text edit")),
        };
        let text = reader.text(STRING_BYTES, "inserted text")?.to_owned();
        if text.is_empty() {
            return Err(DecodeError::Malformed("an empty insertion"));
        }
        Ok(Run::Insert { after, text })
    }

    fn read_actor(&self, reader: &mut Reader<'_>) -> Result<Actor, DecodeError> {
        match reader.byte()? {
            0 => Ok(self.actor),
            1 => match Actor::from_bytes(reader.array()?) {
                actor if actor == self.actor => Err(DecodeError::Malformed("an author's name")),
                actor => Ok(actor),
            },
            _ => Err(DecodeError::Unknown("a name")),
        }
    }

    fn read_entry_id(&self, reader: &mut Reader<'_>) -> Result<EntryId, DecodeError> {
        let actor = self.read_actor(reader)?;
        let seq = reader.uint_to(u32::MAX.into(), "a change's number")? as u32;
        let n = reader.uint_to(u16::MAX.into(), "an entry's number")? as u16;
        Ok(EntryId { actor, seq, n })
    }

    fn read_element(&self, reader: &mut Reader<'_>) -> Result<ElementId, DecodeError> {
        let actor = self.read_actor(reader)?;
        let counter = reader.uint_to(crate::limits::OPERATION_COUNTER, "an operation's number")?;
        Ok(ElementId { counter, actor })
    }

    /// The entries that the change adds, with their names, if it is the author's `seq`th.
    pub fn added(&self, seq: u32) -> impl Iterator<Item = (EntryId, &NewEntry)> {
        let adds = self.edits.iter().filter_map(|edit| match edit {
            Edit::Add(entry) => Some(entry),
            Edit::Splice { .. } => None,
        });
        let actor = self.actor;
        adds.enumerate().map(move |(n, entry)| (EntryId { actor, seq, n: n as u16 }, entry))
    }

    /// Operations of the document engine that the change stands for.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.edits.iter().map(|edit| edit.operations(self.clock_ahead_ms != 0)).sum()
    }
}

/// An assertion about a fact of a newer version is not read at all: shown without it, a record would
/// seem whole.
fn read_known_fact(entry: &NewEntry) -> Result<(), DecodeError> {
    let mut fact = entry.fields.iter().filter(|(code, _)| *code == fact_field::FACT);
    match fact.next().map(|(_, value)| value) {
        Some(Value::Int(code)) if Fact::from_code(*code).is_none() => {
            Err(DecodeError::Unknown("a fact"))
        }
        _ => Ok(()),
    }
}

impl Edit {
    /// Operations that the edit stands for; entries say more where the clock was measured.
    #[must_use]
    pub fn operations(&self, clock_measured: bool) -> u64 {
        match self {
            Self::Add(entry) => entry.operations(clock_measured),
            Self::Splice { runs, .. } => runs.iter().map(Run::operations).sum(),
        }
    }
}

impl NewEntry {
    /// Operations that the entry stands for: itself, author and time, fields, and its text.
    #[must_use]
    pub fn operations(&self, clock_measured: bool) -> u64 {
        let text = self.text.as_ref().map_or(0, |text| 1 + text.chars().count());
        let said = 3 + usize::from(clock_measured);
        (said + self.fields.len() + self.replaces.len() + text) as u64
    }

    /// How many of them come before the co-written text's own object.
    pub(crate) fn operations_before_text(&self, clock_measured: bool) -> u64 {
        (3 + usize::from(clock_measured) + self.fields.len() + self.replaces.len()) as u64
    }
}

impl Run {
    /// Operations that the run stands for: one a character.
    #[must_use]
    pub fn operations(&self) -> u64 {
        match self {
            Self::Insert { text, .. } => text.chars().count() as u64,
            Self::Delete { count, .. } => *count,
        }
    }
}

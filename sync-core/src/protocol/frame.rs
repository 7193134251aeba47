//! Changes packed for the way: by record, each change as little more than its stored body.

use std::collections::BTreeMap;

use crate::codec::{DecodeError, Reader, Writer};
use crate::ids::{Actor, RecordId, UserId};
use crate::limits::{CHANGE_BYTES, CHANGES_PER_BATCH, CHANGES_PER_RECORD, ENVELOPE_BYTES};
use crate::record::envelope::Head;
use crate::record::history::{ChangeName, encode_deps, read_deps};

/// A record's changes as a phone pushes them: consecutive ones of one author.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushedRecord {
    /// Its envelope's bytes, always sent: a resend needs no memory of what arrived.
    pub envelope: Vec<u8>,
    /// The author.
    pub actor: Actor,
    /// The number of the first change.
    pub first_seq: u32,
    /// The changes.
    pub changes: Vec<PushedChange>,
}

/// One pushed change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushedChange {
    /// What it depends on; none means the pushed change before it.
    pub deps: Option<Vec<ChangeName>>,
    /// The first bytes of its hash: a resend is recognised by it.
    pub hash: [u8; 16],
    /// Its body.
    pub body: Vec<u8>,
}

/// Packs what is pushed.
#[must_use]
pub fn encode_push(records: &[PushedRecord]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.uint(records.len() as u64);
    for record in records {
        writer.bytes(&record.envelope).fixed(record.actor.as_bytes());
        writer.uint(record.first_seq.into()).uint(record.changes.len() as u64);
        for change in &record.changes {
            match &change.deps {
                None => writer.byte(0),
                Some(names) => writer.byte(1).fixed(&encode_deps(names)),
            };
            writer.fixed(&change.hash).bytes(&change.body);
        }
    }
    writer.finish()
}

/// Unpacks what was pushed.
///
/// # Errors
/// [`DecodeError`]; nothing is allocated past the limits.
pub fn decode_push(bytes: &[u8]) -> Result<Vec<PushedRecord>, DecodeError> {
    read_push(bytes, CHANGE_BYTES)
}

/// Unpacks what was pushed with changes of any size: nobody takes them, but what is named can be answered.
///
/// # Errors
/// As [`decode_push`].
pub fn decode_oversized_push(bytes: &[u8]) -> Result<Vec<PushedRecord>, DecodeError> {
    read_push(bytes, bytes.len())
}

fn read_push(bytes: &[u8], change_bytes: usize) -> Result<Vec<PushedRecord>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let count = reader.count(CHANGES_PER_BATCH, "the number of records")?;
    let records = (0..count).map(|_| read_pushed(&mut reader, change_bytes));
    let records = records.collect::<Result<Vec<_>, _>>()?;
    reader.end()?;
    let changes: usize = records.iter().map(|record| record.changes.len()).sum();
    if changes > CHANGES_PER_BATCH {
        return Err(DecodeError::TooLarge("the number of changes"));
    }
    Ok(records)
}

fn read_pushed(reader: &mut Reader<'_>, change_bytes: usize) -> Result<PushedRecord, DecodeError> {
    let envelope = reader.bytes(ENVELOPE_BYTES, "an envelope")?.to_vec();
    let actor = Actor::from_bytes(reader.array()?);
    let first_seq = reader.uint_to(CHANGES_PER_RECORD as u64, "a change's number")? as u32;
    let count = reader.count(CHANGES_PER_BATCH, "the number of changes")?;
    if count == 0 || first_seq == 0 {
        return Err(DecodeError::Malformed("a record without changes"));
    }
    let mut changes = Vec::with_capacity(count);
    for n in 0..count {
        let deps = match reader.byte()? {
            0 if n > 0 => None,
            1 => Some(read_deps(reader)?),
            _ => return Err(DecodeError::Malformed("a change's dependencies")),
        };
        let hash = reader.array()?;
        let body = reader.bytes(change_bytes, "a change")?.to_vec();
        changes.push(PushedChange { deps, hash, body });
    }
    Ok(PushedRecord { envelope, actor, first_seq, changes })
}

/// A record's changes as a page brings them: consecutive positions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PulledRecord {
    /// The record.
    pub record: RecordId,
    /// Its envelope's bytes, with its first change.
    pub envelope: Option<Vec<u8>>,
    /// The position of the first change, from 1: a gap or a duplicate is seen.
    pub first_position: u32,
    /// The changes.
    pub changes: Vec<PulledChange>,
}

/// One change in a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PulledChange {
    /// The author.
    pub actor: Actor,
    /// The person the author belongs to.
    pub user: UserId,
    /// The author's how-manieth change of the record.
    pub seq: u32,
    /// The bytes of its dependencies where they are not those of the record's order.
    pub deps: Option<Vec<u8>>,
    /// Its body; none if the phone has it, having written it.
    pub body: Option<Vec<u8>>,
}

const ENVELOPE: u8 = 1;
const NEWER_ENVELOPE: u8 = 2;
const EXPLICIT_DEPS: u8 = 1;
const OWN: u8 = 2;

/// Packs what a page brings. Bodies begin with their time, which is sent as a difference.
///
/// # Errors
/// [`DecodeError`] if a stored body does not begin with a time.
pub fn encode_pull(records: &[PulledRecord]) -> Result<Vec<u8>, DecodeError> {
    let mut writer = Writer::new();
    let authors = Authors::of(records);
    authors.write(&mut writer);
    writer.uint(records.len() as u64);
    for record in records {
        match &record.envelope {
            Some(envelope) if names_itself(envelope) => writer.byte(ENVELOPE).bytes(envelope),
            Some(envelope) => {
                writer.byte(NEWER_ENVELOPE).fixed(record.record.as_bytes()).bytes(envelope)
            }
            None => writer.byte(0).fixed(record.record.as_bytes()),
        };
        writer.uint(record.first_position.into()).uint(record.changes.len() as u64);
        let mut before = 0;
        for change in &record.changes {
            before = write_pulled(change, &authors, before, &mut writer)?;
        }
    }
    Ok(writer.finish())
}

fn write_pulled(
    change: &PulledChange,
    authors: &Authors,
    before: i64,
    writer: &mut Writer,
) -> Result<i64, DecodeError> {
    let flags =
        u8::from(change.deps.is_some()) * EXPLICIT_DEPS + u8::from(change.body.is_none()) * OWN;
    writer.uint(authors.index(change) as u64).byte(flags).uint(change.seq.into());
    if let Some(deps) = &change.deps {
        writer.bytes(deps);
    }
    let Some(body) = &change.body else { return Ok(before) };
    let mut reader = Reader::new(body);
    let at = reader.int()?;
    let rest = &body[body.len() - reader.left()..];
    writer.int(at.wrapping_sub(before)).bytes(rest);
    Ok(at)
}

/// Unpacks what a page brings.
///
/// # Errors
/// [`DecodeError`]; nothing is allocated past the limits.
pub fn decode_pull(bytes: &[u8]) -> Result<Vec<PulledRecord>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let authors = Authors::read(&mut reader)?;
    let count = reader.count(bytes.len(), "the number of records")?;
    let records =
        (0..count).map(|_| read_pulled(&authors, &mut reader)).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(records)
}

fn read_pulled(authors: &Authors, reader: &mut Reader<'_>) -> Result<PulledRecord, DecodeError> {
    let (record, envelope) = match reader.byte()? {
        0 => (RecordId::from_bytes(reader.array()?), None),
        ENVELOPE => {
            let bytes = reader.bytes(ENVELOPE_BYTES, "an envelope")?;
            (Head::read(bytes)?.id, Some(bytes.to_vec()))
        }
        NEWER_ENVELOPE => {
            let record = RecordId::from_bytes(reader.array()?);
            let bytes = reader.bytes(ENVELOPE_BYTES, "an envelope")?;
            // What this version can name bears no other name, whatever stands beside it.
            if Head::read(bytes).is_ok_and(|head| head.id != record) {
                return Err(DecodeError::Malformed("a record's name"));
            }
            (record, Some(bytes.to_vec()))
        }
        _ => return Err(DecodeError::Unknown("a record's frame")),
    };
    let first_position = reader.uint_to(CHANGES_PER_RECORD as u64, "a position")? as u32;
    let count = reader.count(CHANGES_PER_RECORD, "the number of changes")?;
    let mut before = 0;
    let mut changes = Vec::with_capacity(count);
    for _ in 0..count {
        changes.push(read_pulled_change(authors, &mut before, reader)?);
    }
    Ok(PulledRecord { record, envelope, first_position, changes })
}

fn read_pulled_change(
    authors: &Authors,
    before: &mut i64,
    reader: &mut Reader<'_>,
) -> Result<PulledChange, DecodeError> {
    let (actor, user) = authors.at(reader.uint()?)?;
    let flags = reader.byte()?;
    if flags > EXPLICIT_DEPS | OWN {
        return Err(DecodeError::Unknown("a change's frame"));
    }
    let seq = reader.uint_to(CHANGES_PER_RECORD as u64, "a change's number")? as u32;
    let deps = match flags & EXPLICIT_DEPS {
        0 => None,
        _ => Some(reader.bytes(ENVELOPE_BYTES, "a change's dependencies")?.to_vec()),
    };
    let body = match flags & OWN {
        0 => {
            *before = before.wrapping_add(reader.int()?);
            let mut body = Writer::new();
            body.int(*before).fixed(reader.bytes(CHANGE_BYTES, "a change")?);
            Some(body.finish())
        }
        _ => None,
    };
    Ok(PulledChange { actor, user, seq, deps, body })
}

/// Whether every phone computes the record's id from the envelope, one of an older version included.
fn names_itself(envelope: &[u8]) -> bool {
    Head::read(envelope).is_ok()
}

/// The authors of a page, each named once.
struct Authors {
    list: Vec<(Actor, UserId)>,
    index: BTreeMap<(Actor, UserId), usize>,
}

impl Authors {
    fn of(records: &[PulledRecord]) -> Self {
        let mut authors = Self { list: Vec::new(), index: BTreeMap::new() };
        for change in records.iter().flat_map(|record| &record.changes) {
            let author = (change.actor, change.user);
            if !authors.index.contains_key(&author) {
                authors.index.insert(author, authors.list.len());
                authors.list.push(author);
            }
        }
        authors
    }

    fn index(&self, change: &PulledChange) -> usize {
        self.index.get(&(change.actor, change.user)).copied().unwrap_or(0)
    }

    fn at(&self, index: u64) -> Result<(Actor, UserId), DecodeError> {
        let author = usize::try_from(index).ok().and_then(|index| self.list.get(index));
        author.copied().ok_or(DecodeError::Malformed("an author"))
    }

    fn write(&self, writer: &mut Writer) {
        writer.uint(self.list.len() as u64);
        for (actor, user) in &self.list {
            writer.fixed(actor.as_bytes()).fixed(user.as_bytes());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(reader.left() / 32, "the number of authors")?;
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            let actor = Actor::from_bytes(reader.array()?);
            list.push((actor, UserId::from_bytes(reader.array()?)));
        }
        Ok(Self { list, index: BTreeMap::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CaseId;
    use crate::record::envelope::Envelope;
    use crate::record::kind::Compartment;

    fn body(at: i64) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.int(at).fixed(b"the rest");
        writer.finish()
    }

    #[test]
    fn a_push_reads_back_and_a_bad_one_is_refused() {
        let change = PushedChange { deps: Some(Vec::new()), hash: [3; 16], body: body(5) };
        let next = PushedChange { deps: None, hash: [4; 16], body: body(6) };
        let record = PushedRecord {
            envelope: vec![1, 2],
            actor: Actor::from_bytes([1; 16]),
            first_seq: 1,
            changes: vec![change, next],
        };
        let bytes = encode_push(std::slice::from_ref(&record));
        assert_eq!(decode_push(&bytes), Ok(vec![record]));
        for cut in 0..bytes.len() {
            assert!(decode_push(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_change_of_any_size_can_be_named_and_only_one_that_fits_is_read() {
        let push = |bytes: usize| {
            let body = vec![7; bytes];
            let change = PushedChange { deps: Some(Vec::new()), hash: [3; 16], body };
            let actor = Actor::from_bytes([1; 16]);
            vec![PushedRecord { envelope: vec![1], actor, first_seq: 1, changes: vec![change] }]
        };
        let (fits, larger) = (push(CHANGE_BYTES), push(CHANGE_BYTES + 1));
        assert_eq!(decode_push(&encode_push(&fits)), Ok(fits));
        let bytes = encode_push(&larger);
        assert_eq!(decode_push(&bytes), Err(DecodeError::TooLarge("a change")));
        assert_eq!(decode_oversized_push(&bytes), Ok(larger));
        assert!(decode_oversized_push(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn a_page_reads_back_times_authors_and_own_changes() {
        let envelope = Envelope::of_case(CaseId::from_bytes([9; 16]), Compartment::Team);
        let change = |n: u8, at: i64| PulledChange {
            actor: Actor::from_bytes([n; 16]),
            user: UserId::from_bytes([n; 16]),
            seq: 1,
            deps: (n == 2).then(|| encode_deps(&[])),
            body: (n != 3).then(|| body(at)),
        };
        let record = PulledRecord {
            record: envelope.id(),
            envelope: Some(envelope.encode()),
            first_position: 1,
            changes: vec![change(1, i64::MAX), change(2, -4), change(3, 0), change(1, i64::MIN)],
        };
        let later = PulledRecord { envelope: None, first_position: 7, ..record.clone() };
        let newer = PulledRecord { envelope: Some(vec![9; 40]), ..record.clone() };
        let records = vec![record, later, newer];
        assert_eq!(decode_pull(&encode_pull(&records).unwrap()), Ok(records));
    }
}

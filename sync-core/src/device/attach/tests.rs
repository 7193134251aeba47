//! Bytes go after their record, go on after a cut, and come back only whole.

use std::collections::BTreeMap;
use std::io::Cursor;

use super::*;
use crate::device::Session;
use crate::device::sync::{Remedy, Stop, SyncError};
use crate::device::tests::{NOW, begin, phone, visit};
use crate::device::transport::{Carriage, CarriageError, Transport, TransportError};
use crate::gate::media::MediaError;
use crate::ids::{CaseId, DeviceId};
use crate::record::kind::Compartment;
use crate::store::Place;
use crate::store::memory::MemoryStore;

type Phone = Device<MemoryStore>;

/// A PNG of so many bytes of picture.
fn photo(bytes: usize) -> Vec<u8> {
    let chunk = |name: &[u8; 4], inside: &[u8]| {
        [&(inside.len() as u32).to_be_bytes(), name.as_slice(), inside, &[0; 4]].concat()
    };
    let picture: Vec<u8> = (0..bytes).map(|n| (n * n / 7) as u8).collect();
    let words = chunk(b"tEXt", b"57.4778N 4.2247W");
    let all = [chunk(b"IHDR", &[0; 13]), words, chunk(b"IDAT", &picture), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), all.concat()].concat()
}

/// A server that has bytes, on a line that lasts for so many pieces.
#[derive(Default)]
struct Shelf {
    has: BTreeMap<RecordId, Vec<u8>>,
    /// Records that it has not got.
    unknown: Vec<RecordId>,
    pieces: usize,
    brought: Vec<(u64, usize)>,
    cut_at: Option<usize>,
    stop: Stop,
}

impl Shelf {
    fn lasting(pieces: usize) -> Self {
        Self { pieces, ..Self::default() }
    }
}

impl Transport for Shelf {
    fn exchange(&mut self, _: &str, _: &[u8]) -> Result<Box<dyn std::io::Read>, TransportError> {
        Err(TransportError::Offline)
    }

    fn stop_when(&mut self, stop: &Stop) {
        self.stop = stop.clone();
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

impl Carriage for Shelf {
    fn received(&mut self, _: &str, record: &RecordId) -> Result<u64, CarriageError> {
        match self.unknown.contains(record) {
            true => Err(CarriageError::NotOpen),
            false => Ok(self.has.get(record).map_or(0, Vec::len) as u64),
        }
    }

    fn bring(
        &mut self,
        _: &str,
        record: &RecordId,
        from: u64,
        piece: &[u8],
    ) -> Result<u64, CarriageError> {
        self.pieces = self.pieces.checked_sub(1).ok_or(TransportError::Offline)?;
        let has = self.has.entry(*record).or_default();
        assert_eq!(has.len() as u64, from, "goes on from where it was");
        has.extend_from_slice(piece);
        self.brought.push((from, piece.len()));
        Ok(has.len() as u64)
    }

    fn fetch(
        &mut self,
        _: &str,
        record: &RecordId,
        from: u64,
    ) -> Result<Box<dyn std::io::Read>, CarriageError> {
        let has = self.has.get(record).ok_or(CarriageError::NotArrived)?;
        let end = self.cut_at.unwrap_or(has.len()).min(has.len());
        self.brought.push((from, end));
        Ok(Box::new(Cursor::new(has[(from as usize).min(end)..end].to_vec())))
    }

    fn as_transport(&mut self) -> &mut dyn Transport {
        self
    }
}

/// A phone with a photo of a visit, and the photo's record.
fn with_photo(bytes: usize) -> (Phone, CaseId, RecordId) {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let visit = visit(&mut phone, case, "A bruise.");
    let saved =
        phone.attach(&visit, AttachmentSort::Photo, &photo(bytes), Some("Left arm".into()), NOW);
    (phone, case, saved.unwrap().record)
}

/// All of the phone's work is with the server.
fn accept(phone: &mut Phone) {
    let rows = phone.store.unsent(0, 100).unwrap();
    let moves = rows.into_iter().map(|row| Write::Move {
        record: row.record,
        actor: row.actor,
        seq: row.seq,
        place: Place::Accepted(1),
    });
    phone.store.commit(&moves.collect::<Vec<_>>()).unwrap();
}

fn send(phone: &mut Phone, shelf: &mut Shelf) -> Result<Carried, SyncError> {
    send_attachments(phone, shelf, &Stop::never())
}

fn here(phone: &Phone, record: &RecordId) -> Vec<u8> {
    match phone.attachment(record).unwrap() {
        Attached::Here(bytes) => bytes,
        Attached::NotHere { here, of } => panic!("{here} of {of} bytes"),
    }
}

#[test]
fn an_attachment_is_saved_with_its_bytes_without_its_place() {
    let (phone, case, record) = with_photo(200_000);
    let bytes = here(&phone, &record);
    assert!(media::is_clean(AttachmentSort::Photo, &bytes));
    assert!(!bytes.windows(8).any(|it| it == b"57.4778N"));
    assert_eq!(phone.attachments_waiting().unwrap(), 1);
    assert_eq!(phone.only_here().unwrap().attachments, 1);
    let envelope = phone.envelope(&record).unwrap();
    assert_eq!((envelope.case, envelope.compartment), (case, Compartment::Team));
    let parent = phone.attachment_details(&record).unwrap().parent;
    let found = phone.attachments_of(&parent).unwrap();
    assert_eq!((found.len(), found[0].0), (1, record));
    assert_eq!(found[0].1.caption.as_deref(), Some("Left arm"));
    assert!(matches!(phone.attachment(&parent), Err(DeviceError::NotAttachment)));
}

#[test]
fn nothing_is_attached_to_what_is_not_there_and_nothing_that_is_no_photo() {
    let (mut phone, _, record) = with_photo(10);
    let before = phone.store.clone();
    let nowhere = RecordId::from_bytes([9; 16]);
    assert!(phone.attach(&nowhere, AttachmentSort::Photo, &photo(1), None, NOW).is_err());
    let refused = phone.attach(&record, AttachmentSort::Photo, b"GIF89a", None, NOW);
    assert!(matches!(refused, Err(DeviceError::Media(MediaError::Unknown))));
    assert_eq!(phone.store, before, "nothing was saved");
    let parent = phone.attachment_details(&record).unwrap().parent;
    let draft = AttachmentDraft {
        parent: nowhere,
        ..AttachmentDraft {
            parent,
            sort: AttachmentSort::Photo,
            digest: Digest::of("x"),
            bytes: 1,
            caption: None,
        }
    };
    let case = phone.envelope(&record).unwrap().case;
    let made = phone.make(case, Kind::Attachment, Compartment::Team, "", draft.entries(), NOW);
    let refused = made.unwrap_err();
    assert!(matches!(refused, DeviceError::Refused(why) if why.code() == "wrong_parent"));
}

#[test]
fn bytes_go_after_their_record_and_go_on_after_a_cut() {
    let (mut phone, _, record) = with_photo(1_000_000);
    let mut shelf = Shelf::lasting(2);
    let early = send(&mut phone, &mut shelf).unwrap();
    assert_eq!((early.attachments, early.waiting), (0, 1), "the record goes first");
    assert!(shelf.brought.is_empty());
    accept(&mut phone);
    let cut = send(&mut phone, &mut shelf).unwrap_err();
    assert_eq!(cut.remedy(), Remedy::Later);
    assert_eq!(shelf.has[&record].len(), 3 * CHUNK_BYTES, "one chunk, then two");
    shelf.pieces = 100;
    let done = send(&mut phone, &mut shelf).unwrap();
    let rest = here(&phone, &record).len() - 3 * CHUNK_BYTES;
    assert_eq!((done.attachments, done.bytes, done.waiting), (1, rest as u64, 0));
    assert_eq!(shelf.has[&record], here(&phone, &record));
    assert_eq!(send(&mut phone, &mut shelf).unwrap(), Carried::default());
}

#[test]
fn sending_can_be_stopped_and_what_is_not_taken_keeps_nothing_else_waiting() {
    let (mut phone, case, record) = with_photo(300_000);
    let again = visit(&mut phone, case, "Again.");
    let second = phone.attach(&again, AttachmentSort::Photo, &photo(70_000), None, NOW);
    let second = second.unwrap().record;
    accept(&mut phone);
    let stop = Stop::never();
    stop.now();
    let stopped = send_attachments(&mut phone, &mut Shelf::lasting(9), &stop).unwrap_err();
    assert!(matches!(stopped, SyncError::Stopped));
    let mut shelf = Shelf { unknown: vec![record], ..Shelf::lasting(9) };
    let done = send(&mut phone, &mut shelf).unwrap();
    assert_eq!((done.attachments, done.waiting), (1, 1));
    assert_eq!(shelf.has[&second], here(&phone, &second));
}

#[test]
fn bytes_of_a_record_that_went_are_sent_and_then_go() {
    let (mut phone, _, record) = with_photo(10);
    accept(&mut phone);
    phone.store.commit(&[Write::DropRecord(record)]).unwrap();
    assert_eq!(phone.attachments_waiting().unwrap(), 1);
    assert_eq!(send(&mut phone, &mut Shelf::lasting(9)).unwrap().attachments, 1);
    assert_eq!(phone.store.attached(&record).unwrap(), None);
}

/// The same record on a phone without its bytes, and a server that has them.
fn fetching(bytes: usize) -> (Phone, RecordId, Shelf) {
    let (mut phone, _, record) = with_photo(bytes);
    accept(&mut phone);
    let mut shelf = Shelf::lasting(999);
    send(&mut phone, &mut shelf).unwrap();
    phone.store.commit(&[Write::Detach(record)]).unwrap();
    shelf.brought.clear();
    (phone, record, shelf)
}

fn fetch(phone: &mut Phone, shelf: &mut Shelf, record: &RecordId) -> Result<(), SyncError> {
    fetch_attachment(phone, shelf, record, &Stop::never())
}

#[test]
fn bytes_come_when_asked_for_and_go_on_after_a_cut() {
    let (mut phone, record, mut shelf) = fetching(300_000);
    let whole = shelf.has[&record].len() as u64;
    assert_eq!(phone.attachment(&record).unwrap(), Attached::NotHere { here: 0, of: whole });
    shelf.cut_at = Some(150_000);
    assert_eq!(fetch(&mut phone, &mut shelf, &record).unwrap_err().remedy(), Remedy::Later);
    let part = 2 * CHUNK_BYTES as u64;
    assert_eq!(phone.attachment(&record).unwrap(), Attached::NotHere { here: part, of: whole });
    shelf.cut_at = None;
    fetch(&mut phone, &mut shelf, &record).unwrap();
    assert_eq!(shelf.brought.last().map(|(from, _)| *from), Some(part));
    assert_eq!(here(&phone, &record), shelf.has[&record]);
    assert_eq!(phone.attachments_waiting().unwrap(), 0);
    shelf.has.clear();
    fetch(&mut phone, &mut shelf, &record).unwrap();
}

#[test]
fn other_bytes_than_the_records_are_not_kept() {
    let (mut phone, record, mut shelf) = fetching(100_000);
    shelf.has.get_mut(&record).unwrap()[99_000] ^= 1;
    let wrong = fetch(&mut phone, &mut shelf, &record).unwrap_err();
    assert!(matches!(wrong, SyncError::Device(DeviceError::OtherBytes)));
    assert!(matches!(phone.attachment(&record).unwrap(), Attached::NotHere { here: 0, .. }));
    shelf.has.clear();
    let early = fetch(&mut phone, &mut shelf, &record).unwrap_err();
    assert!(matches!(early, SyncError::Device(DeviceError::NotArrived)));
}

//! The bytes of attachments: brought by the phone that made their record, shown to whoever may read it.

mod sealed;

use std::io;
use std::sync::Arc;

use sync_core::gate::media;
use sync_core::gate::permission::record_facts;
use sync_core::ids::{DeviceId, RecordId, UserId};
use sync_core::limits::CHUNK_BYTES;
use sync_core::record::envelope::{Envelope, Made};
use sync_core::record::fold::{Folded, fold};
use sync_core::record::kind::Kind;
use sync_core::record::kinds::attachment::{AttachmentDetails, AttachmentSort};
use sync_core::record::kinds::{Contribution as _, Digest};
use sync_core::record::schema::DETAILS;
use sync_core::time::Timestamp;

use crate::blobs::Blobs;
use crate::db::attachments::Row;
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::service::audit::note::Written;
use crate::service::audit::{Act, Note, Pen, Seen};
use crate::service::histories;
use crate::service::reading::Reader;
use crate::service::secrets::Secrets;

pub use sealed::Sealed;

/// Why bytes do not travel.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// There is no such attachment, or it is not this person's: the same for both.
    #[error("there is nothing here that is open to you")]
    NotOpen,
    /// Its author's phone has not brought it.
    #[error("it has not arrived")]
    NotArrived,
    /// Bytes for another place than the one that is next, or not in whole chunks.
    #[error("these bytes are not the next ones")]
    WrongPlace,
    /// Not what the record says, or of no form that may be attached.
    #[error("these are other bytes than the record's")]
    OtherBytes,
    /// The machine failed.
    #[error("the bytes cannot be reached")]
    Io(#[from] io::Error),
}

impl AttachmentError {
    /// The code in the audit and in the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOpen => "not_found",
            Self::NotArrived => "not_arrived",
            Self::WrongPlace => "wrong_place",
            Self::OtherBytes => "other_bytes",
            Self::Io(_) => "failed",
        }
    }
}

/// An attachment that its author's phone brings.
#[derive(Clone)]
pub struct Coming {
    /// Its record.
    pub record: RecordRow,
    /// What it is.
    pub sort: AttachmentSort,
    /// What there is of its bytes.
    pub row: Row,
    /// Whether any came before.
    pub begun: bool,
}

/// What a phone may bring of a record: its own only. `fresh` is the salt of bytes that have none.
///
/// # Errors
/// The database's failure.
pub fn coming(
    conn: &mut Conn,
    (user, device): (&UserId, &DeviceId),
    record: &RecordId,
    fresh: [u8; 32],
) -> Result<Option<Coming>, Error> {
    let Some(row) = db::records::by_id(conn, record)? else { return Ok(None) };
    let envelope = Envelope::decode(&row.envelope).map_err(|_| Error::Corrupt("envelope"))?;
    let made = |made: &Made| (&made.user, &made.device) == (user, device);
    if envelope.kind() != Kind::Attachment || !envelope.made().is_some_and(made) {
        return Ok(None);
    }
    let history = histories::history(conn, &row)?;
    let Some(details) = details(&fold(&history, 0)) else { return Ok(None) };
    let known = db::attachments::get(conn, record)?;
    let begun = known.is_some();
    let (digest, bytes) = (details.digest.0, details.bytes);
    let new = Row { digest, bytes, salt: fresh, arrived: false };
    Ok(Some(Coming { record: row, sort: details.sort, row: known.unwrap_or(new), begun }))
}

/// Notes that bytes are on their way.
///
/// # Errors
/// The database's failure.
pub fn begin(conn: &mut Conn, coming: &Coming, now: Timestamp) -> Result<(), Error> {
    db::attachments::begin(conn, &coming.record.id, &coming.row, now)
}

/// Notes that bytes are whole, with a row in the audit.
///
/// # Errors
/// The database's failure.
pub fn arrived(
    conn: &mut Conn,
    pen: &mut Pen,
    coming: &Coming,
    now: Timestamp,
) -> Result<Written<()>, Error> {
    let record = &coming.record;
    db::attachments::arrived(conn, &record.id, now)?;
    let note = Note::of(Act::BringAttachment).in_cluster(record.cluster).in_case(record.case);
    let note = note.on_record(record.id).counting(coming.row.bytes as usize);
    pen.done(conn, &note, ())
}

/// Puts bytes where they belong. Gives how many there are then, and whether they are whole and right; bytes
/// that were put before are there already.
///
/// # Errors
/// [`AttachmentError`]
pub fn put(
    sealed: &Sealed,
    coming: &Coming,
    (from, piece): (u64, &[u8]),
) -> Result<(u64, bool), AttachmentError> {
    let there = sealed.received()?;
    if from > there {
        return Err(AttachmentError::WrongPlace);
    }
    let end = from + piece.len() as u64;
    if from == there && there < sealed.length() {
        let whole_chunks = piece.len() % CHUNK_BYTES == 0 && end < sealed.length();
        if piece.is_empty() || !(whole_chunks || end == sealed.length()) {
            return Err(AttachmentError::WrongPlace);
        }
        sealed.put(from, piece)?;
    }
    let there = there.max(end.min(sealed.length()));
    if there < sealed.length() {
        return Ok((there, false));
    }
    if !is_right(sealed, coming) {
        sealed.forget()?;
        return Err(AttachmentError::OtherBytes);
    }
    sealed.finish()?;
    Ok((there, true))
}

/// Whether bytes are those of the record, and hold nothing that should have gone on the phone.
fn is_right(sealed: &Sealed, coming: &Coming) -> bool {
    let Ok(bytes) = sealed.all() else { return false };
    Digest::of(&bytes).0 == coming.row.digest && media::is_clean(coming.sort, &bytes)
}

/// Bytes that may be shown; why not, for somebody who may read their record.
pub type Shown = Result<Sealed, AttachmentError>;

/// The bytes of an attachment that is open to a person, by the same rules as its record.
///
/// # Errors
/// The database's failure.
pub fn show(
    conn: &mut Conn,
    reader: &Reader,
    (secrets, blobs): (&Secrets, Arc<dyn Blobs>),
    record: &RecordId,
) -> Result<Seen<Option<Shown>>, Error> {
    let note = Note::of(Act::OpenAttachment).on_record(*record);
    let Some(row) = db::records::by_id(conn, record)? else {
        return Ok(Seen::new(None, note.refused("not_found")));
    };
    let Some(state) = reader.case(conn, &row.case)? else {
        return Seen::of_case(conn, (&row.case, note), None);
    };
    let reader = &reader.through_glass(conn, &state)?;
    let folded = reader.record(conn, &state, &row)?.filter(|it| details(it).is_some());
    let ground = folded.and_then(|it| reader.ground(&state, &record_facts(&it.envelope)));
    let there = db::attachments::get(conn, record)?.filter(|row| row.arrived);
    let shown = there.map(|row| Sealed::new(blobs, secrets, record, &row));
    let shown = shown.ok_or(AttachmentError::NotArrived);
    Seen::of_case(conn, (&row.case, note), ground.map(|ground| (shown, ground)))
}

/// What an attachment's record says of it; nothing for another record.
fn details(folded: &Folded) -> Option<AttachmentDetails> {
    let is = folded.envelope.kind() == Kind::Attachment;
    folded.entries_of(DETAILS).next().filter(|_| is).and_then(AttachmentDetails::read)
}

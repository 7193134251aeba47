//! Photos, voice notes and body maps: their bytes rest beside the records, in the same encrypted file, and
//! travel apart, after the record itself and as far at a time as the line holds.

mod carry;
#[cfg(test)]
mod tests;

pub use carry::{Carried, fetch_attachment, send_attachments};

use crate::device::write::NewRecord;
use crate::device::{Device, DeviceError, Saved};
use crate::gate::media;
use crate::ids::RecordId;
use crate::limits::CHUNK_BYTES;
use crate::record::fold::Folded;
use crate::record::kind::Kind;
use crate::record::kinds::attachment::{AttachmentDetails, AttachmentDraft, AttachmentSort};
use crate::record::kinds::{Contribution as _, Digest, Draft as _};
use crate::record::schema::DETAILS;
use crate::store::{AttachedRow, Bytes, BytesId, Store, StoreError, Write};
use crate::time::Timestamp;

/// The bytes of an attachment, as far as this phone has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attached {
    /// Whole, and what its record says they are.
    Here(Vec<u8>),
    /// Not here, or not all of them: [`fetch_attachment`] brings them.
    NotHere {
        /// How many bytes of them are here.
        here: u64,
        /// How many there are.
        of: u64,
    },
}

impl<S: Store> Device<S> {
    /// Attaches bytes to a record, for those who may read that one. Where, when and with what they were
    /// made is taken out first ([`media::clean`]); what is left is saved with its record in one commit.
    ///
    /// # Errors
    /// [`DeviceError::Media`] for bytes that cannot be kept; nothing was saved.
    pub fn attach(
        &mut self,
        parent: &RecordId,
        sort: AttachmentSort,
        bytes: &[u8],
        caption: Option<String>,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let bytes = media::clean(sort, bytes)?;
        let length = u32::try_from(bytes.len()).map_err(|_| media::MediaError::TooLarge)?;
        let (parent, digest) = (self.record_now(parent)?, Digest::of(&bytes));
        let beside = self.envelope(&parent)?;
        let draft = AttachmentDraft { parent, sort, digest, bytes: length, caption };
        let new = NewRecord {
            case: beside.case,
            kind: Kind::Attachment,
            compartment: beside.compartment,
            framework: String::new(),
            entries: draft.entries(),
        };
        let rest = |saved: &[Saved]| {
            let record = saved.first().map(|saved| saved.record);
            record.map(|record| resting(record, digest.0, &bytes)).unwrap_or_default()
        };
        self.make_with(vec![new], now, rest)?.pop().ok_or(DeviceError::UnknownCase)
    }

    /// The bytes of an attachment that this phone has. To be shown after [`Device::open_record`], which
    /// tells the audit.
    ///
    /// # Errors
    /// [`DeviceError::NotAttachment`] for another record; [`DeviceError::Store`] if they are damaged.
    pub fn attachment(&self, record: &RecordId) -> Result<Attached, DeviceError> {
        let record = self.record_now(record)?;
        let details = self.attachment_details(&record)?;
        let row = self.store.attached(&record)?.filter(|row| row.digest == details.digest.0);
        let Some(row) = row else {
            return Ok(Attached::NotHere { here: 0, of: details.bytes.into() });
        };
        if row.bytes == Bytes::Coming {
            let here = self.here(&row.digest)?.min(details.bytes.into());
            return Ok(Attached::NotHere { here, of: details.bytes.into() });
        }
        let bytes = self.gathered(&row)?;
        match Digest::of(&bytes) == details.digest {
            true => Ok(Attached::Here(bytes)),
            false => Err(damaged().into()),
        }
    }

    /// The attachments of a record that this phone has the records of, with what each says.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn attachments_of(
        &self,
        parent: &RecordId,
    ) -> Result<Vec<(RecordId, AttachmentDetails)>, DeviceError> {
        let parent = self.record_now(parent)?;
        let case = self.envelope(&parent)?.case;
        let mut found = Vec::new();
        for row in self.store.records_of_case(&case)? {
            if row.kind != Kind::Attachment.code() {
                continue;
            }
            // What a newer version wrote, or what came back, is in no list.
            let Ok(details) = self.attachment_details(&row.id) else { continue };
            if details.parent == parent {
                found.push((row.id, details));
            }
        }
        Ok(found)
    }

    /// How many attachments have bytes that only this phone has.
    ///
    /// # Errors
    /// [`DeviceError::Store`]
    pub fn attachments_waiting(&self) -> Result<u64, DeviceError> {
        Ok(self.store.unsent_count()?.attachments)
    }

    fn attachment_details(&self, record: &RecordId) -> Result<AttachmentDetails, DeviceError> {
        details(&self.record(record)?).ok_or(DeviceError::NotAttachment)
    }

    /// How many bytes are here, from the first on.
    fn here(&self, digest: &BytesId) -> Result<u64, StoreError> {
        Ok(u64::from(self.store.chunks(digest)?) * CHUNK_BYTES as u64)
    }

    fn gathered(&self, row: &AttachedRow) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::with_capacity(row.length as usize);
        for n in 0..self.store.chunks(&row.digest)? {
            bytes.extend(self.store.chunk(&row.digest, n)?.ok_or_else(damaged)?);
        }
        Ok(bytes)
    }

    /// What waits to be sent and can be: its record is with the server, or was until access ended.
    fn next_to_send(&self, passed: &[RecordId]) -> Result<Option<AttachedRow>, DeviceError> {
        for row in self.store.unsent_attached()? {
            if !passed.contains(&row.record) && self.is_with_server(&row.record)? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn is_with_server(&self, record: &RecordId) -> Result<bool, StoreError> {
        if self.store.record(record)?.is_none() {
            return Ok(true);
        }
        let first = self.store.changes(record)?.into_iter().next();
        Ok(first.is_some_and(|row| !row.is_unsent()))
    }
}

/// What an attachment's record says of it.
fn details(folded: &Folded) -> Option<AttachmentDetails> {
    let is = folded.envelope.kind() == Kind::Attachment;
    folded.entries_of(DETAILS).next().filter(|_| is).and_then(AttachmentDetails::read)
}

/// Bytes as they rest on the phone that took them.
fn resting(record: RecordId, digest: BytesId, bytes: &[u8]) -> Vec<Write> {
    let chunks = (0..).zip(bytes.chunks(CHUNK_BYTES));
    let chunks = chunks.map(|(n, chunk)| Write::PutChunk { digest, n, bytes: chunk.to_vec() });
    let length = bytes.len() as u32;
    let row = AttachedRow { record, digest, length, bytes: Bytes::Unsent };
    chunks.chain([Write::Attach(row)]).collect()
}

fn damaged() -> StoreError {
    StoreError::Damaged("the bytes of an attachment are not what was written".to_owned())
}

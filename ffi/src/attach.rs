//! Photos, voice notes and body maps: attached offline, sent after their records, fetched on demand.

use sync_core::device::attach::{fetch_attachment, send_attachments};
use sync_core::device::https::Https;
use sync_core::device::sync::{Stop, SyncError};
use sync_core::ids::RecordId;

use crate::error::PhoneError;
use crate::input::parse;
use crate::phone::{Phone, Shared};
use crate::records::{AttachmentBytes, AttachmentLine, AttachmentSort, Saved};

#[uniffi::export]
impl Phone {
    /// Attaches bytes to a record, for those who may read that one. Where, when and with which phone they
    /// were made is taken out before they are saved; never keep the camera's own file.
    ///
    /// # Errors
    /// [`PhoneError::BadInput`] for bytes that are too large, damaged or of another form; nothing was saved.
    #[uniffi::method(default(caption = None, draft = None))]
    pub fn attach(
        &self,
        record_id: String,
        sort: AttachmentSort,
        content: Vec<u8>,
        caption: Option<String>,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        self.saving(draft, |device, now| {
            Ok(device.attach(&record, sort.into(), &content, caption, now)?)
        })
    }

    /// The attachments of a record.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn attachments_of(&self, record_id: String) -> Result<Vec<AttachmentLine>, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let found = self.show(|device| device.attachments_of(&record))?.into_iter();
        Ok(found.map(|(record, it)| AttachmentLine::of(record.to_string(), it)).collect())
    }

    /// The bytes of an attachment as far as they are here, by the id of the attachment's own record. The
    /// audit is told that they were opened.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn attachment(&self, record_id: String) -> Result<AttachmentBytes, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let now = self.now();
        let attached = self.show(|device| {
            device.open_record(&record, now)?;
            device.attachment(&record)
        })?;
        Ok(attached.into())
    }

    /// Brings the bytes of an attachment here; blocks. Goes on from where an earlier try was cut, and does
    /// nothing if they are here. [`Phone::stop_sync`] ends it.
    ///
    /// # Errors
    /// [`PhoneError::Busy`] during an exchange; [`PhoneError`]
    pub fn fetch_attachment(&self, record_id: String) -> Result<(), PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let stop = Stop::never();
        let _alone = self.alone(&stop)?;
        let mut https = Https::of(&self.enrolled()?).map_err(SyncError::from)?;
        Ok(fetch_attachment(&mut Shared(self), &mut https, &record, &stop)?)
    }

    /// Attachments whose bytes exist only on this phone, whole or in part.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn attachments_waiting(&self) -> Result<u64, PhoneError> {
        self.with(|device| device.attachments_waiting())
    }
}

impl Phone {
    /// Sends the bytes that wait, within what is left of an exchange's time.
    pub(crate) fn send_attachments(
        &self,
        https: &mut Https,
        stop: &Stop,
    ) -> Result<(), PhoneError> {
        let carried = send_attachments(&mut Shared(self), https, stop)?;
        if carried.attachments > 0 {
            self.say(&format!("sent attachments: {}", carried.attachments));
        }
        Ok(())
    }
}

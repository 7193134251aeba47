//! Photos, voice notes and body maps.

use sync_core::device::Attached;
use sync_core::record::kinds::attachment::{AttachmentDetails, AttachmentSort as CoreSort};

/// What an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AttachmentSort {
    /// A photo, JPEG or PNG.
    Photo,
    /// A voice note, M4A or WAV.
    VoiceNote,
    /// The marks of a body map, JSON.
    BodyMap,
}

/// An attachment of a record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AttachmentLine {
    /// Its own record: ask for its bytes by this.
    pub record_id: String,
    /// What it is.
    pub sort: AttachmentSort,
    /// How many bytes.
    pub bytes: u64,
    /// What it shows or says.
    pub caption: Option<String>,
}

/// The bytes of an attachment, as far as this phone has them.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AttachmentBytes {
    /// All of them; none until they were fetched.
    pub content: Option<Vec<u8>>,
    /// How many are here.
    pub here: u64,
    /// How many there are.
    pub of: u64,
}

impl From<AttachmentSort> for CoreSort {
    fn from(sort: AttachmentSort) -> Self {
        match sort {
            AttachmentSort::Photo => Self::Photo,
            AttachmentSort::VoiceNote => Self::VoiceNote,
            AttachmentSort::BodyMap => Self::BodyMap,
        }
    }
}

impl From<CoreSort> for AttachmentSort {
    fn from(sort: CoreSort) -> Self {
        match sort {
            CoreSort::Photo => Self::Photo,
            CoreSort::VoiceNote => Self::VoiceNote,
            CoreSort::BodyMap => Self::BodyMap,
        }
    }
}

impl AttachmentLine {
    pub(crate) fn of(record_id: String, details: AttachmentDetails) -> Self {
        let AttachmentDetails { sort, bytes, caption, .. } = details;
        Self { record_id, sort: sort.into(), bytes: bytes.into(), caption }
    }
}

impl From<Attached> for AttachmentBytes {
    fn from(attached: Attached) -> Self {
        match attached {
            Attached::Here(content) => {
                let here = content.len() as u64;
                Self { content: Some(content), here, of: here }
            }
            Attached::NotHere { here, of } => Self { content: None, here, of },
        }
    }
}

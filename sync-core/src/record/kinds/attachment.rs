//! The record of a photo, voice note or body map. Its bytes travel apart.

use crate::ids::RecordId;
use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Contribution, Digest, Draft};

draft! {
    /// An attachment to another record.
    AttachmentDraft with AttachmentDetails
    {
        /// The record that it belongs to.
        1 parent: RecordId,
        /// What it is.
        2 sort: AttachmentSort,
        /// The digest of its bytes.
        3 digest: Digest,
        /// How many bytes.
        4 bytes: u32,
        /// What it shows or says.
        5 caption: Option<String>,
    }
    and {}
}

choice! {
    /// What an attachment is.
    AttachmentSort {
        /// A photo, its location stripped.
        Photo "photo",
        /// A voice note.
        VoiceNote "voice_note",
        /// A body map.
        BodyMap "body_map",
    }
}

impl Draft for AttachmentDraft {
    fn kind(&self) -> Kind {
        Kind::Attachment
    }

    fn entries(&self) -> Vec<NewEntry> {
        vec![self.details().entry()]
    }
}

//! The record of a photo, voice note or body map. Its bytes travel apart.

use crate::ids::RecordId;
use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::field::Field;
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

impl AttachmentDetails {
    /// What a new entry says; nothing for another collection's, or one that lacks what it must have.
    #[must_use]
    pub fn read_new(entry: &NewEntry) -> Option<Self> {
        let field = |code: u8| entry.fields.iter().find(|(it, _)| *it == code).map(|(_, v)| v);
        if entry.collection != Self::COLLECTION {
            return None;
        }
        Some(Self {
            parent: Field::get(field(1))?,
            sort: Field::get(field(2))?,
            digest: Field::get(field(3))?,
            bytes: Field::get(field(4))?,
            caption: Field::get(field(5))?,
        })
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

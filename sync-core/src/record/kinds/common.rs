//! What may be added to a record of any kind: corrections and signatures.

use serde::{Deserialize, Serialize};

use crate::ids::EntryId;
use crate::record::change::NewEntry;
use crate::record::entry::Entry;
use crate::record::kinds::field::{Field, Scalar, entry_id};
use crate::record::kinds::{Contribution, Digest};
use crate::record::schema::{AMENDMENTS, SIGNATURES};

contribution! {
    /// A correction. The corrected words stay, with this beside them.
    Amendment in AMENDMENTS;
    {
        /// The entry that it corrects.
        #[serde(deserialize_with = "entry_id")]
        1 of: EntryId,
        /// How it should read.
        2 text: String,
        /// Why.
        3 reason: String,
    }
}

/// Somebody's signature under exactly these words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The words, as the signer saw them.
    pub text: String,
    /// As what they signed: lead professional, parent...
    #[serde(default)]
    pub role: Option<String>,
}

impl Contribution for Signature {
    const COLLECTION: u8 = SIGNATURES;

    fn entry(&self) -> NewEntry {
        let mut fields = Vec::new();
        self.text.put(1, &mut fields);
        Digest::of(&self.text).put(2, &mut fields);
        self.role.put(3, &mut fields);
        NewEntry { collection: SIGNATURES, fields, ..NewEntry::default() }
    }

    fn read(entry: &Entry) -> Option<Self> {
        let own = entry.collection == SIGNATURES;
        own.then_some(Self { text: Field::get(entry.field(1))?, role: Field::get(entry.field(3))? })
    }
}

impl Signature {
    /// Whether an entry's digest is that of its words.
    #[must_use]
    pub fn digest_fits(entry: &Entry) -> bool {
        digest_fits(entry, 1)
    }
}

/// Whether an entry's digest is that of the words in its field `text`.
pub(super) fn digest_fits(entry: &Entry, text: u8) -> bool {
    let stated = entry.field(2).and_then(<Digest as Scalar>::of);
    stated.is_some() && stated == entry.text_of(text).map(Digest::of)
}

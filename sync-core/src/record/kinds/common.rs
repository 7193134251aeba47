//! What may be added to a record of any kind: corrections, signatures, attested copies.

use serde::{Deserialize, Serialize};

use crate::ids::{EntryId, RecordId, UserId};
use crate::record::change::NewEntry;
use crate::record::entry::Entry;
use crate::record::kinds::field::{Field, Scalar, entry_id};
use crate::record::kinds::{Contribution, Digest};
use crate::record::schema::{AMENDMENTS, COPIES, SIGNATURES};
use crate::time::Timestamp;

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

/// A copy of what another record says, for which the copier answers: shared, re-homed, or of a
/// visit to siblings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestedCopy {
    /// The record copied from.
    pub from: RecordId,
    /// The words copied.
    pub text: String,
    /// Who wrote them.
    pub original_by: UserId,
    /// When, by that person's clock.
    pub original_at: Timestamp,
    /// Why they were copied.
    #[serde(default)]
    pub reason: Option<String>,
}

impl Contribution for AttestedCopy {
    const COLLECTION: u8 = COPIES;

    fn entry(&self) -> NewEntry {
        let mut fields = Vec::new();
        self.from.put(1, &mut fields);
        Digest::of(&self.text).put(2, &mut fields);
        self.text.put(3, &mut fields);
        self.original_by.put(4, &mut fields);
        self.original_at.put(5, &mut fields);
        self.reason.put(6, &mut fields);
        NewEntry { collection: COPIES, fields, ..NewEntry::default() }
    }

    fn read(entry: &Entry) -> Option<Self> {
        let own = entry.collection == COPIES;
        own.then_some(Self {
            from: Field::get(entry.field(1))?,
            text: Field::get(entry.field(3))?,
            original_by: Field::get(entry.field(4))?,
            original_at: Field::get(entry.field(5))?,
            reason: Field::get(entry.field(6))?,
        })
    }
}

impl Signature {
    /// Whether an entry's digest is that of its words.
    #[must_use]
    pub fn digest_fits(entry: &Entry) -> bool {
        digest_fits(entry, 1)
    }
}

impl AttestedCopy {
    /// Whether an entry's digest is that of its words.
    #[must_use]
    pub fn digest_fits(entry: &Entry) -> bool {
        digest_fits(entry, 3)
    }
}

fn digest_fits(entry: &Entry, text: u8) -> bool {
    let stated = entry.field(2).and_then(<Digest as Scalar>::of);
    stated.is_some() && stated == entry.text_of(text).map(Digest::of)
}

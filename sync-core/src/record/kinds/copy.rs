//! Attested copies: what one record says, in another, for which the copier answers.

use serde::{Deserialize, Serialize};

use crate::ids::{RecordId, UserId};
use crate::limits::STRING_BYTES;
use crate::record::change::NewEntry;
use crate::record::entry::Entry;
use crate::record::envelope::Made;
use crate::record::kinds::common::digest_fits;
use crate::record::kinds::field::{Field, Scalar};
use crate::record::kinds::{Contribution, Digest, Version};
use crate::record::schema::COPIES;
use crate::record::value::Value;
use crate::time::Timestamp;

/// A copy of what another record says: shared, or re-homed. A text longer than one entry holds is
/// continued in the next copy from the same record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestedCopy {
    /// The record copied from.
    pub from: RecordId,
    /// The words copied.
    pub text: String,
    /// Who made the record copied from.
    pub original_by: UserId,
    /// When, by that person's clock.
    pub original_at: Timestamp,
    /// Why they were copied.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether the source is withdrawn from whoever may not see the copy: re-homing. Sharing leaves
    /// it.
    #[serde(default)]
    pub withdraws: bool,
    /// What the copier had seen of the source: the words are those of this version.
    #[serde(default)]
    pub version: Option<Version>,
}

impl AttestedCopy {
    /// The copies that hold all of `text`, in order: one, unless it is longer than a string may be.
    #[must_use]
    pub fn of(
        (from, made): (RecordId, &Made),
        version: &Version,
        text: &str,
        reason: &str,
        withdraws: bool,
    ) -> Vec<Self> {
        let part = |text: &str| Self {
            from,
            text: text.to_owned(),
            original_by: made.user,
            original_at: made.at,
            reason: Some(reason.to_owned()),
            withdraws,
            version: Some(version.clone()),
        };
        split(text).into_iter().map(part).collect()
    }

    /// What a new entry copies; nothing for another collection's.
    #[must_use]
    pub fn read_new(entry: &NewEntry) -> Option<Self> {
        let field = |code: u8| entry.fields.iter().find(|(it, _)| *it == code).map(|(_, v)| v);
        if entry.collection == COPIES { Self::from_fields(field) } else { None }
    }

    /// Whether an entry's digest is that of its words.
    #[must_use]
    pub fn digest_fits(entry: &Entry) -> bool {
        digest_fits(entry, 3)
    }

    fn from_fields<'a>(field: impl Fn(u8) -> Option<&'a Value>) -> Option<Self> {
        Some(Self {
            from: Field::get(field(1))?,
            text: Field::get(field(3))?,
            original_by: Field::get(field(4))?,
            original_at: Field::get(field(5))?,
            reason: Field::get(field(6))?,
            withdraws: field(7).and_then(<bool as Scalar>::of).unwrap_or(false),
            version: Field::get(field(8))?,
        })
    }
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
        self.withdraws.then_some(true).put(7, &mut fields);
        self.version.put(8, &mut fields);
        NewEntry { collection: COPIES, fields, ..NewEntry::default() }
    }

    fn read(entry: &Entry) -> Option<Self> {
        if entry.collection == COPIES { Self::from_fields(|code| entry.field(code)) } else { None }
    }
}

/// Pieces of a text that each fit a string, cut between characters.
fn split(text: &str) -> Vec<&str> {
    let (mut rest, mut parts) = (text, Vec::new());
    while rest.len() > STRING_BYTES {
        let (part, after) = rest.split_at(rest.floor_char_boundary(STRING_BYTES));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_nothing_of_it_goes() {
        let text = "dè ".repeat(STRING_BYTES / 2);
        let parts = split(&text);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= STRING_BYTES));
        assert_eq!(parts.concat(), text);
    }
}

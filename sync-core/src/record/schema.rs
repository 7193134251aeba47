//! Which entries each kind may hold: collections with their fields, and the facts that assertions
//! are about. Codes are for ever: a number is never given to something else.
//!
//! The gate refuses what is not here; a newer version's additions are kept unread.

use crate::record::kind::Kind;
use crate::record::value::Value;

pub use crate::record::schema_facts::{Fact, Fold, Subject};
pub use crate::record::schema_kinds::{collections, facts_of};

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldType {
    /// Words, at most this many bytes.
    Text(usize),
    /// A whole number.
    Int,
    /// A moment in milliseconds.
    Time,
    /// A day, `2026-11-22`.
    Date,
    /// Yes or no.
    Bool,
    /// An id or digest of this many bytes.
    Bytes(usize),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of an entry ([`crate::ids::EntryId`] as text).
    Entry,
    /// Whatever the fact of an assertion says.
    ByFact,
}

/// One field of a collection's entries.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its code on the wire.
    pub code: u8,
    /// Its key in the document and name in exports.
    pub name: &'static str,
    /// What it may hold.
    pub holds: FieldType,
    /// Whether each entry must have it.
    pub required: bool,
}

/// Entries of one sort in a kind.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// Its code on the wire.
    pub code: u8,
    /// Its container's key in the document.
    pub name: &'static str,
    /// Its entries' fields.
    pub fields: &'static [Field],
    /// Whether an entry has a co-written text beside its fields.
    pub co_written: bool,
}

/// Assertions ([`Fact`]).
pub const FACTS: u8 = 1;
/// Corrections with author and reason; the corrected words stay.
pub const AMENDMENTS: u8 = 2;
/// Signed texts.
pub const SIGNATURES: u8 = 3;
/// Attested copies from another record.
pub const COPIES: u8 = 4;
/// Co-written texts.
pub const TEXTS: u8 = 5;
/// What was fixed when the record was made.
pub const DETAILS: u8 = 16;

/// Fields of [`FACTS`].
pub mod fact_field {
    /// The fact's code.
    pub const FACT: u8 = 1;
    /// What it is about, where a record has several.
    pub const SUBJECT: u8 = 2;
    /// The value asserted.
    pub const VALUE: u8 = 3;
    /// Why.
    pub const REASON: u8 = 4;
    /// The framework whose words the value uses.
    pub const FRAMEWORK: u8 = 5;
    /// Whether the value must be withheld from all but named people (addresses).
    pub const CONFIDENTIAL: u8 = 6;
}

/// The collection of a kind by code.
#[must_use]
pub fn collection(kind: Kind, code: u8) -> Option<&'static Collection> {
    collections(kind).find(|collection| collection.code == code)
}

impl Collection {
    /// The field of this code.
    #[must_use]
    pub fn field(&self, code: u8) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.code == code)
    }
}

impl FieldType {
    /// Whether `value` is of this type.
    #[must_use]
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(max), Value::Text(text)) => text.len() <= max,
            (Self::Int | Self::Time, Value::Int(_)) | (Self::Bool, Value::Bool(_)) => true,
            (Self::Date, Value::Text(text)) => text.parse::<crate::time::Date>().is_ok(),
            (Self::Bytes(len), Value::Bytes(bytes)) => bytes.len() == len,
            (Self::Choice(words), Value::Text(text)) => words.contains(&text.as_str()),
            (Self::Entry, Value::Text(text)) => text.parse::<crate::ids::EntryId>().is_ok(),
            (Self::ByFact, _) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_names_are_unique_within_their_house() {
        for kind in Kind::ALL {
            let all: Vec<_> = collections(kind).collect();
            let codes: BTreeSet<_> = all.iter().map(|c| c.code).collect();
            let names: BTreeSet<_> = all.iter().map(|c| c.name).collect();
            assert_eq!((codes.len(), names.len()), (all.len(), all.len()), "{kind}");
            for collection in all {
                let codes: BTreeSet<_> = collection.fields.iter().map(|f| f.code).collect();
                let names: BTreeSet<_> = collection.fields.iter().map(|f| f.name).collect();
                assert_eq!(codes.len(), collection.fields.len(), "{kind}.{}", collection.name);
                assert_eq!(names.len(), collection.fields.len(), "{kind}.{}", collection.name);
            }
        }
    }

    #[test]
    fn every_fact_belongs_to_a_kind_and_is_found_by_its_code() {
        for fact in Fact::ALL {
            assert_eq!(Fact::from_code(fact.code().into()), Some(*fact));
            assert!(Kind::ALL.iter().any(|kind| facts_of(*kind).contains(fact)), "{fact:?}");
        }
    }
}

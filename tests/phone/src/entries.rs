//! Entries to write, field by field.

use sync_core::record::change::NewEntry;
use sync_core::record::schema::{FACTS, Fact, fact_field};
use sync_core::record::value::Value;

/// An entry that is being filled in.
pub(crate) struct Filling(NewEntry);

/// Begins an entry of a collection.
pub(crate) fn entry(collection: u8) -> Filling {
    Filling(NewEntry { collection, ..NewEntry::default() })
}

impl Filling {
    /// Fills in a field. Fields are given by code, ascending.
    pub(crate) fn with(mut self, code: u8, value: impl Into<Value>) -> Self {
        self.0.fields.push((code, value.into()));
        self
    }

    /// Fills in a field if there is something to say.
    pub(crate) fn maybe(self, code: u8, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(code, value),
            None => self,
        }
    }

    /// The entry.
    pub(crate) fn done(self) -> NewEntry {
        self.0
    }
}

/// An assertion that replaces nothing, about the record as a whole: for a record that is new.
pub(crate) fn first(fact: Fact, value: impl Into<Value>) -> NewEntry {
    entry(FACTS)
        .with(fact_field::FACT, i64::from(fact.code()))
        .with(fact_field::VALUE, value)
        .done()
}

//! One contribution to a record, as it is read: who added it, when they said so, what it holds.

use crate::ids::{EntryId, UserId};
use crate::record::schema::{FACTS, Fact, fact_field};
use crate::record::value::Value;
use crate::time::Timestamp;

/// An entry of a record. Everything but a co-written text is as its author wrote it, for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name in the record.
    pub id: EntryId,
    /// Its collection's code ([`crate::record::schema`]).
    pub collection: u8,
    /// Its fields by code, ascending.
    pub fields: Vec<(u8, Value)>,
    /// Assertions that its author had seen and replaces.
    pub replaces: Vec<EntryId>,
    /// Who wrote it: the signer of the change.
    pub by: UserId,
    /// When, by the author's clock.
    pub at: Timestamp,
    /// How far that clock was measured to be ahead, milliseconds; zero if never measured.
    pub clock_ahead_ms: i64,
    /// Where the server put the change within the record, from 1; none while only this phone has it.
    pub position: Option<u32>,
    /// The co-written text as it stands, if the collection has one.
    pub text: Option<String>,
}

impl Entry {
    /// The field of this code.
    #[must_use]
    pub fn field(&self, code: u8) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| *field == code).map(|(_, value)| value)
    }

    /// The words in the field of this code.
    #[must_use]
    pub fn text_of(&self, code: u8) -> Option<&str> {
        self.field(code).and_then(Value::as_text)
    }

    /// The assertion that this entry is, if it is one that this version knows.
    #[must_use]
    pub fn assertion(&self) -> Option<Assertion<'_>> {
        if self.collection != FACTS {
            return None;
        }
        Some(Assertion {
            entry: self,
            fact: Fact::from_code(self.field(fact_field::FACT)?.as_int()?)?,
            subject: self.text_of(fact_field::SUBJECT).unwrap_or(""),
            value: self.field(fact_field::VALUE)?,
        })
    }
}

/// An entry read as an assertion: one person's value of one fact about one subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assertion<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// What it is about.
    pub fact: Fact,
    /// Of whom or what; empty for the record as a whole.
    pub subject: &'a str,
    /// What its author holds.
    pub value: &'a Value,
}

impl Assertion<'_> {
    /// Why, in the author's words.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.entry.text_of(fact_field::REASON)
    }

    /// The framework whose words the value uses.
    #[must_use]
    pub fn framework(&self) -> Option<&str> {
        self.entry.text_of(fact_field::FRAMEWORK)
    }

    /// Whether the author wants the value withheld from all but named people.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.entry.field(fact_field::CONFIDENTIAL).and_then(Value::as_bool).unwrap_or(false)
    }
}

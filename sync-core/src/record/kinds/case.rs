//! A case's own record: who the child is, and who belongs to the child.
//!
//! Nobody makes this record, so there is no draft of it: whoever begins a case says what they know.

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, EntryId};
use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::field::entry_id;
use crate::record::kinds::{Assert, entries_of, in_schema_order};
use crate::record::schema::Fact;
use crate::time::Date;

/// What somebody knows of a child when a case begins. Every part is an assertion of theirs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseFacts {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Day of birth.
    pub birth_date: Option<Date>,
    /// Expected day of birth, of a child not yet born.
    pub expected_date: Option<Date>,
    /// As the family or school recorded it.
    pub sex: Option<String>,
    /// School or nursery.
    pub school: Option<String>,
    /// Class.
    pub classroom: Option<String>,
    /// Home language.
    pub language: Option<String>,
    /// Numbers by which others know the child.
    pub identifiers: Vec<Identifier>,
    /// Parents, siblings, carers, others of the household.
    pub persons: Vec<Person>,
}

/// A number by which others know the child.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// SCN, UPN, CHI, NHS, the local case number.
    pub scheme: String,
    /// The number.
    pub number: String,
}

contribution! {
    /// Somebody who belongs to the child.
    Person in 16;
    {
        /// Name.
        1 name: String,
        /// What they are to the child.
        2 relation: String,
        /// Day of birth.
        3 born: Option<Date>,
    }
}

contribution! {
    /// What one person of a case is to another.
    Relationship in 17;
    {
        /// The one.
        #[serde(deserialize_with = "entry_id")]
        1 of: EntryId,
        /// The other.
        #[serde(deserialize_with = "entry_id")]
        2 to: EntryId,
        /// What the one is to the other: mother, brother...
        3 is: String,
    }
}

contribution! {
    /// Another case that is about the same child.
    Alias in 18;
    {
        /// The other case.
        1 case: CaseId,
        /// How that is known.
        2 reason: String,
        /// Whether this takes an earlier joining back.
        3 undone: Option<bool>,
    }
}

impl CaseFacts {
    /// The entries of a change that says all this, in schema order.
    #[must_use]
    pub fn entries(&self) -> Vec<NewEntry> {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        let facts = [
            (Fact::GivenName, self.given_name.clone()),
            (Fact::FamilyName, self.family_name.clone()),
            (Fact::BirthDate, day(self.birth_date)),
            (Fact::ExpectedDate, day(self.expected_date)),
            (Fact::Sex, self.sex.clone()),
            (Fact::School, self.school.clone()),
            (Fact::Classroom, self.classroom.clone()),
            (Fact::Language, self.language.clone()),
        ];
        let facts = facts.into_iter().filter_map(|(fact, text)| Some(Assert::new(fact, text?)));
        let mut entries: Vec<_> = facts.map(|assert| assert.entry()).collect();
        entries.extend(self.identifiers.iter().map(Identifier::entry));
        entries.extend(entries_of(&self.persons));
        in_schema_order(Kind::Case, entries)
    }
}

impl Identifier {
    /// The assertion that the child has this number.
    #[must_use]
    pub fn entry(&self) -> NewEntry {
        Assert::new(Fact::Identifier, self.number.as_str()).about(self.scheme.as_str()).entry()
    }
}

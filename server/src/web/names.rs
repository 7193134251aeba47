//! Whose, about whom, and with whom: ids of people, agencies and entries as a screen names them.

use std::collections::BTreeMap;

use sync_core::ids::{AgencyId, EntryId, UserId};
use sync_core::merge::{CHILD, ConsentScope, Context};
use sync_core::record::entry::{Assertion, Entry};
use sync_core::record::fold::Folded;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Contribution;
use sync_core::record::kinds::case::Person;
use sync_core::record::kinds::plan::PlanRow;
use sync_core::record::schema::{Fact, FieldType, Subject};
use sync_core::record::value::Value;

use super::words;
use crate::service::reading::colleagues::Colleagues;

/// Names for a page.
pub(super) struct Names<'a> {
    people: &'a Colleagues,
    /// Entries of the records that the page shows, by their ids in text.
    entries: BTreeMap<String, String>,
}

impl<'a> Names<'a> {
    /// Names of people, and of what these records name by entry.
    pub(super) fn of(people: &'a Colleagues, records: &[Folded]) -> Self {
        let entries = records.iter().flat_map(|folded| {
            let kind = folded.envelope.kind();
            folded.entries.iter().filter_map(move |entry| named(kind, entry))
        });
        Self { people, entries: entries.collect() }
    }

    /// A person with their agency.
    pub(super) fn person(&self, user: &UserId) -> String {
        match self.people.get(user) {
            Some(known) => format!("{}, {}", known.name, known.agency_name),
            None => "Somebody who is not of this cluster".into(),
        }
    }

    /// A person's telephone, if they can be rung.
    pub(super) fn phone(&self, user: &UserId) -> Option<String> {
        self.people.get(user).and_then(|known| known.phone.clone())
    }

    /// An agency.
    pub(super) fn agency(&self, agency: &AgencyId) -> String {
        self.people.agency(agency).unwrap_or("An agency that is not listed").to_owned()
    }

    /// An entry by its id in text: a person of the case, a row of a plan.
    pub(super) fn entry(&self, id: &str) -> String {
        self.entries.get(id).cloned().unwrap_or_else(|| "something not shown here".into())
    }

    /// Who a record is for.
    pub(super) fn compartment(&self, compartment: &Compartment) -> String {
        match compartment {
            Compartment::Team => "For the team around the child".into(),
            Compartment::Agency(agency) => format!("For {} only", self.agency(agency)),
            Compartment::Protection => "For people named for protection only".into(),
        }
    }

    /// What a fact is about, after its name; empty for the record as a whole.
    pub(super) fn subject(&self, fact: Fact, subject: &str) -> String {
        match fact.subject() {
            _ if subject.is_empty() => String::new(),
            Subject::User => subject.parse().map_or_else(|_| subject.into(), |it| self.person(&it)),
            Subject::None | Subject::Entry | Subject::Word if subject == CHILD => {
                "the child".into()
            }
            Subject::None | Subject::Entry | Subject::Word => {
                let known = self.entries.get(subject).cloned();
                known.unwrap_or_else(|| match subject.parse::<EntryId>() {
                    Ok(_) => "somebody of the case".into(),
                    Err(_) => words::plain(subject),
                })
            }
        }
    }

    /// A fact's value; `label` is the framework's name for it.
    pub(super) fn value(&self, fact: Fact, value: &Value, label: Option<&str>) -> String {
        match (label, value) {
            (Some(label), _) => label.to_owned(),
            (None, Value::Text(text)) if fact == Fact::Consent => match text.parse() {
                Ok(scope) => self.consent(&scope),
                Err(_) => text.clone(),
            },
            (None, Value::Bytes(bytes)) if fact == Fact::RowAgency => {
                AgencyId::from_slice(bytes).map_or_else(|_| String::new(), |it| self.agency(&it))
            }
            (None, value) => self.field(fact.holds(), value),
        }
    }

    /// What an assertion is about: its fact, and of whom.
    pub(super) fn about(&self, said: &Assertion<'_>) -> String {
        let (subject, name) = (self.subject(said.fact, said.subject), words::fact(said.fact));
        if subject.is_empty() { name } else { format!("{name}: {subject}") }
    }

    /// What an assertion says, in the words of its framework; what is withheld stays so.
    pub(super) fn said(&self, said: &Assertion<'_>, merging: &Context<'_>) -> String {
        if merging.hides(said) {
            return "Withheld".into();
        }
        let label = said.framework().zip(said.value.as_text());
        let label = label.and_then(|(id, code)| merging.catalogue.label(id, said.fact, code));
        self.value(said.fact, said.value, label)
    }

    /// What somebody allows to be shared.
    pub(super) fn consent(&self, scope: &ConsentScope) -> String {
        match scope {
            ConsentScope::All => "Share with every agency on the case".into(),
            ConsentScope::None => "Share with nobody".into(),
            ConsentScope::AllExcept(agencies) => {
                let names: Vec<_> = agencies.iter().map(|it| self.agency(it)).collect();
                format!("Share with every agency except {}", names.join(", "))
            }
        }
    }

    /// A field's value by its type; bytes of sixteen are a person's id.
    pub(super) fn field(&self, holds: FieldType, value: &Value) -> String {
        match (holds, value) {
            (FieldType::Choice(_), Value::Text(text)) => words::plain(text),
            (FieldType::Date, Value::Text(text)) => {
                text.parse().map_or_else(|_| text.clone(), words::day)
            }
            (FieldType::Entry, Value::Text(text)) => self.entry(text),
            (_, Value::Text(text)) => text.clone(),
            (FieldType::Time, Value::Int(at)) => words::moment(sync_core::time::Timestamp(*at)),
            (_, Value::Int(number)) => number.to_string(),
            (_, Value::Bool(yes)) => words::yes(*yes).into(),
            (_, Value::Bytes(bytes)) => {
                UserId::from_slice(bytes).map_or_else(|_| String::new(), |it| self.person(&it))
            }
        }
    }
}

fn named(kind: Kind, entry: &Entry) -> Option<(String, String)> {
    let name = match kind {
        Kind::Case => {
            let person = Person::read(entry)?;
            format!("{} ({})", person.name, person.relation)
        }
        Kind::Plan => PlanRow::read(entry)?.need,
        _ => return None,
    };
    Some((entry.id.to_string(), name))
}

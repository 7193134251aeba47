//! A case's own record as a screen shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::merge::Context;
use crate::record::entry::Entry;
use crate::record::fold::Folded;
use crate::record::kind::Kind;
use crate::record::kinds::Contribution;
use crate::record::kinds::case::{Alias, Person, Relationship};
use crate::record::schema::{Fact, Subject, facts_of};
use crate::record::value::Value;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::Said;

/// A case's own record in one compartment.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What holds of the child or case as a whole, by the fact's name; only what anybody said.
    pub facts: BTreeMap<&'static str, Holds>,
    /// What holds of each giver, scheme, user or other subject, by the fact's name and the subject.
    pub by_subject: BTreeMap<&'static str, BTreeMap<String, Holds>>,
    /// Who belongs to the child.
    pub persons: Vec<PersonView>,
    /// What they are to each other.
    pub relationships: Vec<Said<Relationship>>,
    /// Other cases about the same child.
    pub aliases: Vec<Said<Alias>>,
}

/// A person of the case: as first written, and what holds now.
#[derive(Clone, Debug, Serialize)]
pub struct PersonView {
    /// The person as first written.
    pub began: Said<Person>,
    /// Their name now.
    pub name: Holds,
    /// Where they live.
    pub address: Holds,
    /// Their telephone.
    pub phone: Holds,
    /// Whether they have parental responsibility.
    pub parental_responsibility: Holds,
    /// How contact with them is restricted.
    pub contact_restriction: Holds,
}

impl Case {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        let persons = folded.entries_of(Person::COLLECTION);
        Self {
            header: Header::read(&parts),
            facts: facts(&parts),
            by_subject: by_subject(&parts),
            persons: persons.filter_map(|it| PersonView::read(it, &parts)).collect(),
            relationships: parts.all(),
            aliases: parts.all(),
        }
    }

    /// What holds of a fact about the child or case as a whole, if anybody said anything.
    #[must_use]
    pub fn fact(&self, fact: Fact) -> Option<&Holds> {
        self.facts.get(fact.name())
    }
}

fn facts(parts: &Parts<'_>) -> BTreeMap<&'static str, Holds> {
    let whole = facts_of(Kind::Case).iter().filter(|fact| fact.subject() == Subject::None);
    let said = whole.filter_map(|fact| {
        let holds = parts.by_subject(*fact).remove("")?;
        Some((fact.name(), holds))
    });
    said.collect()
}

fn by_subject(parts: &Parts<'_>) -> BTreeMap<&'static str, BTreeMap<String, Holds>> {
    let several = facts_of(Kind::Case).iter().filter(|fact| fact.subject() != Subject::None);
    let said = several.map(|fact| (fact.name(), parts.by_subject(*fact)));
    said.filter(|(_, subjects)| !subjects.is_empty()).collect()
}

impl PersonView {
    fn read(person: &Entry, parts: &Parts<'_>) -> Option<Self> {
        let began: Said<Person> = parts.said(person)?;
        let subject = person.id.to_string();
        let name = Value::from(began.says.name.as_str());
        let holds = |fact: Fact| parts.holds(fact, &subject, None);
        Some(Self {
            name: parts.holds(Fact::PersonName, &subject, Some(&name)),
            address: holds(Fact::Address),
            phone: holds(Fact::Phone),
            parental_responsibility: holds(Fact::ParentalResponsibility),
            contact_restriction: holds(Fact::ContactRestriction),
            began,
        })
    }
}

//! Whom to ring about a case, without signal: who leads it, and the numbers for when harm is suspected.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::device::Device;
use crate::framework;
use crate::ids::{CaseId, UserId};
use crate::protocol::message::{DirectoryLine, PersonLine};
use crate::record::kind::Compartment;
use crate::store::{Shelf, Store};
use crate::time::Timestamp;
use crate::view::header;

/// The number that answers always.
const EMERGENCY: &str = "emergency";
/// Whom to ring when harm is suspected, by a framework's codes, in this order.
const WHEN_HARM: [&str; 2] = [EMERGENCY, "duty"];

/// Whom to ring about a case.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Ring {
    /// Its lead professional; of a case that the phone finds in the directory only, whom that names. None
    /// if there is nobody, or nobody that the phone knows.
    pub lead: Option<Person>,
    /// When harm is suspected, the emergency number first.
    pub emergency: Vec<Contact>,
}

/// Somebody to ring.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Person {
    /// The person.
    pub user: UserId,
    /// Their name on screens.
    pub name: String,
    /// What they do in the case's cluster, by name.
    pub role: String,
    /// The agency they work for.
    pub agency: String,
    /// Where to ring; empty if nobody has said.
    pub phone: String,
}

/// A number to ring.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Contact {
    /// Who answers.
    pub name: String,
    /// The number, as it is dialled.
    pub number: String,
    /// When somebody answers, in words.
    pub when: String,
}

impl<S: Store> Device<S> {
    /// Whom to ring about a case, also of one that is only in the directory, and of one that this phone
    /// does not know: then there are the numbers alone. It never fails, since these are wanted whatever
    /// else the phone cannot do: what it cannot read is left out.
    #[must_use]
    pub fn whom_to_ring(&self, case: &CaseId, now: Timestamp) -> Ring {
        let case = self.case_now(*case).unwrap_or(*case);
        Ring { lead: self.lead(case), emergency: self.emergency(&case, now) }
    }

    /// The numbers to ring by a framework when harm is suspected, the emergency number first.
    #[must_use]
    pub fn numbers_of(&self, framework: &str, now: Timestamp) -> Vec<framework::Contact> {
        let contacts = self.edition(framework, now).map(|edition| edition.contacts.as_slice());
        let contacts = contacts.unwrap_or_default();
        let of_code = |code| contacts.iter().filter(move |it| it.code == code);
        WHEN_HARM.into_iter().flat_map(of_code).cloned().collect()
    }

    fn lead(&self, case: CaseId) -> Option<Person> {
        let line = self.line(&case);
        let known = self.store.records_of_case(&case).is_ok_and(|rows| !rows.is_empty());
        let team = self.own_record(case, Compartment::Team).ok().filter(|_| known);
        let lead = team.and_then(|team| header(&team, &self.merging(&case)).lead_professional);
        let line = line.as_ref();
        let user = lead.or_else(|| line?.ring)?;
        let people: Vec<_> = self.person_lines().ok()?.filter(|person| !person.gone).collect();
        person(user, line, &people)
    }

    fn line(&self, case: &CaseId) -> Option<DirectoryLine> {
        let bytes = self.store.item(Shelf::Directory, case.as_bytes()).ok().flatten()?;
        minicbor::decode(&bytes).ok()
    }

    fn emergency(&self, case: &CaseId, now: Timestamp) -> Vec<Contact> {
        if let Some(framework) = self.framework_in_use(case) {
            return self.numbers_of(&framework, now).into_iter().map(Contact::from).collect();
        }
        // Whose case it is nobody knows: what the user's own clusters ring, or what everybody may.
        let own: BTreeSet<&str> = self.frameworks.values().map(String::as_str).collect();
        let of = |framework: &str| self.numbers_of(framework, now);
        let numbers: Vec<_> = match own.is_empty() {
            false => own.into_iter().flat_map(of).collect(),
            true => {
                let all = self.catalogue.ids().flat_map(of);
                all.filter(|it| it.code == EMERGENCY).collect()
            }
        };
        without_doubles(numbers)
    }
}

/// Whom a line of the directory says to ring, among the people that the phone knows.
#[must_use]
pub fn of_line(line: &DirectoryLine, people: &[PersonLine]) -> Option<Person> {
    person(line.ring?, Some(line), people)
}

/// A person, by what they do in the case's cluster if they work in several.
fn person(user: UserId, line: Option<&DirectoryLine>, people: &[PersonLine]) -> Option<Person> {
    let mut theirs = people.iter().filter(|person| person.user == user);
    let here = |person: &&PersonLine| line.is_some_and(|line| line.cluster == person.cluster);
    theirs.clone().find(here).or_else(|| theirs.next()).map(Person::from)
}

/// Each number once, emergencies first.
fn without_doubles(mut numbers: Vec<framework::Contact>) -> Vec<Contact> {
    numbers.sort_by_key(|it| it.code != EMERGENCY);
    let mut told = BTreeSet::new();
    numbers.retain(|it| told.insert(it.number.clone()));
    numbers.into_iter().map(Contact::from).collect()
}

impl From<&PersonLine> for Person {
    fn from(line: &PersonLine) -> Self {
        Self {
            user: line.user,
            name: line.name.clone(),
            role: line.role.clone(),
            agency: line.agency_name.clone(),
            phone: line.phone.clone(),
        }
    }
}

impl From<framework::Contact> for Contact {
    fn from(contact: framework::Contact) -> Self {
        let framework::Contact { name, number, hours, .. } = contact;
        Self { name, number, when: hours }
    }
}

#[cfg(test)]
mod tests;

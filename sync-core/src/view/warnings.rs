//! What whoever goes to a house must know before they knock, also where the case's records come no
//! longer: withdrawn consent keeps nobody from knowing of the dog (ADR 25).

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::limits::WARNINGS_BYTES;
use crate::merge::{Context, InForce, Resolved, resolve_of};
use crate::record::fold::Folded;
use crate::record::kind::Compartment;
use crate::record::kinds::Contribution;
use crate::record::kinds::case::Person;
use crate::record::schema::Fact;

/// What warnings are read from.
const FACTS: [Fact; 4] =
    [Fact::Address, Fact::VisitRisk, Fact::ContactRestriction, Fact::PersonName];

/// Said in place of what does not fit.
const MORE: &str =
    "More is known than can be shown here. Read the case, or ring its lead professional.";

/// A case's warnings, as they travel and rest on a phone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Warnings {
    /// Risks to a visitor, the highest known first; none where nobody said any.
    #[n(0)]
    pub visit_risk: Vec<String>,
    /// With whom contact is restricted.
    #[n(1)]
    pub contact: Vec<RestrictedContact>,
    /// Whether an address is confidential: none of the case is shown but to named people.
    #[n(2)]
    pub address_withheld: bool,
}

/// A person with whom contact is restricted.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct RestrictedContact {
    /// Who, by name and by what they are to the child.
    #[n(0)]
    pub person: String,
    /// How, in the words of whoever said so; several where people disagree.
    #[n(1)]
    pub restriction: Vec<String>,
}

impl Warnings {
    /// Reads a case's warnings from its own records. Of what is for named people only, no more is told
    /// than that an address is not to be shown.
    #[must_use]
    pub fn read(own_records: &[&Folded], context: &Context<'_>) -> Self {
        let mut warnings = Self::default();
        for folded in own_records {
            let facts = resolve_of(&FACTS, &folded.entries, context);
            warnings.address_withheld |= facts.iter().any(is_withheld);
            if folded.envelope.compartment == Compartment::Team {
                warnings.visit_risk = visit_risk(&facts);
                warnings.contact = contact(folded, &facts);
            }
        }
        warnings
    }

    /// Whether there is nothing to warn of.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.visit_risk.is_empty() && self.contact.is_empty() && !self.address_withheld
    }
}

fn is_withheld(resolved: &Resolved<'_>) -> bool {
    resolved.fact == Fact::Address && resolved.in_force == InForce::Withheld
}

fn visit_risk(facts: &[Resolved<'_>]) -> Vec<String> {
    let said = facts.iter().find(|it| it.fact == Fact::VisitRisk).map(words).unwrap_or_default();
    said.into_iter().filter(|risk| risk != "none").collect()
}

fn contact(team: &Folded, facts: &[Resolved<'_>]) -> Vec<RestrictedContact> {
    let restricted = facts.iter().filter(|it| it.fact == Fact::ContactRestriction);
    let restricted = restricted.map(|it| RestrictedContact {
        person: person(team, facts, &it.subject),
        restriction: words(it),
    });
    fitted(restricted.filter(|it| !it.restriction.is_empty()))
}

/// As much as fits, and where that is not all, that there is more: one author's many words must not keep a whole
/// page, with everybody else's, from a phone.
fn fitted(all: impl Iterator<Item = RestrictedContact>) -> Vec<RestrictedContact> {
    let (mut fitted, mut room) = (Vec::new(), WARNINGS_BYTES);
    for mut it in all {
        let told = it.restriction.len();
        room = room.saturating_sub(it.person.len());
        it.restriction.retain(|words| {
            let fits = words.len() <= room;
            room = if fits { room - words.len() } else { 0 };
            fits
        });
        let is_cut = it.restriction.len() < told;
        it.restriction.extend(is_cut.then(|| MORE.to_owned()));
        fitted.push(it);
        if is_cut {
            break;
        }
    }
    fitted
}

fn person(team: &Folded, facts: &[Resolved<'_>], subject: &str) -> String {
    let entry = team.entries_of(Person::COLLECTION).find(|it| it.id.to_string() == subject);
    let Some(began) = entry.and_then(Person::read) else { return String::new() };
    let renamed = facts.iter().find(|it| it.fact == Fact::PersonName && it.subject == subject);
    let name = renamed.and_then(|it| words(it).into_iter().next()).unwrap_or(began.name);
    format!("{name} ({})", began.relation)
}

fn words(resolved: &Resolved<'_>) -> Vec<String> {
    let held = resolved.in_force.held().iter();
    held.filter_map(|held| held.value.as_text().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Catalogue;
    use crate::ids::{Actor, CaseId, EntryId, UserId};
    use crate::record::entry::Entry;
    use crate::record::envelope::Envelope;
    use crate::record::schema::{self, fact_field};
    use crate::record::value::Value;
    use crate::time::Timestamp;

    fn own(place: Compartment, entries: Vec<(u8, Vec<(u8, Value)>)>) -> Folded {
        let id = |seq: usize| EntryId { actor: Actor::from_bytes([7; 16]), seq: seq as u32, n: 0 };
        let entry = |(n, (collection, fields)): (usize, (u8, Vec<(u8, Value)>))| Entry {
            id: id(n + 1),
            collection,
            fields,
            replaces: Vec::new(),
            by: UserId::from_bytes([1; 16]),
            at: Timestamp(n as i64),
            clock_ahead_ms: 0,
            position: Some(n as u32 + 1),
            text: None,
        };
        let entries: Vec<_> = entries.into_iter().enumerate().map(entry).collect();
        let envelope = Envelope::of_case(CaseId::from_bytes([9; 16]), place);
        Folded { envelope, placed: entries.len(), entries }
    }

    fn said(fact: Fact, subject: &str, value: &str) -> (u8, Vec<(u8, Value)>) {
        let fields = vec![
            (fact_field::FACT, Value::Int(fact.code().into())),
            (fact_field::SUBJECT, subject.into()),
            (fact_field::VALUE, value.into()),
        ];
        (schema::FACTS, fields)
    }

    #[test]
    fn a_visitor_is_told_of_the_dog_and_of_whom_not_to_meet() {
        let father = (Person::COLLECTION, vec![(1, "Iain Roe".into()), (2, "father".into())]);
        let id = EntryId { actor: Actor::from_bytes([7; 16]), seq: 1, n: 0 }.to_string();
        let restricted = said(Fact::ContactRestriction, &id, "never alone with the child");
        let team = [father, restricted, said(Fact::VisitRisk, "", "dog")];
        let team = own(Compartment::Team, team.to_vec());
        let catalogue = Catalogue::shipped().unwrap();
        let warnings = Warnings::read(&[&team], &Context::new(&catalogue));
        assert_eq!(warnings.visit_risk, ["dog"]);
        let contact = RestrictedContact {
            person: "Iain Roe (father)".into(),
            restriction: vec!["never alone with the child".into()],
        };
        assert_eq!(warnings.contact, [contact]);
        assert!(!warnings.address_withheld);
        let bytes = minicbor::to_vec(&warnings).unwrap();
        assert_eq!(minicbor::decode::<Warnings>(&bytes).unwrap(), warnings);
    }

    #[test]
    fn of_what_is_for_named_people_only_that_an_address_is_withheld_is_told() {
        let mut refuge = said(Fact::Address, "child", "a refuge");
        refuge.1.push((fact_field::CONFIDENTIAL, true.into()));
        let hidden = [refuge, said(Fact::VisitRisk, "", "violence")];
        let hidden = own(Compartment::Protection, hidden.to_vec());
        let team = own(Compartment::Team, vec![said(Fact::Address, "child", "1 High Street")]);
        let catalogue = Catalogue::shipped().unwrap();
        let context = Context::new(&catalogue);
        assert!(Warnings::read(&[&team], &context).is_empty());
        let warnings = Warnings::read(&[&team, &hidden], &context);
        assert_eq!(warnings, Warnings { address_withheld: true, ..Warnings::default() });
    }

    #[test]
    fn no_risk_is_nothing_to_warn_of() {
        let team = own(Compartment::Team, vec![said(Fact::VisitRisk, "", "none")]);
        let catalogue = Catalogue::shipped().unwrap();
        assert!(Warnings::read(&[&team], &Context::new(&catalogue)).is_empty());
    }

    #[test]
    fn what_does_not_fit_is_said_to_be_there() {
        let people = (0..40).map(|n| {
            let name = format!("Iain {n}");
            (Person::COLLECTION, vec![(1, name.as_str().into()), (2, "uncle".into())])
        });
        let subject = |n: u32| EntryId { actor: Actor::from_bytes([7; 16]), seq: n + 1, n: 0 };
        let words = "x".repeat(4_000);
        let restricted =
            (0..40).map(|n| said(Fact::ContactRestriction, &subject(n).to_string(), &words));
        let team = own(Compartment::Team, people.chain(restricted).collect());
        let catalogue = Catalogue::new();
        let contact = Warnings::read(&[&team], &Context::new(&catalogue)).contact;
        assert_eq!(contact.len(), 9, "eight with all that is said, and that there are more");
        assert_eq!(contact[7].restriction, [words]);
        assert_eq!(contact[8].restriction, [MORE]);
    }
}

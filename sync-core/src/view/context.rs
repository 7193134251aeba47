//! A case as far as access depends on it, read from its own records.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AgencyId, CaseId, ClusterId, UserId};
use crate::merge::{Context, InForce, Resolved, combine_consent, consents, resolve_of};
use crate::policy::{CaseContext, Member, MemberState};
use crate::record::fold::Folded;
use crate::record::kind::Compartment;
use crate::record::schema::Fact;
use crate::record::value::Value;
use crate::time::Timestamp;

/// The agency of each person that the reader knows of.
pub type People = BTreeMap<UserId, AgencyId>;

/// What access depends on: everything that [`note`] takes.
const FACTS: [Fact; 6] = [
    Fact::Member,
    Fact::LeadProfessional,
    Fact::NamedPerson,
    Fact::Shielded,
    Fact::Excluded,
    Fact::Named,
];

/// Reads a case's context from its own records, one a compartment in use. A phone gives those that
/// it has. `agencies` are the agencies whose compartment has any record; `now` is for ages only.
#[must_use]
pub fn case_context(
    case: CaseId,
    cluster: ClusterId,
    own_records: &[&Folded],
    agencies: &BTreeSet<AgencyId>,
    people: &People,
    merging: &Context<'_>,
    now: Timestamp,
) -> CaseContext {
    let mut context = CaseContext::new(case, cluster);
    context.agencies_with_records.clone_from(agencies);
    for folded in own_records {
        if folded.envelope.compartment == Compartment::Team {
            context.creator = folded.entries.first().map(|entry| entry.by);
            context.withheld_agencies = withheld(folded, people, merging, now);
        }
        for resolved in resolve_of(&FACTS, &folded.entries, merging) {
            note(&mut context, &resolved, folded.envelope.compartment, people);
        }
    }
    let named = context.named_person.iter().filter_map(|user| people.get(user)).copied();
    let members = context.members.values().map(|member| member.agency);
    context.agencies_on_case = members.chain(named).collect();
    context
}

fn note(
    context: &mut CaseContext,
    resolved: &Resolved<'_>,
    compartment: Compartment,
    people: &People,
) {
    let subject = resolved.subject.parse::<UserId>().ok();
    let user = |value: &Value| value.as_bytes().and_then(|bytes| UserId::from_slice(bytes).ok());
    let one = || resolved.in_force.one().map(|held| &held.value);
    match (resolved.fact, subject) {
        (Fact::Member, Some(user)) => {
            let state = match one().and_then(Value::as_text) {
                Some("member") => MemberState::Member,
                Some("provisional") => MemberState::Provisional,
                _ => return,
            };
            if let Some(agency) = people.get(&user) {
                context.members.insert(user, Member { state, agency: *agency });
            }
        }
        (Fact::LeadProfessional, _) => context.lead_professional = one().and_then(user),
        // Who does not work here any more is in no team.
        (Fact::NamedPerson, _) => {
            context.named_person = one().and_then(user).filter(|user| people.contains_key(user));
        }
        (Fact::Shielded, _) => {
            context.shielded |= one().and_then(Value::as_bool).unwrap_or(false);
        }
        (Fact::Excluded, Some(user)) if one() == Some(&Value::Bool(true)) => {
            context.excluded.insert(user);
        }
        (Fact::Named, Some(user))
            if one() == Some(&Value::Bool(true)) && compartment == Compartment::Protection =>
        {
            context.named.insert(user);
        }
        _ => {}
    }
}

/// Agencies that consent does not cover: of those who could be in the team at all.
fn withheld(
    folded: &Folded,
    people: &People,
    merging: &Context<'_>,
    now: Timestamp,
) -> BTreeSet<AgencyId> {
    let givers = consents(&folded.entries, merging);
    if givers.is_empty() {
        return BTreeSet::new();
    }
    let framework = merging.framework.and_then(|id| merging.catalogue.editions(id).next());
    let rule = framework.and_then(|framework| framework.consent.as_ref());
    let combined = combine_consent(&givers, child_age_years(folded, merging, now), rule);
    let Some(scope) = combined.scope else { return BTreeSet::new() };
    people.values().filter(|agency| !scope.allows(agency)).copied().collect()
}

/// The child's age in whole years, if one day of birth is in force.
#[must_use]
pub fn child_age_years(folded: &Folded, merging: &Context<'_>, now: Timestamp) -> Option<u32> {
    let resolved = resolve_of(&[Fact::BirthDate], &folded.entries, merging);
    let born = resolved.first()?;
    let InForce::Several(held) = &born.in_force else {
        return years(born.in_force.one()?.value.as_text()?, now);
    };
    // Of rival days the latest: a child is not presumed capable in doubt. Where one gives no age, as a day that has
    // not come yet does, nobody knows.
    let ages: Option<Vec<u32>> =
        held.iter().map(|held| years(held.value.as_text()?, now)).collect();
    ages?.into_iter().min()
}

fn years(born: &str, now: Timestamp) -> Option<u32> {
    let born: crate::time::Date = born.parse().ok()?;
    let days = now.since_ms(born.start()) / Timestamp::DAY_MS;
    u32::try_from(days * 4 / 1461).ok()
}

#[cfg(test)]
mod tests;

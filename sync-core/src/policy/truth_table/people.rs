//! Everybody whom the table asks about: each role, each way to stand to the case, each agency's part
//! in it; and the case in each state.

use std::collections::BTreeSet;

use crate::ids::{AgencyId, CaseId, ClusterId, UserId};
use crate::policy::{CaseContext, Member, MemberState, Principal, Role};
use crate::view::join;

pub(super) const HERE: ClusterId = ClusterId::from_bytes([1; 16]);
pub(super) const ELSEWHERE: ClusterId = ClusterId::from_bytes([2; 16]);
/// Somebody who works for health and is in the team; the others are measured against them.
pub(super) const SOMEBODY: UserId = UserId::from_bytes([250; 16]);
/// Who asks.
pub(super) const ME: UserId = UserId::from_bytes([1; 16]);

/// Health and social work are on the case; housing only left a record; police have no part in it.
pub(super) const AGENCIES: [&str; 4] = ["health", "social-work", "housing", "police"];

/// Roles in the case's cluster: none, each, those that one person may well hold together, and those
/// that bar whatever else one is. A role in the next cluster only is `elsewhere`.
pub(super) const ROLES: &[&[Role]] = &[
    &[],
    &[Role::Practitioner],
    &[Role::AgencyLead],
    &[Role::ClusterLead],
    &[Role::Deputy],
    &[Role::Duty],
    &[Role::Designated],
    &[Role::Chief],
    &[Role::Governance],
    &[Role::Admin],
    &[Role::Practitioner, Role::AgencyLead],
    &[Role::Practitioner, Role::Duty],
    &[Role::Practitioner, Role::Designated],
    &[Role::Practitioner, Role::Governance],
    &[Role::AgencyLead, Role::ClusterLead],
    &[Role::Practitioner, Role::Admin],
    &[Role::ClusterLead, Role::Chief],
];

/// How a person stands to the case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// None: a stranger, or somebody who was removed from the team.
    None,
    /// Began the case and nobody confirmed them.
    Provisional,
    Member,
    LeadProfessional,
    /// The named person of the universal service.
    NamedPerson,
    /// A member who is named to protection.
    MemberNamed,
    /// Named to protection and not in the team.
    NamedOnly,
    /// In the team of another case of the same child, to which this one is joined.
    InJoinedTeam,
}

pub(super) const PARTS: [Part; 8] = [
    Part::None,
    Part::Provisional,
    Part::Member,
    Part::LeadProfessional,
    Part::NamedPerson,
    Part::MemberNamed,
    Part::NamedOnly,
    Part::InJoinedTeam,
];

/// What is so of the case. Closed and open cases have the same context: closing one takes no right
/// away. Re-homed records are the gate's (`moved_elsewhere`), not the policy's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Plain,
    /// Consent does not cover the asking person's agency.
    Withheld,
    /// Consent was withdrawn: it covers nobody's agency.
    WithdrawnForAll,
    /// Consent does not cover some other agency.
    WithheldFromAnother,
    Shielded,
    /// The case that this one is joined to is shielded.
    JoinedToShielded,
    /// The asking person is excluded.
    Excluded,
    /// Somebody else is.
    AnotherExcluded,
    /// No lead professional is in force.
    NoLead,
    /// Nobody is named to protection, but perhaps who asks.
    NobodyElseNamed,
    /// Shielded, withheld.
    ShieldedAndWithheld,
}

pub(super) const STATES: [State; 11] = [
    State::Plain,
    State::Withheld,
    State::WithdrawnForAll,
    State::WithheldFromAnother,
    State::Shielded,
    State::JoinedToShielded,
    State::Excluded,
    State::AnotherExcluded,
    State::NoLead,
    State::NobodyElseNamed,
    State::ShieldedAndWithheld,
];

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Person {
    pub(super) roles: &'static [Role],
    /// Whether the roles are those of the next cluster.
    pub(super) elsewhere: bool,
    pub(super) agency: &'static str,
    pub(super) part: Part,
}

/// Everybody.
pub(super) fn everybody() -> impl Iterator<Item = Person> {
    let here = ROLES.iter().flat_map(|roles| {
        AGENCIES
            .into_iter()
            .flat_map(|agency| PARTS.map(|part| Person { roles, elsewhere: false, agency, part }))
    });
    let elsewhere = PARTS.into_iter().map(|part| Person {
        roles: &[Role::Practitioner, Role::ClusterLead],
        elsewhere: true,
        agency: "health",
        part,
    });
    here.chain(elsewhere)
}

impl Person {
    pub(super) fn principal(&self) -> Principal {
        let cluster = if self.elsewhere { ELSEWHERE } else { HERE };
        let nobody = Principal::new(ME, AgencyId::from_slug(self.agency));
        self.roles.iter().fold(nobody, |it, role| it.with(cluster, *role))
    }
}

/// The case as it stands to a person, in a state.
pub(super) fn case(person: &Person, state: State) -> CaseContext {
    let agency = AgencyId::from_slug;
    let member = |state, slug| Member { state, agency: agency(slug) };
    let mut case = CaseContext::new(CaseId::from_bytes([9; 16]), HERE);
    let (lead, named) = (UserId::from_bytes([251; 16]), UserId::from_bytes([252; 16]));
    case.members.insert(SOMEBODY, member(MemberState::Member, "health"));
    case.members.insert(lead, member(MemberState::Member, "social-work"));
    case.lead_professional = Some(lead);
    if state != State::NobodyElseNamed {
        case.named.insert(named);
    }
    case.agencies_on_case = ["health", "social-work"].map(agency).into();
    case.agencies_with_records = [agency("housing")].into();
    let own = |state| member(state, person.agency);
    match person.part {
        Part::None | Part::NamedOnly | Part::InJoinedTeam => {}
        Part::NamedPerson => case.named_person = Some(ME),
        Part::Provisional => {
            case.members.insert(ME, own(MemberState::Provisional));
        }
        Part::Member | Part::LeadProfessional | Part::MemberNamed => {
            case.members.insert(ME, own(MemberState::Member));
        }
    }
    if person.part == Part::LeadProfessional {
        case.lead_professional = Some(ME);
    }
    if matches!(person.part, Part::MemberNamed | Part::NamedOnly) {
        case.named.insert(ME);
    }
    put_in_state(&mut case, person, state);
    join(&mut case, &other_case(person, state));
    case
}

fn put_in_state(case: &mut CaseContext, person: &Person, state: State) {
    let all: BTreeSet<_> = AGENCIES.map(AgencyId::from_slug).into();
    let own = AgencyId::from_slug(person.agency);
    match state {
        State::Plain | State::JoinedToShielded | State::NobodyElseNamed => {}
        State::Withheld => drop(case.withheld_agencies.insert(own)),
        State::WithdrawnForAll => case.withheld_agencies = all,
        State::WithheldFromAnother => {
            case.withheld_agencies = all.into_iter().filter(|it| *it != own).take(1).collect();
        }
        State::Shielded => case.shielded = true,
        State::Excluded => drop(case.excluded.insert(ME)),
        State::AnotherExcluded => drop(case.excluded.insert(UserId::from_bytes([253; 16]))),
        State::NoLead => case.lead_professional = None,
        State::ShieldedAndWithheld => {
            case.shielded = true;
            case.withheld_agencies.insert(own);
        }
    }
}

/// The other case of the same child, in whose team somebody may be.
fn other_case(person: &Person, state: State) -> CaseContext {
    let mut other = CaseContext::new(CaseId::from_bytes([10; 16]), HERE);
    if person.part == Part::InJoinedTeam {
        let agency = AgencyId::from_slug(person.agency);
        other.members.insert(ME, Member { state: MemberState::Member, agency });
        other.agencies_on_case.insert(agency);
    }
    other.shielded = state == State::JoinedToShielded;
    other
}

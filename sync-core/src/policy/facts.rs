//! Rules of assertions: who may say what of a case, and who settles what people disagree about.

use crate::ids::{AgencyId, UserId};
use crate::policy::standing::Standing;
use crate::policy::{Allowed, Denied, Ground, RecordFacts, Verdict};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::{Fact, facts_of};
use crate::record::value::Value;

/// An assertion that somebody wants to make.
pub(super) struct Claim<'a> {
    fact: Fact,
    subject: Option<UserId>,
    value: &'a Value,
    confidential: bool,
}

impl<'a> Claim<'a> {
    pub(super) const fn new(
        fact: Fact,
        subject: Option<UserId>,
        value: &'a Value,
        confidential: bool,
    ) -> Self {
        Self { fact, subject, value, confidential }
    }
}

pub(super) fn assert(standing: &Standing<'_>, record: &RecordFacts, claim: &Claim<'_>) -> Verdict {
    if !facts_of(record.kind).contains(&claim.fact) {
        return Err(Denied::WrongKind);
    }
    let ground = match record.kind {
        Kind::Case => assert_of_case(standing, record, claim),
        Kind::Concern => assert_of_concern(standing, record, claim),
        _ => standing.open_record(record),
    }?;
    Ok(Allowed::on(ground))
}

fn assert_of_case(
    standing: &Standing<'_>,
    record: &RecordFacts,
    claim: &Claim<'_>,
) -> Result<Ground, Denied> {
    if belongs_to_team(claim.fact) && record.compartment != Compartment::Team {
        standing.open_record(record)?;
        return Err(Denied::TeamOnly);
    }
    match claim.fact {
        Fact::Member => change_team(standing, claim),
        // A named person is in the team: naming one opens the case, like adding a member.
        Fact::Stage | Fact::LeadProfessional | Fact::NamedPerson => lead_decides(standing),
        Fact::Shielded => shield(standing, claim),
        Fact::Named | Fact::Excluded => change_named(standing, record, claim),
        Fact::Address if claim.confidential => confidential_address(standing, record),
        _ => standing.open_record(record),
    }
}

/// Facts that access hangs on have one place, which everybody with access sees.
const fn belongs_to_team(fact: Fact) -> bool {
    matches!(
        fact,
        Fact::Member
            | Fact::Stage
            | Fact::LeadProfessional
            | Fact::NamedPerson
            | Fact::Shielded
            | Fact::Consent
            | Fact::CaseState
    )
}

fn change_team(standing: &Standing<'_>, claim: &Claim<'_>) -> Result<Ground, Denied> {
    let (Some(subject), Some(state)) = (claim.subject, claim.value.as_text()) else {
        return Err(Denied::WrongKind);
    };
    let oneself = subject == standing.principal.user;
    if oneself && standing.in_team && state == "left" {
        return Ok(Ground::Team);
    }
    let ground = standing.open(Compartment::Team)?;
    let says_what_is = oneself && standing.provisional && state == "provisional";
    let leads = standing.cluster_lead && standing.case.lead_in_force().is_none();
    if says_what_is || standing.lead_professional {
        Ok(ground)
    } else if leads {
        Ok(Ground::ClusterLead)
    } else {
        Err(Denied::LeadAddsMembers)
    }
}

fn lead_decides(standing: &Standing<'_>) -> Result<Ground, Denied> {
    standing.open(Compartment::Team)?;
    if standing.lead_professional {
        Ok(Ground::LeadProfessional)
    } else if standing.cluster_lead {
        Ok(Ground::ClusterLead)
    } else {
        Err(Denied::LeadOnly)
    }
}

/// Shielding narrows, so whoever asserts facts may; lifting it widens.
fn shield(standing: &Standing<'_>, claim: &Claim<'_>) -> Result<Ground, Denied> {
    let ground = standing.open(Compartment::Team)?;
    let shields = claim.value.as_bool().ok_or(Denied::WrongKind)?;
    if shields || standing.named {
        return Ok(ground);
    }
    // Asked first, so that the answer tells nobody else whether somebody is named.
    let lead = lead_decides(standing)?;
    if standing.case.named.is_empty() { Ok(lead) } else { Err(Denied::NamedOnly) }
}

/// The list of named and excluded people is in protection, for named people.
fn change_named(
    standing: &Standing<'_>,
    record: &RecordFacts,
    claim: &Claim<'_>,
) -> Result<Ground, Denied> {
    if record.compartment != Compartment::Protection {
        standing.open_record(record)?;
        return Err(Denied::ProtectionOnly);
    }
    let subject = claim.subject.ok_or(Denied::WrongKind)?;
    let yes = claim.value.as_bool().ok_or(Denied::WrongKind)?;
    let names = claim.fact == Fact::Named && yes;
    if names && subject == standing.principal.user && !standing.named {
        return Err(Denied::NotByOneself);
    }
    let first = standing.case.named.is_empty() && standing.cluster_lead;
    if standing.named {
        Ok(Ground::Named)
    } else if names && first {
        Ok(Ground::ClusterLead)
    } else {
        Err(Denied::NamedOnly)
    }
}

/// Whoever learns of a refuge must be able to put it away, even where they cannot read it again.
fn confidential_address(standing: &Standing<'_>, record: &RecordFacts) -> Result<Ground, Denied> {
    if record.compartment == Compartment::Protection {
        standing.open(Compartment::Protection).or_else(|_| standing.open(Compartment::Team))
    } else {
        standing.open_record(record)?;
        Err(Denied::ProtectionOnly)
    }
}

fn assert_of_concern(
    standing: &Standing<'_>,
    record: &RecordFacts,
    claim: &Claim<'_>,
) -> Result<Ground, Denied> {
    let widens_alarm = claim.value.as_bool() == Some(true) || claim.value.as_text() == Some("open");
    let open = standing.open_record(record);
    // A "no" beside a yes never hides it; replacing a yes is another action.
    let says_what_was_seen = widens_alarm || claim.fact == Fact::HarmSuspected;
    if says_what_was_seen && standing.raised(record) {
        return open.or(Ok(Ground::Author));
    }
    let ground = open?;
    if claim.fact == Fact::ConcernState && !widens_alarm {
        return closes(standing, record);
    }
    Ok(ground)
}

/// Closing a concern clears its harm flag.
fn closes(standing: &Standing<'_>, record: &RecordFacts) -> Result<Ground, Denied> {
    let leads = standing.lead_professional && record.compartment == Compartment::Team;
    let reviewer = standing.reviews(record.compartment);
    reviewer.or(leads.then_some(Ground::LeadProfessional)).ok_or(Denied::LeadOnly)
}

/// Either team sees the other's records when both sides have said so.
pub(super) fn join(standing: &Standing<'_>, record: &RecordFacts, undone: bool) -> Verdict {
    if record.kind != Kind::Case {
        return Err(Denied::WrongKind);
    }
    standing.open_record(record)?;
    if record.compartment != Compartment::Team {
        return Err(Denied::TeamOnly);
    }
    match (undone, standing.lead_professional) {
        (true, _) => lead_decides(standing).map(Allowed::on),
        (false, false) => Err(Denied::LeadProfessionalOnly),
        (false, true) if standing.case.shielded => Err(Denied::ShieldedStaysAlone),
        (false, true) => Ok(Allowed::on(Ground::LeadProfessional)),
    }
}

pub(super) fn settle(
    standing: &Standing<'_>,
    record: &RecordFacts,
    fact: Fact,
    all_rivals_own: bool,
) -> Verdict {
    if !facts_of(record.kind).contains(&fact) {
        return Err(Denied::WrongKind);
    }
    let ground = standing.open_record(record)?;
    if belongs_to_team(fact) && record.compartment != Compartment::Team {
        return Err(Denied::TeamOnly);
    }
    if !fact.is_safety() {
        return Err(Denied::AssertInstead);
    }
    if fact == Fact::HarmSuspected {
        return Err(Denied::HarmYesStays);
    }
    if let Some(reviewer) = standing.reviews(record.compartment) {
        return Ok(Allowed::on(reviewer));
    }
    if !all_rivals_own {
        return Err(Denied::NotYourConflict);
    }
    match fact {
        Fact::Stage | Fact::LeadProfessional => lead_decides(standing).map(Allowed::on),
        _ => Ok(Allowed::on(ground)),
    }
}

/// For the social work lead, the designated officer and the cluster lead, where they may read the concern
/// at all; never for the author of the value that the yes is in conflict with.
pub(super) fn replace_harm_yes(
    standing: &Standing<'_>,
    record: &RecordFacts,
    author_of_rival: bool,
) -> Verdict {
    if record.kind != Kind::Concern {
        return Err(Denied::WrongKind);
    }
    standing.open_record(record)?;
    let social_work = standing.principal.agency == AgencyId::from_slug("social-work");
    let ground = if standing.cluster_lead {
        Ground::ClusterLead
    } else if standing.agency_lead && social_work {
        Ground::AgencyLead
    } else if standing.designated {
        Ground::Designated
    } else {
        return Err(Denied::HarmYesStays);
    };
    if author_of_rival { Err(Denied::AuthorOfRival) } else { Ok(Allowed::on(ground)) }
}

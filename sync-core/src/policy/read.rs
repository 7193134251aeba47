//! Rules of reading: what a person is granted, and what they may open beyond it.

use crate::ids::ClusterId;
use crate::policy::standing::Standing;
use crate::policy::{
    Allowed, CaseContext, Denied, Door, Ground, Principal, RecordFacts, Role, Verdict,
};
use crate::record::kind::{Compartment, Kind};

/// The compartments of a case that `principal` receives now, without asking: what the server grants
/// and revokes. An agency's compartment is the principal's own.
///
/// Single records beside these (one's own concern, a broken glass) are [`crate::policy::decide`]'s.
#[must_use]
pub fn readable_scopes(principal: &Principal, case: &CaseContext) -> Vec<Compartment> {
    let standing = Standing::of(principal, case);
    let own = Compartment::Agency(principal.agency);
    let granted = |compartment: &Compartment| standing.open(*compartment).is_ok();
    let candidates = [Compartment::Team, own, Compartment::Protection];
    candidates.into_iter().filter(|it| standing.visible && granted(it)).collect()
}

/// Whether the case has an entry in the directory of `principal`: name, school, whom to ring, and,
/// unless a concern is in protection, the harm flag.
#[must_use]
pub fn sees_directory(principal: &Principal, case: &CaseContext) -> bool {
    Standing::of(principal, case).visible
}

/// Whether the audit's rows of the case are shown to `principal`: information governance of its cluster,
/// unless they are excluded from it. Of a shielded case, too, whose rows hold an id and no name: who
/// looked at it must be found.
#[must_use]
pub fn sees_audit(principal: &Principal, case: &CaseContext) -> bool {
    principal.is(Role::Governance, case.cluster) && !case.excluded.contains(&principal.user)
}

/// Whether `principal` may say that nothing of the case may be erased, and take that back: information
/// governance of its cluster, as far as they may know of the case.
///
/// # Errors
/// [`Denied::NotFound`] for whoever may not know of the case, [`Denied::NotYourRole`] for others.
pub fn may_hold(principal: &Principal, case: &CaseContext) -> Verdict {
    let standing = Standing::of(principal, case);
    match (standing.visible, standing.governance) {
        (true, true) => Ok(Allowed::on(Ground::Governance)),
        (true, false) => Err(Denied::NotYourRole),
        (false, _) => Err(Denied::NotFound),
    }
}

/// Whether `principal` is told who broke the glass to the case's team records: the team, and the
/// cluster lead, also where consent withholds the records from the lead's own agency.
#[must_use]
pub fn hears_of_glass(principal: &Principal, case: &CaseContext) -> bool {
    let standing = Standing::of(principal, case);
    let reads = standing.open(Compartment::Team).is_ok();
    standing.visible && (reads || standing.in_team || standing.cluster_lead)
}

/// What a duty officer is told of an alarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlarmSight {
    /// Nothing: no duty officer of the cluster, or one who may see nothing of the case.
    Hidden,
    /// That harm is suspected, and whom to ring: the case is shielded, or nobody has begun it yet.
    Bare,
    /// Whose case it is, too.
    WithCase,
}

/// How much of an alarm in `cluster` is shown to `principal`. An alarm reaches the duty officer whatever
/// queue its record is in, but never somebody who is excluded from the case.
#[must_use]
pub fn alarm_sight(
    principal: &Principal,
    cluster: &ClusterId,
    case: Option<&CaseContext>,
) -> AlarmSight {
    let excluded = case.is_some_and(|case| case.excluded.contains(&principal.user));
    if !principal.is(Role::Duty, *cluster) || principal.is_barred() || excluded {
        AlarmSight::Hidden
    } else if case.is_some_and(|case| sees_directory(principal, case)) {
        AlarmSight::WithCase
    } else {
        AlarmSight::Bare
    }
}

pub(super) fn read(standing: &Standing<'_>, record: &RecordFacts, door: Door) -> Verdict {
    let ground = match door {
        Door::Standing => read_as_granted(standing, record)?,
        Door::Glass if record.compartment == Compartment::Team => through_glass(standing)?,
        Door::Glass => return Err(Denied::NotFound),
        Door::Request if standing.governance => Ground::Governance,
        Door::Request => return Err(Denied::NotYourRole),
    };
    Ok(Allowed::on(ground))
}

fn read_as_granted(standing: &Standing<'_>, record: &RecordFacts) -> Result<Ground, Denied> {
    let referral = matches!(record.kind, Kind::Concern | Kind::Request) && standing.works();
    standing.open_record(record).or_else(|denied| {
        if referral && standing.referred(record) {
            Ok(Ground::Author)
        } else if standing.governance {
            Err(Denied::OnRequestOnly)
        } else {
            Err(denied)
        }
    })
}

pub(super) fn break_glass(standing: &Standing<'_>) -> Verdict {
    match standing.open(Compartment::Team) {
        Ok(_) => Err(Denied::AlreadyOpen),
        Err(_) => through_glass(standing).map(Allowed::on),
    }
}

/// The duty officer acts for the authority, not for an agency that consent may not cover.
fn through_glass(standing: &Standing<'_>) -> Result<Ground, Denied> {
    if standing.duty || (standing.practitioner && !standing.withheld) {
        Ok(Ground::Glass)
    } else {
        Err(Denied::NoGlass)
    }
}

pub(super) fn see_conflict(standing: &Standing<'_>, record: &RecordFacts) -> Verdict {
    standing.open_record(record).map(Allowed::on)
}

/// The cluster lead sees number and age for agencies, and nothing of protection.
pub(super) fn see_count(standing: &Standing<'_>, compartment: Compartment) -> Verdict {
    let ground = standing.open(compartment).or_else(|denied| match compartment {
        Compartment::Agency(_) if standing.cluster_lead => Ok(Ground::ClusterLead),
        _ => Err(denied),
    })?;
    Ok(Allowed::on(ground))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AgencyId, CaseId, UserId};
    use crate::policy::{Action, decide};

    const HERE: ClusterId = ClusterId::from_bytes([1; 16]);

    fn somebody(n: u8, cluster: ClusterId, role: Role) -> Principal {
        let user = UserId::from_bytes([n; 16]);
        Principal::new(user, AgencyId::from_slug("health")).with(cluster, role)
    }

    #[test]
    fn a_case_is_held_by_information_governance_that_may_know_of_it_and_nobody_else() {
        let author = somebody(1, HERE, Role::Practitioner);
        let case = CaseContext::begun_by(&author, CaseId::from_bytes([2; 16]), HERE);
        for role in Role::ALL {
            let held = may_hold(&somebody(3, HERE, role), &case);
            assert_eq!(held.is_ok(), role == Role::Governance, "{role}");
        }
        let governance = somebody(3, HERE, Role::Governance);
        let elsewhere = somebody(3, ClusterId::from_bytes([9; 16]), Role::Governance);
        assert_eq!(may_hold(&elsewhere, &case), Err(Denied::NotFound));
        let shielded = CaseContext { shielded: true, ..case.clone() };
        assert_eq!(may_hold(&governance, &shielded), Err(Denied::NotFound));
        let mut excluding = case;
        excluding.excluded.insert(governance.user);
        assert_eq!(may_hold(&governance, &excluding), Err(Denied::NotFound));
    }

    #[test]
    fn whose_concern_was_moved_reads_on_and_who_moved_it_does_not() {
        let author = somebody(1, HERE, Role::Practitioner);
        let mover = somebody(2, HERE, Role::ClusterLead);
        let case = CaseContext::begun_by(&author, CaseId::from_bytes([2; 16]), HERE);
        let reads = |who: &Principal, kind| {
            let (created_by, referred_by) = (Some(mover.user), Some(author.user));
            let compartment = Compartment::Protection;
            let record = RecordFacts { kind, compartment, created_by, referred_by };
            let read = Action::Read { door: Door::Standing };
            decide(who, &case, Some(&record), &read).map(|allowed| allowed.ground)
        };
        for kind in [Kind::Concern, Kind::Request] {
            assert_eq!(reads(&author, kind), Ok(Ground::Author));
            assert_eq!(reads(&mover, kind), Err(Denied::NotFound));
        }
        assert_eq!(reads(&author, Kind::Visit), Err(Denied::NotFound));
    }
}

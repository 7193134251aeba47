//! Rules of phones and posts: no case, no record.

use crate::ids::{ClusterId, UserId};
use crate::policy::{Allowed, Denied, Ground, Principal, Role, Verdict};

/// Whether `principal` may mark a phone of `owner`, who has posts in `clusters`, as retired or stolen,
/// or take that back: the owner, who leads one of the clusters or stands in for its lead, and its
/// administrators.
///
/// # Errors
/// [`Denied::NotFound`]: whoever may not mark a phone learns nothing of it.
pub fn may_mark_device(principal: &Principal, owner: UserId, clusters: &[ClusterId]) -> Verdict {
    let is = |role| clusters.iter().any(|cluster| principal.is(role, *cluster));
    if principal.user == owner {
        Ok(Allowed::on(Ground::Own))
    } else if is(Role::ClusterLead) || is(Role::Deputy) {
        Ok(Allowed::on(Ground::ClusterLead))
    } else if is(Role::Admin) {
        Ok(Allowed::on(Ground::Admin))
    } else {
        Err(Denied::NotFound)
    }
}

/// Whether `principal` may say that a phone of `owner` was not stolen after all. Never its user: whoever
/// took it may have their password, too.
///
/// # Errors
/// [`Denied::NotYourRole`] for its user; [`Denied::NotFound`] for whoever may not mark it at all.
pub fn may_clear_stolen(principal: &Principal, owner: UserId, clusters: &[ClusterId]) -> Verdict {
    match may_mark_device(principal, owner, clusters)?.ground {
        Ground::Own => Err(Denied::NotYourRole),
        ground => Ok(Allowed::on(ground)),
    }
}

/// Whether `principal` may know that phones reported stolen in `cluster` sent something, and when;
/// never what.
///
/// # Errors
/// [`Denied::NotYourRole`]
pub fn may_count_untrusted(principal: &Principal, cluster: ClusterId) -> Verdict {
    match principal.is(Role::Governance, cluster) {
        true => Ok(Allowed::on(Ground::Governance)),
        false => Err(Denied::NotYourRole),
    }
}

/// Whether a post with this role takes two people: one who proposes it and an administrator who
/// confirms. All do but a practitioner's: an agency's lead reads records, a chief officer is barred from
/// every case, and one administrator could otherwise make the second.
#[must_use]
pub const fn takes_two(role: Role) -> bool {
    match role {
        Role::AgencyLead
        | Role::ClusterLead
        | Role::Deputy
        | Role::Duty
        | Role::Designated
        | Role::Chief
        | Role::Governance
        | Role::Admin => true,
        Role::Practitioner => false,
    }
}

/// Whether `principal` may see and propose posts in `cluster`.
///
/// # Errors
/// [`Denied::NotYourRole`]
pub fn may_propose_post(principal: &Principal, cluster: ClusterId) -> Verdict {
    match principal.is(Role::Admin, cluster) {
        true => Ok(Allowed::on(Ground::Admin)),
        false => Err(Denied::NotYourRole),
    }
}

/// Whether `principal` may confirm a post in `cluster` for `person` that `proposer` proposed; nobody
/// for what the server's own command proposed. The second person is neither the first nor whom it is
/// about.
///
/// # Errors
/// [`Denied::NotYourRole`]
pub fn may_confirm_post(
    principal: &Principal,
    cluster: ClusterId,
    person: UserId,
    proposer: Option<UserId>,
) -> Verdict {
    let is_another = principal.user != person && proposer != Some(principal.user);
    may_propose_post(principal, cluster)
        .and_then(|allowed| if is_another { Ok(allowed) } else { Err(Denied::NotYourRole) })
}

/// Whether `principal` may end `person`'s post with this role in `cluster`, which has so many
/// administrators. One is enough to take away; but nobody leaves a cluster without an administrator by
/// ending their own post.
///
/// # Errors
/// [`Denied::NotYourRole`]
pub fn may_end_post(
    principal: &Principal,
    cluster: ClusterId,
    (person, role): (UserId, Role),
    administrators: usize,
) -> Verdict {
    let is_last = role == Role::Admin && principal.user == person && administrators < 2;
    may_propose_post(principal, cluster)
        .and_then(|allowed| if is_last { Err(Denied::NotYourRole) } else { Ok(allowed) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AgencyId;

    const HERE: ClusterId = ClusterId::from_bytes([1; 16]);
    const ELSEWHERE: ClusterId = ClusterId::from_bytes([2; 16]);
    const OWNER: UserId = UserId::from_bytes([3; 16]);
    const OTHER: UserId = UserId::from_bytes([4; 16]);

    fn somebody(user: UserId, role: Role) -> Principal {
        Principal::new(user, AgencyId::from_slug("health")).with(HERE, role)
    }

    #[test]
    fn a_phone_is_marked_by_its_user_a_lead_or_an_administrator_of_the_cluster() {
        for role in Role::ALL {
            let may = |user, cluster| may_mark_device(&somebody(user, role), OWNER, &[cluster]);
            assert!(may(OWNER, ELSEWHERE).is_ok(), "{role}");
            let leads = matches!(role, Role::ClusterLead | Role::Deputy | Role::Admin);
            assert_eq!(may(OTHER, HERE).is_ok(), leads, "{role}");
            assert_eq!(may(OTHER, ELSEWHERE), Err(Denied::NotFound), "{role}");
            let clears = |user| may_clear_stolen(&somebody(user, role), OWNER, &[HERE]);
            assert_eq!(clears(OWNER), Err(Denied::NotYourRole), "{role}");
            assert_eq!(clears(OTHER).is_ok(), leads, "{role}");
        }
    }

    #[test]
    fn posts_are_proposed_by_one_administrator_and_confirmed_by_another() {
        let third = UserId::from_bytes([5; 16]);
        for role in Role::ALL {
            let somebody = somebody(third, role);
            let admin = role == Role::Admin;
            assert_eq!(may_propose_post(&somebody, HERE).is_ok(), admin, "{role}");
            assert!(may_propose_post(&somebody, ELSEWHERE).is_err(), "{role}");
            let confirms = |person, proposer| may_confirm_post(&somebody, HERE, person, proposer);
            assert_eq!(confirms(OWNER, Some(OTHER)).is_ok(), admin, "{role}");
            assert_eq!(confirms(OWNER, None).is_ok(), admin, "{role}");
            assert!(confirms(OWNER, Some(third)).is_err(), "the proposer is one of the two");
            assert!(confirms(third, Some(OTHER)).is_err(), "nobody confirms their own post");
            let governs = role == Role::Governance;
            assert_eq!(may_count_untrusted(&somebody, HERE).is_ok(), governs, "{role}");
        }
    }

    #[test]
    fn every_post_but_a_practitioners_takes_two_to_give_and_one_to_end() {
        for role in Role::ALL {
            assert_eq!(takes_two(role), role != Role::Practitioner, "{role}");
            let somebody = somebody(OTHER, role);
            let ends = |person, ended, there| {
                may_end_post(&somebody, HERE, (person, ended), there).is_ok()
            };
            for ended in Role::ALL {
                assert_eq!(ends(OWNER, ended, 2), role == Role::Admin, "{role} ends {ended}");
            }
            assert_eq!(ends(OTHER, Role::Admin, 2), role == Role::Admin, "{role}");
            assert!(!ends(OTHER, Role::Admin, 1), "the last administrator stays");
            assert_eq!(ends(OTHER, Role::Duty, 1), role == Role::Admin, "their other post goes");
        }
    }
}

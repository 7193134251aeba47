//! Who may see and write what: one pure function, asked by the phone before a person types and by
//! the server before it accepts. Inputs are plain data; nothing is looked up.
//!
//! - [`decide`] answers for one person, one case and one action, with the ground on which it is
//!   allowed (for the audit) or a denial with a stable code and a sentence for the screen.
//! - [`decide_in_cluster`] answers for what needs no case: beginning one, reading summaries.
//! - [`readable_scopes`] and [`sees_directory`] say what a person receives without asking.
//!
//! Order of the rules: who may not know of the case at all ([`Denied::NotFound`], the same words as
//! for a case that is not there), then the compartment, then the action. A framework may narrow what
//! is allowed here, never widen it.
//!
//! Where the domain is silent, the narrower holds:
//! - Roles count in the case's own cluster only; an authority-wide role is a membership of each
//!   cluster. A chief officer or administrator of any cluster reads and writes no case at all, not
//!   even as a member of its team.
//! - Exclusion beats everything, authorship and governance included.
//! - A shielded case is there for its team and its named people only: not for duty, governance, the
//!   cluster lead, or the author of a concern outside both.
//! - A withheld agency's people write nothing into the team's records either, and cannot break the
//!   glass; a concern stays open to them. A governance request is no sharing and is not withheld.
//! - Strangers and duty write a concern into their own agency's compartment or protection, not into
//!   the team's.
//! - Whoever works with cases may begin one, the duty officer too; chiefs, governance and
//!   administrators may not.
//! - Nobody names themselves to protection; the cluster lead names the first, named people the rest.
//! - Closing a concern and lifting a shield take a lead or a named person; opening and shielding do
//!   not.
//! - Joining two cases is for their lead professionals, each in their own case's record for the team; a
//!   shielded case is joined to none. The cluster lead may take a joining back, as that narrows.
//! - A member is removed by whoever may add one; anyone may leave.
//! - An agency's records leave for its own system by its lead's hand only.
//! - The audit is for information governance alone, without the rows of a case that they are excluded
//!   from.
//! - A legal hold is set and lifted by information governance, on no shielded case.
//! - Sharing and re-homing are both the author's for 24 hours, then the lead's of that compartment.
//! - A concern or request that was re-homed stays in the sight of whoever raised it, not of who moved it.

mod action;
mod administration;
mod case;
mod facts;
mod principal;
mod read;
mod standing;
mod verdict;
mod write;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod truth_table;

pub use action::{Action, ClusterAction, Door, Rival, Summaries};
pub use administration::{
    may_clear_stolen, may_confirm_post, may_count_untrusted, may_end_post, may_mark_device,
    may_propose_post, takes_two,
};
pub use case::{CaseContext, Member, MemberState, RecordFacts};
pub use principal::{Membership, NotARole, Principal, Role};
pub use read::{
    AlarmSight, alarm_sight, hears_of_glass, may_hold, readable_scopes, sees_audit, sees_directory,
};
pub use verdict::{Allowed, Denied, Ground};
pub use write::AUTHOR_MOVES_WITHIN_MS;

use crate::record::schema::{AMENDMENTS, SIGNATURES};
use standing::Standing;

/// What [`decide`] answers.
pub type Verdict = Result<Allowed, Denied>;

/// Whether `principal` may do `action` in `case`.
///
/// `record` is the record that the action is on; actions on a record are denied without it.
///
/// # Errors
/// [`Denied`], with a stable code. A person who may not know of the case, or of the record, gets
/// [`Denied::NotFound`].
///
/// # Examples
/// ```
/// use sync_core::ids::{AgencyId, CaseId, ClusterId, UserId};
/// use sync_core::policy::{Action, CaseContext, Denied, Principal, Role, decide};
///
/// let (cluster, health) = (ClusterId::from_bytes([1; 16]), AgencyId::from_slug("health"));
/// let visitor = Principal::new(UserId::from_bytes([2; 16]), health).with(cluster, Role::Practitioner);
/// let chief = Principal::new(UserId::from_bytes([3; 16]), health).with(cluster, Role::Chief);
/// let case = CaseContext::begun_by(&visitor, CaseId::from_bytes([4; 16]), cluster);
///
/// assert!(decide(&visitor, &case, None, &Action::FindInDirectory).is_ok());
/// assert_eq!(decide(&chief, &case, None, &Action::FindInDirectory), Err(Denied::NotFound));
/// ```
pub fn decide(
    principal: &Principal,
    case: &CaseContext,
    record: Option<&RecordFacts>,
    action: &Action,
) -> Verdict {
    let standing = Standing::of(principal, case);
    if !standing.visible {
        return Err(Denied::NotFound);
    }
    let on = || record.ok_or(Denied::NotFound);
    match action {
        Action::FindInDirectory => standing.ground().ok_or(Denied::NotFound).map(Allowed::on),
        Action::Read { door } => read::read(&standing, on()?, *door),
        Action::BreakGlass => read::break_glass(&standing),
        Action::SeeConflict => read::see_conflict(&standing, on()?),
        Action::SeeConflictCount { compartment } => read::see_count(&standing, *compartment),
        Action::Create { kind, compartment } => write::create(&standing, *kind, *compartment),
        Action::AddEntry { collection } => write::add_entry(&standing, on()?, *collection),
        Action::Amend => write::add_entry(&standing, on()?, AMENDMENTS),
        Action::Sign => write::add_entry(&standing, on()?, SIGNATURES),
        Action::Assert { fact, subject, value, confidential } => facts::assert(
            &standing,
            on()?,
            &facts::Claim::new(*fact, *subject, value, *confidential),
        ),
        Action::Settle { fact, all_rivals_own } => {
            facts::settle(&standing, on()?, *fact, *all_rivals_own)
        }
        Action::ReplaceHarmYes { author_of_rival } => {
            facts::replace_harm_yes(&standing, on()?, *author_of_rival)
        }
        Action::Join { undone } => facts::join(&standing, on()?, *undone),
        Action::Review => write::review(&standing, on()?),
        Action::Share { to, age_ms } => write::share(&standing, on()?, *to, *age_ms),
        Action::Rehome { age_ms } => write::rehome(&standing, on()?, *age_ms),
    }
}

/// Whether `principal` may do what needs no case in `cluster`.
///
/// # Errors
/// [`Denied::NotYourRole`].
pub fn decide_in_cluster(
    principal: &Principal,
    cluster: crate::ids::ClusterId,
    action: &ClusterAction,
) -> Verdict {
    let is = |role| principal.is(role, cluster);
    let leads = is(Role::ClusterLead) || is(Role::Deputy);
    let works = principal.works_cases_in(cluster) && !principal.is_barred();
    let ground = match action {
        ClusterAction::BeginCase if works => Ground::Cluster,
        ClusterAction::ReadSummaries(Summaries::OwnCaseload) if works => Ground::Team,
        ClusterAction::ReadSummaries(Summaries::Agency(agency))
            if is(Role::AgencyLead) && *agency == principal.agency =>
        {
            Ground::AgencyLead
        }
        ClusterAction::ReadSummaries(Summaries::Cluster) if leads => Ground::ClusterLead,
        ClusterAction::ReadSummaries(Summaries::PublishedEditions) if is(Role::Chief) => {
            Ground::Chief
        }
        ClusterAction::ReadAudit | ClusterAction::SeeRetention if is(Role::Governance) => {
            Ground::Governance
        }
        ClusterAction::ExportOwnRecords if works && is(Role::AgencyLead) => Ground::AgencyLead,
        ClusterAction::Administer | ClusterAction::SeeRetention if is(Role::Admin) => Ground::Admin,
        _ => return Err(Denied::NotYourRole),
    };
    Ok(Allowed::on(ground))
}

//! What the policy must know of a case and of a record: values in force, folded by the caller.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AgencyId, CaseId, ClusterId, UserId};
use crate::policy::Principal;
use crate::record::kind::{Compartment, Kind};

/// How far somebody belongs to the team around the child. Who has left is not in the team.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MemberState {
    /// Began the case; nobody has confirmed them yet.
    Provisional,
    /// Added by the lead professional or the cluster lead.
    Member,
}

/// A member of the team around the child.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// How far they belong to it.
    pub state: MemberState,
    /// For which agency.
    pub agency: AgencyId,
}

/// A case as far as access depends on it. A phone fills in what it may know: it is not told who is
/// excluded, and of the named people only whether its own user is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseContext {
    /// The case.
    pub case: CaseId,
    /// Whose log it is in.
    pub cluster: ClusterId,
    /// The team around the child.
    pub members: BTreeMap<UserId, Member>,
    /// People who may not know of the case.
    pub excluded: BTreeSet<UserId>,
    /// People named to read protection records.
    pub named: BTreeSet<UserId>,
    /// The single contact in a universal service; in the team without being added.
    pub named_person: Option<UserId>,
    /// The lead professional in force; none while disputed with no common value, or unallocated.
    pub lead_professional: Option<UserId>,
    /// Whether there is no sign of the case outside its team and named people.
    pub shielded: bool,
    /// Agencies that consent does not cover now.
    pub withheld_agencies: BTreeSet<AgencyId>,
    /// Who began the case.
    pub creator: Option<UserId>,
    /// Agencies with somebody in the team.
    pub agencies_on_case: BTreeSet<AgencyId>,
    /// Agencies whose compartment holds a record, such as a concern from outside the team.
    pub agencies_with_records: BTreeSet<AgencyId>,
}

impl CaseContext {
    /// A case that nobody has begun: open to nobody in particular.
    #[must_use]
    pub const fn new(case: CaseId, cluster: ClusterId) -> Self {
        Self {
            case,
            cluster,
            members: BTreeMap::new(),
            excluded: BTreeSet::new(),
            named: BTreeSet::new(),
            named_person: None,
            lead_professional: None,
            shielded: false,
            withheld_agencies: BTreeSet::new(),
            creator: None,
            agencies_on_case: BTreeSet::new(),
            agencies_with_records: BTreeSet::new(),
        }
    }

    /// The case just begun by `creator`, who is its provisional member.
    #[must_use]
    pub fn begun_by(creator: &Principal, case: CaseId, cluster: ClusterId) -> Self {
        let member = Member { state: MemberState::Provisional, agency: creator.agency };
        Self {
            creator: Some(creator.user),
            members: BTreeMap::from([(creator.user, member)]),
            agencies_on_case: BTreeSet::from([creator.agency]),
            ..Self::new(case, cluster)
        }
    }

    /// The lead professional, if they are a full member or the named person, and not excluded.
    #[must_use]
    pub fn lead_in_force(&self) -> Option<UserId> {
        self.lead_professional.filter(|user| {
            let member = self.members.get(user);
            let full = member.is_some_and(|member| member.state == MemberState::Member);
            (full || self.named_person == Some(*user)) && !self.excluded.contains(user)
        })
    }
}

/// What the policy must know of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordFacts {
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// Who made it; none for a case's own record, which nobody made.
    pub created_by: Option<UserId>,
    /// Who first said what it says, and keeps sight of their own concern or request: its maker, or of one that
    /// was re-homed whoever made the record whose place it took. Who only moved it raised nothing.
    pub referred_by: Option<UserId>,
}

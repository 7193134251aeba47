//! How a person stands to a case: every role and relation that the rules ask about, found once.

use crate::ids::AgencyId;
use crate::policy::{CaseContext, Denied, Ground, MemberState, Principal, RecordFacts, Role};
use crate::record::kind::{Compartment, Kind};

pub(super) struct Standing<'a> {
    pub(super) principal: &'a Principal,
    pub(super) case: &'a CaseContext,
    /// Whether the person may know that the case exists.
    pub(super) visible: bool,
    /// In the team around the child, provisionally too.
    pub(super) in_team: bool,
    pub(super) provisional: bool,
    pub(super) lead_professional: bool,
    pub(super) named: bool,
    /// Consent does not cover the person's agency.
    pub(super) withheld: bool,
    /// Leads their own agency in the cluster.
    pub(super) agency_lead: bool,
    /// Leads the cluster, or deputises.
    pub(super) cluster_lead: bool,
    pub(super) practitioner: bool,
    pub(super) duty: bool,
    /// Looks into allegations against adults; of cases, those that they are named to.
    pub(super) designated: bool,
    pub(super) governance: bool,
}

impl<'a> Standing<'a> {
    pub(super) fn of(principal: &'a Principal, case: &'a CaseContext) -> Self {
        let is = |role| principal.is(role, case.cluster);
        let user = principal.user;
        let works = principal.works_cases_in(case.cluster);
        let member = case.members.get(&user).filter(|_| works);
        let in_team = works && (member.is_some() || case.named_person == Some(user));
        let agencies = [Some(principal.agency), member.map(|member| member.agency)];
        let mut standing = Self {
            principal,
            case,
            visible: false,
            in_team,
            provisional: member.is_some_and(|member| member.state == MemberState::Provisional),
            lead_professional: works && case.lead_in_force() == Some(user),
            named: works && case.named.contains(&user),
            withheld: agencies.iter().flatten().any(|id| case.withheld_agencies.contains(id)),
            agency_lead: is(Role::AgencyLead),
            cluster_lead: is(Role::ClusterLead) || is(Role::Deputy),
            practitioner: is(Role::Practitioner),
            duty: is(Role::Duty),
            designated: is(Role::Designated),
            governance: is(Role::Governance),
        };
        standing.visible = standing.may_know_of_it();
        standing
    }

    fn may_know_of_it(&self) -> bool {
        if self.principal.is_barred() || self.is_excluded() {
            return false;
        }
        self.in_team || self.named || (!self.case.shielded && self.outside_ground().is_some())
    }

    fn is_excluded(&self) -> bool {
        self.case.excluded.contains(&self.principal.user)
    }

    /// The ground on which the person knows of the case.
    pub(super) fn ground(&self) -> Option<Ground> {
        if self.lead_professional {
            Some(Ground::LeadProfessional)
        } else if self.in_team {
            Some(Ground::Team)
        } else if self.named {
            Some(Ground::Named)
        } else {
            self.outside_ground()
        }
    }

    fn outside_ground(&self) -> Option<Ground> {
        if self.cluster_lead {
            Some(Ground::ClusterLead)
        } else if self.agency_lead && (self.agency_on_case() || self.agency_has_records()) {
            Some(Ground::AgencyLead)
        } else if self.practitioner {
            Some(Ground::Cluster)
        } else if self.duty {
            Some(Ground::Duty)
        } else {
            self.governance.then_some(Ground::Governance)
        }
    }

    /// Whether the compartment is the person's to read and, but for the rules of an action, to write.
    pub(super) fn open(&self, compartment: Compartment) -> Result<Ground, Denied> {
        match compartment {
            Compartment::Team => self.open_team(),
            Compartment::Agency(agency) => self.open_agency(agency),
            Compartment::Protection if self.named => Ok(Ground::Named),
            Compartment::Protection => Err(Denied::NamedOnly),
        }
    }

    fn open_team(&self) -> Result<Ground, Denied> {
        let ground = if self.lead_professional {
            Ground::LeadProfessional
        } else if self.in_team {
            Ground::Team
        } else if self.cluster_lead {
            Ground::ClusterLead
        } else if self.agency_lead && self.agency_on_case() {
            Ground::AgencyLead
        } else {
            return Err(Denied::NotInTeam);
        };
        if self.withheld { Err(Denied::AgencyWithheld) } else { Ok(ground) }
    }

    fn open_agency(&self, agency: AgencyId) -> Result<Ground, Denied> {
        if agency != self.principal.agency {
            Err(Denied::OtherAgency)
        } else if self.in_team {
            Ok(Ground::Team)
        } else if self.agency_lead && (self.agency_on_case() || self.agency_has_records()) {
            Ok(Ground::AgencyLead)
        } else {
            Err(Denied::NotInTeam)
        }
    }

    /// As [`Standing::open`], for a record that is there already: outside the team's compartment
    /// the answer does not say that it is.
    pub(super) fn open_record(&self, record: &RecordFacts) -> Result<Ground, Denied> {
        self.open(record.compartment).map_err(|denied| match record.compartment {
            Compartment::Team => denied,
            Compartment::Agency(_) | Compartment::Protection => Denied::NotFound,
        })
    }

    /// Who reviews the conflicts and quarantined changes of a compartment and moves its records.
    pub(super) fn reviews(&self, compartment: Compartment) -> Option<Ground> {
        self.open(compartment).ok()?;
        match compartment {
            Compartment::Team => self.cluster_lead.then_some(Ground::ClusterLead),
            Compartment::Agency(_) => self.agency_lead.then_some(Ground::AgencyLead),
            Compartment::Protection => self.named.then_some(Ground::Named),
        }
    }

    /// Whether the person made the record, be it by moving what another wrote.
    pub(super) fn wrote(&self, record: &RecordFacts) -> bool {
        record.created_by == Some(self.principal.user)
    }

    /// Whether the person first said what the record says, wherever it is now.
    pub(super) fn referred(&self, record: &RecordFacts) -> bool {
        record.referred_by == Some(self.principal.user)
    }

    /// Whether the person raised this concern. It stays in their sight when they are in no team.
    pub(super) fn raised(&self, record: &RecordFacts) -> bool {
        self.referred(record) && record.kind == Kind::Concern && self.works()
    }

    /// Whether the person works with children's cases here at all.
    pub(super) fn works(&self) -> bool {
        self.practitioner || self.agency_lead || self.cluster_lead || self.duty || self.designated
    }

    fn agency_on_case(&self) -> bool {
        self.case.agencies_on_case.contains(&self.principal.agency)
    }

    fn agency_has_records(&self) -> bool {
        self.case.agencies_with_records.contains(&self.principal.agency)
    }
}

//! A person with a sign-in, as the policy sees them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{AgencyId, ClusterId, UserId};

/// What a person is in a cluster. One person may be several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A field worker.
    Practitioner,
    /// Leads their own agency in the cluster.
    AgencyLead,
    /// Reviews the cluster's merged caseload.
    ClusterLead,
    /// The cluster lead's deputy, with the same rights.
    Deputy,
    /// The out-of-hours officer.
    Duty,
    /// Looks into allegations against adults who work with children (seed 001); reads what they are named
    /// to.
    Designated,
    /// Reads published summaries, never a child's record.
    Chief,
    /// Information governance: reads on request, logged.
    Governance,
    /// Looks after people, devices and agencies; reads no case content.
    Admin,
}

/// A text that is not a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a role: practitioner, agency_lead, cluster_lead, deputy, duty, designated, chief, governance or admin is expected"
)]
pub struct NotARole;

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Practitioner,
        Self::AgencyLead,
        Self::ClusterLead,
        Self::Deputy,
        Self::Duty,
        Self::Designated,
        Self::Chief,
        Self::Governance,
        Self::Admin,
    ];

    /// The name in code, API and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner",
            Self::AgencyLead => "agency_lead",
            Self::ClusterLead => "cluster_lead",
            Self::Deputy => "deputy",
            Self::Duty => "duty",
            Self::Designated => "designated",
            Self::Chief => "chief",
            Self::Governance => "governance",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(NotARole)
    }
}

/// A role in a cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Membership {
    /// Where.
    pub cluster: ClusterId,
    /// As what.
    pub role: Role,
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Principal {
    /// The person.
    pub user: UserId,
    /// Their one agency.
    pub agency: AgencyId,
    /// Their roles. An authority-wide role is listed once for each cluster.
    pub memberships: Vec<Membership>,
}

impl Principal {
    /// A person of `agency` with no role yet.
    #[must_use]
    pub const fn new(user: UserId, agency: AgencyId) -> Self {
        Self { user, agency, memberships: Vec::new() }
    }

    /// The same person with one more role.
    #[must_use]
    pub fn with(mut self, cluster: ClusterId, role: Role) -> Self {
        self.memberships.push(Membership { cluster, role });
        self
    }

    /// Whether the person has `role` in `cluster`.
    #[must_use]
    pub fn is(&self, role: Role, cluster: ClusterId) -> bool {
        self.memberships.contains(&Membership { cluster, role })
    }

    /// Whether a role, in any cluster, keeps the person from every case, whatever else they are.
    #[must_use]
    pub fn is_barred(&self) -> bool {
        self.memberships.iter().any(|held| matches!(held.role, Role::Chief | Role::Admin))
    }

    /// Whether the person works with children's cases in `cluster`, and has no role anywhere that keeps
    /// them from it.
    #[must_use]
    pub fn works_cases_in(&self, cluster: ClusterId) -> bool {
        use Role::{AgencyLead, ClusterLead, Deputy, Designated, Duty, Practitioner};
        let here = |role| self.is(role, cluster);
        let work = [Practitioner, AgencyLead, ClusterLead, Deputy, Duty, Designated];
        let works = work.into_iter().any(here);
        works && !self.is_barred()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_spelt_alike_in_text_and_json() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert_eq!("Chief".parse::<Role>(), Err(NotARole));
    }
}

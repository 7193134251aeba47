//! What a person does in a cluster. The words are the field's and are stored as they are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A person's role in one cluster; a person may hold several.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Debug,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Role {
    /// Field worker of one agency.
    Practitioner,
    /// Leads one agency's work in the cluster.
    AgencyLead,
    /// Reviews the merged caseload of the cluster.
    ClusterLead,
    /// Stands in for the cluster lead.
    Deputy,
    /// Out of hours, for the whole authority.
    Duty,
    /// Looks into allegations against adults who work with children.
    Designated,
    /// Reads published summaries, never a child's record.
    Chief,
    /// Information governance: audit, erasure, legal hold.
    Governance,
    /// People, devices, agencies; reads no case content.
    Admin,
}

impl Role {
    const ALL: [Self; 9] = [
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

    /// The word that is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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
        f.write_str(self.as_str())
    }
}

/// A word that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;
    fn from_str(word: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or(NotARole)
    }
}

/// The same role in the policy's words.
impl From<Role> for sync_core::policy::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Practitioner => Self::Practitioner,
            Role::AgencyLead => Self::AgencyLead,
            Role::ClusterLead => Self::ClusterLead,
            Role::Deputy => Self::Deputy,
            Role::Duty => Self::Duty,
            Role::Designated => Self::Designated,
            Role::Chief => Self::Chief,
            Role::Governance => Self::Governance,
            Role::Admin => Self::Admin,
        }
    }
}

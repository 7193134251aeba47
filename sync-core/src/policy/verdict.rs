//! What the policy answers.

/// Yes, and why: the ground goes into the audit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Allowed {
    /// The ground.
    pub ground: Ground,
}

impl Allowed {
    pub(super) const fn on(ground: Ground) -> Self {
        Self { ground }
    }
}

/// On what ground something is allowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ground {
    /// Member of the team around the child.
    Team,
    /// The lead professional.
    LeadProfessional,
    /// Named to read protection records.
    Named,
    /// Leads the agency.
    AgencyLead,
    /// Leads the cluster, or is the lead's deputy.
    ClusterLead,
    /// Works in the cluster, without a part in the case.
    Cluster,
    /// The duty officer.
    Duty,
    /// The designated officer.
    Designated,
    /// Wrote the record.
    Author,
    /// Broke the glass.
    Glass,
    /// A logged request to information governance.
    Governance,
    /// A chief officer, to published figures.
    Chief,
    /// It is the person's own.
    Own,
    /// Looks after people and devices.
    Admin,
}

impl Ground {
    /// The name in the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::LeadProfessional => "lead_professional",
            Self::Named => "named",
            Self::AgencyLead => "agency_lead",
            Self::ClusterLead => "cluster_lead",
            Self::Cluster => "cluster",
            Self::Duty => "duty",
            Self::Designated => "designated",
            Self::Author => "author",
            Self::Glass => "glass",
            Self::Governance => "governance",
            Self::Chief => "chief",
            Self::Own => "own",
            Self::Admin => "admin",
        }
    }
}

macro_rules! denials {
    ($($(#[$doc:meta])* $name:ident $code:literal $text:literal;)*) => {
        /// No, and why, in words for the screen. Never says what the person may not know.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
        pub enum Denied {
            $($(#[$doc])* #[error($text)] $name,)*
        }

        impl Denied {
            /// Every denial.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code that apps and the API may rely on.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

denials! {
    /// There is no such thing, or the person may not know that there is: excluded, shielded, another
    /// cluster, another agency's or a protection record.
    NotFound "not_found" "There is nothing here that is open to you.";
    /// The team's records, to somebody outside it.
    NotInTeam "not_in_team" "Only the team around this child can do this.";
    /// Consent does not cover the member's agency.
    AgencyWithheld "agency_withheld"
        "Consent does not cover your agency now. What you were sent before stays with you.";
    /// Another agency's compartment.
    OtherAgency "other_agency" "This place belongs to another agency.";
    /// Protection, to somebody who is not named.
    NamedOnly "named_only" "Only people named for this child's protection can do this.";
    /// Somebody outside the team writes something other than a concern.
    ConcernOnly "concern_only" "You can write a concern about this child. Other records are the team's.";
    /// For the lead professional or the cluster lead.
    LeadOnly "lead_only" "Only the lead professional or the cluster lead can decide this.";
    /// Joining two cases, to anybody but the lead professional.
    LeadProfessionalOnly "lead_professional_only"
        "Only the lead professional of this case can say that another one is about the same child.";
    /// Joining a shielded case.
    ShieldedStaysAlone "shielded_stays_alone" "A shielded child's case is joined to no other.";
    /// Membership, to somebody who may not change it.
    LeadAddsMembers "lead_adds_members"
        "The lead professional decides who is in the team; where there is none, the cluster lead.";
    /// A conflict that includes other people's values.
    NotYourConflict "not_your_conflict"
        "Other people's values are part of this. Someone who reviews this place must settle it.";
    /// A harm concern, to somebody who may not overrule it.
    HarmYesStays "harm_yes_stays"
        "Suspected harm stays until the social work lead or the cluster lead decides otherwise.";
    /// A harm concern, to the author of its rival.
    AuthorOfRival "author_of_rival" "You said otherwise yourself, so someone else must decide this.";
    /// The author's 24 hours are over, or the person is not the author.
    AskTheLead "ask_the_lead" "The author can do this for 24 hours; after that, ask the lead.";
    /// Something that only a protection record may hold.
    ProtectionOnly "protection_only" "This must be written in a protection record.";
    /// A fact that only the team's record of the case may hold.
    TeamOnly "team_only" "This must be written in the team's record of the case.";
    /// Giving access to oneself.
    NotByOneself "not_by_oneself" "Somebody else must do this for you.";
    /// Breaking the glass to what is open.
    AlreadyOpen "already_open" "These records are open to you already.";
    /// Breaking the glass where that is no way in.
    NoGlass "no_glass" "These records cannot be opened this way. Ring the duty officer.";
    /// Information governance without a logged request.
    OnRequestOnly "on_request_only" "Records are open to information governance on a logged request only.";
    /// Another role's business.
    NotYourRole "not_your_role" "This is not part of your role.";
    /// Settling what is not in dispute, or a fact given as a plain entry.
    AssertInstead "assert_instead" "Nothing here needs settling. Write what you know.";
    /// A record cannot hold this.
    WrongKind "wrong_kind" "This kind of record does not hold that.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_denial_has_a_code_and_a_sentence_of_its_own() {
        let codes: BTreeSet<_> = Denied::ALL.iter().map(|denied| denied.code()).collect();
        let texts: BTreeSet<_> = Denied::ALL.iter().map(ToString::to_string).collect();
        assert_eq!((codes.len(), texts.len()), (Denied::ALL.len(), Denied::ALL.len()));
        assert!(texts.iter().all(|text| text.ends_with('.')));
    }
}

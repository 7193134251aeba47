//! The kinds of record and the compartments they live in (`docs/merge-rules.md`; seeds 001-004).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Reader, Writer};
use crate::ids::{AgencyId, CaseId, RecordId, ScopeId};

/// What a record is about. The number is its code on the wire, for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// A case's own record in one compartment: identity, persons, team, and the case-wide facts.
    Case = 1,
    /// Something seen that worries somebody.
    Concern = 2,
    /// Strengths and needs by a framework's form; drafted jointly, then signed.
    Assessment = 3,
    /// Rows of need, action and outcome with who, by when and how it went.
    Plan = 4,
    /// What was delivered against a plan row.
    Intervention = 5,
    /// A visit to a child.
    Visit = 6,
    /// A review or planning meeting.
    Meeting = 7,
    /// The child's or a parent's own words and what changed because of them.
    Views = 8,
    /// A referral or request for assistance.
    Request = 9,
    /// Why something was shared, or was not.
    SharingDecision = 10,
    /// A line of the chronology that derives from no other record.
    SignificantEvent = 11,
    /// The record of a photo, voice note or body map; its bytes travel apart.
    Attachment = 12,
}

/// Codes kept for kinds that are still to come, with their retention class, so that neither is ever
/// given away: allegation, placement protocol, Section 11 row (Children Act 2004 s.11), joint case
/// audit, review seal, improvement action, training record.
pub const RESERVED_KINDS: &[(u8, &str, RetentionClass)] = &[
    (64, "allegation", RetentionClass::Allegation),
    (65, "placement_protocol", RetentionClass::Case),
    (66, "section_11_row", RetentionClass::Board),
    (67, "joint_case_audit", RetentionClass::Board),
    (68, "review_seal", RetentionClass::Sealed),
    (69, "improvement_action", RetentionClass::Board),
    (70, "training_record", RetentionClass::Workforce),
];

/// Which rule decides how long a record is kept. The times are an authority's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetentionClass {
    /// With the child's case.
    Case,
    /// Allegations against adults (seed 001).
    Allegation,
    /// The board's own papers (seed 003).
    Board,
    /// A sealed review.
    Sealed,
    /// Training and supervision (seed 003).
    Workforce,
}

impl Kind {
    /// Every kind, by code.
    pub const ALL: [Self; 12] = [
        Self::Case,
        Self::Concern,
        Self::Assessment,
        Self::Plan,
        Self::Intervention,
        Self::Visit,
        Self::Meeting,
        Self::Views,
        Self::Request,
        Self::SharingDecision,
        Self::SignificantEvent,
        Self::Attachment,
    ];

    /// Its code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a code; none for a kind from the future.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in code, API and exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Concern => "concern",
            Self::Assessment => "assessment",
            Self::Plan => "plan",
            Self::Intervention => "intervention",
            Self::Visit => "visit",
            Self::Meeting => "meeting",
            Self::Views => "views",
            Self::Request => "request",
            Self::SharingDecision => "sharing_decision",
            Self::SignificantEvent => "significant_event",
            Self::Attachment => "attachment",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who a record of a case is for. Unit of access, of erasure and of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Compartment {
    /// The team around the child.
    Team,
    /// One agency's own people on the case.
    Agency(AgencyId),
    /// Named people only.
    Protection,
}

impl Compartment {
    /// The canonical bytes: part of envelopes and of [`ScopeId::of`].
    pub fn write(&self, writer: &mut Writer) {
        match self {
            Self::Team => writer.byte(1),
            Self::Agency(agency) => writer.byte(2).fixed(agency.as_bytes()),
            Self::Protection => writer.byte(3),
        };
    }

    /// Reads what [`Compartment::write`] wrote.
    ///
    /// # Errors
    /// [`DecodeError::Unknown`] for a compartment from the future.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            1 => Ok(Self::Team),
            2 => Ok(Self::Agency(AgencyId::from_bytes(reader.array()?))),
            3 => Ok(Self::Protection),
            _ => Err(DecodeError::Unknown("a compartment")),
        }
    }

    /// The scope that access to this compartment of `case` is granted to.
    #[must_use]
    pub fn scope(&self, case: &CaseId) -> ScopeId {
        let mut writer = Writer::new();
        self.write(&mut writer);
        ScopeId::of(case, &writer.finish())
    }

    /// The case's own record in this compartment.
    #[must_use]
    pub fn case_record(&self, case: &CaseId) -> RecordId {
        RecordId::of_case(&self.scope(case))
    }
}

/// Written `team`, `protection` or `agency:<id>`.
impl fmt::Display for Compartment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team => f.write_str("team"),
            Self::Agency(agency) => write!(f, "agency:{agency}"),
            Self::Protection => f.write_str("protection"),
        }
    }
}

/// A text that names no compartment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a compartment: team, protection or agency:<id> is expected")]
pub struct NotACompartment;

impl FromStr for Compartment {
    type Err = NotACompartment;
    fn from_str(text: &str) -> Result<Self, NotACompartment> {
        match text.split_once(':') {
            None if text == "team" => Ok(Self::Team),
            None if text == "protection" => Ok(Self::Protection),
            Some(("agency", id)) => id.parse().map(Self::Agency).map_err(|_| NotACompartment),
            _ => Err(NotACompartment),
        }
    }
}

impl Serialize for Compartment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_again_and_reserved_ones_are_nobodys() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
        for (code, ..) in RESERVED_KINDS {
            assert_eq!(Kind::from_code(*code), None);
        }
    }

    #[test]
    fn each_compartment_of_a_case_is_a_scope_of_its_own() {
        let case = CaseId::from_bytes([1; 16]);
        let agency = Compartment::Agency(AgencyId::from_slug("health"));
        assert_ne!(agency.scope(&case), Compartment::Team.scope(&case));
        assert_eq!(agency.to_string().parse(), Ok(agency));
        assert_eq!("agency".parse::<Compartment>(), Err(NotACompartment));
    }
}

//! A meeting as a screen shows it.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::meeting::{
    Attendance, MeetingAction, MeetingDecision, MeetingDetails, MeetingNote,
};
use crate::record::schema::Fact;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::{Fixed, Said};

/// A review or planning meeting.
#[derive(Clone, Debug, Serialize)]
pub struct Meeting {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<MeetingDetails>,
    /// Who was invited, and whether they came.
    pub attendance: Vec<Said<Attendance>>,
    /// What was said, one a contributor.
    pub notes: Vec<Said<MeetingNote>>,
    /// What was decided.
    pub decisions: Vec<Said<MeetingDecision>>,
    /// What somebody will do.
    pub actions: Vec<Said<MeetingAction>>,
    /// When things are next reviewed.
    pub next_review: Holds,
}

impl Meeting {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self {
            header: Header::read(&parts),
            fixed: parts.fixed(),
            attendance: parts.all(),
            notes: parts.all(),
            decisions: parts.all(),
            actions: parts.all(),
            next_review: parts.holds(Fact::NextReview, "", None),
        }
    }
}

//! Early warnings: what in a case asks for a person's attention, each with its reason in words and the
//! day from which it holds. There is no score: whoever reads a warning can check it. The rules are
//! thresholds of the framework, or what this software takes where a framework is silent (seed 001:
//! early warning; unallocated work).
//!
//! A warning follows from what was recorded, never from the clock: it says from which day on it holds,
//! so that lists can be kept and read on any day.

mod find;
mod rules;

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::ids::RecordId;
use crate::time::Date;

pub use rules::Rules;

/// What asks for attention.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Sign {
    /// A concern that nobody decided about.
    #[n(0)]
    ConcernUnanswered = 0,
    /// A planned visit or contact that was not made.
    #[n(1)]
    VisitNotMade = 1,
    /// An excluded pupil who must be taught elsewhere (seed 004: from the sixth school day).
    #[n(2)]
    EducationDue = 2,
    /// Excluded so often that somebody must look.
    #[n(3)]
    RepeatExclusions = 3,
    /// A request that nobody answered.
    #[n(4)]
    RequestUnanswered = 4,
    /// Work that nobody co-ordinates.
    #[n(5)]
    NoLead = 5,
    /// Attendance that falls.
    #[n(6)]
    AttendanceFalling = 6,
    /// A review that is overdue.
    #[n(7)]
    ReviewOverdue = 7,
    /// A child whose views nobody recorded.
    #[n(8)]
    ViewsNeverRecorded = 8,
    /// One agency that carries all that is agreed.
    #[n(9)]
    OneAgencyCarriesAll = 9,
}

impl Sign {
    /// Every warning, the most pressing first.
    pub const ALL: [Self; 10] = [
        Self::ConcernUnanswered,
        Self::VisitNotMade,
        Self::EducationDue,
        Self::RepeatExclusions,
        Self::RequestUnanswered,
        Self::NoLead,
        Self::AttendanceFalling,
        Self::ReviewOverdue,
        Self::ViewsNeverRecorded,
        Self::OneAgencyCarriesAll,
    ];

    /// What a heading says.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ConcernUnanswered => "A concern without an answer",
            Self::VisitNotMade => "A planned contact that was not made",
            Self::EducationDue => "Excluded, and to be taught elsewhere",
            Self::RepeatExclusions => "Excluded again",
            Self::RequestUnanswered => "A request without an answer",
            Self::NoLead => "No lead professional",
            Self::AttendanceFalling => "Attendance is falling",
            Self::ReviewOverdue => "A review is overdue",
            Self::ViewsNeverRecorded => "The child's views were never recorded",
            Self::OneAgencyCarriesAll => "One agency carries all that is agreed",
        }
    }

    /// Whether it may not wait for a quiet morning: the child may be unsafe, or nobody answers.
    #[must_use]
    pub const fn presses(self) -> bool {
        matches!(self, Self::ConcernUnanswered | Self::VisitNotMade | Self::EducationDue)
    }

    /// The warning of this code.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|sign| i64::from(sign.code()) == code)
    }

    /// Its code in tables and on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// One early warning in a case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, Serialize)]
pub struct Signal {
    /// What asks for attention.
    #[n(0)]
    pub sign: Sign,
    /// The first day on which it does.
    #[n(1)]
    pub from: Date,
    /// The last day on which it does; none while nothing ends it.
    #[n(4)]
    pub until: Option<Date>,
    /// Why, in words that a reader can check.
    #[n(2)]
    pub why: String,
    /// The record that it is about, if it is about one.
    #[n(3)]
    pub record: Option<RecordId>,
}

impl Signal {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests;

//! Meetings and what is delivered: what a person fills in.

use crate::records::forms::Place;

/// A review or planning meeting, as whoever minutes it fills it in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewMeeting {
    /// The case.
    pub case_id: String,
    /// When it began.
    pub at_ms: i64,
    /// Planning, review, core group... of the framework's list `meeting_sort` if it has one.
    #[uniffi(default = None)]
    pub sort: Option<String>,
    /// What came of it, in a word or two.
    #[uniffi(default = None)]
    pub outcome: Option<String>,
    /// Who came, what was said and decided.
    pub minutes: Minutes,
    /// When things are next reviewed.
    #[uniffi(default = None)]
    pub next_review: Option<String>,
    /// Who the record is for.
    pub to: Place,
}

/// What a meeting's record holds beside when it was.
#[derive(Debug, Clone, PartialEq, Eq, Default, uniffi::Record)]
pub struct Minutes {
    /// Who was invited, the child and the parents too.
    #[uniffi(default = [])]
    pub attendance: Vec<Attendee>,
    /// What was said.
    #[uniffi(default = None)]
    pub notes: Option<String>,
    /// What was decided, each by itself.
    #[uniffi(default = [])]
    pub decisions: Vec<String>,
    /// Who does what.
    #[uniffi(default = [])]
    pub actions: Vec<AgreedAction>,
}

/// Somebody invited to a meeting.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Attendee {
    /// Who.
    pub who: String,
    /// As what.
    #[uniffi(default = None)]
    pub role: Option<String>,
    /// Whether they were there.
    pub present: bool,
}

/// What somebody will do after a meeting.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgreedAction {
    /// What.
    pub what: String,
    /// Who.
    #[uniffi(default = None)]
    pub who: Option<String>,
    /// By when.
    #[uniffi(default = None)]
    pub by: Option<String>,
}

/// Something that is delivered to a child or family.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewIntervention {
    /// The case.
    pub case_id: String,
    /// What is delivered.
    pub what: String,
    /// The plan that it serves, a record of the same case.
    #[uniffi(default = None)]
    pub plan_id: Option<String>,
    /// The row of that plan.
    #[uniffi(default = None)]
    pub row_id: Option<String>,
    /// The first day.
    #[uniffi(default = None)]
    pub from: Option<String>,
    /// What it costs, as a band of the framework's list `cost_band` if it has one.
    #[uniffi(default = None)]
    pub cost_band: Option<String>,
    /// Who the record is for.
    pub to: Place,
}

/// One session of what is delivered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewSession {
    /// When it began.
    pub at_ms: i64,
    /// How long it took.
    #[uniffi(default = None)]
    pub minutes: Option<u32>,
    /// What happened.
    #[uniffi(default = None)]
    pub note: Option<String>,
}

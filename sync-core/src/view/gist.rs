//! The gist of a record: what figures and early warnings need of it, so that neither opens records.

mod read;
mod turns;

use minicbor::{Decode, Encode};

use crate::framework::Catalogue;
use crate::ids::{AgencyId, RecordId, UserId};
use crate::time::Date;
use crate::view::Extract;

pub use turns::{Turn, held_on};

/// What figures and early warnings need of one record. Of what is in protection there is nothing but
/// whether the case is shielded, and from whom it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Gist {
    /// A case's own record in one compartment.
    #[n(0)]
    Case(#[n(0)] CaseGist),
    /// A concern.
    #[n(1)]
    Concern(#[n(0)] ConcernGist),
    /// An assessment.
    #[n(2)]
    Assessment(#[n(0)] AssessmentGist),
    /// A plan.
    #[n(3)]
    Plan(#[n(0)] PlanGist),
    /// An intervention.
    #[n(4)]
    Intervention(#[n(0)] InterventionGist),
    /// A visit.
    #[n(5)]
    Visit(#[n(0)] VisitGist),
    /// Somebody's views.
    #[n(6)]
    Views(#[n(0)] ViewsGist),
    /// A request for assistance.
    #[n(7)]
    Request(#[n(0)] RequestGist),
    /// A meeting.
    #[n(8)]
    Meeting(#[n(0)] MeetingGist),
}

/// Of a case's own record.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct CaseGist {
    /// Whether no sign of the case may be seen outside named people.
    #[n(0)]
    pub shielded: bool,
    /// Who may see nothing of the case.
    #[n(1)]
    pub excluded: Vec<UserId>,
    /// What the record for the team says.
    #[n(2)]
    pub team: Option<TeamGist>,
}

/// Of a case's own record for the team.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct TeamGist {
    /// The school as recorded; empty if none is.
    #[n(0)]
    pub school: String,
    /// The day of its first words.
    #[n(1)]
    pub begun: Date,
    /// The stage in force over time: framework and code with a colon between, `several`, or none.
    #[n(2)]
    pub stage: Vec<Turn>,
    /// Whether somebody is lead professional in force, over time: who, or none.
    #[n(3)]
    pub lead: Vec<Turn>,
    /// `open` or `closed` over time; none is open.
    #[n(4)]
    pub state: Vec<Turn>,
    /// Looked-after status over time, in a framework's words.
    #[n(5)]
    pub looked_after: Vec<Turn>,
    /// How many people are in the team, by agency.
    #[n(6)]
    pub members: Vec<UserId>,
}

/// Of a concern.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ConcernGist {
    /// When it was seen.
    #[n(0)]
    pub on: Date,
    /// Whether harm is suspected.
    #[n(1)]
    pub harm: bool,
    /// When something was decided about it.
    #[n(2)]
    pub decided: Option<Date>,
    /// When it was settled.
    #[n(3)]
    pub settled: Option<Date>,
}

/// Of an assessment.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AssessmentGist {
    /// When it was begun.
    #[n(0)]
    pub on: Date,
    /// Its review point.
    #[n(1)]
    pub review: Option<Date>,
}

/// Of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PlanGist {
    /// When it was begun.
    #[n(0)]
    pub on: Date,
    /// When it is reviewed.
    #[n(1)]
    pub review: Option<Date>,
    /// Its actions.
    #[n(2)]
    pub actions: Vec<ActionGist>,
}

/// Of one action of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct ActionGist {
    /// Which agency committed to it.
    #[n(0)]
    pub agency: Option<AgencyId>,
    /// By when.
    #[n(1)]
    pub due: Option<Date>,
    /// When it was done.
    #[n(2)]
    pub done: Option<Date>,
    /// Whether it will not be done.
    #[n(3)]
    pub cancelled: bool,
    /// `red`, `amber` or `green`.
    #[n(4)]
    pub rating: Option<String>,
}

impl ActionGist {
    /// Whether it is still to be done.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.done.is_none() && !self.cancelled
    }
}

/// Of an intervention.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct InterventionGist {
    /// Its first day.
    #[n(0)]
    pub on: Date,
    /// How it works, on the framework's scale.
    #[n(1)]
    pub effect: Option<i64>,
    /// What it costs, as a band.
    #[n(2)]
    pub cost: Option<String>,
}

/// Of a visit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct VisitGist {
    /// When it took place.
    #[n(0)]
    pub on: Date,
    /// For when it was planned.
    #[n(1)]
    pub planned: Option<Date>,
    /// Whether the child was seen.
    #[n(2)]
    pub seen: Option<bool>,
    /// Whether the child was seen alone.
    #[n(3)]
    pub alone: Option<bool>,
    /// When the child is next seen.
    #[n(4)]
    pub next: Option<Date>,
}

/// Of somebody's views.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ViewsGist {
    /// When they were recorded.
    #[n(0)]
    pub on: Date,
    /// Whether they are the child's.
    #[n(1)]
    pub of_child: bool,
    /// When something that changed because of them was recorded.
    #[n(2)]
    pub changed: Option<Date>,
}

/// Of a request for assistance.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RequestGist {
    /// When it was made.
    #[n(0)]
    pub on: Date,
    /// When an answer is due.
    #[n(1)]
    pub due: Option<Date>,
    /// When it was decided.
    #[n(2)]
    pub decided: Option<Date>,
    /// When whoever asked was told.
    #[n(3)]
    pub fed_back: Option<Date>,
}

/// Of a meeting.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MeetingGist {
    /// When it took place.
    #[n(0)]
    pub on: Date,
    /// When the next review is held.
    #[n(1)]
    pub next: Option<Date>,
}

/// What figures and early warnings know of a case: the gists of its records and the pupil roll.
#[derive(Clone, Debug)]
pub struct CaseInBrief<'a> {
    /// What the record for the team says.
    pub team: &'a TeamGist,
    /// The gist of every other record, with its id.
    pub records: &'a [(RecordId, Gist)],
    /// What the pupil roll says.
    pub extract: Option<&'a Extract>,
    /// The frameworks.
    pub catalogue: &'a Catalogue,
    /// The framework of the authority.
    pub framework: Option<&'a str>,
}

impl CaseInBrief<'_> {
    /// Whether work goes on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.team.state.last().is_none_or(|turn| turn.is.as_deref() != Some("closed"))
    }
}

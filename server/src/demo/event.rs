//! What a child's history is made of, in no form of storage: whoever fills a server turns each event
//! into a record's change.

use jiff::civil::Date;
use sync_core::time::Timestamp;

use crate::demo::people::Agency;

/// Something that somebody wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who, by place in the area's list of practitioners.
    pub author: u32,
    /// What.
    pub what: What,
}

/// What was written down. Words such as `in_progress` are those of the record schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A worry. The first event of every history.
    Concern {
        /// What it is a sign of.
        indicator: &'static str,
        /// What was seen.
        seen: String,
        /// Whether harm is suspected.
        harm: bool,
        /// What was done at once.
        action: String,
    },
    /// What became of the last concern about harm.
    ConcernSettled {
        /// What was decided, and why.
        decision: String,
    },
    /// What a grown-up at home allows to be shared.
    Consent {
        /// Who gives it, by place in the family.
        guardian: usize,
        /// The agency that may not see team records, if any.
        withheld: Option<Agency>,
    },
    /// These are on the team from now on.
    Joined {
        /// Who.
        practitioners: Vec<u32>,
    },
    /// The stage, 1 to 3.
    Stage {
        /// 1 to 3.
        stage: u8,
        /// Why.
        reason: String,
    },
    /// Who co-ordinates.
    LeadProfessional {
        /// Who.
        practitioner: u32,
    },
    /// An assessment with its findings and conclusion.
    Assessment {
        /// Needs and strengths.
        findings: Vec<Finding>,
        /// What follows from them.
        conclusion: String,
        /// When it is looked at again.
        review: Date,
    },
    /// A new row of the plan; rows count from 0.
    PlanRow(Box<PlanRow>),
    /// How far a row of the plan is.
    PlanStatus {
        /// Which row.
        row: usize,
        /// How far it is.
        status: &'static str,
        /// Red, amber or green.
        rating: &'static str,
    },
    /// A visit.
    Visit(Box<Visit>),
    /// A meeting: who was invited and came, what was said and decided.
    Meeting {
        /// Practitioners, and whether they came.
        invited: Vec<(u32, bool)>,
        /// What was said.
        notes: String,
        /// What was decided.
        decisions: Vec<String>,
        /// When the next one is.
        next: Date,
    },
    /// Somebody's own words, and what changed because of them.
    Views {
        /// The child's; else a grown-up's at home.
        of_child: bool,
        /// `spoken`, `drawn` or `written`.
        how: &'static str,
        /// Whether they spoke with nobody else there.
        alone: bool,
        /// Their words.
        words: String,
        /// What changed because of them.
        changed: Option<String>,
    },
    /// Another agency is asked for help.
    Request {
        /// Which agency.
        to: Agency,
        /// Why.
        reason: String,
        /// When an answer is due.
        due: Date,
    },
    /// The other agency's answer to the last request.
    Decision {
        /// Whether it will help.
        accepted: bool,
        /// What the asker was told.
        feedback: String,
    },
    /// A line of the chronology.
    SignificantEvent {
        /// The day.
        on: Date,
        /// What happened.
        what: String,
        /// What it meant for the child.
        impact: String,
    },
}

/// One line of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The outcome that it is about (SHANARRI).
    pub element: &'static str,
    /// `strength` or `need`.
    pub sort: &'static str,
    /// In words.
    pub text: String,
}

/// A row of a plan as it begins: open, and amber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// What the child needs.
    pub need: String,
    /// What will be done.
    pub action: String,
    /// What should come of it.
    pub outcome: String,
    /// How one will know.
    pub evidence: String,
    /// Which agency committed to it.
    pub agency: Agency,
    /// By when.
    pub due: Date,
}

/// A visit as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The day for which it had been planned: not after the day on which it was made.
    pub planned: Date,
    /// How long.
    pub minutes: i32,
    /// Whether the child was seen.
    pub child_seen: bool,
    /// Whether the child was seen without a grown-up of the family; never so if not seen.
    pub seen_alone: bool,
    /// What the visitor wrote.
    pub narrative: String,
    /// When the next one should be.
    pub next: Date,
}

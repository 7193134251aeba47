//! What a person fills in. Days are `2026-11-26`, moments milliseconds since 1970 in UTC, ids as the
//! lists gave them. What was left open is none.

/// Who a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Place {
    /// The team around the child.
    Team,
    /// The user's own agency.
    OwnAgency,
    /// People named for protection.
    Protection,
}

/// A child of whom nobody has a case yet.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewCase {
    /// The cluster; needed only of who works in several.
    #[uniffi(default = None)]
    pub cluster_id: Option<String>,
    /// Given name, as far as known.
    pub given_name: Option<String>,
    /// Family name, as far as known.
    pub family_name: Option<String>,
    /// Day of birth.
    #[uniffi(default = None)]
    pub born: Option<String>,
    /// Expected day of birth: a case can begin before the child is born.
    #[uniffi(default = None)]
    pub expected: Option<String>,
    /// School or nursery.
    #[uniffi(default = None)]
    pub school: Option<String>,
}

/// A visit: to one child, or to siblings, of whom each gets a record with words of their own.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewVisit {
    /// The children.
    pub children: Vec<VisitedChild>,
    /// When it was.
    pub at_ms: i64,
    /// When it was planned for.
    #[uniffi(default = None)]
    pub planned_ms: Option<i64>,
    /// How long it took.
    #[uniffi(default = None)]
    pub minutes: Option<u32>,
    /// Where.
    #[uniffi(default = None)]
    pub place: Option<String>,
    /// Announced, unannounced, after a discharge...
    #[uniffi(default = None)]
    pub sort: Option<String>,
    /// What for.
    #[uniffi(default = None)]
    pub purpose: Option<String>,
    /// Who was there.
    #[uniffi(default = None)]
    pub present: Option<String>,
    /// When the child is next seen.
    #[uniffi(default = None)]
    pub next_contact: Option<String>,
    /// Who the records are for.
    pub to: Place,
}

/// One child of a visit.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitedChild {
    /// The case.
    pub case_id: String,
    /// What happened, in the visitor's words.
    pub narrative: String,
    /// Whether the child was seen.
    #[uniffi(default = None)]
    pub seen: Option<bool>,
    /// Whether the child was seen alone.
    #[uniffi(default = None)]
    pub seen_alone: Option<bool>,
}

/// Whether anybody in the team could be involved in what a concern is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TeamInvolved {
    /// Nobody: the concern is for the user's own agency.
    No,
    /// Somebody may be: only people named for protection read it.
    Perhaps,
}

/// Something seen that worries somebody.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewConcern {
    /// The case.
    pub case_id: String,
    /// Could anybody in the team be involved? Asked each time.
    pub team_involved: TeamInvolved,
    /// What was seen or heard.
    pub seen: String,
    /// Whether harm is suspected. If so, ring first: the answer has the numbers.
    pub harm_suspected: bool,
    /// What was done about it at once.
    #[uniffi(default = None)]
    pub action: Option<String>,
    /// Where.
    #[uniffi(default = None)]
    pub place: Option<String>,
    /// When it was seen.
    #[uniffi(default = None)]
    pub when_ms: Option<i64>,
}

/// Whose views, and how they were obtained.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewViews {
    /// The case.
    pub case_id: String,
    /// Whose: the child's, a parent's.
    pub whose: String,
    /// How.
    pub how: HowHeard,
    /// The words, verbatim; for an infant, what was observed.
    pub words: String,
    /// In which language.
    #[uniffi(default = None)]
    pub language: Option<String>,
    /// Through which interpreter.
    #[uniffi(default = None)]
    pub interpreter: Option<String>,
    /// Whether nobody else was there.
    #[uniffi(default = None)]
    pub alone: Option<bool>,
}

/// How views were obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum HowHeard {
    /// Spoken.
    Spoken,
    /// Drawn.
    Drawn,
    /// In sign language.
    Signed,
    /// Written.
    Written,
    /// Observed, for an infant.
    Observed,
}

/// A row of a plan as it begins.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewPlanRow {
    /// What the child or family needs.
    pub need: String,
    /// What will be done.
    pub action: String,
    /// What should come of it.
    #[uniffi(default = None)]
    pub outcome: Option<String>,
    /// The agency that commits to it, by id.
    #[uniffi(default = None)]
    pub agency_id: Option<String>,
    /// Who does it.
    #[uniffi(default = None)]
    pub person: Option<String>,
    /// By when.
    #[uniffi(default = None)]
    pub due: Option<String>,
}

/// A field of a plan's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RowField {
    /// What the child or family needs.
    Need,
    /// What will be done.
    Action,
    /// What should come of it.
    Outcome,
    /// How that will be known.
    Evidence,
    /// Which agency commits to it.
    Agency,
    /// Who does it.
    Person,
    /// By when.
    Due,
    /// `open`, `in_progress`, `done`, `blocked`, `cancelled`.
    Status,
    /// `green`, `amber`, `red`.
    Rating,
    /// What effect it had, on the framework's scale.
    Effect,
}

/// Why something is shared. Kept whether or not anything is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SharingReason {
    /// What for.
    pub purpose: String,
    /// What it rests on.
    pub basis: SharingBasis,
    /// Whether consent was sought.
    pub consent_sought: bool,
    /// Why consent was not sought, or what was answered.
    #[uniffi(default = None)]
    pub why: Option<String>,
    /// Why it is necessary and no more than is needed.
    pub necessary_because: String,
}

/// The basis of sharing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SharingBasis {
    /// Somebody consented.
    Consent,
    /// A child is at risk of significant harm.
    SignificantHarm,
    /// A serious crime.
    SeriousCrime,
    /// A court ordered it.
    Court,
    /// A law requires it.
    Statutory,
}

/// With whom a record is shared.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ShareWith {
    /// The team around the child.
    Team,
    /// One agency.
    Agency {
        /// The agency, by id.
        agency_id: String,
    },
}

/// Help that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewRequest {
    /// The case.
    pub case_id: String,
    /// The agency asked, by id; with or without a sign-in here.
    pub agency_id: String,
    /// Its name, or a person's there.
    #[uniffi(default = None)]
    pub to_name: Option<String>,
    /// Why help is asked for.
    pub reason: String,
    /// When an answer is due.
    #[uniffi(default = None)]
    pub response_due: Option<String>,
}

/// What is being typed on one screen.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Draft {
    /// The screen and what it is about, in the app's own words: `visit 0f3a`.
    pub screen: String,
    /// What stands in each field, by the app's own names.
    pub fields: Vec<DraftField>,
    /// When it was last kept; the app leaves it at zero.
    #[uniffi(default = 0)]
    pub at_ms: i64,
}

/// One field of a draft.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftField {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

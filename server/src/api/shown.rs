//! What several answers have in common: people by name, values with whose they are.

use serde::Serialize;
use serde_json::Value as Json;
use sync_core::ids::UserId;
use sync_core::merge::{Held, InForce, Rival};
use utoipa::ToSchema;

use crate::service::reading::caseload::CaseLine;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::conflicts::OpenConflict;

/// Somebody who works or worked with the case.
#[derive(Clone, Serialize, ToSchema)]
pub struct PersonShown {
    /// Their id.
    pub user: String,
    /// Their name; empty for somebody who was never of the cluster.
    pub name: String,
    /// Their agency's name; "Another service" for one whose name says too much.
    pub agency: String,
}

impl PersonShown {
    /// The person of this id.
    #[must_use]
    pub fn of(user: &UserId, people: &Colleagues) -> Self {
        let known = people.get(user);
        Self {
            user: user.to_string(),
            name: known.map(|it| it.name.clone()).unwrap_or_default(),
            agency: known.map(|it| it.agency_name.clone()).unwrap_or_default(),
        }
    }
}

/// A value and whose it is.
#[derive(Clone, Serialize, ToSchema)]
pub struct ValueShown {
    /// The assertion; absent for what a plan's row began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    /// The value: a text, a number, yes or no, an id; absent where it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    /// What a screen shows for it, where a framework has words for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The framework whose words it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<PersonShown>,
    /// When they said so, by their clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl ValueShown {
    fn held(held: &Held, people: &Colleagues) -> Self {
        Self {
            entry: held.entry.map(|entry| entry.to_string()),
            value: serde_json::to_value(&held.value).ok(),
            label: held.label.clone(),
            framework: held.framework.clone(),
            by: held.by.map(|user| PersonShown::of(&user, people)),
            at: held.at.map(|at| at.0),
            reason: held.reason.clone(),
        }
    }

    fn rival(rival: &Rival, people: &Colleagues) -> Self {
        Self {
            entry: Some(rival.entry.to_string()),
            value: rival.value.as_ref().and_then(|value| serde_json::to_value(value).ok()),
            label: rival.label.clone(),
            framework: rival.framework.clone(),
            by: Some(PersonShown::of(&rival.by, people)),
            at: Some(rival.at.0),
            reason: rival.reason.clone(),
        }
    }
}

/// What holds of a fact.
#[derive(Clone, Serialize, ToSchema)]
pub struct InForceShown {
    /// one, several (shown side by side), combined (a consent), withheld (only named people see it)
    /// or nobody.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The values that hold.
    values: Vec<ValueShown>,
    /// What one giver allows, of a consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<String>,
}

impl InForceShown {
    /// What holds, with names.
    #[must_use]
    pub fn of(in_force: &InForce, people: &Colleagues) -> Self {
        let (kind, consent) = match in_force {
            InForce::One(_) => ("one", None),
            InForce::Several(_) => ("several", None),
            InForce::Withheld => ("withheld", None),
            InForce::Nobody => ("nobody", None),
            InForce::Combined(scope) => ("combined", Some(scope.to_string())),
        };
        let values = in_force.held().iter().map(|held| ValueShown::held(held, people)).collect();
        Self { kind, values, consent }
    }
}

/// A disagreement that a person must settle.
#[derive(Clone, Serialize, ToSchema)]
pub struct ConflictShown {
    case: String,
    /// The child's name.
    name: String,
    record: String,
    /// What the record is about.
    kind: String,
    /// Who the record is for.
    compartment: String,
    #[schema(value_type = String)]
    fact: &'static str,
    /// Of whom or what; empty for the record as a whole.
    subject: String,
    /// Every value that stands, newest first.
    rivals: Vec<ValueShown>,
    /// What holds meanwhile.
    in_force: InForceShown,
    /// Why that, in a screen's words.
    #[schema(value_type = String)]
    why: &'static str,
    /// Whether this person may settle it.
    may_settle: bool,
}

impl ConflictShown {
    /// The disagreement with names.
    #[must_use]
    pub fn of(open: &OpenConflict, people: &Colleagues) -> Self {
        let conflict = &open.conflict;
        Self {
            case: open.case.to_string(),
            name: open.name.clone(),
            record: open.record.to_string(),
            kind: open.kind.to_string(),
            compartment: open.compartment.to_string(),
            fact: conflict.fact.name(),
            subject: conflict.subject.clone(),
            rivals: conflict.rivals.iter().map(|it| ValueShown::rival(it, people)).collect(),
            in_force: InForceShown::of(&conflict.in_force, people),
            why: conflict.why.words(),
            may_settle: open.may_settle,
        }
    }
}

/// One case of a caseload.
#[derive(Clone, Serialize, ToSchema)]
pub struct CaseShown {
    case: String,
    cluster: String,
    /// The child's name, as far as recorded.
    name: String,
    school: String,
    /// The stage in force, or those of unlike frameworks side by side: codes.
    stage: Vec<String>,
    /// The stage's framework.
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<String>,
    /// Whether people disagree about the stage.
    stage_disputed: bool,
    /// Absent while unallocated.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_professional: Option<PersonShown>,
    /// Whether work goes on.
    open: bool,
    /// Disagreements that a person must settle, where this person may know their number.
    safety_conflicts: i32,
    /// Others.
    routine_conflicts: i32,
    /// Since when harm is suspected in an open concern outside protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    harm_since: Option<i64>,
}

impl CaseShown {
    /// The line with names.
    #[must_use]
    pub fn of(line: &CaseLine, people: &Colleagues) -> Self {
        let header = &line.header;
        Self {
            case: line.case.to_string(),
            cluster: line.cluster.to_string(),
            name: header.name.clone(),
            school: header.school.clone(),
            stage: header.stage.clone(),
            framework: header.framework.clone(),
            stage_disputed: header.stage_disputed,
            lead_professional: header.lead_professional.map(|it| PersonShown::of(&it, people)),
            open: header.open,
            safety_conflicts: line.safety_conflicts,
            routine_conflicts: line.routine_conflicts,
            harm_since: line.harm_since.map(|at| at.0),
        }
    }
}

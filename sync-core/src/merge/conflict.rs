//! What people must settle.

use serde::Serialize;

use crate::merge::held::{InForce, Rival, Why};
use crate::merge::topic::{Resolved, topics};
use crate::merge::{Context, name_of};
use crate::record::entry::Entry;
use crate::record::schema::Fact;

/// How a conflict is closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A person settles it with a reason.
    Safety,
    /// Marked in place; the next informed edit closes it.
    Routine,
}

/// Unlike values of one fact that stand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Conflict {
    /// The fact.
    #[serde(serialize_with = "name_of")]
    pub fact: Fact,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// How it is closed.
    pub severity: Severity,
    /// Every assertion that stands, newest first, own unsent ones last.
    pub rivals: Vec<Rival>,
    /// What holds meanwhile.
    pub in_force: InForce,
    /// Why that.
    pub why: Why,
}

/// The conflicts of one record's entries: safety first, then by fact and subject.
#[must_use]
pub fn conflicts(entries: &[Entry], context: &Context<'_>) -> Vec<Conflict> {
    let topics = topics(entries, context);
    let disputed = topics.iter().filter(|topic| topic.is_disputed(context));
    let resolved = disputed.map(|topic| topic.resolve(context));
    let mut conflicts: Vec<Conflict> = resolved.map(Conflict::from).collect();
    conflicts.sort_by_key(|conflict| conflict.severity);
    conflicts
}

impl From<Resolved<'_>> for Conflict {
    fn from(resolved: Resolved<'_>) -> Self {
        let safety = resolved.fact.is_safety();
        Self {
            fact: resolved.fact,
            subject: resolved.subject,
            severity: if safety { Severity::Safety } else { Severity::Routine },
            rivals: resolved.rivals,
            in_force: resolved.in_force,
            why: resolved.why,
        }
    }
}

//! What holds of a fact, as far as a screen needs it.

use serde::Serialize;

use crate::merge::{InForce, Resolved, Rival, Why};

/// What holds of one fact about one subject.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Holds {
    /// What holds.
    pub in_force: InForce,
    /// Why that.
    pub why: Why,
    /// Whether people disagree.
    pub disputed: bool,
    /// Every assertion that stands, newest first: what an informed edit replaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<Rival>,
}

impl From<Resolved<'_>> for Holds {
    fn from(resolved: Resolved<'_>) -> Self {
        Self {
            in_force: resolved.in_force,
            why: resolved.why,
            disputed: resolved.disputed,
            standing: resolved.rivals,
        }
    }
}

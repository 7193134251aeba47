//! An intervention as a screen shows it.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::intervention::{InterventionDetails, Session};
use crate::record::schema::Fact;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::{Fixed, Said};

/// What was delivered against a plan's row.
#[derive(Clone, Debug, Serialize)]
pub struct Intervention {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<InterventionDetails>,
    /// Its sessions.
    pub sessions: Vec<Said<Session>>,
    /// How it works.
    pub effect: Holds,
    /// What it costs.
    pub cost_band: Holds,
}

impl Intervention {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self {
            header: Header::read(&parts),
            fixed: parts.fixed(),
            sessions: parts.all(),
            effect: parts.holds(Fact::Effect, "", None),
            cost_band: parts.holds(Fact::CostBand, "", None),
        }
    }
}

//! A concern as a screen shows it.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::concern::{ConcernDecision, ConcernDetails, Indicator, Told};
use crate::record::schema::Fact;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::{Fixed, Said};

/// Something seen that worries somebody.
#[derive(Clone, Debug, Serialize)]
pub struct Concern {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<ConcernDetails>,
    /// The indicators that it fits.
    pub indicators: Vec<Said<Indicator>>,
    /// Who was told.
    pub told: Vec<Said<Told>>,
    /// What was decided, and what whoever raised it hears.
    pub decisions: Vec<Said<ConcernDecision>>,
    /// Whether harm is suspected.
    pub harm_suspected: Holds,
    /// Whether it is settled.
    pub state: Holds,
}

impl Concern {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self {
            header: Header::read(&parts),
            fixed: parts.fixed(),
            indicators: parts.all(),
            told: parts.all(),
            decisions: parts.all(),
            harm_suspected: parts.holds(Fact::HarmSuspected, "", None),
            state: parts.holds(Fact::ConcernState, "", None),
        }
    }
}

//! A decision on sharing as a screen shows it.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::sharing_decision::SharingDecisionDetails;
use crate::view::kinds::header::Header;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::Fixed;

/// Why something was shared, or was not.
#[derive(Clone, Debug, Serialize)]
pub struct SharingDecision {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<SharingDecisionDetails>,
}

impl SharingDecision {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self { header: Header::read(&parts), fixed: parts.fixed() }
    }
}

//! A visit as a screen shows it.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::visit::{Narrative, VisitDetails};
use crate::record::schema::Fact;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::{Fixed, Said};

/// The field of a visit's details that says when the child is next seen.
const NEXT_CONTACT: u8 = 10;

/// A visit to a child.
#[derive(Clone, Debug, Serialize)]
pub struct Visit {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<VisitDetails>,
    /// What happened, one a contributor.
    pub narratives: Vec<Said<Narrative>>,
    /// When the child is next seen: as first written until somebody says otherwise.
    pub next_contact: Holds,
}

impl Visit {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self {
            header: Header::read(&parts),
            fixed: parts.fixed(),
            narratives: parts.all(),
            next_contact: parts.holds(Fact::NextContact, "", parts.detail(NEXT_CONTACT)),
        }
    }
}

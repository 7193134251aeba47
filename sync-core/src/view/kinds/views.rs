//! Views as a screen shows them.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::views::{ViewsDetails, WhatChanged, Words};
use crate::view::kinds::header::Header;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::{Fixed, Said};

/// Somebody's own words.
#[derive(Clone, Debug, Serialize)]
pub struct Views {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<ViewsDetails>,
    /// The words, verbatim.
    pub words: Vec<Said<Words>>,
    /// What changed because of them.
    pub changes: Vec<Said<WhatChanged>>,
}

impl Views {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self {
            header: Header::read(&parts),
            fixed: parts.fixed(),
            words: parts.all(),
            changes: parts.all(),
        }
    }
}

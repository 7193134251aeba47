//! An attachment as a screen shows it.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::attachment::AttachmentDetails;
use crate::view::kinds::header::Header;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::Fixed;

/// The record of a photo, voice note or body map.
#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<AttachmentDetails>,
}

impl Attachment {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self { header: Header::read(&parts), fixed: parts.fixed() }
    }
}

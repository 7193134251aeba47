//! What an attachment belongs to: a record of the same case for the same people, which is there already.
//! Whoever may read the one may read the other, and neither is left without its place.

use crate::gate::copies::{self, Sources};
use crate::gate::media;
use crate::gate::refusal::Refusal;
use crate::ids::{CaseId, RecordId};
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::envelope::Envelope;
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::attachment::AttachmentDetails;
use crate::record::schema::DETAILS;

/// Where a record is.
pub type Place = (CaseId, Compartment);

/// The record that a change to a record of this kind attaches to.
#[must_use]
pub fn parent_of(kind: Kind, change: &Change) -> Option<RecordId> {
    fixed(kind, change).and_then(AttachmentDetails::read_new).map(|details| details.parent)
}

/// Checks what a change to `record` attaches. `parent` is where the record is that it names; none if it is
/// not there, or not the author's to know of, which is answered alike.
///
/// # Errors
/// [`Refusal`]
pub fn check(
    record: &Envelope,
    change: &Change,
    parent: Option<Place>,
    sources: &Sources,
) -> Result<(), Refusal> {
    let Some(entry) = fixed(record.kind(), change) else { return Ok(()) };
    let details = AttachmentDetails::read_new(entry).ok_or_else(|| Refusal::new("wrong_field"))?;
    if !(1..=media::largest(details.sort)).contains(&details.bytes) {
        return Err(Refusal::new("wrong_size"));
    }
    // A copy goes on to name what its source belongs to.
    let beside = parent == Some((record.case, record.compartment));
    match beside || copies::keeps_details(change, sources) {
        true => Ok(()),
        false => Err(Refusal::new("wrong_parent")),
    }
}

/// What a change fixes of an attachment.
fn fixed(kind: Kind, change: &Change) -> Option<&NewEntry> {
    let mut adds = change.edits.iter().filter_map(|edit| match edit {
        Edit::Add(entry) => Some(entry),
        Edit::Splice { .. } => None,
    });
    adds.find(|entry| kind == Kind::Attachment && entry.collection == DETAILS)
}

#[cfg(test)]
mod tests;

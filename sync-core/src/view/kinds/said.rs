//! What one person wrote, with who, when, and what was corrected since.

use serde::Serialize;

use crate::ids::{EntryId, UserId};
use crate::record::entry::Entry;
use crate::record::kinds::{Amendment, Contribution};
use crate::time::Timestamp;

/// What one person wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Said<T> {
    /// The entry.
    pub id: EntryId,
    /// Who wrote it.
    pub by: UserId,
    /// When, by that person's clock.
    pub at: Timestamp,
    /// How far that clock was measured to be ahead, milliseconds; zero if never measured.
    pub clock_ahead_ms: i64,
    /// Whether only this phone has it yet.
    pub unsent: bool,
    /// What they wrote.
    pub says: T,
    /// Corrections of it and of those corrections, in the record's order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<Said<Amendment>>,
}

impl<T: Contribution> Said<T> {
    /// Reads an entry; nothing if it is not a `T`.
    pub(super) fn read(entry: &Entry, amendments: Vec<Said<Amendment>>) -> Option<Self> {
        Some(Self {
            id: entry.id,
            by: entry.by,
            at: entry.at,
            clock_ahead_ms: entry.clock_ahead_ms,
            unsent: entry.position.is_none(),
            says: T::read(entry)?,
            amendments,
        })
    }
}

/// What was fixed when a record was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fixed<D> {
    /// What its creator wrote.
    pub details: Option<Said<D>>,
    /// What anybody wrote in the same place afterwards: shown, never instead of the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_details: Vec<Said<D>>,
}

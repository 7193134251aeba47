//! Reading a record's history back from a phone's rows.

use std::collections::BTreeMap;

use crate::codec::DecodeError;
use crate::gate::shape;
use crate::ids::{Actor, RecordId, UserId};
use crate::record::change::Change;
use crate::record::envelope::Envelope;
use crate::record::history::{History, HistoryError, decode_deps};
use crate::store::{ChangeRow, Place, RecordRow, Shelf, Store, StoreError};

/// Why a record could not be read from the phone's rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The phone has no such record.
    #[error("this record is not on this phone")]
    Unknown,
    /// A newer version of the app wrote a part of it.
    #[error("a newer version of the app wrote this: update the app to read it")]
    Newer,
    /// The rows do not make a record.
    #[error("this record is damaged on this phone: {0}")]
    Damaged(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const ORDER: RecordError = RecordError::Damaged("its order");

impl RecordError {
    /// Whether it is about this record alone: what else there is can be shown without it.
    #[must_use]
    pub const fn is_of_one(&self) -> bool {
        matches!(self, Self::Newer | Self::Damaged(_))
    }
}

impl From<DecodeError> for RecordError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Unknown(_) => Self::Newer,
            _ => Self::Damaged("its bytes"),
        }
    }
}

impl From<HistoryError> for RecordError {
    fn from(_: HistoryError) -> Self {
        ORDER
    }
}

/// The person that each actor belongs to.
#[derive(Clone, Debug, Default)]
pub struct Authors(BTreeMap<Actor, UserId>);

impl Authors {
    /// The authors that a phone knows.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let rows = store.items(Shelf::Author)?;
        let pairs = rows.iter().filter_map(|(actor, user)| {
            Some((Actor::from_slice(actor).ok()?, UserId::from_slice(user).ok()?))
        });
        Ok(Self(pairs.collect()))
    }

    /// Notes whom an actor belongs to; says whether that is new.
    pub fn add(&mut self, actor: Actor, user: UserId) -> bool {
        self.0.insert(actor, user).is_none()
    }

    /// Whom an actor belongs to.
    #[must_use]
    pub fn user(&self, actor: &Actor) -> Option<UserId> {
        self.0.get(actor).copied()
    }
}

/// A record's history as a phone has it, and how many of its changes the server has put in order.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The changes: those in order first, own later ones after.
    pub history: History,
    /// How many are in order.
    pub placed: usize,
    /// The row of each change, in the same order.
    pub rows: Vec<ChangeRow>,
}

/// Reads a record.
///
/// # Errors
/// [`RecordError`]
pub fn load(
    store: &dyn Store,
    authors: &Authors,
    record: &RecordId,
) -> Result<Loaded, RecordError> {
    let row = store.record(record)?.ok_or(RecordError::Unknown)?;
    load_row(store, authors, &row)
}

/// Reads a record whose row is at hand.
///
/// # Errors
/// [`RecordError`]
pub fn load_row(
    store: &dyn Store,
    authors: &Authors,
    row: &RecordRow,
) -> Result<Loaded, RecordError> {
    let mut history = History::new(Envelope::decode(&row.envelope)?);
    let rows = append_all(&mut history, authors, &store.changes(&row.id)?)?;
    let placed = rows.iter().filter(|row| matches!(row.place, Place::Placed(_))).count();
    Ok(Loaded { history, placed, rows })
}

/// Puts rows at the end of a history; gives them in the order in which they are there. What has no
/// place in the log yet may have to wait for what it builds on.
///
/// # Errors
/// [`RecordError`]
pub fn append_all(
    history: &mut History,
    authors: &Authors,
    rows: &[ChangeRow],
) -> Result<Vec<ChangeRow>, RecordError> {
    let mut done = Vec::with_capacity(rows.len());
    let mut open: Vec<&ChangeRow> = rows.iter().collect();
    while !open.is_empty() {
        let (before, mut later) = (done.len(), Vec::new());
        for row in open {
            match append(history, authors, row) {
                Ok(()) => done.push(row.clone()),
                Err(ORDER) if !matches!(row.place, Place::Placed(_)) => later.push(row),
                Err(error) => return Err(error),
            }
        }
        if done.len() == before {
            return Err(ORDER);
        }
        open = later;
    }
    Ok(done)
}

/// Reads of a record what this version can: up to the first change that a newer one wrote, and after
/// it the phone's own work that says what it builds on, as far as that can be read. The flag says
/// whether that is all.
///
/// # Errors
/// [`RecordError::Newer`] if not even the record's kind is known; otherwise as [`load`].
pub fn load_readable(
    store: &dyn Store,
    authors: &Authors,
    row: &RecordRow,
) -> Result<(Loaded, bool), RecordError> {
    let envelope = Envelope::decode(&row.envelope)?;
    let mut loaded = Loaded { history: History::new(envelope), placed: 0, rows: Vec::new() };
    let (mut whole, mut open) = (true, store.changes(&row.id)?);
    loop {
        let (before, mut later) = (loaded.rows.len(), Vec::new());
        for row in open {
            let is_placed = matches!(row.place, Place::Placed(_));
            if !whole && (is_placed || row.deps.is_none()) {
                continue;
            }
            match append(&mut loaded.history, authors, &row) {
                Ok(()) => {
                    loaded.placed += usize::from(is_placed);
                    loaded.rows.push(row);
                }
                Err(RecordError::Newer) => whole = false,
                // Others' work that lost its place with the log may build on one's own unsent work.
                Err(ORDER) if !is_placed => later.push(row),
                Err(_) if !whole => {}
                Err(error) => return Err(error),
            }
        }
        let stuck = loaded.rows.len() == before;
        match later.is_empty() {
            false if stuck && whole => return Err(ORDER),
            false if !stuck => open = later,
            _ => return Ok((loaded, whole)),
        }
    }
}

/// Puts a row's change at the end of a history, if it says only what its kind's schema lets it: a
/// check of the operations as they stand, without a document. What says more is for a newer version.
///
/// # Errors
/// [`RecordError`]
pub fn append(
    history: &mut History,
    authors: &Authors,
    row: &ChangeRow,
) -> Result<(), RecordError> {
    let by = authors.user(&row.actor).ok_or(RecordError::Damaged("an author"))?;
    let kind = history.envelope().kind();
    let change = Change::decode_body(kind, row.actor, by, &row.body)?;
    shape::check(kind, &change).map_err(|_| RecordError::Newer)?;
    let deps = row.deps.as_deref().map(decode_deps).transpose()?;
    history.append(change, row.seq, deps.as_deref())?;
    Ok(())
}

#[cfg(test)]
mod tests;

//! Rows of the database as the store's values.

use rusqlite::types::Type;
use rusqlite::{Error, Row};

use crate::ids::{Actor, CaseId, NotAnId, RecordId, ScopeId};
use crate::store::{ChangeRow, Place, RecordRow, ReturnedRow};

/// The state of changes that only this phone has, as the index of unsent work has it.
const UNSENT: i64 = 2;

/// A place as it is stored. Numbers of 64 bits are shifted into the signed range, order kept.
pub(super) const fn columns_of(place: Place) -> (i64, i64) {
    match place {
        Place::Placed(position) => (0, position as i64),
        Place::Accepted(made) => (1, (made as i64) ^ i64::MIN),
        Place::Unsent(made) => (UNSENT, (made as i64) ^ i64::MIN),
    }
}

fn place_of(state: i64, ord: i64) -> Option<Place> {
    match state {
        0 => u32::try_from(ord).ok().map(Place::Placed),
        1 => Some(Place::Accepted((ord ^ i64::MIN) as u64)),
        UNSENT => Some(Place::Unsent((ord ^ i64::MIN) as u64)),
        _ => None,
    }
}

/// A record from the five columns from `at` on.
pub(super) fn record_at(row: &Row<'_>, at: usize) -> Result<RecordRow, Error> {
    Ok(RecordRow {
        id: id(row, at, RecordId::from_slice)?,
        case: id(row, at + 1, CaseId::from_slice)?,
        scope: id(row, at + 2, ScopeId::from_slice)?,
        kind: row.get(at + 3)?,
        envelope: row.get(at + 4)?,
    })
}

/// A change from its record's column and the six columns from `at` on.
pub(super) fn change_at(row: &Row<'_>, record: usize, at: usize) -> Result<ChangeRow, Error> {
    let place = place_of(row.get(at + 2)?, row.get(at + 3)?);
    Ok(ChangeRow {
        record: id(row, record, RecordId::from_slice)?,
        actor: id(row, at, Actor::from_slice)?,
        seq: row.get(at + 1)?,
        place: place.ok_or(Error::IntegralValueOutOfRange(at + 2, 0))?,
        deps: row.get(at + 4)?,
        body: row.get(at + 5)?,
    })
}

/// Returned work from `id`, a record's five columns, a change's six and the reason.
pub(super) fn returned(row: &Row<'_>) -> Result<ReturnedRow, Error> {
    let number: i64 = row.get(0)?;
    Ok(ReturnedRow {
        id: u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(0, number))?,
        record: record_at(row, 1)?,
        change: change_at(row, 1, 6)?,
        reason: row.get(12)?,
    })
}

/// An id from a column of 16 bytes.
pub(super) fn id<T>(
    row: &Row<'_>,
    at: usize,
    read: fn(&[u8]) -> Result<T, NotAnId>,
) -> Result<T, Error> {
    let bytes = row.get_ref(at)?.as_blob()?;
    read(bytes).map_err(|error| Error::FromSqlConversionFailure(at, Type::Blob, error.into()))
}

//! Who writes on a phone, and the numbers that it gives to what it makes.

use crate::ids::{Actor, DeviceId, UserId};
use crate::record::envelope::Envelope;
use crate::store::{RecordRow, Shelf, Store, StoreError, Write};

/// Where a phone counts the records that it makes. What others see of a count is its
/// [`number_of`](crate::engine::numbers::number_of).
pub const NEXT_RECORD: &[u8] = b"next record";
/// Where it counts the cases that it begins; nobody sees the count.
pub const NEXT_CASE: &[u8] = b"next case";

/// Where it counts all that it writes.
pub const NEXT_ORDINAL: &[u8] = b"next ordinal";

/// Who writes on this phone, and as whom from a page on that says that the old numbers are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// The actor of its enrolment.
    pub first: Actor,
    /// The actor that the phone writes as.
    pub actor: Actor,
    /// The person.
    pub user: UserId,
    /// The phone.
    pub device: DeviceId,
    /// Its secret, from which fresh actors and new names of cases come.
    pub secret: [u8; 32],
}

/// A record's row.
#[must_use]
pub fn row_of(envelope: &Envelope) -> RecordRow {
    RecordRow {
        id: envelope.id(),
        case: envelope.case,
        scope: envelope.scope(),
        kind: envelope.kind().code(),
        envelope: envelope.encode(),
    }
}

/// The next number that a phone gives, from 1.
///
/// # Errors
/// [`StoreError`]
pub fn counter(store: &dyn Store, name: &[u8]) -> Result<u64, StoreError> {
    let bytes = store.item(Shelf::Meta, name)?;
    Ok(bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map_or(1, u64::from_be_bytes))
}

/// The same of what is counted in 32 bits.
///
/// # Errors
/// [`StoreError`]
pub fn counter32(store: &dyn Store, name: &[u8]) -> Result<u32, StoreError> {
    Ok(u32::try_from(counter(store, name)?).unwrap_or(u32::MAX))
}

/// What notes the next number.
#[must_use]
pub fn counted(name: &[u8], next: u64) -> Write {
    Write::Set(Shelf::Meta, name.to_vec(), next.to_be_bytes().to_vec())
}

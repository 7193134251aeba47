//! How long a phone may go on reading without contact with the server: what was retired, or whose
//! owner has left the team, must hear of it some day.
//!
//! The lease runs by the phone's own clock, from the contact on, and the latest moment that clock has
//! ever shown counts: setting it back wins nothing. A clock that stands still cannot be told from one
//! that was just read.

use crate::device::{Device, DeviceError};
use crate::limits::{LEASE_NOTE_MS, OFFLINE_LEASE_DAYS};
use crate::store::{Shelf, Store, StoreError, Write};
use crate::time::Timestamp;

const LEASE: &[u8] = b"lease";

/// Whether what is on a phone may still be read without contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lease {
    /// It may.
    Open {
        /// Until this moment of the phone's clock.
        until: Timestamp,
    },
    /// It may not, until the next exchange with the server. Nothing is lost.
    Over {
        /// Since this moment of the phone's clock.
        since: Timestamp,
    },
}

/// What the phone remembers of its lease.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Noted {
    contact: Timestamp,
    /// The latest moment seen since.
    seen: Timestamp,
}

impl<S: Store> Device<S> {
    /// Whether this phone may still be read, its clock standing at `now`: the shortest lease of the
    /// frameworks of the user's clusters. Before the first contact the lease runs from the first
    /// time that this is asked: to be asked at enrolment, and before anything is shown.
    ///
    /// # Errors
    /// [`DeviceError::Store`]; a full phone is no error.
    pub fn lease(&mut self, now: Timestamp) -> Result<Lease, DeviceError> {
        let noted = self.note_moment(now)?;
        let until = noted.contact.plus_ms(self.lease_days(noted.contact) * Timestamp::DAY_MS);
        Ok(match noted.seen < until {
            true => Lease::Open { until },
            false => Lease::Over { since: until },
        })
    }

    fn note_moment(&mut self, now: Timestamp) -> Result<Noted, StoreError> {
        let before = Noted::load(&self.store)?;
        let noted = before.unwrap_or(Noted { contact: now, seen: now });
        let noted = Noted { seen: noted.seen.max(now), ..noted };
        let grown = before.is_none_or(|it| noted.seen.since_ms(it.seen) >= LEASE_NOTE_MS);
        match grown.then(|| self.store.commit(&[noted.write()])) {
            // What is on a full phone must be there to read.
            None | Some(Ok(()) | Err(StoreError::Full)) => Ok(noted),
            Some(Err(error)) => Err(error),
        }
    }

    /// By the editions in force on the day of the contact.
    fn lease_days(&self, contact: Timestamp) -> i64 {
        let day = contact.date();
        let in_force = self.frameworks.values().filter_map(|id| self.catalogue.on(id, day?));
        let shortest = in_force.map(|framework| framework.offline_lease_days).min();
        shortest.unwrap_or(OFFLINE_LEASE_DAYS).into()
    }
}

/// How to note a contact: the server's clock stood at `server` when the phone's stood at `phone`.
/// The earlier one counts: neither a phone that runs behind nor one that was set ahead for the
/// contact reads for longer.
pub(super) fn contact(server: Timestamp, phone: Timestamp) -> Write {
    let contact = server.min(phone);
    Noted { contact, seen: contact }.write()
}

/// When the phone was last in contact; the first time that it was asked whether it may be read, if it never was.
pub(super) fn last_contact(store: &dyn Store) -> Result<Option<Timestamp>, StoreError> {
    Ok(Noted::load(store)?.map(|noted| noted.contact))
}

impl Noted {
    fn load(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = store.item(Shelf::Meta, LEASE)? else { return Ok(None) };
        let moment = |at: usize| {
            let bytes: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
            Some(Timestamp(i64::from_be_bytes(bytes)))
        };
        let noted = moment(0).zip(moment(8)).map(|(contact, seen)| Self { contact, seen });
        noted.ok_or_else(|| StoreError::Damaged("lease".into())).map(Some)
    }

    fn write(self) -> Write {
        let bytes = [self.contact, self.seen].map(|moment| moment.0.to_be_bytes()).concat();
        Write::Set(Shelf::Meta, LEASE.to_vec(), bytes)
    }
}

#[cfg(test)]
mod tests;

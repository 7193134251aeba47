//! How far a record has come from the phone to the others.

use serde::Serialize;

use crate::device::{Device, DeviceError};
use crate::ids::RecordId;
use crate::store::{Place, Store};

/// How far a record has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecordState {
    /// Changes that only this phone has.
    pub only_here: usize,
    /// Changes that the server has and that come back in order with the next exchange.
    pub taken: usize,
    /// Changes that everybody may have who may read them.
    pub with_others: usize,
    /// Why work of this record came back, in words; see the returned work.
    pub returned: Vec<String>,
}

impl<S: Store> Device<S> {
    /// How far a record has come.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn state(&self, record: &RecordId) -> Result<RecordState, DeviceError> {
        let record = self.record_now(record)?;
        let mut state =
            RecordState { only_here: 0, taken: 0, with_others: 0, returned: Vec::new() };
        for change in self.store.changes(&record)? {
            match change.place {
                Place::Unsent(_) => state.only_here += 1,
                Place::Accepted(_) => state.taken += 1,
                Place::Placed(_) => state.with_others += 1,
            }
        }
        for work in self.returned()? {
            // What came back of a record that was written again follows it.
            if self.record_now(&work.record)? == record {
                state.returned.push(work.why);
            }
        }
        Ok(state)
    }
}

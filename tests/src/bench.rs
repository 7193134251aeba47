//! What the promises cost with real phones and a real server: HTTPS on loopback, encrypted phones, the
//! common workload.
//!
//! [`ground`] loads it and enrols phones, [`stage`] brings everything back to the evening of the day on
//! which all phones have written and none has synced, [`line`] is what is told of a scenario. The
//! scenarios: [`first`] (a first sync, one from a cut, and nothing new), [`day`], [`storm`], [`live`]; [`core`] is
//! what the parts cost by themselves.

pub mod core;
pub mod day;
pub mod first;
pub mod ground;
pub mod line;
pub mod live;
pub mod stage;
pub mod storm;

use std::time::{SystemTime, UNIX_EPOCH};

use sync_core::device::Device;
use sync_core::device::https::Https;
use sync_core::device::sync::{SyncControl, SyncError, SyncReport};
use sync_core::store::Store;
use sync_core::time::Timestamp;

/// Now, as a phone's clock says.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A phone's sync over HTTPS.
///
/// # Errors
/// [`SyncError`]
pub fn sync<S: Store>(phone: &mut Device<S>, https: &mut Https) -> Result<SyncReport, SyncError> {
    let mut salts = 0_u8;
    let began = now().0.to_be_bytes();
    // Unlike in each sync: a salt need not be secret here.
    let mut random = || {
        salts = salts.wrapping_add(1);
        let mut salt = [salts; 16];
        salt[..8].copy_from_slice(&began);
        salt
    };
    phone.sync(https, &now, &mut random, SyncControl::new())
}

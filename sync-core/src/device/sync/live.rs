//! Waiting at the server until there is something to ask for, instead of asking again and again.

use super::{Holds, SyncError, held, refresh};
use crate::device::transport::{Bell, Standing, TransportError};
use crate::device::{DeviceError, Session};
use crate::store::{Shelf, Store};

/// Waits until the server has something for this phone, or until `seconds` are over, of which the server
/// takes 50 at most. Gives whether a sync is worth its while; the phone is free meanwhile. Nothing is sent
/// or stored: sync afterwards, and before the first time.
///
/// # Errors
/// [`SyncError`], of which [`SyncError::Transport`] is a reason to wait a little before the next try.
pub fn wait<H: Holds>(
    phone: &mut H,
    bell: &mut dyn Bell,
    stop: &super::Stop,
    seconds: u32,
) -> Result<bool, SyncError> {
    bell.stop_when(stop);
    wait_once(phone, bell, seconds).map_err(|error| error.or_stopped(stop))
}

fn wait_once<H: Holds>(
    phone: &mut H,
    bell: &mut dyn Bell,
    seconds: u32,
) -> Result<bool, SyncError> {
    let session = held(phone, |phone| Session::load(&phone.store).map_err(DeviceError::from))?;
    let session = session.ok_or(TransportError::SignedOut)?;
    let standing = held(phone, |phone| {
        let mut standing = Standing::default();
        for cluster in phone.clusters.keys() {
            if let Some(cursor) = phone.store.item(Shelf::Cursor, cluster.as_bytes())? {
                standing.0.push((*cluster, cursor));
            }
        }
        Ok::<_, DeviceError>(standing)
    })?;
    match bell.wait(&session.access_token, &standing, seconds) {
        Err(TransportError::SignedOut) => {
            let session = refresh(phone, bell, &session)?;
            Ok(bell.wait(&session.access_token, &standing, seconds)?)
        }
        answer => Ok(answer?),
    }
}

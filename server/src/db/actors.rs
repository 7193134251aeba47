//! The actors that phones write as.

use diesel::prelude::*;
use sync_core::ids::{Actor, DeviceId};
use sync_core::time::Timestamp;

use super::schema::device_actors::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// Whose an actor is; nobody's if no phone has said so.
///
/// # Errors
/// The database's failure.
pub fn device_of(conn: &mut Conn, actor: &Actor) -> Result<Option<DeviceId>, Error> {
    let found = dsl::device_actors.find(actor.as_bytes().as_slice()).select(dsl::device_id);
    let found: Option<Vec<u8>> = on_backend!(conn, c => found.first(c)).optional()?;
    Ok(found.map(|id| DeviceId::from_slice(&id)).transpose()?)
}

/// How many actors a phone has had.
///
/// # Errors
/// The database's failure.
pub fn count(conn: &mut Conn, device: &DeviceId) -> Result<i64, Error> {
    let of_device = dsl::device_actors.filter(dsl::device_id.eq(device.as_bytes().as_slice()));
    Ok(on_backend!(conn, c => of_device.count().get_result(c))?)
}

/// Notes that a phone writes as an actor.
///
/// # Errors
/// [`Error::Taken`] for one that is known.
pub fn insert(
    conn: &mut Conn,
    actor: &Actor,
    device: &DeviceId,
    now: Timestamp,
) -> Result<(), Error> {
    let row = (
        dsl::actor.eq(actor.as_bytes().as_slice()),
        dsl::device_id.eq(device.as_bytes().as_slice()),
        dsl::registered_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::device_actors).values(row).execute(c))?;
    Ok(())
}

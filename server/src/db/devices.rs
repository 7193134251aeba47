//! Enrolled phones, and the desks of people with a browser.

use diesel::prelude::*;
use sync_core::ids::{Actor, DeviceId, UserId};
use sync_core::time::Timestamp;

use super::schema::devices::dsl;
use super::{Conn, Error, actors};
use crate::on_backend;

/// What a device may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Everything its user may.
    Active,
    /// Surrender its unsent work and erase.
    Retired,
    /// Erase only.
    Stolen,
}

impl DeviceState {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Stolen => "stolen",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, Error> {
        let all = [Self::Active, Self::Retired, Self::Stolen];
        let found = all.into_iter().find(|state| state.as_str() == word);
        found.ok_or(Error::Corrupt("device state"))
    }
}

/// A phone of one person, or their desk: what signs for them while their browser asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// The actor it was enrolled with; it may have had others since ([`super::actors`]).
    pub actor: Actor,
    /// The Ed25519 key its batches and refreshes are signed with.
    pub public_key: [u8; 32],
    /// What its user calls it.
    pub name: String,
    /// What it may do.
    pub state: DeviceState,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When it last enrolled or refreshed.
    pub last_seen_at: Timestamp,
    /// Milliseconds its clock is ahead of the server's, once measured.
    pub clock_offset_ms: Option<i64>,
    /// Of a desk, the hash that stands for its browser's session; none of a phone. A desk lasts as long
    /// as that session, whatever its state says.
    pub desk_of: Option<[u8; 32]>,
}

type Row =
    (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, String, String, i64, i64, Option<i64>, Option<Vec<u8>>);

fn from_row(row: Row) -> Result<Device, Error> {
    let (id, user, actor, public_key, name, state, enrolled_at, last_seen_at, offset, desk) = row;
    Ok(Device {
        id: DeviceId::from_slice(&id)?,
        user: UserId::from_slice(&user)?,
        actor: Actor::from_slice(&actor)?,
        public_key: public_key.try_into().map_err(|_| Error::Corrupt("device key"))?,
        name,
        state: DeviceState::parse(&state)?,
        enrolled_at: Timestamp(enrolled_at),
        last_seen_at: Timestamp(last_seen_at),
        clock_offset_ms: offset,
        desk_of: match desk {
            Some(hash) => Some(hash.try_into().map_err(|_| Error::Corrupt("desk"))?),
            None => None,
        },
    })
}

/// Every device, the longest enrolled first.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn) -> Result<Vec<Device>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => dsl::devices.order(dsl::enrolled_at).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// Every device that is retired or reported stolen.
///
/// # Errors
/// The database's failure.
pub fn taken_off(conn: &mut Conn) -> Result<Vec<(DeviceId, DeviceState)>, Error> {
    let found = dsl::devices.filter(dsl::state.ne(DeviceState::Active.as_str()));
    let found = found.select((dsl::id, dsl::state));
    let rows: Vec<(Vec<u8>, String)> = on_backend!(conn, c => found.load(c))?;
    let read = |(id, state): (Vec<u8>, String)| {
        Ok((DeviceId::from_slice(&id)?, DeviceState::parse(&state)?))
    };
    rows.into_iter().map(read).collect()
}

/// The device of this id.
///
/// # Errors
/// The database's failure.
pub fn by_id(conn: &mut Conn, id: &DeviceId) -> Result<Option<Device>, Error> {
    let found = dsl::devices.filter(dsl::id.eq(id.as_bytes().as_slice()));
    on_backend!(conn, c => found.first(c)).optional()?.map(from_row).transpose()
}

/// The device that writes as `actor` or signs with `key`, if either is known.
///
/// # Errors
/// The database's failure.
pub fn by_actor_or_key(
    conn: &mut Conn,
    actor: &Actor,
    key: &[u8; 32],
) -> Result<Option<Device>, Error> {
    if let Some(device) = actors::device_of(conn, actor)? {
        return by_id(conn, &device);
    }
    let same = dsl::public_key.eq(key.as_slice());
    on_backend!(conn, c => dsl::devices.filter(same).first(c)).optional()?.map(from_row).transpose()
}

/// Adds a device.
///
/// # Errors
/// [`Error::Taken`] for an actor or key that is known.
pub fn insert(conn: &mut Conn, device: &Device) -> Result<(), Error> {
    let row = (
        dsl::id.eq(device.id.as_bytes().as_slice()),
        dsl::user_id.eq(device.user.as_bytes().as_slice()),
        dsl::actor.eq(device.actor.as_bytes().as_slice()),
        dsl::public_key.eq(device.public_key.as_slice()),
        dsl::name.eq(&device.name),
        dsl::state.eq(device.state.as_str()),
        dsl::enrolled_at.eq(device.enrolled_at.0),
        dsl::last_seen_at.eq(device.last_seen_at.0),
        dsl::clock_offset_ms.eq(device.clock_offset_ms),
        dsl::page_session.eq(device.desk_of.as_ref().map(<[u8; 32]>::as_slice)),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::devices).values(row).execute(c))?;
    actors::insert(conn, &device.actor, &device.id, device.enrolled_at)
}

/// A person's devices, the longest enrolled first.
///
/// # Errors
/// The database's failure.
pub fn of_user(conn: &mut Conn, user: &UserId) -> Result<Vec<Device>, Error> {
    let own = dsl::devices.filter(dsl::user_id.eq(user.as_bytes().as_slice()));
    let rows: Vec<Row> = on_backend!(conn, c => own.order(dsl::enrolled_at).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// Notes that a device was heard from.
///
/// # Errors
/// The database's failure.
pub fn touch(conn: &mut Conn, id: &DeviceId, now: Timestamp) -> Result<(), Error> {
    let found = dsl::devices.filter(dsl::id.eq(id.as_bytes().as_slice()));
    on_backend!(conn, c => diesel::update(found).set(dsl::last_seen_at.eq(now.0)).execute(c))?;
    Ok(())
}

/// Changes what a device may do, from its next request on.
///
/// # Errors
/// [`Error::Missing`] if there is no such device.
pub fn set_state(conn: &mut Conn, id: &DeviceId, state: DeviceState) -> Result<(), Error> {
    let found = dsl::devices.filter(dsl::id.eq(id.as_bytes().as_slice()));
    match on_backend!(conn, c => diesel::update(found)
        .set(dsl::state.eq(state.as_str()))
        .execute(c))?
    {
        0 => Err(Error::Missing),
        _ => Ok(()),
    }
}

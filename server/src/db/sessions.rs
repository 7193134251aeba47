//! Sessions: from an enrolment or a sign-in until revoked. Also the family of its refresh tokens.

use diesel::prelude::*;
use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

use super::schema::sessions::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: [u8; 16],
    /// Whose it is.
    pub user: UserId,
    /// The device it lives on; none for a sign-in with a password alone.
    pub device: Option<DeviceId>,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether it was ended.
    pub revoked: bool,
}

type Row = (Vec<u8>, Option<Vec<u8>>, i64, Option<i64>);

/// The session of this id.
///
/// # Errors
/// The database's failure.
pub fn by_id(conn: &mut Conn, id: &[u8; 16]) -> Result<Option<SessionRow>, Error> {
    let row: Option<Row> = on_backend!(conn, c => dsl::sessions
        .filter(dsl::id.eq(id.as_slice()))
        .select((dsl::user_id, dsl::device_id, dsl::started_at, dsl::revoked_at))
        .first(c))
    .optional()?;
    let Some((user, device, started_at, revoked_at)) = row else { return Ok(None) };
    Ok(Some(SessionRow {
        id: *id,
        user: UserId::from_slice(&user)?,
        device: device.map(|id| DeviceId::from_slice(&id)).transpose()?,
        started_at: Timestamp(started_at),
        revoked: revoked_at.is_some(),
    }))
}

/// The sessions of a user's device, those that were ended, too.
///
/// # Errors
/// The database's failure.
pub fn of_device(
    conn: &mut Conn,
    (user, device): (&UserId, &DeviceId),
) -> Result<Vec<[u8; 16]>, Error> {
    let of_user = dsl::user_id.eq(user.as_bytes().as_slice());
    let own = of_user.and(dsl::device_id.eq(device.as_bytes().as_slice())).assume_not_null();
    let rows: Vec<Vec<u8>> =
        on_backend!(conn, c => dsl::sessions.filter(own).select(dsl::id).load(c))?;
    let parsed = rows.into_iter().map(|id| id.try_into());
    parsed.collect::<Result<_, _>>().map_err(|_| Error::Corrupt("session id"))
}

/// Begins a session.
///
/// # Errors
/// The database's failure.
pub fn insert(conn: &mut Conn, session: &SessionRow) -> Result<(), Error> {
    let row = (
        dsl::id.eq(session.id.as_slice()),
        dsl::user_id.eq(session.user.as_bytes().as_slice()),
        dsl::device_id.eq(session.device.as_ref().map(|id| id.as_bytes().as_slice())),
        dsl::started_at.eq(session.started_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::sessions).values(row).execute(c))?;
    Ok(())
}

/// Ends a session and with it every token of it; the first reason stays.
///
/// # Errors
/// The database's failure.
pub fn revoke(conn: &mut Conn, id: &[u8; 16], why: &str, now: Timestamp) -> Result<(), Error> {
    let open = dsl::sessions.filter(dsl::id.eq(id.as_slice()).and(dsl::revoked_at.is_null()));
    let set = (dsl::revoked_at.eq(now.0), dsl::revoked_why.eq(why));
    on_backend!(conn, c => diesel::update(open).set(set).execute(c))?;
    Ok(())
}

/// Why a marked phone's sessions ended: with this reason they can go on when the mark is taken back.
const MARKED: &str = "device marked";

/// Ends every session of a device.
///
/// # Errors
/// The database's failure.
pub fn end_of_device(conn: &mut Conn, device: &DeviceId, now: Timestamp) -> Result<(), Error> {
    let own = dsl::device_id.eq(device.as_bytes().as_slice());
    let open = dsl::sessions.filter(own.and(dsl::revoked_at.is_null()).assume_not_null());
    let set = (dsl::revoked_at.eq(now.0), dsl::revoked_why.eq(MARKED));
    on_backend!(conn, c => diesel::update(open).set(set).execute(c))?;
    Ok(())
}

/// Lets the sessions of a device go on that [`end_of_device`] ended, and no others.
///
/// # Errors
/// The database's failure.
pub fn resume_of_device(conn: &mut Conn, device: &DeviceId) -> Result<(), Error> {
    let own = dsl::device_id.eq(device.as_bytes().as_slice());
    let ended = dsl::sessions.filter(own.and(dsl::revoked_why.eq(MARKED)).assume_not_null());
    let set = (dsl::revoked_at.eq(None::<i64>), dsl::revoked_why.eq(None::<String>));
    on_backend!(conn, c => diesel::update(ended).set(set).execute(c))?;
    Ok(())
}

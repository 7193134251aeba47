//! One-time codes that let a person enrol a phone. Only a keyed hash of a code is stored.

use diesel::prelude::*;
use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

use super::schema::enrolment_codes::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// A code as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnrolmentCode {
    /// Whom it is for.
    pub user: UserId,
    /// From when it is of no use.
    pub expires_at: Timestamp,
    /// When and for which device it was used.
    pub used: Option<DeviceId>,
}

/// The code of this hash.
///
/// # Errors
/// The database's failure.
pub fn by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<EnrolmentCode>, Error> {
    let row: Option<(Vec<u8>, i64, Option<Vec<u8>>)> = on_backend!(conn, c => dsl::enrolment_codes
        .filter(dsl::code_hash.eq(hash.as_slice()))
        .select((dsl::user_id, dsl::expires_at, dsl::device_id))
        .first(c))
    .optional()?;
    let Some((user, expires_at, device)) = row else { return Ok(None) };
    Ok(Some(EnrolmentCode {
        user: UserId::from_slice(&user)?,
        expires_at: Timestamp(expires_at),
        used: device.map(|id| DeviceId::from_slice(&id)).transpose()?,
    }))
}

/// Stores a fresh code for `user`.
///
/// # Errors
/// The database's failure.
pub fn insert(
    conn: &mut Conn,
    hash: &[u8; 32],
    user: &UserId,
    (issued_at, expires_at): (Timestamp, Timestamp),
) -> Result<(), Error> {
    let row = (
        dsl::code_hash.eq(hash.as_slice()),
        dsl::user_id.eq(user.as_bytes().as_slice()),
        dsl::issued_at.eq(issued_at.0),
        dsl::expires_at.eq(expires_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::enrolment_codes).values(row).execute(c))?;
    Ok(())
}

/// Marks a code as used by `device`. False if somebody else was first.
///
/// # Errors
/// The database's failure.
pub fn mark_used(
    conn: &mut Conn,
    hash: &[u8; 32],
    device: &DeviceId,
    now: Timestamp,
) -> Result<bool, Error> {
    let unused =
        dsl::enrolment_codes.filter(dsl::code_hash.eq(hash.as_slice()).and(dsl::used_at.is_null()));
    let set = (dsl::used_at.eq(now.0), dsl::device_id.eq(device.as_bytes().as_slice()));
    Ok(on_backend!(conn, c => diesel::update(unused).set(set).execute(c))? == 1)
}

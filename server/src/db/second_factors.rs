//! The secrets of which people's apps make codes, sealed.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use super::schema_identity::second_factors::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// A person's second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// The secret under the server's seal.
    pub sealed: Vec<u8>,
    /// Whether a code has shown that their app has it.
    pub confirmed: bool,
    /// The last step of which a code was taken.
    pub last_step: i64,
    /// Wrong codes since the last right one.
    pub wrong: i64,
    /// When the last of them came.
    pub wrong_at: Timestamp,
}

/// A person's factor.
///
/// # Errors
/// The database's failure, as everywhere here.
pub fn get(conn: &mut Conn, user: &UserId) -> Result<Option<Factor>, Error> {
    type Row = (Vec<u8>, Option<i64>, i64, i64, i64);
    let columns = (dsl::sealed, dsl::confirmed_at, dsl::last_step, dsl::wrong, dsl::wrong_at);
    let own = dsl::second_factors.filter(dsl::user_id.eq(user.as_bytes().as_slice()));
    let row: Option<Row> = on_backend!(conn, c => own.select(columns).first(c)).optional()?;
    Ok(row.map(|(sealed, confirmed_at, last_step, wrong, wrong_at)| Factor {
        sealed,
        confirmed: confirmed_at.is_some(),
        last_step,
        wrong,
        wrong_at: Timestamp(wrong_at),
    }))
}

/// Stores a factor that no code has confirmed yet, in place of another one.
///
/// # Errors
/// The database's failure.
pub fn begin(conn: &mut Conn, user: &UserId, sealed: &[u8], now: Timestamp) -> Result<(), Error> {
    remove(conn, user)?;
    let row = (
        dsl::user_id.eq(user.as_bytes().as_slice()),
        dsl::sealed.eq(sealed),
        dsl::begun_at.eq(now.0),
        dsl::last_step.eq(0),
        dsl::wrong.eq(0),
        dsl::wrong_at.eq(0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::second_factors).values(row).execute(c))?;
    Ok(())
}

/// Notes that a code of a step was taken; what was wrong before is forgotten. False if one of this or a
/// later step was taken before.
///
/// # Errors
/// The database's failure.
pub fn take(conn: &mut Conn, user: &UserId, step: i64) -> Result<bool, Error> {
    let unused = dsl::user_id.eq(user.as_bytes().as_slice()).and(dsl::last_step.lt(step));
    let set = (dsl::last_step.eq(step), dsl::wrong.eq(0));
    Ok(on_backend!(conn, c => diesel::update(dsl::second_factors.filter(unused))
            .set(set)
            .execute(c))?
        > 0)
}

/// Notes that a code has confirmed the factor.
///
/// # Errors
/// The database's failure.
pub fn confirm(conn: &mut Conn, user: &UserId, now: Timestamp) -> Result<(), Error> {
    let own = dsl::second_factors.filter(dsl::user_id.eq(user.as_bytes().as_slice()));
    on_backend!(conn, c => diesel::update(own).set(dsl::confirmed_at.eq(now.0)).execute(c))?;
    Ok(())
}

/// Counts a wrong code.
///
/// # Errors
/// The database's failure.
pub fn count_wrong(conn: &mut Conn, user: &UserId, now: Timestamp) -> Result<(), Error> {
    let own = dsl::second_factors.filter(dsl::user_id.eq(user.as_bytes().as_slice()));
    let set = (dsl::wrong.eq(dsl::wrong + 1), dsl::wrong_at.eq(now.0));
    on_backend!(conn, c => diesel::update(own).set(set).execute(c))?;
    Ok(())
}

/// Takes a person's factor away; whether there was one.
///
/// # Errors
/// The database's failure.
pub fn remove(conn: &mut Conn, user: &UserId) -> Result<bool, Error> {
    let own = dsl::second_factors.filter(dsl::user_id.eq(user.as_bytes().as_slice()));
    Ok(on_backend!(conn, c => diesel::delete(own).execute(c))? > 0)
}

/// Everybody whose factor a code has confirmed.
///
/// # Errors
/// The database's failure.
pub fn confirmed(conn: &mut Conn) -> Result<BTreeSet<UserId>, Error> {
    let found = dsl::second_factors.filter(dsl::confirmed_at.is_not_null()).select(dsl::user_id);
    let users: Vec<Vec<u8>> = on_backend!(conn, c => found.load(c))?;
    users.iter().map(|id| Ok(UserId::from_slice(id)?)).collect()
}

//! Sessions of people who use the pages with a browser.

use diesel::prelude::*;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use super::schema::page_sessions::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// A browser's session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageSessionRow {
    /// Whose it is.
    pub user: UserId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last used, as last noted.
    pub last_used_at: Timestamp,
    /// Whether its user ended it.
    pub ended: bool,
}

/// The session of whoever holds the token of this hash.
///
/// # Errors
/// The database's failure.
pub fn by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<PageSessionRow>, Error> {
    type Row = (Vec<u8>, i64, i64, Option<i64>);
    let row: Option<Row> = on_backend!(conn, c => dsl::page_sessions
        .find(hash.as_slice())
        .select((dsl::user_id, dsl::started_at, dsl::last_used_at, dsl::ended_at))
        .first(c))
    .optional()?;
    let Some((user, started_at, last_used_at, ended_at)) = row else { return Ok(None) };
    Ok(Some(PageSessionRow {
        user: UserId::from_slice(&user)?,
        started_at: Timestamp(started_at),
        last_used_at: Timestamp(last_used_at),
        ended: ended_at.is_some(),
    }))
}

/// Begins a session.
///
/// # Errors
/// The database's failure.
pub fn insert(
    conn: &mut Conn,
    hash: &[u8; 32],
    user: &UserId,
    now: Timestamp,
) -> Result<(), Error> {
    let row = (
        dsl::token_hash.eq(hash.as_slice()),
        dsl::user_id.eq(user.as_bytes().as_slice()),
        dsl::started_at.eq(now.0),
        dsl::last_used_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::page_sessions).values(row).execute(c))?;
    Ok(())
}

/// Notes that a session is used.
///
/// # Errors
/// The database's failure.
pub fn note_use(conn: &mut Conn, hash: &[u8; 32], now: Timestamp) -> Result<(), Error> {
    let open = dsl::page_sessions.filter(dsl::token_hash.eq(hash.as_slice()));
    on_backend!(conn, c => diesel::update(open).set(dsl::last_used_at.eq(now.0)).execute(c))?;
    Ok(())
}

/// Ends a session; the first end stays.
///
/// # Errors
/// The database's failure.
pub fn end(conn: &mut Conn, hash: &[u8; 32], now: Timestamp) -> Result<(), Error> {
    let open =
        dsl::page_sessions.filter(dsl::token_hash.eq(hash.as_slice()).and(dsl::ended_at.is_null()));
    on_backend!(conn, c => diesel::update(open).set(dsl::ended_at.eq(now.0)).execute(c))?;
    Ok(())
}

/// Ends every session of a person.
///
/// # Errors
/// The database's failure.
pub fn end_of_user(conn: &mut Conn, user: &UserId, now: Timestamp) -> Result<(), Error> {
    let own = dsl::user_id.eq(user.as_bytes().as_slice()).and(dsl::ended_at.is_null());
    on_backend!(conn, c => diesel::update(dsl::page_sessions.filter(own))
        .set(dsl::ended_at.eq(now.0))
        .execute(c))?;
    Ok(())
}

/// Ends every session of a person but one.
///
/// # Errors
/// The database's failure.
pub fn end_others(
    conn: &mut Conn,
    user: &UserId,
    kept: &[u8; 32],
    now: Timestamp,
) -> Result<(), Error> {
    let own = dsl::user_id.eq(user.as_bytes().as_slice()).and(dsl::ended_at.is_null());
    let others = own.and(dsl::token_hash.ne(kept.as_slice()));
    on_backend!(conn, c => diesel::update(dsl::page_sessions.filter(others))
        .set(dsl::ended_at.eq(now.0))
        .execute(c))?;
    Ok(())
}

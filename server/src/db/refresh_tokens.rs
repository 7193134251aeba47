//! Refresh tokens, by the hash of each. A used token stays, so that its repeat and its reuse are
//! told apart.

use diesel::prelude::*;
use sync_core::time::Timestamp;

use super::schema::refresh_tokens::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// A refresh token as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefreshToken {
    /// The session it belongs to.
    pub session: [u8; 16],
    /// When it was given; no two of a session have the same.
    pub issued_at: Timestamp,
    /// From when it is of no use.
    pub expires_at: Timestamp,
    /// Whether it was exchanged for its successor.
    pub used: bool,
    /// Whether the successor was used: the phone has it, so nobody honest shows this one again.
    pub successor_used: bool,
}

type Row = (Vec<u8>, i64, i64, Option<i64>, Option<i64>);

/// The token of this hash.
///
/// # Errors
/// The database's failure.
pub fn by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<RefreshToken>, Error> {
    let row: Option<Row> = on_backend!(conn, c => dsl::refresh_tokens
        .filter(dsl::token_hash.eq(hash.as_slice()))
        .select((
            dsl::session_id,
            dsl::issued_at,
            dsl::expires_at,
            dsl::used_at,
            dsl::successor_used_at,
        ))
        .first(c))
    .optional()?;
    let Some((session, issued_at, expires_at, used_at, successor_used_at)) = row else {
        return Ok(None);
    };
    Ok(Some(RefreshToken {
        session: session.try_into().map_err(|_| Error::Corrupt("session id"))?,
        issued_at: Timestamp(issued_at),
        expires_at: Timestamp(expires_at),
        used: used_at.is_some(),
        successor_used: successor_used_at.is_some(),
    }))
}

/// When the last token of `session` was given.
///
/// # Errors
/// The database's failure.
pub fn latest_of(conn: &mut Conn, session: &[u8; 16]) -> Result<Option<Timestamp>, Error> {
    let own = dsl::refresh_tokens.filter(dsl::session_id.eq(session.as_slice()));
    let latest: Option<i64> =
        on_backend!(conn, c => own.select(diesel::dsl::max(dsl::issued_at)).first(c))?;
    Ok(latest.map(Timestamp))
}

/// When the token of `session` was given that followed the one of this time.
///
/// # Errors
/// The database's failure.
pub fn next_after(
    conn: &mut Conn,
    session: &[u8; 16],
    issued_at: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let later = dsl::session_id.eq(session.as_slice()).and(dsl::issued_at.gt(issued_at.0));
    let next: Option<i64> = on_backend!(conn, c => dsl::refresh_tokens
        .filter(later)
        .select(diesel::dsl::min(dsl::issued_at))
        .first(c))?;
    Ok(next.map(Timestamp))
}

/// Keeps a token of `session`. False if it is there: it stays as it is.
///
/// # Errors
/// The database's failure.
pub fn keep(
    conn: &mut Conn,
    hash: &[u8; 32],
    session: &[u8; 16],
    (issued_at, expires_at): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let row = (
        dsl::token_hash.eq(hash.as_slice()),
        dsl::session_id.eq(session.as_slice()),
        dsl::issued_at.eq(issued_at.0),
        dsl::expires_at.eq(expires_at.0),
    );
    let kept = on_backend!(conn, c => diesel::insert_into(dsl::refresh_tokens)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(kept == 1)
}

/// Marks the token as exchanged and every earlier token of its session as one whose successor was
/// used. False if another request exchanged it first.
///
/// # Errors
/// The database's failure.
pub fn mark_used(
    conn: &mut Conn,
    hash: &[u8; 32],
    session: &[u8; 16],
    now: Timestamp,
) -> Result<bool, Error> {
    let unused =
        dsl::refresh_tokens.filter(dsl::token_hash.eq(hash.as_slice()).and(dsl::used_at.is_null()));
    if on_backend!(conn, c => diesel::update(unused).set(dsl::used_at.eq(now.0)).execute(c))? == 0 {
        return Ok(false);
    }
    let earlier = dsl::session_id
        .eq(session.as_slice())
        .and(dsl::token_hash.ne(hash.as_slice()))
        .and(dsl::successor_used_at.is_null());
    on_backend!(conn, c => diesel::update(dsl::refresh_tokens.filter(earlier))
        .set(dsl::successor_used_at.eq(now.0))
        .execute(c))?;
    Ok(true)
}

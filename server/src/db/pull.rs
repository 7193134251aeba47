//! What a phone is sent, straight from the log.

use diesel::prelude::*;
use sync_core::ids::{ClusterId, ScopeId, UserId};

use super::log::{COLUMNS, Entry, Row, from_row};
use super::schema_log::{access, log, records};
use super::{Conn, Error};

/// A change to send, with its record's envelope and first number.
pub type Sent = (Entry, Vec<u8>, i64);

type SentRow = (Row, Vec<u8>, i64);

fn sent((row, envelope, first_number): SentRow) -> Result<Sent, Error> {
    Ok((from_row(row)?, envelope, first_number))
}

/// New changes within (after, up to] of what the user had been granted by `granted_by`.
///
/// # Errors
/// The database's failure.
pub fn new_changes(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
    granted_by: i64,
    limit: i64,
) -> Result<Vec<Sent>, Error> {
    let granted = || {
        access::table
            .filter(access::user_id.eq(user.as_bytes().as_slice()))
            .filter(access::since.le(granted_by))
            .filter(access::until.is_null())
            .select(access::scope_id)
    };
    let rows = log::table
        .inner_join(records::table)
        .filter(log::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log::number.gt(after).and(log::number.le(up_to)))
        .filter(records::scope_id.eq_any(granted()).or(records::id.eq_any(granted())))
        .order(log::number)
        .limit(limit)
        .select((COLUMNS, records::envelope, records::first_number))
        .load::<SentRow>(conn)?;
    rows.into_iter().map(sent).collect()
}

/// How many such changes there are.
///
/// # Errors
/// The database's failure.
pub fn count_new(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<i64, Error> {
    let granted = || {
        access::table
            .filter(access::user_id.eq(user.as_bytes().as_slice()))
            .filter(access::until.is_null())
            .select(access::scope_id)
    };
    Ok(log::table
        .inner_join(records::table)
        .filter(log::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log::number.gt(after).and(log::number.le(up_to)))
        .filter(records::scope_id.eq_any(granted()).or(records::id.eq_any(granted())))
        .count()
        .get_result(conn)?)
}

/// Which records of granted scopes: by kind, and by where they begin in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Class {
    /// Kinds' codes, from and to, both included.
    pub kinds: (i16, i16),
    /// First numbers, from and to, both included.
    pub begun: (i64, i64),
}

/// Changes of granted scopes up to a number, record by record, after (first number, position).
///
/// A scope whose freeze ended is sent whole: how much of it a phone had fetched before the freeze is
/// that phone's own matter, and what it has it takes for what it is.
///
/// # Errors
/// The database's failure.
pub fn granted_changes(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    (since_after, up_to): (i64, i64),
    class: Class,
    (after_first, after_position): (i64, i32),
    limit: i64,
) -> Result<Vec<(Sent, i64)>, Error> {
    type GrantedRow = (SentRow, i64);
    let rows = log::table
        .inner_join(records::table)
        .inner_join(
            access::table
                .on(access::scope_id.eq(records::scope_id).or(access::scope_id.eq(records::id))),
        )
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(access::since.gt(since_after).and(access::since.le(up_to)))
        .filter(access::until.is_null())
        .filter(log::number.le(up_to))
        .filter(records::kind.between(class.kinds.0, class.kinds.1))
        .filter(records::first_number.between(class.begun.0, class.begun.1))
        .filter(
            records::first_number
                .gt(after_first)
                .or(records::first_number.eq(after_first).and(log::position.gt(after_position))),
        )
        .order((records::first_number, log::position))
        .limit(limit)
        .select(((COLUMNS, records::envelope, records::first_number), access::resume_from))
        .load::<GrantedRow>(conn)?;
    rows.into_iter().map(|(row, resume_from)| Ok((sent(row)?, resume_from))).collect()
}

/// Whether a user is sent a scope now.
///
/// # Errors
/// The database's failure.
pub fn is_granted(conn: &mut Conn, user: &UserId, scope: &ScopeId) -> Result<bool, Error> {
    let found = access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::scope_id.eq(scope.as_bytes().as_slice()))
        .filter(access::until.is_null());
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

//! What a phone is sent, straight from the log.

use std::collections::BTreeMap;

use diesel::prelude::*;

use sync_core::ids::{ClusterId, RecordId, ScopeId, UserId};

use super::log::{COLUMNS, Entry, Row, from_row};
use super::schema_log::{access, log, records, withdrawn};
use super::{Conn, Error};

/// A change to send, with its record's envelope.
pub type Sent = (Entry, Vec<u8>);

fn sent((row, envelope): (Row, Vec<u8>)) -> Result<Sent, Error> {
    Ok((from_row(row)?, envelope))
}

/// The records that were withdrawn from a user.
#[diesel::dsl::auto_type]
fn gone_from<'a>(user: &'a UserId) -> _ {
    let user: &'a [u8] = user.as_bytes();
    withdrawn::table.filter(withdrawn::user_id.eq(user)).select(withdrawn::record_id)
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
        .filter(diesel::dsl::not(records::id.eq_any(gone_from(user))))
        .order(log::number)
        .limit(limit)
        .select((COLUMNS, records::envelope))
        .load(conn)?;
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
        .filter(diesel::dsl::not(records::id.eq_any(gone_from(user))))
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

/// A record that is newly granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// The record.
    pub record: RecordId,
    /// Its envelope.
    pub envelope: Vec<u8>,
    /// Where it begins in the log.
    pub first_number: i64,
    /// How many changes it has.
    pub length: i32,
}

/// Records newly granted within (since_after, up_to] that begin at `from` or later, by where they
/// begin; one that is granted in two ways comes once. A scope whose freeze ended is sent whole: how much
/// of it a phone had fetched before the freeze is that phone's own matter, and what it has it takes for
/// what it is.
///
/// # Errors
/// The database's failure.
pub fn granted_records(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    (since_after, up_to): (i64, i64),
    class: Class,
    from: i64,
) -> Result<Vec<Granted>, Error> {
    // Two joins: an OR in one of them has no index to go by.
    macro_rules! by {
        ($column:expr) => {
            access::table
                .inner_join(records::table.on($column.eq(access::scope_id)))
                .filter(access::user_id.eq(user.as_bytes().as_slice()))
                .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
                .filter(access::since.gt(since_after).and(access::since.le(up_to)))
                .filter(access::until.is_null())
                .filter(records::kind.between(class.kinds.0, class.kinds.1))
                .filter(records::first_number.between(class.begun.0.max(from), class.begun.1))
                .filter(records::first_number.le(up_to))
                .filter(diesel::dsl::not(records::id.eq_any(gone_from(user))))
                .select((records::id, records::envelope, records::first_number, records::length))
                .load::<GrantedRow>(conn)?
        };
    }
    let mut found: BTreeMap<i64, Granted> = BTreeMap::new();
    for row in by!(records::scope_id).into_iter().chain(by!(records::id)) {
        let (record, envelope, first_number, length) = row;
        let record = RecordId::from_slice(&record)?;
        let new = Granted { record, envelope, first_number, length };
        found.entry(first_number).or_insert(new);
    }
    Ok(found.into_values().collect())
}

type GrantedRow = (Vec<u8>, Vec<u8>, i64, i32);

/// The changes of some records up to a number, each record's in order.
///
/// # Errors
/// The database's failure.
pub fn changes_of(
    conn: &mut Conn,
    of: &[RecordId],
    up_to: i64,
) -> Result<BTreeMap<RecordId, Vec<Entry>>, Error> {
    let ids = of.iter().map(|id| id.as_bytes().as_slice());
    let rows = log::table
        .filter(log::record_id.eq_any(ids))
        .filter(log::number.le(up_to))
        .select(COLUMNS)
        .load::<Row>(conn)?;
    let mut found: BTreeMap<RecordId, Vec<Entry>> = BTreeMap::new();
    for row in rows {
        let entry = from_row(row)?;
        found.entry(entry.record).or_default().push(entry);
    }
    found.values_mut().for_each(|entries| entries.sort_by_key(|entry| entry.position));
    Ok(found)
}

/// How many changes the records of scopes have that the user was granted after a number.
///
/// # Errors
/// The database's failure.
pub fn count_granted(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    since_after: i64,
) -> Result<i64, Error> {
    let found: Option<i64> = access::table
        .inner_join(records::table.on(records::scope_id.eq(access::scope_id)))
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(access::since.gt(since_after))
        .filter(access::until.is_null())
        .select(diesel::dsl::sum(records::length))
        .first(conn)?;
    Ok(found.unwrap_or(0))
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

//! Records that were re-homed, and from whom they were withdrawn.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId, UserId};
use sync_core::record::kind::Kind;

use super::log::{COLUMNS, Entry, Row, from_row};
use super::schema_log::{log, moves, records, withdrawn};
use super::{Conn, Error};
use crate::on_backend;

/// The record that took this one's place.
///
/// # Errors
/// The database's failure.
pub fn target(conn: &mut Conn, record: &RecordId) -> Result<Option<RecordId>, Error> {
    let found = moves::table.find(record.as_bytes().as_slice()).select(moves::to_record_id);
    let bytes: Option<Vec<u8>> = on_backend!(conn, c => found.first(c)).optional()?;
    Ok(bytes.map(|bytes| RecordId::from_slice(&bytes)).transpose()?)
}

/// The record whose place this one took.
///
/// # Errors
/// The database's failure.
pub fn source(conn: &mut Conn, record: &RecordId) -> Result<Option<RecordId>, Error> {
    let found = moves::table
        .filter(moves::to_record_id.eq(record.as_bytes().as_slice()))
        .select(moves::record_id);
    let bytes: Option<Vec<u8>> = on_backend!(conn, c => found.first(c)).optional()?;
    Ok(bytes.map(|bytes| RecordId::from_slice(&bytes)).transpose()?)
}

/// The last of the records that took this one's place, each that of the one before; none if none did.
///
/// # Errors
/// The database's failure.
pub fn last(conn: &mut Conn, record: &RecordId) -> Result<Option<RecordId>, Error> {
    follow(conn, record, target)
}

/// The first of the records whose place this one took, each that of the one before; none if it took none.
///
/// # Errors
/// The database's failure.
pub fn first(conn: &mut Conn, record: &RecordId) -> Result<Option<RecordId>, Error> {
    follow(conn, record, source)
}

type Step = fn(&mut Conn, &RecordId) -> Result<Option<RecordId>, Error>;

/// Where steps from a record end; none if there is none to take. A circle, which nothing but damage makes, ends
/// where it closes.
fn follow(conn: &mut Conn, from: &RecordId, step: Step) -> Result<Option<RecordId>, Error> {
    let (mut passed, mut at) = (BTreeSet::from([*from]), *from);
    while let Some(next) = step(conn, &at)?.filter(|next| passed.insert(*next)) {
        at = next;
    }
    Ok(Some(at).filter(|at| at != from))
}

/// What begins the records of a kind in a place, in order. An attachment says there what it is attached to.
///
/// # Errors
/// The database's failure.
pub fn beginnings(conn: &mut Conn, scope: &ScopeId, kind: Kind) -> Result<Vec<Entry>, Error> {
    let rows = on_backend!(conn, c => log::table
        .inner_join(records::table)
        .filter(records::scope_id.eq(scope.as_bytes().as_slice()))
        .filter(records::kind.eq(i16::from(kind.code())))
        .filter(log::position.eq(1))
        .order(log::number)
        .select(COLUMNS)
        .load::<Row>(c))?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Notes that a record was re-homed.
///
/// # Errors
/// [`Error::Taken`] if it was before.
pub fn insert(conn: &mut Conn, from: &RecordId, to: &RecordId) -> Result<(), Error> {
    let row = (
        moves::record_id.eq(from.as_bytes().as_slice()),
        moves::to_record_id.eq(to.as_bytes().as_slice()),
    );
    on_backend!(conn, c => diesel::insert_into(moves::table).values(row).execute(c))?;
    Ok(())
}

/// Moves out of a case and into it, by the record moved.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<(RecordId, RecordId)>, Error> {
    type Row = (Vec<u8>, Vec<u8>);
    let case = case.as_bytes().as_slice();
    let out: Vec<Row> = on_backend!(conn, c => moves::table
        .inner_join(records::table.on(records::id.eq(moves::record_id)))
        .filter(records::case_id.eq(case))
        .select((moves::record_id, moves::to_record_id))
        .load(c))?;
    let into: Vec<Row> = on_backend!(conn, c => moves::table
        .inner_join(records::table.on(records::id.eq(moves::to_record_id)))
        .filter(records::case_id.eq(case))
        .select((moves::record_id, moves::to_record_id))
        .load(c))?;
    let rows: BTreeSet<Row> = out.into_iter().chain(into).collect();
    let ids = |(from, to): Row| Ok((RecordId::from_slice(&from)?, RecordId::from_slice(&to)?));
    rows.into_iter().map(ids).collect()
}

/// From whom a record was withdrawn.
///
/// # Errors
/// The database's failure.
pub fn withdrawn_from(conn: &mut Conn, record: &RecordId) -> Result<BTreeSet<UserId>, Error> {
    let found = withdrawn::table.filter(withdrawn::record_id.eq(record.as_bytes().as_slice()));
    let users: Vec<Vec<u8>> = on_backend!(conn, c => found.select(withdrawn::user_id).load(c))?;
    users.iter().map(|user| Ok(UserId::from_slice(user)?)).collect()
}

/// Withdraws a record from a user.
///
/// # Errors
/// [`Error::Taken`] if it was before.
pub fn withdraw(
    conn: &mut Conn,
    user: &UserId,
    record: &RecordId,
    cluster: &ClusterId,
    number: i64,
) -> Result<(), Error> {
    let row = (
        withdrawn::user_id.eq(user.as_bytes().as_slice()),
        withdrawn::record_id.eq(record.as_bytes().as_slice()),
        withdrawn::cluster_id.eq(cluster.as_bytes().as_slice()),
        withdrawn::number.eq(number),
    );
    on_backend!(conn, c => diesel::insert_into(withdrawn::table).values(row).execute(c))?;
    Ok(())
}

/// Takes back that a record was withdrawn from a user.
///
/// # Errors
/// The database's failure.
pub fn give_back(conn: &mut Conn, user: &UserId, record: &RecordId) -> Result<(), Error> {
    let row = withdrawn::table.find((user.as_bytes().as_slice(), record.as_bytes().as_slice()));
    on_backend!(conn, c => diesel::delete(row).execute(c))?;
    Ok(())
}

/// What was withdrawn from a user within (after, up to], each with its number.
///
/// # Errors
/// The database's failure.
pub fn withdrawn(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<Vec<(RecordId, i64)>, Error> {
    let rows: Vec<(Vec<u8>, i64)> = on_backend!(conn, c => withdrawn::table
        .filter(withdrawn::user_id.eq(user.as_bytes().as_slice()))
        .filter(withdrawn::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(withdrawn::number.gt(after).and(withdrawn::number.le(up_to)))
        .order(withdrawn::number)
        .select((withdrawn::record_id, withdrawn::number))
        .load(c))?;
    rows.iter().map(|(id, number)| Ok((RecordId::from_slice(id)?, *number))).collect()
}

/// The number at which something was withdrawn from a user last; zero if nothing was.
///
/// # Errors
/// The database's failure.
pub fn last_withdrawn(conn: &mut Conn, user: &UserId, cluster: &ClusterId) -> Result<i64, Error> {
    let last: Option<i64> = on_backend!(conn, c => withdrawn::table
        .filter(withdrawn::user_id.eq(user.as_bytes().as_slice()))
        .filter(withdrawn::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(diesel::dsl::max(withdrawn::number))
        .first(c))?;
    Ok(last.unwrap_or(0))
}

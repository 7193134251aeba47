//! The directory: cases to find, with whom to ring.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, UserId};

use super::schema_log::{barred, directory};
use super::{Conn, Error};
use crate::on_backend;

/// Lines that changed within (after, up to] and that the user may find, as stored.
///
/// # Errors
/// The database's failure.
pub fn changed(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let hidden = barred::table
        .filter(barred::user_id.eq(user.as_bytes().as_slice()))
        .select(barred::case_id);
    Ok(on_backend!(conn, c => directory::table
        .filter(directory::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(directory::number.gt(after).and(directory::number.le(up_to)))
        .filter(diesel::dsl::not(directory::case_id.eq_any(hidden)))
        .order(directory::number)
        .limit(limit)
        .select((directory::number, directory::line))
        .load(c))?)
}

/// How many such lines there are.
///
/// # Errors
/// The database's failure.
pub fn count_changed(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<i64, Error> {
    let hidden = barred::table
        .filter(barred::user_id.eq(user.as_bytes().as_slice()))
        .select(barred::case_id);
    Ok(on_backend!(conn, c => directory::table
        .filter(directory::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(directory::number.gt(after).and(directory::number.le(up_to)))
        .filter(diesel::dsl::not(directory::case_id.eq_any(hidden)))
        .count()
        .get_result(c))?)
}

/// A case that somebody may find no longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hidden {
    /// The case.
    pub case: CaseId,
    /// Since when it is in the directory at all.
    pub begun: i64,
    /// Since when they find it no longer.
    pub number: i64,
}

/// Cases of the directory that the user may not find since a number within (after, up to]. Whether they ever
/// could is not said: whoever joins is kept from older ones, too.
///
/// # Errors
/// The database's failure.
pub fn hidden(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<Vec<Hidden>, Error> {
    let rows: Vec<(Vec<u8>, i64, i64)> = on_backend!(conn, c => directory::table
        .inner_join(barred::table.on(barred::case_id.eq(directory::case_id)))
        .filter(barred::user_id.eq(user.as_bytes().as_slice()))
        .filter(directory::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(barred::number.gt(after).and(barred::number.le(up_to)))
        // A case that was never to be found by them leaves no trace.
        .filter(directory::first_number.lt(barred::number))
        .select((directory::case_id, directory::first_number, barred::number))
        .order(directory::case_id)
        .load(c))?;
    let hidden = |(case, begun, number): &(Vec<u8>, i64, i64)| {
        Ok(Hidden { case: CaseId::from_slice(case)?, begun: *begun, number: *number })
    };
    rows.iter().map(hidden).collect()
}

/// A case's line.
///
/// # Errors
/// The database's failure.
pub fn line(conn: &mut Conn, case: &CaseId) -> Result<Option<Vec<u8>>, Error> {
    let found = directory::table.find(case.as_bytes().as_slice()).select(directory::line);
    Ok(on_backend!(conn, c => found.first(c)).optional()?)
}

/// Sets a case's line.
///
/// # Errors
/// The database's failure.
pub fn put(
    conn: &mut Conn,
    case: &CaseId,
    cluster: &ClusterId,
    number: i64,
    line: &[u8],
) -> Result<(), Error> {
    let found = directory::table.find(case.as_bytes().as_slice());
    let set = (directory::number.eq(number), directory::line.eq(line));
    if on_backend!(conn, c => diesel::update(found).set(set).execute(c))? > 0 {
        return Ok(());
    }
    let row = (
        directory::case_id.eq(case.as_bytes().as_slice()),
        directory::cluster_id.eq(cluster.as_bytes().as_slice()),
        directory::first_number.eq(number),
        directory::number.eq(number),
        directory::line.eq(line),
    );
    on_backend!(conn, c => diesel::insert_into(directory::table).values(row).execute(c))?;
    Ok(())
}

/// Sends a case's line anew: to whoever may find it since this number.
///
/// # Errors
/// The database's failure.
pub fn renew(conn: &mut Conn, case: &CaseId, number: i64) -> Result<(), Error> {
    let found = directory::table.find(case.as_bytes().as_slice());
    on_backend!(conn, c => diesel::update(found).set(directory::number.eq(number)).execute(c))?;
    Ok(())
}

/// Every line of a cluster that the user may find, as stored.
///
/// # Errors
/// The database's failure.
pub fn findable(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
) -> Result<Vec<Vec<u8>>, Error> {
    let hidden = barred::table
        .filter(barred::user_id.eq(user.as_bytes().as_slice()))
        .select(barred::case_id);
    Ok(on_backend!(conn, c => directory::table
        .filter(directory::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(diesel::dsl::not(directory::case_id.eq_any(hidden)))
        .order(directory::case_id)
        .select(directory::line)
        .load(c))?)
}

/// The cases of a cluster that the user may find and that were to be found up to a number.
///
/// # Errors
/// The database's failure.
pub fn findable_until(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    number: i64,
) -> Result<Vec<CaseId>, Error> {
    let hidden = barred::table
        .filter(barred::user_id.eq(user.as_bytes().as_slice()))
        .select(barred::case_id);
    let rows: Vec<Vec<u8>> = on_backend!(conn, c => directory::table
        .filter(directory::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(directory::first_number.le(number))
        .filter(diesel::dsl::not(directory::case_id.eq_any(hidden)))
        .order(directory::case_id)
        .select(directory::case_id)
        .load(c))?;
    rows.iter().map(|case| Ok(CaseId::from_slice(case)?)).collect()
}

//! Who is sent what: intervals of access to scopes, and cases of which a person may find no sign.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, ScopeId, UserId};

use super::fixed::Id;
use super::schema_log::{access, barred};
use super::{Conn, Error};
use crate::on_backend;

/// How an interval ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Consent was withheld: what was delivered stays.
    Frozen,
    /// The right to read ended: the copy goes.
    Revoked,
}

impl Ended {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Revoked => "revoked",
        }
    }
}

/// An interval of access.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Whose.
    pub user: UserId,
    /// To what.
    pub scope: ScopeId,
    /// The number from which on it holds.
    pub since: i64,
    /// The number of the freeze that this interval ended; zero for a new grant.
    pub resume_from: i64,
    /// The number at which it ended, and how.
    pub until: Option<(i64, Ended)>,
}

type Row = (Id, Id, i64, i64, Option<i64>, Option<String>);
type Columns = (
    access::user_id,
    access::scope_id,
    access::since,
    access::resume_from,
    access::until,
    access::ended,
);
const COLUMNS: Columns = (
    access::user_id,
    access::scope_id,
    access::since,
    access::resume_from,
    access::until,
    access::ended,
);

fn from_row((user, scope, since, resume_from, until, ended): Row) -> Result<Interval, Error> {
    let ended = ended.map(|word| match word.as_str() {
        "frozen" => Ok(Ended::Frozen),
        "revoked" => Ok(Ended::Revoked),
        _ => Err(Error::Corrupt("end of access")),
    });
    Ok(Interval {
        user: UserId::from_bytes(user.0),
        scope: ScopeId::from_bytes(scope.0),
        since,
        resume_from,
        until: until.zip(ended.transpose()?),
    })
}

/// Every interval of a case, ended ones too, oldest first.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<Interval>, Error> {
    let rows = on_backend!(conn, c => access::table
        .filter(access::case_id.eq(case.as_bytes().as_slice()))
        .order((access::since, access::user_id, access::scope_id))
        .select(COLUMNS)
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

/// A user's intervals in a cluster that began or ended within (after, up to].
///
/// # Errors
/// The database's failure.
pub fn moved(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    after: i64,
    up_to: i64,
) -> Result<Vec<Interval>, Error> {
    let began = access::since.gt(after).and(access::since.le(up_to));
    let ended = access::until.gt(after).and(access::until.le(up_to)).assume_not_null();
    let rows = on_backend!(conn, c => access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(began.or(ended))
        .order((access::since, access::scope_id))
        .select(COLUMNS)
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The interval of a user's that a freeze ended at a number; none if none did.
///
/// # Errors
/// The database's failure.
pub fn frozen_at(
    conn: &mut Conn,
    user: &UserId,
    scope: &ScopeId,
    number: i64,
) -> Result<Option<Interval>, Error> {
    let row = on_backend!(conn, c => access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::scope_id.eq(scope.as_bytes().as_slice()))
        .filter(access::until.eq(number))
        .select(COLUMNS)
        .first::<Row>(c))
    .optional()?;
    row.map(from_row).transpose()
}

/// The newest of a user's intervals of a scope that began by a number; none if none had.
///
/// # Errors
/// The database's failure.
pub fn newest_by(
    conn: &mut Conn,
    user: &UserId,
    scope: &ScopeId,
    number: i64,
) -> Result<Option<Interval>, Error> {
    let row = on_backend!(conn, c => access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::scope_id.eq(scope.as_bytes().as_slice()))
        .filter(access::since.le(number))
        .order(access::since.desc())
        .select(COLUMNS)
        .first::<Row>(c))
    .optional()?;
    row.map(from_row).transpose()
}

/// The number at which an interval of the user's ended last; zero if none did.
///
/// # Errors
/// The database's failure.
pub fn last_end(conn: &mut Conn, user: &UserId, cluster: &ClusterId) -> Result<i64, Error> {
    let last: Option<i64> = on_backend!(conn, c => access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(diesel::dsl::max(access::until))
        .first(c))?;
    Ok(last.unwrap_or(0))
}

/// Whether access began within (after, up to] that stands.
///
/// # Errors
/// The database's failure.
pub fn began(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<bool, Error> {
    let found = access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(access::since.gt(after).and(access::since.le(up_to)))
        .filter(access::until.is_null());
    Ok(on_backend!(conn, c => diesel::select(diesel::dsl::exists(found)).get_result(c))?)
}

/// Begins an interval.
///
/// # Errors
/// The database's failure.
pub fn begin(
    conn: &mut Conn,
    interval: &Interval,
    case: &CaseId,
    cluster: &ClusterId,
) -> Result<(), Error> {
    let row = (
        access::user_id.eq(interval.user.as_bytes().as_slice()),
        access::scope_id.eq(interval.scope.as_bytes().as_slice()),
        access::since.eq(interval.since),
        access::cluster_id.eq(cluster.as_bytes().as_slice()),
        access::case_id.eq(case.as_bytes().as_slice()),
        access::resume_from.eq(interval.resume_from),
    );
    on_backend!(conn, c => diesel::insert_into(access::table).values(row).execute(c))?;
    Ok(())
}

/// Ends an interval, or changes how it ended.
///
/// # Errors
/// The database's failure.
pub fn end(conn: &mut Conn, interval: &Interval, number: i64, ended: Ended) -> Result<(), Error> {
    let found = access::table.find((
        interval.user.as_bytes().as_slice(),
        interval.scope.as_bytes().as_slice(),
        interval.since,
    ));
    let set = (access::until.eq(number), access::ended.eq(ended.as_str()));
    on_backend!(conn, c => diesel::update(found).set(set).execute(c))?;
    Ok(())
}

/// Who may find no sign of a case.
///
/// # Errors
/// The database's failure.
pub fn barred_from(conn: &mut Conn, case: &CaseId) -> Result<BTreeSet<UserId>, Error> {
    let found = barred::table.filter(barred::case_id.eq(case.as_bytes().as_slice()));
    let rows: Vec<Vec<u8>> = on_backend!(conn, c => found.select(barred::user_id).load(c))?;
    rows.iter().map(|user| Ok(UserId::from_slice(user)?)).collect()
}

/// Bars a user from finding a case.
///
/// # Errors
/// The database's failure.
pub fn bar(conn: &mut Conn, user: &UserId, case: &CaseId, number: i64) -> Result<(), Error> {
    let row = (
        barred::user_id.eq(user.as_bytes().as_slice()),
        barred::case_id.eq(case.as_bytes().as_slice()),
        barred::number.eq(number),
    );
    on_backend!(conn, c => diesel::insert_into(barred::table).values(row).execute(c))?;
    Ok(())
}

/// Lets a user find a case again. Its line in the directory must be sent anew.
///
/// # Errors
/// The database's failure.
pub fn unbar(conn: &mut Conn, user: &UserId, case: &CaseId) -> Result<(), Error> {
    let key = (user.as_bytes().as_slice(), case.as_bytes().as_slice());
    on_backend!(conn, c => diesel::delete(barred::table.find(key)).execute(c))?;
    Ok(())
}

/// The cases of a cluster of which a user is sent anything now.
///
/// # Errors
/// The database's failure.
pub fn cases_of(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
) -> Result<BTreeSet<CaseId>, Error> {
    let rows: Vec<Vec<u8>> = on_backend!(conn, c => access::table
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(access::until.is_null())
        .select(access::case_id)
        .load(c))?;
    rows.iter().map(|case| Ok(CaseId::from_slice(case)?)).collect()
}

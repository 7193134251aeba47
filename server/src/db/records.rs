//! Records and cases as the log knows them.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId};
use sync_core::record::kind::Kind;

use super::fixed::Id;
use super::schema_log::{cases, records};
use super::{Conn, Error};
use crate::on_backend;

/// A record of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordRow {
    /// Its id.
    pub id: RecordId,
    /// Whose log it is in.
    pub cluster: ClusterId,
    /// Its case.
    pub case: CaseId,
    /// What access to it is granted through.
    pub scope: ScopeId,
    /// Its kind's code.
    pub kind: i16,
    /// Its envelope's bytes.
    pub envelope: Vec<u8>,
    /// The log number of its first change.
    pub first_number: i64,
    /// The log number of its last change.
    pub last_number: i64,
    /// Its changes.
    pub length: i32,
}

type Row = (Id, Id, Id, Id, i16, Vec<u8>, i64, i64, i32);

fn from_row(row: Row) -> RecordRow {
    let (id, cluster, case, scope, kind, envelope, first_number, last_number, length) = row;
    RecordRow {
        id: RecordId::from_bytes(id.0),
        cluster: ClusterId::from_bytes(cluster.0),
        case: CaseId::from_bytes(case.0),
        scope: ScopeId::from_bytes(scope.0),
        kind,
        envelope,
        first_number,
        last_number,
        length,
    }
}

/// The record of this id.
///
/// # Errors
/// The database's failure, as everywhere here.
pub fn by_id(conn: &mut Conn, id: &RecordId) -> Result<Option<RecordRow>, Error> {
    let row = on_backend!(conn, c => records::table.find(id.as_bytes().as_slice()).first::<Row>(c))
        .optional()?;
    Ok(row.map(from_row))
}

/// How many changes a record has; none if it is not there.
///
/// # Errors
/// The database's failure.
pub fn length(conn: &mut Conn, id: &RecordId) -> Result<usize, Error> {
    let found = records::table.find(id.as_bytes().as_slice()).select(records::length);
    let length: Option<i32> = on_backend!(conn, c => found.first(c)).optional()?;
    Ok(length.unwrap_or(0).unsigned_abs() as usize)
}

/// A case's records, in the order in which they began.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<RecordRow>, Error> {
    let rows = on_backend!(conn, c => records::table
        .filter(records::case_id.eq(case.as_bytes().as_slice()))
        .order(records::first_number)
        .load::<Row>(c))?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// What a case's rules hang on, in the order in which it began: the case's own records, and the first of
/// each compartment.
///
/// # Errors
/// The database's failure.
pub fn of_rules(conn: &mut Conn, case: &CaseId) -> Result<Vec<RecordRow>, Error> {
    let (one, case) = (diesel::alias!(records as one), case.as_bytes().as_slice());
    let firsts = one
        .filter(one.field(records::case_id).eq(case))
        .group_by(one.field(records::scope_id))
        .select(diesel::dsl::min(one.field(records::first_number)));
    let own = records::kind.eq(i16::from(Kind::Case.code()));
    let rows = on_backend!(conn, c => records::table
        .filter(records::case_id.eq(case))
        .filter(own.or(records::first_number.nullable().eq_any(firsts).assume_not_null()))
        .order(records::first_number)
        .load::<Row>(c))?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// A case's records of some kinds, in the order in which they began.
///
/// # Errors
/// The database's failure.
pub fn of_kinds(conn: &mut Conn, case: &CaseId, kinds: [Kind; 2]) -> Result<Vec<RecordRow>, Error> {
    let [one, other] = kinds.map(|kind| i16::from(kind.code()));
    let rows = on_backend!(conn, c => records::table
        .filter(records::case_id.eq(case.as_bytes().as_slice()))
        .filter(records::kind.eq(one).or(records::kind.eq(other)))
        .order(records::first_number)
        .load::<Row>(c))?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Whether a case has any record.
///
/// # Errors
/// The database's failure.
pub fn any_of(conn: &mut Conn, case: &CaseId) -> Result<bool, Error> {
    let found = records::table.filter(records::case_id.eq(case.as_bytes().as_slice()));
    Ok(on_backend!(conn, c => diesel::select(diesel::dsl::exists(found)).get_result(c))?)
}

/// Every record of a cluster, in the order in which they began.
///
/// # Errors
/// The database's failure.
pub fn of_cluster(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<RecordRow>, Error> {
    let rows = on_backend!(conn, c => records::table
        .filter(records::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order(records::first_number)
        .load::<Row>(c))?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Adds a record with its first changes, or notes that it grew.
///
/// # Errors
/// The database's failure.
pub fn put(conn: &mut Conn, row: &RecordRow) -> Result<(), Error> {
    if grow(conn, row)? { Ok(()) } else { insert(conn, row) }
}

/// Notes that a record grew; says whether it is there.
///
/// # Errors
/// The database's failure.
pub fn grow(conn: &mut Conn, row: &RecordRow) -> Result<bool, Error> {
    let found = records::table.find(row.id.as_bytes().as_slice());
    let grown = (records::last_number.eq(row.last_number), records::length.eq(row.length));
    Ok(on_backend!(conn, c => diesel::update(found).set(grown).execute(c))? > 0)
}

/// Adds a record with its first changes.
///
/// # Errors
/// The database's failure.
pub fn insert(conn: &mut Conn, row: &RecordRow) -> Result<(), Error> {
    let new = (
        records::id.eq(row.id.as_bytes().as_slice()),
        records::cluster_id.eq(row.cluster.as_bytes().as_slice()),
        records::case_id.eq(row.case.as_bytes().as_slice()),
        records::scope_id.eq(row.scope.as_bytes().as_slice()),
        records::kind.eq(row.kind),
        records::envelope.eq(&row.envelope),
        records::first_number.eq(row.first_number),
        records::last_number.eq(row.last_number),
        records::length.eq(row.length),
    );
    on_backend!(conn, c => diesel::insert_into(records::table).values(new).execute(c))?;
    Ok(())
}

/// The cluster of a case.
///
/// # Errors
/// The database's failure.
pub fn cluster_of(conn: &mut Conn, case: &CaseId) -> Result<Option<ClusterId>, Error> {
    let found = cases::table.find(case.as_bytes().as_slice()).select(cases::cluster_id);
    let bytes: Option<Vec<u8>> = on_backend!(conn, c => found.first(c)).optional()?;
    Ok(bytes.map(|bytes| ClusterId::from_slice(&bytes)).transpose()?)
}

/// Every case of a cluster, in the order in which they began.
///
/// # Errors
/// The database's failure.
pub fn cases_of(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<CaseId>, Error> {
    let found = cases::table.filter(cases::cluster_id.eq(cluster.as_bytes().as_slice()));
    let rows: Vec<Vec<u8>> =
        on_backend!(conn, c => found.order(cases::begun_number).select(cases::id).load(c))?;
    rows.iter().map(|id| Ok(CaseId::from_slice(id)?)).collect()
}

/// Begins a case.
///
/// # Errors
/// The database's failure.
pub fn insert_case(
    conn: &mut Conn,
    case: &CaseId,
    cluster: &ClusterId,
    number: i64,
) -> Result<(), Error> {
    let row = (
        cases::id.eq(case.as_bytes().as_slice()),
        cases::cluster_id.eq(cluster.as_bytes().as_slice()),
        cases::begun_number.eq(number),
    );
    on_backend!(conn, c => diesel::insert_into(cases::table).values(row).execute(c))?;
    Ok(())
}

//! Records and cases as the log knows them.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId};

use super::schema_log::{cases, records};
use super::{Conn, Error};

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

type Row = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, i16, Vec<u8>, i64, i64, i32);

fn from_row(row: Row) -> Result<RecordRow, Error> {
    let (id, cluster, case, scope, kind, envelope, first_number, last_number, length) = row;
    Ok(RecordRow {
        id: RecordId::from_slice(&id)?,
        cluster: ClusterId::from_slice(&cluster)?,
        case: CaseId::from_slice(&case)?,
        scope: ScopeId::from_slice(&scope)?,
        kind,
        envelope,
        first_number,
        last_number,
        length,
    })
}

/// The record of this id.
///
/// # Errors
/// The database's failure, as everywhere here.
pub fn by_id(conn: &mut Conn, id: &RecordId) -> Result<Option<RecordRow>, Error> {
    let row = records::table.find(id.as_bytes().as_slice()).first::<Row>(conn).optional()?;
    row.map(from_row).transpose()
}

/// A case's records, in the order in which they began.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<RecordRow>, Error> {
    let rows = records::table
        .filter(records::case_id.eq(case.as_bytes().as_slice()))
        .order(records::first_number)
        .load::<Row>(conn)?;
    rows.into_iter().map(from_row).collect()
}

/// Every record of a cluster, in the order in which they began.
///
/// # Errors
/// The database's failure.
pub fn of_cluster(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<RecordRow>, Error> {
    let rows = records::table
        .filter(records::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order(records::first_number)
        .load::<Row>(conn)?;
    rows.into_iter().map(from_row).collect()
}

/// Adds a record with its first changes, or notes that it grew.
///
/// # Errors
/// The database's failure.
pub fn put(conn: &mut Conn, row: &RecordRow) -> Result<(), Error> {
    let found = records::table.find(row.id.as_bytes().as_slice());
    let grown = (records::last_number.eq(row.last_number), records::length.eq(row.length));
    if diesel::update(found).set(grown).execute(conn)? > 0 {
        return Ok(());
    }
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
    diesel::insert_into(records::table).values(new).execute(conn)?;
    Ok(())
}

/// The cluster of a case.
///
/// # Errors
/// The database's failure.
pub fn cluster_of(conn: &mut Conn, case: &CaseId) -> Result<Option<ClusterId>, Error> {
    let found = cases::table.find(case.as_bytes().as_slice()).select(cases::cluster_id);
    let bytes: Option<Vec<u8>> = found.first(conn).optional()?;
    Ok(bytes.map(|bytes| ClusterId::from_slice(&bytes)).transpose()?)
}

/// Every case of a cluster, in the order in which they began.
///
/// # Errors
/// The database's failure.
pub fn cases_of(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<CaseId>, Error> {
    let found = cases::table.filter(cases::cluster_id.eq(cluster.as_bytes().as_slice()));
    let rows: Vec<Vec<u8>> = found.order(cases::begun_number).select(cases::id).load(conn)?;
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
    diesel::insert_into(cases::table).values(row).execute(conn)?;
    Ok(())
}

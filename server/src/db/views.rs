//! Read models: made in the commit that accepted a change, and made again to check them.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId};

use super::fixed::Id;
use super::schema_figures::case_stamps;
use super::schema_log::{case_views, record_views};
use super::{Conn, Error};
use crate::on_backend;

/// One record as lists need it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordViewRow {
    /// The record.
    pub record: RecordId,
    /// Its case.
    pub case: CaseId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// What access to it is granted through.
    pub scope: ScopeId,
    /// Its kind's code.
    pub kind: i16,
    /// Disagreements that a person must settle.
    pub safety_conflicts: i32,
    /// Others.
    pub routine_conflicts: i32,
    /// Since when it raises the harm flag.
    pub harm_since: Option<i64>,
    /// When it happened.
    pub happened_at: Option<i64>,
    /// The rest, as JSON.
    pub view: String,
    /// What figures and early warnings need of it; empty if nothing.
    pub gist: Vec<u8>,
}

/// The gist of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GistRow {
    /// The record.
    pub record: RecordId,
    /// What access to it is granted through.
    pub scope: ScopeId,
    /// What figures and early warnings need of it; empty if nothing.
    pub gist: Vec<u8>,
}

/// One case as lists need it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseViewRow {
    /// The case.
    pub case: CaseId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// The child's name.
    pub name: String,
    /// School or nursery.
    pub school: String,
    /// The stage in force; empty if none or several.
    pub stage: String,
    /// The stage's framework.
    pub framework: String,
    /// Whether people disagree about it.
    pub stage_disputed: bool,
    /// The lead professional in force.
    pub lead_professional: Option<Vec<u8>>,
    /// Whether work goes on.
    pub is_open: bool,
    /// The header, as JSON.
    pub view: String,
}

/// Sets a record's view.
///
/// # Errors
/// The database's failure.
pub fn put_record(conn: &mut Conn, row: &RecordViewRow) -> Result<(), Error> {
    let id = record_views::record_id.eq(row.record.as_bytes().as_slice());
    let rest = || {
        (
            record_views::case_id.eq(row.case.as_bytes().as_slice()),
            record_views::cluster_id.eq(row.cluster.as_bytes().as_slice()),
            record_views::scope_id.eq(row.scope.as_bytes().as_slice()),
            record_views::kind.eq(row.kind),
            record_views::safety_conflicts.eq(row.safety_conflicts),
            record_views::routine_conflicts.eq(row.routine_conflicts),
            record_views::harm_since.eq(row.harm_since),
            record_views::happened_at.eq(row.happened_at),
            record_views::view.eq(&row.view),
            record_views::gist.eq(&row.gist),
        )
    };
    on_backend!(conn, c => diesel::insert_into(record_views::table)
        .values((id, rest()))
        .on_conflict(record_views::record_id)
        .do_update()
        .set(rest())
        .execute(c))?;
    Ok(())
}

/// Sets a case's view.
///
/// # Errors
/// The database's failure.
pub fn put_case(conn: &mut Conn, row: &CaseViewRow) -> Result<(), Error> {
    let id = case_views::case_id.eq(row.case.as_bytes().as_slice());
    let rest = || {
        (
            case_views::cluster_id.eq(row.cluster.as_bytes().as_slice()),
            case_views::name.eq(&row.name),
            case_views::school.eq(&row.school),
            case_views::stage.eq(&row.stage),
            case_views::framework.eq(&row.framework),
            case_views::stage_disputed.eq(row.stage_disputed),
            case_views::lead_professional.eq(row.lead_professional.as_deref()),
            case_views::is_open.eq(row.is_open),
            case_views::view.eq(&row.view),
        )
    };
    on_backend!(conn, c => diesel::insert_into(case_views::table)
        .values((id, rest()))
        .on_conflict(case_views::case_id)
        .do_update()
        .set(rest())
        .execute(c))?;
    Ok(())
}

type RecordRow =
    (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, i16, i32, i32, Option<i64>, Option<i64>, String, Vec<u8>);

fn record_from(row: RecordRow) -> Result<RecordViewRow, Error> {
    let (record, case, cluster, scope, kind, safety, routine, harm_since, happened_at, view, gist) =
        row;
    Ok(RecordViewRow {
        record: RecordId::from_slice(&record)?,
        case: CaseId::from_slice(&case)?,
        cluster: ClusterId::from_slice(&cluster)?,
        scope: ScopeId::from_slice(&scope)?,
        kind,
        safety_conflicts: safety,
        routine_conflicts: routine,
        harm_since,
        happened_at,
        view,
        gist,
    })
}

/// A number that grows with each commit that touches a case; zero of one that none has.
///
/// # Errors
/// The database's failure.
pub fn stamp(conn: &mut Conn, case: &CaseId) -> Result<i64, Error> {
    let found = case_stamps::table.find(case.as_bytes().as_slice()).select(case_stamps::stamp);
    Ok(on_backend!(conn, c => found.first(c)).optional()?.unwrap_or_default())
}

/// Says that something in a case changed. Call it under the cluster's lock.
///
/// # Errors
/// The database's failure.
pub fn touch(conn: &mut Conn, case: &CaseId) -> Result<(), Error> {
    let found = case_stamps::table.find(case.as_bytes().as_slice());
    let set = case_stamps::stamp.eq(case_stamps::stamp + 1);
    if on_backend!(conn, c => diesel::update(found).set(set).execute(c))? == 0 {
        let row =
            (case_stamps::case_id.eq(case.as_bytes().as_slice()), case_stamps::stamp.eq(1_i64));
        on_backend!(conn, c => diesel::insert_into(case_stamps::table).values(row).execute(c))?;
    }
    Ok(())
}

/// What figures and early warnings need of a record; none if it has no view yet.
///
/// # Errors
/// The database's failure.
pub fn gist(conn: &mut Conn, record: &RecordId) -> Result<Option<Vec<u8>>, Error> {
    let found = record_views::table.find(record.as_bytes().as_slice()).select(record_views::gist);
    Ok(on_backend!(conn, c => found.first(c)).optional()?)
}

/// Since when any record of a case raises the harm flag.
///
/// # Errors
/// The database's failure.
pub fn harm_of_case(conn: &mut Conn, case: &CaseId) -> Result<Option<i64>, Error> {
    let found = record_views::table
        .filter(record_views::case_id.eq(case.as_bytes().as_slice()))
        .select(diesel::dsl::min(record_views::harm_since));
    Ok(on_backend!(conn, c => found.first(c))?)
}

/// The gists of a case's records, by id.
///
/// # Errors
/// The database's failure.
pub fn gists_of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<GistRow>, Error> {
    let rows: Vec<(Id, Id, Vec<u8>)> = on_backend!(conn, c => record_views::table
        .filter(record_views::case_id.eq(case.as_bytes().as_slice()))
        .order(record_views::record_id)
        .select((record_views::record_id, record_views::scope_id, record_views::gist))
        .load(c))?;
    let read = |(record, scope, gist): (Id, Id, Vec<u8>)| {
        let (record, scope) = (RecordId::from_bytes(record.0), ScopeId::from_bytes(scope.0));
        GistRow { record, scope, gist }
    };
    Ok(rows.into_iter().map(read).collect())
}

/// The views of a case's records.
///
/// # Errors
/// The database's failure.
pub fn records_of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<RecordViewRow>, Error> {
    let found = record_views::table.filter(record_views::case_id.eq(case.as_bytes().as_slice()));
    let rows = on_backend!(conn, c => found.order(record_views::record_id).load::<RecordRow>(c))?;
    rows.into_iter().map(record_from).collect()
}

/// The view of a record.
///
/// # Errors
/// The database's failure.
pub fn record(conn: &mut Conn, record: &RecordId) -> Result<Option<RecordViewRow>, Error> {
    let found = record_views::table.find(record.as_bytes().as_slice());
    on_backend!(conn, c => found.first::<RecordRow>(c)).optional()?.map(record_from).transpose()
}

/// The records of a cluster in which people disagree about something that must be settled.
///
/// # Errors
/// The database's failure.
pub fn in_conflict(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<RecordViewRow>, Error> {
    let rows = on_backend!(conn, c => record_views::table
        .filter(record_views::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(record_views::safety_conflicts.gt(0))
        .order(record_views::record_id)
        .load::<RecordRow>(c))?;
    rows.into_iter().map(record_from).collect()
}

type CaseRow =
    ((Vec<u8>, Vec<u8>, String, String, String), (String, bool, Option<Vec<u8>>, bool, String));
type CaseColumns = (
    (
        case_views::case_id,
        case_views::cluster_id,
        case_views::name,
        case_views::school,
        case_views::stage,
    ),
    (
        case_views::framework,
        case_views::stage_disputed,
        case_views::lead_professional,
        case_views::is_open,
        case_views::view,
    ),
);
const CASE_COLUMNS: CaseColumns = (
    (
        case_views::case_id,
        case_views::cluster_id,
        case_views::name,
        case_views::school,
        case_views::stage,
    ),
    (
        case_views::framework,
        case_views::stage_disputed,
        case_views::lead_professional,
        case_views::is_open,
        case_views::view,
    ),
);

fn case_from(row: CaseRow) -> Result<CaseViewRow, Error> {
    let ((case, cluster, name, school, stage), rest) = row;
    let (framework, stage_disputed, lead_professional, is_open, view) = rest;
    Ok(CaseViewRow {
        case: CaseId::from_slice(&case)?,
        cluster: ClusterId::from_slice(&cluster)?,
        name,
        school,
        stage,
        framework,
        stage_disputed,
        lead_professional,
        is_open,
        view,
    })
}

/// The cases of a cluster by name.
///
/// # Errors
/// The database's failure.
pub fn cases(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<CaseViewRow>, Error> {
    let rows = on_backend!(conn, c => case_views::table
        .filter(case_views::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order((case_views::name, case_views::case_id))
        .select(CASE_COLUMNS)
        .load::<CaseRow>(c))?;
    rows.into_iter().map(case_from).collect()
}

/// The view of a case.
///
/// # Errors
/// The database's failure.
pub fn case(conn: &mut Conn, case: &CaseId) -> Result<Option<CaseViewRow>, Error> {
    let found = case_views::table.find(case.as_bytes().as_slice()).select(CASE_COLUMNS);
    on_backend!(conn, c => found.first::<CaseRow>(c)).optional()?.map(case_from).transpose()
}

/// The ids of a cluster's cases that have a view, by name.
///
/// # Errors
/// The database's failure.
pub fn case_ids(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<CaseId>, Error> {
    let rows: Vec<Vec<u8>> = on_backend!(conn, c => case_views::table
        .filter(case_views::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order((case_views::name, case_views::case_id))
        .select(case_views::case_id)
        .load(c))?;
    rows.iter().map(|id| Ok(CaseId::from_slice(id)?)).collect()
}

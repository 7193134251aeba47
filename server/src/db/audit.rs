//! The audit: rows as requests wrote them, the chains that they were put into, and where each ends.
//! Rows are only added; the order is the sequencer's.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, DeviceId, RecordId, UserId};
use sync_core::time::Timestamp;

use super::schema_audit::{audit, audit_heads, audit_told, audit_waiting};
use super::{Conn, Error, log};
use crate::on_backend;

/// The chain of acts that belong to no cluster.
pub const OF_SERVER: ClusterId = ClusterId::from_bytes([0; 16]);

/// One act of one person, as it is stored. Holds ids, codes and counts; never a name or a sentence of
/// a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    /// Its name.
    pub id: [u8; 16],
    /// In whose chain; [`OF_SERVER`] for none's.
    pub cluster: ClusterId,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who; none for somebody unknown and for the operator of the server.
    pub user: Option<UserId>,
    /// On which phone; none without one.
    pub device: Option<DeviceId>,
    /// From where, as a class of addresses.
    pub origin: String,
    /// What: the code of an act.
    pub act: String,
    /// `done`, or the code with which it was refused.
    pub outcome: String,
    /// In which case.
    pub case: Option<CaseId>,
    /// On which record.
    pub record: Option<RecordId>,
    /// On whom or what else.
    pub subject: Option<[u8; 16]>,
    /// The ground, the filter of a list, codes with their counts.
    pub detail: String,
    /// How many lines, changes, rows.
    pub amount: Option<i64>,
    /// When it happened by a phone's clock, for what is told later.
    pub claimed_at: Option<Timestamp>,
}

/// A row in its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainedRow {
    /// Its number, from 1.
    pub number: i64,
    /// What it says.
    pub row: AuditRow,
    /// The chain at it.
    pub chain: [u8; 32],
}

/// Where a chain ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditHead {
    /// The last number; zero before the first row.
    pub number: i64,
    /// The chain at it.
    pub chain: [u8; 32],
    /// When it was signed.
    pub signed_at: Timestamp,
    /// The server's signature.
    pub signature: [u8; 64],
}

type Id = Option<Vec<u8>>;
type Row = (
    (Vec<u8>, Vec<u8>, i64, Id, Id, String, String, String),
    (Id, Id, Id, String, Option<i64>, Option<i64>),
);

macro_rules! columns {
    ($table:ident) => {
        (
            (
                $table::id,
                $table::cluster_id,
                $table::at,
                $table::user_id,
                $table::device_id,
                $table::origin,
                $table::act,
                $table::outcome,
            ),
            (
                $table::case_id,
                $table::record_id,
                $table::subject,
                $table::detail,
                $table::amount,
                $table::claimed_at,
            ),
        )
    };
}

macro_rules! values {
    ($table:ident, $row:expr) => {
        (
            $table::id.eq($row.id.as_slice()),
            $table::cluster_id.eq($row.cluster.as_bytes().as_slice()),
            $table::at.eq($row.at.0),
            $table::user_id.eq($row.user.as_ref().map(|id| id.as_bytes().as_slice())),
            $table::device_id.eq($row.device.as_ref().map(|id| id.as_bytes().as_slice())),
            $table::origin.eq(&$row.origin),
            $table::act.eq(&$row.act),
            $table::outcome.eq(&$row.outcome),
            $table::case_id.eq($row.case.as_ref().map(|id| id.as_bytes().as_slice())),
            $table::record_id.eq($row.record.as_ref().map(|id| id.as_bytes().as_slice())),
            $table::subject.eq($row.subject.as_ref().map(<[u8; 16]>::as_slice)),
            $table::detail.eq(&$row.detail),
            $table::amount.eq($row.amount),
            $table::claimed_at.eq($row.claimed_at.map(|at| at.0)),
        )
    };
}

fn from_row(row: Row) -> Result<AuditRow, Error> {
    let ((id, cluster, at, user, device, origin, act, outcome), rest) = row;
    let (case, record, subject, detail, amount, claimed_at) = rest;
    Ok(AuditRow {
        id: sixteen(id)?,
        cluster: ClusterId::from_slice(&cluster)?,
        at: Timestamp(at),
        user: user.map(|id| UserId::from_slice(&id)).transpose()?,
        device: device.map(|id| DeviceId::from_slice(&id)).transpose()?,
        origin,
        act,
        outcome,
        case: case.map(|id| CaseId::from_slice(&id)).transpose()?,
        record: record.map(|id| RecordId::from_slice(&id)).transpose()?,
        subject: subject.map(sixteen).transpose()?,
        detail,
        amount,
        claimed_at: claimed_at.map(Timestamp),
    })
}

fn sixteen(bytes: Vec<u8>) -> Result<[u8; 16], Error> {
    bytes.try_into().map_err(|_| Error::Corrupt("id"))
}

type Numbered = (i64, Vec<u8>, Row);

fn chained((number, chain, row): Numbered) -> Result<ChainedRow, Error> {
    let chain = chain.try_into().map_err(|_| Error::Corrupt("chain"))?;
    Ok(ChainedRow { number, row: from_row(row)?, chain })
}

/// Writes a row that waits for its place in the chain.
///
/// # Errors
/// The database's failure.
pub fn insert(conn: &mut Conn, row: &AuditRow) -> Result<(), Error> {
    on_backend!(conn, c => diesel::insert_into(audit_waiting::table)
        .values(values!(audit_waiting, row))
        .execute(c))?;
    Ok(())
}

/// The chains for which rows wait.
///
/// # Errors
/// The database's failure.
pub fn waiting_chains(conn: &mut Conn) -> Result<Vec<ClusterId>, Error> {
    let found = audit_waiting::table.select(audit_waiting::cluster_id).distinct();
    let ids: Vec<Vec<u8>> = on_backend!(conn, c => found.order(audit_waiting::cluster_id).load(c))?;
    ids.iter().map(|id| Ok(ClusterId::from_slice(id)?)).collect()
}

/// When the oldest row was written that still waits; in one chain, or in any.
///
/// # Errors
/// The database's failure.
pub fn oldest_waiting(
    conn: &mut Conn,
    cluster: Option<&ClusterId>,
) -> Result<Option<Timestamp>, Error> {
    let mut found = audit_waiting::table.select(diesel::dsl::min(audit_waiting::at)).into_boxed();
    if let Some(cluster) = cluster {
        found = found.filter(audit_waiting::cluster_id.eq(cluster.as_bytes().to_vec()));
    }
    let oldest: Option<i64> = found.first(conn)?;
    Ok(oldest.map(Timestamp))
}

/// Rows that wait for their place in a chain, oldest first.
///
/// # Errors
/// The database's failure.
pub fn waiting(conn: &mut Conn, cluster: &ClusterId, limit: i64) -> Result<Vec<AuditRow>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => audit_waiting::table
        .filter(audit_waiting::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order((audit_waiting::at, audit_waiting::id))
        .limit(limit)
        .select(columns!(audit_waiting))
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// Takes a chain's lock until the transaction ends.
///
/// # Errors
/// [`Error::Busy`] if somebody else holds it for too long; the database's failure.
pub fn lock(conn: &mut Conn, cluster: &ClusterId) -> Result<(), Error> {
    if *cluster == OF_SERVER { log::lock_key(conn, 0) } else { log::lock(conn, cluster) }
}

/// Moves a waiting row to its place. Only under the chain's lock.
///
/// # Errors
/// The database's failure.
pub fn place(conn: &mut Conn, placed: &ChainedRow) -> Result<(), Error> {
    let row = &placed.row;
    let place = (audit::number.eq(placed.number), audit::chain.eq(placed.chain.as_slice()));
    on_backend!(conn, c => diesel::insert_into(audit::table)
        .values((place, values!(audit, row)))
        .execute(c))?;
    on_backend!(conn, c => diesel::delete(audit_waiting::table.find(row.id.as_slice()))
        .execute(c))?;
    Ok(())
}

/// Where a chain ends; none before its first row.
///
/// # Errors
/// The database's failure.
pub fn head(conn: &mut Conn, cluster: &ClusterId) -> Result<Option<AuditHead>, Error> {
    type Row = (i64, Vec<u8>, i64, Vec<u8>);
    let row: Option<Row> = on_backend!(conn, c => audit_heads::table
        .find(cluster.as_bytes().as_slice())
        .select((
            audit_heads::number,
            audit_heads::chain,
            audit_heads::signed_at,
            audit_heads::signature,
        ))
        .first(c))
    .optional()?;
    row.map(|(number, chain, signed_at, signature)| {
        Ok(AuditHead {
            number,
            chain: chain.try_into().map_err(|_| Error::Corrupt("chain"))?,
            signed_at: Timestamp(signed_at),
            signature: signature.try_into().map_err(|_| Error::Corrupt("signature"))?,
        })
    })
    .transpose()
}

/// Moves a chain's end. Only under its lock.
///
/// # Errors
/// The database's failure.
pub fn set_head(conn: &mut Conn, cluster: &ClusterId, head: &AuditHead) -> Result<(), Error> {
    let found = audit_heads::table.find(cluster.as_bytes().as_slice());
    let values = (
        audit_heads::number.eq(head.number),
        audit_heads::chain.eq(head.chain.as_slice()),
        audit_heads::signed_at.eq(head.signed_at.0),
        audit_heads::signature.eq(head.signature.as_slice()),
    );
    if on_backend!(conn, c => diesel::update(found).set(values).execute(c))? == 0 {
        let whose = audit_heads::cluster_id.eq(cluster.as_bytes().as_slice());
        on_backend!(conn, c => diesel::insert_into(audit_heads::table)
            .values((whose, values))
            .execute(c))?;
    }
    Ok(())
}

/// Rows of a chain from a number on, in order.
///
/// # Errors
/// The database's failure.
pub fn from_number(
    conn: &mut Conn,
    cluster: &ClusterId,
    number: i64,
    limit: i64,
) -> Result<Vec<ChainedRow>, Error> {
    let rows: Vec<Numbered> = on_backend!(conn, c => audit::table
        .filter(audit::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(audit::number.ge(number))
        .order(audit::number)
        .limit(limit)
        .select((audit::number, audit::chain, columns!(audit)))
        .load(c))?;
    rows.into_iter().map(chained).collect()
}

/// Which rows are looked for. What is not asked for filters nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// Of one person.
    pub user: Option<UserId>,
    /// In one case.
    pub case: Option<CaseId>,
    /// One act, by its code.
    pub act: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this one.
    pub to: Option<Timestamp>,
    /// Older than this row, by time and name.
    pub before: Option<(Timestamp, [u8; 16])>,
}

/// Rows of these chains that are wanted, newest first. Those that still wait for their place are not
/// among them.
///
/// # Errors
/// The database's failure.
pub fn find(
    conn: &mut Conn,
    clusters: &[ClusterId],
    wanted: &Wanted,
    limit: i64,
) -> Result<Vec<AuditRow>, Error> {
    let clusters: Vec<_> = clusters.iter().map(|id| id.as_bytes().to_vec()).collect();
    let mut found = audit::table.filter(audit::cluster_id.eq_any(clusters)).into_boxed();
    if let Some(user) = &wanted.user {
        found = found.filter(audit::user_id.eq(user.as_bytes().to_vec()));
    }
    if let Some(case) = &wanted.case {
        found = found.filter(audit::case_id.eq(case.as_bytes().to_vec()));
    }
    if let Some(act) = &wanted.act {
        found = found.filter(audit::act.eq(act.clone()));
    }
    if let Some(from) = wanted.from {
        found = found.filter(audit::at.ge(from.0));
    }
    if let Some(to) = wanted.to {
        found = found.filter(audit::at.lt(to.0));
    }
    if let Some((at, id)) = wanted.before {
        let same = audit::at.eq(at.0).and(audit::id.lt(id.to_vec()));
        found = found.filter(audit::at.lt(at.0).or(same));
    }
    let rows: Vec<Row> = found
        .order((audit::at.desc(), audit::id.desc()))
        .limit(limit)
        .select(columns!(audit))
        .load(conn)?;
    rows.into_iter().map(from_row).collect()
}

/// Up to which of its numbers a phone has told what was opened on it; zero before it told anything.
///
/// # Errors
/// The database's failure.
pub fn told(conn: &mut Conn, device: &DeviceId) -> Result<i64, Error> {
    let found = audit_told::table.find(device.as_bytes().as_slice()).select(audit_told::number);
    Ok(on_backend!(conn, c => found.first(c)).optional()?.unwrap_or_default())
}

/// Notes up to which number a phone has told what was opened on it.
///
/// # Errors
/// The database's failure.
pub fn set_told(conn: &mut Conn, device: &DeviceId, number: i64) -> Result<(), Error> {
    let found = audit_told::table.find(device.as_bytes().as_slice());
    if on_backend!(conn, c => diesel::update(found).set(audit_told::number.eq(number)).execute(c))?
        == 0
    {
        let row =
            (audit_told::device_id.eq(device.as_bytes().as_slice()), audit_told::number.eq(number));
        on_backend!(conn, c => diesel::insert_into(audit_told::table).values(row).execute(c))?;
    }
    Ok(())
}

/// When a person last opened a case or one record of it, of their own clock where a phone told it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// The case.
    pub case: CaseId,
    /// The record; none for the case as a whole.
    pub record: Option<RecordId>,
    /// When.
    pub at: Timestamp,
}

/// What a person opened, each with the last time, by each of these acts: the codes of an opening here,
/// and of one on a phone that was told later.
///
/// # Errors
/// The database's failure.
pub fn openings(
    conn: &mut Conn,
    user: &UserId,
    (here, told_later): (&[&str], &str),
) -> Result<Vec<Opening>, Error> {
    type Row = (Id, Id, Option<i64>);
    let of_user = audit::table
        .filter(audit::user_id.eq(user.as_bytes().to_vec()))
        .filter(audit::case_id.is_not_null())
        .filter(audit::outcome.eq("done"))
        .group_by((audit::case_id, audit::record_id));
    let here: Vec<Row> = on_backend!(conn, c => of_user
        .clone()
        .filter(audit::act.eq_any(here.iter().map(|act| (*act).to_owned()).collect::<Vec<_>>()))
        .select((audit::case_id, audit::record_id, diesel::dsl::max(audit::at)))
        .load(c))?;
    let later: Vec<Row> = on_backend!(conn, c => of_user
        .filter(audit::act.eq(told_later.to_owned()))
        .select((audit::case_id, audit::record_id, diesel::dsl::max(audit::claimed_at)))
        .load(c))?;
    here.into_iter().chain(later).filter_map(|row| opening(row).transpose()).collect()
}

fn opening((case, record, at): (Id, Id, Option<i64>)) -> Result<Option<Opening>, Error> {
    let Some((case, at)) = case.zip(at) else { return Ok(None) };
    let record = record.map(|id| RecordId::from_slice(&id)).transpose()?;
    Ok(Some(Opening { case: CaseId::from_slice(&case)?, record, at: Timestamp(at) }))
}

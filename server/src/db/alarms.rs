//! Alarms: that somebody wrote down suspected harm, until a duty officer has it.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, RecordId, UserId};
use sync_core::time::Timestamp;

use super::schema_audit::alarms::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// One alarm. It holds nothing of what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// The concern.
    pub record: RecordId,
    /// Where.
    pub cluster: ClusterId,
    /// About whose case.
    pub case: CaseId,
    /// Who wrote it.
    pub author: UserId,
    /// The log's number from which phones may hear of it.
    pub number: i64,
    /// When it arrived.
    pub raised_at: Timestamp,
    /// The duty officer who has it, and since when.
    pub heard: Option<(UserId, Timestamp)>,
}

type Row = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, i64, i64, Option<Vec<u8>>, Option<i64>);

fn from_row(row: Row) -> Result<Alarm, Error> {
    let (record, cluster, case, author, number, raised_at, heard_by, heard_at) = row;
    let heard_by = heard_by.map(|by| UserId::from_slice(&by)).transpose()?;
    Ok(Alarm {
        record: RecordId::from_slice(&record)?,
        cluster: ClusterId::from_slice(&cluster)?,
        case: CaseId::from_slice(&case)?,
        author: UserId::from_slice(&author)?,
        number,
        raised_at: Timestamp(raised_at),
        heard: heard_by.zip(heard_at.map(Timestamp)),
    })
}

/// Raises an alarm, unless the concern raised one before.
///
/// # Errors
/// The database's failure.
pub fn raise(conn: &mut Conn, alarm: &Alarm) -> Result<(), Error> {
    if by_record(conn, &alarm.record)?.is_some() {
        return Ok(());
    }
    let row = (
        dsl::record_id.eq(alarm.record.as_bytes().as_slice()),
        dsl::cluster_id.eq(alarm.cluster.as_bytes().as_slice()),
        dsl::case_id.eq(alarm.case.as_bytes().as_slice()),
        dsl::author_id.eq(alarm.author.as_bytes().as_slice()),
        dsl::number.eq(alarm.number),
        dsl::raised_at.eq(alarm.raised_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::alarms).values(row).execute(c))?;
    Ok(())
}

/// A concern's alarm.
///
/// # Errors
/// The database's failure.
pub fn by_record(conn: &mut Conn, record: &RecordId) -> Result<Option<Alarm>, Error> {
    let found: Option<Row> =
        on_backend!(conn, c => dsl::alarms.find(record.as_bytes().as_slice()).first(c))
            .optional()?;
    found.map(from_row).transpose()
}

/// A cluster's alarms that nobody has yet, and those that were raised after a moment; newest first.
///
/// # Errors
/// The database's failure.
pub fn of_cluster(
    conn: &mut Conn,
    cluster: &ClusterId,
    since: Timestamp,
) -> Result<Vec<Alarm>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => dsl::alarms
        .filter(dsl::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(dsl::heard_at.is_null().or(dsl::raised_at.gt(since.0)))
        .order((dsl::raised_at.desc(), dsl::record_id))
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// A cluster's alarms of numbers within (after, up to].
///
/// # Errors
/// The database's failure.
pub fn of_range(
    conn: &mut Conn,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<Vec<Alarm>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => dsl::alarms
        .filter(dsl::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(dsl::number.gt(after).and(dsl::number.le(up_to)))
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// Notes who has an alarm; says whether nobody had it before.
///
/// # Errors
/// The database's failure.
pub fn hear(conn: &mut Conn, record: &RecordId, by: &UserId, at: Timestamp) -> Result<bool, Error> {
    let open = dsl::alarms.find(record.as_bytes().as_slice()).filter(dsl::heard_at.is_null());
    let set = (dsl::heard_by.eq(by.as_bytes().as_slice()), dsl::heard_at.eq(at.0));
    Ok(on_backend!(conn, c => diesel::update(open).set(set).execute(c))? == 1)
}

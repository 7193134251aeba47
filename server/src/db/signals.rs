//! Early warnings, as the records of each case and the pupil roll say them.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId};
use sync_core::time::Date;
use sync_core::view::signals::{Sign, Signal};

use super::schema_figures::signals;
use super::{Conn, Error};
use crate::on_backend;

/// An early warning of a case, and through which access it is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The case.
    pub case: CaseId,
    /// What access to its record is granted through.
    pub scope: ScopeId,
    /// The warning.
    pub signal: Signal,
}

type Row = (Vec<u8>, i16, i32, Option<i32>, Option<Vec<u8>>, Vec<u8>, String);

fn from_row((case, sign, from, until, record, scope, why): Row) -> Result<Kept, Error> {
    let corrupt = || Error::Corrupt("signal");
    let signal = Signal {
        sign: Sign::from_code(sign.into()).ok_or_else(corrupt)?,
        from: Date::from_number(from).ok_or_else(corrupt)?,
        until: until.and_then(Date::from_number),
        why,
        record: record.map(|id| RecordId::from_slice(&id)).transpose()?,
    };
    Ok(Kept { case: CaseId::from_slice(&case)?, scope: ScopeId::from_slice(&scope)?, signal })
}

const COLUMNS: (
    signals::case_id,
    signals::sign,
    signals::from_day,
    signals::until_day,
    signals::record_id,
    signals::scope_id,
    signals::why,
) = (
    signals::case_id,
    signals::sign,
    signals::from_day,
    signals::until_day,
    signals::record_id,
    signals::scope_id,
    signals::why,
);

/// The warnings of a case, in order.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<Kept>, Error> {
    let own = signals::table.filter(signals::case_id.eq(case.as_bytes().as_slice()));
    let rows: Vec<Row> = on_backend!(conn, c => own.select(COLUMNS).load(c))?;
    let mut all = rows.into_iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|one, other| one.signal.cmp(&other.signal));
    Ok(all)
}

/// Brings a case's warnings from what they were to what they are: only rows that differ are written.
///
/// # Errors
/// The database's failure.
pub fn put(
    conn: &mut Conn,
    (case, cluster): (&CaseId, &ClusterId),
    (before, now): (&[Kept], &[Kept]),
) -> Result<(), Error> {
    let gone: Vec<_> = before.iter().filter(|kept| !now.contains(kept)).collect();
    for kept in &gone {
        remove_like(conn, case, kept)?;
    }
    let stays = |kept: &&Kept| before.contains(kept) && !gone.iter().any(|it| is_like(it, kept));
    for kept in now.iter().filter(|kept| !stays(kept)) {
        insert(conn, (case, cluster), kept)?;
    }
    Ok(())
}

fn is_like(one: &Kept, other: &Kept) -> bool {
    (one.signal.sign, one.signal.from, &one.signal.why)
        == (other.signal.sign, other.signal.from, &other.signal.why)
}

fn remove_like(conn: &mut Conn, case: &CaseId, kept: &Kept) -> Result<(), Error> {
    let own = signals::table
        .filter(signals::case_id.eq(case.as_bytes().as_slice()))
        .filter(signals::sign.eq(i16::from(kept.signal.sign.code())))
        .filter(signals::from_day.eq(kept.signal.from.number()))
        .filter(signals::why.eq(&kept.signal.why));
    on_backend!(conn, c => diesel::delete(own).execute(c))?;
    Ok(())
}

fn insert(
    conn: &mut Conn,
    (case, cluster): (&CaseId, &ClusterId),
    Kept { scope, signal, .. }: &Kept,
) -> Result<(), Error> {
    let row = (
        signals::case_id.eq(case.as_bytes().as_slice()),
        signals::cluster_id.eq(cluster.as_bytes().as_slice()),
        signals::sign.eq(i16::from(signal.sign.code())),
        signals::from_day.eq(signal.from.number()),
        signals::until_day.eq(signal.until.map(Date::number)),
        signals::record_id.eq(signal.record.as_ref().map(|id| id.as_bytes().as_slice())),
        signals::scope_id.eq(scope.as_bytes().as_slice()),
        signals::why.eq(&signal.why),
    );
    on_backend!(conn, c => diesel::insert_into(signals::table).values(row).execute(c))?;
    Ok(())
}

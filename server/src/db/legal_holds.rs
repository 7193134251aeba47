//! Cases of which nothing may be erased.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, UserId};
use sync_core::time::Timestamp;

use super::schema_audit::legal_holds::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// A legal hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Its name.
    pub id: [u8; 16],
    /// The case's cluster.
    pub cluster: ClusterId,
    /// The case.
    pub case: CaseId,
    /// Who set it, why and when.
    pub set: Word,
    /// Who lifted it, why and when; none while it holds.
    pub lifted: Option<Word>,
}

/// Somebody's word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Whose.
    pub by: UserId,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

type Row = (
    (Vec<u8>, Vec<u8>, Vec<u8>),
    (Vec<u8>, String, i64),
    (Option<Vec<u8>>, Option<String>, Option<i64>),
);

macro_rules! columns {
    () => {
        (
            (dsl::id, dsl::cluster_id, dsl::case_id),
            (dsl::set_by, dsl::set_reason, dsl::set_at),
            (dsl::lifted_by, dsl::lifted_reason, dsl::lifted_at),
        )
    };
}

fn from_row(((id, cluster, case), (by, reason, at), lifted): Row) -> Result<Hold, Error> {
    let lifted = match lifted {
        (Some(by), reason, Some(at)) => Some(Word {
            by: UserId::from_slice(&by)?,
            reason: reason.unwrap_or_default(),
            at: Timestamp(at),
        }),
        _ => None,
    };
    Ok(Hold {
        id: id.try_into().map_err(|_| Error::Corrupt("id"))?,
        cluster: ClusterId::from_slice(&cluster)?,
        case: CaseId::from_slice(&case)?,
        set: Word { by: UserId::from_slice(&by)?, reason, at: Timestamp(at) },
        lifted,
    })
}

/// Sets a hold.
///
/// # Errors
/// [`Error::Taken`] if one holds for the case already.
pub fn insert(conn: &mut Conn, hold: &Hold) -> Result<(), Error> {
    let row = (
        dsl::id.eq(hold.id.as_slice()),
        dsl::cluster_id.eq(hold.cluster.as_bytes().as_slice()),
        dsl::case_id.eq(hold.case.as_bytes().as_slice()),
        dsl::set_by.eq(hold.set.by.as_bytes().as_slice()),
        dsl::set_reason.eq(&hold.set.reason),
        dsl::set_at.eq(hold.set.at.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::legal_holds).values(row).execute(c))?;
    Ok(())
}

/// Lifts the hold of a case; whether one held.
///
/// # Errors
/// The database's failure.
pub fn lift(conn: &mut Conn, case: &CaseId, word: &Word) -> Result<bool, Error> {
    let holds = dsl::case_id.eq(case.as_bytes().as_slice()).and(dsl::lifted_at.is_null());
    let set = (
        dsl::lifted_by.eq(word.by.as_bytes().as_slice()),
        dsl::lifted_reason.eq(&word.reason),
        dsl::lifted_at.eq(word.at.0),
    );
    Ok(on_backend!(conn, c => diesel::update(dsl::legal_holds.filter(holds)).set(set).execute(c))?
        > 0)
}

/// Every hold that a case ever had, newest first.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<Hold>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => dsl::legal_holds
        .filter(dsl::case_id.eq(case.as_bytes().as_slice()))
        .order((dsl::set_at.desc(), dsl::id))
        .select(columns!())
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The holds that hold in a cluster, oldest first.
///
/// # Errors
/// The database's failure.
pub fn of_cluster(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<Hold>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => dsl::legal_holds
        .filter(dsl::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(dsl::lifted_at.is_null())
        .order((dsl::set_at, dsl::id))
        .select(columns!())
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

//! Pushed work kept apart for a reviewer.

use diesel::prelude::*;
use sync_core::ids::{Actor, CaseId, ClusterId, DeviceId, RecordId, UserId};
use sync_core::time::Timestamp;

use super::schema_quarantine::{quarantine, quarantine_decisions as decisions};
use super::{Conn, Error};
use crate::on_backend;

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nobody has decided.
    Waiting,
    /// In the log.
    Released,
    /// With its author again.
    GivenBack,
}

/// Changes of one record that one phone brought in one batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// A name of its own.
    pub id: [u8; 16],
    /// Whose log they are for.
    pub cluster: ClusterId,
    /// The case.
    pub case: CaseId,
    /// The record, which may not be in the log yet.
    pub record: RecordId,
    /// Their author.
    pub actor: Actor,
    /// The person.
    pub user: UserId,
    /// The phone.
    pub device: DeviceId,
    /// The batch that they came in.
    pub batch: [u8; 16],
    /// The first one's number.
    pub first_seq: i32,
    /// How many.
    pub length: i32,
    /// The changes as they were pushed (`sync_core::protocol::frame::encode_push`).
    pub frame: Vec<u8>,
    /// Their salts, 16 bytes each.
    pub salts: Vec<u8>,
    /// Why they were not taken.
    pub code: String,
    /// Since when they would raise the harm flag.
    pub harm_since: Option<i64>,
    /// When they arrived.
    pub arrived_at: Timestamp,
    /// What became of them.
    pub state: State,
    /// The reviewer's words.
    pub reason: Option<String>,
}

type Row = (
    (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>),
    (i32, i32, Vec<u8>, Vec<u8>, String, Option<i64>, i64),
    Option<(bool, String)>,
);

/// Every bundle with what was decided, to be narrowed.
macro_rules! bundles {
    () => {
        quarantine::table.left_join(decisions::table).select((
            (
                quarantine::id,
                quarantine::cluster_id,
                quarantine::case_id,
                quarantine::record_id,
                quarantine::actor,
                quarantine::user_id,
                quarantine::device_id,
                quarantine::batch_id,
            ),
            (
                quarantine::first_seq,
                quarantine::length,
                quarantine::frame,
                quarantine::salts,
                quarantine::code,
                quarantine::harm_since,
                quarantine::arrived_at,
            ),
            (decisions::released, decisions::reason).nullable(),
        ))
    };
}

fn from_row((names, rest, decision): Row) -> Result<Held, Error> {
    let (id, cluster, case, record, actor, user, device, batch) = names;
    let (first_seq, length, frame, salts, code, harm_since, arrived_at) = rest;
    let corrupt = |_| Error::Corrupt("kept work");
    let state = match &decision {
        None => State::Waiting,
        Some((true, _)) => State::Released,
        Some((false, _)) => State::GivenBack,
    };
    Ok(Held {
        id: id.try_into().map_err(corrupt)?,
        cluster: ClusterId::from_slice(&cluster)?,
        case: CaseId::from_slice(&case)?,
        record: RecordId::from_slice(&record)?,
        actor: Actor::from_slice(&actor)?,
        user: UserId::from_slice(&user)?,
        device: DeviceId::from_slice(&device)?,
        batch: batch.try_into().map_err(corrupt)?,
        first_seq,
        length,
        frame,
        salts,
        code,
        harm_since,
        arrived_at: Timestamp(arrived_at),
        state,
        reason: decision.map(|(_, reason)| reason),
    })
}

/// Keeps changes.
///
/// # Errors
/// The database's failure.
pub fn insert(conn: &mut Conn, held: &Held) -> Result<(), Error> {
    let row = (
        quarantine::id.eq(held.id.as_slice()),
        quarantine::cluster_id.eq(held.cluster.as_bytes().as_slice()),
        quarantine::case_id.eq(held.case.as_bytes().as_slice()),
        quarantine::record_id.eq(held.record.as_bytes().as_slice()),
        quarantine::actor.eq(held.actor.as_bytes().as_slice()),
        quarantine::user_id.eq(held.user.as_bytes().as_slice()),
        quarantine::device_id.eq(held.device.as_bytes().as_slice()),
        quarantine::batch_id.eq(held.batch.as_slice()),
        quarantine::first_seq.eq(held.first_seq),
        quarantine::length.eq(held.length),
        quarantine::frame.eq(&held.frame),
        quarantine::salts.eq(&held.salts),
        quarantine::code.eq(&held.code),
        quarantine::harm_since.eq(held.harm_since),
        quarantine::arrived_at.eq(held.arrived_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(quarantine::table).values(row).execute(c))?;
    Ok(())
}

/// Kept work by its name.
///
/// # Errors
/// The database's failure.
pub fn by_id(conn: &mut Conn, id: &[u8; 16]) -> Result<Option<Held>, Error> {
    let found = bundles!().filter(quarantine::id.eq(id.as_slice()));
    on_backend!(conn, c => found.first::<Row>(c)).optional()?.map(from_row).transpose()
}

/// All work of an author in a record that was ever kept, in the order of their numbers.
///
/// # Errors
/// The database's failure.
pub fn of_author(conn: &mut Conn, record: &RecordId, actor: &Actor) -> Result<Vec<Held>, Error> {
    let rows = on_backend!(conn, c => bundles!()
        .filter(quarantine::record_id.eq(record.as_bytes().as_slice()))
        .filter(quarantine::actor.eq(actor.as_bytes().as_slice()))
        .order((quarantine::first_seq, quarantine::arrived_at, quarantine::id))
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

/// What waits in a cluster, oldest first.
///
/// # Errors
/// The database's failure.
pub fn waiting(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<Held>, Error> {
    let rows = on_backend!(conn, c => bundles!()
        .filter(quarantine::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(decisions::number.is_null())
        .order((quarantine::arrived_at, quarantine::first_seq, quarantine::id))
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

/// What was given back of a phone's work.
///
/// # Errors
/// The database's failure.
pub fn given_back_of(conn: &mut Conn, device: &DeviceId) -> Result<Vec<Held>, Error> {
    let rows = on_backend!(conn, c => bundles!()
        .filter(quarantine::device_id.eq(device.as_bytes().as_slice()))
        .filter(decisions::released.eq(false).assume_not_null())
        .order((decisions::number, quarantine::first_seq))
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

/// How many changes of a phone wait.
///
/// # Errors
/// The database's failure.
pub fn count_of_device(conn: &mut Conn, device: &DeviceId) -> Result<i64, Error> {
    let count: Option<i64> = on_backend!(conn, c => quarantine::table
        .left_join(decisions::table)
        .filter(quarantine::device_id.eq(device.as_bytes().as_slice()))
        .filter(decisions::number.is_null())
        .select(diesel::dsl::sum(quarantine::length))
        .first(c))?;
    Ok(count.unwrap_or(0))
}

/// The earliest moment since which waiting work of a case would raise the harm flag.
///
/// # Errors
/// The database's failure.
pub fn harm_of_case(conn: &mut Conn, case: &CaseId) -> Result<Option<i64>, Error> {
    Ok(on_backend!(conn, c => quarantine::table
        .left_join(decisions::table)
        .filter(quarantine::case_id.eq(case.as_bytes().as_slice()))
        .filter(decisions::number.is_null())
        .select(diesel::dsl::min(quarantine::harm_since))
        .first(c))?)
}

/// What a reviewer decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Into the log, or back to the author.
    pub released: bool,
    /// The number of the log that the decision takes.
    pub number: i64,
    /// The reviewer.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// Why, for the author.
    pub reason: String,
}

/// Notes what was decided.
///
/// # Errors
/// [`Error::Taken`] if somebody has decided before.
pub fn decide(conn: &mut Conn, id: &[u8; 16], decision: &Decision) -> Result<(), Error> {
    let row = (
        decisions::quarantine_id.eq(id.as_slice()),
        decisions::number.eq(decision.number),
        decisions::released.eq(decision.released),
        decisions::decided_by.eq(decision.by.as_bytes().as_slice()),
        decisions::decided_at.eq(decision.at.0),
        decisions::reason.eq(&decision.reason),
    );
    on_backend!(conn, c => diesel::insert_into(decisions::table).values(row).execute(c))?;
    Ok(())
}

/// What was decided within (after, up to] about a phone's work.
///
/// # Errors
/// The database's failure.
pub fn decided(
    conn: &mut Conn,
    device: &DeviceId,
    cluster: &ClusterId,
    (after, up_to): (i64, i64),
) -> Result<Vec<Held>, Error> {
    let rows = on_backend!(conn, c => bundles!()
        .filter(quarantine::device_id.eq(device.as_bytes().as_slice()))
        .filter(quarantine::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(decisions::number.gt(after).and(decisions::number.le(up_to)).assume_not_null())
        .order((decisions::number, quarantine::first_seq))
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

//! The log of each cluster: the truth.

use diesel::prelude::*;
use sha2::{Digest, Sha256};
use sync_core::ids::{Actor, ChangeHash, ClusterId, DeviceId, RecordId, UserId};
use sync_core::time::Timestamp;

use super::fixed::{Fixed, Id};
use super::schema::clusters;
use super::schema_log::{batches, log, log_marks, log_proofs};
use super::{Conn, Error};
use crate::on_backend;

/// One change of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Whose log.
    pub cluster: ClusterId,
    /// Its number.
    pub number: i64,
    /// Its record.
    pub record: RecordId,
    /// Its place in the record, from 1.
    pub position: i32,
    /// The author.
    pub actor: Actor,
    /// The author's how-manieth change of the record.
    pub seq: i32,
    /// Its explicit dependencies.
    pub deps: Option<Vec<u8>>,
    /// Its body.
    pub body: Vec<u8>,
    /// Its hash.
    pub hash: ChangeHash,
    /// The signer.
    pub user: UserId,
    /// The signer's phone.
    pub device: DeviceId,
    /// When it arrived.
    pub arrived_at: Timestamp,
}

/// What proves a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// The batch that brought it.
    pub batch: [u8; 16],
    /// Its salt; gone after an erasure.
    pub salt: Option<Vec<u8>>,
    /// Its salted digest.
    pub salted: [u8; 32],
    /// The log's chain at it.
    pub chain: [u8; 32],
}

/// A batch as it was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchRow {
    /// Its id.
    pub id: [u8; 16],
    /// Its cluster.
    pub cluster: ClusterId,
    /// Who signed.
    pub device: DeviceId,
    /// The signature.
    pub signature: [u8; 64],
    /// The digests that it is over, 32 bytes each.
    pub signed: Vec<u8>,
    /// When it arrived.
    pub arrived_at: Timestamp,
}

pub(super) type Row =
    ((Id, i64, Id, i32, Id, i32), (Option<Vec<u8>>, Vec<u8>, Fixed<32>, Id, Id, i64));

pub(super) type Columns = (
    (log::cluster_id, log::number, log::record_id, log::position, log::actor, log::seq),
    (log::deps, log::body, log::hash, log::user_id, log::device_id, log::arrived_at),
);

pub(super) const COLUMNS: Columns = (
    (log::cluster_id, log::number, log::record_id, log::position, log::actor, log::seq),
    (log::deps, log::body, log::hash, log::user_id, log::device_id, log::arrived_at),
);

pub(super) fn from_row(((cluster, number, record, position, actor, seq), rest): Row) -> Entry {
    let (deps, body, hash, user, device, arrived_at) = rest;
    Entry {
        cluster: ClusterId::from_bytes(cluster.0),
        number,
        record: RecordId::from_bytes(record.0),
        position,
        actor: Actor::from_bytes(actor.0),
        seq,
        deps,
        body,
        hash: ChangeHash(hash.0),
        user: UserId::from_bytes(user.0),
        device: DeviceId::from_bytes(device.0),
        arrived_at: Timestamp(arrived_at),
    }
}

/// A record's changes in order.
///
/// # Errors
/// The database's failure.
pub fn of_record(conn: &mut Conn, record: &RecordId) -> Result<Vec<Entry>, Error> {
    let rows = on_backend!(conn, c => log::table
        .filter(log::record_id.eq(record.as_bytes().as_slice()))
        .order(log::position)
        .select(COLUMNS)
        .load::<Row>(c))?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Changes of a cluster from a number on, in order.
///
/// # Errors
/// The database's failure.
pub fn from_number(
    conn: &mut Conn,
    cluster: &ClusterId,
    number: i64,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let rows = on_backend!(conn, c => log::table
        .filter(log::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log::number.ge(number))
        .order(log::number)
        .limit(limit)
        .select(COLUMNS)
        .load::<Row>(c))?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Adds a change with its proof.
///
/// # Errors
/// The database's failure.
pub fn insert(conn: &mut Conn, entry: &Entry, proof: &Proof) -> Result<(), Error> {
    let row = (
        log::cluster_id.eq(entry.cluster.as_bytes().as_slice()),
        log::number.eq(entry.number),
        log::record_id.eq(entry.record.as_bytes().as_slice()),
        log::position.eq(entry.position),
        log::actor.eq(entry.actor.as_bytes().as_slice()),
        log::seq.eq(entry.seq),
        log::deps.eq(entry.deps.as_deref()),
        log::body.eq(&entry.body),
        log::hash.eq(entry.hash.0.as_slice()),
        log::user_id.eq(entry.user.as_bytes().as_slice()),
        log::device_id.eq(entry.device.as_bytes().as_slice()),
        log::arrived_at.eq(entry.arrived_at.0),
        log::epoch.eq(0),
    );
    on_backend!(conn, c => diesel::insert_into(log::table).values(row).execute(c))?;
    let row = (
        log_proofs::cluster_id.eq(entry.cluster.as_bytes().as_slice()),
        log_proofs::number.eq(entry.number),
        log_proofs::batch_id.eq(proof.batch.as_slice()),
        log_proofs::salt.eq(proof.salt.as_deref()),
        log_proofs::salted.eq(proof.salted.as_slice()),
        log_proofs::chain.eq(proof.chain.as_slice()),
    );
    on_backend!(conn, c => diesel::insert_into(log_proofs::table).values(row).execute(c))?;
    Ok(())
}

/// Adds a batch.
///
/// # Errors
/// The database's failure.
pub fn insert_batch(conn: &mut Conn, batch: &BatchRow) -> Result<(), Error> {
    let row = (
        batches::id.eq(batch.id.as_slice()),
        batches::cluster_id.eq(batch.cluster.as_bytes().as_slice()),
        batches::device_id.eq(batch.device.as_bytes().as_slice()),
        batches::signature.eq(batch.signature.as_slice()),
        batches::signed.eq(&batch.signed),
        batches::arrived_at.eq(batch.arrived_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(batches::table).values(row).execute(c))?;
    Ok(())
}

/// The batch of this id.
///
/// # Errors
/// The database's failure.
pub fn batch(conn: &mut Conn, id: &[u8; 16]) -> Result<Option<BatchRow>, Error> {
    type Row = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, i64);
    let row =
        on_backend!(conn, c => batches::table.find(id.as_slice()).first::<Row>(c)).optional()?;
    row.map(|(_, cluster, device, signature, signed, arrived_at)| {
        Ok(BatchRow {
            id: *id,
            cluster: ClusterId::from_slice(&cluster)?,
            device: DeviceId::from_slice(&device)?,
            signature: signature.try_into().map_err(|_| Error::Corrupt("signature"))?,
            signed,
            arrived_at: Timestamp(arrived_at),
        })
    })
    .transpose()
}

/// Proofs of a cluster's changes from a number on, in order.
///
/// # Errors
/// The database's failure.
pub fn proofs_from(
    conn: &mut Conn,
    cluster: &ClusterId,
    number: i64,
    limit: i64,
) -> Result<Vec<(i64, Proof)>, Error> {
    let rows = on_backend!(conn, c => log_proofs::table
        .filter(log_proofs::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log_proofs::number.ge(number))
        .order(log_proofs::number)
        .limit(limit)
        .select((
            log_proofs::number,
            log_proofs::batch_id,
            log_proofs::salt,
            log_proofs::salted,
            log_proofs::chain,
        ))
        .load::<ProofRow>(c))?;
    rows.into_iter().map(proof).collect()
}

type ProofRow = (i64, Vec<u8>, Option<Vec<u8>>, Vec<u8>, Vec<u8>);

fn proof((number, batch, salt, salted, chain): ProofRow) -> Result<(i64, Proof), Error> {
    let proof = Proof {
        batch: batch.try_into().map_err(|_| Error::Corrupt("batch"))?,
        salt,
        salted: salted.try_into().map_err(|_| Error::Corrupt("digest"))?,
        chain: chain.try_into().map_err(|_| Error::Corrupt("chain"))?,
    };
    Ok((number, proof))
}

/// What tells a log at a number from every other log that gave this number: the chain over its changes, with the
/// mark of what took numbers after the last of them.
///
/// # Errors
/// The database's failure.
pub fn state_at(conn: &mut Conn, cluster: &ClusterId, number: i64) -> Result<[u8; 16], Error> {
    let found = log_proofs::table
        .filter(log_proofs::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log_proofs::number.le(number))
        .order(log_proofs::number.desc())
        .select((log_proofs::number, log_proofs::chain));
    let last: Option<(i64, Vec<u8>)> = on_backend!(conn, c => found.first(c)).optional()?;
    let (last, chain) = last.unwrap_or_else(|| (0, vec![0; 32]));
    let found = log_marks::table
        .filter(log_marks::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log_marks::number.gt(last).and(log_marks::number.le(number)))
        .order(log_marks::number.desc())
        .select(log_marks::mark);
    let mark: Option<Vec<u8>> = on_backend!(conn, c => found.first(c)).optional()?;
    let state = match mark {
        None => chain,
        Some(mark) => Sha256::new().chain_update(chain).chain_update(mark).finalize().to_vec(),
    };
    state.first_chunk().copied().ok_or(Error::Corrupt("chain"))
}

/// The number of the first change that arrived at or after a moment; the next number if none did.
///
/// # Errors
/// The database's failure.
pub fn first_since(conn: &mut Conn, cluster: &ClusterId, moment: Timestamp) -> Result<i64, Error> {
    // Arrival grows with the number, so a few looks are enough however long the log is.
    let (mut low, mut high) = (1, head(conn, cluster)?.0);
    while low < high {
        let middle = low + (high - low) / 2;
        match first_from(conn, cluster, middle)? {
            Some((number, arrived_at)) if arrived_at < moment.0 => low = number + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Number and arrival of the first change from a number on.
fn first_from(
    conn: &mut Conn,
    cluster: &ClusterId,
    number: i64,
) -> Result<Option<(i64, i64)>, Error> {
    Ok(on_backend!(conn, c => log::table
        .filter(log::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log::number.ge(number))
        .order(log::number)
        .select((log::number, log::arrived_at))
        .first(c))
    .optional()?)
}

/// The next number and the chain's head.
///
/// # Errors
/// [`Error::Missing`] if there is no such cluster.
pub fn head(conn: &mut Conn, cluster: &ClusterId) -> Result<(i64, [u8; 32]), Error> {
    let found = clusters::table
        .find(cluster.as_bytes().as_slice())
        .select((clusters::next_number, clusters::chain_head));
    let (number, chain): (i64, Vec<u8>) = on_backend!(conn, c => found.first(c))?;
    Ok((number, chain.try_into().map_err(|_| Error::Corrupt("chain"))?))
}

/// How many numbers all logs have given together: moves with each commit of any process.
///
/// # Errors
/// The database's failure.
pub fn all_numbers(conn: &mut Conn) -> Result<i64, Error> {
    let sum = diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "CAST(COALESCE(SUM(next_number), 0) AS BIGINT)",
    );
    Ok(on_backend!(conn, c => clusters::table.select(sum).first(c))?)
}

/// Moves the head. Only under the cluster's lock.
///
/// # Errors
/// The database's failure.
pub fn set_head(
    conn: &mut Conn,
    cluster: &ClusterId,
    next_number: i64,
    chain: &[u8; 32],
) -> Result<(), Error> {
    let found = clusters::table.find(cluster.as_bytes().as_slice());
    let head = (clusters::next_number.eq(next_number), clusters::chain_head.eq(chain.as_slice()));
    on_backend!(conn, c => diesel::update(found).set(head).execute(c))?;
    Ok(())
}

/// How long a writer waits for a cluster's lock, as long as SQLite's does for the file: milliseconds.
const LOCK_WAIT_MS: u32 = 5_000;

/// Takes the cluster's lock until the transaction ends: everything that takes a number holds it.
/// SQLite's one writer holds it anyway.
///
/// # Errors
/// [`Error::Busy`] if somebody else holds it for too long, or the connection broke meanwhile; the database's
/// failure.
pub fn lock(conn: &mut Conn, cluster: &ClusterId) -> Result<(), Error> {
    let Conn::Pg(pg) = conn else { return Ok(()) };
    let found = clusters::table.find(cluster.as_bytes().as_slice()).select(clusters::lock_key);
    let key: i64 = found.first(pg)?;
    lock_key(conn, key)
}

/// Takes a lock by its key, as [`lock`] does a cluster's.
pub(super) fn lock_key(conn: &mut Conn, key: i64) -> Result<(), Error> {
    let Conn::Pg(pg) = conn else { return Ok(()) };
    limit_wait(pg)?;
    let sql = diesel::sql_query("SELECT pg_advisory_xact_lock($1)");
    // A lock not had in time has no kind of its own, and its words are in the server's language. So whatever
    // fails here, a lost connection too, is told as busy: it is worth another try.
    let taken = sql.bind::<diesel::sql_types::BigInt, _>(key).execute(pg);
    taken.map(drop).map_err(|_| Error::Busy)
}

/// From here on the transaction waits for no lock longer than a writer may.
pub(super) fn limit_wait(pg: &mut PgConnection) -> Result<(), Error> {
    diesel::sql_query(format!("SET LOCAL lock_timeout = {LOCK_WAIT_MS}")).execute(pg)?;
    Ok(())
}

/// The records of a cluster that a user wrote anything in.
///
/// # Errors
/// The database's failure.
pub fn records_of_author(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
) -> Result<Vec<RecordId>, Error> {
    let rows: Vec<Vec<u8>> = on_backend!(conn, c => log::table
        .filter(log::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(log::user_id.eq(user.as_bytes().as_slice()))
        .select(log::record_id)
        .distinct()
        .order(log::record_id)
        .load(c))?;
    rows.iter().map(|id| Ok(RecordId::from_slice(id)?)).collect()
}

/// When a record's first change arrived.
///
/// # Errors
/// [`Error::Missing`] for a record of which nothing is in the log.
pub fn arrived(conn: &mut Conn, record: &RecordId) -> Result<Timestamp, Error> {
    let found = log::table
        .filter(log::record_id.eq(record.as_bytes().as_slice()))
        .filter(log::position.eq(1))
        .select(log::arrived_at);
    Ok(Timestamp(on_backend!(conn, c => found.first(c))?))
}

/// When the last change of a record arrived that somebody else than this person wrote; none if nobody
/// else did.
///
/// # Errors
/// The database's failure.
pub fn last_of_others(
    conn: &mut Conn,
    record: &RecordId,
    user: &UserId,
) -> Result<Option<Timestamp>, Error> {
    let found = log::table
        .filter(log::record_id.eq(record.as_bytes().as_slice()))
        .filter(log::user_id.ne(user.as_bytes().as_slice()))
        .select(diesel::dsl::max(log::arrived_at));
    let last: Option<i64> = on_backend!(conn, c => found.first(c))?;
    Ok(last.map(Timestamp))
}

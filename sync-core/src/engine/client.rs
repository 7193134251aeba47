//! The phone's end: what to send. What to write down of the answer is in
//! [`crate::engine::incoming`].

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::SigningKey;

use crate::engine::authors::{self, Authors, Loaded, RecordError};
pub use crate::engine::unsent::BatchRoom;
use crate::engine::{opened, unsent};
use crate::ids::{Actor, CaseId, ClusterId, DeviceId, RecordId, UserId};
use crate::limits::ACTORS_PER_CLAIM;
use crate::merge::Context;
use crate::policy::Principal;
use crate::protocol::VERSION;
use crate::protocol::batch::{BatchDigest, claim};
use crate::protocol::frame::{PushedChange, PushedRecord, encode_push};
use crate::protocol::message::{ActorClaim, Batch, ClusterCursor, DirectoryLine, SyncRequest};
use crate::record::history::{ChangeName, decode_deps};
use crate::record::kind::Kind;
use crate::store::{ChangeRow, Place, Shelf, Store, StoreError, Write};
use crate::time::Timestamp;

/// Who uses this phone's database.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The person, their agency and roles.
    pub principal: Principal,
    /// The name on screens.
    pub name: String,
    /// The phone.
    pub device: DeviceId,
    /// Whose changes are written in documents: random per installation and user.
    pub actor: Actor,
    /// The key that signs batches. Never leaves the phone.
    pub key: SigningKey,
}

/// Why an exchange could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record that has unsent work cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The server sent changes that do not follow on what the phone has.
    #[error("the server's answer leaves something out: asking again for the whole")]
    Gap,
    /// The server sent numbers of the phone's own work without its words, which are not here: this
    /// phone was restored from a backup.
    #[error("this phone lacks work of its own: asking for it again")]
    OwnMissing,
    /// The server sent something else than its receipt says.
    #[error("the server's answer does not match its receipt: it was not stored")]
    WrongReceipt,
    /// The server sent bytes that no version writes.
    #[error("the server's answer is malformed: it was not stored")]
    Malformed,
}

/// A change that is pushed.
pub type Pushed = (RecordId, ChangeName);

/// A request to send.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The request.
    pub request: SyncRequest,
    /// The changes that it pushes.
    pub pushed: Vec<Pushed>,
}

/// Records whose unsent work waits: the server could not judge it yet, or this version of the app
/// cannot read it. Nothing else waits for them.
pub type Waiting = BTreeSet<RecordId>;

/// What to send now, as much as there is `room` for. `seed` is one batch's worth of random bytes. Records
/// that turn out to be unreadable here are added to `waiting`.
///
/// # Errors
/// [`ClientError`]
pub fn outgoing(
    store: &dyn Store,
    (identity, clusters): (&Identity, &[ClusterId]),
    merging: &Context<'_>,
    (waiting, room): (&mut Waiting, BatchRoom),
    (now, seed): (Timestamp, [u8; 16]),
) -> Result<Outgoing, ClientError> {
    let authors = Authors::load(store)?;
    let (records, more) = next_records(store, &authors, merging, (waiting, room))?;
    let whole = store.item(Shelf::Meta, WHOLE)?.is_some();
    let cursors = cursors(store, clusters)?;
    let pushed = records.iter().flat_map(|(_, rows)| rows);
    let pushed: Vec<Pushed> = pushed.map(|row| (row.record, (row.actor, row.seq))).collect();
    let batches = batches(store, identity, clusters, records, seed)?;
    let actors = claimed(store, identity, (whole, &pushed))?;
    let openings = opened::to_tell(store)?;
    let (version, stats) = (VERSION, false);
    let request =
        SyncRequest { version, cursors, batches, now, more, whole, stats, actors, openings };
    Ok(Outgoing { request, pushed })
}

/// Where the phone stands in the log of each of these clusters, and where it stood when it asked for the
/// whole.
///
/// # Errors
/// [`StoreError`]
pub fn cursors(
    store: &dyn Store,
    clusters: &[ClusterId],
) -> Result<Vec<ClusterCursor>, StoreError> {
    let mut cursors = Vec::with_capacity(clusters.len());
    for cluster in clusters {
        let cursor = store.item(Shelf::Cursor, cluster.as_bytes())?.unwrap_or_default();
        let held = store.item(Shelf::Meta, &held_key(cluster))?.unwrap_or_default();
        cursors.push(ClusterCursor { cluster: *cluster, cursor, held });
    }
    Ok(cursors)
}

/// Keeps where a phone stands in a cluster's log when that is about to be written anew: the server is still told up
/// to where the phone has it, until a round has ended. The pages of a round keep it up to what they bring.
///
/// # Errors
/// [`StoreError`]
pub fn keep_held(store: &dyn Store, cluster: &ClusterId) -> Result<Option<Write>, StoreError> {
    let key = held_key(cluster);
    if store.item(Shelf::Meta, &key)?.is_some() {
        return Ok(None);
    }
    let cursor = store.item(Shelf::Cursor, cluster.as_bytes())?;
    Ok(cursor.map(|cursor| Write::Set(Shelf::Meta, key, cursor)))
}

/// The fresh actors that the phone has written as, the last one first. A phone that has had none
/// writes as its enrolment says.
///
/// # Errors
/// [`StoreError`]
pub fn fresh_actors(store: &dyn Store) -> Result<Vec<Actor>, StoreError> {
    let bytes = store.item(Shelf::Meta, FRESH)?.unwrap_or_default();
    Ok(bytes.chunks_exact(16).filter_map(|actor| Actor::from_slice(actor).ok()).collect())
}

/// Every actor that the phone has written as, with the one of its enrolment.
///
/// # Errors
/// [`StoreError`]
pub fn own_actors(store: &dyn Store, first: Actor) -> Result<Vec<Actor>, StoreError> {
    let mut actors = fresh_actors(store)?;
    actors.push(first);
    Ok(actors)
}

/// From now on the phone writes as the last of these actors; as those before, some of its work is written
/// already.
///
/// # Errors
/// [`StoreError`]
pub fn goes_on_as(
    store: &dyn Store,
    actors: &[Actor],
    user: &UserId,
) -> Result<Vec<Write>, StoreError> {
    let before = store.item(Shelf::Meta, FRESH)?.unwrap_or_default();
    let newest_first = actors.iter().rev().flat_map(|actor| *actor.as_bytes());
    let all = newest_first.chain(before).collect();
    let author = |actor: &Actor| {
        Write::Set(Shelf::Author, actor.as_bytes().to_vec(), user.as_bytes().to_vec())
    };
    let fresh = Write::Set(Shelf::Meta, FRESH.to_vec(), all);
    Ok(actors.iter().map(author).chain([fresh]).collect())
}

/// The server learns of a fresh actor with the request that brings work of it, and of the last one with
/// each; of all of them where it may have lost them.
fn claimed(
    store: &dyn Store,
    identity: &Identity,
    (whole, pushed): (bool, &[Pushed]),
) -> Result<Option<ActorClaim>, StoreError> {
    let mut actors = fresh_actors(store)?;
    let last = actors.first().copied();
    let is_pushed = |actor: &Actor| pushed.iter().any(|(_, (author, _))| author == actor);
    actors.retain(|actor| whole || Some(*actor) == last || is_pushed(actor));
    actors.truncate(ACTORS_PER_CLAIM);
    let said = (!actors.is_empty()).then(|| claim(&identity.device, actors, &identity.key));
    Ok(said)
}

const FRESH: &[u8] = b"fresh actors";

/// The flag that asks for everything again, own work included.
pub const WHOLE: &[u8] = b"ask for the whole";

/// Under this key the phone keeps where it stood in a cluster when it asked for the whole.
#[must_use]
pub fn held_key(cluster: &ClusterId) -> Vec<u8> {
    [b"held ", cluster.as_bytes().as_slice()].concat()
}

/// Under this key the phone keeps when it last heard that the server of a cluster was put back.
#[must_use]
pub fn put_back_key(cluster: &ClusterId) -> Vec<u8> {
    [b"put back ", cluster.as_bytes().as_slice()].concat()
}

/// Where the phone notes that it began a case of which the server has heard nothing yet: its beginner
/// may write in it. What is kept is the directory's line as it was begun, since another case may have the name.
#[must_use]
pub fn begun_key(case: &CaseId) -> Vec<u8> {
    [b"begun ".as_slice(), case.as_bytes()].concat()
}

/// Under this key the phone keeps in which cluster a case was that is to be found no longer.
#[must_use]
pub fn home_key(case: &CaseId) -> Vec<u8> {
    [b"home ", case.as_bytes().as_slice()].concat()
}

/// Under this key the phone keeps the framework of a cluster's authority.
#[must_use]
pub fn framework_key(cluster: &ClusterId) -> Vec<u8> {
    [b"framework ", cluster.as_bytes().as_slice()].concat()
}

/// Under this key the phone keeps which record took the place of one that was re-homed.
#[must_use]
pub fn moved_key(record: &RecordId) -> Vec<u8> {
    [b"moved ", record.as_bytes().as_slice()].concat()
}

/// A record with those of its changes that are to be pushed.
type Pushing = (Loaded, Vec<ChangeRow>);

/// The next batch's changes by record, and whether there are more after it. What cannot be read is
/// left out and waits.
fn next_records(
    store: &dyn Store,
    authors: &Authors,
    merging: &Context<'_>,
    (waiting, room): (&mut Waiting, BatchRoom),
) -> Result<(Vec<Pushing>, bool), ClientError> {
    loop {
        let (rows, more) = unsent::next(store, authors, merging, (waiting, room))?;
        let (mut records, before) = (Vec::new(), waiting.len());
        for (record, rows) in by_record(&rows) {
            match readable(store, authors, &record, &rows)? {
                Some(loaded) => records.push((loaded, rows)),
                None => drop(waiting.insert(record)),
            }
        }
        if waiting.len() == before || !records.is_empty() {
            return Ok((records, more));
        }
    }
}

/// The record as far as it can be read; none if that leaves out a change to be pushed.
fn readable(
    store: &dyn Store,
    authors: &Authors,
    record: &RecordId,
    rows: &[ChangeRow],
) -> Result<Option<Loaded>, ClientError> {
    let row = store.record(record)?.ok_or(RecordError::Unknown)?;
    let loaded = match authors::load_readable(store, authors, &row) {
        // What stands on something that is not here, too: a sync goes on without it.
        Err(RecordError::Newer | RecordError::Damaged(_)) => return Ok(None),
        loaded => loaded?.0,
    };
    let there = |row: &ChangeRow| loaded.history.index(&(row.actor, row.seq)).is_some();
    Ok(rows.iter().all(there).then_some(loaded))
}

fn batches(
    store: &dyn Store,
    identity: &Identity,
    clusters: &[ClusterId],
    records: Vec<Pushing>,
    seed: [u8; 16],
) -> Result<Vec<Batch>, ClientError> {
    let mut by_cluster: BTreeMap<ClusterId, Vec<Pushing>> = BTreeMap::new();
    for (loaded, rows) in records {
        let case = loaded.history.envelope().case;
        let cluster = home_of(store, &case)?.or(clusters.first().copied());
        if let Some(cluster) = cluster {
            by_cluster.entry(cluster).or_default().push((loaded, rows));
        }
    }
    let batches = by_cluster.into_iter();
    Ok(batches.map(|(cluster, records)| batch(identity, cluster, &records, seed)).collect())
}

/// Rows by record, in the order in which each record was first written to.
fn by_record(unsent: &[ChangeRow]) -> Vec<(RecordId, Vec<ChangeRow>)> {
    let mut records: Vec<(RecordId, Vec<ChangeRow>)> = Vec::new();
    for row in unsent {
        match records.iter_mut().find(|(record, _)| *record == row.record) {
            Some((_, rows)) => rows.push(row.clone()),
            None => records.push((row.record, vec![row.clone()])),
        }
    }
    records
}

/// The cluster that a case is in, as far as the phone knows.
///
/// # Errors
/// [`StoreError`]
pub fn cluster_of(store: &dyn Store, case: &CaseId) -> Result<Option<ClusterId>, StoreError> {
    let line = store.item(Shelf::Directory, case.as_bytes())?;
    let line = line.and_then(|bytes| minicbor::decode::<DirectoryLine>(&bytes).ok());
    Ok(line.map(|line| line.cluster))
}

/// The same where the case is to be found there no longer, too: own work in it belongs there still.
///
/// # Errors
/// [`StoreError`]
pub fn home_of(store: &dyn Store, case: &CaseId) -> Result<Option<ClusterId>, StoreError> {
    if let Some(cluster) = cluster_of(store, case)? {
        return Ok(Some(cluster));
    }
    let home = store.item(Shelf::Meta, &home_key(case))?;
    Ok(home.and_then(|bytes| ClusterId::from_slice(&bytes).ok()))
}

fn batch(identity: &Identity, cluster: ClusterId, records: &[Pushing], seed: [u8; 16]) -> Batch {
    let mut digest = BatchDigest::new(&cluster, seed);
    let mut ordered: Vec<_> = records.iter().collect();
    // A case's own record opens the case; then what cannot wait.
    ordered.sort_by_key(|(loaded, _)| match loaded.history.envelope().kind() {
        Kind::Case => 0,
        Kind::Concern => 1,
        _ => 2,
    });
    let pushed: Vec<_> = ordered
        .into_iter()
        .filter_map(|(loaded, rows)| pushed(loaded, rows, &mut digest))
        .collect();
    Batch { cluster, frame: encode_push(&pushed), seed, signature: digest.sign(&identity.key) }
}

fn pushed(loaded: &Loaded, rows: &[ChangeRow], digest: &mut BatchDigest) -> Option<PushedRecord> {
    let first = rows.first()?;
    let envelope = loaded.history.envelope().encode();
    digest.record(&envelope);
    let mut changes = Vec::with_capacity(rows.len());
    for (n, row) in rows.iter().enumerate() {
        let index = loaded.history.index(&(row.actor, row.seq))?;
        let hash = loaded.history.links()[index].hash;
        digest.change(&hash.prefix());
        let deps = row.deps.as_deref().and_then(|deps| decode_deps(deps).ok()).unwrap_or_default();
        let follows = n > 0 && deps == [(row.actor, row.seq - 1)];
        changes.push(PushedChange {
            deps: (!follows).then_some(deps),
            hash: hash.prefix(),
            body: row.body.clone(),
        });
    }
    Some(PushedRecord { envelope, actor: first.actor, first_seq: first.seq, changes })
}

/// The ordinal that a change was made under; placed ones have none.
#[must_use]
pub fn ordinal(place: Place) -> u64 {
    match place {
        Place::Placed(_) => 0,
        Place::Accepted(ordinal) | Place::Unsent(ordinal) => ordinal,
    }
}

/// What a change that has no place in a log says it builds on.
pub(super) fn builds_on(row: &ChangeRow) -> Vec<ChangeName> {
    row.deps.as_deref().and_then(|deps| decode_deps(deps).ok()).unwrap_or_default()
}

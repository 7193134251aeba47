//! Committing judged batches: numbers, log, access, directory and read models in one transaction
//! under the cluster's lock. What moved since a batch was judged is judged again here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use sync_core::engine::admit::Admitted;
use sync_core::framework::Catalogue;
use sync_core::ids::{CaseId, ClusterId, DeviceId, RecordId, UserId};
use sync_core::merge::Context;
use sync_core::policy::CaseContext;
use sync_core::protocol::message::Answer;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::time::Timestamp;

use crate::db::log::{BatchRow, Entry, Proof};
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error, savepoint, write_tx};
use crate::ingest::judge::{Accepted, Verdict, again, judge};
use crate::ingest::{Arrival, Rules, access, alarm, extract, figures, hold, moves, noted, project};
use crate::service::histories::{self, World};

/// Commits a cluster's batches in one transaction; each is answered or failed by itself.
///
/// # Errors
/// The database's failure to begin or commit: then nothing of the group happened.
pub fn commit_group(
    conn: &mut Conn,
    rules: &Rules,
    cluster: &ClusterId,
    group: &[(Arrival, Verdict)],
) -> Result<Vec<Result<Vec<Answer>, Error>>, Error> {
    write_tx(conn, |conn| {
        db::log::lock(conn, cluster)?;
        let one = |(arrival, verdict): &(Arrival, Verdict)| {
            arrival
                .meter
                .measure(|| savepoint(conn, |conn| commit_one(conn, rules, arrival, verdict)))
        };
        Ok(group.iter().map(one).collect())
    })
}

fn commit_one(
    conn: &mut Conn,
    rules: &Rules,
    arrival: &Arrival,
    verdict: &Verdict,
) -> Result<Vec<Answer>, Error> {
    let judged = match moved(conn, verdict)? {
        Moved::Nothing => Cow::Borrowed(verdict),
        Moved::Records(records) => match again(conn, rules, arrival, verdict, &records)? {
            Some(verdict) => Cow::Owned(verdict),
            None => Cow::Owned(judge(conn, rules, arrival)?),
        },
        Moved::Rules => Cow::Owned(judge(conn, rules, arrival)?),
    };
    take(conn, rules, arrival, &judged)?;
    note(conn, arrival, &judged)?;
    Ok(judged.answers.clone())
}

/// Writes down who brought the batch and what came of it, with it.
fn note(conn: &mut Conn, arrival: &Arrival, verdict: &Verdict) -> Result<(), Error> {
    noted::rows(arrival, verdict).iter().try_for_each(|row| db::audit::insert(conn, row))
}

/// What moved since a batch was judged.
enum Moved {
    Nothing,
    /// Others wrote in these records, or in what they are judged by.
    Records(BTreeSet<RecordId>),
    /// Something by which more is judged than records of the batch.
    Rules,
}

/// Whether a record, a case's own records or what waits for a reviewer grew since they were read.
fn moved(conn: &mut Conn, verdict: &Verdict) -> Result<Moved, Error> {
    for ((record, actor), version) in &verdict.kept_at {
        if hold::version(conn, record, actor)? != *version {
            return Ok(Moved::Rules);
        }
    }
    for (record, target) in &verdict.moves_at {
        if db::moves::target(conn, record)? != *target {
            return Ok(Moved::Rules);
        }
    }
    let mut moved = BTreeSet::new();
    for (case, version) in &verdict.cases_at {
        if histories::version_of(conn, case)? == *version {
            continue;
        }
        let records = verdict.cases.iter().filter(|(_, its)| *its == case);
        let before = moved.len();
        moved.extend(records.map(|(record, _)| *record));
        if moved.len() == before {
            // A case beside one of the batch's.
            return Ok(Moved::Rules);
        }
    }
    for (record, length) in &verdict.judged_at {
        if !moved.contains(record) && db::records::length(conn, record)? != *length {
            moved.insert(*record);
        }
    }
    Ok(if moved.is_empty() { Moved::Nothing } else { Moved::Records(moved) })
}

fn take(conn: &mut Conn, rules: &Rules, arrival: &Arrival, verdict: &Verdict) -> Result<(), Error> {
    if verdict.is_empty() {
        return Ok(());
    }
    db::log::insert_batch(conn, &batch_row(arrival, verdict))?;
    let mut head = Head::read(conn, arrival.cluster())?;
    if !verdict.held.is_empty() {
        // Nothing of it goes into the log, and a server that loses it must be seen to have another one.
        head.take();
    }
    for held in &verdict.held {
        if db::records::cluster_of(conn, &held.case)?.is_none() {
            db::records::insert_case(conn, &held.case, &held.cluster, head.next)?;
        }
        db::quarantine::insert(conn, held)?;
        if verdict.alarming.contains(&held.record) {
            let what = (held.cluster, held.case, held.record);
            alarm::raise(conn, what, held.user, (head.take(), arrival.at))?;
        }
    }
    let taken = take_records(conn, rules, &Origin::of(arrival), &verdict.records, &mut head)?;
    let Taken { mut cases, counted } = taken;
    let alarming = verdict.held.iter().filter(|held| held.harm_since.is_some());
    cases.extend(alarming.map(|held| held.case));
    let at = (&arrival.cluster(), arrival.at);
    let refreshed = refresh_cases(conn, rules, at, &cases, &mut head)?;
    let counted: BTreeSet<CaseId> = counted.union(&refreshed).copied().collect();
    keep_figures(conn, rules, &arrival.cluster(), &counted)?;
    let others = verdict.records.iter().map(|accepted| accepted.envelope.case);
    let others: BTreeSet<CaseId> = others.filter(|case| !counted.contains(case)).collect();
    others.iter().try_for_each(|case| db::views::touch(conn, case))?;
    head.write(conn)
}

/// What follows for cases from changes of their records.
#[derive(Default)]
pub(super) struct Taken {
    /// Their access, directory and view may be others.
    cases: BTreeSet<CaseId>,
    /// Their figures and early warnings may be.
    counted: BTreeSet<CaseId>,
}

/// Brings figures and early warnings of cases to what their records say, and says that they were touched.
pub(super) fn keep_figures(
    conn: &mut Conn,
    rules: &Rules,
    cluster: &ClusterId,
    cases: &BTreeSet<CaseId>,
) -> Result<(), Error> {
    if cases.is_empty() {
        return Ok(());
    }
    let world = World::known(conn, rules, cluster)?;
    for case in cases {
        // From whom a case is kept does not hang on the time.
        if let Some(state) = histories::case_state(conn, case, cluster, &world, Timestamp(0))? {
            figures::keep(conn, &world, &state)?;
        }
        db::views::touch(conn, case)?;
    }
    Ok(())
}

/// Where changes come from.
pub(super) struct Origin {
    /// Whose log they go into.
    pub(super) cluster: ClusterId,
    /// Who wrote them.
    pub(super) user: UserId,
    /// On which phone.
    pub(super) device: DeviceId,
    /// The batch that brought them.
    pub(super) batch: [u8; 16],
    /// When they go into the log.
    pub(super) at: Timestamp,
}

impl Origin {
    fn of(arrival: &Arrival) -> Self {
        Self {
            cluster: arrival.cluster(),
            user: arrival.user(),
            device: arrival.device,
            batch: arrival.id,
            at: arrival.at,
        }
    }
}

/// Writes records' changes and their views.
pub(super) fn take_records(
    conn: &mut Conn,
    rules: &Rules,
    origin: &Origin,
    records: &[Accepted],
    head: &mut Head,
) -> Result<Taken, Error> {
    let mut taken = Taken::default();
    let framework = histories::framework_of(conn, &rules.catalogue, &origin.cluster)?;
    let bare = Context::new(&rules.catalogue);
    let merging = Context { framework: framework.as_deref(), ..bare };
    for accepted in records {
        let begun = take_record(conn, origin, accepted, head)?;
        let case = accepted.envelope.case;
        if project::record(conn, &merging, origin.cluster, &accepted.history)? {
            taken.counted.insert(case);
        }
        if begun && let Some(source) = moves::note(conn, &accepted.history)? {
            project::record(conn, &merging, origin.cluster, &source)?;
            taken.cases.extend([source.envelope().case, case]);
        }
        if alarm::is_alarming(&accepted.history, &bare) {
            let record = accepted.envelope.id();
            let what = (origin.cluster, case, record);
            alarm::raise(conn, what, origin.user, (head.next - 1, origin.at))?;
        }
        if moves_case(&accepted.envelope, begun) {
            taken.cases.insert(case);
        }
    }
    Ok(taken)
}

/// Brings access, directory, views and the pupil roll's links of cases to what their records say. Gives all
/// that were: of each of them figures and early warnings may be others.
pub(super) fn refresh_cases(
    conn: &mut Conn,
    rules: &Rules,
    (cluster, now): (&ClusterId, Timestamp),
    cases: &BTreeSet<CaseId>,
    head: &mut Head,
) -> Result<BTreeSet<CaseId>, Error> {
    if cases.is_empty() {
        return Ok(BTreeSet::new());
    }
    let world = World::known(conn, rules, cluster)?;
    let mut beside = BTreeSet::new();
    for case in cases {
        beside.extend(refresh_case(conn, &world, (cluster, now), case, head)?);
    }
    // What one side of a joining says opens or closes the other, too.
    for case in beside.difference(cases) {
        refresh_case(conn, &world, (cluster, now), case, head)?;
    }
    Ok(cases.union(&beside).copied().collect())
}

/// Writes a record's changes; says whether the record was begun by them.
fn take_record(
    conn: &mut Conn,
    origin: &Origin,
    accepted: &Accepted,
    head: &mut Head,
) -> Result<bool, Error> {
    let (envelope, cluster) = (&accepted.envelope, origin.cluster);
    let known = db::records::by_id(conn, &envelope.id())?;
    let before = known.as_ref().map_or(0, |row| row.length);
    if db::records::cluster_of(conn, &envelope.case)?.is_none() {
        db::records::insert_case(conn, &envelope.case, &cluster, head.next)?;
    }
    let count = accepted.changes.len() as i32;
    let row = RecordRow {
        id: envelope.id(),
        cluster,
        case: envelope.case,
        scope: envelope.scope(),
        kind: envelope.kind().code().into(),
        envelope: envelope.encode(),
        first_number: known.map_or(head.next, |row| row.first_number),
        last_number: head.next + i64::from(count) - 1,
        length: before + count,
    };
    match before {
        0 => db::records::insert(conn, &row)?,
        _ => drop(db::records::grow(conn, &row)?),
    }
    for (position, change) in (before + 1..).zip(&accepted.changes) {
        let (admitted, salt, salted) = change;
        let entry = entry(origin, accepted, admitted, position, head.next);
        let chain = head.advance(&entry, salted);
        let (batch, salt, salted) = (origin.batch, Some(salt.to_vec()), *salted);
        db::log::insert(conn, &entry, &Proof { batch, salt, salted, chain })?;
    }
    Ok(before == 0)
}

/// Whether access, directory or the case's view may follow from a change of the record.
fn moves_case(envelope: &Envelope, begun: bool) -> bool {
    let agency = matches!(envelope.compartment, Compartment::Agency(_));
    match envelope.kind() {
        Kind::Case | Kind::Concern | Kind::Request => true,
        _ => begun && agency,
    }
}

fn entry(
    origin: &Origin,
    accepted: &Accepted,
    admitted: &Admitted,
    position: i32,
    number: i64,
) -> Entry {
    Entry {
        cluster: origin.cluster,
        number,
        record: accepted.envelope.id(),
        position,
        actor: accepted.actor,
        seq: admitted.seq as i32,
        deps: admitted.deps.clone(),
        body: admitted.body.clone(),
        hash: admitted.hash,
        user: origin.user,
        device: origin.device,
        arrived_at: origin.at,
    }
}

fn batch_row(arrival: &Arrival, verdict: &Verdict) -> BatchRow {
    BatchRow {
        id: arrival.id,
        cluster: arrival.cluster(),
        device: arrival.device,
        signature: arrival.batch.signature,
        signed: verdict.signed.clone(),
        arrived_at: arrival.at,
    }
}

/// Access, directory and the case's view follow from its own records; a concern raises or clears
/// the harm flag. Gives the cases that are, or were, said to be about the same child.
fn refresh_case(
    conn: &mut Conn,
    world: &World,
    (cluster, now): (&ClusterId, Timestamp),
    case: &CaseId,
    head: &mut Head,
) -> Result<BTreeSet<CaseId>, Error> {
    let Some(state) = histories::case_state(conn, case, cluster, world, now)? else {
        return Ok(BTreeSet::new());
    };
    refresh_access(conn, world, &state.context, head)?;
    moves::refresh(conn, world, &state.context, now, || head.take())?;
    project::case(conn, world, &state, || head.take())?;
    extract::link(conn, world, &state, || head.take())?;
    Ok(state.beside.into_keys().collect())
}

/// What people may read of a case, and what of it they raised themselves.
fn refresh_access(
    conn: &mut Conn,
    world: &World,
    case: &CaseContext,
    head: &mut Head,
) -> Result<(), Error> {
    let people = world.everybody.of(conn, &case.cluster)?;
    access::refresh(conn, &people, case, || head.take())?;
    for record in db::records::of_kinds(conn, &case.case, [Kind::Concern, Kind::Request])? {
        access::author_keeps(conn, &people, case, &record, || head.take())?;
    }
    Ok(())
}

/// Brings everybody's access in a cluster to what the policy says: after somebody came, left or took
/// another role.
///
/// # Errors
/// The database's failure.
pub fn refresh_cluster(conn: &mut Conn, cluster: &ClusterId, now: Timestamp) -> Result<(), Error> {
    db::log::lock(conn, cluster)?;
    let cases = db::records::cases_of(conn, cluster)?;
    if cases.is_empty() {
        return Ok(());
    }
    let catalogue = Catalogue::shipped().map_err(|_| Error::Corrupt("framework"))?;
    let world = World::of(conn, &Arc::new(catalogue), cluster)?;
    let mut head = Head::read(conn, *cluster)?;
    for case in cases {
        if let Some(state) = histories::case_state(conn, &case, cluster, &world, now)? {
            refresh_access(conn, &world, &state.context, &mut head)?;
            moves::refresh(conn, &world, &state.context, now, || head.take())?;
            project::case(conn, &world, &state, || head.take())?;
        }
    }
    head.write(conn)
}

/// Takes a number for something that is kept beside a cluster's log: a server that loses it has another log.
///
/// # Errors
/// The database's failure.
pub fn mark_log(conn: &mut Conn, cluster: &ClusterId) -> Result<(), Error> {
    db::log::lock(conn, cluster)?;
    let mut head = Head::read(conn, *cluster)?;
    head.take();
    head.write(conn)
}

/// The log's head while its lock is held.
pub struct Head {
    cluster: ClusterId,
    next: i64,
    chain: [u8; 32],
}

impl Head {
    pub(super) fn read(conn: &mut Conn, cluster: ClusterId) -> Result<Self, Error> {
        let (next, chain) = db::log::head(conn, &cluster)?;
        Ok(Self { cluster, next, chain })
    }

    pub(super) fn take(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }

    pub(super) const fn next(&self) -> i64 {
        self.next
    }

    fn advance(&mut self, entry: &Entry, salted: &[u8; 32]) -> [u8; 32] {
        self.take();
        self.chain = link(&self.chain, entry, salted);
        self.chain
    }

    pub(super) fn write(&self, conn: &mut Conn) -> Result<(), Error> {
        db::log::set_head(conn, &self.cluster, self.next, &self.chain)
    }
}

/// The chain after an entry: over who, what and when, and the salted digest instead of content.
#[must_use]
pub fn link(before: &[u8; 32], entry: &Entry, salted: &[u8; 32]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"caseweave log 1");
    digest.update(before);
    digest.update(entry.number.to_be_bytes());
    digest.update(entry.record.as_bytes());
    digest.update(entry.position.to_be_bytes());
    digest.update(salted);
    digest.update(entry.user.as_bytes());
    digest.update(entry.device.as_bytes());
    digest.update(entry.arrived_at.0.to_be_bytes());
    digest.finalize().into()
}

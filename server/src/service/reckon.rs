//! Making everything again from the log and comparing: hashes, chain, salts and each phone's signature
//! (`verify`), access and read models (`rebuild --check`).

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use sync_core::ids::{CaseId, ChangeHash, ClusterId, RecordId};
use sync_core::protocol::batch::{is_signed, salted_digest};
use sync_core::record::document;
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::fold;
use sync_core::record::history::{History, decode_deps};
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;

use crate::db::log::{Entry, Proof};
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::ingest::commit::link;
use crate::ingest::{Rules, access, extract, figures, moves, project, warnings};
use crate::service::histories::{self, CaseState, World, case_state};

/// Rows read at once.
const ROWS: i64 = 2_000;

/// Told how many of how many steps are done.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Findings {
    /// Changes looked at.
    pub changes: u64,
    /// Records looked at.
    pub records: u64,
    /// Cases looked at.
    pub cases: u64,
    /// What is not as it should be, in words without content.
    pub wrong: Vec<String>,
}

/// Verifies a cluster's log: each change's hash from its bytes, the chain, salts, the signature of the
/// phone that brought it, and that the document engine holds each record.
///
/// `progress` is told how much of how much is done.
///
/// # Errors
/// The database's failure.
pub fn verify(
    conn: &mut Conn,
    cluster: &ClusterId,
    progress: &mut Progress<'_>,
) -> Result<Findings, Error> {
    let mut verifying = Verifying::default();
    let mut next = 1;
    let end = db::log::head(conn, cluster)?.0.unsigned_abs();
    loop {
        let entries = db::log::from_number(conn, cluster, next, ROWS)?;
        let proofs = db::log::proofs_from(conn, cluster, next, ROWS)?;
        let Some(last) = entries.last() else { break };
        next = last.number + 1;
        if entries.len() != proofs.len() {
            verifying.wrong(next, "entries and proofs do not match");
        }
        for (entry, (number, proof)) in entries.iter().zip(&proofs) {
            if entry.number != *number {
                verifying.wrong(entry.number, "its proof is missing");
            }
            verifying.entry(conn, entry, proof)?;
        }
        progress(next.unsigned_abs(), end);
    }
    if db::log::head(conn, cluster)?.1 != verifying.chain {
        verifying.findings.wrong.push("the log's head does not end its chain".into());
    }
    verifying.finish()
}

struct Verifying {
    findings: Findings,
    chain: [u8; 32],
    records: BTreeMap<RecordId, History>,
    batches: BTreeMap<[u8; 16], BTreeSet<[u8; 32]>>,
}

impl Default for Verifying {
    fn default() -> Self {
        let (findings, chain) = (Findings::default(), [0; 32]);
        Self { findings, chain, records: BTreeMap::new(), batches: BTreeMap::new() }
    }
}

impl Verifying {
    fn wrong(&mut self, number: i64, what: &str) {
        self.findings.wrong.push(format!("log entry {number}: {what}"));
    }

    fn entry(&mut self, conn: &mut Conn, entry: &Entry, proof: &Proof) -> Result<(), Error> {
        self.findings.changes += 1;
        self.chain = link(&self.chain, entry, &proof.salted);
        if self.chain != proof.chain {
            self.wrong(entry.number, "the chain breaks");
        }
        if let Some(salt) = proof.salt.as_deref().and_then(|salt| salt.try_into().ok())
            && salted_digest(&salt, &entry.hash.prefix()) != proof.salted
        {
            self.wrong(entry.number, "its salted digest is of something else");
        }
        if !self.batch_holds(conn, entry, proof)? {
            self.wrong(entry.number, "no batch signed by its phone holds it");
        }
        match self.append(conn, entry)? {
            Some(hash) if hash == entry.hash => {}
            _ => self.wrong(entry.number, "its bytes do not give its hash"),
        }
        Ok(())
    }

    /// Whether the batch that brought a change lists its salted digest, by the signature of the
    /// phone that the log names.
    fn batch_holds(
        &mut self,
        conn: &mut Conn,
        entry: &Entry,
        proof: &Proof,
    ) -> Result<bool, Error> {
        let digests = match self.batches.entry(proof.batch) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(new) => new.insert(signed_digests(conn, entry, &proof.batch)?),
        };
        Ok(digests.contains(&proof.salted))
    }

    fn append(&mut self, conn: &mut Conn, entry: &Entry) -> Result<Option<ChangeHash>, Error> {
        let history = match self.records.entry(entry.record) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(new) => {
                let row = db::records::by_id(conn, &entry.record)?.ok_or(Error::Missing)?;
                let Ok(envelope) = Envelope::decode(&row.envelope) else { return Ok(None) };
                new.insert(History::new(envelope))
            }
        };
        let kind = history.envelope().kind();
        let change = sync_core::record::change::Change::decode_body(
            kind,
            entry.actor,
            entry.user,
            &entry.body,
        );
        let deps = entry.deps.as_deref().map(decode_deps).transpose();
        let (Ok(change), Ok(deps)) = (change, deps) else { return Ok(None) };
        let appended = history.append(change, entry.seq.unsigned_abs(), deps.as_deref());
        Ok(appended.ok().map(|link| link.hash))
    }

    fn finish(mut self) -> Result<Findings, Error> {
        self.findings.records = self.records.len() as u64;
        for (id, history) in &self.records {
            if let Err(error) = document::seal(history) {
                self.findings.wrong.push(format!("record {id}: {error}"));
            }
        }
        Ok(self.findings)
    }
}

/// The digests of a batch; none if the phone of `entry` did not sign them.
fn signed_digests(
    conn: &mut Conn,
    entry: &Entry,
    batch: &[u8; 16],
) -> Result<BTreeSet<[u8; 32]>, Error> {
    let device = db::devices::by_id(conn, &entry.device)?;
    let key = device.and_then(|it| VerifyingKey::from_bytes(&it.public_key).ok());
    let (Some(batch), Some(key)) = (db::log::batch(conn, batch)?, key) else {
        return Ok(BTreeSet::new());
    };
    if batch.device != entry.device
        || !is_signed(&entry.cluster, &batch.signed, &key, &batch.signature)
    {
        return Ok(BTreeSet::new());
    }
    let digests = batch.signed.chunks_exact(32).filter_map(|digest| digest.try_into().ok());
    Ok(digests.collect())
}

/// Makes a cluster's read models, directory and access again and compares; writes them anew if
/// `mend`, in which case the transaction must hold the cluster's lock.
///
/// # Errors
/// The database's failure.
pub fn rebuild(
    conn: &mut Conn,
    rules: &Rules,
    cluster: &ClusterId,
    now: Timestamp,
    mend: bool,
    progress: &mut Progress<'_>,
) -> Result<Findings, Error> {
    let mut findings = Findings::default();
    let rows = db::records::of_cluster(conn, cluster)?;
    let world = World::known(conn, rules, cluster)?;
    let cases = db::records::cases_of(conn, cluster)?;
    let steps = (rows.len() + cases.len()) as u64;
    for row in rows {
        rebuild_record(conn, &world, &row, mend, &mut findings)?;
        progress(findings.records, steps);
    }
    for case in cases {
        findings.cases += 1;
        rebuild_case(conn, &world, (&case, cluster), now, mend, &mut findings)?;
        progress(findings.records + findings.cases, steps);
    }
    rebuild_sums(conn, cluster, mend, &mut findings)?;
    Ok(findings)
}

/// The sums must be what the cases add.
fn rebuild_sums(
    conn: &mut Conn,
    cluster: &ClusterId,
    mend: bool,
    findings: &mut Findings,
) -> Result<(), Error> {
    let mut due = BTreeMap::new();
    for case in db::records::cases_of(conn, cluster)? {
        for (key, (counted, of_all)) in figures::summed(&db::figures::of_case(conn, &case)?) {
            let sum: &mut (i64, i64) = due.entry(key).or_default();
            sum.0 += counted;
            sum.1 += of_all;
        }
    }
    due.retain(|_, sum| *sum != (0, 0));
    let kept = db::figures::all(conn, cluster)?;
    if kept == due {
        return Ok(());
    }
    findings.wrong.push("the figures are not the sums of what the cases add".into());
    if mend { db::figures::set_all(conn, cluster, &due) } else { Ok(()) }
}

fn rebuild_record(
    conn: &mut Conn,
    world: &World,
    row: &RecordRow,
    mend: bool,
    findings: &mut Findings,
) -> Result<(), Error> {
    let history = histories::history(conn, row)?;
    let folded = fold(&history, history.links().len());
    findings.records += 1;
    findings.changes += history.links().len() as u64;
    if history.links().len() != row.length as usize {
        findings.wrong.push(format!("record {}: its length is wrong", row.id));
    }
    if let Some(source) = moves::source_of(&history)
        && db::moves::target(conn, &source)? != Some(row.id)
    {
        findings.wrong.push(format!("record {}: what it moved is not of the log", row.id));
        if mend {
            db::moves::insert(conn, &source, &row.id)?;
        }
    }
    let moved = db::moves::target(conn, &row.id)?.is_some();
    let view = project::record_view(&world.merging(), row.cluster, &folded, moved)?;
    if db::views::record(conn, &row.id)?.as_ref() != Some(&view) {
        findings.wrong.push(format!("record {}: its view is not of the log", row.id));
        if mend {
            db::views::put_record(conn, &view)?;
        }
    }
    Ok(())
}

fn rebuild_case(
    conn: &mut Conn,
    world: &World,
    (case, cluster): (&CaseId, &ClusterId),
    now: Timestamp,
    mend: bool,
    findings: &mut Findings,
) -> Result<(), Error> {
    let Some(state) = case_state(conn, case, cluster, world, now)? else { return Ok(()) };
    let before = findings.wrong.len();
    let view = project::case_view(&world.merging(), &state);
    if db::views::case(conn, case)?.as_ref() != Some(&view) {
        findings.wrong.push(format!("case {case}: its view is not of the log"));
    }
    let line = project::directory_line(conn, &world.merging(), &state)?;
    let line = minicbor::to_vec(&line).map_err(|_| Error::Corrupt("line"))?;
    if db::directory::line(conn, case)?.as_ref() != Some(&line) {
        findings.wrong.push(format!("case {case}: its directory line is not of the log"));
    }
    if extract::pupil(conn, world, &state)? != db::extracts::pupil_of(conn, case)? {
        findings.wrong.push(format!("case {case}: its link to the roll is not of the log"));
    }
    if !warnings::is_kept(conn, &state)? {
        findings.wrong.push(format!("case {case}: its warnings are not of the log"));
    }
    if figures::part(conn, world, &state)? != figures::kept(conn, case)? {
        findings
            .wrong
            .push(format!("case {case}: its figures or early warnings are not of the log"));
    }
    let people = world.everybody.of(conn, cluster)?;
    for interval in access::missing(conn, &people, &state.context)? {
        findings.wrong.push(format!("case {case}: access of {interval} is not of the log"));
    }
    for (user, record) in moves::due(conn, world, &state.context, now)? {
        findings.wrong.push(format!("record {record}: it is not withdrawn from {user}"));
    }
    if mend && findings.wrong.len() > before { mend_case(conn, world, &state, now) } else { Ok(()) }
}

/// Phones must hear of what changes here, so directory and access take numbers as in a commit.
fn mend_case(
    conn: &mut Conn,
    world: &World,
    state: &CaseState,
    now: Timestamp,
) -> Result<(), Error> {
    let cluster = &state.context.cluster;
    let (mut next, chain) = db::log::head(conn, cluster)?;
    let mut number = || {
        next += 1;
        next - 1
    };
    let people = world.everybody.of(conn, &state.context.cluster)?;
    access::refresh(conn, &people, &state.context, &mut number)?;
    for record in db::records::of_kinds(conn, &state.context.case, [Kind::Concern, Kind::Request])?
    {
        access::author_keeps(conn, &people, &state.context, &record, &mut number)?;
    }
    moves::refresh(conn, world, &state.context, now, &mut number)?;
    project::case(conn, world, state, &mut number)?;
    extract::link(conn, world, state, &mut number)?;
    figures::keep(conn, world, state)?;
    db::views::touch(conn, &state.context.case)?;
    db::log::set_head(conn, cluster, next, &chain)
}

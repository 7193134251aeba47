//! Loads history into a server's database by the ordinary gate: each batch is signed by its author's
//! phone, judged, and committed in groups under the cluster's lock.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use caseweave::db::read_tx;
use caseweave::ingest::Arrival;
use caseweave::ingest::commit::commit_group;
use caseweave::ingest::judge::judge;
use sync_core::limits::CHANGES_PER_BATCH;
use sync_core::protocol::batch::BatchDigest;
use sync_core::protocol::frame::{PushedRecord, encode_push};
use sync_core::protocol::message::{Answer, Batch, Outcome};
use sync_core::time::Timestamp;

use crate::workload::WorkloadError;
use crate::workload::area::{Area, READ_CASES, READER, READERS};
use crate::workload::format::{Case, Workload};
use crate::workload::script::{Chain, plan};

/// Cases whose batches are committed together.
const TOGETHER: usize = 64;

/// What was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Loaded {
    /// Changes that the gate took.
    pub changes: usize,
    /// Records that they made.
    pub records: usize,
    /// Signed batches that brought them.
    pub batches: usize,
    /// Transactions that took these.
    pub commits: usize,
    /// How long judging them took, by the clock on the wall.
    pub judging: Duration,
    /// The same of committing them.
    pub committing: Duration,
}

/// Everybody whom a workload names.
#[must_use]
pub fn people(workload: &Workload) -> BTreeSet<String> {
    let authors = workload.cases.iter().flat_map(|case| &case.edits).map(|edit| edit.by.clone());
    let holders = workload.cases.iter().flat_map(|case| &case.holders).map(|it| holder(*it));
    authors.chain(holders).chain(workload.days.iter().map(|day| day.by.clone())).collect()
}

/// The user of a phone.
#[must_use]
pub fn holder(device: u32) -> String {
    format!("w{device:03}")
}

/// Loads a workload's history. `progress` is told how many cases are done.
///
/// # Errors
/// [`WorkloadError`]
pub fn load(
    area: &mut Area,
    cases: &[Case],
    progress: &mut dyn FnMut(usize),
) -> Result<Loaded, WorkloadError> {
    let mut loaded = Loaded::default();
    for (n, group) in cases.chunks(TOGETHER).enumerate() {
        let mut open = Vec::with_capacity(group.len());
        for case in group {
            open.push(plan(area, case, &members(case))?);
        }
        loaded.records += open.iter().map(Vec::len).sum::<usize>();
        while push_round(area, &mut open, &mut loaded)? {}
        progress(n * TOGETHER + group.len());
    }
    Ok(loaded)
}

/// Every author and holder, and who reads it.
fn members(case: &Case) -> Vec<String> {
    let authors = case.edits.iter().map(|edit| edit.by.clone());
    let holders = case.holders.iter().map(|device| holder(*device));
    let reader = (case.i < READ_CASES).then_some(READER);
    let others =
        READERS.into_iter().filter(|(_, cases)| cases.contains(&case.i)).map(|(name, _)| name);
    let readers = reader.into_iter().chain(others).map(str::to_owned);
    let all: BTreeSet<String> = authors.chain(holders).chain(readers).collect();
    all.into_iter().collect()
}

/// Pushes one author's batch of each case, all in one commit; says whether there was any.
fn push_round(
    area: &mut Area,
    open: &mut [Vec<Chain>],
    loaded: &mut Loaded,
) -> Result<bool, WorkloadError> {
    let mut arrivals = Vec::new();
    // Before the phones' day and in order: arrival grows with the log's numbers.
    area.now = Timestamp(area.now.0 + 1_000);
    for chains in open {
        if let Some((author, records)) = next_batch(area, chains)? {
            arrivals.push(arrival(area, &author, &records)?);
        }
    }
    if arrivals.is_empty() {
        return Ok(false);
    }
    loaded.batches += arrivals.len();
    commit(area, arrivals, loaded)?;
    Ok(true)
}

/// The next batch of a case: whoever can push most. The case's own record goes first until its team
/// is made, which is its first three runs.
fn next_batch(
    area: &mut Area,
    chains: &mut [Chain],
) -> Result<Option<(String, Vec<PushedRecord>)>, WorkloadError> {
    let has_team = chains.first().is_none_or(|case| {
        let pushed = case.history.links().len() - waiting(case);
        pushed >= 3
    });
    let ready = if has_team { chains.len() } else { 1 };
    let authors: BTreeSet<&str> = chains[..ready].iter().filter_map(first_author).collect();
    let count = |author: &str| {
        let runs = chains[..ready].iter().filter_map(|chain| chain.runs.front());
        runs.filter(|run| run.author == author).map(|run| run.changes.len()).sum::<usize>()
    };
    let Some(author) = authors.into_iter().max_by_key(|author| count(author)) else {
        return Ok(None);
    };
    let author = author.to_owned();
    let actor = area.worker(&author)?.actor;
    let mut room = CHANGES_PER_BATCH;
    let mut records = Vec::new();
    for chain in &mut chains[..ready] {
        let fits = |run: &&mut crate::workload::script::Run| {
            run.author == author && run.changes.len() <= room
        };
        if chain.runs.front_mut().filter(fits).is_none() {
            continue;
        }
        if let Some(run) = chain.runs.pop_front() {
            room -= run.changes.len();
            let envelope = chain.history.envelope().encode();
            let (first_seq, changes) = (run.first_seq, run.changes);
            records.push(PushedRecord { envelope, actor, first_seq, changes });
        }
    }
    Ok(Some((author, records)))
}

fn waiting(chain: &Chain) -> usize {
    chain.runs.iter().map(|run| run.changes.len()).sum()
}

fn first_author(chain: &Chain) -> Option<&str> {
    chain.runs.front().map(|run| run.author.as_str())
}

fn arrival(
    area: &mut Area,
    author: &str,
    records: &[PushedRecord],
) -> Result<Arrival, WorkloadError> {
    let (cluster, seed, id, at) = (area.cluster, area.random(), area.random(), area.now);
    let mut digest = BatchDigest::new(&cluster, seed);
    for record in records {
        digest.record(&record.envelope);
        for change in &record.changes {
            digest.change(&change.hash);
        }
    }
    let worker = area.worker(author)?;
    let signature = digest.sign(&worker.key);
    let batch = Batch { cluster, frame: encode_push(records), seed, signature };
    Ok(Arrival {
        meter: Default::default(),
        principal: worker.principal.clone(),
        device: worker.device,
        actor: worker.actor,
        public_key: worker.key.verifying_key().to_bytes(),
        batch,
        at,
        id,
        acknowledged: 0,
        leaving: false,
    })
}

/// Judges batches and commits them together.
fn commit(
    area: &mut Area,
    arrivals: Vec<Arrival>,
    loaded: &mut Loaded,
) -> Result<(), WorkloadError> {
    let began = Instant::now();
    let mut group = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let rules = &area.rules;
        let verdict = read_tx(&mut area.conn, |conn| judge(conn, rules, &arrival))?;
        group.push((arrival, verdict));
    }
    let judged = Instant::now();
    let answers = commit_group(&mut area.conn, &area.rules, &area.cluster, &group)?;
    loaded.judging += judged - began;
    loaded.committing += judged.elapsed();
    loaded.commits += 1;
    for ((arrival, _), answers) in group.iter().zip(answers) {
        let answers = answers?;
        if let Some(refused) = answers.iter().find(|it| it.outcome != Outcome::Accepted) {
            return Err(refusal(area, arrival, refused));
        }
        loaded.changes += answers.len();
    }
    Ok(())
}

fn refusal(area: &Area, arrival: &Arrival, answer: &Answer) -> WorkloadError {
    let why = format!("{:?}", answer.outcome);
    WorkloadError::Gate { author: area.name_of(&arrival.user()), why }
}

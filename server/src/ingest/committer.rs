//! Group commit: batches that arrive while one group is being committed go into the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use sync_core::ids::ClusterId;
use sync_core::protocol::message::Answer;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::db::{Conn, Db, Error};
use crate::ingest::commit::commit_group;
use crate::ingest::judge::{Verdict, judge};
use crate::ingest::recorder::Recorder;
use crate::ingest::{Arrival, Rules, noted};

/// Batches in one transaction: the lock is held for a tenth of a second at most.
const GROUP: usize = 64;
/// How long a batch waits to be judged before its phone is told to come again.
const JUDGE_WAIT: Duration = Duration::from_secs(10);
/// Connections that judging leaves to whoever reads.
const LEFT_TO_READERS: usize = 2;
/// Batches waiting: more are told to come again.
const WAITING: usize = 1_024;

type Job = (Arrival, Verdict, oneshot::Sender<Result<Vec<Answer>, Error>>);

/// A commit, for whoever waits for news.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Beat {
    /// When.
    pub at: Instant,
    /// How long nothing had been committed before it.
    pub quiet: Duration,
}

/// The way into the log. Clones share it.
#[derive(Clone)]
pub struct Committer {
    db: Db,
    rules: Rules,
    recorder: Recorder,
    judging: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
    committed: watch::Receiver<Option<Beat>>,
    beats: Weak<watch::Sender<Option<Beat>>>,
}

impl Committer {
    /// A committer over `db`; its work runs until the last clone is gone. What it refuses as a whole is
    /// written down by `recorder`.
    #[must_use]
    pub fn start(db: Db, rules: Rules, recorder: Recorder) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let (beats, committed) = watch::channel(None);
        let beats = Arc::new(beats);
        // Weak: the beat ends with the work, which tells whoever waits that the process is ending.
        let weak = Arc::downgrade(&beats);
        tokio::spawn(run(db.clone(), rules.clone(), waiting, beats));
        let at_a_time = db.size().saturating_sub(LEFT_TO_READERS).max(1);
        let judging = Arc::new(Semaphore::new(at_a_time));
        Self { db, rules, recorder, judging, jobs, committed, beats: weak }
    }

    /// Wakes whoever waits for news: something took a number without being pushed.
    pub fn beat(&self) {
        if let Some(beats) = self.beats.upgrade() {
            beats.send_modify(|beat| *beat = Some(Beat::after(*beat)));
        }
    }

    /// Wakes whenever something was committed here; holds the last commit of this process.
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<Option<Beat>> {
        self.committed.clone()
    }

    /// Judges a batch, then commits it with whatever else waits. When this returns, what it says
    /// is accepted is durable.
    ///
    /// # Errors
    /// The database's failure: nothing of the batch happened.
    pub async fn ingest(&self, arrival: Arrival) -> Result<Vec<Answer>, Error> {
        let (rules, judged) = (self.rules.clone(), arrival.clone());
        let turn = tokio::time::timeout(JUDGE_WAIT, self.judging.acquire()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(Error::Busy)?;
        let verdict =
            self.db.read(move |conn| judged.meter.measure(|| judge(conn, &rules, &judged))).await?;
        drop(turn);
        if verdict.is_empty() {
            let rows = noted::rows(&arrival, &verdict);
            if !rows.is_empty() {
                let _ = self.recorder.record(rows).await?;
            }
            return Ok(verdict.answers);
        }
        let (answer, answered) = oneshot::channel();
        let job = (arrival, verdict, answer);
        self.jobs.try_send(job).map_err(|_| Error::Busy)?;
        answered.await.map_err(|_| Error::TaskLost)?
    }
}

async fn run(
    db: Db,
    rules: Rules,
    mut waiting: mpsc::Receiver<Job>,
    committed: Arc<watch::Sender<Option<Beat>>>,
) {
    let mut jobs = Vec::new();
    while waiting.recv_many(&mut jobs, GROUP).await > 0 {
        let group = std::mem::take(&mut jobs);
        let (verdicts, answers): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|(arrival, verdict, answer)| ((arrival, verdict), answer))
            .unzip();
        let rules = rules.clone();
        let done = db.with_conn(move |conn| Ok(commit_all(conn, &rules, verdicts))).await;
        match done {
            Ok(results) => {
                committed.send_modify(|beat| *beat = Some(Beat::after(*beat)));
                for (answer, result) in answers.into_iter().zip(results) {
                    // The phone that asked may be gone; it will ask again and be told.
                    let _ = answer.send(result);
                }
            }
            Err(error) => fail(answers, &error),
        }
    }
}

impl Beat {
    fn after(last: Option<Self>) -> Self {
        let at = Instant::now();
        Self { at, quiet: last.map_or(Duration::MAX, |last| at.duration_since(last.at)) }
    }
}

fn fail(answers: Vec<oneshot::Sender<Result<Vec<Answer>, Error>>>, error: &Error) {
    tracing::error!(%error, "a group could not be committed");
    for answer in answers {
        let _ = answer.send(Err(Error::Busy));
    }
}

/// A judged batch with its place in the group.
type Placed = (usize, (Arrival, Verdict));

/// Commits a group, one transaction a cluster: never two clusters' locks in one transaction.
/// Answers come in the order of the batches.
pub fn commit_all(
    conn: &mut Conn,
    rules: &Rules,
    verdicts: Vec<(Arrival, Verdict)>,
) -> Vec<Result<Vec<Answer>, Error>> {
    let mut by_cluster: BTreeMap<ClusterId, Vec<Placed>> = BTreeMap::new();
    let count = verdicts.len();
    for (place, job) in verdicts.into_iter().enumerate() {
        by_cluster.entry(job.0.cluster()).or_default().push((place, job));
    }
    let mut results: Vec<_> = (0..count).map(|_| Err(Error::Busy)).collect();
    for (cluster, jobs) in by_cluster {
        let (places, group): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
        match commit_group(conn, rules, &cluster, &group) {
            Ok(answers) => {
                places.into_iter().zip(answers).for_each(|(place, it)| results[place] = it);
            }
            Err(error) => tracing::error!(%error, "a cluster's group could not be committed"),
        }
    }
    results
}

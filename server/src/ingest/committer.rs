//! Group commit: batches that arrive while one group is being committed go into the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use sync_core::ids::ClusterId;
use sync_core::protocol::message::Answer;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::db::{self, Conn, Db, Error};
use crate::ingest::commit::commit_group;
use crate::ingest::judge::{Verdict, judge};
use crate::ingest::recorder::Recorder;
use crate::ingest::told::Told;
use crate::ingest::{Arrival, Rules, noted};

/// Batches in one transaction: the lock is held for a tenth of a second at most.
const GROUP: usize = 64;
/// How long a batch waits to be judged before its phone is told to come again.
const JUDGE_WAIT: Duration = Duration::from_secs(10);
/// Connections that judging leaves to whoever reads.
const LEFT_TO_READERS: usize = 2;
/// How often a process asks whether another one committed: a fifth of a second is not waited for.
const OTHERS: Duration = Duration::from_millis(200);
/// Batches waiting: more are told to come again.
const WAITING: usize = 1_024;

type Job = (Arrival, Verdict, oneshot::Sender<Result<Vec<Answer>, Error>>);

/// What whoever waits for news is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pulse {
    /// Nothing was committed since the process began.
    Still,
    /// Something was.
    Beat(Beat),
    /// The process is ending: wait at another.
    Ending,
}

/// A commit.
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
    pulse: Arc<watch::Sender<Pulse>>,
}

impl Committer {
    /// A committer over `db`; its work runs until the last clone is gone. What it refuses as a whole is
    /// written down by `recorder`.
    #[must_use]
    pub fn start(db: Db, rules: Rules, recorder: Recorder) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let pulse = Arc::new(watch::Sender::new(Pulse::Still));
        let told = db.is_shared().then(Told::default);
        tokio::spawn(run(db.clone(), rules.clone(), waiting, (Arc::clone(&pulse), told.clone())));
        if let Some(told) = told {
            tokio::spawn(hear_others(db.clone(), Arc::downgrade(&pulse), told));
        }
        let at_a_time = db.size().saturating_sub(LEFT_TO_READERS).max(1);
        let judging = Arc::new(Semaphore::new(at_a_time));
        Self { db, rules, recorder, judging, jobs, pulse }
    }

    /// Wakes whoever waits for news: something took a number without being pushed.
    pub fn beat(&self) {
        self.pulse.send_modify(Pulse::beat);
    }

    /// Sends home whoever waits for news; what is under way is committed all the same.
    pub fn end_waits(&self) {
        self.pulse.send_replace(Pulse::Ending);
    }

    /// Wakes whenever something was committed here; holds the last commit of this process.
    #[must_use]
    pub fn pulse(&self) -> watch::Receiver<Pulse> {
        self.pulse.subscribe()
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
    (pulse, told): (Arc<watch::Sender<Pulse>>, Option<Told>),
) {
    let mut jobs = Vec::new();
    while waiting.recv_many(&mut jobs, GROUP).await > 0 {
        let group = std::mem::take(&mut jobs);
        let (verdicts, answers): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|(arrival, verdict, answer)| ((arrival, verdict), answer))
            .unzip();
        let (rules, told) = (rules.clone(), told.clone());
        let commit = move |conn: &mut Conn| {
            let results = commit_all(conn, &rules, verdicts);
            // Where it cannot be asked, these are told of twice.
            if let Some(told) = told
                && let Ok(numbers) = db::log::all_numbers(conn)
            {
                told.of_own(numbers);
            }
            Ok(results)
        };
        let done = db.with_conn(commit).await;
        match done {
            Ok(results) => {
                pulse.send_modify(Pulse::beat);
                for (answer, result) in answers.into_iter().zip(results) {
                    // The phone that asked may be gone; it will ask again and be told.
                    let _ = answer.send(result);
                }
            }
            Err(error) => fail(answers, &error),
        }
    }
}

/// Wakes whoever waits for news when another process on the same database committed. It asks rather than
/// listens: a connection that must never break is one more thing that can. A group that this process commits is
/// told of by itself, and not again here: to be woken twice would look busy, and phones are paced then.
async fn hear_others(db: Db, pulse: Weak<watch::Sender<Pulse>>, told: Told) {
    let mut pace = tokio::time::interval(OTHERS);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while pulse.strong_count() > 0 {
        pace.tick().await;
        let asked = told.asking();
        // A database that is away for a while is told of by those who need it.
        let Ok(numbers) = db.read(db::log::all_numbers).await else { continue };
        if told.is_news(asked, numbers)
            && let Some(pulse) = pulse.upgrade()
        {
            pulse.send_modify(Pulse::beat);
        }
    }
}

impl Pulse {
    fn beat(&mut self) {
        let at = Instant::now();
        let quiet = match self {
            Self::Still => Duration::MAX,
            Self::Beat(last) => at.duration_since(last.at),
            Self::Ending => return,
        };
        *self = Self::Beat(Beat { at, quiet });
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

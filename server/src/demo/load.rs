//! Fills an empty server with an invented area: its people with their phones, its roll, and what
//! they wrote in two years, as signed batches that are judged and committed like any phone's.
//!
//! Claimed times are those of the story. Phones reach the server every few weeks, so that is when
//! their work arrives.

mod case;
mod cluster;
mod folder;
mod phones;
mod places;
mod roll;
mod writing;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use sync_core::gate::refusal::Refusal;
use sync_core::record::history::HistoryError;
use sync_core::time::Timestamp;

use crate::app::{Entropy, NoEntropy};
use crate::db::{Address, Conn, Error, write_tx};
use crate::demo::Area;
use crate::ingest::Rules;
use crate::service::accounts::AccountError;

use cluster::ClusterLoad;
pub use places::SignIn;

/// What a load is given besides the area.
pub struct Job<'a> {
    /// The database: migrated, and empty.
    pub address: &'a Address,
    /// What judging goes by.
    pub rules: &'a Rules,
    /// Ids and keys: nobody can sign as one of these phones again.
    pub entropy: &'a Entropy,
    /// The hash of the password that everybody signs in with.
    pub password_hash: &'a str,
    /// The moment at which the area stands.
    pub now: Timestamp,
    /// Of a hundred children with a history, how many are loaded; the roll is always whole.
    pub percent: u32,
    /// Clusters loaded at a time, each on a thread of its own.
    pub threads: usize,
}

/// What was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Loaded {
    /// Cases begun.
    pub cases: u64,
    /// Changes taken into the logs.
    pub changes: u64,
    /// Signed batches that brought them.
    pub batches: u64,
}

/// Why an area was not loaded, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Somebody's work is there.
    #[error("this database is not empty: an invented area is never mixed with other data")]
    NotEmpty,
    /// A database in memory has one connection only.
    #[error("an area is loaded into a file or a PostgreSQL database")]
    InMemory,
    /// The gate or the policy refused what was invented.
    #[error("what was invented is refused: {0}")]
    Refused(String),
    /// What was invented does not follow from what went before.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Somebody could not be set up.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The database's failure.
    #[error(transparent)]
    Db(#[from] Error),
}

impl From<Refusal> for LoadError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.code().to_owned())
    }
}

/// Told how many of how many events are in the logs.
pub type Progress<'a> = dyn Fn(u64, u64) + Sync + 'a;

/// Loads the area.
///
/// # Errors
/// [`LoadError`] in an operator's words. What was committed before stays: begin again with an empty
/// database.
pub fn load(
    job: &Job<'_>,
    area: &Area,
    progress: &Progress<'_>,
) -> Result<(Loaded, Vec<SignIn>), LoadError> {
    if *job.address == Address::Memory {
        return Err(LoadError::InMemory);
    }
    let mut conn = Conn::open(job.address)?;
    let places = write_tx(&mut conn, |conn| {
        let places = places::set_up(conn, job, area)?;
        roll::fill(conn, job, area, &places)?;
        Ok::<_, LoadError>(places)
    })?;
    let told: Vec<_> = (0..area.clusters.len()).map(|at| cases_of(area, at, job.percent)).collect();
    let all = told.iter().flatten().map(|case| case.events.len() as u64).sum();
    let work = Work::default();
    let one = || {
        let mut loaded = Loaded::default();
        while let Some((at, cases)) = work.next(&told) {
            let report = |count: u64| {
                let done = count + work.done.fetch_add(count, Ordering::Relaxed);
                progress(done, all);
            };
            let part = ClusterLoad::begin(job, area, &places, at)
                .and_then(|cluster| cluster.run(cases, &work.turn, &report));
            // Nobody waits for the other clusters to hear that one failed.
            work.failed.fetch_or(part.is_err(), Ordering::Relaxed);
            loaded = loaded.and(part?);
        }
        Ok(loaded)
    };
    let loaded = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..job.threads.max(1)).map(|_| scope.spawn(one)).collect();
        let parts = threads.into_iter().map(|it| it.join().map_err(|_| Error::TaskLost)?);
        parts.collect::<Result<Vec<_>, LoadError>>()
    })?;
    let loaded = loaded.into_iter().fold(Loaded::default(), Loaded::and);
    Ok((loaded, places.sign_ins(area)))
}

impl Loaded {
    fn and(self, other: Self) -> Self {
        Self {
            cases: self.cases + other.cases,
            changes: self.changes + other.changes,
            batches: self.batches + other.batches,
        }
    }
}

/// What the threads share.
#[derive(Default)]
struct Work {
    /// Whether a cluster could not be loaded.
    failed: AtomicBool,
    /// The next cluster to load.
    next: AtomicUsize,
    /// Events in the logs.
    done: AtomicU64,
    /// SQLite has one writer: others wait here rather than in its busy loop.
    turn: Mutex<()>,
}

impl Work {
    /// The next cluster to load, with its place.
    fn next<'a>(&self, told: &'a [Vec<Told>]) -> Option<(usize, &'a [Told])> {
        if self.failed.load(Ordering::Relaxed) {
            return None;
        }
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        told.get(at).map(|cases| (at, cases.as_slice()))
    }
}

/// A child with what happened.
struct Told {
    /// By place in the roll.
    pupil: u32,
    /// Oldest first.
    events: Vec<crate::demo::Event>,
}

/// The histories of a cluster's children, `percent` of a hundred of them.
fn cases_of(area: &Area, cluster: usize, percent: u32) -> Vec<Told> {
    let here = area.staged().filter(|at| {
        let school = area.pupils[*at as usize].school;
        area.schools[school].cluster == cluster
    });
    let chosen = here.zip(0_u32..).filter(|(_, n)| n * percent / 100 != (n + 1) * percent / 100);
    chosen.map(|(pupil, _)| Told { pupil, events: area.history(pupil) }).collect()
}

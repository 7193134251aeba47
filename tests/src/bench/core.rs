//! What each part of taking a change costs by itself, beside what nobody goes below who keeps the same rows
//! or the same documents: ratios of one run, so that a slow day of the machine slows both sides.
//!
//! Part of the workload is loaded first, so that no table is empty; the next cases are measured. [`floor`]
//! is what the same work comes to without us.

mod floor;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use caseweave::db::log::Entry;
use caseweave::db::records::RecordRow;
use caseweave::db::{self, Address, Conn, read_tx};
use caseweave::service::histories;
use serde::Serialize;
use sync_core::protocol::frame::{PushedChange, PushedRecord, decode_push, encode_push};
use sync_core::record::document;
use sync_core::record::fold::fold;
use sync_core::record::history::{History, decode_deps};
use sync_core::time::Timestamp;

use crate::live::Failed;
use crate::workload::area::Area;
use crate::workload::format::Workload;
use crate::workload::load::{self, Loaded};

/// Cases that are there before anything is measured.
const BEFORE: usize = 64;
/// Cases that are measured.
const MEASURED: usize = 192;

/// A part of the work. All figures are changes of a second by the clock on the wall, on one thread.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CoreLine {
    /// `core_` and what is done: `decode`, `gate`, `seal`, `fold`, `hydrate`; `durable` by the whole gate, and
    /// `durable_stubbed` after it.
    pub scenario: &'static str,
    /// The server's database.
    pub database: &'static str,
    /// Changes that it was done to.
    pub changes: usize,
    /// So many of them a second.
    pub per_s: f64,
    /// What it is compared with.
    pub floor: &'static str,
    /// So many changes a second that way.
    pub floor_per_s: f64,
    /// The one divided by the other: 1 is the floor.
    pub ratio: f64,
    /// How often it was measured; the figures are medians.
    pub runs: usize,
    /// The build.
    pub profile: &'static str,
}

/// What the engine takes of the same changes, given whole and in order, nothing checked or saved.
const RAW_APPLY: &str = "raw Automerge apply";
/// The rows that the commits wrote, again, in as many transactions.
const RAW_INSERTS: &str = "raw grouped inserts of the same rows";

/// Every part, on SQLite.
///
/// # Errors
/// If something of the workload is not taken, or the database fails.
pub fn measure(workload: &Workload, times: usize) -> Result<Vec<CoreLine>, Failed> {
    let mut runs = Vec::new();
    for _ in 0..times {
        runs.push(one(workload)?);
    }
    let parts = runs.first().map_or(0, Vec::len);
    Ok((0..parts).filter_map(|part| median(runs.iter().map(|run| &run[part]))).collect())
}

fn median<'a>(runs: impl Iterator<Item = &'a CoreLine>) -> Option<CoreLine> {
    let mut runs: Vec<_> = runs.collect();
    runs.sort_by(|one, other| one.ratio.total_cmp(&other.ratio));
    let middle = runs.get(runs.len() / 2)?;
    Some(CoreLine { runs: runs.len(), ..(*middle).clone() })
}

fn one(workload: &Workload) -> Result<Vec<CoreLine>, Failed> {
    let folder = tempfile::tempdir()?;
    let (file, before) = (folder.path().join("server.sqlite"), folder.path().join("before.sqlite"));
    let edits = workload.cases.iter().flat_map(|case| &case.edits);
    let last = Timestamp(edits.map(|edit| edit.t).max().unwrap_or_default());
    let mut area = Area::begin(&Address::File(file.clone()), load::people(workload), last)?;
    let split = workload.cases.len().min(BEFORE);
    let measured = &workload.cases[split..workload.cases.len().min(split + MEASURED)];
    load::load(&mut area, &workload.cases[..split], &mut |_| {})?;
    let head = db::log::head(&mut area.conn, &area.cluster)?.0;
    floor::copy(&file, &before)?;
    let loaded = load::load(&mut area, measured, &mut |_| {})?;
    let histories = Histories::read(&mut area, head)?;
    let mut lines = durable(&loaded, (&file, &before))?;
    lines.extend(parts(&histories, &loaded)?);
    Ok(lines)
}

/// What reaches the disk, against the same rows without us.
fn durable(loaded: &Loaded, (file, before): (&Path, &Path)) -> Result<Vec<CoreLine>, Failed> {
    let raw = floor::insert_again(file, before, loaded.commits)?;
    let floor = (RAW_INSERTS, raw);
    let whole = loaded.judging + loaded.committing;
    Ok(vec![
        line("core_durable", loaded.changes, whole, floor),
        line("core_durable_stubbed", loaded.changes, loaded.committing, floor),
    ])
}

fn parts(of: &Histories, loaded: &Loaded) -> Result<Vec<CoreLine>, Failed> {
    let floor = (RAW_APPLY, floor::apply(&of.folded_from)?);
    let (all, changes) = (&of.folded_from, of.changes);
    let decode = timed(of.frames.iter(), |frame| {
        black_box(decode_push(frame)?);
        Ok(())
    })?;
    let seal = timed(all.iter(), |history| Ok(document::seal(history)?))?;
    let fold = timed(all.iter(), |it| {
        black_box(fold(it, it.links().len()));
        Ok(())
    })?;
    Ok(vec![
        line("core_decode", changes, decode, floor),
        line("core_gate", loaded.changes, loaded.judging, floor),
        line("core_seal", changes, seal, floor),
        line("core_fold", changes, fold, floor),
        line("core_hydrate", changes, of.hydrating, floor),
    ])
}

fn line(
    scenario: &'static str,
    changes: usize,
    took: Duration,
    (floor, raw): (&'static str, Duration),
) -> CoreLine {
    let per_s = |took: Duration| (changes as f64 / took.as_secs_f64()).round();
    CoreLine {
        scenario,
        database: "sqlite",
        changes,
        per_s: per_s(took),
        floor,
        floor_per_s: per_s(raw),
        ratio: (raw.as_secs_f64() / took.as_secs_f64() * 1_000.0).round() / 1_000.0,
        runs: 1,
        profile: if cfg!(debug_assertions) { "dev" } else { "release" },
    }
}

fn timed<T>(
    all: impl Iterator<Item = T>,
    mut work: impl FnMut(T) -> Result<(), Failed>,
) -> Result<Duration, Failed> {
    let began = Instant::now();
    all.into_iter().try_for_each(&mut work)?;
    Ok(began.elapsed())
}

/// The measured records, as they are read back from the log.
struct Histories {
    folded_from: Vec<History>,
    /// Each run of one author's changes as a phone pushed it.
    frames: Vec<Vec<u8>>,
    changes: usize,
    hydrating: Duration,
}

impl Histories {
    /// Those of the records that begin at a number or later.
    fn read(area: &mut Area, from: i64) -> Result<Self, Failed> {
        let cluster = area.cluster;
        read_tx(&mut area.conn, |conn| {
            let mut rows = db::records::of_cluster(conn, &cluster)?;
            rows.retain(|row| row.first_number >= from);
            let began = Instant::now();
            let read = |row: &RecordRow| histories::history(conn, row);
            let folded_from = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let hydrating = began.elapsed();
            let frames = rows.iter().map(|row| frames(conn, row)).collect::<Result<Vec<_>, _>>()?;
            let changes = folded_from.iter().map(|history| history.links().len()).sum();
            let frames = frames.into_iter().flatten().collect();
            Ok::<_, Failed>(Self { folded_from, frames, changes, hydrating })
        })
    }
}

fn frames(conn: &mut Conn, row: &RecordRow) -> Result<Vec<Vec<u8>>, Failed> {
    let entries = db::log::of_record(conn, &row.id)?;
    let runs = entries.chunk_by(|one, next| one.actor == next.actor);
    runs.map(|run| Ok(encode_push(&[pushed(row, run)?]))).collect()
}

fn pushed(row: &RecordRow, run: &[Entry]) -> Result<PushedRecord, Failed> {
    let change = |(n, entry): (usize, &Entry)| {
        let deps = entry.deps.as_deref().map(decode_deps).transpose()?;
        // A run's first change says what it follows.
        let deps = deps.or_else(|| (n == 0).then(Vec::new));
        let hash = *entry.hash.0.first_chunk().ok_or("a short hash")?;
        Ok::<_, Failed>(PushedChange { deps, body: entry.body.clone(), hash })
    };
    Ok(PushedRecord {
        envelope: row.envelope.clone(),
        actor: run[0].actor,
        first_seq: run[0].seq.unsigned_abs(),
        changes: run.iter().enumerate().map(change).collect::<Result<_, _>>()?,
    })
}

//! Everybody comes back into signal at once: a mast is mended, a school opens.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use sync_core::device::Device;
use sync_core::device::https::Https;
use sync_core::device::sync::{SyncError, SyncReport};
use sync_core::device::transport::TransportError;
use sync_core::store::sqlite::SqliteStore;

use super::ground::open;
use super::line::Line;
use super::stage::Stage;
use crate::live::Failed;
use crate::workload::finals;
use crate::workload::format::Day;
use crate::workload::measure::{cpu_s, peak_rss_mb};

/// How long a phone waits that was told to come again.
const PAUSE: Duration = Duration::from_millis(200);

/// The first `devices` phones at once, until each holds everybody's edits. What each shows in the end is
/// written into `out`, a file a phone.
///
/// # Errors
/// If an exchange fails.
pub fn measure(
    stage: &mut Stage<'_>,
    devices: usize,
    times: usize,
    out: Option<&Path>,
) -> Result<Option<Line>, Failed> {
    let times = if stage.can_repeat() { times } else { 1 };
    let mut runs = Vec::new();
    for _ in 0..times {
        stage.again()?;
        runs.push(one(stage, devices, out)?);
    }
    Ok(Line::median(&runs))
}

/// A phone in the storm.
struct Caught {
    phone: Device<SqliteStore>,
    https: Https,
}

/// What one phone's part in it came to.
struct Part {
    caught: Caught,
    exchanges: u32,
    cpu_s: f64,
    done: Instant,
}

fn one(stage: &Stage<'_>, devices: usize, out: Option<&Path>) -> Result<Line, Failed> {
    let mut caught = Vec::new();
    for n in 0..devices.min(stage.days().len()) {
        let (phone, https) = open(&stage.phone(n)?)?;
        caught.push(Caught { phone, https });
    }
    let devices = caught.len();
    let server = &stage.ground.server;
    let (all_here, retries) = (Barrier::new(devices + 1), AtomicU32::new(0));
    let (parts, began, server_cpu) = std::thread::scope(|scope| {
        let run = |caught| scope.spawn(|| weather(caught, &all_here, &retries));
        let threads: Vec<_> = caught.into_iter().map(run).collect();
        let server_cpu = server.cpu_s();
        let began = Instant::now();
        all_here.wait();
        all_here.wait();
        let parts = threads.into_iter().map(|thread| match thread.join() {
            Ok(part) => part.map_err(Failed::from),
            Err(_) => Err("a phone's thread ended early".into()),
        });
        (parts.collect::<Result<Vec<_>, Failed>>(), began, server_cpu)
    });
    let (mut parts, server_cpu) = (parts?, server_cpu?);
    let last = parts.iter().map(|part| part.done).max().unwrap_or(began);
    let line = Line {
        cases: stage.days().iter().take(devices).map(|day| day.cases.len()).max().unwrap_or(0),
        devices,
        wall_s: (last - began).as_secs_f64(),
        server_cpu_s: server.cpu_s()? - server_cpu,
        client_cpu_s: parts.iter().map(|part| part.cpu_s).sum(),
        bytes_up: parts.iter().map(|part| part.caught.https.traffic().up()).sum(),
        bytes_down: parts.iter().map(|part| part.caught.https.traffic().down()).sum(),
        exchanges: parts.iter().map(|part| part.exchanges).sum(),
        server_rss_mb: server.peak_mb()?,
        client_rss_mb: peak_rss_mb(),
        retries: retries.load(Ordering::Relaxed),
        ..Line::new("storm", stage.ground.database())
    };
    let (lost, diverged) = judged(stage, &mut parts, out)?;
    Ok(Line { lost, diverged, ..line })
}

/// Brings what the phone has; then, when everybody has, takes the rest. A phone cannot know when that is,
/// so it is told by the barrier: by that the storm lasts rather longer than shorter.
fn weather(mut caught: Caught, all: &Barrier, retries: &AtomicU32) -> Result<Part, SyncError> {
    all.wait();
    let cpu = cpu_s();
    let first = insist(&mut caught, retries);
    all.wait();
    let second = insist(&mut caught, retries)?;
    let exchanges = first?.exchanges + second.exchanges;
    Ok(Part { caught, exchanges, cpu_s: cpu_s() - cpu, done: Instant::now() })
}

fn insist(caught: &mut Caught, retries: &AtomicU32) -> Result<SyncReport, SyncError> {
    loop {
        match super::sync(&mut caught.phone, &mut caught.https) {
            Err(SyncError::Transport(TransportError::Busy | TransportError::Offline)) => {
                retries.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// How much is lost, and how many cases two phones show unlike.
fn judged(
    stage: &Stage<'_>,
    parts: &mut [Part],
    out: Option<&Path>,
) -> Result<(usize, usize), Failed> {
    let played: Vec<&Day> = stage.days().iter().take(parts.len()).collect();
    let (mut shown, mut lost, mut diverged) = (BTreeMap::<usize, Json>::new(), 0, 0);
    for (day, part) in played.iter().zip(parts) {
        let mut file = out.map(|out| file_of(out, day.device)).transpose()?;
        let mut cases = day.cases.clone();
        cases.sort_unstable();
        for case in cases.iter().filter_map(|case| stage.ground.workload.cases.get(*case)) {
            let line = finals::line(&stage.ground.area, &part.caught.phone, case)?;
            lost += finals::lost(&line, case, &played);
            if let Some(file) = &mut file {
                writeln!(file, "{line}")?;
            }
            diverged += usize::from(*shown.entry(case.i).or_insert_with(|| line.clone()) != line);
        }
    }
    Ok((lost, diverged))
}

fn file_of(out: &Path, device: u32) -> Result<std::io::BufWriter<std::fs::File>, Failed> {
    std::fs::create_dir_all(out)?;
    Ok(std::io::BufWriter::new(std::fs::File::create(out.join(format!("{device}.jsonl")))?))
}

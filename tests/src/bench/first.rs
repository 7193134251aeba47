//! A first sync with the whole history, one that was cut in the middle, and one with nothing new.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use sync_core::device::{Device, Enrolled};
use sync_core::store::Store as _;
use sync_core::store::sqlite::{Key, SqliteStore};

use super::ground::{Ground, open};
use super::line::Line;
use crate::live::{CuttingProxy, Failed};
use crate::workload::area::{READER, READERS};
use crate::workload::finals;
use crate::workload::measure::{cpu_s, peak_rss_mb};
use crate::workload::phone::KEY;

/// First syncs, whole and cut, and nothing new with few, many and very many cases.
///
/// # Errors
/// If an exchange fails.
pub fn measure(ground: &Ground, folder: &Path, times: usize) -> Result<Vec<Line>, Failed> {
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    for n in 0..times {
        let file = folder.join(format!("first-{n}.db"));
        ground.enrol(READER, &file)?;
        let mut line = exchange(ground, "first_sync", &file)?;
        line.lost = lost(ground, &file)?;
        let half = line.bytes_down / 2;
        whole.push(line);
        let file = folder.join(format!("cut-{n}.db"));
        ground.enrol(READER, &file)?;
        cut.push(after_a_cut(ground, &file, half)?);
    }
    let mut lines = vec![Line::median(&whole), Line::median(&cut)];
    lines.push(nothing_new(ground, &folder.join("first-0.db"), times)?);
    for (name, _) in READERS {
        let file = folder.join(format!("{name}.db"));
        ground.enrol(name, &file)?;
        exchange(ground, "first_sync", &file)?;
        lines.push(nothing_new(ground, &file, times)?);
    }
    Ok(lines.into_iter().flatten().filter(|line| line.cases > 0).collect())
}

fn nothing_new(ground: &Ground, file: &Path, times: usize) -> Result<Option<Line>, Failed> {
    let runs = (0..times.max(5)).map(|_| exchange(ground, "noop", file));
    Ok(Line::median(&runs.collect::<Result<Vec<_>, _>>()?))
}

/// One sync of a phone in a process of its own, so that its memory is nobody else's.
fn exchange(ground: &Ground, scenario: &str, file: &Path) -> Result<Line, Failed> {
    let (cpu, began) = (ground.server.cpu_s()?, Instant::now());
    let done = Command::new(std::env::current_exe()?).arg("sync").arg(file).output()?;
    let wall_s = began.elapsed().as_secs_f64();
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    let told: Line = serde_json::from_slice(&done.stdout)?;
    Ok(Line {
        scenario: scenario.to_owned(),
        database: ground.database().to_owned(),
        wall_s,
        server_cpu_s: ground.server.cpu_s()? - cpu,
        server_rss_mb: ground.server.peak_mb()?,
        ..told
    })
}

/// What is left of a first sync whose line broke after so many bytes.
fn after_a_cut(ground: &Ground, file: &Path, bytes: u64) -> Result<Line, Failed> {
    let proxy = CuttingProxy::start(ground.server.address()?)?;
    proxy.cut_after(bytes);
    let store = SqliteStore::open(file, &Key::new(KEY))?;
    let enrolled = Enrolled::load(&store)?.ok_or("this phone is nobody's")?;
    let through = Enrolled { server: format!("https://{}", proxy.address()), ..enrolled.clone() };
    let mut https = sync_core::device::https::Https::of(&through)?;
    let mut phone = Device::open(store)?;
    if super::sync(&mut phone, &mut https).is_ok() {
        return Err("the line was not cut".into());
    }
    drop(phone);
    let line = exchange(ground, "first_sync_cut", file)?;
    // What came before the cut is kept: it is not fetched again.
    if line.bytes_down > bytes + bytes / 2 {
        return Err(format!("after a cut at {bytes} bytes {} came", line.bytes_down).into());
    }
    Ok(Line { lost: lost(ground, file)?, ..line })
}

/// Visits of the history that the phone does not show as they were written.
fn lost(ground: &Ground, file: &Path) -> Result<usize, Failed> {
    let (phone, _) = open(file)?;
    let mut lost = 0;
    for case in ground.workload.cases.iter().take(crate::workload::area::READ_CASES) {
        lost += finals::lost(&finals::line(&ground.area, &phone, case)?, case, &[]);
    }
    Ok(lost)
}

/// The sync of one phone, in this process: what the phone's end of it cost.
///
/// # Errors
/// If it fails.
pub fn sync_alone(file: &Path) -> Result<Line, Failed> {
    let (mut phone, mut https) = open(file)?;
    let cpu = cpu_s();
    let report = super::sync(&mut phone, &mut https)?;
    Ok(Line {
        cases: phone.store().cases()?.len(),
        client_cpu_s: cpu_s() - cpu,
        client_rss_mb: peak_rss_mb(),
        bytes_up: https.traffic().up(),
        bytes_down: https.traffic().down(),
        exchanges: report.exchanges,
        ..Line::new("sync", "")
    })
}

//! Measures exchanges on the common workload in one process: one line of JSON a scenario.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use caseweave::db::Address;
use clap::{Parser, Subcommand};
use serde_json::Value as Json;
use sync_core::device::Device;
use sync_core::store::memory::MemoryStore;
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::time::Timestamp;
use system_tests::workload::area::{Area, LEAD, READER};
use system_tests::workload::format::{Case, Day, Workload};
use system_tests::workload::measure::Line;
use system_tests::workload::{WorkloadError, day, finals, generate, load, view, wire};

#[derive(Parser)]
#[command(about = "Measures exchanges on the common workload")]
struct Arguments {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Subcommand)]
enum Scenario {
    /// A first sync with the whole history, one with nothing new, and a day's.
    FirstSync(Input),
    /// Views of a case by the cluster's lead, with the audit and without.
    PageView(Input),
    /// Writes a workload of our own invention.
    Generate {
        #[command(flatten)]
        input: Input,
        /// The folder to write to.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(clap::Args)]
struct Input {
    /// How many cases.
    #[arg(long, default_value_t = 500)]
    cases: usize,
    /// A folder with a workload; without it one is invented.
    #[arg(long)]
    input: Option<PathBuf>,
    /// Phones of an invented workload.
    #[arg(long, default_value_t = 25)]
    devices: u32,
    /// The invented workload's seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often the first sync is made, each time by a new phone; the median is told.
    #[arg(long, default_value_t = 3)]
    repeat: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().scenario {
        Scenario::FirstSync(input) => measure(&input),
        Scenario::PageView(input) => measure_views(&input),
        Scenario::Generate { input, out } => write(&workload(&input)?, &out),
    }
}

fn workload(input: &Input) -> Result<Workload, WorkloadError> {
    match &input.input {
        Some(folder) => Ok(Workload::read(folder, input.cases)?),
        None => Ok(generate::generate(input.seed, input.cases, input.devices)),
    }
}

fn write(workload: &Workload, out: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(out)?;
    let mut cases = std::fs::File::create(out.join("cases.jsonl"))?;
    for case in &workload.cases {
        writeln!(cases, "{}", serde_json::to_string(case)?)?;
    }
    let mut days = std::fs::File::create(out.join("day.jsonl"))?;
    for day in &workload.days {
        writeln!(days, "{}", serde_json::to_string(day)?)?;
    }
    Ok(())
}

fn measure(input: &Input) -> Result<(), Box<dyn Error>> {
    let workload = workload(input)?;
    let folder = tempfile::tempdir()?;
    let began = workload.cases.iter().flat_map(|case| &case.edits).map(|edit| edit.t).max();
    let began = Timestamp(began.unwrap_or_default());
    let file = folder.path().join("server.db");
    let mut area = Area::begin(&Address::File(file.clone()), load::people(&workload), began)?;
    let clock = std::time::Instant::now();
    let mut progress = |done: usize| {
        say(&format!("{done} cases loaded after {:.0} s", clock.elapsed().as_secs_f64()));
    };
    let loaded = load::load(&mut area, &workload.cases, &mut progress)?;
    say(&format!("{loaded:?}, database {} MB", std::fs::metadata(&file)?.len() >> 20));
    measure_copies(&mut area, &workload, folder.path(), input.repeat.max(1))?;
    let own = SqliteStore::open(&folder.path().join("day.db"), &Key::new([9; 32]))?;
    measure_day(&mut area, &workload, own)
}

/// Views one at a time, where each pays for a commit alone, and sixteen at once, which share them.
fn measure_views(input: &Input) -> Result<(), Box<dyn Error>> {
    let workload = workload(input)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("server.db");
    let mut area = Area::begin(
        &Address::File(file.clone()),
        load::people(&workload),
        Timestamp(1_750_000_000_000),
    )?;
    load::load(&mut area, &workload.cases, &mut |_| {})?;
    let lead = area.worker(LEAD)?.principal.clone();
    let cases = caseweave::db::views::case_ids(&mut area.conn, &area.cluster)?;
    for at_once in [1, 16] {
        let line = view::measure(&file, &lead, &cases, (at_once, input.repeat.max(1)))?;
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}

/// First syncs, each into a new encrypted file, and one with nothing new on the last phone.
fn measure_copies(
    area: &mut Area,
    workload: &Workload,
    folder: &Path,
    repeat: usize,
) -> Result<(), Box<dyn Error>> {
    let cases = workload.cases.len();
    let mut lines = Vec::new();
    for n in 0..repeat {
        let file = folder.join(format!("phone{n}.db"));
        let mut phone = area.enrol(READER, SqliteStore::open(&file, &Key::new([9; 32]))?)?;
        let (report, cost) = wire::sync(area, &mut phone)?;
        lines.push(Line::of("first_sync", cases, (&report, cost)));
        if n + 1 < repeat {
            continue;
        }
        let (report, cost) = wire::sync(area, &mut phone)?;
        let noop = Line::of("noop", cases, (&report, cost));
        lines.sort_by(|a, b| a.server_cpu_s.total_cmp(&b.server_cpu_s));
        let mut first = lines[lines.len() / 2].clone();
        for case in &workload.cases {
            first.lost += finals::lost(&finals::line(area, &phone, case)?, case, &[]);
        }
        tell(&first)?;
        tell(&noop)?;
    }
    Ok(())
}

/// The day of the phone with most cases, after everybody who shares one with it has had theirs.
fn measure_day(
    area: &mut Area,
    workload: &Workload,
    store: SqliteStore,
) -> Result<(), Box<dyn Error>> {
    let Some(own) = workload.days.iter().max_by_key(|day| (day.cases.len(), day.edits.len()))
    else {
        return Ok(());
    };
    let shares = |day: &&Day| day.cases.iter().any(|case| own.cases.contains(case));
    let others: Vec<&Day> =
        workload.days.iter().filter(shares).filter(|day| day.device != own.device).collect();
    let mut phone = area.enrol(&own.by, store)?;
    wire::sync(area, &mut phone)?;
    let mut phones = Vec::new();
    for day in &others {
        let mut phone = area.enrol(&day.by, MemoryStore::default())?;
        wire::sync(area, &mut phone)?;
        day::play(area, &mut phone, &workload.cases, day)?;
        phones.push(phone);
        say(&format!("{} of {} other phones have had their day", phones.len(), others.len()));
    }
    let evening = workload.days.iter().flat_map(|day| &day.edits).map(|edit| edit.t).max();
    area.now = Timestamp(evening.unwrap_or_default() + 60_000);
    for phone in &mut phones {
        wire::sync(area, phone)?;
    }
    day::play(area, &mut phone, &workload.cases, own)?;
    let (report, cost) = wire::sync(area, &mut phone)?;
    let mut line = Line::of("day", own.cases.len(), (&report, cost));
    for phone in &mut phones {
        wire::sync(area, phone)?;
    }
    let played: Vec<&Day> = others.iter().copied().chain([own]).collect();
    for case in own.cases.iter().filter_map(|case| workload.cases.get(*case)) {
        let shown = finals::line(area, &phone, case)?;
        line.lost += finals::lost(&shown, case, &played);
        line.diverged += usize::from(!all_show(area, &others, &phones, case, &shown)?);
    }
    tell(&line)
}

/// Whether every other holder shows the same line.
fn all_show(
    area: &Area,
    days: &[&Day],
    phones: &[Device<MemoryStore>],
    case: &Case,
    shown: &Json,
) -> Result<bool, WorkloadError> {
    for (_, phone) in days.iter().zip(phones).filter(|(day, _)| day.cases.contains(&case.i)) {
        if finals::line(area, phone, case)? != *shown {
            return Ok(false);
        }
    }
    Ok(true)
}

fn tell(line: &Line) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(line)?)?)
}

fn say(words: &str) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "{words}");
}

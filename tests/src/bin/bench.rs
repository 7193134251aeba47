//! What a server and its phones cost on the common workload: real processes, HTTPS, encrypted phones. One
//! line of JSON a scenario.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use serde::Serialize;
use system_tests::bench::ground::Ground;
use system_tests::bench::stage::Stage;
use system_tests::bench::{core, day, first, live, storm};
use system_tests::live::Failed;
use system_tests::workload::format::Workload;
use system_tests::workload::generate;

/// Sizes of a storm.
const STORMS: [usize; 2] = [50, 200];
/// Visits that are seen on another phone.
const VISITS: usize = 60;

#[derive(Parser)]
#[command(about = "Measures a server and its phones on the common workload")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Every scenario.
    All(All),
    /// The parts of the server's work by themselves.
    Core(All),
    /// One phone's sync, for a measurement in a process of its own.
    Sync {
        /// The phone's file.
        file: PathBuf,
    },
}

#[derive(clap::Args)]
struct All {
    /// How many cases.
    #[arg(long, default_value_t = 3_000)]
    cases: usize,
    /// How many phones.
    #[arg(long, default_value_t = 200)]
    devices: u32,
    /// A folder with a workload; without it one is invented.
    #[arg(long)]
    input: Option<PathBuf>,
    /// A folder for what each phone of the largest storm shows in the end.
    #[arg(long)]
    out: Option<PathBuf>,
    /// How often each is measured; the median is told.
    #[arg(long, default_value_t = 3)]
    times: usize,
    /// An empty PostgreSQL database; without it the server is on SQLite.
    #[arg(long)]
    database: Option<String>,
    /// These scenarios only; all where none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Scenario>,
}

/// What is measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scenario {
    /// The parts of the server's work.
    Core,
    /// A first sync, the rest of one after a cut, and nothing new.
    First,
    /// One phone's day.
    Day,
    /// Phones that reconnect at once.
    Storm,
    /// A visit that is seen on another phone.
    Live,
}

impl All {
    fn wants(&self, scenario: Scenario) -> bool {
        self.only.is_empty() || self.only.contains(&scenario)
    }
}

fn main() -> Result<(), Failed> {
    match Arguments::parse().what {
        What::All(all) => measure(&all),
        What::Core(all) => parts(&read(&all)?, &all),
        What::Sync { file } => tell(&first::sync_alone(&file)?),
    }
}

fn read(all: &All) -> Result<Workload, Failed> {
    Ok(match &all.input {
        Some(folder) => Workload::read(folder, all.cases)?,
        None => generate::generate(1, all.cases, all.devices),
    })
}

fn parts(workload: &Workload, all: &All) -> Result<(), Failed> {
    core::measure(workload, all.times)?.iter().try_for_each(tell)
}

fn measure(all: &All) -> Result<(), Failed> {
    let workload = read(all)?;
    if all.database.is_none() && all.wants(Scenario::Core) {
        parts(&workload, all)?;
    }
    if all.only == [Scenario::Core] {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let mut ground = Ground::lay(workload, all.database.clone(), &mut say)?;
    if all.wants(Scenario::First) {
        first::measure(&ground, folder.path(), all.times)?.iter().try_for_each(tell)?;
    }
    if [Scenario::Day, Scenario::Storm, Scenario::Live].iter().any(|it| all.wants(*it)) {
        evening(&mut ground, folder.path(), all)?;
    }
    ground.server.check()
}

/// What is measured on the phones of the workload's day. A PostgreSQL database cannot be put back, so each
/// scenario takes what the one before left.
fn evening(ground: &mut Ground, folder: &Path, all: &All) -> Result<(), Failed> {
    let mut stage = Stage::set(ground, folder, all.devices as usize, &mut say)?;
    let once = !stage.can_repeat();
    if all.wants(Scenario::Day)
        && let Some(line) = day::measure(&mut stage, all.times)?
    {
        tell(&line)?;
    }
    if all.wants(Scenario::Storm) {
        storms(&mut stage, all, once)?;
    }
    if all.wants(Scenario::Live) {
        tell(&live::measure(&mut stage, VISITS)?)?;
    }
    Ok(())
}

fn storms(stage: &mut Stage<'_>, all: &All, once: bool) -> Result<(), Failed> {
    let largest = STORMS.into_iter().map(|it| it.min(stage.days().len())).max().unwrap_or(0);
    for devices in STORMS.into_iter().filter(|devices| !once || *devices >= largest) {
        let out = all.out.as_deref().filter(|_| devices >= largest);
        if let Some(line) = storm::measure(stage, devices, all.times, out)? {
            tell(&line)?;
        }
    }
    Ok(())
}

fn tell(line: &impl Serialize) -> Result<(), Failed> {
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(line)?)?)
}

fn say(words: &str) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "{words}");
}

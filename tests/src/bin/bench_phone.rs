//! What a phone costs on the common workload: one line of JSON a scenario. The phone is measured in
//! processes of its own; what a server would answer is recorded before.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use caseweave::db::Address;
use clap::{Parser, Subcommand};
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::time::Timestamp;
use system_tests::workload::area::{Area, READER};
use system_tests::workload::format::Workload;
use system_tests::workload::{generate, load, phone, wire};

#[derive(Parser)]
#[command(about = "Measures a phone on the common workload")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Everything: prepares a folder and measures in it.
    All {
        /// How many cases.
        #[arg(long, default_value_t = 500)]
        cases: usize,
        /// A folder with a workload; without it one is invented.
        #[arg(long)]
        input: Option<PathBuf>,
        /// How often each thing is done; the median is told.
        #[arg(long, default_value_t = 11)]
        times: usize,
        /// Where the phones are kept.
        #[arg(long)]
        folder: PathBuf,
    },
    /// A first sync from recorded answers.
    FirstSync {
        /// The folder that `all` prepared.
        folder: PathBuf,
    },
    /// A phone in use, after a first sync.
    Use {
        /// The folder that `all` prepared.
        folder: PathBuf,
        /// How often.
        #[arg(long, default_value_t = 11)]
        times: usize,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().what {
        What::All { cases, input, times, folder } => {
            prepare(cases, input.as_deref(), &folder)?;
            let folder = folder.display().to_string();
            run(&["first-sync", &folder])?;
            run(&["use", &folder, "--times", &times.to_string()])
        }
        What::FirstSync { folder } => {
            std::fs::copy(folder.join("fresh.db"), folder.join("phone.db"))?;
            let mut answers = Vec::new();
            while let Ok(answer) = std::fs::read(answer_of(&folder, answers.len())) {
                answers.push(answer);
            }
            print(&phone::first_sync(&folder.join("phone.db"), answers)?)
        }
        What::Use { folder, times } => print(&phone::in_use(&folder.join("phone.db"), times)?),
    }
}

/// Records what a server answers to a phone's first sync, and leaves a phone that has not had it.
fn prepare(cases: usize, input: Option<&Path>, folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let workload = match input {
        Some(input) => Workload::read(input, cases)?,
        None => generate::generate(1, cases, 25),
    };
    let began = workload.cases.iter().flat_map(|case| &case.edits).map(|edit| edit.t).max();
    let began = Timestamp(began.unwrap_or_default());
    let mut area =
        Area::begin(&Address::File(folder.join("server.db")), load::people(&workload), began)?;
    load::load(&mut area, &workload.cases, &mut |_| {})?;
    let file = folder.join("phone.db");
    let enrolled = area.enrol(READER, SqliteStore::open(&file, &Key::new(phone::KEY))?)?;
    drop(enrolled.into_store());
    std::fs::copy(&file, folder.join("fresh.db"))?;
    let twin = folder.join("twin.db");
    std::fs::copy(&file, &twin)?;
    let store = SqliteStore::open(&twin, &Key::new(phone::KEY))?;
    let mut twin = sync_core::device::Device::open(store)?;
    let (_, answers) = wire::recorded(&mut area, &mut twin)?;
    for (n, answer) in answers.iter().enumerate() {
        std::fs::write(answer_of(folder, n), answer)?;
    }
    Ok(())
}

fn answer_of(folder: &Path, n: usize) -> PathBuf {
    folder.join(format!("answer-{n}"))
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let done = Command::new(std::env::current_exe()?).args(arguments).status()?;
    if done.success() { Ok(()) } else { Err("the phone's process failed".into()) }
}

fn print(line: &impl serde::Serialize) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(line)?)?)
}

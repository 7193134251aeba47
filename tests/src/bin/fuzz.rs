//! The fuzzer's odd jobs: writes the seeds, tries files without a fuzzer, lists the targets.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use system_tests::fuzz::{TARGETS, target};
use system_tests::workload::measure::cpu_s;

#[derive(Parser)]
#[command(about = "What stands around a fuzzer")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Names of the targets.
    List,
    /// Writes the seeds of every target, a folder each.
    Seeds {
        /// Where to.
        folder: PathBuf,
    },
    /// Reads every file of a folder with a target and says what the dearest cost: one line of JSON.
    Replay {
        /// The target.
        target: String,
        /// Its files.
        folder: PathBuf,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().what {
        What::List => TARGETS.iter().try_for_each(|target| say(target.name)),
        What::Seeds { folder } => write_seeds(&folder),
        What::Replay { target, folder } => replay(&target, &folder),
    }
}

fn write_seeds(folder: &Path) -> Result<(), Box<dyn Error>> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (n, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("{n:02}")), seed)?;
        }
    }
    Ok(())
}

fn replay(name: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let target = target(name).ok_or_else(|| format!("no target is called {name}"))?;
    // What the gate contains is no finding.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut files, mut most_s, mut dearest) = (0, 0.0, PathBuf::new());
    for file in fs::read_dir(folder)? {
        let file = file?.path();
        let bytes = fs::read(&file)?;
        let began = cpu_s();
        std::panic::catch_unwind(|| (target.read)(&bytes))
            .map_err(|_| format!("{}: a law is broken", file.display()))?;
        let cost = cpu_s() - began;
        files += 1;
        if cost > most_s {
            (most_s, dearest) = (cost, file);
        }
    }
    let dearest = dearest.file_name().map(|name| name.to_string_lossy().into_owned());
    let line = serde_json::json!({
        "target": name, "files": files, "most_ms": (most_s * 1e4).round() / 10.0, "dearest": dearest,
    });
    say(&line.to_string())
}

fn say(line: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

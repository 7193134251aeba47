//! Runs the simulator over a range of seeds and says what it found.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use system_tests::sim::plant::Plant;
use system_tests::sim::shrink::shrink;
use system_tests::sim::tally::{Plan, Tally, run_all};
use system_tests::sim::{Failure, Options, run};

/// Tries to break the promises, one seed after another.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first_seed: u64,
    /// Steps of each run.
    #[arg(long, default_value_t = 200)]
    steps: u32,
    /// Every how-manieth seed is run again with other clocks and compared; 0 for none.
    #[arg(long, default_value_t = 4)]
    compare_every: u64,
    /// Plant a bug; an unknown name lists them.
    #[arg(long, value_parser = plant)]
    plant: Option<Plant>,
    /// Leave the server's database as it is: it is not put back to older copies.
    #[arg(long)]
    no_put_back: bool,
    /// Of the one seed, only these steps and the last: as a failure that was shrunk is told.
    #[arg(long, value_delimiter = ',')]
    only: Option<Vec<u32>>,
    /// Failures to show before stopping.
    #[arg(long, default_value_t = 10)]
    show: usize,
    /// Show failures as they are, not in fewer steps.
    #[arg(long)]
    as_found: bool,
    /// Threads that share the seeds.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Minutes after which no new seed is begun.
    #[arg(long, default_value_t = 10_000)]
    minutes: u64,
    /// End with one line of JSON, for `docs/proof`.
    #[arg(long)]
    json: bool,
}

fn plant(name: &str) -> Result<Plant, String> {
    let found = Plant::ALL.into_iter().find(|plant| plant.name() == name);
    found.ok_or_else(|| format!("there are {}", Plant::ALL.map(Plant::name).join(", ")))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let violations = match &arguments.only {
        Some(only) => one(&arguments, only.iter().copied().collect()),
        None => many(&arguments),
    };
    match violations {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) | Err(_) => ExitCode::FAILURE,
    }
}

/// Some steps of one seed.
fn one(arguments: &Arguments, only: BTreeSet<u32>) -> io::Result<usize> {
    let options = Options {
        steps: arguments.steps,
        plant: arguments.plant,
        put_back: !arguments.no_put_back,
        compare_clocks: arguments.compare_every > 0,
        only: Some(only),
        tells: true,
        ..Options::default()
    };
    match run(arguments.first_seed, &options).failure {
        Some(failure) => writeln!(io::stdout(), "{failure}").map(|()| 1),
        None => writeln!(io::stdout(), "nothing broke").map(|()| 0),
    }
}

fn many(arguments: &Arguments) -> io::Result<usize> {
    let plan = Plan {
        first: arguments.first_seed,
        seeds: arguments.seeds,
        steps: arguments.steps,
        compare_every: arguments.compare_every,
        plant: arguments.plant,
        put_back: !arguments.no_put_back,
        failures: arguments.show.max(1),
        threads: arguments.threads,
        most: Duration::from_secs(arguments.minutes.saturating_mul(60)),
    };
    let (began, told) = (Instant::now(), AtomicU64::new(0));
    let commit = commit();
    let found = |failure: &Failure| say(&format!("commit {commit}, {}", show(arguments, failure)));
    let tally = run_all(&plan, &found, &|tally| {
        let minute = began.elapsed().as_secs() / 60;
        if told.fetch_max(minute, Ordering::Relaxed) < minute {
            let Tally { seeds, counted, failures, .. } = tally;
            let broken = failures.len();
            say(&format!("after {minute} min: {seeds} seeds ({counted} counted), {broken} broken"));
        }
    });
    report(&tally, arguments.json)?;
    Ok(tally.failures.len())
}

fn show(arguments: &Arguments, failure: &Failure) -> String {
    match arguments.as_found {
        true => failure.to_string(),
        false => format!("{failure}\n  in fewer steps: {}", shrink(failure)),
    }
}

fn report(tally: &Tally, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Tally { seeds, counted, coverage, failures, .. } = tally;
    if json {
        say(&coverage.table());
        return writeln!(out, "{}", tally.figures());
    }
    writeln!(out, "{}", coverage.table())?;
    writeln!(out, "seeds {seeds} (counted {counted})  median steps {}", tally.median_steps())?;
    writeln!(out, "seeds per core-hour {}", tally.seeds_per_core_hour())?;
    writeln!(out, "faults {}  empty cells {}", coverage.faults(), coverage.empty_cells().len())?;
    writeln!(out, "violations {}", failures.len())
}

/// What was run; none outside a working copy.
fn commit() -> String {
    let asked = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let said = asked.ok().filter(|it| it.status.success());
    said.map_or("unknown".to_owned(), |it| String::from_utf8_lossy(&it.stdout).trim().to_owned())
}

fn say(words: &str) {
    // Nobody may be listening.
    let _ = writeln!(io::stderr(), "{words}");
}

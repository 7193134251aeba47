//! Runs the simulator over a range of seeds and says what it found.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use system_tests::sim::coverage::Coverage;
use system_tests::sim::plant::Plant;
use system_tests::sim::{Options, run};

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
    /// Plant a bug: cursor-first, rival-dropped, grant-late, resend-is-new.
    #[arg(long, value_parser = plant)]
    plant: Option<Plant>,
    /// Failures to show before stopping.
    #[arg(long, default_value_t = 10)]
    show: usize,
}

fn plant(name: &str) -> Result<Plant, String> {
    let found = Plant::ALL.into_iter().find(|plant| plant.name() == name);
    found.ok_or_else(|| "no such plant".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match simulate(&arguments, &mut io::stdout().lock()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) | Err(_) => ExitCode::FAILURE,
    }
}

fn simulate(arguments: &Arguments, out: &mut impl Write) -> io::Result<usize> {
    let mut coverage = Coverage::default();
    let (mut steps, mut violations, mut counted) = (Vec::new(), 0, 0);
    for seed in arguments.first_seed..arguments.first_seed + arguments.seeds {
        let every = arguments.compare_every;
        let options = Options {
            steps: arguments.steps,
            plant: arguments.plant,
            compare_clocks: every > 0 && seed.is_multiple_of(every),
            ..Options::default()
        };
        let run = run(seed, &options);
        coverage.add(&run.coverage);
        steps.push(run.steps);
        counted += usize::from(run.steps >= 200 && run.phones >= 3 && run.coverage.faults() >= 10);
        if let Some(failure) = run.failure {
            violations += 1;
            writeln!(out, "{failure}")?;
        }
        if violations >= arguments.show {
            break;
        }
    }
    steps.sort_unstable();
    let median = steps.get(steps.len() / 2).copied().unwrap_or(0);
    writeln!(out, "{}", coverage.table())?;
    writeln!(out, "seeds {} (counted {counted})  median steps {median}", steps.len())?;
    writeln!(out, "faults {}  empty cells {}", coverage.faults(), coverage.empty_cells().len())?;
    writeln!(out, "violations {violations}")?;
    Ok(violations)
}

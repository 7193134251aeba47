//! Many seeds on several threads, added up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::sim::coverage::Coverage;
use crate::sim::plant::Plant;
use crate::sim::{Failure, Options, Run, run};
use crate::workload::measure::cpu_s;

/// Steps, phones and faults without which a seed does not count.
const COUNTED: (u32, usize, u64) = (200, 3, 10);

/// Which seeds to run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first seed.
    pub first: u64,
    /// How many.
    pub seeds: u64,
    /// Steps of each.
    pub steps: u32,
    /// Every how-manieth seed is run again with other clocks and compared; 0 for none.
    pub compare_every: u64,
    /// Whether the server's database is put back to older copies, too.
    pub put_back: bool,
    /// A bug to plant.
    pub plant: Option<Plant>,
    /// Failures after which to stop.
    pub failures: usize,
    /// Threads that share the seeds.
    pub threads: usize,
    /// When to stop at the latest.
    pub most: Duration,
}

/// What came of them.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Seeds that were run.
    pub seeds: u64,
    /// Those of them that had enough steps, phones and faults.
    pub counted: u64,
    /// Steps of each seed.
    pub steps: Vec<u32>,
    /// What was checked after what.
    pub coverage: Coverage,
    /// Broken promises, by seed.
    pub failures: Vec<Failure>,
    /// Processor time, seconds.
    pub cpu_s: f64,
}

impl Tally {
    fn add(&mut self, run: Run, cpu_s: f64) {
        let (steps, phones, faults) = COUNTED;
        let enough = run.steps >= steps && run.phones >= phones && run.coverage.faults() >= faults;
        self.seeds += 1;
        self.cpu_s += cpu_s;
        self.counted += u64::from(enough);
        self.steps.push(run.steps);
        self.coverage.add(&run.coverage);
        self.failures.extend(run.failure);
    }

    /// Steps of the seed in the middle.
    #[must_use]
    pub fn median_steps(&self) -> u32 {
        let mut steps = self.steps.clone();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied().unwrap_or(0)
    }

    /// Seeds that a core runs in an hour.
    #[must_use]
    pub fn seeds_per_core_hour(&self) -> u64 {
        (self.seeds as f64 * 3_600.0 / self.cpu_s.max(0.001)) as u64
    }

    /// The figures without the table.
    #[must_use]
    pub fn figures(&self) -> Json {
        json!({
            "seeds": self.seeds,
            "counted": self.counted,
            "median_steps": self.median_steps(),
            "faults": self.coverage.faults(),
            "empty_cells": self.coverage.empty_cells().len(),
            "violations": self.failures.len(),
            "seeds_per_core_hour": self.seeds_per_core_hour(),
            "cpu_s": self.cpu_s.round(),
        })
    }
}

/// Runs a plan. `found` is told each failure as it is met, `progress` the tally after each seed.
pub fn run_all(
    plan: &Plan,
    found: &(dyn Fn(&Failure) + Sync),
    progress: &(dyn Fn(&Tally) + Sync),
) -> Tally {
    let began = Instant::now();
    let (next, full) = (AtomicU64::new(plan.first), AtomicBool::new(false));
    let tally = Mutex::new(Tally::default());
    let work = || {
        while !full.load(Ordering::Relaxed) && began.elapsed() < plan.most {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= plan.first.saturating_add(plan.seeds) {
                return;
            }
            let cpu = cpu_s();
            let run = run(seed, &options(plan, seed));
            let cpu = cpu_s() - cpu;
            run.failure.iter().for_each(found);
            // A thread that panicked ends the run as it is.
            let Ok(mut tally) = tally.lock() else { return };
            tally.add(run, cpu);
            progress(&tally);
            full.fetch_or(tally.failures.len() >= plan.failures, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.threads.max(1)).map(|_| scope.spawn(work)).collect();
        // To their very end: what SQLCipher and OpenSSL do at the process's does not bear threads that still end.
        for thread in threads {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    let mut tally = tally.into_inner().unwrap_or_default();
    tally.failures.sort_by_key(|failure| failure.seed);
    tally
}

fn options(plan: &Plan, seed: u64) -> Options {
    let every = plan.compare_every;
    Options {
        steps: plan.steps,
        plant: plan.plant,
        put_back: plan.put_back,
        compare_clocks: every > 0 && seed.is_multiple_of(every),
        ..Options::default()
    }
}

//! The simulator over a range of seeds, and whether its checkers can see.

use std::sync::atomic::{AtomicU64, Ordering};

use system_tests::sim::coverage::Coverage;
use system_tests::sim::plant::Plant;
use system_tests::sim::promise::Promise;
use system_tests::sim::{Failure, Options, run};

/// Seeds of the everyday suite; `make simulate` runs others.
const SEEDS: u64 = 200;
/// Cores that share them.
const WORKERS: usize = 2;
/// Seeds within which a planted bug must show.
const FOUND_WITHIN: u64 = 40;

fn sweep(next: &AtomicU64) -> (Coverage, Vec<Failure>) {
    let (mut coverage, mut failures) = (Coverage::default(), Vec::new());
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= SEEDS {
            return (coverage, failures);
        }
        let options = Options { compare_clocks: seed.is_multiple_of(8), ..Options::default() };
        let run = run(seed, &options);
        assert!(run.failure.is_some() || (run.phones >= 3 && run.steps >= 200));
        coverage.add(&run.coverage);
        failures.extend(run.failure);
    }
}

#[test]
fn every_promise_holds_on_every_seed_and_each_was_tried_by_every_fault() {
    let next = AtomicU64::new(0);
    let swept: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| sweep(&next))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut coverage = Coverage::default();
    let mut failures = Vec::new();
    for (covered, failed) in swept {
        coverage.add(&covered);
        failures.extend(failed.iter().map(Failure::to_string));
    }
    assert!(failures.is_empty(), "{} broken:\n{}", failures.len(), failures.join("\n"));
    assert!(coverage.empty_cells().is_empty(), "{}", coverage.table());
}

#[test]
fn every_planted_bug_is_found_by_the_promise_that_it_breaks() {
    for plant in Plant::ALL {
        let breaks = match plant {
            Plant::CursorFirst => Promise::Complete,
            Plant::RivalDropped => Promise::Converged,
            Plant::GrantLate => Promise::Entitled,
            Plant::ResendIsNew => Promise::Once,
        };
        let options = Options { plant: Some(plant), ..Options::default() };
        let found = (0..FOUND_WITHIN)
            .filter_map(|seed| run(seed, &options).failure)
            .any(|failure| failure.violation.promise == breaks);
        assert!(found, "{} was not found in {FOUND_WITHIN} seeds", plant.name());
    }
}

#[test]
fn a_seed_decides_everything() {
    let options = Options::default();
    let (one, again, other) = (run(1, &options), run(1, &options), run(2, &options));
    assert_eq!(one.chain, again.chain);
    assert_eq!(one.coverage, again.coverage);
    assert_ne!(one.chain, other.chain);
}

//! The simulator over a range of seeds, and whether its checkers can see.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use system_tests::sim::plant::Plant;
use system_tests::sim::promise::Promise;
use system_tests::sim::shrink::shrink;
use system_tests::sim::tally::{Plan, run_all};
use system_tests::sim::{Failure, Options, run};

/// Seeds of the everyday suite; `make simulate` and `make proof` run others.
const SEEDS: u64 = 500;
/// Cores that share them.
const WORKERS: usize = 2;
/// Seeds within which a planted bug must show.
const FOUND_WITHIN: u64 = 50;
/// The same of what must lose a right between two pages of one answer, which is rare.
const SELDOM_WITHIN: u64 = 500;

#[test]
fn every_promise_holds_on_every_seed_and_each_was_tried_by_every_fault() {
    let plan = Plan {
        first: 0,
        seeds: SEEDS,
        steps: Options::default().steps,
        compare_every: 8,
        plant: None,
        put_back: true,
        failures: 5,
        threads: WORKERS,
        most: Duration::MAX,
    };
    let tally = run_all(&plan, &|_| {}, &|_| {});
    let failures: Vec<String> = tally.failures.iter().map(Failure::to_string).collect();
    let shrunk = tally.failures.first().map(|it| shrink(it).to_string()).unwrap_or_default();
    let all = failures.join("\n");
    assert!(
        failures.is_empty(),
        "{} broken:\n{all}\nthe first in fewer steps: {shrunk}",
        failures.len()
    );
    assert_eq!(tally.counted, SEEDS, "each has its steps, phones and faults");
    assert!(tally.coverage.empty_cells().is_empty(), "{}", tally.coverage.table());
}

/// The first seed on which a planted bug breaks what it is said to break.
fn found(plant: Plant) -> Option<u64> {
    let compare_clocks = plant.breaks() == Promise::Clockless;
    let options = Options { plant: Some(plant), compare_clocks, ..Options::default() };
    let within = if plant == Plant::AnswerStale { SELDOM_WITHIN } else { FOUND_WITHIN };
    (0..within).find(|seed| {
        run(*seed, &options).failure.is_some_and(|it| it.violation.promise == plant.breaks())
    })
}

#[test]
fn every_planted_bug_is_found_by_the_promise_that_it_breaks() {
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(plant) = Plant::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            match found(*plant) {
                Some(seed) => {
                    println!("{} breaks {} on seed {seed}", plant.name(), plant.breaks().name())
                }
                None => missed.lock().unwrap().push(plant.name()),
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = [(); WORKERS].map(|()| scope.spawn(work));
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{missed:?} were not found");
}

#[test]
fn every_promise_has_a_planted_bug() {
    let broken = Plant::ALL.map(Plant::breaks);
    for promise in Promise::ALL.into_iter().filter(|promise| *promise != Promise::Working) {
        assert!(broken.contains(&promise), "{} has none", promise.name());
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

#[test]
fn a_failure_is_told_in_few_steps_that_fail_again() {
    let options = Options { plant: Some(Plant::ResendIsNew), ..Options::default() };
    let failure = (0..FOUND_WITHIN).find_map(|seed| run(seed, &options).failure).unwrap();
    let least = shrink(&failure);
    let steps = least.options.only.as_ref().map_or(0, |only| only.len());
    assert!(steps < 20, "{steps} steps are left:\n{least}");
    assert_eq!(least.story.len(), steps + 1, "each step is told, the last one, too");
    assert!(least.to_string().contains("--only "), "{least}");
    let again = run(least.seed, &least.options).failure;
    assert_eq!(again.map(|it| it.violation), Some(least.violation));
}

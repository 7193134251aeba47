//! A failure made smaller: no steps after the one at which it showed, then none that it does not need.

use std::collections::BTreeSet;

use crate::sim::{Failure, Options, run};

/// Runs that one failure may cost.
const RUNS: u32 = 160;

/// The same promise broken in fewer steps, told step by step. Tries to leave out half of the steps, then
/// quarters, and so on down to single ones.
#[must_use]
pub fn shrink(failure: &Failure) -> Failure {
    let mut runs = 0;
    let mut least = failure.clone();
    let options = Options { steps: failure.step, tells: true, ..failure.options.clone() };
    // The last step is always made.
    let all: BTreeSet<u32> = (1..failure.step).collect();
    match breaks(failure, &options, all) {
        Some(found) => least = found,
        None => return least,
    }
    let mut size = failure.step.div_ceil(2).max(1) as usize;
    loop {
        let mut at = 0;
        loop {
            let kept: Vec<u32> = least.options.only.iter().flatten().copied().collect();
            if at >= kept.len() || runs >= RUNS {
                break;
            }
            runs += 1;
            let end = (at + size).min(kept.len());
            let fewer = kept[..at].iter().chain(&kept[end..]).copied().collect();
            match breaks(failure, &least.options, fewer) {
                Some(found) => least = found,
                None => at = end,
            }
        }
        if size == 1 || runs >= RUNS {
            return least;
        }
        size /= 2;
    }
}

/// The failure of a run of these steps and the last, if it breaks the same promise.
fn breaks(failure: &Failure, options: &Options, only: BTreeSet<u32>) -> Option<Failure> {
    let options = Options { only: Some(only), ..options.clone() };
    let mut found = run(failure.seed, &options).failure?;
    // It may show earlier than it did.
    found.options.steps = found.step;
    found.options.only.iter_mut().for_each(|only| only.retain(|step| *step < found.step));
    (found.violation.promise == failure.violation.promise).then_some(found)
}

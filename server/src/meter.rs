//! Processor time spent on one exchange, by the clock of each thread that worked for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, clock_gettime};

/// Adds up processor time; clones add to the same sum.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Does `work`, which stays on this thread, and adds what it took.
    pub fn measure<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = thread_us();
        let done = work();
        self.0.fetch_add(thread_us().saturating_sub(before), Ordering::Relaxed);
        done
    }

    /// The sum so far, microseconds.
    #[must_use]
    pub fn us(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn thread_us() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_nsec.unsigned_abs() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_counts_and_sleep_does_not() {
        let meter = Meter::default();
        meter.measure(|| std::thread::sleep(std::time::Duration::from_millis(200)));
        assert!(meter.us() < 100_000, "{} us of sleep", meter.us());
        let other = meter.clone();
        std::thread::spawn(move || other.measure(|| while thread_us() < 20_000 {})).join().unwrap();
        assert!(meter.us() >= 15_000, "{} us of work", meter.us());
    }
}

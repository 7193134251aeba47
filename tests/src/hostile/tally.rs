//! What was tried and what came of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Outcome;

/// Longer than this is a hang, seconds.
const HANG_S: f64 = 1.0;
/// No hostile change may cost more than this, seconds (issue: "refused in under 50 ms").
const DEAR_S: f64 = 0.05;

/// All that was tried.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Tally {
    /// Honest changes.
    pub honest: Count,
    /// Damaged ones.
    pub damaged: Count,
    /// Well-formed ones of wrong meaning.
    pub wrong: Count,
}

/// Of one sort.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Count {
    /// Pushes judged.
    pub judged: u64,
    /// Taken whole.
    pub taken: u64,
    /// Not taken, by the code of the reason.
    pub refused: BTreeMap<String, u64>,
    /// Panics that got out of the gate.
    pub panics: u64,
    /// Records that did not open afterwards or took no honest change.
    pub poisoned: u64,
    /// Over a second of processor time.
    pub hangs: u64,
    /// Over fifty milliseconds.
    pub dear: u64,
    /// Both ends hold something else.
    pub diverged: u64,
    /// The dearest one, milliseconds of processor time.
    pub most_ms: f64,
    /// All of them, seconds of processor time.
    pub cpu_s: f64,
}

impl Count {
    /// Counts one.
    pub fn count(&mut self, outcome: Outcome) {
        self.judged += 1;
        self.taken += u64::from(outcome.taken);
        self.panics += u64::from(outcome.panicked);
        self.poisoned += u64::from(outcome.poisoned);
        self.hangs += u64::from(outcome.cpu_s > HANG_S);
        self.dear += u64::from(outcome.cpu_s > DEAR_S);
        self.most_ms = self.most_ms.max(outcome.cpu_s * 1e3);
        self.cpu_s += outcome.cpu_s;
        if !outcome.code.is_empty() {
            *self.refused.entry(outcome.code).or_default() += 1;
        }
    }

    fn add(&mut self, other: Self) {
        self.judged += other.judged;
        self.taken += other.taken;
        self.panics += other.panics;
        self.poisoned += other.poisoned;
        self.hangs += other.hangs;
        self.dear += other.dear;
        self.diverged += other.diverged;
        self.most_ms = self.most_ms.max(other.most_ms);
        self.cpu_s += other.cpu_s;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }

    fn harmless(&self) -> bool {
        self.panics == 0 && self.poisoned == 0 && self.hangs == 0
    }
}

impl Tally {
    /// Of a run that ended by a panic.
    #[must_use]
    pub fn escaped() -> Self {
        Self { honest: Count { panics: 1, ..Count::default() }, ..Self::default() }
    }

    /// Adds what another run tried.
    pub fn add(&mut self, other: Self) {
        self.honest.add(other.honest);
        self.damaged.add(other.damaged);
        self.wrong.add(other.wrong);
    }

    /// Whether nothing hostile did harm and nothing honest was refused.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let all = [&self.honest, &self.damaged, &self.wrong];
        all.iter().all(|count| count.harmless())
            && self.honest.refused.is_empty()
            && self.honest.diverged == 0
    }
}

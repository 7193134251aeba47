//! One part of the system that hangs together: tables of whole numbers that agree with what is published.

use std::collections::BTreeSet;

use super::ratio::Ratio;
use super::simplex::{Simplex, Stop};
use crate::system::Terms;

/// How deep a search for whole numbers goes where a solution has fractions.
const DEEPEST: u32 = 24;

/// Unknown variables that hang together, and what is known of them.
pub(super) struct Part {
    /// The variables' numbers in the whole system.
    pub(super) variables: Vec<usize>,
    equations: Vec<(Terms, i64)>,
    low: Vec<i64>,
    high: Vec<i64>,
    simplex: Option<Simplex>,
    /// For each variable the numbers that it has in some table of whole numbers that was found.
    pub(super) seen: Vec<BTreeSet<i64>>,
}

impl Part {
    pub(super) fn new(
        variables: Vec<usize>,
        equations: Vec<(Terms, i64)>,
        bounds: &[(i64, i64)],
        steps: &mut u64,
    ) -> Self {
        let low = variables.iter().map(|it| bounds[*it].0).collect::<Vec<_>>();
        let high = variables.iter().map(|it| bounds[*it].1).collect::<Vec<_>>();
        let seen = vec![BTreeSet::new(); variables.len()];
        let simplex = Simplex::new(&equations, low.clone(), high.clone()).ok();
        let mut new = Self { variables, equations, low, high, simplex, seen };
        new.simplex = new.simplex.and_then(|simplex| solved(simplex, steps));
        new.note();
        new
    }

    /// The furthest that a variable can go down and up; none if the budget ran out.
    pub(super) fn ends(&mut self, at: usize, steps: &mut u64) -> Option<(i64, i64)> {
        let high = self.end(at, true, steps)?.floor();
        let low = self.end(at, false, steps)?.ceil();
        Some((low, high))
    }

    fn end(&mut self, at: usize, up: bool, steps: &mut u64) -> Option<Ratio> {
        let mut simplex = self.simplex.take()?;
        let end = simplex.push(at, up, steps).ok()?;
        self.simplex = Some(simplex);
        self.note();
        Some(end)
    }

    /// Looks for tables in which the variable is one more number, until it has been seen as `enough`.
    pub(super) fn spread(&mut self, at: usize, ends: (i64, i64), enough: usize, steps: &mut u64) {
        let tries = i64::try_from(enough).unwrap_or(i64::MAX).saturating_mul(4);
        for number in ends.0..=ends.1.min(ends.0.saturating_add(tries)) {
            if self.seen[at].len() >= enough {
                return;
            }
            if self.seen[at].contains(&number) {
                continue;
            }
            let Some(mut simplex) = self.simplex.clone() else { return };
            (simplex.low[at], simplex.high[at]) = (number, number);
            if let Ok(found) = whole(simplex, DEEPEST, steps) {
                self.see(&found);
            }
        }
    }

    fn note(&mut self) {
        if let Some(found) = self.simplex.as_ref().and_then(Simplex::whole) {
            self.see(&found);
        }
    }

    /// Keeps a table's numbers, once they have been checked against every equation and bound.
    fn see(&mut self, found: &[i64]) {
        let adds_up = |(terms, sum): &(Terms, i64)| {
            terms.iter().map(|(at, sign)| found[*at] * sign).sum::<i64>() == *sum
        };
        let fits = |at: usize| self.low[at] <= found[at] && found[at] <= self.high[at];
        if self.equations.iter().all(adds_up) && (0..found.len()).all(fits) {
            for (seen, number) in self.seen.iter_mut().zip(found) {
                seen.insert(*number);
            }
        }
    }
}

fn solved(mut simplex: Simplex, steps: &mut u64) -> Option<Simplex> {
    simplex.solve(steps).ok()?;
    Some(simplex)
}

/// A solution of whole numbers: where a variable comes out as a fraction, it is tried below and above.
fn whole(mut simplex: Simplex, deepest: u32, steps: &mut u64) -> Result<Vec<i64>, Stop> {
    simplex.solve(steps)?;
    if let Some(found) = simplex.whole() {
        return Ok(found);
    }
    let (at, value) = simplex.broken().ok_or(Stop::GivenUp)?;
    let deeper = deepest.checked_sub(1).ok_or(Stop::GivenUp)?;
    let mut below = simplex.clone();
    below.high[at] = value.floor();
    match whole(below, deeper, steps) {
        Err(_) => {
            simplex.low[at] = value.ceil();
            whole(simplex, deeper, steps)
        }
        found => found,
    }
}

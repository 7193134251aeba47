//! Narrowing bounds one equation at a time: fast, and enough to find most of what is told by mistake.

use crate::field::FAR;
use crate::system::System;

/// Narrows until nothing changes; returns false if no numbers fit.
pub(super) fn narrow(system: &System, bounds: &mut [(i64, i64)]) -> bool {
    // Each round is sound by itself, so that stopping early is safe.
    for _ in 0..200 {
        let before = bounds.to_vec();
        for terms in system.equations.iter().chain(&system.implied) {
            narrow_one(terms, bounds);
        }
        if bounds.iter().any(|(low, high)| low > high) {
            return false;
        }
        if before == bounds {
            break;
        }
    }
    true
}

fn narrow_one(terms: &[(usize, i64)], bounds: &mut [(i64, i64)]) {
    let signed = |&(variable, sign): &(usize, i64), bounds: &[(i64, i64)]| {
        let (low, high) = bounds[variable];
        if sign > 0 { (low, high) } else { (-high, -low) }
    };
    let ends = terms.iter().map(|term| signed(term, bounds)).collect::<Vec<_>>();
    let least = Side::new(ends.iter().map(|it| it.0));
    let most = Side::new(ends.iter().map(|it| it.1));
    for (term, own) in terms.iter().zip(&ends) {
        let at_least = most.without(own.1).map(|others| -others);
        let at_most = least.without(own.0).map(|others| -others);
        let (from, to) = if term.1 > 0 {
            (at_least, at_most)
        } else {
            (at_most.map(|it| -it), at_least.map(|it| -it))
        };
        let bound = &mut bounds[term.0];
        bound.0 = bound.0.max(from.unwrap_or(bound.0));
        bound.1 = bound.1.min(to.unwrap_or(bound.1));
    }
}

/// A sum of bounds, some of which may be as good as none.
struct Side {
    sum: i64,
    endless: usize,
}

fn is_endless(bound: i64) -> bool {
    bound.abs() >= FAR / 2
}

impl Side {
    fn new(bounds: impl Iterator<Item = i64>) -> Self {
        let mut side = Self { sum: 0, endless: 0 };
        for bound in bounds {
            if is_endless(bound) { side.endless += 1 } else { side.sum += bound }
        }
        side
    }

    fn without(&self, own: i64) -> Option<i64> {
        let (endless, sum) = if is_endless(own) {
            (self.endless - 1, self.sum)
        } else {
            (self.endless, self.sum - own)
        };
        (endless == 0).then_some(sum)
    }
}

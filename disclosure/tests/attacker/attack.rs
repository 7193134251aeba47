//! What follows from the system: between which ends a sum of cells must lie. Bounds are narrowed first;
//! what is then unknown falls into parts, and in each the ends are found by linear programming. Whole
//! tables that were found on the way are kept: they settle most questions without a search.

use super::simplex::{Most, Simplex};
use super::system::{FAR, System, Terms};

/// A sum of unknown cells of one part, and what is known of it beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    /// None if all of it is known.
    pub(crate) part: Option<usize>,
    pub(crate) terms: Terms,
    pub(crate) known: i64,
}

/// The system, taken apart.
pub(crate) struct Attack {
    pub(crate) parts: Vec<Part>,
    /// Where each variable is: part and number in it, if it is unknown.
    place: Vec<Option<(usize, usize)>>,
    bounds: Vec<(i64, i64)>,
}

/// Unknown variables that hang together.
#[derive(Clone)]
pub(crate) struct Part {
    low: Vec<i64>,
    high: Vec<i64>,
    equations: Vec<(Terms, i64)>,
    simplex: Option<Simplex>,
    worlds: Vec<Vec<i64>>,
}

/// Worlds that are kept of a part.
const WORLDS: usize = 400;

impl Attack {
    pub(crate) fn new(system: &System) -> Self {
        let len = system.bounds.len();
        let unknown = |at: usize| system.bounds[at].0 < system.bounds[at].1;
        let mut group: Vec<usize> = (0..len).collect();
        for (terms, _) in &system.equations {
            let mut open = terms.iter().map(|term| term.0).filter(|at| unknown(*at));
            let Some(first) = open.next() else { continue };
            for other in open {
                let (a, b) = (root(&group, first), root(&group, other));
                group[a.max(b)] = a.min(b);
            }
        }
        let mut parts: Vec<Part> = Vec::new();
        let (mut place, mut number) = (vec![None; len], vec![None; len]);
        for at in (0..len).filter(|at| unknown(*at)) {
            let part = *number[root(&group, at)].get_or_insert_with(|| {
                parts.push(Part::empty());
                parts.len() - 1
            });
            place[at] = Some((part, parts[part].low.len()));
            parts[part].low.push(system.bounds[at].0);
            parts[part].high.push(system.bounds[at].1);
        }
        let mut new = Self { parts, place, bounds: system.bounds.clone() };
        for (terms, sum) in &system.equations {
            let own = new.sum(terms);
            if let Some(part) = own.part {
                new.parts[part].equations.push((own.terms, sum - own.known));
            }
        }
        new
    }

    /// Terms over the system's variables, split into what is known and what is not.
    pub(crate) fn sum(&self, terms: &[(usize, i64)]) -> Sum {
        let mut sum = Sum { part: None, terms: Vec::new(), known: 0 };
        for &(at, factor) in terms {
            match self.place[at] {
                None => sum.known += factor * self.bounds[at].0,
                Some((part, own)) => {
                    sum.part = Some(part);
                    sum.terms.push((own, factor));
                }
            }
        }
        sum
    }

    /// The ends of a sum, or as far as they are known to be `enough` apart.
    pub(crate) fn ends(&mut self, sum: &Sum, enough: i64) -> (i64, i64) {
        match sum.part {
            None => (sum.known, sum.known),
            Some(part) => self.parts[part].ends(sum, enough),
        }
    }
}

fn root(group: &[usize], mut at: usize) -> usize {
    while group[at] != at {
        at = group[at];
    }
    at
}

impl Part {
    fn empty() -> Self {
        Self {
            low: Vec::new(),
            high: Vec::new(),
            equations: Vec::new(),
            simplex: None,
            worlds: Vec::new(),
        }
    }

    /// The same for somebody who knows a sum to be at least one.
    pub(crate) fn knowing(&self, sum: &Sum) -> Self {
        let mut new = self.clone();
        new.simplex = None;
        new.low.push(1);
        new.high.push(FAR);
        let mut terms = sum.terms.clone();
        terms.push((self.low.len(), -1));
        new.equations.push((terms, -sum.known));
        new.worlds.retain_mut(|world| {
            let value = value(sum, world);
            world.push(value);
            value >= 1
        });
        new
    }

    /// The ends of a sum, or as far as they are known to be `enough` apart.
    pub(crate) fn ends(&mut self, sum: &Sum, enough: i64) -> (i64, i64) {
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for world in &self.worlds {
            let value = value(sum, world);
            (low, high) = (low.min(value), high.max(value));
            if high - low >= enough {
                return (low, high);
            }
        }
        let high = self.most(&sum.terms).saturating_add(sum.known);
        if low <= high && high - low >= enough {
            return (low, high);
        }
        let against: Terms = sum.terms.iter().map(|(at, factor)| (*at, -factor)).collect();
        let low = (-self.most(&against)).saturating_add(sum.known);
        let [Sum { terms, known, .. }] = [sum];
        match terms.as_slice() {
            [(at, 1)] => (low.max(self.low[*at] + known), high.min(self.high[*at] + known)),
            _ => (low, high),
        }
    }

    /// The most that terms can add up to, in whole numbers.
    fn most(&mut self, terms: &[(usize, i64)]) -> i64 {
        if self.simplex.is_none() {
            let shifted = self.equations.iter().map(|(terms, sum)| {
                let low: i64 = terms.iter().map(|(at, factor)| factor * self.low[*at]).sum();
                (terms.clone(), sum - low)
            });
            self.simplex = Simplex::new(self.low.len(), &shifted.collect::<Vec<_>>());
        }
        let Some(simplex) = &mut self.simplex else { return i64::MIN / 4 };
        let shift: i64 = terms.iter().map(|(at, factor)| factor * self.low[*at]).sum();
        let (most, point) = match simplex.most(terms) {
            Most::At(most) => ((most + 1e-4).floor() as i64 + shift, simplex.point()),
            Most::Endless { far } => (FAR, far),
        };
        self.keep(&point);
        most
    }

    /// Keeps a point if it is one of whole numbers on which all equations hold.
    fn keep(&mut self, point: &[f64]) {
        let world: Vec<i64> =
            point.iter().zip(&self.low).map(|(own, low)| own.round() as i64 + low).collect();
        let holds = |(terms, sum): &(Terms, i64)| {
            terms.iter().map(|(at, factor)| factor * world[*at]).sum::<i64>() == *sum
        };
        let above = world.iter().zip(&self.low).all(|(own, low)| own >= low);
        if above && self.worlds.len() < WORLDS && self.equations.iter().all(holds) {
            self.worlds.push(world);
        }
    }
}

fn value(sum: &Sum, world: &[i64]) -> i64 {
    sum.known + sum.terms.iter().map(|(at, factor)| factor * world[*at]).sum::<i64>()
}

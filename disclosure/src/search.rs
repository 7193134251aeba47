//! The search for a proof: whole numbers that can be added to some cells, and taken from others, without
//! anything that is published changing. A cell which moves so through enough numbers is safe.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::field::{Field, Room, State};

/// A direction in which counts can move unnoticed: the truth plus `k` times the steps is a table that
/// agrees with all that is published, for each whole `k` from `-down` to `up`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) steps: Vec<(usize, i64)>,
    /// The variable that it was made for.
    pub(crate) target: usize,
    pub(crate) down: i64,
    pub(crate) up: i64,
}

/// Fewest cells newly hidden, then the least weight of them, then the shortest move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    pub(crate) cells: u32,
    weight: u64,
    length: u32,
}

/// Counts steps, so that the same figures give the same answer on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) left: u64,
}

impl Budget {
    pub(crate) fn take(&mut self, steps: u64) -> bool {
        let enough = self.left >= steps;
        self.left = self.left.saturating_sub(steps);
        enough
    }
}

/// How long one search may go on at first, and if none has found anything. Where each cell stands in two
/// equations it needs a small part of it.
const STEPS_FIRST: u64 = 40_000;
const STEPS_AGAIN: u64 = 1_000_000;
/// How many equations may be broken at a time: what breaks more is far from being a move. Two are enough
/// where each cell stands in two equations.
const MOST_BROKEN: usize = 5;
/// In one move, no more cells than this.
const LONGEST: u32 = 64;

/// The cheapest move that takes `target` through enough numbers and hides at most `most` further cells.
pub(crate) fn cheapest(
    field: &Field,
    target: usize,
    most: u32,
    budget: &mut Budget,
) -> Option<(Cost, Move)> {
    let found = within(field, target, most, STEPS_FIRST, budget);
    // Without leave to hide, nothing is at stake but one more cell shown.
    if found.is_some() || most == 0 {
        found
    } else {
        within(field, target, most, STEPS_AGAIN, budget)
    }
}

fn within(
    field: &Field,
    target: usize,
    most: u32,
    steps: u64,
    budget: &mut Budget,
) -> Option<(Cost, Move)> {
    let span = field.width[target] - 1;
    let room = field.room_of_target(target);
    let mut best: Option<(Cost, Move)> = None;
    for down in 0..=span {
        let need = Room { down, up: span - down };
        if room.down < need.down || room.up < need.up {
            continue;
        }
        let limit =
            best.as_ref().map_or(Cost { cells: most + 1, ..Cost::default() }, |best| best.0);
        best = Search::new(field, target, need, limit).run(steps, budget).or(best);
        if best.as_ref().is_some_and(|best| best.0.cells == 0) {
            break;
        }
    }
    best
}

/// A move that is not finished: its last step, and the equations that it has broken so far.
struct Partial {
    before: usize,
    step: (usize, i64),
    broken: Vec<(usize, i64)>,
}

struct Search<'a> {
    field: &'a Field<'a>,
    need: Room,
    limit: Cost,
    partials: Vec<Partial>,
    queue: BinaryHeap<Reverse<(Cost, Cost, usize)>>,
    /// The cheapest way to each set of broken equations: how to go on depends on nothing else.
    seen: HashMap<Vec<(usize, i64)>, Cost>,
}

impl<'a> Search<'a> {
    fn new(field: &'a Field, target: usize, need: Room, limit: Cost) -> Self {
        let (queue, seen) = (BinaryHeap::new(), HashMap::new());
        let mut new = Self { field, need, limit, partials: Vec::new(), queue, seen };
        new.push(Cost::default(), usize::MAX, (target, 1), &[]);
        new
    }

    fn run(mut self, mut own: u64, budget: &mut Budget) -> Option<(Cost, Move)> {
        while let Some(Reverse((_, cost, at))) = self.queue.pop() {
            let Some(&(equation, rest)) = self.partials[at].broken.last() else {
                return self.finished(at).map(|found| (cost, found));
            };
            let broken = self.partials[at].broken.clone();
            if self.seen.get(&broken).is_some_and(|best| *best < cost) {
                continue;
            }
            let terms = &self.field.system.equations[equation];
            let steps = terms.len() as u64;
            own = own.saturating_sub(steps);
            if !budget.take(steps) || own == 0 {
                return None;
            }
            for &(variable, sign) in terms {
                let step = (variable, -sign * rest.signum());
                if let Some(more) = self.cost(step).filter(|_| !self.used(at, variable)) {
                    self.push(add(cost, more), at, step, &broken);
                }
            }
        }
        None
    }

    /// What it costs to take a variable into the move, if it has the room.
    fn cost(&self, (variable, direction): (usize, i64)) -> Option<Cost> {
        let Room { down, up } = self.need;
        let need = if direction > 0 { self.need } else { Room { down: up, up: down } };
        let fits = |room: Room| room.down >= need.down && room.up >= need.up;
        match self.field.state[variable] {
            State::Fixed => None,
            State::Open if fits(self.field.room_shown(variable)) => {
                Some(Cost { length: 1, ..Cost::default() })
            }
            State::Open => fits(self.field.room_hidden(variable)).then(|| Cost {
                cells: 1,
                weight: self.field.weight(variable),
                length: 1,
            }),
            State::Primary | State::Hidden => fits(self.field.room_hidden(variable))
                .then_some(Cost { length: 1, ..Cost::default() }),
        }
    }

    fn used(&self, mut at: usize, variable: usize) -> bool {
        while let Some(partial) = self.partials.get(at) {
            if partial.step.0 == variable {
                return true;
            }
            at = partial.before;
        }
        false
    }

    fn push(&mut self, cost: Cost, before: usize, step: (usize, i64), broken: &[(usize, i64)]) {
        if cost >= self.limit || cost.length > LONGEST {
            return;
        }
        let broken = self.after(broken, step);
        if broken.len() > MOST_BROKEN {
            return;
        }
        match self.seen.get_mut(&broken) {
            Some(best) if *best <= cost => return,
            Some(best) => *best = cost,
            None => {
                self.seen.insert(broken.clone(), cost);
            }
        }
        // Of moves that hide alike, the one that is nearest to its end goes on first.
        let far = Cost { length: cost.length + 2 * broken.len() as u32, ..cost };
        self.queue.push(Reverse((far, cost, self.partials.len())));
        self.partials.push(Partial { before, step, broken });
    }

    /// The equations that are broken after a step. What it newly breaks comes last and is mended first,
    /// so that a move grows at one end; of these the shortest first, where there is least to choose.
    fn after(&self, broken: &[(usize, i64)], step: (usize, i64)) -> Vec<(usize, i64)> {
        let mut after = broken.to_vec();
        for &(equation, sign) in &self.field.system.of[step.0] {
            match after.iter_mut().find(|it| it.0 == equation) {
                Some(it) => it.1 += sign * step.1,
                None => after.push((equation, sign * step.1)),
            }
        }
        after.retain(|it| it.1 != 0);
        after
    }

    fn finished(&self, mut at: usize) -> Option<Move> {
        let mut steps = Vec::new();
        let target = self.partials.first()?.step.0;
        while let Some(partial) = self.partials.get(at) {
            steps.push(partial.step);
            at = partial.before;
        }
        let found = Move { steps, target, down: self.need.down, up: self.need.up };
        // Checked once more against every equation: a proof must not rest on how it was found.
        found.holds(self.field).then_some(found)
    }
}

fn add(a: Cost, b: Cost) -> Cost {
    Cost { cells: a.cells + b.cells, weight: a.weight + b.weight, length: a.length + b.length }
}

impl Move {
    /// Whether no equation changes, each variable moves once, and none has less room than it needs even
    /// if all that the move touches is hidden.
    pub(crate) fn holds(&self, field: &Field) -> bool {
        let mut sums: HashMap<usize, i64> = HashMap::new();
        for &(variable, step) in &self.steps {
            for &(equation, sign) in &field.system.of[variable] {
                *sums.entry(equation).or_default() += sign * step;
            }
        }
        let once = self.steps.iter().map(|step| step.0).collect::<std::collections::HashSet<_>>();
        sums.values().all(|sum| *sum == 0)
            && once.len() == self.steps.len()
            && self.steps.iter().all(|step| self.fits(*step, field.room_hidden(step.0)))
    }

    /// Whether it still proves what it proved, given what is hidden now.
    pub(crate) fn still_holds(&self, field: &Field) -> bool {
        let target = self.steps.iter().find(|step| step.0 == self.target);
        target.is_none_or(|step| self.fits(*step, field.room_of_target(step.0)))
            && self.steps.iter().all(|&step| match field.state[step.0] {
                State::Fixed => false,
                State::Open => self.fits(step, field.room_shown(step.0)),
                State::Primary | State::Hidden => self.fits(step, field.room_hidden(step.0)),
            })
    }

    fn fits(&self, (_, direction): (usize, i64), room: Room) -> bool {
        let (down, up) = if direction > 0 { (self.down, self.up) } else { (self.up, self.down) };
        room.down >= down && room.up >= up
    }
}

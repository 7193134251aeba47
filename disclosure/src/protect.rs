//! Hiding further cells until every hidden cell is proven safe.

use std::cmp::Reverse;

use crate::field::{FAR, Field, State};
use crate::search::{Budget, Cost, Move, cheapest};

/// What is hidden, and the move that proves each hidden cell safe.
#[derive(Clone)]
pub(crate) struct Protection<'a> {
    pub(crate) field: Field<'a>,
    moves: Vec<Move>,
    proof: Vec<Option<usize>>,
    /// Cells hidden to protect others.
    pub(crate) secondary: Vec<usize>,
    /// Variables that no move was found for; the audit may still prove them safe.
    pub(crate) unproven: Vec<usize>,
}

/// An equation with at most so many terms is short.
const SHORT: usize = 12;

/// In which order small counts are protected. None is best for all tables, so each is tried.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    AsGiven,
    SmallestFirst,
    LargestFirst,
}

pub(crate) const ORDERS: [Order; 3] = [Order::LargestFirst, Order::SmallestFirst, Order::AsGiven];

impl<'a> Protection<'a> {
    /// Protects everything that is hidden in the field, then shows again what turned out not to be needed.
    pub(crate) fn new(field: Field<'a>, order: Order, budget: &mut Budget) -> Self {
        let proof = vec![None; field.state.len()];
        let mut new =
            Self { field, moves: Vec::new(), proof, secondary: Vec::new(), unproven: Vec::new() };
        new.protect(&new.targets(order), budget);
        new.show_again(budget);
        new
    }

    /// The field as it is, with nothing proven.
    pub(crate) fn unprotected(field: Field<'a>) -> Self {
        let proof = vec![None; field.state.len()];
        let unproven = (0..field.state.len()).filter(|it| field.needs_proof(*it)).collect();
        Self { field, moves: Vec::new(), proof, secondary: Vec::new(), unproven }
    }

    /// What a reader loses: cells first, then children in them.
    pub(crate) fn loss(&self) -> (usize, usize, i64) {
        let children = self.secondary.iter().map(|it| self.field.value[*it]).sum();
        (self.unproven.len(), self.secondary.len(), children)
    }

    /// Hides what stands around the given variables: all of their short equations, and of each long one
    /// the smallest count. Returns false if nothing was left to hide.
    pub(crate) fn widen(&mut self, around: &[usize]) -> bool {
        let before = self.secondary.len();
        let system = self.field.system;
        for &(equation, _) in around.iter().flat_map(|it| &system.of[*it]) {
            let terms = &system.equations[equation];
            let is_open = |it: &usize| self.field.state[*it] == State::Open;
            let mut open: Vec<usize> = terms.iter().map(|it| it.0).filter(is_open).collect();
            if terms.len() > SHORT {
                open.sort_by_key(|it| (self.field.value[*it] == 0, self.field.value[*it]));
                open.truncate(1);
            }
            open.iter().for_each(|it| self.field.state[*it] = State::Hidden);
            self.secondary.extend(open);
        }
        self.secondary.len() > before
    }

    /// Hides these as well; the audit must prove them.
    pub(crate) fn hide_beside(&mut self, noughts: &[usize]) {
        noughts.iter().for_each(|it| self.field.state[*it] = State::Hidden);
        self.secondary.extend(noughts);
    }

    /// Hides all of the given variables, which an attacker may then take to be anything.
    pub(crate) fn withhold(&mut self, variables: &[usize]) {
        for &variable in variables {
            self.field.state[variable] = State::Hidden;
            self.field.bounds[variable] = (0, FAR);
        }
    }

    fn targets(&self, order: Order) -> Vec<usize> {
        let field = &self.field;
        let mut targets: Vec<usize> =
            (0..field.state.len()).filter(|it| field.needs_proof(*it)).collect();
        match order {
            Order::AsGiven => {}
            Order::SmallestFirst => targets.sort_by_key(|it| field.value[*it]),
            Order::LargestFirst => targets.sort_by_key(|it| Reverse(field.value[*it])),
        }
        targets
    }

    fn protect(&mut self, targets: &[usize], budget: &mut Budget) {
        for &target in targets {
            if self.proof[target].is_some() {
                continue;
            }
            match cheapest(&self.field, target, u32::MAX - 1, budget) {
                Some((cost, found)) => self.accept(&found, cost),
                None => self.unproven.push(target),
            }
        }
    }

    fn accept(&mut self, found: &Move, cost: Cost) {
        for &(variable, _) in &found.steps {
            if cost.cells > 0 && self.field.state[variable] == State::Open {
                self.hide_if_needed(variable, found);
            }
        }
        self.moves.push(found.clone());
        for &(variable, _) in &found.steps {
            if self.field.is_hidden(variable) && self.proof[variable].is_none() {
                self.proof[variable] = Some(self.moves.len() - 1);
            }
        }
    }

    /// A rounded count may have room enough while it is shown.
    fn hide_if_needed(&mut self, variable: usize, found: &Move) {
        let alone = Move {
            steps: found.steps.iter().copied().filter(|step| step.0 == variable).collect(),
            ..*found
        };
        if !alone.still_holds(&self.field) {
            self.field.state[variable] = State::Hidden;
            self.secondary.push(variable);
        }
    }

    /// Shows each cell again whose hiding no proof needs any more, the largest first.
    fn show_again(&mut self, budget: &mut Budget) {
        let mut order = self.secondary.clone();
        order.sort_by_key(|it| Reverse(self.field.value[*it]));
        for variable in order {
            if let Some(found) = self.without(variable, budget) {
                *self = found;
            }
        }
    }

    /// The same with one cell shown, if all others can be proven without hiding more.
    fn without(&self, shown: usize, budget: &mut Budget) -> Option<Self> {
        let mut new = self.clone();
        new.field.state[shown] = State::Open;
        new.proof[shown] = None;
        new.secondary.retain(|it| *it != shown);
        new.prove_again(budget)
    }

    /// Narrows what an attacker knows of a hidden cell to a range, if all can be proven even so.
    pub(crate) fn with_band(
        &self,
        variable: usize,
        band: (i64, i64),
        budget: &mut Budget,
    ) -> Option<Self> {
        let mut new = self.clone();
        new.field.bounds[variable] = band;
        new.prove_again(budget)
    }

    /// Finds new proofs for cells that have lost theirs, without hiding more.
    fn prove_again(mut self, budget: &mut Budget) -> Option<Self> {
        let holds: Vec<bool> = self.moves.iter().map(|it| it.still_holds(&self.field)).collect();
        let lost = |proof: &Option<usize>| proof.is_some_and(|at| !holds[at]);
        let orphans: Vec<usize> =
            (0..self.proof.len()).filter(|it| lost(&self.proof[*it])).collect();
        orphans.iter().for_each(|it| self.proof[*it] = None);
        for orphan in orphans {
            if self.proof[orphan].is_none() {
                let (cost, found) = cheapest(&self.field, orphan, 0, budget)?;
                self.accept(&found, cost);
            }
        }
        Some(self)
    }
}

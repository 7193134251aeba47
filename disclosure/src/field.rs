//! What hiding works on: the exact count of every variable, what is decided of it, and how far it may
//! move before an attacker would notice.

use crate::rules::{Attacker, Rules};
use crate::system::System;

/// What is decided of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It will be shown unless it is needed to protect another.
    Open,
    /// Everybody knows it: published before, or it cannot be otherwise.
    Fixed,
    /// Hidden for its own sake.
    Primary,
    /// Hidden to protect others, merged away, or hidden in an earlier edition.
    Hidden,
}

/// How far a count may go down and up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) down: i64,
    pub(crate) up: i64,
}

/// The block while it is being masked.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    pub(crate) system: &'a System,
    pub(crate) rules: &'a Rules,
    pub(crate) value: Vec<i64>,
    pub(crate) state: Vec<State>,
    /// What the attacker would know of each variable if it were hidden: least and most.
    pub(crate) bounds: Vec<(i64, i64)>,
    /// How many numbers each variable must be able to be.
    pub(crate) width: Vec<i64>,
    /// Not a secret, though not known exactly: shown rounded in an earlier edition, or told by earlier
    /// editions already.
    pub(crate) told: Vec<bool>,
}

/// Stands for "no upper bound"; no count comes near.
pub(crate) const FAR: i64 = 1 << 50;

impl Field<'_> {
    pub(crate) fn is_hidden(&self, variable: usize) -> bool {
        matches!(self.state[variable], State::Primary | State::Hidden)
    }

    /// Whether a variable is hidden and its count must stay unknown.
    pub(crate) fn needs_proof(&self, variable: usize) -> bool {
        self.is_hidden(variable) && !self.told[variable]
    }

    /// Room of a variable that is hidden, or would be.
    ///
    /// Against an attacker who knows the rule, where somebody is counted somebody stays: each table that
    /// proves a cell safe then also does for somebody who knows one child to be counted in a hidden cell.
    pub(crate) fn room_hidden(&self, variable: usize) -> Room {
        let (low, high) = self.bounds[variable];
        let counted = self.rules.attacker == Attacker::Rule && self.value[variable] > 0;
        self.room(variable, low.max(i64::from(counted)), high)
    }

    /// Hides cells for their own sake.
    pub(crate) fn hide(&mut self, variables: &[usize]) {
        variables.iter().for_each(|it| self.state[*it] = State::Primary);
    }

    /// Room of the variable that a move is made for. Against an attacker who knows the rule, a small count
    /// stays small: in each table that proves it safe it would be hidden for its own sake, too.
    pub(crate) fn room_of_target(&self, variable: usize) -> Room {
        let (least, most) = self.rules.small();
        let wide = most - least + 1 >= self.width[variable];
        let (mut low, mut high) = self.bounds[variable];
        if self.rules.attacker == Attacker::Rule
            && wide
            && self.state[variable] == State::Primary
            && self.rules.is_small(self.value[variable])
        {
            (low, high) = (low.max(least), high.min(most));
        }
        self.room(variable, low, high)
    }

    /// Room of a variable that is shown: none, unless it is rounded.
    pub(crate) fn room_shown(&self, variable: usize) -> Room {
        let (low, high) = self.rules.behind(self.rules.rounded(self.value[variable]));
        self.room(variable, low, high)
    }

    fn room(&self, variable: usize, low: i64, high: i64) -> Room {
        Room { down: self.value[variable] - low, up: high - self.value[variable] }
    }

    /// What hiding a variable costs besides being one more: its count or, so that the choice tells an
    /// attacker who knows the rule less, how many binary digits its count has.
    pub(crate) fn weight(&self, variable: usize) -> u64 {
        let count = self.value[variable].unsigned_abs();
        match self.rules.attacker {
            Attacker::Linear => count,
            Attacker::Rule => u64::from(u64::BITS - count.leading_zeros()),
        }
    }
}

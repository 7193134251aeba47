//! Whether equations have a solution within bounds, and how far one variable can go: the simplex method
//! with exact fractions. Bland's rule (always the first variable that will do) keeps it from going round
//! in circles.

use super::ratio::{Ratio, TooLarge};
use crate::system::Terms;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// No solution.
    Impossible,
    /// The budget of pivots is used up, or a fraction grew too large.
    GivenUp,
}

impl From<TooLarge> for Stop {
    fn from(_: TooLarge) -> Self {
        Self::GivenUp
    }
}

/// A variable as a sum of others, sorted.
type Row = Vec<(usize, Ratio)>;

#[derive(Clone)]
pub(super) struct Simplex {
    /// For each basic variable, in the order of rows.
    basic: Vec<usize>,
    rows: Vec<Row>,
    /// For each variable its row, if it is basic.
    row_of: Vec<Option<usize>>,
    value: Vec<Ratio>,
    pub(super) low: Vec<i64>,
    pub(super) high: Vec<i64>,
}

impl Simplex {
    /// Equations are terms and what they add up to.
    pub(super) fn new(
        equations: &[(Terms, i64)],
        low: Vec<i64>,
        high: Vec<i64>,
    ) -> Result<Self, Stop> {
        let value = low.iter().map(|low| Ratio::whole(*low)).collect();
        let row_of = vec![None; low.len()];
        let mut new = Self { basic: Vec::new(), rows: Vec::new(), row_of, value, low, high };
        // What each row adds up to beside its variables.
        let mut constants = Vec::new();
        for (terms, sum) in equations {
            new.add(terms, *sum, &mut constants)?;
        }
        for (at, constant) in constants.into_iter().enumerate() {
            new.value[new.basic[at]] = new.sum(&new.rows[at], constant)?;
        }
        Ok(new)
    }

    fn sum(&self, row: &Row, constant: Ratio) -> Result<Ratio, TooLarge> {
        row.iter().try_fold(constant, |sum, (at, by)| sum.plus(by.times(self.value[*at])?))
    }

    /// Solves an equation for one of its variables, and puts that into all rows.
    fn add(&mut self, terms: &Terms, sum: i64, constants: &mut Vec<Ratio>) -> Result<(), Stop> {
        let (mut left, mut constant) = (Row::new(), Ratio::whole(-sum));
        for (variable, sign) in terms {
            let sign = Ratio::whole(*sign);
            match self.row_of[*variable] {
                Some(row) => {
                    left = combined(&left, &self.rows[row], sign)?;
                    constant = constant.plus(constants[row].times(sign)?)?;
                }
                None => left = combined(&left, &vec![(*variable, Ratio::ONE)], sign)?,
            }
        }
        let Some(&(variable, by)) = left.last() else {
            return if constant.is_zero() { Ok(()) } else { Err(Stop::Impossible) };
        };
        left.pop();
        let scale = Ratio::ONE.over(by)?.negative();
        let solved = combined(&Row::new(), &left, scale)?;
        let constant = constant.times(scale)?;
        for (row, own) in self.rows.iter_mut().zip(constants.iter_mut()) {
            if let Some(by) = take(row, variable) {
                *row = combined(row, &solved, by)?;
                *own = own.plus(constant.times(by)?)?;
            }
        }
        self.row_of[variable] = Some(self.rows.len());
        self.basic.push(variable);
        self.rows.push(solved);
        constants.push(constant);
        Ok(())
    }

    /// Moves all variables into their bounds.
    pub(super) fn solve(&mut self, steps: &mut u64) -> Result<(), Stop> {
        for at in 0..self.value.len() {
            if self.row_of[at].is_none() {
                let inside = self.inside(at);
                self.shift(at, inside)?;
            }
        }
        while let Some(row) = self.first_outside() {
            count(steps)?;
            let variable = self.basic[row];
            let target = self.inside(variable);
            let up = self.value[variable].is_less(target);
            let can = |(at, by): &&(usize, Ratio)| self.can_move(*at, by.is_positive() == up);
            let entering = self.rows[row].iter().find(can).copied();
            let (entering, by) = entering.ok_or(Stop::Impossible)?;
            let by = target.minus(self.value[variable])?.over(by)?;
            let to = self.value[entering].plus(by)?;
            self.shift(entering, to)?;
            self.pivot(row, entering)?;
        }
        Ok(())
    }

    /// Takes one variable as far up or down as it can go, from a solution to a solution.
    pub(super) fn push(&mut self, goal: usize, up: bool, steps: &mut u64) -> Result<Ratio, Stop> {
        while let Some((entering, rises)) = self.improving(goal, up) {
            count(steps)?;
            let own = if rises { self.high[entering] } else { self.low[entering] };
            let mut furthest = Ratio::whole(own).minus(self.value[entering])?;
            let mut leaving = None;
            for (row, &variable) in self.basic.iter().enumerate() {
                let Some(by) = coefficient(&self.rows[row], entering) else { continue };
                let grows = by.is_positive() == rises;
                let bound = if grows { self.high[variable] } else { self.low[variable] };
                let limit = Ratio::whole(bound).minus(self.value[variable])?.over(by)?;
                let nearer = if rises { limit.is_less(furthest) } else { furthest.is_less(limit) };
                let tie = limit == furthest
                    && leaving.is_none_or(|other: usize| variable < self.basic[other]);
                if nearer || tie {
                    (furthest, leaving) = (limit, Some(row));
                }
            }
            let to = self.value[entering].plus(furthest)?;
            self.shift(entering, to)?;
            if let Some(row) = leaving {
                self.pivot(row, entering)?;
            }
        }
        Ok(self.value[goal])
    }

    /// A variable off the basis whose change moves the goal, and whether it must rise.
    fn improving(&self, goal: usize, up: bool) -> Option<(usize, bool)> {
        let Some(row) = self.row_of[goal] else {
            return self.can_move(goal, up).then_some((goal, up));
        };
        let mut moves = self.rows[row].iter().map(|(at, by)| (*at, by.is_positive() == up));
        moves.find(|(at, rises)| self.can_move(*at, *rises))
    }

    fn can_move(&self, at: usize, up: bool) -> bool {
        if up {
            self.value[at].is_less(Ratio::whole(self.high[at]))
        } else {
            Ratio::whole(self.low[at]).is_less(self.value[at])
        }
    }

    fn first_outside(&self) -> Option<usize> {
        let outside = |(_, at): &(usize, &usize)| self.inside(**at) != self.value[**at];
        self.basic.iter().enumerate().filter(outside).min_by_key(|(_, at)| **at).map(|it| it.0)
    }

    /// Its value or, outside its bounds, the nearer bound.
    fn inside(&self, at: usize) -> Ratio {
        let (low, high) = (Ratio::whole(self.low[at]), Ratio::whole(self.high[at]));
        match self.value[at] {
            value if value.is_less(low) => low,
            value if high.is_less(value) => high,
            value => value,
        }
    }

    /// Sets a variable off the basis, and what follows from it.
    fn shift(&mut self, at: usize, to: Ratio) -> Result<(), Stop> {
        let change = to.minus(self.value[at])?;
        if change.is_zero() {
            return Ok(());
        }
        for (row, variable) in self.rows.iter().zip(&self.basic) {
            if let Some(by) = coefficient(row, at) {
                self.value[*variable] = self.value[*variable].plus(by.times(change)?)?;
            }
        }
        self.value[at] = to;
        Ok(())
    }

    /// Solves a row for another variable, and puts that into all other rows.
    fn pivot(&mut self, row: usize, entering: usize) -> Result<(), Stop> {
        let leaving = self.basic[row];
        let mut solved = std::mem::take(&mut self.rows[row]);
        let by = take(&mut solved, entering).ok_or(Stop::GivenUp)?;
        let scale = Ratio::ONE.over(by)?;
        let rest = combined(&Row::new(), &solved, scale.negative())?;
        let solved = combined(&rest, &vec![(leaving, Ratio::ONE)], scale)?;
        for other in &mut self.rows {
            if let Some(by) = take(other, entering) {
                *other = combined(other, &solved, by)?;
            }
        }
        self.rows[row] = solved;
        self.basic[row] = entering;
        (self.row_of[entering], self.row_of[leaving]) = (Some(row), None);
        Ok(())
    }

    /// All values, if they are whole.
    pub(super) fn whole(&self) -> Option<Vec<i64>> {
        self.value.iter().map(|value| value.as_whole()).collect()
    }

    /// The first value that is not whole.
    pub(super) fn broken(&self) -> Option<(usize, Ratio)> {
        let found = self.value.iter().enumerate().find(|(_, value)| value.as_whole().is_none());
        found.map(|(at, value)| (at, *value))
    }
}

fn count(steps: &mut u64) -> Result<(), Stop> {
    *steps = steps.checked_sub(1).ok_or(Stop::GivenUp)?;
    Ok(())
}

fn coefficient(row: &Row, variable: usize) -> Option<Ratio> {
    row.binary_search_by_key(&variable, |it| it.0).ok().map(|at| row[at].1)
}

fn take(row: &mut Row, variable: usize) -> Option<Ratio> {
    row.binary_search_by_key(&variable, |it| it.0).ok().map(|at| row.remove(at).1)
}

/// One row plus a multiple of another.
fn combined(row: &Row, other: &Row, by: Ratio) -> Result<Row, TooLarge> {
    let mut sum = Row::with_capacity(row.len() + other.len());
    let (mut row, mut other) = (row.iter().peekable(), other.iter().peekable());
    loop {
        let order = match (row.peek(), other.peek()) {
            (Some(a), Some(b)) => a.0.cmp(&b.0),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return Ok(sum),
        };
        let left = if order.is_le() { row.next() } else { None };
        let right = if order.is_ge() { other.next() } else { None };
        let at = left.or(right).map_or(0, |it| it.0);
        let right = right.map_or(Ok(Ratio::ZERO), |it| it.1.times(by))?;
        let total = left.map_or(Ratio::ZERO, |it| it.1).plus(right)?;
        if !total.is_zero() {
            sum.push((at, total));
        }
    }
}

//! A simplex on a dense tableau, which keeps its corner from one question to the next. Numbers are
//! floating: what it says to be possible is checked by adding up in whole numbers (`attack.rs`).

use super::system::Terms;

const TINY: f64 = 1e-7;

/// All points with no variable below nought on which the equations hold.
#[derive(Clone)]
pub(crate) struct Simplex {
    /// Factors of each variable, then the sum.
    rows: Vec<Vec<f64>>,
    /// The variable that each row gives; those from `len` on are not of the problem.
    basis: Vec<usize>,
    len: usize,
}

/// What is the most that a sum can be.
pub(crate) enum Most {
    /// This, at the corner that `point` gives.
    At(f64),
    /// There is no end; `far` is a point on the way.
    Endless { far: Vec<f64> },
}

impl Simplex {
    /// None if there is no such point.
    pub(crate) fn new(len: usize, equations: &[(Terms, i64)]) -> Option<Self> {
        let mut rows = Vec::new();
        for (terms, sum) in equations {
            let sign = if *sum < 0 { -1.0 } else { 1.0 };
            let mut row = vec![0.0; len + 1];
            terms.iter().for_each(|(at, factor)| row[*at] += sign * *factor as f64);
            row[len] = sign * *sum as f64;
            rows.push(row);
        }
        let basis = (len..len + rows.len()).collect();
        let mut new = Self { rows, basis, len };
        let mut cost = vec![0.0; len + 1];
        for row in &new.rows {
            cost.iter_mut().zip(row).for_each(|(cost, factor)| *cost += factor);
        }
        new.climb(&mut cost);
        (cost[len].abs() < 1e-5).then(|| new.without_strangers())
    }

    /// Puts variables of the problem in place of those that are not; rows that say nothing go.
    fn without_strangers(mut self) -> Self {
        let mut row = 0;
        while row < self.rows.len() {
            if self.basis[row] < self.len {
                row += 1;
                continue;
            }
            let other = (0..self.len).find(|at| self.rows[row][*at].abs() > 1e-5);
            match other {
                Some(at) => self.pivot(row, at, &mut []),
                None => {
                    self.rows.swap_remove(row);
                    self.basis.swap_remove(row);
                }
            }
        }
        self
    }

    /// Goes to where a sum is greatest.
    pub(crate) fn most(&mut self, terms: &[(usize, i64)]) -> Most {
        let mut cost = vec![0.0; self.len + 1];
        terms.iter().for_each(|(at, factor)| cost[*at] += *factor as f64);
        for (row, at) in self.rows.iter().zip(&self.basis) {
            let factor = cost[*at];
            if factor != 0.0 {
                cost.iter_mut().zip(row).for_each(|(cost, own)| *cost -= factor * own);
            }
        }
        match self.climb(&mut cost) {
            None => Most::At(-cost[self.len]),
            Some(entering) => Most::Endless { far: self.along(entering, 1000.0) },
        }
    }

    /// The corner where it is.
    pub(crate) fn point(&self) -> Vec<f64> {
        let mut point = vec![0.0; self.len];
        for (row, at) in self.rows.iter().zip(&self.basis) {
            point[*at] = row[self.len];
        }
        point
    }

    fn along(&self, entering: usize, far: f64) -> Vec<f64> {
        let mut point = self.point();
        point[entering] += far;
        for (row, at) in self.rows.iter().zip(&self.basis) {
            point[*at] -= far * row[entering];
        }
        point
    }

    /// Pivots while a cost is left that grows; gives back the variable along which it grows for ever.
    fn climb(&mut self, cost: &mut [f64]) -> Option<usize> {
        for round in 0_usize.. {
            // The steepest first, and after long the first: that ends.
            let growing = (0..self.len).filter(|at| cost[*at] > TINY);
            let entering = if round < 50 + 4 * self.rows.len() {
                growing.max_by(|a, b| cost[*a].total_cmp(&cost[*b]))
            } else {
                growing.min()
            };
            let entering = entering?;
            let Some(row) = self.leaving(entering) else { return Some(entering) };
            self.pivot(row, entering, cost);
        }
        None
    }

    fn leaving(&self, entering: usize) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        for (at, row) in self.rows.iter().enumerate() {
            if row[entering] > TINY {
                let ratio = row[self.len].max(0.0) / row[entering];
                let better = best.is_none_or(|(least, other)| {
                    ratio < least - 1e-9
                        || (ratio < least + 1e-9 && self.basis[at] < self.basis[other])
                });
                if better {
                    best = Some((ratio, at));
                }
            }
        }
        best.map(|(_, at)| at)
    }

    fn pivot(&mut self, row: usize, entering: usize, cost: &mut [f64]) {
        let by = self.rows[row][entering];
        let mut own = std::mem::take(&mut self.rows[row]);
        own.iter_mut().for_each(|factor| *factor = clean(*factor / by));
        let used: Vec<usize> = (0..own.len()).filter(|at| own[*at] != 0.0).collect();
        for other in self.rows.iter_mut().filter(|other| !other.is_empty()) {
            subtract(other, &own, &used, entering);
        }
        if !cost.is_empty() {
            subtract(cost, &own, &used, entering);
        }
        self.rows[row] = own;
        self.basis[row] = entering;
    }
}

fn subtract(row: &mut [f64], own: &[f64], used: &[usize], entering: usize) {
    let factor = row[entering];
    if factor != 0.0 {
        used.iter().for_each(|at| row[*at] = clean(row[*at] - factor * own[*at]));
    }
}

fn clean(number: f64) -> f64 {
    if number.abs() < 1e-10 { 0.0 } else { number }
}

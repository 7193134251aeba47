//! Fractions of whole numbers that say so when they grow too large, and never round.

/// A fraction in lowest terms with a denominator above nought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    above: i64,
    below: i64,
}

/// A number that does not fit. What was being proven then counts as not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

impl Ratio {
    pub(super) const ZERO: Self = Self::whole(0);
    pub(super) const ONE: Self = Self::whole(1);

    pub(super) const fn whole(above: i64) -> Self {
        Self { above, below: 1 }
    }

    fn new(above: i128, below: i128) -> Result<Self, TooLarge> {
        let divisor = gcd(above.unsigned_abs(), below.unsigned_abs());
        let divisor = i128::try_from(divisor).map_err(|_| TooLarge)?.max(1) * below.signum();
        let fit = |part: i128| i64::try_from(part / divisor).map_err(|_| TooLarge);
        Ok(Self { above: fit(above)?, below: fit(below)? })
    }

    pub(super) fn plus(self, other: Self) -> Result<Self, TooLarge> {
        if self.below == 1 && other.below == 1 {
            return self.above.checked_add(other.above).map(Self::whole).ok_or(TooLarge);
        }
        let (a, b) = (i128::from(self.above), i128::from(self.below));
        let (c, d) = (i128::from(other.above), i128::from(other.below));
        Self::new(a * d + c * b, b * d)
    }

    pub(super) fn times(self, other: Self) -> Result<Self, TooLarge> {
        if self.below == 1 && other.below == 1 {
            return self.above.checked_mul(other.above).map(Self::whole).ok_or(TooLarge);
        }
        let above = i128::from(self.above) * i128::from(other.above);
        Self::new(above, i128::from(self.below) * i128::from(other.below))
    }

    pub(super) fn minus(self, other: Self) -> Result<Self, TooLarge> {
        self.plus(other.negative())
    }

    /// Divides by a number that is not nought.
    pub(super) fn over(self, other: Self) -> Result<Self, TooLarge> {
        let above = i128::from(self.above) * i128::from(other.below);
        Self::new(above, i128::from(self.below) * i128::from(other.above))
    }

    pub(super) fn negative(self) -> Self {
        // The least i64 is never made: `new` and the checked operations would have to reach it first.
        Self { above: self.above.saturating_neg(), below: self.below }
    }

    pub(super) fn is_zero(self) -> bool {
        self.above == 0
    }

    pub(super) fn is_positive(self) -> bool {
        self.above > 0
    }

    pub(super) fn is_less(self, other: Self) -> bool {
        let left = i128::from(self.above) * i128::from(other.below);
        left < i128::from(other.above) * i128::from(self.below)
    }

    /// The whole number that it is, if it is one.
    pub(super) fn as_whole(self) -> Option<i64> {
        (self.below == 1).then_some(self.above)
    }

    pub(super) fn floor(self) -> i64 {
        self.above.div_euclid(self.below)
    }

    pub(super) fn ceil(self) -> i64 {
        self.negative().floor().saturating_neg()
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

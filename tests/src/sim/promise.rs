//! The promises that a run may break, and how a broken one is told.

use std::fmt;

/// A promise of the architecture (its section 6), or that nothing fails without a cause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Promise {
    /// Acknowledged is never lost, unacknowledged never deleted from the phone.
    Kept,
    /// Equal entitlement, fully synced: equal values, conflicts included.
    Converged,
    /// Nothing reaches anyone who was not entitled when it was sent.
    Entitled,
    /// Delivery is idempotent: nothing is in the log twice.
    Once,
    /// A cursor never skips.
    Complete,
    /// Everyone whose value is not in force is told.
    Told,
    /// The log verifies and its read models can be made again.
    Verified,
    /// Wrong clocks change no outcome.
    Clockless,
    /// No error without a fault that explains it, and no work stuck on a phone.
    Working,
}

impl Promise {
    /// Every promise.
    pub const ALL: [Self; 9] = [
        Self::Kept,
        Self::Converged,
        Self::Entitled,
        Self::Once,
        Self::Complete,
        Self::Told,
        Self::Verified,
        Self::Clockless,
        Self::Working,
    ];

    /// Its name in the architecture, and a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "P1 kept",
            Self::Converged => "P2 converged",
            Self::Entitled => "P3 entitled",
            Self::Once => "P4 once",
            Self::Complete => "P5 complete",
            Self::Told => "P6 told",
            Self::Verified => "P7 verified",
            Self::Clockless => "P8 clockless",
            Self::Working => "-- working",
        }
    }
}

/// A broken promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which.
    pub promise: Promise,
    /// How it showed.
    pub what: String,
}

impl Violation {
    /// A promise broken in this way.
    pub fn of(promise: Promise, what: impl Into<String>) -> Self {
        Self { promise, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise.name(), self.what)
    }
}

/// Any failure of the product that no fault explains.
impl<E: std::error::Error> From<E> for Violation {
    fn from(error: E) -> Self {
        Self::of(Promise::Working, error.to_string())
    }
}

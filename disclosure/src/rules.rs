//! The rules of an edition, as data.

use serde::{Deserialize, Serialize};

use crate::error::Invalid;

/// All settings of disclosure control. They are published with each edition, since an attacker may
/// know them; nothing here is a secret that protection rests on.
///
/// ```
/// let rules = disclosure::Rules { threshold: 9, ..disclosure::Rules::default() };
/// assert_eq!(rules.width, 4);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The largest count, in children, that is hidden for its own sake \[5\]. From 1 to here a reader
    /// who knows one child of the group could learn something of that child.
    pub threshold: u32,
    /// What happens to a count of nought \[`Spare`\].
    pub zeros: Zeros,
    /// How many whole numbers each hidden count must still be able to be \[4\]. With fewer, a hidden
    /// count is as good as told.
    pub width: u32,
    /// Shown counts are rounded to the nearest multiple of this many children \[none\]. Rounding hides
    /// fewer cells, but totals no longer add up before a reader's eyes. At most twice the threshold and two.
    pub rounding: Option<u32>,
    /// Ranges, from and to in children, that may be shown instead of "hidden" \[none\]. They must cover
    /// the hidden counts without a gap and be wider than `width`, or the missing band would tell.
    pub bands: Vec<(u32, u32)>,
    /// What the attacker is taken to know \[`Rule`\].
    pub attacker: Attacker,
    /// Steps of search that hiding may take for one edition \[40 million\]. Counted and not timed, so
    /// that the same figures give the same tables on every machine. When it is used up, tables are
    /// withheld.
    pub search_steps: u64,
    /// Pivots that the audit may take for one edition \[2 million\]. A cell that is not proven within it
    /// counts as unsafe.
    pub audit_steps: u64,
    /// Digits after the point of a percentage \[0\].
    pub decimals: u8,
}

/// What happens to a count of nought. Nought is no child, but "none of them was seen" can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// Always shown. The attacker then knows that a hidden count is at least 1.
    Shown,
    /// Shown, unless hiding it protects a small count with fewer hidden cells than without.
    Spare,
    /// Hidden for its own sake, as a small count is.
    Hidden,
}

/// What the attacker knows besides all that was published and that counts are whole and not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attacker {
    /// Nothing more.
    Linear,
    /// The threshold, and that nothing is hidden without a small count to protect. The tables that
    /// prove a cell safe then keep every small count small, so that they would be hidden as well.
    Rule,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            threshold: 5,
            zeros: Zeros::Spare,
            width: 4,
            rounding: None,
            bands: Vec::new(),
            attacker: Attacker::Rule,
            search_steps: 40_000_000,
            audit_steps: 2_000_000,
            decimals: 0,
        }
    }
}

impl Rules {
    /// Whether the rules can be kept.
    ///
    /// # Errors
    /// [`Invalid::Rules`] with what contradicts what.
    pub fn check(&self) -> Result<(), Invalid> {
        let (low, high) = self.small();
        let joined = self.bands.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0);
        // What is hidden without a range must not stand out from what is.
        let low = low.min(self.hidden_low());
        let first = self
            .bands
            .first()
            .is_none_or(|band| i64::from(band.0) <= low && i64::from(band.1) >= high);
        let most = self.threshold.saturating_mul(2).saturating_add(2);
        let coarse = self.rounding.is_some_and(|base| base > most);
        let wide = self.bands.iter().all(|(low, high)| high >= low && high - low >= self.width);
        let wrong = [
            (self.width < 2, "a hidden count must be able to be at least 2 numbers"),
            (self.width > 1000, "no count can be hidden among more than 1000 numbers"),
            (self.threshold == 0 && self.zeros != Zeros::Hidden, "nothing would be hidden"),
            (self.threshold > 1_000_000, "the threshold is too large"),
            (coarse, "rounding must not make nought of a count that is shown"),
            (!joined, "bands must follow each other without a gap"),
            (!first, "the first band must hold all small counts and hidden noughts"),
            (!wide, "a band must be wider than the protection width"),
        ];
        let found = wrong.iter().find(|(is_wrong, _)| *is_wrong);
        found.map_or(Ok(()), |(_, what)| Err(Invalid::Rules(what)))
    }

    /// The counts that are hidden for their own sake, from and to.
    pub(crate) fn small(&self) -> (i64, i64) {
        let low = if self.zeros == Zeros::Hidden { 0 } else { 1 };
        (low, i64::from(self.threshold))
    }

    pub(crate) fn is_small(&self, count: i64) -> bool {
        let (low, high) = self.small();
        (low..=high).contains(&count)
    }

    /// The smallest count that a cell marked hidden can have.
    pub(crate) fn hidden_low(&self) -> i64 {
        i64::from(self.zeros == Zeros::Shown)
    }

    /// The count as it is shown.
    pub(crate) fn rounded(&self, count: i64) -> i64 {
        match self.rounding.map(i64::from) {
            Some(base) if base > 1 => (count + base / 2) / base * base,
            _ => count,
        }
    }

    /// The counts that a cell shown as `n` can have.
    pub(crate) fn behind(&self, n: i64) -> (i64, i64) {
        let Some(base) = self.rounding.map(i64::from).filter(|base| *base > 1) else {
            return (n, n);
        };
        // Only nought rounds down to nought: small counts are hidden, and coarser rounding is refused.
        if n == 0 {
            return (0, 0);
        }
        let (least, most) = (i64::from(self.threshold) + 1, n + (base - 1) / 2);
        ((n - base / 2).max(least), most)
    }
}

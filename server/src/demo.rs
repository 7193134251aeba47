//! An invented area at full size, for the demo and for tests: clusters, schools, people, 13,000
//! pupils and the histories of those whom a team works with.
//!
//! Nobody in it exists: family names and places are put together from syllables, sentences from
//! word lists. The same seed and day give the same area, on any machine, for ever; nothing here
//! reads a clock or a random source.

pub mod area;
pub mod attendance;
pub mod drafts;
pub mod event;
pub mod history;
pub mod imports;
pub mod load;
pub mod names;
pub mod people;
pub mod prose;
pub mod roll;
mod themes;

use jiff::ToSpan;
use jiff::civil::Date;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub use area::{Area, Cluster, School, SchoolSort};
pub use attendance::{Attendance, Exclusion, Term};
pub use event::{Event, Finding, PlanRow, Visit, What};
pub use people::{Agency, Practitioner, Role};
pub use roll::{Family, Guardian, Pupil, SchoolYear};

/// Chance, repeatable: what a seed gives once it gives always.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

/// What dice are thrown for. Each has numbers of its own, so that a longer list in one part changes
/// nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Schools and staff.
    Area,
    /// Families and pupils.
    Roll,
    /// One pupil's attendance, by the pupil's number.
    Attendance(u32),
    /// One pupil's history, by the pupil's number.
    History(u32),
}

impl Dice {
    /// The dice of a part of the area that `seed` gives.
    #[must_use]
    pub fn new(seed: u64, part: Part) -> Self {
        let stream = match part {
            Part::Area => 1,
            Part::Roll => 2,
            Part::Attendance(pupil) => 1 << 32 | u64::from(pupil),
            Part::History(pupil) => 2 << 32 | u64::from(pupil),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number from 0 to `count - 1`; 0 if `count` is 0.
    pub fn below(&mut self, count: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(count)) >> 32) as u32
    }

    /// A number from `least` to `most`, both possible.
    pub fn between(&mut self, least: i32, most: i32) -> i32 {
        least + self.below((most - least + 1).unsigned_abs()) as i32
    }

    /// True in `percent` of a hundred throws.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of `things`, which are not none.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len() as u32) as usize]
    }

    /// The place of one of `weights`, each as likely as it is heavy.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        0
    }
}

/// `date` moved by `days`.
fn later(date: Date, days: i32) -> Date {
    date.saturating_add(i64::from(days).days())
}

/// `date`, or the Monday after it if it is on a weekend.
fn working_day(date: Date) -> Date {
    later(date, [0, 0, 0, 0, 0, 2, 1][date.weekday().to_monday_zero_offset() as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_repeat_and_parts_are_apart() {
        let throw = |seed, part| Dice::new(seed, part).below(u32::MAX);
        assert_eq!(throw(1, Part::Area), throw(1, Part::Area));
        assert_ne!(throw(1, Part::Area), throw(2, Part::Area));
        assert_ne!(throw(1, Part::Attendance(7)), throw(1, Part::History(7)));
        assert_ne!(throw(1, Part::History(6)), throw(1, Part::History(7)));
    }

    #[test]
    fn dice_stay_in_their_range_and_reach_its_ends() {
        let mut dice = Dice::new(1, Part::Roll);
        let thrown: Vec<i32> = (0..500).map(|_| dice.between(-2, 2)).collect();
        assert_eq!((thrown.iter().min(), thrown.iter().max()), (Some(&-2), Some(&2)));
        let mut counts = [0; 3];
        (0..1_000).for_each(|_| counts[dice.weighted(&[70, 0, 30])] += 1);
        assert!(counts[0] > 600 && counts[1] == 0 && counts[2] > 200, "{counts:?}");
    }

    #[test]
    fn a_weekend_becomes_its_monday() {
        let friday = jiff::civil::date(2026, 11, 20);
        let moved = [0, 1, 2, 3].map(|days| working_day(later(friday, days)).day());
        assert_eq!(moved, [20, 23, 23, 23]);
    }
}

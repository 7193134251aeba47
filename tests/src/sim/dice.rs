//! Chance, all of it from one seed, or from the bytes that a fuzzer chose.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Draws that follow from a seed alone, or from given bytes alone.
#[derive(Clone, Debug)]
pub struct Dice(Source);

#[derive(Clone, Debug)]
enum Source {
    Seed(Box<ChaCha8Rng>),
    /// What is still to be drawn, the last first.
    Told(Vec<u8>),
}

impl Dice {
    /// Dice of a seed; `stream` keeps apart what must not move when something else draws more.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        dice.set_stream(stream);
        Self(Source::Seed(Box::new(dice)))
    }

    /// Dice that fall as these bytes say, and show zero once they are used up.
    #[must_use]
    pub fn told(bytes: &[u8]) -> Self {
        Self(Source::Told(bytes.iter().rev().copied().collect()))
    }

    /// Whether bytes that were given are used up; dice of a seed go on for ever.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        matches!(&self.0, Source::Told(bytes) if bytes.is_empty())
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        let number = match &mut self.0 {
            Source::Seed(dice) => dice.next_u64(),
            // No more bytes than the number needs: a fuzzer's bit then moves one decision.
            Source::Told(bytes) => {
                let needed = (64 - bound.saturating_sub(1).leading_zeros()).div_ceil(8);
                let draw = |number: u64, _| number << 8 | u64::from(bytes.pop().unwrap_or(0));
                (0..needed).fold(0, draw)
            }
        };
        number % bound.max(1)
    }

    /// True in so many of a hundred throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these, if there is any.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.below(from.len() as u64);
        from.get(usize::try_from(place).unwrap_or_default())
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        match &mut self.0 {
            Source::Seed(dice) => {
                let mut bytes = [0; N];
                dice.fill_bytes(&mut bytes);
                bytes
            }
            Source::Told(told) => std::array::from_fn(|_| told.pop().unwrap_or(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn told_dice_fall_as_they_are_told() {
        let mut dice = Dice::told(&[7, 1, 0, 99, 5]);
        assert_eq!(dice.below(10), 7);
        assert_eq!(dice.below(1), 0, "what is certain draws nothing");
        assert_eq!(dice.below(1000), 256);
        assert!(!dice.chance(99));
        assert_eq!((dice.bytes(), dice.is_used_up()), ([5, 0], true));
        assert_eq!(dice.below(u64::MAX), 0);
    }
}

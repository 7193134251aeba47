//! The numbers that a phone gives to its records. They travel in envelopes, so a plain count would tell
//! a colleague how many records were made that they may not see: each gap is one.
//!
//! A number is the place of its count in an order that the phone's secret shuffles: no two counts meet,
//! a copy of the phone gives the same, and nobody else can tell which came first or how many there are.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Rounds of the shuffle. Four make a strong one; counts are small, so that their upper half is nearly
/// always zero, and the first rounds have little to mix.
const ROUNDS: u8 = 8;

/// The number of the `count`th record (from 1) that the phone with this secret makes: never 0.
#[must_use]
pub fn number_of(secret: &[u8; 32], count: u32) -> u32 {
    match shuffled(secret, count) {
        // One count comes to 0, which is no number. Nothing has the place of count 0: that is free.
        0 => shuffled(secret, 0),
        number => number,
    }
}

/// A Feistel network over both halves: it can be walked back whatever a round does, so no two meet.
fn shuffled(secret: &[u8; 32], count: u32) -> u32 {
    let (mut left, mut right) = ((count >> 16) as u16, count as u16);
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ mixed(secret, round, right));
    }
    u32::from(left) << 16 | u32::from(right)
}

fn mixed(secret: &[u8; 32], round: u8, half: u16) -> u16 {
    // A key of any length is taken, so there is no other case.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return 0 };
    mac.update(b"caseweave record number 1");
    mac.update(&[round]);
    mac.update(&half.to_be_bytes());
    let code = mac.finalize().into_bytes();
    u16::from_be_bytes([code[0], code[1]])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_two_records_of_a_phone_have_one_number(
            secret: [u8; 32],
            counts in prop::collection::btree_set(1..=u32::MAX, 1..50),
        ) {
            let few = 1..=100_u32;
            let counts: BTreeSet<u32> = counts.into_iter().chain(few).collect();
            let numbers: BTreeSet<_> = counts.iter().map(|it| number_of(&secret, *it)).collect();
            prop_assert_eq!(numbers.len(), counts.len());
            prop_assert!(!numbers.contains(&0));
        }

        #[test]
        fn the_shuffle_can_be_walked_back(secret: [u8; 32], count: u32) {
            let number = shuffled(&secret, count);
            let (mut left, mut right) = ((number >> 16) as u16, number as u16);
            for round in (0..ROUNDS).rev() {
                (left, right) = (right ^ mixed(&secret, round, left), left);
            }
            prop_assert_eq!(u32::from(left) << 16 | u32::from(right), count);
        }

        #[test]
        fn numbers_are_in_no_order_and_another_phones_are_others(secret: [u8; 32], other: [u8; 32]) {
            prop_assume!(secret != other);
            let numbers = |secret| (1..=20).map(|it| number_of(secret, it)).collect::<Vec<_>>();
            prop_assert_ne!(numbers(&secret), numbers(&other));
            prop_assert!(!numbers(&secret).is_sorted());
            prop_assert!(numbers(&secret).iter().any(|it| *it > 1_000_000));
        }
    }

    #[test]
    fn the_numbers_of_a_phone_are_the_same_for_ever() {
        let numbers = [1, 2, 3, u32::MAX].map(|count| number_of(&[7; 32], count));
        assert_eq!(numbers, [3_297_685_892, 4_166_347_180, 1_525_427_652, 1_049_024_424]);
    }
}

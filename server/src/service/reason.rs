//! Why somebody does something that others will ask about.

use sync_core::limits::{REASON_BYTES, REVIEWS_BYTES};

/// Why a reason is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReason {
    /// Nothing is said, or a sign is in it that nobody types and no database keeps.
    Missing,
    /// More than others are asked to read ([`REASON_BYTES`]).
    Long,
}

/// The reason that somebody gave.
///
/// # Errors
/// [`NoReason`]
pub fn read(given: &str) -> Result<&str, NoReason> {
    let given = given.trim();
    match given.len() {
        0 => Err(NoReason::Missing),
        _ if given.contains('\0') => Err(NoReason::Missing),
        bytes if bytes > REASON_BYTES => Err(NoReason::Long),
        _ => Ok(given),
    }
}

/// As much of each of so many reviewers' words as has room in one page or answer.
#[must_use]
pub const fn room_for(count: usize) -> usize {
    REVIEWS_BYTES / if count == 0 { 1 } else { count }
}

/// The beginning of a reason in so many bytes; all of it where that has room.
#[must_use]
pub fn shortened(reason: &str, bytes: usize) -> String {
    match reason.len() <= bytes {
        true => reason.to_owned(),
        false => format!("{}…", &reason[..reason.floor_char_boundary(bytes)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_in_a_few_sentences() {
        assert_eq!(read("  The duty officer asked. \n"), Ok("The duty officer asked."));
        for nothing in ["", " \n ", "a\0b"] {
            assert_eq!(read(nothing), Err(NoReason::Missing), "{nothing:?}");
        }
        assert_eq!(read(&"x".repeat(REASON_BYTES + 1)), Err(NoReason::Long));
    }

    #[test]
    fn many_reasons_are_shortened_to_a_sentence_each() {
        assert_eq!(shortened("Na\u{ef}ve", 3), "Na…");
        assert_eq!(shortened("Plain", 5), "Plain");
        assert!(room_for(1) >= REASON_BYTES && room_for(0) >= REASON_BYTES);
        assert!(room_for(400) > 100, "a sentence");
    }
}

//! What a person changed of a text, in a time that a cheap phone has: a long text is compared by words first, and
//! only what differs there by letters.

use std::collections::BTreeMap;

use dissimilar::{Chunk, diff};

/// Texts of which the lengths in bytes come to more than this, multiplied, are compared by words first, and what
/// differs in one place by that much is replaced as a whole: comparing takes as many steps in the worst case, some
/// tens of milliseconds on a cheap phone.
const STEPS: usize = 4_000_000;

/// The parts of two texts in order: what stays, what goes and what comes. Together, what stays and goes is the old
/// text, and what stays and comes the new one.
#[must_use]
pub(super) fn difference<'a>(old: &'a str, new: &'a str) -> Vec<Chunk<'a>> {
    match is_quick(old, new) {
        true => diff(old, new),
        false => by_words(old, new),
    }
}

const fn is_quick(old: &str, new: &str) -> bool {
    old.len().saturating_mul(new.len()) <= STEPS
}

fn by_words<'a>(old: &'a str, new: &'a str) -> Vec<Chunk<'a>> {
    let mut signs = BTreeMap::new();
    let (before, after) = (in_signs(old, &mut signs), in_signs(new, &mut signs));
    let (mut from, mut to) = (Rest::of(old), Rest::of(new));
    let (mut gone, mut come, mut parts) = ("", "", Vec::new());
    for chunk in diff(&before, &after) {
        match chunk {
            Chunk::Delete(signs) => gone = from.goes_on(gone, signs),
            Chunk::Insert(signs) => come = to.goes_on(come, signs),
            Chunk::Equal(signs) => {
                parts.extend(in_one_place(std::mem::take(&mut gone), std::mem::take(&mut come)));
                to.goes_on("", signs);
                parts.push(Chunk::Equal(from.goes_on("", signs)));
            }
        }
    }
    parts.extend(in_one_place(gone, come));
    parts
}

/// What is alike at both ends stays: one long word may be a text in a language that has no spaces.
fn in_one_place<'a>(gone: &'a str, come: &'a str) -> Vec<Chunk<'a>> {
    let start = alike(gone.chars().zip(come.chars()));
    let ((before, gone), come) = (gone.split_at(start), &come[start..]);
    let end = alike(gone.chars().rev().zip(come.chars().rev()));
    let ((gone, after), come) = (gone.split_at(gone.len() - end), &come[..come.len() - end]);
    let middle = match is_quick(gone, come) {
        true => diff(gone, come),
        false => vec![Chunk::Delete(gone), Chunk::Insert(come)],
    };
    let equal = |text: &'a str| (!text.is_empty()).then_some(Chunk::Equal(text));
    equal(before).into_iter().chain(middle).chain(equal(after)).collect()
}

/// Bytes of the first letters that are the same on both sides.
fn alike(letters: impl Iterator<Item = (char, char)>) -> usize {
    letters.take_while(|(old, new)| old == new).map(|(letter, _)| letter.len_utf8()).sum()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(char::is_whitespace)
}

/// A text with one sign for each word, the same for the same.
fn in_signs<'a>(text: &'a str, known: &mut BTreeMap<&'a str, char>) -> String {
    let sign = |word| {
        // From here on every number is a character, and there are more than a record has words.
        let next = char::from_u32(0x1_0000 + known.len() as u32).unwrap_or(char::MAX);
        *known.entry(word).or_insert(next)
    };
    words(text).map(sign).collect()
}

/// What is left of a text, word by word.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Takes as many words as there are signs, after what was taken just before.
    fn goes_on(&mut self, before: &'a str, signs: &str) -> &'a str {
        let start = self.at - before.len();
        let count = signs.chars().count();
        self.at += words(&self.text[self.at..]).take(count).map(str::len).sum::<usize>();
        &self.text[start..self.at]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Both texts, put together again.
    fn again(parts: &[Chunk<'_>]) -> (String, String) {
        let (mut old, mut new) = (String::new(), String::new());
        for part in parts {
            match part {
                Chunk::Equal(text) => (old += text, new += text).0,
                Chunk::Delete(text) => old += text,
                Chunk::Insert(text) => new += text,
            }
        }
        (old, new)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn both_texts_come_together_again(old in "[ab \n\u{fc}]{0,40}", new in "[ab \n\u{fc}]{0,40}") {
            for parts in [difference(&old, &new), by_words(&old, &new)] {
                prop_assert_eq!(again(&parts), (old.clone(), new.clone()));
            }
        }
    }

    #[test]
    fn a_letter_in_a_long_text_is_a_letter() {
        let old = "She was seen at home with her brother. ".repeat(400);
        let (start, end) = old.split_at(9_000);
        let new = format!("X{start}Y{end}");
        let parts = difference(&old, &new);
        let come: Vec<_> = parts.iter().filter(|part| !matches!(part, Chunk::Equal(_))).collect();
        assert_eq!(come, [&Chunk::Insert("X"), &Chunk::Insert("Y")]);
    }

    #[test]
    fn a_letter_in_a_long_text_without_spaces_is_a_letter() {
        let old = "\u{4eca}\u{65e5}\u{306f}".repeat(1_000);
        let new = old.replacen('\u{306f}', "\u{304c}", 500).replacen('\u{304c}', "\u{306f}", 499);
        let parts = difference(&old, &new);
        let other: Vec<_> = parts.iter().filter(|part| !matches!(part, Chunk::Equal(_))).collect();
        assert_eq!(other, [&Chunk::Delete("\u{306f}"), &Chunk::Insert("\u{304c}")]);
    }

    #[test]
    fn what_was_written_anew_is_replaced_as_a_whole() {
        let (old, new) = ("a".repeat(3_000), "b".repeat(3_000));
        assert_eq!(difference(&old, &new), [Chunk::Delete(old.as_str()), Chunk::Insert(&new)]);
    }
}

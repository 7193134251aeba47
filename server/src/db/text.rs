//! Words as every database takes them.

use std::borrow::Cow;

/// Words of a phone or of a form as they go into a TEXT column, or are compared with one: U+0000, which PostgreSQL
/// does not take, is U+FFFD there on either database. What is compared with what is stored is to be made by this
/// before, so that both sides are.
#[must_use]
pub fn column(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        true => Cow::Owned(text.replace('\0', "\u{FFFD}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_column_does_not_take_is_replaced() {
        assert!(matches!(column("Ròwan\u{1}"), Cow::Borrowed("Ròwan\u{1}")));
        assert_eq!(column("Ro\0wan\0"), "Ro\u{FFFD}wan\u{FFFD}");
    }
}

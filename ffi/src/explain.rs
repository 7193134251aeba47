//! What a person reads of an error, and what a log has of it: said once, for every language.

use crate::error::PhoneError;

/// An error in whole sentences, for whoever uses the phone. No personal data.
#[uniffi::export]
#[must_use]
pub fn explain(error: PhoneError) -> String {
    sentence(&error.to_string())
}

/// The error's name for logs, such as `wrong_pin`: the same for ever.
#[uniffi::export]
#[must_use]
pub fn name_of(error: PhoneError) -> String {
    error.code().to_owned()
}

/// Begins with a capital letter and ends with a stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut rest = text.trim().chars();
    let first = rest.next().map(char::to_uppercase).into_iter().flatten();
    let mut whole: String = first.chain(rest).collect();
    if !whole.is_empty() && !whole.ends_with(['.', '!', '?']) {
        whole.push('.');
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_sentences_and_a_log_has_a_name() {
        let wrong = || PhoneError::WrongPin { left: 3 };
        assert_eq!(explain(wrong()), "This PIN is wrong: 3 tries are left.");
        assert_eq!(name_of(wrong()), "wrong_pin");
        assert_eq!(sentence("Unlock your phone first."), "Unlock your phone first.");
        assert_eq!((sentence("é"), sentence("  ")), ("É.".to_owned(), String::new()));
    }
}

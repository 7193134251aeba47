//! What must never drift, in `tests/vectors/*.json`: the same files are read by the tests of Kotlin and of
//! Swift. Each line says what is handed to the library and what it `gives`.

mod vectors {
    pub mod asked;
    pub mod errors;
    pub mod glen;
    pub mod lines;
    pub mod looked;
    pub mod newer;
}

use vectors::asked::{Asker, codes, pins, servers};
use vectors::lines::{Line, check, read};

fn ask(file: &str, of: fn(&Asker, &Line) -> Result<String, caseweave_ffi::PhoneError>) {
    let asker = Asker::new();
    check(file, &|line| of(&asker, line));
}

#[test]
fn ids_are_accepted_and_refused_as_ever() {
    ask("ids", Asker::id);
}

#[test]
fn facts_take_what_they_took() {
    ask("facts", Asker::fact);
}

#[test]
fn rows_of_plans_take_what_they_took() {
    ask("rows", Asker::row);
}

#[test]
fn moments_come_back_as_they_were_given() {
    ask("moments", Asker::moment);
}

#[test]
fn enums_have_the_words_that_they_had() {
    ask("words", Asker::word);
}

#[test]
fn pictures_are_cleaned_to_the_same_bytes() {
    ask("pictures", Asker::picture);
}

#[test]
fn suspected_harm_gives_the_numbers_to_ring() {
    ask("harm", Asker::harm);
}

#[test]
fn forms_and_their_elements_are_the_frameworks() {
    ask("forms", Asker::form);
}

#[test]
fn pins_are_weak_or_not() {
    pins();
}

#[test]
fn servers_are_told_apart_before_anything_is_sent() {
    servers();
}

#[test]
fn codes_are_typed_as_people_type() {
    codes();
}

#[test]
fn every_variant_that_crosses_is_in_the_words() {
    let surface = include_str!("../surface.txt");
    let lines = read("words");
    for of in ["AttachmentSort", "HowHeard", "Place", "SharingBasis", "TeamInvolved"] {
        let prefix = format!("enum {of}.");
        for variant in surface.lines().filter_map(|line| line.strip_prefix(&prefix)) {
            let has = |line: &Line| line.text("enum") == of && line.text("variant") == variant;
            assert!(lines.iter().any(has), "{of}.{variant} is not in tests/vectors/words.json");
        }
    }
    let rows = read("rows");
    for variant in surface.lines().filter_map(|line| line.strip_prefix("enum RowField.")) {
        assert!(rows.iter().any(|line| line.text("field") == variant), "no RowField.{variant}");
    }
}

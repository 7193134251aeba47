//! The threat model promises nothing that no test shows.

use std::collections::BTreeSet;

use super::source;

/// The names in `code` that a text calls tests: several words, nothing but letters and underscores.
fn named(text: &str) -> BTreeSet<&str> {
    let in_code = text.split('`').skip(1).step_by(2);
    in_code.filter(|name| name.matches('_').count() >= 3 && is_name(name)).collect()
}

fn is_name(text: &str) -> bool {
    text.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_')
}

/// Functions of a Rust file that a test attribute stands before.
fn tests_of(code: &str) -> impl Iterator<Item = &str> {
    let after = code.split("test]").skip(1);
    after.filter_map(|rest| {
        let name = rest.split_once("fn ")?.1;
        let end = name.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')?;
        Some(&name[..end])
    })
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let sources = source::all();
    let model = sources.iter().find(|it| it.path == "docs/threat-model.md").unwrap();
    let rust: Vec<_> = sources.iter().filter(|it| it.is_rust()).collect();
    let mut there: BTreeSet<&str> = rust.iter().flat_map(|it| tests_of(&it.code)).collect();
    // Properties are written inside a macro, where the attribute is the same.
    there.retain(|name| is_name(name));
    let named = named(&model.text);
    assert!(named.len() > 40, "only {} tests are named", named.len());
    let missing: Vec<_> = named.difference(&there).collect();
    assert!(missing.is_empty(), "docs/threat-model.md names tests that are not there: {missing:?}");
}

#[test]
fn names_are_found_in_a_text_and_in_code() {
    let text =
        "Shown by `a_test_of_some_rule` and `make fuzz`, not by `Cargo_toml_x_y` or a_b_c_d.";
    assert_eq!(named(text), BTreeSet::from(["a_test_of_some_rule"]));
    let code = "#[test]\nfn one_rule() {}\nfn helper() {}\n#[actix_web::test]\nasync fn two() {}";
    assert_eq!(tests_of(code).collect::<Vec<_>>(), ["one_rule", "two"]);
}

//! Every error has its words, and is made to happen by the tests of Kotlin and Swift or says why not.

use std::path::Path;

use caseweave_ffi::{PhoneError, explain, name_of};

use super::lines::{Line, check, read};

/// One of each, with the least that it can hold.
fn samples() -> Vec<PhoneError> {
    use PhoneError::*;
    let reason = || "said".to_owned();
    vec![
        WrongKey,
        Damaged,
        Full,
        NewerData,
        Busy,
        Storage { reason: reason() },
        WrongPin { left: 3 },
        Locked,
        PinNeeded,
        WeakPin,
        WrongDevice,
        NotEnrolled,
        AlreadyHere { user_id: reason() },
        KeyStore { reason: reason() },
        LeaseOver { since_ms: 0 },
        Closed,
        Erased { reason: reason() },
        Refused { code: reason(), reason: reason() },
        BadInput { reason: reason() },
        UnknownCase,
        NewerRecord,
        NoConflict,
        ReasonMissing,
        CannotUndo { reason: reason() },
        ChangedSince,
        Offline,
        Stopped,
        SignedOut,
        WrongSignIn,
        WrongCode { reason: reason() },
        TooOften,
        ServerBusy,
        ServerTooOld,
        AppTooOld,
        Retired,
        Stolen,
        Other { reason: reason() },
    ]
}

/// The variant's name in the surface: `WrongPin`.
fn variant(error: &PhoneError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

#[test]
fn errors_say_what_they_said() {
    check("errors", &|line| {
        let error = samples().into_iter().find(|it| variant(it) == line.text("variant")).unwrap();
        let again = samples().into_iter().find(|it| variant(it) == line.text("variant")).unwrap();
        Ok(format!("{}: {}", name_of(error), explain(again)))
    });
}

#[test]
fn every_error_is_in_the_list_and_made_to_happen_or_says_why_not() {
    let surface = include_str!("../../surface.txt");
    let variants = surface.lines().filter_map(|line| line.strip_prefix("error PhoneError."));
    let lines = read("errors");
    let (kotlin, swift) = (tests("kotlin/src/test/kotlin", "kt"), tests("swift/Tests", "swift"));
    for variant in variants.map(|line| line.split('(').next().unwrap_or(line)) {
        let of = lines.iter().find(|line| line.text("variant") == variant);
        let line = of.unwrap_or_else(|| panic!("{variant} is not in tests/vectors/errors.json"));
        let in_kotlin = kotlin.contains(&format!("fails<CaseweaveException.{variant}>"));
        told("Kotlin", line, "not_in_kotlin", in_kotlin);
        told("Swift", line, "not_in_swift", is_in_swift(&swift, variant));
    }
}

/// A test has it or a reason says why none has, and not both.
fn told(language: &str, line: &Line, why: &str, made: bool) {
    let variant = line.text("variant");
    match (line.some(why), made) {
        (Some(why), true) => {
            panic!("{variant} happens in the tests of {language}: take out \"{why}\"")
        }
        (None, false) => {
            panic!("no test of {language} makes {variant} happen, and no {why} says why")
        }
        _ => {}
    }
}

fn is_in_swift(tests: &str, variant: &str) -> bool {
    let mut name = variant.to_owned();
    name[..1].make_ascii_lowercase();
    let before = ["== .", "case .", "? .", ": .", "CaseweaveError."];
    let has = |before: &&str| {
        let said = format!("{before}{name}");
        let after =
            tests.match_indices(&said).map(|(at, _)| tests[at + said.len()..].chars().next());
        after.flatten().any(|next| !next.is_alphanumeric())
    };
    before.iter().any(has)
}

/// All tests of a package, but those of the vectors, which name every error.
fn tests(folder: &str, ending: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mobile-bindings").join(folder);
    let (mut all, mut folders) = (String::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(ending) && !name.starts_with("Vector") {
                all.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

//! What the library shows, as the files have it.

use caseweave_ffi::records::WhomToRing;
use caseweave_ffi::records::sheet::{Sheet, Shown};

/// A value with its meaning, such as `word visit_in_pairs`.
pub fn shown(value: &Shown) -> String {
    match value {
        Shown::Words { text } => format!("words {text}"),
        Shown::Word { code } => format!("word {code}"),
        Shown::Number { value } => format!("number {value}"),
        Shown::YesNo { yes } => format!("yes_no {}", if *yes { "yes" } else { "no" }),
        Shown::Day { day } => format!("day {day}"),
        Shown::Moment { at_ms } => format!("moment {at_ms}"),
        Shown::Id { id } => format!("id {id}"),
    }
}

/// What holds of a fact; `nothing` where nothing does or it is withheld.
pub fn fact(sheet: &Sheet, name: &str, subject: &str) -> String {
    let fact = sheet.facts.iter().find(|fact| fact.name == name && fact.subject == subject);
    let value = fact.and_then(|fact| fact.holds.first()).and_then(|value| value.shown.as_ref());
    value.map_or_else(|| "nothing".to_owned(), shown)
}

/// The first field of this name in any of the records.
pub fn line(sheets: &[Sheet], name: &str) -> String {
    let mut lines = sheets.iter().flat_map(|sheet| &sheet.parts).flat_map(|part| &part.lines);
    lines
        .find(|line| line.name == name)
        .map_or_else(|| "nothing".to_owned(), |line| shown(&line.shown))
}

/// Numbers to ring, in their order.
pub fn numbers(ring: &Option<WhomToRing>) -> String {
    let Some(ring) = ring else { return "nobody".to_owned() };
    let numbers = ring.emergency.iter();
    let numbers: Vec<_> =
        numbers.map(|it| format!("{} {}, {}", it.number, it.name, it.when)).collect();
    numbers.join(" | ")
}

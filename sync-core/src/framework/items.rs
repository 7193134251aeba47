//! The items a framework holds. Every one says where it comes from.

use serde::{Deserialize, Serialize};

use crate::time::Date;

/// Where an item comes from, and whether somebody checked it there.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The law, guidance or paper; empty if nobody says.
    #[serde(default)]
    pub source: String,
    /// Whether somebody compared the item with its source. Unchecked unless the file says so.
    #[serde(default)]
    pub verified: bool,
    /// The item's fields that this version does not know.
    #[serde(flatten)]
    pub other: toml::Table,
}

/// A stage of assessment and intervention.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// What an assertion holds.
    pub code: String,
    /// What a screen shows.
    pub name: String,
    /// Higher holds while people disagree. Unique in the framework.
    pub rank: i64,
    /// What the stage means, for the family too.
    #[serde(default)]
    pub meaning: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// A word that a fact may hold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Word {
    /// What an assertion holds.
    pub code: String,
    /// What a screen shows.
    pub name: String,
    /// How protective it is: the higher holds while people disagree; of equals, all are shown.
    pub rank: i64,
}

/// The words of one fact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WordList {
    /// The words, in the order in which a screen offers them.
    pub words: Vec<Word>,
    /// Where words and ranks come from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Outcomes that belong together: SHANARRI, Every Child Matters.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OutcomeSet {
    /// What a record holds.
    pub code: String,
    /// What a screen shows.
    pub name: String,
    /// The outcomes, in their published order.
    pub outcomes: Vec<Outcome>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// One outcome of a set. There is no pass mark.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// What a record holds.
    pub code: String,
    /// What a screen shows.
    pub name: String,
}

/// An assessment form: what an assessment's findings are about.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Form {
    /// What an assessment holds.
    pub code: String,
    /// What a screen shows.
    pub name: String,
    /// The form's own edition.
    #[serde(default)]
    pub version: String,
    /// Its elements, in the form's order.
    pub elements: Vec<Element>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// One element of a form.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Element {
    /// What a finding holds.
    pub code: String,
    /// What a screen shows.
    pub label: String,
    /// The heading it stands under.
    #[serde(default)]
    pub group: String,
}

/// Whose consent counts, and what a screen says about sharing without it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CapacityRule {
    /// The age in years from which a child is presumed able to decide; none: nobody is presumed.
    pub presumed_capable_from_years: Option<u32>,
    /// When one may share without consent, in words for the screen.
    pub without_consent: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Somebody to ring.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// What code asks for: `emergency`, `duty`.
    pub code: String,
    /// Who answers.
    pub name: String,
    /// The number, as it is dialled.
    pub number: String,
    /// When somebody answers, in words.
    #[serde(default)]
    pub hours: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// How published tables hide small numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Disclosure {
    /// Counts from 1 to this are hidden.
    pub hide_counts_to: u32,
    /// Whether zero is hidden as well.
    #[serde(default)]
    pub hide_zero: bool,
    /// How many whole numbers a hidden count must at least leave possible.
    pub protection_width: u32,
    /// Counts are rounded to multiples of this; 1 rounds nothing.
    #[serde(default = "one")]
    pub round_to: u32,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

const fn one() -> u32 {
    1
}

/// A limit that a measure compares with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Threshold {
    /// What a measure asks for.
    pub code: String,
    /// What a screen shows.
    pub name: String,
    /// The limit.
    pub value: f64,
    /// What it counts: `percent`, `days`.
    pub unit: String,
    /// The first day on which it holds; none: since always.
    pub effective_from: Option<Date>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

//! What everybody knows of the published tables: their names and shapes.

/// What a table's columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One count.
    One,
    /// What is counted, of how many, and the share.
    Share,
    /// These columns and their sum.
    Columns(&'static [&'static str]),
}

/// The line, and the column, that is the sum of the others.
pub(crate) const ALL_CLUSTERS: &str = "All clusters";
/// The column that is the sum of a line.
pub(crate) const ALL: &str = "All";
/// Columns of a share.
pub(crate) const COUNTED: &str = "Counted";
/// Of how many.
pub(crate) const OF: &str = "Of";
/// Never printed: those of the whole who are not counted.
pub(crate) const REST: &str = "Rest";
/// The only column of one count.
pub(crate) const NUMBER: &str = "Number";

pub(crate) const STAGES: &[&str] = &["Stage 1", "Stage 2", "Stage 3", "Other or not recorded"];
const LOOKED_AFTER: &[&str] = &[
    "Not looked after",
    "Continuing care or aftercare",
    "Looked after at home",
    "Looked after in kinship care",
    "Looked after in foster care",
    "Looked after in a residential setting",
    "In secure care",
    "Other or not recorded",
];
const BANDS: &[&str] = &["Up to 7 days", "8 to 28 days", "29 to 42 days", "More than 42 days"];
const TIMELY: &[&str] = &["In time", "Late", "No day agreed"];

/// The tables of every edition, as `server/src/measures/published.rs` has them.
pub(crate) const TABLES: &[(&str, Kind)] = &[
    ("children-at-stage", Kind::Columns(STAGES)),
    ("lead-named", Kind::Share),
    ("looked-after", Kind::Columns(LOOKED_AFTER)),
    ("cases-opened", Kind::One),
    ("cases-closed", Kind::One),
    ("stage-steps", Kind::Columns(&["Up", "Down"])),
    ("waited-for-lead", Kind::Columns(BANDS)),
    ("concern-to-assessment", Kind::Columns(BANDS)),
    ("assessment-to-intervention", Kind::Columns(BANDS)),
    ("concerns", Kind::Columns(&["Harm suspected", "No harm suspected"])),
    ("visits", Kind::Columns(TIMELY)),
    ("child-seen", Kind::Share),
    ("seen-alone", Kind::Share),
    ("views", Kind::Share),
    ("actions-done", Kind::Columns(TIMELY)),
    ("requests-answered", Kind::Share),
    ("requests-fed-back", Kind::Share),
];

/// How many of the first tables count the same children.
pub(crate) const LINKED: usize = 5;

/// A cell of all editions: term, table, line, column.
pub(crate) type Key = (usize, &'static str, String, String);

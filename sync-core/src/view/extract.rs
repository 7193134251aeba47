//! What a team is told of a child's schooling: a read-only extract of the pupil roll.

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::framework::Catalogue;
use crate::time::{Date, Timestamp};

/// The code of the limit from which absence is persistent.
const PERSISTENT: &str = "persistent_absence";

/// An extract of the roll, as it travels and rests on a phone.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Extract {
    /// The school.
    #[n(0)]
    pub school: String,
    /// As in `P4`.
    #[n(1)]
    pub year_group: String,
    /// When the school's system said so.
    #[n(2)]
    pub as_of: Timestamp,
    /// Half days by term, oldest first.
    #[n(3)]
    pub terms: Vec<TermAttendance>,
    /// Exclusions, oldest first.
    #[n(4)]
    pub exclusions: Vec<Excluded>,
}

/// A pupil's half days in one term.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct TermAttendance {
    /// As in `2025-26 term 1`.
    #[n(0)]
    pub term: String,
    /// Its first day.
    #[n(1)]
    pub from: Date,
    /// Half days on which the pupil was expected.
    #[n(2)]
    pub possible: u16,
    /// Half days on which the pupil came. Excluded ones are possible and not attended.
    #[n(3)]
    pub attended: u16,
}

/// Some days on which a pupil was kept out of school.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Excluded {
    /// The first.
    #[n(0)]
    pub from: Date,
    /// Half days.
    #[n(1)]
    pub half_days: u16,
    /// Why.
    #[n(2)]
    pub cause: String,
}

/// An extract for reading, compared with local practice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ExtractView {
    /// The school.
    pub school: String,
    /// As in `P4`.
    pub year_group: String,
    /// When the school's system said so.
    pub as_of: Timestamp,
    /// Half days by term, oldest first.
    pub terms: Vec<TermView>,
    /// Exclusions, oldest first.
    pub exclusions: Vec<Excluded>,
}

/// A term for reading.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TermView {
    /// As in `2025-26 term 1`.
    pub term: String,
    /// Its first day.
    pub from: Date,
    /// Half days on which the pupil was expected.
    pub possible: u16,
    /// Half days on which the pupil came.
    pub attended: u16,
    /// Whether the share missed reached the limit that held on the term's first day; none if the
    /// framework names no limit or nobody was expected.
    pub persistent_absence: Option<bool>,
}

impl ExtractView {
    /// An extract by a framework's limits.
    #[must_use]
    pub fn of(extract: &Extract, catalogue: &Catalogue, framework: Option<&str>) -> Self {
        let term = |it: &TermAttendance| TermView {
            term: it.term.clone(),
            from: it.from,
            possible: it.possible,
            attended: it.attended,
            persistent_absence: limit(catalogue, framework, it.from)
                .filter(|_| it.possible > 0)
                .map(|percent| is_persistent(it, percent)),
        };
        Self {
            school: extract.school.clone(),
            year_group: extract.year_group.clone(),
            as_of: extract.as_of,
            terms: extract.terms.iter().map(term).collect(),
            exclusions: extract.exclusions.clone(),
        }
    }
}

/// The limit in percent that held on a day.
fn limit(catalogue: &Catalogue, framework: Option<&str>, day: Date) -> Option<f64> {
    let framework = catalogue.on(framework?, day)?;
    let threshold = framework.threshold(PERSISTENT, day)?;
    (threshold.unit == "percent").then_some(threshold.value)
}

/// Of the pupil's own possible half days.
fn is_persistent(term: &TermAttendance, percent: f64) -> bool {
    let missed = f64::from(term.possible.saturating_sub(term.attended));
    missed * 100.0 >= percent * f64::from(term.possible)
}

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
    /// From when the pupil is to be taught, by local practice and the school's own calendar; none where
    /// nothing says so or the exclusion is over before.
    #[n(3)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub education_from: Option<Date>,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(from: &str, attended: u16, framework: Option<&str>) -> Option<bool> {
        let from = from.parse().unwrap();
        let terms = vec![TermAttendance { term: "term".into(), from, possible: 100, attended }];
        let extract = Extract {
            school: "Glen Primary".into(),
            year_group: "P4".into(),
            as_of: Timestamp(0),
            terms,
            exclusions: Vec::new(),
        };
        let catalogue = Catalogue::shipped().unwrap();
        ExtractView::of(&extract, &catalogue, framework).terms[0].persistent_absence
    }

    #[test]
    fn the_limit_is_that_of_the_terms_first_day_and_of_the_framework() {
        let here = Some("east-lothian");
        for (from, attended, framework, expected) in [
            ("2026-08-19", 91, here, Some(false)),
            ("2026-08-19", 90, here, Some(true)),
            ("2014-08-19", 86, here, Some(false)),
            ("2014-08-19", 85, here, Some(true)),
            ("2009-08-19", 81, here, Some(false)),
            ("2009-08-19", 80, here, Some(true)),
            ("2026-08-19", 10, None, None),
            ("2026-08-19", 10, Some("four-stage-neighbour"), None),
        ] {
            assert_eq!(flag(from, attended, framework), expected, "{from} {attended}");
        }
    }

    #[test]
    fn an_extract_reads_back_and_a_day_that_is_none_does_not() {
        let excluded = Excluded {
            from: "2026-09-01".parse().unwrap(),
            half_days: 4,
            cause: "fighting in the playground".into(),
            education_from: Some("2026-09-09".parse().unwrap()),
        };
        let bytes = minicbor::to_vec(&excluded).unwrap();
        assert_eq!(minicbor::decode::<Excluded>(&bytes).unwrap(), excluded);
        let wrong = minicbor::to_vec("2026-09-31").unwrap();
        assert!(minicbor::decode::<Date>(&wrong).is_err());
    }
}

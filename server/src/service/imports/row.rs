//! What a row of a school's file becomes: something typed, or the reason why not in words for whoever
//! made the file. No reason quotes a name.

use sync_core::time::Date;
use sync_core::view::TermAttendance;

use crate::limits::imports::TEXT_BYTES;

/// A pupil as the roll has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PupilRow {
    /// The number by which schools know the pupil.
    pub number: String,
    /// First name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Day of birth.
    pub born: Date,
    /// As in `P4`.
    pub year_group: String,
    /// The school's name, by the mapping.
    pub school: String,
    /// What sort of school it is, if the file or the mapping says.
    pub sector: Option<&'static str>,
    /// Whether the pupil is looked after, if the file says.
    pub looked_after: Option<bool>,
}

/// A pupil's half days in a term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermRow {
    /// The pupil's number.
    pub number: String,
    /// The term and its half days.
    pub term: TermAttendance,
}

/// What a register says of a half day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Came, or was taught elsewhere.
    Present,
    /// Was expected and did not come.
    Absent,
    /// Was not expected.
    NotRequired,
}

/// Half of a school day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Half {
    /// The morning.
    Morning,
    /// The afternoon.
    Afternoon,
}

/// An exclusion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExclusionRow {
    /// The pupil's number.
    pub number: String,
    /// The first day.
    pub from: Date,
    /// For how many half days.
    pub half_days: u16,
    /// Why.
    pub cause: String,
}

/// Why a row was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// A cell is empty.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// A cell has too many letters, or none that can be printed.
    #[error("the {0} has more than {TEXT_BYTES} letters or ones that cannot be printed")]
    BadText(&'static str),
    /// The letters are of another encoding.
    #[error("the {0} is in another encoding than the mapping says")]
    Encoding(&'static str),
    /// Not a day.
    #[error("the {what} {said} is not a day")]
    NotADay {
        /// Which cell.
        what: &'static str,
        /// What it says.
        said: String,
    },
    /// A day of birth that no pupil has.
    #[error("the day of birth is not that of somebody of school age")]
    Age,
    /// Not a whole number.
    #[error("the {what} {said} is not a number of half days")]
    NotACount {
        /// Which cell.
        what: &'static str,
        /// What it says.
        said: String,
    },
    /// More half days attended than there were.
    #[error("{attended} half days were attended of {possible} possible")]
    MoreThanPossible {
        /// Those attended.
        attended: u16,
        /// Those possible.
        possible: u16,
    },
    /// Neither yes nor no.
    #[error("the {0} is neither yes nor no")]
    NotYesOrNo(&'static str),
    /// A mark that the mapping does not know.
    #[error("the mark {0} is not in the mapping")]
    UnknownMark(String),
    /// A half day that is neither.
    #[error("the session is neither AM nor PM")]
    UnknownSession,
    /// A day in no term.
    #[error("{0} is in no term that the mapping or the school's calendar has")]
    NoTerm(Date),
    /// A name that no term has.
    #[error("the term has no first day: give it in the file or the mapping")]
    UnknownTerm,
    /// A mark of presence where the school was closed.
    #[error("the school was closed on {0} by its own calendar")]
    Closed(Date),
    /// A school that is not here.
    #[error("the school in this row is not known here: give it to the mapping with its sector")]
    UnknownSchool,
    /// Nobody has this number here.
    #[error("nobody on this cluster's roll has the number: import the roll first")]
    NotOnRoll,
    /// The same again.
    #[error("the same was in line {0} already")]
    Repeated(u64),
    /// The same half day again.
    #[error("the half day has a mark already")]
    HalfDayRepeated,
    /// Fewer half days than are known.
    #[error(
        "the file has {now} half days of the term and {before} are known: give the whole term, or say --replace"
    )]
    Fewer {
        /// Those of the file.
        now: u16,
        /// Those known.
        before: u16,
    },
    /// The row is longer than any can be.
    #[error("the row is too long: a quotation mark may be missing")]
    TooLong,
}

/// What a reason may quote of a cell: short, and of digits only. Anything else could be a name in the
/// wrong column.
#[must_use]
pub fn quoted(cell: &str) -> String {
    let plain = |c: char| c.is_ascii_digit() || "/-.:, ".contains(c);
    let quotable = cell.len() <= 12 && cell.chars().all(plain);
    if quotable { format!("'{cell}'") } else { "in this row".to_owned() }
}

/// A text that fits; none if it is empty.
///
/// # Errors
/// [`Reason::BadText`]
pub fn text(cell: &str, what: &'static str) -> Result<Option<String>, Reason> {
    let cell = cell.trim();
    if cell.len() > TEXT_BYTES || cell.chars().any(char::is_control) {
        return Err(Reason::BadText(what));
    }
    Ok((!cell.is_empty()).then(|| cell.to_owned()))
}

/// A text that must be there.
///
/// # Errors
/// [`Reason`]
pub fn needed(cell: &str, what: &'static str) -> Result<String, Reason> {
    text(cell, what)?.ok_or(Reason::Empty(what))
}

/// A number of half days.
///
/// # Errors
/// [`Reason::NotACount`]
pub fn count(cell: &str, what: &'static str) -> Result<u16, Reason> {
    let cell = cell.trim();
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    let read = whole.parse().ok().filter(|n| *n <= crate::limits::imports::HALF_DAYS);
    read.ok_or_else(|| Reason::NotACount { what, said: quoted(cell) })
}

/// Half days of a term that can be.
///
/// # Errors
/// [`Reason::MoreThanPossible`]
pub fn term(
    (term, from): (String, Date),
    (possible, attended): (u16, u16),
) -> Result<TermAttendance, Reason> {
    if attended > possible {
        return Err(Reason::MoreThanPossible { attended, possible });
    }
    Ok(TermAttendance { term, from, possible, attended })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_never_quotes_what_may_be_a_name() {
        assert_eq!(quoted("31/02/2016"), "'31/02/2016'");
        assert_eq!(quoted("Muir"), "in this row");
        assert_eq!(quoted("0123456789012"), "in this row");
        let reason = Reason::NotADay { what: "day of birth", said: quoted("31/02/2016") };
        assert_eq!(reason.to_string(), "the day of birth '31/02/2016' is not a day");
    }

    #[test]
    fn a_count_is_whole_and_can_be() {
        assert_eq!(count(" 74 ", "half days").unwrap(), 74);
        assert_eq!(count("74.0", "half days").unwrap(), 74);
        for cell in ["", "-1", "7.5", "74x", "733", "99999"] {
            assert!(count(cell, "half days").is_err(), "{cell}");
        }
    }
}

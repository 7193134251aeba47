//! Typed rows out of a table.

use std::borrow::Cow;
use std::io::Read;

use super::apply::Lined;
use super::columns::{self as field, Columns, Field};
use super::mapping::{Encoding, Mapping, sector};
use super::row::{
    self, ExclusionRow, Half, Mark, PupilRow, Reason, TermRow, count, needed, quoted, text,
};
use super::table::{Cells, Next, Table};
use super::{ImportError, Job};
use crate::limits::imports::{HALF_DAYS, NUMBER_BYTES};

/// A table whose columns are known.
pub struct Sheet<'a> {
    table: Table<&'a mut dyn Read>,
    /// Which column is what.
    pub columns: Columns,
    mapping: &'a Mapping,
}

impl<'a> Sheet<'a> {
    /// Reads the line of names.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn open(file: &'a mut dyn Read, job: &Job<'a>) -> Result<Self, ImportError> {
        let mut table = Table::new(file, job.mapping.delimiter);
        let columns = match table.next_row().map_err(ImportError::Read)? {
            Next::Row(_, cells) => Columns::of(cells, job.mapping)?,
            Next::TooLong(_) | Next::End => return Err(ImportError::NoHeader),
        };
        Ok(Self { table, columns, mapping: job.mapping })
    }

    /// The next row, read by `read`.
    ///
    /// # Errors
    /// [`ImportError::Read`]
    pub fn next<T>(
        &mut self,
        read: impl FnOnce(&Line<'_>) -> Result<T, Reason>,
    ) -> Result<Option<Lined<T>>, ImportError> {
        let mapping = self.mapping;
        Ok(match self.table.next_row().map_err(ImportError::Read)? {
            Next::End => None,
            Next::TooLong(line) => Some((line, Err(Reason::TooLong))),
            Next::Row(line, cells) => Some((line, read(&Line { cells, mapping }))),
        })
    }
}

/// A row with what reads it.
pub struct Line<'a> {
    cells: Cells<'a>,
    mapping: &'a Mapping,
}

impl<'a> Line<'a> {
    /// A cell's words; empty where there is no such column.
    ///
    /// # Errors
    /// [`Reason::Encoding`]
    pub fn cell(&self, at: Option<usize>, field: Field) -> Result<Cow<'a, str>, Reason> {
        let bytes = at.map_or(&b""[..], |at| self.cells.get(at));
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) if self.mapping.encoding == Encoding::Windows1252 => {
                Ok(Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()))
            }
            Err(_) => Err(Reason::Encoding(field.what)),
        }
    }

    /// The bytes of a cell.
    #[must_use]
    pub fn bytes(&self, at: usize) -> &'a [u8] {
        self.cells.get(at)
    }
}

/// The letters that Windows has where Latin-1 has none.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

/// A pupil's number.
///
/// # Errors
/// [`Reason`]
pub fn number(cell: &str) -> Result<String, Reason> {
    let number = needed(cell, field::NUMBER.what)?;
    let plain = number.len() <= NUMBER_BYTES && !number.contains(char::is_whitespace);
    if plain { Ok(number) } else { Err(Reason::BadText(field::NUMBER.what)) }
}

/// Where the cells of a pupil stand.
pub struct PupilColumns {
    number: usize,
    given: usize,
    family: usize,
    born: usize,
    year: usize,
    school: Option<usize>,
    sector: Option<usize>,
    looked_after: Option<usize>,
}

impl PupilColumns {
    /// Finds them.
    ///
    /// # Errors
    /// [`ImportError::NoColumn`]
    pub fn of(columns: &Columns, job: &Job<'_>) -> Result<Self, ImportError> {
        let school = match job.school {
            Some(_) => columns.at(field::SCHOOL),
            None => Some(columns.need(field::SCHOOL)?),
        };
        Ok(Self {
            number: columns.need(field::NUMBER)?,
            given: columns.need(field::GIVEN)?,
            family: columns.need(field::FAMILY)?,
            born: columns.need(field::BORN)?,
            year: columns.need(field::YEAR)?,
            school,
            sector: columns.at(field::SECTOR),
            looked_after: columns.at(field::LOOKED_AFTER),
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`Reason`]
    pub fn read(&self, line: &Line<'_>, job: &Job<'_>) -> Result<PupilRow, Reason> {
        let words = |at, field: Field| needed(&line.cell(Some(at), field)?, field.what);
        let born = line.cell(Some(self.born), field::BORN)?;
        let theirs = line.cell(self.school, field::SCHOOL)?;
        let theirs = match job.school {
            Some(school) => school.to_owned(),
            None => needed(&theirs, field::SCHOOL.what)?,
        };
        let (school, by_mapping) = job.mapping.school(&theirs);
        Ok(PupilRow {
            number: number(&line.cell(Some(self.number), field::NUMBER)?)?,
            given_name: words(self.given, field::GIVEN)?,
            family_name: words(self.family, field::FAMILY)?,
            born: job.mapping.day(&born, field::BORN.what)?,
            year_group: words(self.year, field::YEAR)?,
            school: school.to_owned(),
            sector: by_mapping.or(sector(&line.cell(self.sector, field::SECTOR)?)),
            looked_after: yes(&line.cell(self.looked_after, field::LOOKED_AFTER)?)?,
        })
    }
}

/// Yes or no; none if the cell is empty.
///
/// # Errors
/// [`Reason::NotYesOrNo`]
pub fn yes(cell: &str) -> Result<Option<bool>, Reason> {
    match cell.trim().to_lowercase().as_str() {
        "" => Ok(None),
        "y" | "yes" | "true" | "t" | "1" => Ok(Some(true)),
        "n" | "no" | "false" | "f" | "0" => Ok(Some(false)),
        _ => Err(Reason::NotYesOrNo(field::LOOKED_AFTER.what)),
    }
}

/// Where the cells of a term's totals stand.
pub struct TermColumns {
    number: usize,
    term: Option<usize>,
    from: Option<usize>,
    possible: usize,
    attended: usize,
}

impl TermColumns {
    /// Finds them: of a term's name and first day one is enough.
    ///
    /// # Errors
    /// [`ImportError::NoColumn`]
    pub fn of(columns: &Columns) -> Result<Self, ImportError> {
        let (term, from) = (columns.at(field::TERM), columns.at(field::FROM));
        if term.is_none() && from.is_none() {
            columns.need(field::TERM)?;
        }
        Ok(Self {
            number: columns.need(field::NUMBER)?,
            term,
            from,
            possible: columns.need(field::POSSIBLE)?,
            attended: columns.need(field::ATTENDED)?,
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`Reason`]
    pub fn read(&self, line: &Line<'_>, mapping: &Mapping) -> Result<TermRow, Reason> {
        let half_days = |at, field: Field| count(&line.cell(Some(at), field)?, field.what);
        let number = number(&line.cell(Some(self.number), field::NUMBER)?)?;
        let name = text(&line.cell(self.term, field::TERM)?, field::TERM.what)?;
        let from = line.cell(self.from, field::FROM)?;
        let from = (!from.trim().is_empty()).then(|| mapping.day(&from, field::FROM.what));
        let term = match (name, from.transpose()?) {
            (Some(name), Some(from)) => (name, from),
            (Some(name), None) => {
                let known = mapping.term_named(&name).ok_or(Reason::UnknownTerm)?;
                (name, known.from)
            }
            (None, Some(from)) => {
                let known = mapping.term_on(from).ok_or(Reason::NoTerm(from))?;
                (known.name.clone(), from)
            }
            (None, None) => return Err(Reason::Empty(field::TERM.what)),
        };
        let possible = half_days(self.possible, field::POSSIBLE)?;
        let attended = half_days(self.attended, field::ATTENDED)?;
        Ok(TermRow { number, term: row::term(term, (possible, attended))? })
    }
}

/// Where the cells of a register stand.
pub struct MarkColumns {
    /// The pupil's number.
    pub number: usize,
    /// The day.
    pub day: usize,
    kind: Marks,
}

enum Marks {
    /// One row a half day.
    One { session: usize, mark: usize },
    /// One row a day.
    Both { morning: usize, afternoon: usize },
}

impl MarkColumns {
    /// Finds them; none if the table is of totals.
    ///
    /// # Errors
    /// [`ImportError::NoColumn`]
    pub fn of(columns: &Columns) -> Result<Option<Self>, ImportError> {
        let one = columns.at(field::MARK);
        let both = columns.at(field::MORNING).zip(columns.at(field::AFTERNOON));
        let kind = match (one, both) {
            (Some(mark), _) => Marks::One { session: columns.need(field::SESSION)?, mark },
            (None, Some((morning, afternoon))) => Marks::Both { morning, afternoon },
            (None, None) => return Ok(None),
        };
        let (number, day) = (columns.need(field::NUMBER)?, columns.need(field::DAY)?);
        Ok(Some(Self { number, day, kind }))
    }

    /// The one or two marks of a row.
    ///
    /// # Errors
    /// [`Reason`]
    pub fn marks(
        &self,
        line: &Line<'_>,
        mapping: &Mapping,
    ) -> Result<[Option<(Half, Mark)>; 2], Reason> {
        let mark = |at| mapping.mark(&line.cell(Some(at), field::MARK)?);
        match self.kind {
            Marks::One { session, mark: at } => {
                let half = half(line.bytes(session)).ok_or(Reason::UnknownSession)?;
                Ok([Some((half, mark(at)?)), None])
            }
            Marks::Both { morning, afternoon } => Ok([
                Some((Half::Morning, mark(morning)?)),
                Some((Half::Afternoon, mark(afternoon)?)),
            ]),
        }
    }
}

fn half(cell: &[u8]) -> Option<Half> {
    match cell.trim_ascii() {
        b"AM" | b"am" | b"Am" | b"A" | b"1" => Some(Half::Morning),
        b"PM" | b"pm" | b"Pm" | b"P" | b"2" => Some(Half::Afternoon),
        _ => None,
    }
}

/// Where the cells of an exclusion stand.
pub struct ExclusionColumns {
    number: usize,
    from: usize,
    half_days: Option<usize>,
    days: Option<usize>,
    cause: usize,
}

impl ExclusionColumns {
    /// Finds them: half days or days.
    ///
    /// # Errors
    /// [`ImportError::NoColumn`]
    pub fn of(columns: &Columns) -> Result<Self, ImportError> {
        let days = columns.at(field::DAYS);
        let half_days = match days {
            Some(_) => columns.at(field::HALF_DAYS),
            None => Some(columns.need(field::HALF_DAYS)?),
        };
        Ok(Self {
            number: columns.need(field::NUMBER)?,
            from: columns.need(field::FROM)?,
            half_days,
            days,
            cause: columns.need(field::CAUSE)?,
        })
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`Reason`]
    pub fn read(&self, line: &Line<'_>, mapping: &Mapping) -> Result<ExclusionRow, Reason> {
        let number = number(&line.cell(Some(self.number), field::NUMBER)?)?;
        let from = line.cell(Some(self.from), field::FROM)?;
        let half_days = match self.half_days {
            Some(at) => half_days(&line.cell(Some(at), field::HALF_DAYS)?, 1, field::HALF_DAYS)?,
            None => half_days(&line.cell(self.days, field::DAYS)?, 2, field::DAYS)?,
        };
        let from = mapping.day(&from, field::FROM.what)?;
        let cause = mapping.cause(&line.cell(Some(self.cause), field::CAUSE)?)?;
        Ok(ExclusionRow { number, from, half_days, cause })
    }
}

/// Half days of an exclusion, each `of` a unit: days may be halves.
///
/// # Errors
/// [`Reason::NotACount`]
pub fn half_days(cell: &str, of: u16, field: Field) -> Result<u16, Reason> {
    let cell = cell.trim();
    let number = cell.parse::<f64>().ok().filter(|it| it.is_finite()).map(|it| it * f64::from(of));
    let whole = number.filter(|it| *it >= 1.0 && *it <= f64::from(HALF_DAYS) && it.fract() == 0.0);
    let whole = whole.map(|it| it as u16);
    whole.ok_or_else(|| Reason::NotACount { what: field.what, said: quoted(cell) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_days_of_exclusions_are_whole_and_days_may_be_halves() {
        let read = |cell, of| half_days(cell, of, field::DAYS).ok();
        assert_eq!((read("4", 1), read("2.5", 2), read("5.0", 2)), (Some(4), Some(5), Some(10)));
        for (cell, of) in [("0", 1), ("2.5", 1), ("0.25", 2), ("-1", 2), ("nan", 2), ("x", 1)] {
            assert_eq!(read(cell, of), None, "{cell}");
        }
    }

    #[test]
    fn letters_of_windows_are_read() {
        let text: String = b"Se\xe1n O\x92Hara \x80".iter().map(|it| windows_1252(*it)).collect();
        assert_eq!(text, "Seán O’Hara €");
    }
}

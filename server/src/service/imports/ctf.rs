//! Rows out of the Common Transfer File, by which schools in England send each other their pupils. Read
//! leniently: elements are known by name wherever they stand, in the spellings that editions of the
//! format have used; whatever else there is is passed over.

use std::collections::VecDeque;
use std::io::Read;

use sync_core::time::Date;

use super::apply::Lined;
use super::columns as field;
use super::mapping::CtfYear;
use super::row::{self, ExclusionRow, PupilRow, Reason, TermRow, count, needed};
use super::sheet::{half_days, number, yes};
use super::xml::{Element, Xml};
use super::{ImportError, Job};

const UPN: &[&str] = &["UPN"];
const SURNAME: &[&str] = &["Surname", "LegalSurname"];
const FORENAME: &[&str] = &["Forename", "LegalForename"];
const BORN: &[&str] = &["DOB", "DateOfBirth"];
const YEAR: &[&str] = &["NCyearActual", "NCYear", "YearGroup"];
const LOOKED_AFTER: &[&str] = &["InCare", "LookedAfter"];
const POSSIBLE: &[&str] = &["SessionsPossible", "PossibleSessions"];
const ATTENDED: &[&str] = &["SessionsAttended", "AttendedSessions"];
const MISSED: [&[&str]; 2] = [
    &["SessionsAuthorised", "SessionsAuthorisedAbsence", "AuthorisedAbsence"],
    &["SessionsUnauthorised", "SessionsUnauthorisedAbsence", "UnauthorisedAbsence"],
];
const FROM: &[&str] = &["StartDate", "ExclusionStartDate", "FromDate"];
const SESSIONS: &[&str] =
    &["ActualNumberofSessions", "ExclusionSessions", "NumberofSessions", "Sessions"];
const CAUSE: &[&str] = &["ExclusionReason", "Reason", "ExclusionReasons"];

/// A transfer file.
pub struct Ctf<'a, R> {
    xml: Xml<R>,
    job: &'a Job<'a>,
    school: Option<String>,
}

impl<'a, R: Read> Ctf<'a, R> {
    /// Reads the file's beginning.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn open(file: R, job: &'a Job<'a>) -> Result<Self, ImportError> {
        let xml = Xml::open(file, "CTfile")?;
        Ok(Self { xml, job, school: job.school.map(str::to_owned) })
    }

    /// The next pupil.
    fn next(&mut self) -> Result<Option<Element>, ImportError> {
        loop {
            let Some(part) = self.xml.next_of(&["Header", "Pupil"])? else { return Ok(None) };
            if part.name.eq_ignore_ascii_case("Pupil") {
                return Ok(Some(part));
            }
            if self.school.is_none() {
                self.school = school_of(&part);
            }
        }
    }

    /// The next pupil as the roll has them.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn pupil(&mut self) -> Result<Option<Lined<PupilRow>>, ImportError> {
        let Some(it) = self.next()? else { return Ok(None) };
        Ok(Some((it.line, pupil(&it, self.school.as_deref(), self.job))))
    }

    /// What the next pupil's elements come to, each by `read`.
    fn parts<T>(
        &mut self,
        name: &str,
        read: impl Fn(&Element, String, &Job<'_>) -> Result<T, Reason>,
    ) -> Result<Option<VecDeque<Lined<T>>>, ImportError> {
        let Some(it) = self.next()? else { return Ok(None) };
        let upn = it.text_of(UPN).unwrap_or_default();
        let one =
            |part: &Element| (part.line, number(upn).and_then(|upn| read(part, upn, self.job)));
        Ok(Some(it.all(name).map(one).collect()))
    }

    /// The half days of the next pupil, by school year.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn years(&mut self) -> Result<Option<VecDeque<Lined<TermRow>>>, ImportError> {
        self.parts("YearData", year)
    }

    /// The exclusions of the next pupil.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn exclusions(&mut self) -> Result<Option<VecDeque<Lined<ExclusionRow>>>, ImportError> {
        self.parts("Exclusion", exclusion)
    }
}

/// The school that pupils go to: the one that receives them; where an authority does, the one that sends.
fn school_of(header: &Element) -> Option<String> {
    let named = |part: &str| {
        let school = header.all(part).next()?;
        school.text_of(&["SchoolName"]).map(str::to_owned)
    };
    named("DestSchool").or_else(|| named("SourceSchool"))
}

fn pupil(it: &Element, school: Option<&str>, job: &Job<'_>) -> Result<PupilRow, Reason> {
    let words =
        |names, field: field::Field| needed(it.text_of(names).unwrap_or_default(), field.what);
    let school = needed(school.unwrap_or_default(), field::SCHOOL.what)?;
    let (school, sector) = job.mapping.school(&school);
    let born = it.text_of(BORN).unwrap_or_default();
    Ok(PupilRow {
        number: number(it.text_of(UPN).unwrap_or_default())?,
        given_name: words(FORENAME, field::GIVEN)?,
        family_name: words(SURNAME, field::FAMILY)?,
        born: job.mapping.day(born, field::BORN.what)?,
        year_group: year_group(&words(YEAR, field::YEAR)?),
        school: school.to_owned(),
        sector,
        looked_after: yes(it.text_of(LOOKED_AFTER).unwrap_or_default())?,
    })
}

/// A year of the national curriculum in words: numbers have no name of their own.
fn year_group(code: &str) -> String {
    match code {
        "R" => "Reception".to_owned(),
        "N1" | "N2" | "E1" | "E2" => "Nursery".to_owned(),
        code if code.bytes().all(|it| it.is_ascii_digit()) => format!("Year {code}"),
        other => other.to_owned(),
    }
}

fn year(it: &Element, number: String, job: &Job<'_>) -> Result<TermRow, Reason> {
    let read = |names, what| it.text_of(names).map(|text| count(text, what)).transpose();
    let possible = read(POSSIBLE, field::POSSIBLE.what)?;
    let possible = possible.ok_or(Reason::Empty(field::POSSIBLE.what))?;
    let attended = match read(ATTENDED, field::ATTENDED.what)? {
        Some(attended) => attended,
        None => {
            let missed = |names| read(names, "number of half days missed");
            let [authorised, other] = MISSED.map(missed);
            let missed = authorised?.unwrap_or(0).saturating_add(other?.unwrap_or(0));
            let attended = possible.checked_sub(missed);
            attended.ok_or(Reason::MoreThanPossible { attended: missed, possible })?
        }
    };
    let said = it.text_of(&["Year", "AcademicYear"]).ok_or(Reason::Empty("year"))?;
    let wrong = || Reason::NotADay { what: "year", said: row::quoted(said) };
    let named: i16 = said.parse().map_err(|_| wrong())?;
    let begun = match job.mapping.ctf_year {
        CtfYear::Ends => named.checked_sub(1).ok_or_else(wrong)?,
        CtfYear::Begins => named,
    };
    let from = Date::of(begun, 9, 1).filter(|_| (1980..2200).contains(&begun)).ok_or_else(wrong)?;
    let name = format!("{begun}-{:02} year", (begun + 1) % 100);
    Ok(TermRow { number, term: row::term((name, from), (possible, attended))? })
}

fn exclusion(it: &Element, number: String, job: &Job<'_>) -> Result<ExclusionRow, Reason> {
    let from = it.text_of(FROM).unwrap_or_default();
    Ok(ExclusionRow {
        number,
        from: job.mapping.day(from, field::FROM.what)?,
        half_days: half_days(it.text_of(SESSIONS).unwrap_or_default(), 1, field::HALF_DAYS)?,
        cause: job.mapping.cause(it.text_of(CAUSE).unwrap_or_default())?,
    })
}

//! The pupil roll: schools, pupils, their half days and exclusions. Imported, never a record.

use diesel::prelude::*;
use sync_core::ids::ClusterId;
use sync_core::time::{Date, Timestamp};
use sync_core::view::{Excluded, Extract, TermAttendance};

use super::schema_roll::{attendance, exclusions, pupils, schools};
use super::text::column;
use super::{Conn, Error};
use crate::on_backend;

/// The id of a school or pupil in the tables.
pub type RowId = [u8; 16];

/// A school of a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct School {
    /// Its id.
    pub id: RowId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its name.
    pub name: String,
    /// `primary` or `secondary`.
    pub sector: &'static str,
}

/// A pupil on the roll.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pupil {
    /// The pupil's id.
    pub id: RowId,
    /// The school's id.
    pub school: RowId,
    /// The scheme of the number.
    pub scheme: String,
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
}

/// Adds a school.
///
/// # Errors
/// [`Error::Taken`] for a name that the cluster has already.
pub fn insert_school(conn: &mut Conn, school: &School) -> Result<(), Error> {
    let row = (
        schools::id.eq(school.id.as_slice()),
        schools::cluster_id.eq(school.cluster.as_bytes().as_slice()),
        schools::name.eq(&school.name),
        schools::sector.eq(school.sector),
    );
    on_backend!(conn, c => diesel::insert_into(schools::table).values(row).execute(c))?;
    Ok(())
}

/// Adds a pupil.
///
/// # Errors
/// [`Error::Taken`] for a number that another has.
pub fn insert_pupil(conn: &mut Conn, pupil: &Pupil, now: Timestamp) -> Result<(), Error> {
    let row = (
        pupils::id.eq(pupil.id.as_slice()),
        pupils::school_id.eq(pupil.school.as_slice()),
        pupils::scheme.eq(&pupil.scheme),
        pupils::number.eq(&pupil.number),
        pupils::given_name.eq(&pupil.given_name),
        pupils::family_name.eq(&pupil.family_name),
        pupils::born.eq(pupil.born.to_string()),
        pupils::year_group.eq(&pupil.year_group),
        pupils::imported_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(pupils::table).values(row).execute(c))?;
    Ok(())
}

/// Adds a pupil's half days of a term.
///
/// # Errors
/// [`Error::Taken`] for a term that is there already.
pub fn insert_attendance(
    conn: &mut Conn,
    pupil: &RowId,
    term: &TermAttendance,
) -> Result<(), Error> {
    let row = (
        attendance::pupil_id.eq(pupil.as_slice()),
        attendance::from_day.eq(term.from.to_string()),
        attendance::term.eq(&term.term),
        attendance::possible.eq(i32::from(term.possible)),
        attendance::attended.eq(i32::from(term.attended)),
    );
    on_backend!(conn, c => diesel::insert_into(attendance::table).values(row).execute(c))?;
    Ok(())
}

/// Adds an exclusion.
///
/// # Errors
/// [`Error::Taken`] for a pupil excluded from that day already.
pub fn insert_exclusion(conn: &mut Conn, pupil: &RowId, it: &Excluded) -> Result<(), Error> {
    let row = (
        exclusions::pupil_id.eq(pupil.as_slice()),
        exclusions::from_day.eq(it.from.to_string()),
        exclusions::half_days.eq(i32::from(it.half_days)),
        exclusions::cause.eq(&it.cause),
    );
    on_backend!(conn, c => diesel::insert_into(exclusions::table).values(row).execute(c))?;
    Ok(())
}

/// The pupil of a cluster's schools with this number and day of birth.
///
/// # Errors
/// The database's failure.
pub fn find(
    conn: &mut Conn,
    cluster: &ClusterId,
    (scheme, number): (&str, &str),
    born: &str,
) -> Result<Option<RowId>, Error> {
    let found: Option<Vec<u8>> = on_backend!(conn, c => pupils::table
        .inner_join(schools::table)
        .filter(pupils::scheme.eq(column(scheme)).and(pupils::number.eq(column(number))))
        .filter(pupils::born.eq(column(born)))
        .filter(schools::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(pupils::id)
        .first(c))
    .optional()?;
    found.map(|id| id.try_into().map_err(|_| Error::Corrupt("id"))).transpose()
}

/// What a team is told of a pupil: the eight newest terms, oldest first.
///
/// # Errors
/// The database's failure.
pub fn extract(conn: &mut Conn, pupil: &RowId) -> Result<Extract, Error> {
    let (year_group, imported_at, school): (String, i64, String) = on_backend!(conn, c => pupils::table
        .inner_join(schools::table)
        .filter(pupils::id.eq(pupil.as_slice()))
        .select((pupils::year_group, pupils::imported_at, schools::name))
        .first(c))?;
    Ok(Extract {
        school,
        year_group,
        as_of: Timestamp(imported_at),
        terms: terms(conn, pupil)?,
        exclusions: excluded(conn, pupil)?,
    })
}

/// Terms in an extract: two school years.
const TERMS: i64 = 8;
/// Exclusions in an extract: more than one a week of two school years has nobody.
const EXCLUSIONS: i64 = 80;

fn terms(conn: &mut Conn, pupil: &RowId) -> Result<Vec<TermAttendance>, Error> {
    let rows: Vec<(String, String, i32, i32)> = on_backend!(conn, c => attendance::table
        .filter(attendance::pupil_id.eq(pupil.as_slice()))
        .order(attendance::from_day.desc())
        .limit(TERMS)
        .select((
            attendance::term,
            attendance::from_day,
            attendance::possible,
            attendance::attended,
        ))
        .load(c))?;
    let read = |(term, from, possible, attended): (String, String, i32, i32)| {
        let (possible, attended) = (count(possible)?, count(attended)?);
        Ok(TermAttendance { term, from: day(&from)?, possible, attended })
    };
    rows.into_iter().rev().map(read).collect()
}

fn excluded(conn: &mut Conn, pupil: &RowId) -> Result<Vec<Excluded>, Error> {
    let rows: Vec<(String, i32, String)> = on_backend!(conn, c => exclusions::table
        .filter(exclusions::pupil_id.eq(pupil.as_slice()))
        .order(exclusions::from_day.desc())
        .limit(EXCLUSIONS)
        .select((exclusions::from_day, exclusions::half_days, exclusions::cause))
        .load(c))?;
    let read = |(from, half_days, cause): (String, i32, String)| {
        let (from, half_days) = (day(&from)?, count(half_days)?);
        Ok(Excluded { from, half_days, cause, education_from: None })
    };
    rows.into_iter().rev().map(read).collect()
}

fn day(text: &str) -> Result<Date, Error> {
    text.parse().map_err(|_| Error::Corrupt("day"))
}

fn count(number: i32) -> Result<u16, Error> {
    u16::try_from(number).map_err(|_| Error::Corrupt("count"))
}

//! The area's roll, as schools' systems would have sent it.

use sync_core::time::Date;
use sync_core::view::{Excluded, TermAttendance};

use super::places::Places;
use super::{Job, LoadError};
use crate::db::roll::{self, Pupil, RowId, School};
use crate::db::{Conn, Error};
use crate::demo::{Area, SchoolSort, drafts};

/// Fills schools, pupils, half days and exclusions. Call it in one transaction.
pub(super) fn fill(
    conn: &mut Conn,
    job: &Job<'_>,
    area: &Area,
    places: &Places,
) -> Result<(), LoadError> {
    let schools = schools(conn, job, area, places)?;
    let mut pupils: Vec<RowId> = Vec::with_capacity(area.pupils.len());
    for (at, child) in (0_u32..).zip(&area.pupils) {
        let pupil = Pupil {
            id: job.entropy.bytes()?,
            school: schools[child.school],
            scheme: drafts::SCHEME.to_owned(),
            number: drafts::number(at),
            given_name: child.given.to_owned(),
            family_name: child.family_name.clone(),
            born: day(child.born)?,
            year_group: area.year_of(child).map(|year| year.to_string()).unwrap_or_default(),
        };
        roll::insert_pupil(conn, &pupil, job.now)?;
        pupils.push(pupil.id);
    }
    for it in &area.attendance {
        let term = &area.terms[usize::from(it.term)];
        let row = TermAttendance {
            term: term.name.clone(),
            from: day(term.from)?,
            possible: it.possible,
            attended: it.attended,
        };
        roll::insert_attendance(conn, &pupils[it.pupil as usize], &row)?;
    }
    for it in &area.exclusions {
        let (from, half_days, cause) = (day(it.from)?, it.half_days, it.cause.to_owned());
        let row = Excluded { from, half_days, cause, education_from: None };
        roll::insert_exclusion(conn, &pupils[it.pupil as usize], &row)?;
    }
    Ok(())
}

fn schools(
    conn: &mut Conn,
    job: &Job<'_>,
    area: &Area,
    places: &Places,
) -> Result<Vec<RowId>, LoadError> {
    let insert = |school: &crate::demo::School| {
        let row = School {
            id: job.entropy.bytes()?,
            cluster: places.clusters[school.cluster],
            name: school.name.clone(),
            sector: match school.sort {
                SchoolSort::Primary => "primary",
                SchoolSort::Secondary => "secondary",
            },
        };
        roll::insert_school(conn, &row)?;
        Ok(row.id)
    };
    area.schools.iter().map(insert).collect()
}

fn day(day: jiff::civil::Date) -> Result<Date, Error> {
    drafts::day(day).ok_or(Error::Corrupt("day"))
}

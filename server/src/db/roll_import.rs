//! The roll's rows by the hundred: what an import compares with, and what it writes.

use std::collections::HashMap;

use diesel::prelude::*;
use sync_core::ids::ClusterId;
use sync_core::time::{Date, Timestamp};
use sync_core::view::{Excluded, TermAttendance};

use super::roll::{Pupil, RowId, School};
use super::schema_roll::{attendance, exclusions, extracts, pupils, school_calendars, schools};
use super::{Conn, Error};
use crate::on_backend;

/// A pupil as the roll knows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The pupil.
    pub pupil: Pupil,
    /// Whether they are looked after.
    pub looked_after: bool,
    /// The cluster of their school.
    pub cluster: ClusterId,
}

fn row_id(bytes: Vec<u8>) -> Result<RowId, Error> {
    bytes.try_into().map_err(|_| Error::Corrupt("id"))
}

fn day(text: &str) -> Result<Date, Error> {
    text.parse().map_err(|_| Error::Corrupt("day"))
}

/// The schools of a cluster, by name.
///
/// # Errors
/// The database's failure.
pub fn schools_of(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<School>, Error> {
    let rows: Vec<(Vec<u8>, String, String)> = schools::table
        .filter(schools::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order(schools::name)
        .select((schools::id, schools::name, schools::sector))
        .load(conn)?;
    let read = |(id, name, sector): (Vec<u8>, String, String)| {
        let sector = if sector == "primary" { "primary" } else { "secondary" };
        Ok(School { id: row_id(id)?, cluster: *cluster, name, sector })
    };
    rows.into_iter().map(read).collect()
}

type KnownRow =
    ((Vec<u8>, Vec<u8>, String, String, bool), (String, String, String, String), Vec<u8>);

/// The pupils of these numbers, in whichever cluster, by number.
///
/// # Errors
/// The database's failure.
pub fn by_numbers(
    conn: &mut Conn,
    scheme: &str,
    numbers: &[&str],
) -> Result<HashMap<String, Known>, Error> {
    let rows: Vec<KnownRow> = pupils::table
        .inner_join(schools::table)
        .filter(pupils::scheme.eq(scheme))
        .filter(pupils::number.eq_any(numbers.iter().copied()))
        .select((
            (pupils::id, pupils::school_id, pupils::scheme, pupils::number, pupils::looked_after),
            (pupils::given_name, pupils::family_name, pupils::born, pupils::year_group),
            schools::cluster_id,
        ))
        .load(conn)?;
    rows.into_iter().map(known).collect()
}

fn known(row: KnownRow) -> Result<(String, Known), Error> {
    let ((id, school, scheme, number, looked_after), words, cluster) = row;
    let (given_name, family_name, born, year_group) = words;
    let pupil = Pupil {
        id: row_id(id)?,
        school: row_id(school)?,
        scheme,
        number: number.clone(),
        given_name,
        family_name,
        born: day(&born)?,
        year_group,
    };
    Ok((number, Known { pupil, looked_after, cluster: ClusterId::from_slice(&cluster)? }))
}

/// The numbers of everybody at these schools, in order.
///
/// # Errors
/// The database's failure.
pub fn numbers_at(conn: &mut Conn, of: &[RowId], scheme: &str) -> Result<Vec<String>, Error> {
    Ok(pupils::table
        .filter(pupils::school_id.eq_any(of.iter().map(<[u8; 16]>::as_slice)))
        .filter(pupils::scheme.eq(scheme))
        .order(pupils::number)
        .select(pupils::number)
        .load(conn)?)
}

/// Number and school of everybody at a cluster's schools.
///
/// # Errors
/// The database's failure.
pub fn pupils_in(
    conn: &mut Conn,
    cluster: &ClusterId,
    scheme: &str,
) -> Result<Vec<(String, RowId)>, Error> {
    let rows: Vec<(String, Vec<u8>)> = pupils::table
        .inner_join(schools::table)
        .filter(schools::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(pupils::scheme.eq(scheme))
        .order(pupils::number)
        .select((pupils::number, pupils::school_id))
        .load(conn)?;
    rows.into_iter().map(|(number, school)| Ok((number, row_id(school)?))).collect()
}

/// Writes pupils: those that are not there are added, the others brought to what is said here.
///
/// # Errors
/// The database's failure.
pub fn put_pupils(conn: &mut Conn, rows: &[Known], now: Timestamp) -> Result<(), Error> {
    let values = |it: &Known| {
        (
            pupils::id.eq(it.pupil.id.to_vec()),
            pupils::school_id.eq(it.pupil.school.to_vec()),
            pupils::scheme.eq(it.pupil.scheme.clone()),
            pupils::number.eq(it.pupil.number.clone()),
            pupils::given_name.eq(it.pupil.given_name.clone()),
            pupils::family_name.eq(it.pupil.family_name.clone()),
            pupils::born.eq(it.pupil.born.to_string()),
            pupils::year_group.eq(it.pupil.year_group.clone()),
            pupils::imported_at.eq(now.0),
            pupils::looked_after.eq(it.looked_after),
        )
    };
    use diesel::upsert::excluded as new;
    macro_rules! put {
        ($values:expr, $c:expr) => {
            diesel::insert_into(pupils::table)
                .values($values)
                .on_conflict(pupils::id)
                .do_update()
                .set((
                    pupils::school_id.eq(new(pupils::school_id)),
                    pupils::given_name.eq(new(pupils::given_name)),
                    pupils::family_name.eq(new(pupils::family_name)),
                    pupils::born.eq(new(pupils::born)),
                    pupils::year_group.eq(new(pupils::year_group)),
                    pupils::imported_at.eq(new(pupils::imported_at)),
                    pupils::looked_after.eq(new(pupils::looked_after)),
                ))
                .execute($c)?
        };
    }
    match conn {
        // One statement a row is as fast as many rows a statement: nothing crosses a network.
        Conn::Sqlite(c) => rows.iter().try_for_each(|it| {
            put!(values(it), &mut *c);
            Ok::<_, Error>(())
        })?,
        Conn::Pg(c) => {
            for part in rows.chunks(PG_ROWS) {
                put!(part.iter().map(values).collect::<Vec<_>>(), &mut *c);
            }
        }
    }
    Ok(())
}

/// Rows in one statement of PostgreSQL, which takes 65,535 values.
const PG_ROWS: usize = 2_000;

/// Notes that pupils' figures were brought up to date.
///
/// # Errors
/// The database's failure.
pub fn touch(conn: &mut Conn, of: &[RowId], now: Timestamp) -> Result<(), Error> {
    let found = pupils::table.filter(pupils::id.eq_any(of.iter().map(<[u8; 16]>::as_slice)));
    diesel::update(found).set(pupils::imported_at.eq(now.0)).execute(conn)?;
    Ok(())
}

/// The half days known of some pupils, by pupil and first day of the term.
///
/// # Errors
/// The database's failure.
pub fn terms_of(
    conn: &mut Conn,
    of: &[RowId],
) -> Result<HashMap<(RowId, Date), TermAttendance>, Error> {
    type Row = (Vec<u8>, String, String, i32, i32);
    let rows: Vec<Row> = attendance::table
        .filter(attendance::pupil_id.eq_any(of.iter().map(<[u8; 16]>::as_slice)))
        .select(attendance::all_columns)
        .load(conn)?;
    let read = |(pupil, from, term, possible, attended): Row| {
        let count = |n: i32| u16::try_from(n).map_err(|_| Error::Corrupt("count"));
        let from = day(&from)?;
        let (possible, attended) = (count(possible)?, count(attended)?);
        Ok(((row_id(pupil)?, from), TermAttendance { term, from, possible, attended }))
    };
    rows.into_iter().map(read).collect()
}

/// Writes half days of terms, each in the place of what was known of that pupil and first day.
///
/// # Errors
/// The database's failure.
pub fn put_terms(conn: &mut Conn, rows: &[(RowId, TermAttendance)]) -> Result<(), Error> {
    let values = |(pupil, it): &(RowId, TermAttendance)| {
        (
            attendance::pupil_id.eq(pupil.to_vec()),
            attendance::from_day.eq(it.from.to_string()),
            attendance::term.eq(it.term.clone()),
            attendance::possible.eq(i32::from(it.possible)),
            attendance::attended.eq(i32::from(it.attended)),
        )
    };
    use diesel::upsert::excluded as new;
    macro_rules! put {
        ($values:expr, $c:expr) => {
            diesel::insert_into(attendance::table)
                .values($values)
                .on_conflict((attendance::pupil_id, attendance::from_day))
                .do_update()
                .set((
                    attendance::term.eq(new(attendance::term)),
                    attendance::possible.eq(new(attendance::possible)),
                    attendance::attended.eq(new(attendance::attended)),
                ))
                .execute($c)?
        };
    }
    match conn {
        Conn::Sqlite(c) => rows.iter().try_for_each(|it| {
            put!(values(it), &mut *c);
            Ok::<_, Error>(())
        })?,
        Conn::Pg(c) => {
            for part in rows.chunks(PG_ROWS) {
                put!(part.iter().map(values).collect::<Vec<_>>(), &mut *c);
            }
        }
    }
    Ok(())
}

/// Exclusions by pupil and first day: for how many half days, and why.
pub type Exclusions = HashMap<(RowId, Date), (u16, String)>;

/// The exclusions known of some pupils.
///
/// # Errors
/// The database's failure.
pub fn exclusions_of(conn: &mut Conn, of: &[RowId]) -> Result<Exclusions, Error> {
    let rows: Vec<(Vec<u8>, String, i32, String)> = exclusions::table
        .filter(exclusions::pupil_id.eq_any(of.iter().map(<[u8; 16]>::as_slice)))
        .select(exclusions::all_columns)
        .load(conn)?;
    let read = |(pupil, from, half_days, cause): (Vec<u8>, String, i32, String)| {
        let half_days = u16::try_from(half_days).map_err(|_| Error::Corrupt("count"))?;
        Ok(((row_id(pupil)?, day(&from)?), (half_days, cause)))
    };
    rows.into_iter().map(read).collect()
}

/// Writes an exclusion in the place of what was known of that pupil and first day.
///
/// # Errors
/// The database's failure.
pub fn put_exclusion(conn: &mut Conn, pupil: &RowId, it: &Excluded) -> Result<(), Error> {
    let set =
        (exclusions::half_days.eq(i32::from(it.half_days)), exclusions::cause.eq(it.cause.clone()));
    let row = (
        exclusions::pupil_id.eq(pupil.to_vec()),
        exclusions::from_day.eq(it.from.to_string()),
        set.0,
        set.1.clone(),
    );
    on_backend!(conn, c => diesel::insert_into(exclusions::table)
        .values(row)
        .on_conflict((exclusions::pupil_id, exclusions::from_day))
        .do_update()
        .set(set)
        .execute(c))?;
    Ok(())
}

/// The cases that are linked to one of these pupils, each with its cluster.
///
/// # Errors
/// The database's failure.
pub fn cases_of(
    conn: &mut Conn,
    of: &[RowId],
) -> Result<Vec<(ClusterId, sync_core::ids::CaseId, RowId)>, Error> {
    type Row = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);
    let rows: Vec<Row> = extracts::table
        .filter(extracts::pupil_id.eq_any(of.iter().map(|id| Some(id.as_slice()))))
        .order((extracts::cluster_id, extracts::number))
        .select((extracts::cluster_id, extracts::case_id, extracts::pupil_id))
        .load(conn)?;
    let read = |(cluster, case, pupil): Row| {
        let pupil = row_id(pupil.ok_or(Error::Missing)?)?;
        let case = sync_core::ids::CaseId::from_slice(&case)?;
        Ok((ClusterId::from_slice(&cluster)?, case, pupil))
    };
    rows.into_iter().map(read).collect()
}

/// The school of a pupil, whether they are looked after, and the school's own calendar as JSON, if it
/// has given one.
///
/// # Errors
/// The database's failure.
pub fn calendar_of(conn: &mut Conn, pupil: &RowId) -> Result<(bool, Option<String>), Error> {
    Ok(pupils::table
        .left_join(school_calendars::table.on(school_calendars::school_id.eq(pupils::school_id)))
        .filter(pupils::id.eq(pupil.as_slice()))
        .select((pupils::looked_after, school_calendars::calendar.nullable()))
        .first(conn)?)
}

/// The calendars of a cluster's schools as JSON, by school.
///
/// # Errors
/// The database's failure.
pub fn calendars(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<(RowId, String)>, Error> {
    let rows: Vec<(Vec<u8>, String)> = school_calendars::table
        .inner_join(schools::table)
        .filter(schools::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select((school_calendars::school_id, school_calendars::calendar))
        .load(conn)?;
    rows.into_iter().map(|(id, text)| Ok((row_id(id)?, text))).collect()
}

/// Gives a school its calendar.
///
/// # Errors
/// The database's failure.
pub fn put_calendar(conn: &mut Conn, school: &RowId, calendar: &str) -> Result<(), Error> {
    let row = (
        school_calendars::school_id.eq(school.as_slice()),
        school_calendars::calendar.eq(calendar),
    );
    on_backend!(conn, c => diesel::insert_into(school_calendars::table)
        .values(row)
        .on_conflict(school_calendars::school_id)
        .do_update()
        .set(school_calendars::calendar.eq(calendar))
        .execute(c))?;
    Ok(())
}

/// Everybody excluded at a school, for who is told anew of a calendar.
///
/// # Errors
/// The database's failure.
pub fn excluded_at(conn: &mut Conn, school: &RowId) -> Result<Vec<RowId>, Error> {
    let rows: Vec<Vec<u8>> = exclusions::table
        .inner_join(pupils::table.on(pupils::id.eq(exclusions::pupil_id)))
        .filter(pupils::school_id.eq(school.as_slice()))
        .select(exclusions::pupil_id)
        .distinct()
        .load(conn)?;
    rows.into_iter().map(row_id).collect()
}

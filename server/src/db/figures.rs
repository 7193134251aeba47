//! What each case adds to the figures, and the sums kept of it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use sync_core::ids::{CaseId, ClusterId, RecordId, UserId};

use super::schema_figures::{case_figures, figures, kept_from};
use super::{Conn, Error};
use crate::measures::Increment;
use crate::on_backend;

/// An increment of a case, at a school.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Placed {
    /// The school, as recorded; empty if none is.
    pub school: String,
    /// The increment.
    pub increment: Increment,
}

/// Where a sum is kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The measure's code.
    pub measure: i16,
    /// The school.
    pub school: String,
    /// The row of the measure.
    pub cell: String,
    /// The day.
    pub day: i32,
}

/// Sums, each with what is counted and of how many.
pub type Sums = BTreeMap<Key, (i64, i64)>;

/// A sum over days.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Sum {
    /// The school.
    pub school: String,
    /// The row of the measure.
    pub cell: String,
    /// What is counted.
    pub counted: i64,
    /// Of how many.
    pub of_all: i64,
}

/// What a case adds, in order.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Vec<Placed>, Error> {
    type Row = (i16, String, String, i32, Option<Vec<u8>>, i64, i64);
    let own = case_figures::table.filter(case_figures::case_id.eq(case.as_bytes().as_slice()));
    let columns = (
        case_figures::measure,
        case_figures::school,
        case_figures::cell,
        case_figures::day,
        case_figures::record_id,
        case_figures::counted,
        case_figures::of_all,
    );
    let rows: Vec<Row> = on_backend!(conn, c => own.select(columns).load(c))?;
    let placed = |(measure, school, cell, day, record, counted, of_all): Row| {
        let record = record.map(|id| RecordId::from_slice(&id)).transpose()?;
        let increment = Increment { measure, cell, day, record, counted, of_all };
        Ok(Placed { school, increment })
    };
    let mut all = rows.into_iter().map(placed).collect::<Result<Vec<_>, Error>>()?;
    all.sort();
    Ok(all)
}

/// Brings what a case adds from what it was to what it is: only rows that differ are written.
///
/// # Errors
/// The database's failure.
pub fn put_case(
    conn: &mut Conn,
    (case, cluster): (&CaseId, &ClusterId),
    (before, now): (&[Placed], &[Placed]),
) -> Result<(), Error> {
    let (was, is): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), now.iter().collect());
    for gone in was.difference(&is) {
        remove(conn, case, &gone.increment)?;
    }
    for Placed { school, increment } in is.difference(&was).copied() {
        let row = (
            case_figures::case_id.eq(case.as_bytes().as_slice()),
            case_figures::cluster_id.eq(cluster.as_bytes().as_slice()),
            case_figures::measure.eq(increment.measure),
            case_figures::school.eq(school),
            case_figures::cell.eq(&increment.cell),
            case_figures::day.eq(increment.day),
            case_figures::record_id
                .eq(increment.record.as_ref().map(|id| id.as_bytes().as_slice())),
            case_figures::counted.eq(increment.counted),
            case_figures::of_all.eq(increment.of_all),
        );
        on_backend!(conn, c => diesel::insert_into(case_figures::table).values(row).execute(c))?;
    }
    Ok(())
}

/// A case has one row of a measure, cell, day and record.
fn remove(conn: &mut Conn, case: &CaseId, gone: &Increment) -> Result<(), Error> {
    let own = case_figures::table
        .filter(case_figures::case_id.eq(case.as_bytes().as_slice()))
        .filter(case_figures::measure.eq(gone.measure).and(case_figures::cell.eq(&gone.cell)))
        .filter(case_figures::day.eq(gone.day));
    match &gone.record {
        Some(record) => {
            let of_record = case_figures::record_id.eq(record.as_bytes().as_slice());
            on_backend!(conn, c => diesel::delete(own.filter(of_record)).execute(c))?
        }
        None => {
            on_backend!(conn, c => diesel::delete(own.filter(case_figures::record_id.is_null()))
                .execute(c))?
        }
    };
    Ok(())
}

/// Adds to a sum; one that comes to nothing is gone.
///
/// # Errors
/// The database's failure.
pub fn add(
    conn: &mut Conn,
    cluster: &ClusterId,
    key: &Key,
    (counted, of_all): (i64, i64),
) -> Result<(), Error> {
    let id = (cluster.as_bytes().as_slice(), key.measure, &key.school, &key.cell, key.day);
    let found = figures::table.find(id);
    let kept: Option<(i64, i64)> =
        on_backend!(conn, c => found.select((figures::counted, figures::of_all)).first(c))
            .optional()?;
    let sum = kept.map_or((counted, of_all), |it| (it.0 + counted, it.1 + of_all));
    match (kept, sum) {
        (None, (0, 0)) => {}
        (Some(_), (0, 0)) => {
            on_backend!(conn, c => diesel::delete(found).execute(c))?;
        }
        (Some(_), sum) => {
            let set = (figures::counted.eq(sum.0), figures::of_all.eq(sum.1));
            on_backend!(conn, c => diesel::update(found).set(set).execute(c))?;
        }
        (None, sum) => {
            let row = (
                figures::cluster_id.eq(cluster.as_bytes().as_slice()),
                figures::measure.eq(key.measure),
                figures::school.eq(&key.school),
                figures::cell.eq(&key.cell),
                figures::day.eq(key.day),
                figures::counted.eq(sum.0),
                figures::of_all.eq(sum.1),
            );
            on_backend!(conn, c => diesel::insert_into(figures::table).values(row).execute(c))?;
        }
    }
    Ok(())
}

/// The sums of a measure over the days `from` to `to`, both included, by school and row.
///
/// # Errors
/// The database's failure.
pub fn sums(
    conn: &mut Conn,
    cluster: &ClusterId,
    measure: i16,
    (from, to): (i32, i32),
) -> Result<Vec<Sum>, Error> {
    let rows: Vec<(String, String, i64, i64)> = on_backend!(conn, c => figures::table
        .filter(figures::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(figures::measure.eq(measure))
        .filter(figures::day.ge(from).and(figures::day.le(to)))
        .group_by((figures::school, figures::cell))
        .select((
            figures::school,
            figures::cell,
            sql::<BigInt>("CAST(SUM(counted) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(of_all) AS BIGINT)"),
        ))
        .order((figures::cell, figures::school))
        .load(c))?;
    let sum = |(school, cell, counted, of_all)| Sum { school, cell, counted, of_all };
    Ok(rows.into_iter().map(sum).collect())
}

/// The part of those sums that comes from cases that are kept from a user.
///
/// # Errors
/// The database's failure.
pub fn kept_from(
    conn: &mut Conn,
    (cluster, user): (&ClusterId, &UserId),
    measure: i16,
    (from, to): (i32, i32),
) -> Result<Vec<Sum>, Error> {
    let hidden = kept_from::table
        .filter(kept_from::user_id.eq(user.as_bytes().as_slice()))
        .filter(kept_from::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(kept_from::case_id);
    let rows: Vec<(String, String, i64, i64)> = on_backend!(conn, c => case_figures::table
        .filter(case_figures::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(case_figures::measure.eq(measure))
        .filter(case_figures::day.ge(from).and(case_figures::day.le(to)))
        .filter(case_figures::case_id.eq_any(hidden))
        .select((
            case_figures::school,
            case_figures::cell,
            case_figures::counted,
            case_figures::of_all,
        ))
        .load(c))?;
    let sum = |(school, cell, counted, of_all)| Sum { school, cell, counted, of_all };
    Ok(rows.into_iter().map(sum).collect())
}

/// The schools of the cases that add to a measure, those left out that are kept from a user. In no order.
///
/// # Errors
/// The database's failure.
pub fn schools(
    conn: &mut Conn,
    (cluster, user): (&ClusterId, &UserId),
    measure: i16,
) -> Result<Vec<String>, Error> {
    let hidden = kept_from::table
        .filter(kept_from::user_id.eq(user.as_bytes().as_slice()))
        .filter(kept_from::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(kept_from::case_id);
    Ok(on_backend!(conn, c => case_figures::table
        .filter(case_figures::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(case_figures::measure.eq(measure))
        .filter(case_figures::school.ne(""))
        .filter(diesel::dsl::not(case_figures::case_id.eq_any(hidden)))
        .select(case_figures::school)
        .distinct()
        .load(c))?)
}

/// The row of a measure that is looked behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowOf<'a> {
    /// The measure's code.
    pub measure: i16,
    /// The row.
    pub cell: &'a str,
    /// Of one school; none for all.
    pub school: Option<&'a str>,
}

/// The cases behind a row of a measure over some days, each with its record, those left out that are kept from a
/// user.
///
/// # Errors
/// The database's failure.
pub fn behind(
    conn: &mut Conn,
    (cluster, user): (&ClusterId, &UserId),
    RowOf { measure, cell, school }: RowOf<'_>,
    (from, to): (i32, i32),
    limit: i64,
) -> Result<Vec<(CaseId, i32, Option<RecordId>)>, Error> {
    let hidden = kept_from::table
        .filter(kept_from::user_id.eq(user.as_bytes().as_slice()))
        .filter(kept_from::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(kept_from::case_id);
    let of_all = school.is_none().into_sql::<Bool>();
    let rows: Vec<(Vec<u8>, i32, Option<Vec<u8>>)> = on_backend!(conn, c => case_figures::table
        .filter(case_figures::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(case_figures::measure.eq(measure).and(case_figures::cell.eq(cell)))
        .filter(case_figures::school.eq(school.unwrap_or_default()).or(of_all))
        .filter(case_figures::day.ge(from).and(case_figures::day.le(to)))
        .filter(diesel::dsl::not(case_figures::case_id.eq_any(hidden)))
        .group_by((case_figures::case_id, case_figures::record_id))
        .having(sql::<Bool>("SUM(counted) > 0"))
        .select((
            case_figures::case_id,
            sql::<diesel::sql_types::Integer>("MAX(day)"),
            case_figures::record_id,
        ))
        .order((sql::<diesel::sql_types::Integer>("MAX(day) DESC"), case_figures::case_id))
        .limit(limit)
        .load(c))?;
    let read = |(case, day, record): (Vec<u8>, i32, Option<Vec<u8>>)| {
        let record = record.map(|id| RecordId::from_slice(&id)).transpose()?;
        Ok((CaseId::from_slice(&case)?, day, record))
    };
    rows.into_iter().map(read).collect()
}

/// Every sum of a cluster: for comparing with a recomputation.
///
/// # Errors
/// The database's failure.
pub fn all(conn: &mut Conn, cluster: &ClusterId) -> Result<Sums, Error> {
    type Row = (i16, String, String, i32, i64, i64);
    let rows: Vec<Row> = on_backend!(conn, c => figures::table
        .filter(figures::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select((
            figures::measure,
            figures::school,
            figures::cell,
            figures::day,
            figures::counted,
            figures::of_all,
        ))
        .load(c))?;
    let read = |(measure, school, cell, day, counted, of_all): Row| {
        (Key { measure, school, cell, day }, (counted, of_all))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Writes every sum of a cluster anew.
///
/// # Errors
/// The database's failure.
pub fn set_all(conn: &mut Conn, cluster: &ClusterId, sums: &Sums) -> Result<(), Error> {
    let own = figures::table.filter(figures::cluster_id.eq(cluster.as_bytes().as_slice()));
    on_backend!(conn, c => diesel::delete(own).execute(c))?;
    sums.iter().try_for_each(|(key, sum)| add(conn, cluster, key, *sum))
}

/// Sets from whom a case is kept.
///
/// # Errors
/// The database's failure.
pub fn set_kept_from(
    conn: &mut Conn,
    (case, cluster): (&CaseId, &ClusterId),
    users: &[UserId],
) -> Result<(), Error> {
    let own = kept_from::table.filter(kept_from::case_id.eq(case.as_bytes().as_slice()));
    on_backend!(conn, c => diesel::delete(own).execute(c))?;
    for user in users {
        let row = (
            kept_from::case_id.eq(case.as_bytes().as_slice()),
            kept_from::cluster_id.eq(cluster.as_bytes().as_slice()),
            kept_from::user_id.eq(user.as_bytes().as_slice()),
        );
        on_backend!(conn, c => diesel::insert_into(kept_from::table).values(row).execute(c))?;
    }
    Ok(())
}

/// From whom a case is kept, in order.
///
/// # Errors
/// The database's failure.
pub fn users_kept_from(conn: &mut Conn, case: &CaseId) -> Result<Vec<UserId>, Error> {
    let ids: Vec<Vec<u8>> = on_backend!(conn, c => kept_from::table
        .filter(kept_from::case_id.eq(case.as_bytes().as_slice()))
        .select(kept_from::user_id)
        .order(kept_from::user_id)
        .load(c))?;
    ids.iter().map(|id| Ok(UserId::from_slice(id)?)).collect()
}

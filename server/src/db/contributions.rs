//! What this server counted for its authorities' own servers, and to whom that may be given.

use diesel::prelude::*;
use sync_core::time::Timestamp;

use super::schema_contributions::{collectors, contributions};
use super::{Conn, Error};
use crate::on_backend;

/// An authority's own server, to which counts may be given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collector {
    /// Of which authority's clusters.
    pub authority: [u8; 16],
    /// Its key.
    pub key: [u8; 32],
    /// What it calls this server.
    pub known_as: String,
}

/// A contribution as it was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContributionRow {
    /// Its number, from 1.
    pub number: i64,
    /// The period's name.
    pub period: String,
    /// What was signed.
    pub body: String,
    /// The server's signature.
    pub signature: [u8; 64],
}

type Row = (i64, String, String, Vec<u8>);

const COLUMNS: (
    contributions::number,
    contributions::period,
    contributions::body,
    contributions::signature,
) = (contributions::number, contributions::period, contributions::body, contributions::signature);

fn from_row((number, period, body, signature): Row) -> Result<ContributionRow, Error> {
    let signature = signature.try_into().map_err(|_| Error::Corrupt("signature"))?;
    Ok(ContributionRow { number, period, body, signature })
}

/// Every server to which counts may be given.
///
/// # Errors
/// The database's failure.
pub fn collectors(conn: &mut Conn) -> Result<Vec<Collector>, Error> {
    let columns = (collectors::authority_id, collectors::public_key, collectors::known_as);
    let rows = collectors::table.select(columns).order(collectors::authority_id);
    let rows: Vec<(Vec<u8>, Vec<u8>, String)> = on_backend!(conn, c => rows.load(c))?;
    let collector = |(authority, key, known_as): (Vec<u8>, Vec<u8>, String)| {
        Ok(Collector {
            authority: authority.try_into().map_err(|_| Error::Corrupt("id"))?,
            key: key.try_into().map_err(|_| Error::Corrupt("key"))?,
            known_as,
        })
    };
    rows.into_iter().map(collector).collect()
}

/// Lets a server have an authority's counts, in the place of another that might have them before.
///
/// # Errors
/// The database's failure.
pub fn allow(conn: &mut Conn, collector: &Collector, now: Timestamp) -> Result<(), Error> {
    forbid(conn, &collector.authority)?;
    let row = (
        collectors::authority_id.eq(collector.authority.as_slice()),
        collectors::public_key.eq(collector.key.as_slice()),
        collectors::known_as.eq(&collector.known_as),
        collectors::allowed_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(collectors::table).values(row).execute(c))?;
    Ok(())
}

/// Nobody may have an authority's counts any more. Whether anybody might.
///
/// # Errors
/// The database's failure.
pub fn forbid(conn: &mut Conn, authority: &[u8; 16]) -> Result<bool, Error> {
    let found = collectors::table.find(authority.as_slice());
    Ok(on_backend!(conn, c => diesel::delete(found).execute(c))? > 0)
}

/// Adds a contribution.
///
/// # Errors
/// [`Error::Taken`] for a number or period that was counted before.
pub fn insert(conn: &mut Conn, authority: &[u8; 16], row: &ContributionRow) -> Result<(), Error> {
    let values = (
        contributions::authority_id.eq(authority.as_slice()),
        contributions::number.eq(row.number),
        contributions::period.eq(&row.period),
        contributions::body.eq(&row.body),
        contributions::signature.eq(row.signature.as_slice()),
    );
    on_backend!(conn, c => diesel::insert_into(contributions::table).values(values).execute(c))?;
    Ok(())
}

/// An authority's contributions, in order.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<ContributionRow>, Error> {
    let own = contributions::table.filter(contributions::authority_id.eq(authority.as_slice()));
    let rows: Vec<Row> =
        on_backend!(conn, c => own.order(contributions::number).select(COLUMNS).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The first contribution after a number.
///
/// # Errors
/// The database's failure.
pub fn after(
    conn: &mut Conn,
    authority: &[u8; 16],
    number: i64,
) -> Result<Option<ContributionRow>, Error> {
    let row: Option<Row> = on_backend!(conn, c => contributions::table
        .filter(contributions::authority_id.eq(authority.as_slice()))
        .filter(contributions::number.gt(number))
        .order(contributions::number)
        .select(COLUMNS)
        .first(c))
    .optional()?;
    row.map(from_row).transpose()
}

/// The last contribution.
///
/// # Errors
/// The database's failure.
pub fn last(conn: &mut Conn, authority: &[u8; 16]) -> Result<Option<ContributionRow>, Error> {
    let row: Option<Row> = on_backend!(conn, c => contributions::table
        .filter(contributions::authority_id.eq(authority.as_slice()))
        .order(contributions::number.desc())
        .select(COLUMNS)
        .first(c))
    .optional()?;
    row.map(from_row).transpose()
}

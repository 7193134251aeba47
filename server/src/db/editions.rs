//! Published editions: added once, never changed.

use diesel::prelude::*;
use sync_core::time::Timestamp;

use super::schema_figures::edition_counts;
use super::schema_log::editions::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// An edition as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditionRow {
    /// Whose.
    pub authority: [u8; 16],
    /// The period's name.
    pub period: String,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// What was published, as JSON.
    pub figures: String,
}

type Row = (Vec<u8>, String, i64, String);

fn from_row((authority, period, closed_at, figures): Row) -> Result<EditionRow, Error> {
    let authority = authority.try_into().map_err(|_| Error::Corrupt("id"))?;
    Ok(EditionRow { authority, period, closed_at: Timestamp(closed_at), figures })
}

/// Publishes an edition.
///
/// # Errors
/// [`Error::Taken`] for a period that was closed before.
pub fn insert(conn: &mut Conn, row: &EditionRow) -> Result<(), Error> {
    let values = (
        dsl::authority_id.eq(row.authority.as_slice()),
        dsl::period.eq(&row.period),
        dsl::closed_at.eq(row.closed_at.0),
        dsl::figures.eq(&row.figures),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::editions).values(values).execute(c))?;
    Ok(())
}

/// Keeps the exact counts that an edition was made from.
///
/// # Errors
/// [`Error::Taken`] for a period that was closed before.
pub fn insert_exact(
    conn: &mut Conn,
    (authority, period): (&[u8; 16], &str),
    exact: &str,
) -> Result<(), Error> {
    let values = (
        edition_counts::authority_id.eq(authority.as_slice()),
        edition_counts::period.eq(period),
        edition_counts::exact.eq(exact),
    );
    on_backend!(conn, c => diesel::insert_into(edition_counts::table).values(values).execute(c))?;
    Ok(())
}

/// The exact counts that an edition was made from; none of one that was made without.
///
/// # Errors
/// The database's failure.
pub fn exact(conn: &mut Conn, authority: &[u8; 16], period: &str) -> Result<Option<String>, Error> {
    let found = edition_counts::table.find((authority.as_slice(), period));
    Ok(on_backend!(conn, c => found.select(edition_counts::exact).first(c)).optional()?)
}

/// An authority's editions, newest first.
///
/// # Errors
/// The database's failure.
pub fn of_authority(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<EditionRow>, Error> {
    let rows = on_backend!(conn, c => dsl::editions
        .filter(dsl::authority_id.eq(authority.as_slice()))
        .order((dsl::closed_at.desc(), dsl::period))
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

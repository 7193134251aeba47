//! Agencies: education, health, social work, police, a charity...

use diesel::prelude::*;
use sync_core::ids::AgencyId;
use sync_core::time::Timestamp;

use super::schema::agencies::dsl;
use super::text::column;
use super::{Conn, Error};
use crate::on_backend;

/// An agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agency {
    /// Its id, derived from the slug.
    pub id: AgencyId,
    /// What it is called in addresses and files: "social-work".
    pub slug: String,
    /// What it is called on screens.
    pub name: String,
    /// Shown as "another service" without consent.
    pub sensitive: bool,
}

type Row = (Vec<u8>, String, String, bool);
const COLUMNS: (dsl::id, dsl::slug, dsl::name, dsl::sensitive) =
    (dsl::id, dsl::slug, dsl::name, dsl::sensitive);

fn from_row((id, slug, name, sensitive): Row) -> Result<Agency, Error> {
    Ok(Agency { id: AgencyId::from_slice(&id)?, slug, name, sensitive })
}

/// Every agency, by slug.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn) -> Result<Vec<Agency>, Error> {
    let rows: Vec<Row> =
        on_backend!(conn, c => dsl::agencies.order(dsl::slug).select(COLUMNS).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The agency of this slug.
///
/// # Errors
/// The database's failure.
pub fn by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Agency>, Error> {
    let row = on_backend!(conn, c => dsl::agencies
        .filter(dsl::slug.eq(column(slug)))
        .select(COLUMNS)
        .first(c))
    .optional()?;
    row.map(from_row).transpose()
}

/// Adds an agency.
///
/// # Errors
/// [`Error::Taken`] for a slug that is in use.
pub fn insert(conn: &mut Conn, agency: &Agency, now: Timestamp) -> Result<(), Error> {
    let row = (
        dsl::id.eq(agency.id.as_bytes().as_slice()),
        dsl::slug.eq(&agency.slug),
        dsl::name.eq(&agency.name),
        dsl::sensitive.eq(agency.sensitive),
        dsl::created_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::agencies).values(row).execute(c))?;
    Ok(())
}

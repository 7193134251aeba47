//! Council areas.

use diesel::prelude::*;
use sync_core::time::Timestamp;

use super::schema::authorities::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// Every authority as (id, name), by name.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn) -> Result<Vec<([u8; 16], String)>, Error> {
    let rows = dsl::authorities.order(dsl::name).select((dsl::id, dsl::name));
    let rows: Vec<(Vec<u8>, String)> = on_backend!(conn, c => rows.load(c))?;
    rows.into_iter()
        .map(|(id, name)| Ok((id.try_into().map_err(|_| Error::Corrupt("id"))?, name)))
        .collect()
}

/// Adds an authority.
///
/// # Errors
/// [`Error::Taken`] for a name that is in use.
pub fn insert(conn: &mut Conn, id: [u8; 16], name: &str, now: Timestamp) -> Result<(), Error> {
    let row = (dsl::id.eq(id.as_slice()), dsl::name.eq(name), dsl::created_at.eq(now.0));
    on_backend!(conn, c => diesel::insert_into(dsl::authorities).values(row).execute(c))?;
    Ok(())
}

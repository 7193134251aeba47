//! The server's own secrets, by name.

use diesel::prelude::*;
use sync_core::time::Timestamp;

use super::schema::server_secrets::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// The secret of this name.
///
/// # Errors
/// The database's failure.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<Vec<u8>>, Error> {
    let found = dsl::server_secrets.filter(dsl::name.eq(name)).select(dsl::bytes);
    Ok(on_backend!(conn, c => found.first(c)).optional()?)
}

/// Stores a secret under a name that must be free.
///
/// # Errors
/// [`Error::Taken`] if it is not.
pub fn insert(conn: &mut Conn, name: &str, bytes: &[u8], now: Timestamp) -> Result<(), Error> {
    let row = (dsl::name.eq(name), dsl::bytes.eq(bytes), dsl::created_at.eq(now.0));
    on_backend!(conn, c => diesel::insert_into(dsl::server_secrets).values(row).execute(c))?;
    Ok(())
}

//! The one connection type; in a module of its own because its derive writes undocumented items.

use diesel::prelude::*;

/// A connection to the server's database.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// One file on this machine.
    Sqlite(SqliteConnection),
    /// A database server that several processes share.
    Pg(PgConnection),
}

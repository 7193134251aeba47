//! The server's schema, once for SQLite and once for PostgreSQL, as numbered steps inside the
//! binary. Both sides hold the same steps and come to the same tables and columns; a test says so.
//!
//! A step that was released is never edited: a later step expands, and one after that contracts.
//! Types both databases share: 16-byte ids and keys as BLOB or BYTEA, times as BIGINT milliseconds,
//! states as TEXT with a CHECK.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The steps for SQLite.
pub const SQLITE: EmbeddedMigrations = embed_migrations!("sqlite");

/// The steps for PostgreSQL.
pub const POSTGRES: EmbeddedMigrations = embed_migrations!("postgres");

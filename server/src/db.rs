//! Everything that is SQL. One file a noun; [`backend`] hides which database it is, [`pool`] holds
//! the only doors to blocking threads.

pub mod access;
pub mod actors;
pub mod agencies;
pub mod alarms;
pub mod audit;
pub mod authorities;
pub mod backend;
pub mod clusters;
mod conn;
pub mod contacts;
pub mod devices;
pub mod directory;
pub mod editions;
pub mod enrolment_codes;
mod error;
pub mod extracts;
pub mod glasses;
pub mod leaving;
pub mod log;
pub mod memberships;
pub mod migrate;
pub mod moves;
pub mod page_sessions;
pub mod pool;
pub mod posts;
pub mod pull;
pub mod quarantine;
pub mod records;
pub mod refresh_tokens;
pub mod roll;
pub mod schema;
pub mod schema_audit;
pub mod schema_leaving;
pub mod schema_log;
pub mod schema_posts;
pub mod schema_quarantine;
pub mod schema_roll;
pub mod secrets;
pub mod sessions;
pub mod users;
pub mod views;

pub use backend::{Address, read_tx, savepoint, write_tx};
pub use conn::Conn;
pub use error::Error;
pub use pool::Db;

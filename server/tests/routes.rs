//! The interface, asked in process: against SQLite, and against PostgreSQL when
//! `CASEWEAVE_TEST_POSTGRES` names a server on which databases can be made.

#[path = "routes/database.rs"]
mod database;
#[path = "routes/enrol.rs"]
mod enrol;
#[path = "routes/health.rs"]
mod health;
#[path = "routes/limits.rs"]
mod limits;
#[path = "routes/openapi.rs"]
mod openapi;
#[path = "routes/sessions.rs"]
mod sessions;
#[path = "routes/support.rs"]
mod support;
#[path = "routes/token.rs"]
mod token;

//! The main job with real processes over real TLS. Each test runs on SQLite, and on PostgreSQL where
//! `CASEWEAVE_TEST_POSTGRES` names a server on which databases may be made.

mod cuts;
mod database;
mod joining;
mod kills;
mod moving;
mod story;
mod wrong_input;

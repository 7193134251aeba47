//! The main job with real processes over real TLS. Each test runs on SQLite, and on PostgreSQL where
//! `CASEWEAVE_TEST_POSTGRES` names a server on which databases may be made; those of `several` run on
//! PostgreSQL alone, and fail without it.

mod attachments;
mod authority;
mod cost;
mod cuts;
mod database;
mod disk;
mod flood;
mod future;
mod hostile_phone;
mod imports;
mod joining;
mod kills;
mod leaving;
mod locked;
mod moving;
mod numbering;
mod outside;
mod restored;
mod secrets;
mod several;
mod story;
mod strangers;
mod tls;
mod wrong_input;

//! The server of one or more school clusters.
//!
//! `router -> {api, web} -> service -> {db, sync_core}`: handlers extract and show, services decide, `db`
//! holds all SQL. Services are synchronous and take the time, fresh random bytes and a connection
//! as arguments, so that a simulator runs the real thing.

pub mod api;
pub mod app;
pub mod blobs;
pub mod cli;
pub mod config;
pub mod csv;
pub mod db;
pub mod demo;
pub mod error;
pub mod files;
pub mod hex;
pub mod ingest;
pub mod limits;
pub mod measures;
pub mod meter;
pub mod openapi;
pub mod outside;
pub mod passwords;
pub mod role;
pub mod router;
pub mod service;
pub mod telemetry;
pub mod tls;
pub mod web;

pub use app::AppState;
pub use router::build_app;

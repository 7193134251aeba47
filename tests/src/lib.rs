//! What the system tests and measurements share.

pub mod workload;

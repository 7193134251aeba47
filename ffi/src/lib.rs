//! The phone's library as Kotlin and Swift see it: one long-lived object, plain records, synchronous
//! methods. Small for now: open, caseload, a visit, an exchange, what exists only here.
//!
//! Everything is decided in `sync_core`; this crate mirrors types and is the only one that names
//! the binding generator.

mod error;
mod phone;
mod records;

pub use error::PhoneError;
pub use phone::Phone;
pub use records::{CaseLine, NewVisit, Saved, SyncSummary};

uniffi::setup_scaffolding!();

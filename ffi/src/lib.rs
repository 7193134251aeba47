//! The phone's library as Kotlin and Swift see it: a home of all who use the phone, one object a person,
//! plain records, synchronous methods, and the platform's own key store, clock and ears.
//!
//! Everything is decided in `sync_core`; this crate mirrors types and is the only one that names
//! the binding generator.

mod attach;
mod choices;
mod ears;
mod error;
mod explain;
mod home;
mod input;
mod me;
mod phone;
mod platform;
mod read;
pub mod records;
mod stop;
#[cfg(test)]
mod tests;
mod write;

pub use ears::Listening;
pub use error::{KeyStoreError, PhoneError};
pub use explain::{explain, name_of};
pub use home::PhoneHome;
pub use phone::Phone;
pub use platform::{ChangeListener, Clock, KeyStore, LogSink, SyncWatcher};
pub use stop::SyncStop;

uniffi::setup_scaffolding!();

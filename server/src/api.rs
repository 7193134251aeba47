//! The JSON interface: one file a noun. A handler extracts, asks a service and shows the answer.

pub mod health;
pub mod identity;
pub mod session;
pub mod sync;

pub use session::Session;

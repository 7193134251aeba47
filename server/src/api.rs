//! The JSON interface: one file a noun. A handler extracts, asks a service and shows the answer.

pub mod alarms;
pub mod attachments;
pub mod audit;
pub mod caseload;
pub mod cases;
pub mod conflicts;
pub mod contributions;
pub mod devices;
pub mod directory;
pub mod glass;
pub mod handover;
pub mod health;
pub mod identity;
pub mod notices;
pub mod peer;
pub mod posts;
pub mod quarantine;
pub mod session;
pub mod shown;
pub mod summary;
pub mod surrender;
pub mod sync;
pub mod wait;

pub use session::Session;
pub(crate) use session::origin;

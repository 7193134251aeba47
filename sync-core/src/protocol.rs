//! What travels between phone and server (`docs/protocol.md`): one request with cursors and a signed
//! batch, one answer of pages. [`frame`] packs changes, [`batch`] signs them, [`message`] is what
//! stands around them, [`stream`] cuts an answer into pages on one compressed stream,
//! [`surrender`] is what a phone says that has to go.

pub mod batch;
pub mod frame;
pub mod message;
pub mod stream;
pub mod surrender;

/// The version of messages that this library speaks.
pub const VERSION: u16 = 1;
/// The oldest version that it understands.
pub const OLDEST: u16 = 1;

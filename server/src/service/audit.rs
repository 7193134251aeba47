//! Who did and who saw what, so that it can be proved later.
//!
//! - [`note`]: what is written down of one act, and by whom;
//! - [`seen`]: what was read, sealed until its notes are durable;
//! - [`chain`]: the rows of each cluster, numbered and linked each second, their end signed;
//! - [`check`]: whether a chain still says what was linked;
//! - [`offline`]: what phones say was opened on them;
//! - [`search`]: for information governance.
//!
//! A row holds ids, codes and counts of what staff did: no name and no sentence of a child's record.

pub mod chain;
pub mod check;
pub mod note;
pub mod offline;
pub mod search;
pub mod seen;

pub use note::{Act, Note, Origin, Pen, Who};
pub use seen::{Receipt, Seen};

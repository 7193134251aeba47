//! Both ends of an exchange without sockets, clocks or randomness: [`client`] says what to send and
//! what to write down of what came; [`hub`] judges what phones push and cuts what they pull.
//!
//! All state is in the store: after a crash anywhere, asking again goes on.

pub mod admit;
pub mod authors;
pub mod client;
pub mod hub;
pub mod incoming;
pub(crate) mod mapping;
pub mod numbers;
pub mod opened;
pub mod own;
pub mod renames;
pub mod rewrite;
mod unsent;

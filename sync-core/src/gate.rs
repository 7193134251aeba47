//! What a change must be before it is taken: the same rules on phone and server.
//!
//! Our own form can say little that is wrong; what is left to check is here, each rule with its
//! reason. [`shape`] needs the kind's schema only; [`size`] says before a change is saved whether it can be
//! read back; the record's history refuses references that its author cannot have seen; [`permission`] asks
//! the policy about each edit; [`copies`] compares what is copied with its source; [`attached`] keeps
//! attachments beside what they belong to, and [`media`] says what their bytes may be. The engine puts them
//! together and seals the result ([`crate::engine::admit`]).

pub mod attached;
pub mod copies;
pub mod media;
pub mod permission;
pub mod refusal;
pub mod shape;
pub mod size;

//! What a change must be before it is taken: the same rules on phone and server.
//!
//! Our own form can say little that is wrong; what is left to check is here, each rule with its
//! reason. [`shape`] needs the kind's schema only and is what a phone runs over a first sync;
//! [`admit`] puts pushed changes to a record's history, checks who may, and seals the result.

pub mod admit;
pub mod refusal;
pub mod shape;

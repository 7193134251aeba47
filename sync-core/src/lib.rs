//! What a record of children's multi-agency work is, how two people's work on it merges, who may
//! see and write it, and how a phone and a server come to hold the same: one library that decides
//! the same thing on both.
//!
//! Read the modules in the order in which they may use each other:
//! `ids, time, limits, codec` <- [`record`], [`framework`] <- [`merge`], [`policy`] <- [`view`],
//! [`gate`] <- [`protocol`] <- [`engine`] <- [`device`]; [`store`] knows ids and bytes only.
//! Time, randomness and ids are arguments; effects are data.

pub mod codec;
pub mod device;
pub mod engine;
pub mod framework;
pub mod gate;
pub mod ids;
pub mod limits;
pub mod merge;
pub mod policy;
pub mod protocol;
pub mod record;
pub mod store;
pub mod time;
pub mod view;

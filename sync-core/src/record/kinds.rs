//! Records as people fill them in: a typed value for everything that one person adds, and the
//! entry that it becomes.
//!
//! A [`Draft`] begins a record; a [`Contribution`] is added to one that exists. Both are taken from
//! JSON by names, so that every phone speaks the same words. What a screen shows of a record, with
//! what holds of its facts, is in [`crate::view::kinds`].

#[macro_use]
mod form;
mod any;
mod assert;
mod common;
mod copy;
mod digest;
mod field;
mod version;

pub mod assessment;
pub mod attachment;
pub mod case;
pub mod concern;
pub mod intervention;
pub mod meeting;
pub mod plan;
pub mod request;
pub mod sharing_decision;
pub mod significant_event;
pub mod views;
pub mod visit;

pub use any::AnyDraft;
pub use assert::{Assert, NotAnAssertion, assert};
pub use common::{Amendment, Signature};
pub use copy::AttestedCopy;
pub use digest::Digest;
pub use version::{NotAVersion, Version};

use crate::record::change::NewEntry;
use crate::record::entry::Entry;
use crate::record::kind::Kind;
use crate::record::schema;

/// What a person fills in to begin a record.
pub trait Draft {
    /// What the record is about.
    fn kind(&self) -> Kind;

    /// The entries of the record's first change, in schema order. What was left open has no field.
    ///
    /// Lengths are not checked here: the gate refuses what is too long.
    fn entries(&self) -> Vec<NewEntry>;
}

/// What one person adds to a record: an entry of one collection, typed.
pub trait Contribution: Sized {
    /// The collection's code ([`crate::record::schema`]).
    const COLLECTION: u8;

    /// The entry to add, its fields ascending.
    fn entry(&self) -> NewEntry;

    /// What an entry says. Nothing for another collection's, or one that lacks what it must have.
    fn read(entry: &Entry) -> Option<Self>;
}

/// The entries of several contributions.
fn entries_of<T: Contribution>(contributions: &[T]) -> impl Iterator<Item = NewEntry> {
    contributions.iter().map(Contribution::entry)
}

/// Puts entries in the order in which the kind's schema lists their collections.
fn in_schema_order(kind: Kind, mut entries: Vec<NewEntry>) -> Vec<NewEntry> {
    let place = |entry: &NewEntry| {
        schema::collections(kind).position(|collection| collection.code == entry.collection)
    };
    entries.sort_by_key(place);
    entries
}

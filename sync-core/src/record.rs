//! What a record is: a small document of one kind, one case, one compartment and one creator, made
//! of entries that never change, co-written texts, and assertions that are entries too.
//!
//! [`schema`] says which entries a kind holds; one file a kind turns typed values into entries and
//! back; [`envelope`] is what is fixed at creation; [`change`] is what one person did at once;
//! [`history`] orders the changes of a record; [`document`] is the same in the document engine.

pub mod change;
mod difference;
pub mod document;
pub mod entry;
pub mod envelope;
pub mod fold;
pub mod history;
pub mod kind;
pub mod kinds;
pub mod schema;
pub mod schema_facts;
mod schema_kinds;
pub mod text;
pub mod value;

#[cfg(test)]
mod tests;

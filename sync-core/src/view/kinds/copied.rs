//! What an attested copy holds: all that a record says, in one text, the same wherever the same
//! changes are.

use crate::record::entry::Entry;
use crate::record::fold::Folded;
use crate::record::schema::{
    Collection, DETAILS, FACTS, Fact, SIGNATURES, collections, fact_field,
};
use crate::view::kinds::signing::{line, signing_text, words};

/// The field of a signature that holds the signed words.
const SIGNED_WORDS: u8 = 1;

/// Everything that a record says, for a copy.
///
/// One block an entry: its collection, who wrote it and when by their clock, its name, what it
/// replaces, then its fields; further lines of a field are indented, so that no field can pass for
/// another. Nothing is left out: disagreements, corrections, signatures and earlier copies come with
/// it. Signed words are given where they are not what the record says now, else the digest stands
/// for them. The order does not depend on delivery.
#[must_use]
pub fn copied_text(folded: &Folded) -> String {
    let mut all: Vec<_> = collections(folded.envelope.kind()).collect();
    // What the record is about comes before what was said about it.
    all.sort_by_key(|collection| (collection.code < DETAILS, collection.code));
    let mut text = String::new();
    for collection in all {
        let mut entries: Vec<_> = folded.entries_of(collection.code).collect();
        entries.sort_by_key(|entry| (entry.at, entry.id));
        entries.iter().for_each(|entry| block(folded, collection, entry, &mut text));
    }
    text
}

fn block(folded: &Folded, collection: &Collection, entry: &Entry, text: &mut String) {
    text.push_str(collection.name);
    text.push('\n');
    line("by", &entry.by.to_string(), text);
    line("at", &entry.at.to_string(), text);
    line("entry", &entry.id.to_string(), text);
    entry.replaces.iter().for_each(|replaced| line("replaces", &replaced.to_string(), text));
    for (code, value) in &entry.fields {
        let Some(field) = collection.field(*code) else { continue };
        let is_fact = collection.code == FACTS && *code == fact_field::FACT;
        let fact = value.as_int().filter(|_| is_fact).and_then(Fact::from_code);
        let shown = fact.map_or_else(|| words(value), |fact| fact.name().to_owned());
        if !stands_here(folded, collection, *code, &shown) {
            line(field.name, &shown, text);
        }
    }
    if let Some(joint) = &entry.text {
        line("text", joint, text);
    }
}

/// Whether these are signed words that the record still says: its other blocks have them.
fn stands_here(folded: &Folded, collection: &Collection, code: u8, shown: &str) -> bool {
    collection.code == SIGNATURES && code == SIGNED_WORDS && shown == signing_text(folded)
}

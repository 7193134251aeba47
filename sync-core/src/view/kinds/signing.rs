//! What a person signs: the record's words in one text, the same on every phone that has them.

use crate::record::entry::Entry;
use crate::record::fold::Folded;
use crate::record::schema::{COPIES, Collection, FACTS, Fact, SIGNATURES, collections, fact_field};
use crate::record::value::Value;

/// The words of a record as they stand, for a signature.
///
/// One block an entry: the collection's name, then its fields by name; further lines of a field are
/// indented, so that no field can pass for another. Entries stand in an order that does not depend
/// on delivery: by collection, claimed time and name. Of facts, scores and changes to a plan's rows
/// are in it; signatures are not, so signing changes nothing for the next signer.
#[must_use]
pub fn signing_text(folded: &Folded) -> String {
    let mut text = String::new();
    let signable = |it: &&Collection| !matches!(it.code, SIGNATURES | COPIES);
    for collection in collections(folded.envelope.kind()).filter(signable) {
        let mut entries: Vec<_> = folded.entries_of(collection.code).filter(is_content).collect();
        entries.sort_by_key(|entry| (entry.at, entry.id));
        entries.iter().for_each(|entry| block(collection, entry, &mut text));
    }
    text
}

fn is_content(entry: &&Entry) -> bool {
    use Fact::{RowAction, RowAgency, RowDue, RowEvidence, RowNeed, RowOutcome, RowPerson, Score};
    let fact = entry.assertion().map(|assertion| assertion.fact);
    entry.collection != FACTS
        || matches!(
            fact,
            Some(
                Score
                    | RowNeed
                    | RowAction
                    | RowOutcome
                    | RowEvidence
                    | RowAgency
                    | RowPerson
                    | RowDue
            )
        )
}

fn block(collection: &Collection, entry: &Entry, text: &mut String) {
    text.push_str(collection.name);
    text.push('\n');
    for (code, value) in &entry.fields {
        let Some(field) = collection.field(*code) else { continue };
        let is_fact = collection.code == FACTS && *code == fact_field::FACT;
        let fact = value.as_int().filter(|_| is_fact).and_then(Fact::from_code);
        let shown = fact.map_or_else(|| words(value), |fact| fact.name().to_owned());
        line(field.name, &shown, text);
    }
    if let Some(joint) = &entry.text {
        line("text", joint, text);
    }
}

pub(super) fn line(name: &str, words: &str, text: &mut String) {
    text.push_str("  ");
    text.push_str(name);
    text.push_str(": ");
    text.push_str(&words.replace('\n', "\n    "));
    text.push('\n');
}

pub(super) fn words(value: &Value) -> String {
    match value.as_text() {
        Some(text) => text.to_owned(),
        None => serde_json::to_value(value).map(|json| json.to_string()).unwrap_or_default(),
    }
}

//! One record for reading: its entries in words and what holds of its facts.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::ids::{CaseId, EntryId, RecordId, UserId};
use crate::merge::{Conflict, Context, Notice, conflicts, notices_for, resolve_all};
use crate::record::entry::Entry;
use crate::record::fold::Folded;
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::{
    self, COPIES, DETAILS, FACTS, Fact, FieldType, SIGNATURES, TEXTS, fact_field,
};
use crate::record::value::Value;
use crate::time::Timestamp;

/// One record for reading.
#[derive(Clone, Debug, Serialize)]
pub struct RecordView {
    /// The record.
    pub id: RecordId,
    /// Its case.
    pub case: CaseId,
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// Who made it; nobody made a case's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When, by that person's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The record that took its place, if it was re-homed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<RecordId>,
    /// What was written, in order.
    pub entries: Vec<EntryView>,
    /// What holds of each fact, with what stands against it.
    pub facts: Json,
    /// What people disagree about.
    pub conflicts: Vec<Conflict>,
}

/// One entry for reading.
#[derive(Clone, Debug, Serialize)]
pub struct EntryView {
    /// Its name.
    pub id: EntryId,
    /// Its collection's name.
    pub collection: &'static str,
    /// Who wrote it.
    pub by: UserId,
    /// When, by that person's clock.
    pub at: Timestamp,
    /// How far that clock was measured to be ahead, milliseconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub clock_ahead_ms: i64,
    /// Its place in the record; none while only this phone has it.
    pub position: Option<u32>,
    /// What it says, by field.
    pub says: Map<String, Json>,
    /// Assertions that it replaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<EntryId>,
    /// Its co-written text as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl RecordView {
    /// Reads a record.
    #[must_use]
    pub fn of(folded: &Folded, context: &Context<'_>) -> Self {
        let envelope = &folded.envelope;
        let facts = resolve_all(&folded.entries, context);
        Self {
            id: envelope.id(),
            case: envelope.case,
            kind: envelope.kind(),
            compartment: envelope.compartment,
            by: envelope.made().map(|made| made.user),
            at: envelope.made().map(|made| made.at),
            moved_to: None,
            entries: folded.entries.iter().map(|it| EntryView::of(it, folded, context)).collect(),
            facts: serde_json::to_value(facts).unwrap_or_default(),
            conflicts: conflicts(&folded.entries, context),
        }
    }

    /// What `user` must be told about a record.
    #[must_use]
    pub fn notices(folded: &Folded, user: &UserId, context: &Context<'_>) -> Vec<Notice> {
        notices_for(user, &folded.entries, context)
    }
}

impl EntryView {
    fn of(entry: &Entry, of: &Folded, context: &Context<'_>) -> Self {
        let collection = schema::collection(of.envelope.kind(), entry.collection);
        let field = |code: u8| collection.and_then(|collection| collection.field(code));
        let is_hidden = entry.assertion().is_some_and(|assertion| context.hides(&assertion));
        let hidden = |code: &u8| is_hidden && HIDDEN_WITH_AN_ADDRESS.contains(code);
        let says =
            entry.fields.iter().filter(|(code, _)| !hidden(code)).filter_map(|(code, value)| {
                let field = field(*code)?;
                Some((field.name.to_owned(), shown(entry, *code, field.holds, value)))
            });
        Self {
            id: entry.id,
            collection: collection.map_or("", |collection| collection.name),
            by: entry.by,
            at: entry.at,
            clock_ahead_ms: entry.clock_ahead_ms,
            position: entry.position,
            says: says.collect(),
            replaces: entry.replaces.clone(),
            text: entry.text.clone(),
        }
    }
}

/// What is left out of an assertion that the reader is not shown: where, and why there.
const HIDDEN_WITH_AN_ADDRESS: [u8; 2] = [fact_field::VALUE, fact_field::REASON];

/// A fact's code is shown as its name.
fn shown(entry: &Entry, code: u8, holds: FieldType, value: &Value) -> Json {
    let is_fact = entry.collection == FACTS && code == fact_field::FACT;
    match value.as_int().filter(|_| is_fact && holds == FieldType::Int).and_then(Fact::from_code) {
        Some(fact) => fact.name().into(),
        None => serde_json::to_value(value).unwrap_or_default(),
    }
}

/// A line of a case's chronology.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChronologyLine {
    /// The record.
    pub record: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// When it happened, by its author's clock.
    pub at: Timestamp,
    /// Who made it.
    pub by: UserId,
    /// The first words of it.
    pub what: String,
}

/// The line that a record has in the chronology; a case's own record has none.
#[must_use]
pub fn chronology_line(folded: &Folded) -> Option<ChronologyLine> {
    let made = folded.envelope.made()?;
    let details = folded.entries_of(DETAILS).next();
    let happened = details.and_then(|entry| match (made.kind, entry.field(1), entry.field(4)) {
        (Kind::Visit | Kind::Meeting, Some(Value::Int(at)), _) => Some(Timestamp(*at)),
        (Kind::Concern, _, Some(Value::Int(at))) => Some(Timestamp(*at)),
        (Kind::SignificantEvent, Some(Value::Text(on)), _) => {
            on.parse::<crate::time::Date>().ok().map(crate::time::Date::start)
        }
        _ => None,
    });
    Some(ChronologyLine {
        record: folded.envelope.id(),
        kind: made.kind,
        compartment: folded.envelope.compartment,
        at: happened.unwrap_or(made.at),
        by: made.user,
        what: first_words(folded),
    })
}

const FIRST_WORDS: usize = 120;
/// The field of a copy that holds what was copied.
const COPIED_WORDS: u8 = 3;

/// The longest text of what the record is about; of a copy, its longest line; else of a reason.
fn first_words(folded: &Folded) -> String {
    let content = |entry: &&Entry| entry.collection >= DETAILS || entry.collection == TEXTS;
    // A signature repeats the whole record.
    let rest = folded.entries.iter().filter(|entry| entry.collection != SIGNATURES);
    let copied = folded.entries_of(COPIES).filter_map(|entry| entry.text_of(COPIED_WORDS));
    let longest = longest(folded.entries.iter().filter(content).flat_map(texts))
        .or_else(|| longest(copied.flat_map(str::lines).filter_map(said)))
        .or_else(|| longest(rest.flat_map(texts)))
        .unwrap_or_default();
    match longest.char_indices().nth(FIRST_WORDS) {
        Some((end, _)) => format!("{}…", &longest[..end]),
        None => longest.to_owned(),
    }
}

fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    texts.filter(|text| text.contains(' ')).max_by_key(|text| text.len())
}

fn texts(entry: &Entry) -> impl Iterator<Item = &str> {
    let fields = entry.fields.iter().filter_map(|(_, value)| value.as_text());
    fields.chain(entry.text.as_deref())
}

/// What a line of a copy says, without the name of its field.
fn said(line: &str) -> Option<&str> {
    line.split_once(": ").map(|(_, words)| words)
}

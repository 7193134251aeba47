//! A record of any kind as a list of typed parts and facts: for screens that show whatever there is, and
//! for languages that know no Rust enums of twelve kinds.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ids::{CaseId, EntryId, RecordId, UserId};
use crate::merge::{Context, Held, InForce, Resolved, Rival, resolve_all};
use crate::record::entry::Entry;
use crate::record::fold::Folded;
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::{Amendment, Contribution, Signature};
use crate::record::schema::{AMENDMENTS, FACTS, Fact, FieldType, SIGNATURES, collection};
use crate::record::value::Value;
use crate::time::{Date, Timestamp};
use crate::view::kinds::signing_text;

/// A record as a screen shows it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Sheet {
    /// The record.
    pub record: RecordId,
    /// Its case.
    pub case: CaseId,
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// Who made it; nobody made a case's own.
    pub by: Option<UserId>,
    /// When, by that person's clock.
    pub at: Option<Timestamp>,
    /// What people wrote, in the record's order.
    pub parts: Vec<SheetPart>,
    /// What holds of each fact, with what stands against it.
    pub facts: Vec<SheetFact>,
    /// Who signed it.
    pub signatures: Vec<SheetSignature>,
}

/// What one person wrote.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SheetPart {
    /// Its name.
    pub entry: EntryId,
    /// What sort of part: `details`, `narratives`, `rows`.
    pub sort: &'static str,
    /// Who wrote it.
    pub by: UserId,
    /// When, by that person's clock.
    pub at: Timestamp,
    /// Whether only this phone has it.
    pub only_here: bool,
    /// Its fields, in the form's order.
    pub lines: Vec<SheetLine>,
    /// The co-written text as it stands, where it has one.
    pub text: Option<String>,
    /// Corrections of it and of those corrections; the part itself stays as it was written.
    pub amendments: Vec<SheetAmendment>,
}

/// One field.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SheetLine {
    /// Its name in exports: `child_seen`.
    pub name: &'static str,
    /// What it says.
    pub shown: Shown,
}

/// A value with its meaning.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "is", content = "value", rename_all = "snake_case")]
pub enum Shown {
    /// Words as they were written.
    Words(String),
    /// One of the form's own words.
    Word(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    YesNo(bool),
    /// A day.
    Day(Date),
    /// A moment.
    Moment(Timestamp),
    /// The id of a person, agency, record or entry, as text.
    Id(String),
}

/// A correction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SheetAmendment {
    /// What it should read.
    pub text: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub by: UserId,
    /// When, by that person's clock.
    pub at: Timestamp,
}

/// A signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SheetSignature {
    /// Who signed.
    pub by: UserId,
    /// When, by that person's clock.
    pub at: Timestamp,
    /// As what.
    pub role: Option<String>,
    /// Whether the record says anything else now than what was signed.
    pub changed_since: bool,
}

/// What holds of a fact.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SheetFact {
    /// The fact's name.
    pub name: &'static str,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// What holds: none, one, or several that stand side by side.
    pub holds: Vec<SheetValue>,
    /// Whether there is a value and only named people may see it.
    pub withheld: bool,
    /// Whether people disagree.
    pub disputed: bool,
    /// Whether a person must settle it with a reason.
    pub safety: bool,
    /// Why that holds, in a sentence.
    pub why: &'static str,
    /// Everything that stands, newest first.
    pub standing: Vec<SheetValue>,
}

/// A value and whose it is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SheetValue {
    /// The assertion; none for what a row began with.
    pub entry: Option<EntryId>,
    /// The value; none where it is withheld.
    pub shown: Option<Shown>,
    /// The framework's name for it.
    pub label: Option<String>,
    /// Whose.
    pub by: Option<UserId>,
    /// When they said so, by their clock.
    pub at: Option<Timestamp>,
    /// Why, in their words.
    pub reason: Option<String>,
    /// Whether only this phone has it.
    pub only_here: bool,
}

impl Sheet {
    /// Reads a record.
    #[must_use]
    pub fn of(folded: &Folded, context: &Context<'_>) -> Self {
        let envelope = &folded.envelope;
        let shown = |entry: &&Entry| !matches!(entry.collection, FACTS | AMENDMENTS | SIGNATURES);
        let amendments = amendments(folded);
        let part = |entry: &Entry| SheetPart::of(entry, envelope.kind(), &amendments);
        Self {
            record: envelope.id(),
            case: envelope.case,
            kind: envelope.kind(),
            compartment: envelope.compartment,
            by: envelope.made().map(|made| made.user),
            at: envelope.made().map(|made| made.at),
            parts: folded.entries.iter().filter(shown).filter_map(part).collect(),
            facts: resolve_all(&folded.entries, context).into_iter().map(SheetFact::of).collect(),
            signatures: signatures(folded),
        }
    }
}

impl SheetPart {
    fn of(
        entry: &Entry,
        kind: Kind,
        amendments: &BTreeMap<EntryId, Vec<SheetAmendment>>,
    ) -> Option<Self> {
        let collection = collection(kind, entry.collection)?;
        let lines = entry.fields.iter().filter_map(|(code, value)| {
            let field = collection.field(*code)?;
            Some(SheetLine { name: field.name, shown: Shown::of(value, field.holds) })
        });
        Some(Self {
            entry: entry.id,
            sort: collection.name,
            by: entry.by,
            at: entry.at,
            only_here: entry.position.is_none(),
            lines: lines.collect(),
            text: entry.text.clone(),
            amendments: amendments.get(&entry.id).cloned().unwrap_or_default(),
        })
    }
}

impl Shown {
    /// A value by what its field or fact may hold.
    #[must_use]
    pub fn of(value: &Value, holds: FieldType) -> Self {
        match (value, holds) {
            (Value::Text(text), FieldType::Date) => {
                text.parse().map_or_else(|_| Self::Words(text.clone()), Self::Day)
            }
            (Value::Text(text), FieldType::Choice(_)) => Self::Word(text.clone()),
            (Value::Text(text), FieldType::Entry) => Self::Id(text.clone()),
            (Value::Text(text), _) => Self::Words(text.clone()),
            (Value::Int(moment), FieldType::Time) => Self::Moment(Timestamp(*moment)),
            (Value::Int(number), _) => Self::Number(*number),
            (Value::Bool(yes), _) => Self::YesNo(*yes),
            (Value::Bytes(bytes), _) => {
                Self::Id(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            }
        }
    }
}

impl SheetFact {
    fn of(resolved: Resolved<'_>) -> Self {
        let fact = resolved.fact;
        let holds = SheetValue::in_force(&resolved.in_force, fact);
        Self {
            name: fact.name(),
            subject: resolved.subject,
            holds,
            withheld: resolved.in_force == InForce::Withheld,
            disputed: resolved.disputed,
            safety: fact.is_safety(),
            why: resolved.why.words(),
            standing: resolved.rivals.iter().map(|rival| SheetValue::rival(rival, fact)).collect(),
        }
    }
}

impl SheetValue {
    /// What holds of a fact: none, one, or several that stand side by side.
    #[must_use]
    pub fn in_force(in_force: &InForce, fact: Fact) -> Vec<Self> {
        match in_force {
            InForce::Combined(scope) => vec![Self::combined(scope.to_string())],
            other => other.held().iter().map(|held| Self::held(held, fact)).collect(),
        }
    }

    fn held(held: &Held, fact: Fact) -> Self {
        Self {
            entry: held.entry,
            shown: Some(Shown::of(&held.value, fact.holds())),
            label: held.label.clone(),
            by: held.by,
            at: held.at,
            reason: held.reason.clone(),
            only_here: held.unsent,
        }
    }

    /// One of the assertions that stand.
    #[must_use]
    pub fn rival(rival: &Rival, fact: Fact) -> Self {
        Self {
            entry: Some(rival.entry),
            shown: rival.value.as_ref().map(|value| Shown::of(value, fact.holds())),
            label: rival.label.clone(),
            by: Some(rival.by),
            at: Some(rival.at),
            reason: rival.reason.clone(),
            only_here: rival.unsent,
        }
    }

    /// What one giver's words allow together is nobody's own assertion.
    const fn combined(scope: String) -> Self {
        Self {
            entry: None,
            shown: Some(Shown::Words(scope)),
            label: None,
            by: None,
            at: None,
            reason: None,
            only_here: false,
        }
    }
}

/// Corrections by what they correct in the end.
fn amendments(folded: &Folded) -> BTreeMap<EntryId, Vec<SheetAmendment>> {
    let mut roots: BTreeMap<EntryId, EntryId> = BTreeMap::new();
    let mut by_root: BTreeMap<EntryId, Vec<SheetAmendment>> = BTreeMap::new();
    for entry in folded.entries_of(AMENDMENTS) {
        let Some(Amendment { of, text, reason }) = Amendment::read(entry) else { continue };
        let root = roots.get(&of).copied().unwrap_or(of);
        roots.insert(entry.id, root);
        let amendment = SheetAmendment { text, reason, by: entry.by, at: entry.at };
        by_root.entry(root).or_default().push(amendment);
    }
    by_root
}

fn signatures(folded: &Folded) -> Vec<SheetSignature> {
    let mut signed = folded.entries_of(SIGNATURES).peekable();
    // Most records are not signed: the text is only put together for those that are.
    let now = signed.peek().map(|_| signing_text(folded)).unwrap_or_default();
    let signatures = signed.filter_map(|entry| {
        let said = Signature::read(entry)?;
        let changed_since = said.text != now;
        Some(SheetSignature { by: entry.by, at: entry.at, role: said.role, changed_since })
    });
    signatures.collect()
}

/// The words by which a record is found: everything that its reader is shown, signatures apart, which
/// repeat it.
#[must_use]
pub fn words_of(folded: &Folded, context: &Context<'_>) -> String {
    let hidden = |entry: &Entry| entry.assertion().is_some_and(|it| context.hides(&it));
    let mut words = String::new();
    let entries = folded.entries.iter().filter(|entry| entry.collection != SIGNATURES);
    for entry in entries.filter(|entry| !hidden(entry)) {
        let texts = entry.fields.iter().filter_map(|(_, value)| value.as_text());
        for text in texts.chain(entry.text.as_deref()) {
            words.push_str(text);
            words.push('\n');
        }
    }
    words
}

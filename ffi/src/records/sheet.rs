//! A record of any kind as typed parts and facts.

use sync_core::view;

/// A record as a screen shows it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Sheet {
    /// The record.
    pub record_id: String,
    /// Its case.
    pub case_id: String,
    /// What it is about: `visit`, `plan`, `case`.
    pub kind: String,
    /// Who it is for: `team`, `protection`, or an agency.
    pub compartment: String,
    /// Who made it, by id; nobody made a case's own.
    pub by: Option<String>,
    /// When, by that person's clock.
    pub at_ms: Option<i64>,
    /// What people wrote, in the record's order.
    pub parts: Vec<SheetPart>,
    /// What holds of each fact, with what stands against it.
    pub facts: Vec<SheetFact>,
    /// Who signed it.
    pub signatures: Vec<SheetSignature>,
}

/// What one person wrote. It never changes: corrections stand beside it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SheetPart {
    /// Its name, for amendments and undo.
    pub entry_id: String,
    /// What sort of part: `details`, `narratives`, `rows`.
    pub sort: String,
    /// Who wrote it, by id.
    pub by: String,
    /// When, by that person's clock.
    pub at_ms: i64,
    /// Whether only this phone has it.
    pub only_here: bool,
    /// Its fields, in the form's order.
    pub lines: Vec<SheetLine>,
    /// The co-written text as it stands, where it has one.
    pub text: Option<String>,
    /// Corrections.
    pub amendments: Vec<SheetAmendment>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SheetLine {
    /// Its name in exports: `child_seen`.
    pub name: String,
    /// What it says.
    pub shown: Shown,
}

/// A value with its meaning.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Shown {
    /// Words as they were written.
    Words {
        /// The words.
        text: String,
    },
    /// One of the form's own words: `visit_in_pairs`.
    Word {
        /// The word.
        code: String,
    },
    /// A number.
    Number {
        /// The number.
        value: i64,
    },
    /// Yes or no.
    YesNo {
        /// Whether yes.
        yes: bool,
    },
    /// A day: `2026-11-26`.
    Day {
        /// The day.
        day: String,
    },
    /// A moment.
    Moment {
        /// Milliseconds since 1970, UTC.
        at_ms: i64,
    },
    /// The id of a person, agency, record or entry.
    Id {
        /// As text.
        id: String,
    },
}

/// A correction.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SheetAmendment {
    /// What it should read.
    pub text: String,
    /// Why.
    pub reason: String,
    /// Who says so, by id.
    pub by: String,
    /// When, by that person's clock.
    pub at_ms: i64,
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SheetSignature {
    /// Who signed, by id.
    pub by: String,
    /// When, by that person's clock.
    pub at_ms: i64,
    /// As what.
    pub role: Option<String>,
    /// Whether the record says anything else now than what was signed.
    pub changed_since: bool,
}

/// What holds of a fact.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SheetFact {
    /// The fact's name: `stage`.
    pub name: String,
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
    pub why: String,
    /// Everything that stands, newest first.
    pub standing: Vec<SheetValue>,
}

/// A value and whose it is.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SheetValue {
    /// The assertion; none for what a row began with.
    pub entry_id: Option<String>,
    /// The value; none where it is withheld.
    pub shown: Option<Shown>,
    /// The framework's name for it.
    pub label: Option<String>,
    /// Whose, by id.
    pub by: Option<String>,
    /// When they said so, by their clock.
    pub at_ms: Option<i64>,
    /// Why, in their words.
    pub reason: Option<String>,
    /// Whether only this phone has it.
    pub only_here: bool,
}

impl From<view::Sheet> for Sheet {
    fn from(sheet: view::Sheet) -> Self {
        Self {
            record_id: sheet.record.to_string(),
            case_id: sheet.case.to_string(),
            kind: sheet.kind.name().to_owned(),
            compartment: sheet.compartment.to_string(),
            by: sheet.by.map(|user| user.to_string()),
            at_ms: sheet.at.map(|at| at.0),
            parts: sheet.parts.into_iter().map(SheetPart::from).collect(),
            facts: sheet.facts.into_iter().map(SheetFact::from).collect(),
            signatures: sheet.signatures.into_iter().map(SheetSignature::from).collect(),
        }
    }
}

impl From<view::SheetPart> for SheetPart {
    fn from(part: view::SheetPart) -> Self {
        let line = |line: view::SheetLine| SheetLine {
            name: line.name.to_owned(),
            shown: Shown::from(line.shown),
        };
        Self {
            entry_id: part.entry.to_string(),
            sort: part.sort.to_owned(),
            by: part.by.to_string(),
            at_ms: part.at.0,
            only_here: part.only_here,
            lines: part.lines.into_iter().map(line).collect(),
            text: part.text,
            amendments: part.amendments.into_iter().map(SheetAmendment::from).collect(),
        }
    }
}

impl From<view::Shown> for Shown {
    fn from(shown: view::Shown) -> Self {
        match shown {
            view::Shown::Words(text) => Self::Words { text },
            view::Shown::Word(code) => Self::Word { code },
            view::Shown::Number(value) => Self::Number { value },
            view::Shown::YesNo(yes) => Self::YesNo { yes },
            view::Shown::Day(day) => Self::Day { day: day.to_string() },
            view::Shown::Moment(at) => Self::Moment { at_ms: at.0 },
            view::Shown::Id(id) => Self::Id { id },
        }
    }
}

impl From<view::SheetAmendment> for SheetAmendment {
    fn from(said: view::SheetAmendment) -> Self {
        let (by, at_ms) = (said.by.to_string(), said.at.0);
        Self { text: said.text, reason: said.reason, by, at_ms }
    }
}

impl From<view::SheetSignature> for SheetSignature {
    fn from(said: view::SheetSignature) -> Self {
        let (by, at_ms) = (said.by.to_string(), said.at.0);
        Self { by, at_ms, role: said.role, changed_since: said.changed_since }
    }
}

impl From<view::SheetFact> for SheetFact {
    fn from(fact: view::SheetFact) -> Self {
        Self {
            name: fact.name.to_owned(),
            subject: fact.subject,
            holds: fact.holds.into_iter().map(SheetValue::from).collect(),
            withheld: fact.withheld,
            disputed: fact.disputed,
            safety: fact.safety,
            why: fact.why.to_owned(),
            standing: fact.standing.into_iter().map(SheetValue::from).collect(),
        }
    }
}

impl From<view::SheetValue> for SheetValue {
    fn from(value: view::SheetValue) -> Self {
        Self {
            entry_id: value.entry.map(|entry| entry.to_string()),
            shown: value.shown.map(Shown::from),
            label: value.label,
            by: value.by.map(|user| user.to_string()),
            at_ms: value.at.map(|at| at.0),
            reason: value.reason,
            only_here: value.only_here,
        }
    }
}

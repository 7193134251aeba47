//! What a screen offers to choose from.

use sync_core::framework;

/// A word to choose: one that a framework or the library itself has.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Choice {
    /// What is written.
    pub code: String,
    /// What a screen shows.
    pub name: String,
}

/// A fact that may be said in a record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FactField {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: FactAbout,
    /// What is asked for.
    pub asks: FactAsks,
    /// The words to choose from, in the order in which to offer them; none where anything may be said.
    pub choices: Vec<Choice>,
}

/// What a fact is about: what the subject of an assertion names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FactAbout {
    /// The record as a whole: no subject.
    Record,
    /// A person who works with the service, by id.
    User,
    /// A part of the record: a row, a person, by the id of its entry.
    Entry,
    /// Whatever a short word names: a form's element, a scheme of numbers, `child`.
    Word,
}

/// What the value of a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FactAsks {
    /// Words.
    Words,
    /// One of the choices.
    Choice,
    /// A whole number.
    Number,
    /// `yes` or `no`.
    YesNo,
    /// A day.
    Day,
    /// A person who works with the service, by id.
    User,
    /// An agency, by id.
    Agency,
}

/// A form of a framework.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Form {
    /// What an assessment is begun with.
    pub code: String,
    /// What a screen shows.
    pub name: String,
    /// The form's own edition; empty if it has none.
    pub version: String,
    /// What it asks, in its order.
    pub elements: Vec<FormElement>,
}

/// An element of a form.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FormElement {
    /// What a text or a score is about.
    pub code: String,
    /// What a screen shows.
    pub label: String,
    /// The heading it stands under; empty if it has none.
    pub group: String,
}

impl From<framework::Word> for Choice {
    fn from(word: framework::Word) -> Self {
        Self { code: word.code, name: word.name }
    }
}

impl From<&framework::Form> for Form {
    fn from(form: &framework::Form) -> Self {
        let element = |it: &framework::Element| FormElement {
            code: it.code.clone(),
            label: it.label.clone(),
            group: it.group.clone(),
        };
        Self {
            code: form.code.clone(),
            name: form.name.clone(),
            version: form.version.clone(),
            elements: form.elements.iter().map(element).collect(),
        }
    }
}

//! What one person wrote, for a template.

use sync_core::record::kinds::Amendment;
use sync_core::view::kinds::Said;

use super::names::Names;
use super::words;

/// What one person wrote.
pub(super) struct SaidShown {
    /// What it is: a strength, a need; may be empty.
    pub(super) sort: String,
    /// The words.
    pub(super) text: String,
    /// Whose.
    pub(super) by: String,
    /// When, by their clock.
    pub(super) when: String,
    /// Corrections, which stand beside the words and never instead of them.
    pub(super) corrections: Vec<Correction>,
}

/// A correction.
pub(super) struct Correction {
    /// How it should read.
    pub(super) text: String,
    /// Why.
    pub(super) reason: String,
    /// Whose.
    pub(super) by: String,
    /// When.
    pub(super) when: String,
}

impl SaidShown {
    /// What somebody wrote, in `text`.
    pub(super) fn of<T>(
        names: &Names<'_>,
        said: &Said<T>,
        sort: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            sort: sort.into(),
            text: text.into(),
            by: names.person(&said.by),
            when: words::moment(said.at),
            corrections: said.amendments.iter().map(|it| Correction::of(names, it)).collect(),
        }
    }
}

impl Correction {
    /// A correction in words.
    pub(super) fn of(names: &Names<'_>, said: &Said<Amendment>) -> Self {
        Self {
            text: said.says.text.clone(),
            reason: said.says.reason.clone(),
            by: names.person(&said.by),
            when: words::moment(said.at),
        }
    }
}

//! Local practice as data: stages, outcome sets, forms, words with a rank, clocks and calendars of
//! one authority, with the day from which they hold (`frameworks/*.toml`).
//!
//! Nothing here is code's opinion. An authority writes a file, each item says where it comes from
//! and whether somebody checked it, and what nobody checked asks a person instead of answering.

mod calendar;
mod catalogue;
mod clock;
pub mod exclusion;
mod items;
mod read;

pub use calendar::{Calendar, Holiday};
pub use catalogue::Catalogue;
pub use clock::{Clock, Counting, Direction, Due};
pub use items::{
    CapacityRule, Contact, Disclosure, Element, Form, Origin, Outcome, OutcomeSet, Stage,
    Threshold, Word, WordList,
};

use std::collections::BTreeMap;

use serde::Serialize;

use crate::time::Date;

/// Longest framework file, bytes: the longest shipped one has under 20 KB.
pub const FRAMEWORK_BYTES: usize = 256 * 1024;
/// Items in one list of a framework: a form of 200 elements is already unusable.
pub const ITEMS_PER_LIST: usize = 500;

/// One authority's practice from one day on.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Framework {
    /// Its name in assertions, the same in every edition: `east-lothian`.
    pub id: String,
    /// Its name on a screen.
    pub name: String,
    /// The council area whose practice it is.
    pub authority: String,
    /// Whose law it stands under: `scotland`, `england`.
    pub jurisdiction: String,
    /// The first day on which this edition holds.
    pub effective_from: Date,
    /// The stages of assessment and intervention, lowest rank first.
    pub stages: Vec<Stage>,
    /// What a good childhood is measured by, in this authority's words.
    pub outcome_sets: Vec<OutcomeSet>,
    /// Assessment forms.
    pub forms: Vec<Form>,
    /// Words with a rank by the list's name: `legal_status`, `registration`, `looked_after`, `risk`.
    pub lists: BTreeMap<String, WordList>,
    /// Who may consent for a child, if the framework says.
    pub consent: Option<CapacityRule>,
    /// How long things may take.
    pub clocks: Vec<Clock>,
    /// Which days are worked.
    pub calendars: Vec<Calendar>,
    /// Whom to ring; shown offline when harm is suspected. Emergency numbers first.
    pub contacts: Vec<Contact>,
    /// Days a phone may go on reading without contact.
    pub offline_lease_days: u32,
    /// How small numbers are hidden in published tables, if the framework says.
    pub disclosure: Option<Disclosure>,
    /// Limits that summaries compare with, each with the day from which it holds.
    pub thresholds: Vec<Threshold>,
    /// Sections that this version does not know.
    pub other: toml::Table,
    /// The file as its author wrote it: what is stored and sent on, so that nothing is lost.
    #[serde(skip)]
    source_text: String,
}

/// Why a text is not a framework, naming the item at fault.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameworkError {
    /// The file is longer than [`FRAMEWORK_BYTES`].
    #[error("the framework is too long: at most {FRAMEWORK_BYTES} bytes are read")]
    TooLong,
    /// The file is not TOML.
    #[error("line {line} cannot be read: {problem}")]
    NotToml {
        /// Where, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An item lacks something or holds what it may not.
    #[error("{item}: {problem}")]
    Item {
        /// Which: its section, place and code.
        item: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Two editions of one framework begin on one day.
    #[error("{id} has two editions that begin on {from}")]
    TwoEditions {
        /// The framework.
        id: String,
        /// Their first day.
        from: Date,
    },
}

impl Framework {
    /// Reads a framework file.
    ///
    /// Sections and fields from the future are kept ([`Framework::other`], [`Origin::other`]) and
    /// never refused.
    ///
    /// # Errors
    /// [`FrameworkError`] naming the line or item.
    pub fn parse(text: &str) -> Result<Self, FrameworkError> {
        read::framework(text)
    }

    /// The file exactly as it was read.
    #[must_use]
    pub fn source_text(&self) -> &str {
        &self.source_text
    }

    /// The stage of this code.
    #[must_use]
    pub fn stage(&self, code: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.code == code)
    }

    /// The word of this code in a list.
    #[must_use]
    pub fn word(&self, list: &str, code: &str) -> Option<&Word> {
        self.lists.get(list)?.words.iter().find(|word| word.code == code)
    }

    /// The form of this code.
    #[must_use]
    pub fn form(&self, code: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.code == code)
    }

    /// The clock of this code.
    #[must_use]
    pub fn clock(&self, code: &str) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.code() == code)
    }

    /// The calendar of this code.
    #[must_use]
    pub fn calendar(&self, code: &str) -> Option<&Calendar> {
        self.calendars.iter().find(|calendar| calendar.code == code)
    }

    /// When something that began on `start` is due by the clock of this code. Asks for a date when
    /// the clock is unknown or unchecked, or its calendar does not reach far enough.
    #[must_use]
    pub fn due(&self, clock: &str, start: Date) -> Due {
        self.clock(clock).map_or(Due::Ask, |clock| clock.due(start, &self.calendars))
    }

    /// The threshold of this code that held on `day`.
    #[must_use]
    pub fn threshold(&self, code: &str, day: Date) -> Option<&Threshold> {
        self.thresholds
            .iter()
            .filter(|t| t.code == code && t.effective_from.is_none_or(|from| from <= day))
            .max_by_key(|threshold| threshold.effective_from)
    }
}

#[cfg(test)]
mod tests;

//! The child's or a parent's own words, and what changed because of them.

use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Contribution, Draft, entries_of, in_schema_order};

draft! {
    /// Somebody's views, as whoever heard them fills them in.
    ViewsDraft with ViewsDetails
    {
        /// Whose: the child's, a parent's.
        1 whose: String,
        /// How they were obtained.
        2 how: How,
        /// In which language.
        3 language: Option<String>,
        /// Through which interpreter.
        4 interpreter: Option<String>,
        /// Whether nobody else was there.
        5 alone: Option<bool>,
        /// Who else was there.
        6 with: Option<String>,
    }
    and
    {
        /// The words, verbatim; for an infant, what was observed.
        words: Option<String>,
    }
}

choice! {
    /// How views were obtained.
    How {
        /// Spoken.
        Spoken "spoken",
        /// Drawn.
        Drawn "drawn",
        /// In sign language.
        Signed "signed",
        /// Written.
        Written "written",
        /// Observed, for an infant.
        Observed "observed",
    }
}

contribution! {
    /// Somebody's words, verbatim. Never edited.
    Words in 17;
    {
        /// The words.
        1 text: String,
    }
}

contribution! {
    /// What changed because of somebody's views.
    WhatChanged in 18;
    {
        /// In words.
        1 text: String,
    }
}

impl Draft for ViewsDraft {
    fn kind(&self) -> Kind {
        Kind::Views
    }

    fn entries(&self) -> Vec<NewEntry> {
        let words = self.words.clone().map(|text| Words { text });
        let mut entries = vec![self.details().entry()];
        entries.extend(entries_of(words.as_slice()));
        in_schema_order(self.kind(), entries)
    }
}

//! A visit to a child.

use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::field::group;
use crate::record::kinds::{Contribution, Draft, entries_of, in_schema_order};
use crate::time::{Date, Timestamp};

draft! {
    /// A visit, as the visitor fills it in.
    VisitDraft with VisitDetails
    {
        /// When it took place.
        1 at: Timestamp,
        /// When it was planned for.
        2 planned: Option<Timestamp>,
        /// How long it took, minutes.
        3 minutes: Option<u32>,
        /// Where.
        4 place: Option<String>,
        /// Announced, unannounced, after a discharge...
        5 sort: Option<String>,
        /// What for.
        6 purpose: Option<String>,
        /// Who was there.
        7 present: Option<String>,
        /// Whether the child was seen.
        8 child_seen: Option<bool>,
        /// Whether the child was seen alone.
        9 seen_alone: Option<bool>,
        /// When the child is next seen.
        10 next_contact: Option<Date>,
        /// What the records of one visit to siblings have in common.
        #[serde(default, with = "group")]
        11 visit_group: Option<[u8; 16]>,
        /// The agency's own reference.
        12 reference: Option<String>,
    }
    and
    {
        /// What happened, in the visitor's words.
        narrative: Option<String>,
    }
}

contribution! {
    /// What happened, in one contributor's words.
    Narrative in 17;
    {
        /// The words.
        1 text: String,
    }
}

impl Draft for VisitDraft {
    fn kind(&self) -> Kind {
        Kind::Visit
    }

    fn entries(&self) -> Vec<NewEntry> {
        let narrative = self.narrative.clone().map(|text| Narrative { text });
        let mut entries = vec![self.details().entry()];
        entries.extend(entries_of(narrative.as_slice()));
        in_schema_order(self.kind(), entries)
    }
}

//! A line of the chronology that derives from no other record.

use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Contribution, Draft};
use crate::time::Date;

draft! {
    /// A significant event, as whoever knows of it fills it in.
    SignificantEventDraft with SignificantEventDetails
    {
        /// On which day.
        1 on: Date,
        /// What happened.
        2 what: String,
        /// What it did to the child.
        3 impact: Option<String>,
        /// Who says so.
        4 source: Option<String>,
    }
    and {}
}

impl Draft for SignificantEventDraft {
    fn kind(&self) -> Kind {
        Kind::SignificantEvent
    }

    fn entries(&self) -> Vec<NewEntry> {
        vec![self.details().entry()]
    }
}

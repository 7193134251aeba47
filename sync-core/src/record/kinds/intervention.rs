//! What was delivered against a plan's row.

use crate::ids::{EntryId, RecordId};
use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::field::entry_id_or_none;
use crate::record::kinds::{Assert, Contribution, Draft, entries_of, in_schema_order};
use crate::record::schema::Fact;
use crate::time::{Date, Timestamp};

draft! {
    /// An intervention, as whoever delivers it fills it in.
    InterventionDraft with InterventionDetails
    {
        /// What is delivered.
        1 what: String,
        /// The plan that it serves.
        2 plan: Option<RecordId>,
        /// The row of that plan.
        #[serde(default, deserialize_with = "entry_id_or_none")]
        3 row: Option<EntryId>,
        /// The first day.
        4 from: Option<Date>,
    }
    and
    {
        /// Sessions so far.
        #[serde(default)]
        sessions: Vec<Session>,
        /// How it works, on the framework's scale.
        effect: Option<i64>,
        /// What it costs, as a band.
        cost_band: Option<String>,
    }
}

contribution! {
    /// One session.
    Session in 17;
    {
        /// When it began.
        1 at: Timestamp,
        /// How long it took, minutes.
        2 minutes: Option<u32>,
        /// What happened.
        3 note: Option<String>,
    }
}

impl Draft for InterventionDraft {
    fn kind(&self) -> Kind {
        Kind::Intervention
    }

    fn entries(&self) -> Vec<NewEntry> {
        let effect = self.effect.map(|effect| Assert::new(Fact::Effect, effect));
        let cost = self.cost_band.clone().map(|band| Assert::new(Fact::CostBand, band));
        let mut entries = vec![self.details().entry()];
        entries.extend(effect.into_iter().chain(cost).map(|assert| assert.entry()));
        entries.extend(entries_of(&self.sessions));
        in_schema_order(self.kind(), entries)
    }
}

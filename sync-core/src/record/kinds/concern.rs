//! Something seen that worries somebody.

use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Assert, Contribution, Draft, entries_of, in_schema_order};
use crate::record::schema::Fact;
use crate::time::Timestamp;

draft! {
    /// A concern, as whoever noticed fills it in.
    ConcernDraft with ConcernDetails
    {
        /// What was seen or heard.
        1 seen: String,
        /// What was done about it at once.
        2 action: Option<String>,
        /// Where.
        3 place: Option<String>,
        /// When it was seen.
        4 when: Option<Timestamp>,
    }
    and
    {
        /// Whether harm is suspected; none if the author did not say.
        harm_suspected: Option<bool>,
        /// The framework's indicators that it fits.
        #[serde(default)]
        indicators: Vec<Indicator>,
        /// Who was told.
        #[serde(default)]
        told: Vec<Told>,
    }
}

contribution! {
    /// An indicator that a concern fits.
    Indicator in 17;
    {
        /// The indicator's code in its framework.
        1 code: String,
        /// The framework.
        2 framework: Option<String>,
    }
}

contribution! {
    /// Somebody who was told of a concern.
    Told in 18;
    {
        /// Whom.
        1 who: String,
        /// When.
        2 when: Timestamp,
        /// By telephone, face to face...
        3 how: Option<String>,
    }
}

contribution! {
    /// What was decided about a concern, and what the person who raised it hears.
    ConcernDecision in 19;
    {
        /// The decision with its reasons.
        1 decision: String,
        /// The answer to whoever raised it.
        2 feedback: Option<String>,
    }
}

impl Draft for ConcernDraft {
    fn kind(&self) -> Kind {
        Kind::Concern
    }

    fn entries(&self) -> Vec<NewEntry> {
        let mut entries = vec![self.details().entry()];
        entries
            .extend(self.harm_suspected.map(|yes| Assert::new(Fact::HarmSuspected, yes).entry()));
        entries.extend(entries_of(&self.indicators));
        entries.extend(entries_of(&self.told));
        in_schema_order(self.kind(), entries)
    }
}

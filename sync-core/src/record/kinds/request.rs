//! A referral or request for assistance.

use crate::ids::AgencyId;
use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Assert, Contribution, Draft, in_schema_order};
use crate::record::schema::Fact;
use crate::time::Date;

draft! {
    /// A request, as whoever asks fills it in.
    RequestDraft with RequestDetails
    {
        /// The agency asked, with or without a sign-in here.
        1 to: AgencyId,
        /// Why help is asked for.
        2 reason: String,
        /// The agency's name, or a person's there.
        3 to_name: Option<String>,
    }
    and
    {
        /// When an answer is due.
        response_due: Option<Date>,
    }
}

contribution! {
    /// What the agency asked decided.
    RequestDecision in 17;
    {
        /// The decision.
        1 decision: String,
        /// Its reasons.
        2 reasons: Option<String>,
    }
}

contribution! {
    /// What whoever asked was told afterwards.
    Feedback in 18;
    {
        /// In words.
        1 text: String,
    }
}

impl Draft for RequestDraft {
    fn kind(&self) -> Kind {
        Kind::Request
    }

    fn entries(&self) -> Vec<NewEntry> {
        let due = self.response_due.map(|day| Assert::new(Fact::ResponseDue, day.to_string()));
        let mut entries = vec![self.details().entry()];
        entries.extend(due.map(|assert| assert.entry()));
        in_schema_order(self.kind(), entries)
    }
}

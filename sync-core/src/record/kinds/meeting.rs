//! A review or planning meeting.

use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::{Assert, Contribution, Draft, entries_of, in_schema_order};
use crate::record::schema::Fact;
use crate::time::{Date, Timestamp};

draft! {
    /// A meeting, as whoever minutes it fills it in.
    MeetingDraft with MeetingDetails
    {
        /// When it began.
        1 at: Timestamp,
        /// Planning, review, core group...
        2 sort: Option<String>,
        /// What came of it, in a word or two.
        3 outcome: Option<String>,
    }
    and
    {
        /// Who was invited, and whether they came.
        #[serde(default)]
        attendance: Vec<Attendance>,
        /// What was said.
        notes: Option<String>,
        /// What was decided.
        #[serde(default)]
        decisions: Vec<MeetingDecision>,
        /// What somebody will do.
        #[serde(default)]
        actions: Vec<MeetingAction>,
        /// When things are next reviewed.
        next_review: Option<Date>,
    }
}

contribution! {
    /// Somebody invited: a practitioner, the child, a parent, a supporter.
    Attendance in 17;
    {
        /// Who.
        1 who: String,
        /// As what.
        2 role: Option<String>,
        /// Whether they were there.
        3 present: bool,
    }
}

contribution! {
    /// What was said, in one contributor's words.
    MeetingNote in 18;
    {
        /// The words.
        1 text: String,
    }
}

contribution! {
    /// What was decided.
    MeetingDecision in 19;
    {
        /// In words.
        1 text: String,
    }
}

contribution! {
    /// What somebody will do after a meeting.
    MeetingAction in 20;
    {
        /// What.
        1 what: String,
        /// Who.
        2 who: Option<String>,
        /// By when.
        3 by: Option<Date>,
    }
}

impl Draft for MeetingDraft {
    fn kind(&self) -> Kind {
        Kind::Meeting
    }

    fn entries(&self) -> Vec<NewEntry> {
        let review = self.next_review.map(|day| Assert::new(Fact::NextReview, day.to_string()));
        let notes = self.notes.clone().map(|text| MeetingNote { text });
        let mut entries = vec![self.details().entry()];
        entries.extend(review.map(|assert| assert.entry()));
        entries.extend(entries_of(&self.attendance));
        entries.extend(entries_of(notes.as_slice()));
        entries.extend(entries_of(&self.decisions));
        entries.extend(entries_of(&self.actions));
        in_schema_order(self.kind(), entries)
    }
}

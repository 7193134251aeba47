//! Meetings, and what is delivered to a child or family.

use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::record::change::NewEntry;
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::intervention::{InterventionDraft, Session};
use sync_core::record::kinds::meeting::{
    Attendance, MeetingAction, MeetingDecision, MeetingDraft, MeetingNote,
};
use sync_core::time::Timestamp;

use crate::error::PhoneError;
use crate::input::{bad, day, parse, parse_some, words};
use crate::phone::Phone;
use crate::records::{
    AgreedAction, Attendee, Minutes, NewIntervention, NewMeeting, NewSession, Saved,
};

#[uniffi::export]
impl Phone {
    /// Records a review or planning meeting.
    ///
    /// # Errors
    /// [`PhoneError::BadInput`] with the sorts that the framework has, if it has any; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn record_meeting(
        &self,
        meeting: NewMeeting,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let minutes = Checked::of(meeting.minutes)?;
        self.check_listed(&meeting.case_id, "meeting_sort", meeting.sort.as_deref())?;
        let form = MeetingDraft {
            at: Timestamp(meeting.at_ms),
            sort: meeting.sort,
            outcome: meeting.outcome,
            attendance: minutes.attendance,
            notes: minutes.notes,
            decisions: minutes.decisions,
            actions: minutes.actions,
            next_review: day(meeting.next_review.as_deref())?,
        };
        self.make(&meeting.case_id, meeting.to, &form, draft)
    }

    /// Adds to a meeting's record: who came, a note, decisions, actions.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn add_minutes(
        &self,
        record_id: String,
        minutes: Minutes,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let entries = Checked::of(minutes)?.entries();
        if entries.is_empty() {
            return Err(bad("say what to add: who came, a note, a decision, an action"));
        }
        self.add_to(&record_id, (Kind::Meeting, "meeting"), entries, draft)
    }

    /// Records that something is delivered to a child or family, for a row of a plan or without one. How
    /// it works and what it costs is said later by [`Phone::assert_in_record`]: `effect`, `cost_band`.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn begin_intervention(
        &self,
        intervention: NewIntervention,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let NewIntervention { case_id, what, plan_id, row_id, from, cost_band, to } = intervention;
        self.check_listed(&case_id, "cost_band", cost_band.as_deref())?;
        let (plan, row) = self.serves(&case_id, plan_id.as_deref(), row_id.as_deref())?;
        let form = InterventionDraft {
            what: words(what, "what is delivered")?,
            plan,
            row,
            from: day(from.as_deref())?,
            sessions: Vec::new(),
            effect: None,
            cost_band,
        };
        self.make(&case_id, to, &form, draft)
    }

    /// Records a session of what is delivered.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn add_session(
        &self,
        record_id: String,
        session: NewSession,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let NewSession { at_ms, minutes, note } = session;
        let entry = Session { at: Timestamp(at_ms), minutes, note }.entry();
        self.add_to(&record_id, (Kind::Intervention, "intervention"), vec![entry], draft)
    }
}

impl Phone {
    /// Adds to a record of a kind, and to no other.
    fn add_to(
        &self,
        record_id: &str,
        (kind, name): (Kind, &str),
        entries: Vec<NewEntry>,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(record_id, "record")?;
        self.saving(draft, |device, now| {
            let envelope = device.envelope(&record)?;
            if envelope.kind() != kind {
                return Err(bad(format!("this record is no {name}")));
            }
            Ok(device.add(&envelope, entries, now)?)
        })
    }

    /// The plan and its row, which must be of the same child.
    fn serves(
        &self,
        case_id: &str,
        plan: Option<&str>,
        row: Option<&str>,
    ) -> Result<(Option<RecordId>, Option<EntryId>), PhoneError> {
        let case: CaseId = parse(case_id, "case")?;
        let plan: Option<RecordId> = parse_some(plan, "record")?;
        let row: Option<EntryId> = parse_some(row, "entry")?;
        let Some(plan) = plan else {
            return if row.is_none() { Ok((None, None)) } else { Err(bad("say of which plan")) };
        };
        let folded = self.with(|device| device.record(&plan))?;
        let of_case = folded.envelope.case == case && folded.envelope.kind() == Kind::Plan;
        let has = |row: &EntryId| folded.entry(row).is_some();
        match of_case && row.as_ref().is_none_or(has) {
            true => Ok((Some(plan), row)),
            false => Err(bad("this is no row of a plan of this child")),
        }
    }

    /// Refuses a word that the case's framework does not have in a list, if it has that list.
    fn check_listed(&self, case: &str, list: &str, word: Option<&str>) -> Result<(), PhoneError> {
        let case: CaseId = parse(case, "case")?;
        let (Some(word), now) = (word, self.now()) else { return Ok(()) };
        self.with(|device| {
            let known = device.check_listed(&case, list, word, now);
            known.map_err(|error| bad(error.to_string()))
        })
    }
}

/// Minutes in the core's own types.
struct Checked {
    attendance: Vec<Attendance>,
    notes: Option<String>,
    decisions: Vec<MeetingDecision>,
    actions: Vec<MeetingAction>,
}

impl Checked {
    fn of(minutes: Minutes) -> Result<Self, PhoneError> {
        let decision = |text| Ok(MeetingDecision { text: words(text, "the decision")? });
        Ok(Self {
            attendance: minutes.attendance.into_iter().map(attendance).collect::<Result<_, _>>()?,
            notes: minutes.notes.map(|text| words(text, "what was said")).transpose()?,
            decisions: minutes
                .decisions
                .into_iter()
                .map(decision)
                .collect::<Result<_, PhoneError>>()?,
            actions: minutes.actions.into_iter().map(action).collect::<Result<_, _>>()?,
        })
    }

    fn entries(&self) -> Vec<NewEntry> {
        let notes = self.notes.clone().map(|text| MeetingNote { text });
        let mut entries: Vec<_> = self.attendance.iter().map(Attendance::entry).collect();
        entries.extend(notes.map(|note| note.entry()));
        entries.extend(self.decisions.iter().map(MeetingDecision::entry));
        entries.extend(self.actions.iter().map(MeetingAction::entry));
        entries
    }
}

fn attendance(one: Attendee) -> Result<Attendance, PhoneError> {
    let who = words(one.who, "who was invited")?;
    Ok(Attendance { who, role: one.role, present: one.present })
}

fn action(one: AgreedAction) -> Result<MeetingAction, PhoneError> {
    let what = words(one.what, "what will be done")?;
    Ok(MeetingAction { what, who: one.who, by: day(one.by.as_deref())? })
}

//! Beginning records, and adding to them.

use sync_core::device::{NewRecord, Saved as CoreSaved};
use sync_core::ids::{CaseId, ClusterId, EntryId, RecordId};
use sync_core::record::kind::Kind;
use sync_core::record::kinds::assessment::AssessmentDraft;
use sync_core::record::kinds::case::CaseFacts;
use sync_core::record::kinds::concern::{ConcernDraft, Told};
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::request::{Feedback, RequestDecision, RequestDraft};
use sync_core::record::kinds::significant_event::SignificantEventDraft;
use sync_core::record::kinds::views::{How, ViewsDraft, WhatChanged};
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::kinds::{Contribution as _, Draft as _};
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;

use crate::error::PhoneError;
use crate::input::{bad, day, parse, parse_some, value, words};
use crate::phone::Phone;
use crate::records::forms::{
    HowHeard, NewCase, NewConcern, NewPlanRow, NewRequest, NewViews, NewVisit, Place, RowField,
    TeamInvolved, VisitedChild,
};
use crate::records::{ConcernSaved, Saved, TextVersion};
use crate::write::{compartment, nothing};

#[uniffi::export]
impl Phone {
    /// Begins a case. Its beginner is a provisional member of the team until the lead confirms them.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn begin_case(&self, child: NewCase, draft: Option<String>) -> Result<Saved, PhoneError> {
        let facts = CaseFacts {
            given_name: child.given_name,
            family_name: child.family_name,
            birth_date: day(child.born.as_deref())?,
            expected_date: day(child.expected.as_deref())?,
            school: child.school,
            ..CaseFacts::default()
        };
        if facts.given_name.is_none() && facts.family_name.is_none() {
            return Err(bad("say a name, or what the child is called for now"));
        }
        let asked: Option<ClusterId> = parse_some(child.cluster_id.as_deref(), "cluster")?;
        self.saving(draft, |device, now| {
            let mut own = device.clusters().keys();
            let cluster = match (asked, own.next(), own.next()) {
                (Some(asked), ..) => asked,
                (None, Some(only), None) => *only,
                _ => return Err(bad("say in which of your clusters the child is")),
            };
            Ok(device.begin_case(cluster, facts.entries(), now)?)
        })
    }

    /// Records a visit, for siblings one record each with what they have in common: all or none.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn record_visit(
        &self,
        visit: NewVisit,
        draft: Option<String>,
    ) -> Result<Vec<Saved>, PhoneError> {
        let group = (visit.children.len() > 1).then(crate::phone::random).transpose()?;
        let mut all = Vec::new();
        for child in &visit.children {
            all.push((parse(&child.case_id, "case")?, visited(&visit, child, group)?.entries()));
        }
        let mut rest = Vec::new();
        let first = self.saving(draft, |device, now| {
            let compartment = compartment(device, visit.to);
            let record = |(case, entries)| NewRecord {
                case,
                kind: Kind::Visit,
                compartment,
                framework: String::new(),
                entries,
            };
            let mut saved = device.make_each(all.into_iter().map(record).collect(), now)?;
            rest = saved.split_off(saved.len().min(1));
            saved.pop().ok_or_else(nothing)
        })?;
        self.tell_changed(rest.iter().map(|saved: &CoreSaved| saved.case));
        let only_here = first.only_here;
        let rest = rest.into_iter().map(|saved| Saved::of(saved, only_here));
        Ok([first].into_iter().chain(rest).collect())
    }

    /// Raises a concern. If harm is suspected, the numbers to ring are in the answer; should it fail,
    /// [`Phone::whom_to_ring`] has them all the same.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn raise_concern(
        &self,
        concern: NewConcern,
        draft: Option<String>,
    ) -> Result<ConcernSaved, PhoneError> {
        let form = ConcernDraft {
            seen: words(concern.seen, "what was seen")?,
            action: concern.action,
            place: concern.place,
            when: concern.when_ms.map(Timestamp),
            harm_suspected: Some(concern.harm_suspected),
            indicators: Vec::new(),
            told: Vec::new(),
        };
        let to = match concern.team_involved {
            TeamInvolved::No => Place::OwnAgency,
            TeamInvolved::Perhaps => Place::Protection,
        };
        let saved = self.make(&concern.case_id, to, &form, draft)?;
        let ring =
            concern.harm_suspected.then(|| self.whom_to_ring(concern.case_id)).transpose()?;
        Ok(ConcernSaved { saved, ring })
    }

    /// Notes who was told of a concern by telephone, and when.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn add_told(
        &self,
        record_id: String,
        who: String,
        when_ms: i64,
    ) -> Result<Saved, PhoneError> {
        let (who, how) = (words(who, "who was told")?, Some("telephone".to_owned()));
        self.add(&record_id, Told { who, when: Timestamp(when_ms), how }.entry(), None)
    }

    /// Records a child's or a parent's own words, for the team.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn record_views(
        &self,
        views: NewViews,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let form = ViewsDraft {
            whose: words(views.whose, "whose views they are")?,
            how: how(views.how),
            language: views.language,
            interpreter: views.interpreter,
            alone: views.alone,
            with: None,
            words: Some(words(views.words, "what was said")?),
        };
        self.make(&views.case_id, Place::Team, &form, draft)
    }

    /// Notes what changed because of somebody's views.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn add_what_changed(&self, record_id: String, text: String) -> Result<Saved, PhoneError> {
        let text = words(text, "what changed")?;
        self.add(&record_id, WhatChanged { text }.entry(), None)
    }

    /// Begins an assessment by a form of the case's framework.
    ///
    /// # Errors
    /// [`PhoneError::BadInput`] with the forms that there are; nothing was saved.
    pub fn draft_assessment(&self, case_id: String, form: String) -> Result<Saved, PhoneError> {
        let (framework, form_version) = self.form_of(&case_id, &form)?;
        let form = AssessmentDraft {
            framework,
            form,
            form_version,
            texts: Vec::new(),
            findings: Vec::new(),
            conclusions: Vec::new(),
            review_point: None,
        };
        self.make(&case_id, Place::Team, &form, None)
    }

    /// Begins a joint text about an element of an assessment's form.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn begin_text(
        &self,
        record_id: String,
        element: String,
        text: String,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        self.saving(None, |device, now| Ok(device.begin_text(&record, &element, &text, now)?))
    }

    /// The version of a record that a screen shows: hand it back with an edit of a text.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn text_version(&self, record_id: String) -> Result<TextVersion, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        Ok(TextVersion::of(&self.with(|device| device.version(&record))?))
    }

    /// Turns the joint text that the user saw at `version` into `text`. What others wrote since stays.
    ///
    /// # Errors
    /// [`PhoneError`]; a long edit that fails half-way is kept as far as it came.
    pub fn edit_text(
        &self,
        record_id: String,
        entry_id: String,
        text: String,
        version: TextVersion,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let entry: EntryId = parse(&entry_id, "entry")?;
        let version = version.names()?;
        self.saving(None, |device, now| {
            device.edit_text(&record, &entry, &text, &version, now)?;
            let case = device.envelope(&record)?.case;
            Ok(CoreSaved { case, record, entries: vec![entry] })
        })
    }

    /// Begins a plan for the team with its first rows.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(review = None, draft = None))]
    pub fn begin_plan(
        &self,
        case_id: String,
        rows: Vec<NewPlanRow>,
        review: Option<String>,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let rows = rows.into_iter().map(plan_row).collect::<Result<_, _>>()?;
        let review_date = day(review.as_deref())?;
        let form = PlanDraft { rows, review_date, copy_holders: Vec::new() };
        self.make(&case_id, Place::Team, &form, draft)
    }

    /// Adds a row to a plan.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn add_plan_row(
        &self,
        record_id: String,
        row: NewPlanRow,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        self.add(&record_id, plan_row(row)?.entry(), draft)
    }

    /// Says how a field of a plan's row stands now.
    ///
    /// # Errors
    /// [`PhoneError::BadInput`] with what is expected; nothing was saved.
    #[uniffi::method(default(reason = None))]
    pub fn set_plan_row(
        &self,
        record_id: String,
        row_id: String,
        field: RowField,
        text: String,
        reason: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let _checked = value(row_fact(field), &text)?;
        let name = row_fact(field).name().to_owned();
        self.assert_in_record(record_id, name, text, Some(row_id), reason, None)
    }

    /// Asks another agency for help.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(draft = None))]
    pub fn request_assistance(
        &self,
        request: NewRequest,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let form = RequestDraft {
            to: parse(&request.agency_id, "agency")?,
            reason: words(request.reason, "why help is asked for")?,
            to_name: request.to_name,
            response_due: day(request.response_due.as_deref())?,
        };
        self.make(&request.case_id, Place::Team, &form, draft)
    }

    /// Answers a request: the decision, and what whoever asked hears.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(reasons = None))]
    pub fn answer_request(
        &self,
        record_id: String,
        decision: String,
        reasons: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let decision = words(decision, "the decision")?;
        self.add(&record_id, RequestDecision { decision, reasons }.entry(), None)
    }

    /// Tells whoever asked what came of it.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn add_feedback(&self, record_id: String, text: String) -> Result<Saved, PhoneError> {
        let text = words(text, "the feedback")?;
        self.add(&record_id, Feedback { text }.entry(), None)
    }

    /// Records something that happened in the child's life, for the team.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(impact = None, draft = None))]
    pub fn record_event(
        &self,
        case_id: String,
        on: String,
        what: String,
        impact: Option<String>,
        draft: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let on = parse(&on, "day: 2026-11-26 is expected")?;
        let what = words(what, "what happened")?;
        let form = SignificantEventDraft { on, what, impact, source: None };
        self.make(&case_id, Place::Team, &form, draft)
    }
}

impl Phone {
    /// The framework by which a case goes, and the edition of its form of this code.
    fn form_of(&self, case: &str, code: &str) -> Result<(String, Option<String>), PhoneError> {
        let case: CaseId = parse(case, "case")?;
        let now = self.now();
        self.with(|device| {
            let none = || bad("this case goes by no framework yet");
            let framework = device.framework_in_use(&case).ok_or_else(none)?;
            let forms = device.edition(&framework, now).map(|it| it.forms.as_slice());
            let forms = forms.unwrap_or_default();
            let Some(form) = forms.iter().find(|form| form.code == code) else {
                let known: Vec<_> = forms.iter().map(|form| form.code.as_str()).collect();
                return Err(bad(format!("there is no such form; there are {}", known.join(", "))));
            };
            let version = Some(form.version.clone()).filter(|version| !version.is_empty());
            Ok((framework, version))
        })
    }
}

fn visited(
    visit: &NewVisit,
    child: &VisitedChild,
    visit_group: Option<[u8; 16]>,
) -> Result<VisitDraft, PhoneError> {
    Ok(VisitDraft {
        at: Timestamp(visit.at_ms),
        planned: visit.planned_ms.map(Timestamp),
        minutes: visit.minutes,
        place: visit.place.clone(),
        sort: visit.sort.clone(),
        purpose: visit.purpose.clone(),
        present: visit.present.clone(),
        child_seen: child.seen,
        seen_alone: child.seen_alone,
        next_contact: day(visit.next_contact.as_deref())?,
        visit_group,
        reference: None,
        narrative: Some(words(child.narrative.clone(), "what happened")?),
    })
}

fn plan_row(row: NewPlanRow) -> Result<PlanRow, PhoneError> {
    let (need, action) = (words(row.need, "the need")?, words(row.action, "the action")?);
    Ok(PlanRow {
        outcome: row.outcome,
        agency: parse_some(row.agency_id.as_deref(), "agency")?,
        person: row.person,
        due: day(row.due.as_deref())?,
        ..PlanRow::new(need, action)
    })
}

const fn row_fact(field: RowField) -> Fact {
    match field {
        RowField::Need => Fact::RowNeed,
        RowField::Action => Fact::RowAction,
        RowField::Outcome => Fact::RowOutcome,
        RowField::Evidence => Fact::RowEvidence,
        RowField::Agency => Fact::RowAgency,
        RowField::Person => Fact::RowPerson,
        RowField::Due => Fact::RowDue,
        RowField::Status => Fact::RowStatus,
        RowField::Rating => Fact::RowRating,
        RowField::Effect => Fact::RowEffect,
    }
}

const fn how(how: HowHeard) -> How {
    match how {
        HowHeard::Spoken => How::Spoken,
        HowHeard::Drawn => How::Drawn,
        HowHeard::Signed => How::Signed,
        HowHeard::Written => How::Written,
        HowHeard::Observed => How::Observed,
    }
}

//! What each event adds to a case's records.

use std::collections::BTreeMap;

use sync_core::ids::{AgencyId, CaseId, EntryId};
use sync_core::merge::ConsentScope;
use sync_core::record::change::NewEntry;
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::concern::ConcernDecision;
use sync_core::record::kinds::plan::PlanRow;
use sync_core::record::kinds::request::{Feedback, RequestDecision};
use sync_core::record::kinds::{Assert, Contribution};
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::time::Timestamp;

use super::LoadError;
use super::case::Story;
use super::folder::{Folder, Outbox};
use super::phones::Phone;
use crate::demo::drafts::{self, FRAMEWORK};
use crate::demo::event::{self, Event, What};
use crate::demo::{Area, people};

/// Who writes, and when.
type By = (u32, Timestamp);

/// What the writing of a case needs of its surroundings.
pub(super) struct Desk<'a> {
    pub(super) area: &'a Area,
    pub(super) phones: &'a mut BTreeMap<u32, Phone>,
    pub(super) outbox: Outbox,
}

impl Desk<'_> {
    fn phone(&mut self, owner: u32) -> Result<&mut Phone, LoadError> {
        let unknown = || LoadError::Refused("somebody without a phone".to_owned());
        self.phones.get_mut(&owner).ok_or_else(unknown)
    }

    fn write(
        &mut self,
        folder: &mut Folder,
        (author, at): By,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<EntryId>, LoadError> {
        let phone = self.phones.get(&author);
        let phone = phone.ok_or_else(|| LoadError::Refused("no phone".to_owned()))?;
        folder.write((author, phone), at, entries, &mut self.outbox)
    }

    /// A new record of a case.
    fn folder(
        &mut self,
        case: CaseId,
        (author, at): By,
        kind: Kind,
        compartment: Compartment,
    ) -> Result<Folder, LoadError> {
        let phone = self.phone(author)?;
        let made = Made {
            kind,
            creator: phone.actor,
            n: phone.next_record(),
            user: phone.user(),
            device: phone.device,
            framework: FRAMEWORK.to_owned(),
            at,
        };
        Ok(Folder::new(Envelope { case, compartment, origin: Origin::Made(made) }))
    }
}

impl Story {
    /// Writes an event down on its author's phone.
    pub(super) fn write(&mut self, desk: &mut Desk<'_>, event: &Event) -> Result<(), LoadError> {
        let by = (event.author, event.at);
        match &event.what {
            What::Joined { practitioners } => {
                let member = |who: &u32| {
                    let user = desk.phone(*who)?.user().to_string();
                    Ok(Assert::new(Fact::Member, "member").about(user))
                };
                let team = practitioners.iter().map(member).collect::<Result<_, LoadError>>()?;
                self.assert(desk, by, team)
            }
            What::Consent { guardian, withheld } => self.consent(desk, by, *guardian, *withheld),
            What::Stage { stage, reason } => {
                let stage = Assert::new(Fact::Stage, stage.to_string());
                self.assert(desk, by, vec![stage.in_words_of(FRAMEWORK).because(reason)])
            }
            What::LeadProfessional { practitioner } => {
                let user = desk.phone(*practitioner)?.user();
                let user = Value::Bytes(user.as_bytes().to_vec());
                self.assert(desk, by, vec![Assert::new(Fact::LeadProfessional, user)])
            }
            What::PlanRow(row) => self.plan_row(desk, by, row),
            What::PlanStatus { row, status, rating } => {
                self.plan_status(desk, by, *row, [*status, *rating])
            }
            What::Decision { accepted, feedback } => self.answer(desk, by, *accepted, feedback),
            What::ConcernSettled { decision } => self.settle(desk, by, decision),
            _ => self.record(desk, by, event),
        }
    }

    /// An event that is a record of its own.
    fn record(&mut self, desk: &mut Desk<'_>, by: By, event: &Event) -> Result<(), LoadError> {
        let case = self.begun(desk, by)?;
        let Some((kind, entries)) = drafts::record(desk.area, event) else { return Ok(()) };
        // A worry stays with its author's agency until somebody shares it.
        let compartment = match kind {
            Kind::Concern => Compartment::Agency(desk.phone(by.0)?.principal.agency),
            _ => Compartment::Team,
        };
        let mut folder = desk.folder(case, by, kind, compartment)?;
        desk.write(&mut folder, by, entries)?;
        match &event.what {
            What::Concern { .. } => self.open_concerns.push(folder),
            What::Request { .. } => self.request = Some(folder),
            _ => {}
        }
        Ok(())
    }

    /// The case, begun by whoever first has something to write about the child.
    fn begun(&mut self, desk: &mut Desk<'_>, by: By) -> Result<CaseId, LoadError> {
        if let Some(case) = self.case {
            return Ok(case);
        }
        let phone = desk.phone(by.0)?;
        let (case, user) = (phone.next_case(), phone.user().to_string());
        let mut entries =
            vec![Assert::new(Fact::Member, "provisional").about(user.as_str()).entry()];
        entries.extend(drafts::child(desk.area, self.pupil));
        let persons: Vec<usize> =
            (0..entries.len()).filter(|at| entries[*at].collection == drafts::PERSONS).collect();
        let mut own = Folder::new(Envelope::of_case(case, Compartment::Team));
        let ids = desk.write(&mut own, by, entries)?;
        self.guardians = persons.iter().filter_map(|at| ids.get(*at).copied()).collect();
        self.standing.extend(ids.first().map(|id| ((Fact::Member, user), *id)));
        (self.case, self.own) = (Some(case), Some(own));
        Ok(case)
    }

    /// Asserts facts of the case in sight of what stands.
    fn assert(&mut self, desk: &mut Desk<'_>, by: By, all: Vec<Assert>) -> Result<(), LoadError> {
        self.begun(desk, by)?;
        let Some(mut own) = self.own.take() else { return Ok(()) };
        let written = self.assert_in(&mut own, desk, by, all);
        self.own = Some(own);
        written
    }

    fn assert_in(
        &mut self,
        folder: &mut Folder,
        desk: &mut Desk<'_>,
        by: By,
        all: Vec<Assert>,
    ) -> Result<(), LoadError> {
        let key = |it: &Assert| (it.fact, it.subject.clone().unwrap_or_default());
        let keys: Vec<_> = all.iter().map(key).collect();
        let standing = &self.standing;
        let entry = |it: Assert| {
            let before = standing.get(&key(&it)).copied();
            it.replacing(before).entry()
        };
        let ids = desk.write(folder, by, all.into_iter().map(entry).collect())?;
        self.standing.extend(keys.into_iter().zip(ids));
        Ok(())
    }

    fn consent(
        &mut self,
        desk: &mut Desk<'_>,
        by: By,
        guardian: usize,
        withheld: Option<people::Agency>,
    ) -> Result<(), LoadError> {
        let Some(giver) = self.guardians.get(guardian).map(EntryId::to_string) else {
            return Ok(());
        };
        let except = withheld.map(|agency| AgencyId::from_slug(agency.slug()));
        let scope = ConsentScope::all_except(except).to_string();
        self.assert(desk, by, vec![Assert::new(Fact::Consent, scope).about(giver)])
    }

    fn plan_row(
        &mut self,
        desk: &mut Desk<'_>,
        by: By,
        row: &event::PlanRow,
    ) -> Result<(), LoadError> {
        let case = self.begun(desk, by)?;
        let mut plan = match self.plan.take() {
            Some(plan) => plan,
            None => desk.folder(case, by, Kind::Plan, Compartment::Team)?,
        };
        self.rows.extend(desk.write(&mut plan, by, vec![drafts::plan_row(row).entry()])?);
        self.plan = Some(plan);
        Ok(())
    }

    fn plan_status(
        &mut self,
        desk: &mut Desk<'_>,
        by: By,
        row: usize,
        [status, rating]: [&str; 2],
    ) -> Result<(), LoadError> {
        let (Some(row), Some(mut plan)) = (self.rows.get(row).copied(), self.plan.take()) else {
            return Ok(());
        };
        let facts = [(Fact::RowStatus, status), (Fact::RowRating, rating)];
        let all = facts.map(|(fact, word)| PlanRow::assert(row, fact, word)).into();
        let written = self.assert_in(&mut plan, desk, by, all);
        self.plan = Some(plan);
        written
    }

    fn answer(
        &mut self,
        desk: &mut Desk<'_>,
        by: By,
        accepted: bool,
        feedback: &str,
    ) -> Result<(), LoadError> {
        let Some(mut request) = self.request.take() else { return Ok(()) };
        let decision = if accepted { "accepted" } else { "declined" }.to_owned();
        let decision = RequestDecision { decision, reasons: None }.entry();
        let feedback = Feedback { text: feedback.to_owned() }.entry();
        desk.write(&mut request, by, vec![decision, feedback]).map(drop)
    }

    /// The oldest concern of the settler's agency is settled: a flag of harm goes from the directory, its words
    /// stay. Another agency's may be open at the same time, and is not theirs to read.
    fn settle(&mut self, desk: &mut Desk<'_>, by: By, decision: &str) -> Result<(), LoadError> {
        let own = Compartment::Agency(desk.phone(by.0)?.principal.agency);
        let Some(at) = self.open_concerns.iter().position(|it| it.compartment() == own) else {
            return Ok(());
        };
        let mut concern = self.open_concerns.remove(at);
        let decision = ConcernDecision { decision: decision.to_owned(), feedback: None };
        let closed = Assert::new(Fact::ConcernState, "closed");
        desk.write(&mut concern, by, vec![closed.entry(), decision.entry()]).map(drop)
    }
}

//! What people do: every transition of a run, chosen by chance and tried on a real phone. What the
//! policy refuses is refused; that is part of the work.

use sync_core::device::{DeviceError, Facts, Saved};
use sync_core::ids::{AgencyId, CaseId, EntryId, RecordId, UserId};
use sync_core::merge::ConsentScope;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::assessment::AssessmentDraft;
use sync_core::record::kinds::case::CaseFacts;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::kinds::{Contribution, Draft};
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::store::Store;
use sync_core::time::Timestamp;

use crate::sim::dice::Dice;
use crate::sim::phone::Phone;

const FRAMEWORK: &str = "east-lothian";
const STAGES: [&str; 3] = ["1", "2", "3"];
const RISK: [&str; 4] = ["low", "moderate", "high", "critical"];
const ACTION_STATUS: [&str; 5] = ["cancelled", "done", "in_progress", "open", "blocked"];
const RATING: [&str; 3] = ["green", "amber", "red"];
const GIVERS: [&str; 2] = ["mother", "father"];

/// Something that may happen to a phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transition {
    /// Begin a case.
    BeginCase,
    /// Add somebody to a team.
    AddMember,
    /// Remove somebody from a team.
    RemoveMember,
    /// Make somebody lead professional.
    SetLead,
    /// Name somebody to protection.
    NamePerson,
    /// Exclude somebody, or end that.
    ExcludePerson,
    /// Record a visit.
    Visit,
    /// Record a concern.
    Concern,
    /// Say whether harm is suspected after all.
    Harm,
    /// Begin a plan.
    Plan,
    /// Add a row to a plan.
    AddRow,
    /// Change a row of a plan.
    EditRow,
    /// Begin an assessment.
    Assess,
    /// Begin a joint text.
    BeginText,
    /// Edit a joint text.
    EditText,
    /// Assert a stage.
    Stage,
    /// Assert a risk.
    Risk,
    /// Give consent, or withhold it from an agency.
    Consent,
    /// Settle a disagreement.
    Settle,
    /// Take a settlement back.
    Undo,
    /// Sync, undisturbed.
    Sync,
    /// Sync with a fault.
    FaultySync,
    /// Close the app and open it again.
    Reopen,
    /// Copy a phone's data.
    BackUp,
    /// Put an older copy of a phone's data back.
    Restore,
    /// End a post, give it back, or give another.
    MovePost,
    /// Retire a phone or report it stolen, or take that back.
    MarkPhone,
    /// Decide about work that came late.
    Review,
    /// Send the server what is damaged, stolen, forged or not one's own.
    Attack,
    /// Copy the server's database.
    BackUpServer,
    /// Put an older copy of the server's database back.
    RestoreServer,
}

const WEIGHTS: [(Transition, u64); 31] = [
    (Transition::BeginCase, 2),
    (Transition::AddMember, 5),
    (Transition::RemoveMember, 1),
    (Transition::SetLead, 2),
    (Transition::NamePerson, 1),
    (Transition::ExcludePerson, 1),
    (Transition::Visit, 5),
    (Transition::Concern, 3),
    (Transition::Harm, 2),
    (Transition::Plan, 2),
    (Transition::AddRow, 3),
    (Transition::EditRow, 4),
    (Transition::Assess, 2),
    (Transition::BeginText, 2),
    (Transition::EditText, 4),
    (Transition::Stage, 4),
    (Transition::Risk, 4),
    (Transition::Consent, 3),
    (Transition::Settle, 3),
    (Transition::Undo, 1),
    (Transition::Sync, 18),
    (Transition::FaultySync, 12),
    (Transition::Reopen, 1),
    (Transition::BackUp, 1),
    (Transition::Restore, 1),
    (Transition::MovePost, 1),
    (Transition::MarkPhone, 1),
    (Transition::Review, 2),
    (Transition::Attack, 2),
    (Transition::BackUpServer, 1),
    (Transition::RestoreServer, 1),
];

impl Transition {
    /// One by its weight.
    pub fn choose(dice: &mut Dice) -> Self {
        let all: u64 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut left = dice.below(all);
        for (transition, weight) in WEIGHTS {
            if left < weight {
                return transition;
            }
            left -= weight;
        }
        Self::Sync
    }
}

/// What a save did: the record and the entries that the phone called saved.
pub type Done = Result<Option<(RecordId, Vec<EntryId>)>, DeviceError>;

/// A person at a phone.
pub struct Hand<'a> {
    /// The phone.
    pub phone: &'a mut Phone,
    /// Chance.
    pub dice: &'a mut Dice,
    /// What the phone's clock says.
    pub now: Timestamp,
    /// Everybody there is.
    pub users: &'a [UserId],
    /// Every agency there is.
    pub agencies: &'a [AgencyId],
    /// Whether visits may be told at length.
    pub in_parts: bool,
}

fn saved(saved: Saved) -> Done {
    Ok(Some((saved.record, saved.entries)))
}

impl Hand<'_> {
    /// Tries a transition that saves something. Nothing where the phone has nothing to do it to.
    ///
    /// # Errors
    /// What the phone says.
    pub fn act(&mut self, transition: Transition) -> Done {
        match transition {
            Transition::BeginCase => self.begin_case(),
            Transition::AddMember => self.member("member"),
            Transition::RemoveMember => self.member("left"),
            Transition::SetLead => self.lead(),
            Transition::NamePerson => self.protect(Fact::Named, 90),
            Transition::ExcludePerson => self.protect(Fact::Excluded, 70),
            Transition::Visit => self.visit(),
            Transition::Concern => self.concern(),
            Transition::Harm => self.harm(),
            Transition::Plan => self.plan(),
            Transition::AddRow => self.add_row(),
            Transition::EditRow => self.edit_row(),
            Transition::Assess => self.assess(),
            Transition::BeginText => self.begin_text(),
            Transition::EditText => self.edit_text(),
            Transition::Stage => self.word(Fact::Stage, &STAGES),
            Transition::Risk => self.word(Fact::Risk, &RISK),
            Transition::Consent => self.consent(),
            Transition::Settle => self.settle(),
            Transition::Undo => self.undo(),
            Transition::Sync
            | Transition::FaultySync
            | Transition::Reopen
            | Transition::BackUp
            | Transition::Restore
            | Transition::MovePost
            | Transition::MarkPhone
            | Transition::Review
            | Transition::Attack
            | Transition::BackUpServer
            | Transition::RestoreServer => Ok(None),
        }
    }

    fn case(&mut self) -> Option<CaseId> {
        let cases = self.phone.device.store().cases().unwrap_or_default();
        self.dice.pick(&cases).copied()
    }

    fn record(&mut self, kind: Kind) -> Option<RecordId> {
        let case = self.case()?;
        let rows = self.phone.device.store().records_of_case(&case).unwrap_or_default();
        let of_kind: Vec<_> = rows.iter().filter(|row| row.kind == kind.code()).collect();
        self.dice.pick(&of_kind).map(|row| row.id)
    }

    fn user(&mut self) -> UserId {
        self.dice.pick(self.users).copied().unwrap_or(self.phone.device.identity().principal.user)
    }

    fn own_compartment(&self) -> Compartment {
        Compartment::Agency(self.phone.device.identity().principal.agency)
    }

    fn begin_case(&mut self) -> Done {
        let Some(cluster) = self.phone.device.clusters().keys().next().copied() else {
            return Ok(None);
        };
        let facts = CaseFacts { given_name: Some(self.words(1)), ..CaseFacts::default() };
        saved(self.phone.device.begin_case(cluster, facts.entries(), self.now)?)
    }

    fn assert_of_case(&mut self, facts: &Facts) -> Done {
        self.assert_in(Compartment::Team, facts)
    }

    fn assert_in(&mut self, compartment: Compartment, facts: &Facts) -> Done {
        let Some(case) = self.case() else { return Ok(None) };
        let envelope = Envelope::of_case(case, compartment);
        saved(self.phone.device.assert(&envelope, facts, self.now)?)
    }

    fn member(&mut self, state: &str) -> Done {
        let user = self.user();
        self.assert_of_case(&Facts::new(Fact::Member, state).of(user.to_string()))
    }

    fn lead(&mut self) -> Done {
        let user = Value::Bytes(self.user().as_bytes().to_vec());
        self.assert_of_case(&Facts::new(Fact::LeadProfessional, user))
    }

    fn protect(&mut self, fact: Fact, yes_percent: u64) -> Done {
        let (user, yes) = (self.user(), self.dice.chance(yes_percent));
        self.assert_in(Compartment::Protection, &Facts::new(fact, yes).of(user.to_string()))
    }

    fn word(&mut self, fact: Fact, words: &[&str]) -> Done {
        let word = self.dice.pick(words).copied().unwrap_or_default();
        let facts = Facts::new(fact, word);
        let in_words = fact == Fact::Stage;
        let facts = if in_words { facts.in_words_of(FRAMEWORK) } else { facts };
        self.assert_of_case(&facts)
    }

    fn consent(&mut self) -> Done {
        let giver = self.dice.pick(&GIVERS).copied().unwrap_or_default();
        let agency = self.dice.pick(self.agencies).copied();
        let scope = match agency.filter(|_| self.dice.chance(45)) {
            Some(agency) => ConsentScope::all_except([agency]),
            None => ConsentScope::All,
        };
        self.assert_of_case(&Facts::new(Fact::Consent, scope.to_string()).of(giver))
    }

    fn make(&mut self, compartment: Compartment, draft: &dyn Draft) -> Done {
        let Some(case) = self.case() else { return Ok(None) };
        let (device, kind) = (&mut self.phone.device, draft.kind());
        saved(device.make(case, kind, compartment, FRAMEWORK, draft.entries(), self.now)?)
    }

    fn visit(&mut self) -> Done {
        let long = self.in_parts && self.dice.chance(8);
        let narrative = if long { self.words(8_000) } else { self.words(9) };
        let draft = VisitDraft {
            at: self.now,
            planned: None,
            minutes: None,
            place: None,
            sort: None,
            purpose: None,
            present: None,
            child_seen: Some(self.dice.chance(50)),
            seen_alone: None,
            next_contact: None,
            visit_group: None,
            reference: None,
            narrative: Some(narrative),
        };
        let team = self.dice.chance(70);
        let to = if team { Compartment::Team } else { self.own_compartment() };
        self.make(to, &draft)
    }

    fn concern(&mut self) -> Done {
        let draft = ConcernDraft {
            seen: self.words(8),
            action: None,
            place: None,
            when: None,
            harm_suspected: Some(self.dice.chance(50)),
            indicators: Vec::new(),
            told: Vec::new(),
        };
        let protection = self.dice.chance(15);
        let to = if protection { Compartment::Protection } else { self.own_compartment() };
        self.make(to, &draft)
    }

    fn harm(&mut self) -> Done {
        let Some(record) = self.record(Kind::Concern) else { return Ok(None) };
        let envelope = self.phone.device.envelope(&record)?;
        let facts = Facts::new(Fact::HarmSuspected, self.dice.chance(60)).because("seen again");
        saved(self.phone.device.assert(&envelope, &facts, self.now)?)
    }

    fn plan(&mut self) -> Done {
        let rows = vec![PlanRow::new(self.words(4), self.words(4))];
        self.make(
            Compartment::Team,
            &PlanDraft { rows, review_date: None, copy_holders: Vec::new() },
        )
    }

    fn add_row(&mut self) -> Done {
        let Some(record) = self.record(Kind::Plan) else { return Ok(None) };
        let envelope = self.phone.device.envelope(&record)?;
        let row = PlanRow::new(self.words(4), self.words(4)).entry();
        saved(self.phone.device.add(&envelope, vec![row], self.now)?)
    }

    fn edit_row(&mut self) -> Done {
        let Some(record) = self.record(Kind::Plan) else { return Ok(None) };
        let folded = self.phone.device.record(&record)?;
        let rows: Vec<_> = folded.entries_of(PlanRow::COLLECTION).collect();
        let Some(row) = self.dice.pick(&rows).map(|row| row.id) else { return Ok(None) };
        let (fact, words) = match self.dice.below(2) {
            0 => (Fact::RowStatus, ACTION_STATUS.as_slice()),
            _ => (Fact::RowRating, RATING.as_slice()),
        };
        let word = self.dice.pick(words).copied().unwrap_or_default();
        let facts = Facts::new(fact, word).of(row.to_string());
        saved(self.phone.device.assert(&folded.envelope, &facts, self.now)?)
    }

    fn assess(&mut self) -> Done {
        let draft = AssessmentDraft {
            framework: FRAMEWORK.to_owned(),
            form: "wellbeing".to_owned(),
            form_version: None,
            texts: Vec::new(),
            findings: Vec::new(),
            conclusions: Vec::new(),
            review_point: None,
        };
        let team = self.dice.chance(80);
        let to = if team { Compartment::Team } else { self.own_compartment() };
        self.make(to, &draft)
    }

    fn begin_text(&mut self) -> Done {
        let Some(record) = self.record(Kind::Assessment) else { return Ok(None) };
        let text = self.words(6);
        saved(self.phone.device.begin_text(&record, "safe", &text, self.now)?)
    }

    fn edit_text(&mut self) -> Done {
        let Some(record) = self.record(Kind::Assessment) else { return Ok(None) };
        let folded = self.phone.device.record(&record)?;
        let texts: Vec<_> = folded.entries.iter().filter(|it| it.text.is_some()).collect();
        let Some(entry) = self.dice.pick(&texts) else { return Ok(None) };
        let old = entry.text.clone().unwrap_or_default();
        let keep = self.dice.below(old.chars().count() as u64 + 1) as usize;
        let kept: String = old.chars().take(keep).collect();
        let cut = self.dice.below(9) as usize;
        let rest: String = old.chars().skip(keep + cut).collect();
        let new = format!("{kept}{}{rest}", self.words(2));
        let version = self.phone.device.version(&record)?;
        self.phone.device.edit_text(&record, &entry.id, &new, &version, self.now)?;
        Ok(Some((record, Vec::new())))
    }

    fn settle(&mut self) -> Done {
        let Some(case) = self.case() else { return Ok(None) };
        let rows = self.phone.device.store().records_of_case(&case)?;
        let mut open = Vec::new();
        for row in rows {
            let conflicts = self.phone.device.conflicts(&row.id)?;
            open.extend(conflicts.into_iter().map(|conflict| (row.id, conflict)));
        }
        let Some((record, conflict)) = self.dice.pick(&open) else { return Ok(None) };
        let values: Vec<_> = conflict.rivals.iter().filter_map(|it| it.value.clone()).collect();
        let Some(value) = self.dice.pick(&values).cloned() else { return Ok(None) };
        let done = self.phone.device.settle(
            record,
            conflict.fact,
            &conflict.subject,
            value,
            "we spoke about it",
            self.now,
        )?;
        let settlement = done.entries.first().map(|entry| (done.record, *entry));
        self.phone.settlements.extend(settlement);
        saved(done)
    }

    fn undo(&mut self) -> Done {
        let Some((record, entry)) = self.dice.pick(&self.phone.settlements).copied() else {
            return Ok(None);
        };
        if self.phone.device.store().record(&record)?.is_none() {
            return Ok(None);
        }
        saved(self.phone.device.undo(&record, entry, "it was too early", self.now)?)
    }

    fn words(&mut self, count: usize) -> String {
        const WORDS: [&str; 16] = [
            "calm",
            "garden",
            "school",
            "breakfast",
            "asleep",
            "window",
            "brother",
            "bus",
            "coat",
            "reading",
            "kitchen",
            "quiet",
            "late",
            "visit",
            "plan",
            "granny",
        ];
        let mut text = String::new();
        for n in 0..count {
            if n > 0 {
                text.push(' ');
            }
            text.push_str(self.dice.pick(&WORDS).copied().unwrap_or_default());
        }
        text
    }
}

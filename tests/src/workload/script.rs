//! A case's history as changes of records, each with its author, ready to be pushed.

use std::collections::{BTreeMap, VecDeque};

use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::protocol::frame::PushedChange;
use sync_core::record::change::{Change, Edit as Step, NewEntry};
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::fold::text_seen;
use sync_core::record::history::History;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::assessment::{AssessmentDraft, JointText};
use sync_core::record::kinds::meeting::MeetingDraft;
use sync_core::record::kinds::plan::PlanRow;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::kinds::{Assert, Contribution, Draft};
use sync_core::record::schema::{Fact, TEXTS};
use sync_core::record::value::Value;
use sync_core::time::{Date, Timestamp};

use crate::workload::area::{Area, LEAD};
use crate::workload::format::{Action, Assessed, Begun, Case, Edit, Review, Visited, What};
use crate::workload::{FRAMEWORK, WorkloadError};

/// What workload and records call each other, where a record has no room for the other's name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The workload's id of each visit.
    pub visits: BTreeMap<RecordId, String>,
}

/// One author's consecutive changes of one record.
#[derive(Clone, Debug)]
pub struct Run {
    /// The author.
    pub author: String,
    /// The number of the first change.
    pub first_seq: u32,
    /// The changes.
    pub changes: Vec<PushedChange>,
}

/// A record's changes.
#[derive(Clone, Debug)]
pub struct Chain {
    /// All that was written, in order.
    pub history: History,
    /// What is still to be pushed.
    pub runs: VecDeque<Run>,
}

/// The id of a case: the workload's own.
///
/// # Errors
/// [`WorkloadError::Unknown`] for what is not a UUID.
pub fn case_id(case: &Case) -> Result<CaseId, WorkloadError> {
    let hex = case.id.replace('-', "");
    hex.parse().map_err(|_| WorkloadError::Unknown { case: case.i, what: case.id.clone() })
}

/// The fact that a part of the identity is, with its subject.
#[must_use]
pub fn identity_fact(key: &str) -> Option<(Fact, &'static str)> {
    Some(match key {
        "givenName" => (Fact::GivenName, ""),
        "familyName" => (Fact::FamilyName, ""),
        "birthDate" => (Fact::BirthDate, ""),
        "sex" => (Fact::Sex, ""),
        "school" => (Fact::School, ""),
        "classroom" => (Fact::Classroom, ""),
        "language" => (Fact::Language, ""),
        "guardianName" => (Fact::PersonName, "guardian"),
        "guardianPhone" => (Fact::Phone, "guardian"),
        "address" => (Fact::Address, "child"),
        _ => return None,
    })
}

/// Plans a case's history. `members` are in the team from the start.
///
/// # Errors
/// [`WorkloadError`]
pub fn plan(area: &mut Area, case: &Case, members: &[String]) -> Result<Vec<Chain>, WorkloadError> {
    let id = case_id(case)?;
    let mut script = Script {
        area,
        case: case.i,
        id,
        chains: vec![Chain::new(Envelope::of_case(id, Compartment::Team))],
        plan: None,
        texts: BTreeMap::new(),
        rows: BTreeMap::new(),
        standing: BTreeMap::new(),
        lead: String::new(),
    };
    for edit in &case.edits {
        script.edit(edit, members)?;
    }
    Ok(script.chains)
}

/// The case's own record is the first chain.
const CASE: usize = 0;

impl Chain {
    fn new(envelope: Envelope) -> Self {
        Self { history: History::new(envelope), runs: VecDeque::new() }
    }

    fn push(&mut self, author: &str, seq: u32, change: PushedChange) {
        match self.runs.back_mut() {
            Some(run) if run.author == author => run.changes.push(change),
            _ => self.runs.push_back(Run {
                author: author.to_owned(),
                first_seq: seq,
                changes: vec![PushedChange { deps: change.deps.or(Some(Vec::new())), ..change }],
            }),
        }
    }
}

struct Script<'a> {
    area: &'a mut Area,
    case: usize,
    id: CaseId,
    chains: Vec<Chain>,
    plan: Option<usize>,
    texts: BTreeMap<String, (usize, EntryId)>,
    rows: BTreeMap<String, EntryId>,
    standing: BTreeMap<(Fact, String), EntryId>,
    lead: String,
}

impl Script<'_> {
    fn edit(&mut self, edit: &Edit, members: &[String]) -> Result<(), WorkloadError> {
        let (by, t) = (edit.by.as_str(), edit.t);
        match &edit.what {
            What::Create { v } => self.create(by, t, v, members),
            What::Assess { domain, v } => self.assess(by, t, domain, v),
            What::Visit { v } => self.visit(by, t, v),
            What::Action { id, v } => self.action(by, t, id, v),
            What::Status { id, to } => self.status(by, t, id, to),
            What::Text { domain, sp } => self.text(by, t, domain, sp),
            What::Review { v } => self.review(by, t, v),
            What::Stage { to } => self.stage(by, t, *to),
            What::Risk { to } => self.assert(by, t, Assert::new(Fact::Risk, to.as_str())),
            What::Field { key, to } => {
                let assert = self.identity(key, to)?;
                self.assert(by, t, assert)
            }
        }
    }

    /// The beginner says who the child is; the cluster's lead makes the team and names the beginner
    /// lead professional, who then says stage and risk.
    fn create(
        &mut self,
        by: &str,
        t: i64,
        begun: &Begun,
        members: &[String],
    ) -> Result<(), WorkloadError> {
        let own = self.area.worker(by)?.principal.user.to_string();
        let number = Assert::new(Fact::Identifier, begun.case_no.as_str()).about("case");
        let mut known = vec![Assert::new(Fact::Member, "provisional").about(own), number];
        for (key, value) in &begun.identity {
            known.push(self.identity(key, value)?);
        }
        self.assert_all(by, t, known)?;
        let mut team = Vec::new();
        for member in members {
            let user = self.area.worker(member)?.principal.user.to_string();
            team.push(Assert::new(Fact::Member, "member").about(user));
        }
        team.push(self.leads(by)?);
        self.assert_all(LEAD, t, team)?;
        let risk = Assert::new(Fact::Risk, begun.risk_level.as_str());
        self.assert_all(by, t, vec![stage(begun.stage), risk])
    }

    fn stage(&mut self, by: &str, t: i64, to: i64) -> Result<(), WorkloadError> {
        if self.lead != by {
            let leads = self.leads(by)?;
            self.assert(LEAD, t, leads)?;
        }
        self.assert(by, t, stage(to))
    }

    fn leads(&mut self, by: &str) -> Result<Assert, WorkloadError> {
        by.clone_into(&mut self.lead);
        let user = self.area.worker(by)?.principal.user;
        Ok(Assert::new(Fact::LeadProfessional, Value::Bytes(user.as_bytes().to_vec())))
    }

    fn identity(&self, key: &str, value: &str) -> Result<Assert, WorkloadError> {
        let (fact, subject) = identity_fact(key).ok_or_else(|| self.unknown(key))?;
        let assert = Assert::new(fact, value);
        Ok(if subject.is_empty() { assert } else { assert.about(subject) })
    }

    fn assess(
        &mut self,
        by: &str,
        t: i64,
        domain: &str,
        v: &Assessed,
    ) -> Result<(), WorkloadError> {
        let text = JointText { element: domain.to_owned(), text: v.text.clone() };
        let draft = AssessmentDraft {
            framework: FRAMEWORK.to_owned(),
            form: "workload".to_owned(),
            form_version: None,
            texts: vec![text],
            findings: Vec::new(),
            conclusions: Vec::new(),
            review_point: None,
        };
        let mut entries = draft.entries();
        entries.insert(0, Assert::new(Fact::Score, v.score).about(domain).entry());
        let place = entries.iter().position(|entry| entry.collection == TEXTS);
        let (chain, ids) = self.make(by, t, Kind::Assessment, entries)?;
        let id = place.and_then(|place| ids.get(place)).ok_or_else(|| self.unknown(domain))?;
        self.texts.insert(domain.to_owned(), (chain, *id));
        Ok(())
    }

    fn visit(&mut self, by: &str, t: i64, v: &Visited) -> Result<(), WorkloadError> {
        let (chain, _) = self.make(by, t, Kind::Visit, visit_draft(v).entries())?;
        let record = self.chains[chain].history.envelope().id();
        self.area.names.visits.insert(record, v.id.clone());
        Ok(())
    }

    fn review(&mut self, by: &str, t: i64, v: &Review) -> Result<(), WorkloadError> {
        let draft = MeetingDraft {
            at: Timestamp(v.at),
            sort: Some("review".to_owned()),
            outcome: Some(v.outcome.clone()),
            attendance: Vec::new(),
            notes: Some(v.text.clone()),
            decisions: Vec::new(),
            actions: Vec::new(),
            next_review: None,
        };
        self.make(by, t, Kind::Meeting, draft.entries()).map(drop)
    }

    fn action(&mut self, by: &str, t: i64, id: &str, v: &Action) -> Result<(), WorkloadError> {
        let row = plan_row(id, v).ok_or_else(|| self.unknown(id))?.entry();
        let ids = match self.plan {
            Some(chain) => self.append(chain, by, t, vec![Step::Add(row)])?,
            None => {
                let (chain, ids) = self.make(by, t, Kind::Plan, vec![row])?;
                self.plan = Some(chain);
                ids
            }
        };
        self.rows.insert(id.to_owned(), ids[0]);
        Ok(())
    }

    fn status(&mut self, by: &str, t: i64, id: &str, to: &str) -> Result<(), WorkloadError> {
        let unknown = || WorkloadError::Unknown { case: self.case, what: id.to_owned() };
        let row = *self.rows.get(id).ok_or_else(unknown)?;
        let chain = self.plan.ok_or_else(unknown)?;
        let assert = PlanRow::assert(row, Fact::RowStatus, to);
        self.assert_in(chain, by, t, vec![assert])
    }

    fn text(
        &mut self,
        by: &str,
        t: i64,
        domain: &str,
        splices: &[(usize, usize, String)],
    ) -> Result<(), WorkloadError> {
        let (chain, entry) = *self.texts.get(domain).ok_or_else(|| self.unknown(domain))?;
        let history = &self.chains[chain].history;
        let seen = vec![true; history.links().len()];
        let text = text_seen(history, &entry, &seen).ok_or_else(|| self.unknown(domain))?;
        let new = spliced(&text.text(), splices);
        let runs = text.edit_to(&new);
        if runs.is_empty() {
            return Ok(());
        }
        self.append(chain, by, t, vec![Step::Splice { entry, runs }]).map(drop)
    }

    fn assert(&mut self, by: &str, t: i64, assert: Assert) -> Result<(), WorkloadError> {
        self.assert_all(by, t, vec![assert])
    }

    fn assert_all(&mut self, by: &str, t: i64, all: Vec<Assert>) -> Result<(), WorkloadError> {
        self.assert_in(CASE, by, t, all)
    }

    /// Asserts in sight of all that stands: history has no rivals.
    fn assert_in(
        &mut self,
        chain: usize,
        by: &str,
        t: i64,
        all: Vec<Assert>,
    ) -> Result<(), WorkloadError> {
        let key = |it: &Assert| (it.fact, it.subject.clone().unwrap_or_default());
        let keys: Vec<_> = all.iter().map(key).collect();
        let seen = |assert: Assert| {
            let standing = self.standing.get(&key(&assert)).copied();
            Step::Add(assert.replacing(standing).entry())
        };
        let steps = all.into_iter().map(seen).collect();
        let ids = self.append(chain, by, t, steps)?;
        self.standing.extend(keys.into_iter().zip(ids));
        Ok(())
    }

    fn make(
        &mut self,
        by: &str,
        t: i64,
        kind: Kind,
        entries: Vec<NewEntry>,
    ) -> Result<(usize, Vec<EntryId>), WorkloadError> {
        let worker = self.area.worker(by)?;
        worker.made += 1;
        let made = Made {
            kind,
            creator: worker.actor,
            n: worker.made,
            user: worker.principal.user,
            device: worker.device,
            framework: if kind == Kind::Assessment { FRAMEWORK } else { "" }.to_owned(),
            at: Timestamp(t),
        };
        let (case, compartment) = (self.id, Compartment::Team);
        self.chains.push(Chain::new(Envelope { case, compartment, origin: Origin::Made(made) }));
        let chain = self.chains.len() - 1;
        let steps = entries.into_iter().map(Step::Add).collect();
        Ok((chain, self.append(chain, by, t, steps)?))
    }

    fn append(
        &mut self,
        chain: usize,
        by: &str,
        t: i64,
        edits: Vec<Step>,
    ) -> Result<Vec<EntryId>, WorkloadError> {
        let worker = self.area.worker(by)?;
        let (actor, user) = (worker.actor, worker.principal.user);
        let change = Change { actor, by: user, at: Timestamp(t), clock_ahead_ms: 0, edits };
        let chain = &mut self.chains[chain];
        let history = &mut chain.history;
        let seq = history.next_seq(&actor);
        let entries = change.added(seq).map(|(id, _)| id).collect();
        let names = history.dep_names(&history.implied_deps(&actor));
        let body = change.encode_body();
        let gate = |why: String| WorkloadError::Gate { author: by.to_owned(), why };
        let link =
            history.append(change, seq, Some(&names)).map_err(|error| gate(error.to_string()))?;
        let hash = link.hash.prefix();
        let follows = names == [(actor, seq.wrapping_sub(1))];
        chain.push(by, seq, PushedChange { deps: (!follows).then_some(names), hash, body });
        Ok(entries)
    }

    fn unknown(&self, what: &str) -> WorkloadError {
        WorkloadError::Unknown { case: self.case, what: what.to_owned() }
    }
}

fn stage(stage: i64) -> Assert {
    Assert::new(Fact::Stage, stage.to_string()).in_words_of(FRAMEWORK)
}

/// A visit as its visitor fills it in.
#[must_use]
pub fn visit_draft(v: &Visited) -> VisitDraft {
    VisitDraft {
        at: Timestamp(v.at),
        planned: None,
        minutes: Some(v.minutes),
        place: None,
        sort: Some(v.kind.clone()),
        purpose: None,
        present: None,
        child_seen: None,
        seen_alone: None,
        next_contact: None,
        visit_group: None,
        reference: None,
        narrative: Some(v.text.clone()),
    }
}

/// A plan's row; the workload's name for it stands in its need. None for a status that is none.
fn plan_row(id: &str, v: &Action) -> Option<PlanRow> {
    let status = serde_json::from_value(v.status.clone().into()).ok()?;
    let due: Option<Date> = Timestamp(v.due).date();
    let (person, status) = (Some(v.owner.clone()), Some(status));
    Some(PlanRow { person, due, status, ..PlanRow::new(id, v.title.as_str()) })
}

/// A text after splices, as a person would have typed them.
#[must_use]
pub fn spliced(text: &str, splices: &[(usize, usize, String)]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for (position, delete, insert) in splices {
        let start = (*position).min(text.len());
        let end = (start + delete).min(text.len());
        text.splice(start..end, insert.chars());
    }
    text.into_iter().collect()
}

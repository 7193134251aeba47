//! Judging a batch: signature, names, then each record by the gate and the policy.

mod again;
mod copied;
mod names;
mod oversized;
mod parents;
mod rights;

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use sync_core::codec::DecodeError;
use sync_core::engine::admit::{Admitted, Judged, admit_apart};
use sync_core::gate::refusal::Refusal;
use sync_core::ids::{Actor, CaseId, ClusterId, RecordId};
use sync_core::policy::{CaseContext, ClusterAction, Principal, decide_in_cluster};
use sync_core::protocol::batch::{BatchDigest, is_signed};
use sync_core::protocol::frame::{PushedRecord, decode_push};
use sync_core::protocol::message::{Answer, Outcome};
use sync_core::record::change::Change;
use sync_core::record::envelope::{Envelope, Head};
use sync_core::record::history::History;
use sync_core::record::kind::Compartment;

use crate::db::quarantine::Held;
use crate::db::{self, Conn, Error};
use crate::ingest::hold::{self, Earlier};
use crate::ingest::{Arrival, Rules, moves};
use crate::service::contact;
use crate::service::histories::{self, World};
pub use again::again;
use names::Named;
use parents::{Around, Parent};
use rights::{Contexts, differs, may};

/// A batch as judged at some state of the database.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What to answer about each change.
    pub answers: Vec<Answer>,
    /// What to take.
    pub records: Vec<Accepted>,
    /// What to keep for a reviewer, a record each.
    pub held: Vec<Held>,
    /// What of that says that harm is suspected.
    pub alarming: BTreeSet<RecordId>,
    /// The digests that the phone signed, of what is taken and what is not.
    pub signed: Vec<u8>,
    /// The state that it was judged at: if any of it moved, judge again.
    pub judged_at: BTreeMap<RecordId, usize>,
    /// The same of each case's own records; none was begun.
    pub cases_at: BTreeMap<CaseId, Option<usize>>,
    /// How much of an author's work in a record had been kept or decided about.
    pub kept_at: BTreeMap<(RecordId, Actor), usize>,
    /// The case of each record that the batch names.
    pub cases: BTreeMap<RecordId, CaseId>,
    /// The clusters of those of the cases that are in another one.
    pub elsewhere: BTreeMap<CaseId, ClusterId>,
    /// Whether something of it copies from another record or is attached to one.
    pub leans: bool,
    /// Where each record that matters had been moved to.
    pub moves_at: BTreeMap<RecordId, Option<RecordId>>,
}

impl Verdict {
    /// Whether there is nothing to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty() && self.held.is_empty()
    }
}

/// A record's changes to take.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What is fixed about it.
    pub envelope: Envelope,
    /// The author.
    pub actor: Actor,
    /// The changes, with salt and salted digest each.
    pub changes: Vec<(Admitted, [u8; 16], [u8; 32])>,
    /// The record with them.
    pub history: History,
}

/// Judges a batch.
///
/// # Errors
/// The database's failure. What is wrong with the batch is in the answers.
pub fn judge(conn: &mut Conn, rules: &Rules, arrival: &Arrival) -> Result<Verdict, Error> {
    let mut judging = Judging::begin(conn, rules, arrival)?;
    let Ok(records) = decode_push(&arrival.batch.frame) else { return Ok(judging.unread()) };
    let heads = records.iter().filter_map(|record| Head::read(&record.envelope).ok());
    judging.verdict.cases = heads.map(|head| (head.id, head.case)).collect();
    // Whoever left altogether has their late work looked at like anybody who lost a team.
    let works = |who: &Principal| who.memberships.iter().any(|it| it.cluster == arrival.cluster());
    if !works(&arrival.principal) && !judging.then.as_ref().is_some_and(works) {
        judging.answer_all(&records, &refused("unknown_case"));
        return Ok(judging.verdict);
    }
    let Some((signed, salts)) = signed(arrival, &records) else {
        judging.answer_all(&records, &refused("wrong_signature"));
        return Ok(judging.verdict);
    };
    judging.verdict.signed = signed;
    let mut salts = salts.into_iter();
    let mut named = BTreeSet::new();
    for record in &records {
        let salts: Vec<_> = salts.by_ref().take(record.changes.len()).collect();
        // Each is judged by what the database has of its record. A second one would be numbered after the first
        // and judged as if it were not there: nobody could read the record any more.
        let is_again = Head::read(&record.envelope).is_ok_and(|head| !named.insert(head.id));
        // A phone whose numbers are taken was restored from a backup. What follows may speak of a
        // record, or of a child's case, by a name that is another's: it writes that anew first.
        match judging.forked || is_again {
            true => judging.unjudged(record),
            false => judging.record(conn, record, &salts)?,
        }
    }
    Ok(judging.verdict)
}

/// A change's salt and salted digest.
pub(super) type Salted = ([u8; 16], [u8; 32]);

/// What the batch's signature is over and the salts of its changes, if it is the phone's.
fn signed(arrival: &Arrival, records: &[PushedRecord]) -> Option<(Vec<u8>, Vec<Salted>)> {
    let key = VerifyingKey::from_bytes(&arrival.public_key).ok()?;
    let (signed, salts) = digested(arrival, records);
    let signature = &arrival.batch.signature;
    is_signed(&arrival.cluster(), &signed, &key, signature).then_some((signed, salts))
}

/// What the batch's signature must be over, and the salts of its changes.
fn digested(arrival: &Arrival, records: &[PushedRecord]) -> (Vec<u8>, Vec<Salted>) {
    let (cluster, batch) = (arrival.cluster(), &arrival.batch);
    let mut digest = BatchDigest::new(&cluster, batch.seed);
    let mut salts = Vec::new();
    for record in records {
        digest.record(&record.envelope);
        salts.extend(record.changes.iter().map(|change| digest.change(&change.hash)));
    }
    (digest.into_signed(), salts)
}

struct Judging<'a> {
    arrival: &'a Arrival,
    world: World,
    contexts: BTreeMap<CaseId, Contexts>,
    /// Cases whose own record, which begins them, was not taken from this batch, with what that means
    /// for the rest of them.
    unbegun: BTreeMap<CaseId, Judged>,
    /// Cases that are there, but not for the author: what is pushed to them is judged and answered as if
    /// they were not.
    unseen: BTreeSet<CaseId>,
    /// Whether a name in this batch turned out to be taken by other work.
    forked: bool,
    /// The number up to which the phone was ever known to have the log.
    known: i64,
    /// The person as they were at the phone's last contact.
    then: Option<Principal>,
    verdict: Verdict,
}

/// What a record's changes are judged by.
struct Ready {
    contexts: Contexts,
    history: History,
    /// Authors of whose work in it the pushing one may not know.
    strangers: BTreeSet<Actor>,
    around: Around,
    /// Whether another record took its place.
    moved: bool,
}

impl<'a> Judging<'a> {
    fn begin(conn: &mut Conn, rules: &Rules, arrival: &'a Arrival) -> Result<Self, Error> {
        let mut world = World::known(conn, rules, &arrival.cluster())?;
        if arrival.leaving {
            // Whoever left already is judged as the colleague that they were.
            world.people.insert(arrival.user(), arrival.principal.agency);
        }
        let contact = db::contacts::of(conn, &arrival.device, &arrival.cluster())?;
        // An older cursor proves nothing: the phone kept it, or is a copy of one that knew more.
        let highest = contact.as_ref().map_or(0, |contact| contact.acknowledged);
        let as_then = |contact| contact::then(&arrival.principal, arrival.cluster(), contact);
        Ok(Self {
            arrival,
            world,
            contexts: BTreeMap::new(),
            unbegun: BTreeMap::new(),
            unseen: BTreeSet::new(),
            forked: false,
            known: arrival.acknowledged.max(highest),
            then: contact.as_ref().map(as_then),
            verdict: Verdict::default(),
        })
    }

    fn unjudged(&mut self, record: &PushedRecord) {
        if let Ok(head) = Head::read(&record.envelope) {
            self.answer_each(head.id, record, &Judged::Needs);
        }
    }

    fn answer_all(&mut self, records: &[PushedRecord], judged: &Judged) {
        for record in records {
            if let Ok(head) = Head::read(&record.envelope) {
                self.answer_each(head.id, record, judged);
            }
        }
    }

    fn answer_each(&mut self, id: RecordId, record: &PushedRecord, judged: &Judged) {
        for n in 0..record.changes.len() as u32 {
            self.answer(id, record.actor, record.first_seq + n, judged);
        }
    }

    fn answer(&mut self, record: RecordId, actor: Actor, seq: u32, judged: &Judged) {
        let outcome = match judged {
            Judged::Accepted(_) => Outcome::Accepted,
            Judged::AlreadyHad => Outcome::AlreadyHad,
            Judged::Needs => Outcome::Needs,
            Judged::NotYet => Outcome::NotYet,
            Judged::Refused(refusal) => Outcome::Refused(refusal.code().to_owned()),
            Judged::DependsOnRefused => Outcome::DependsOnRefused,
            Judged::Held(refusal) => Outcome::Quarantined(refusal.code().to_owned()),
        };
        self.verdict.answers.push(Answer { record, actor, seq, outcome });
    }

    fn record(
        &mut self,
        conn: &mut Conn,
        pushed: &PushedRecord,
        salts: &[Salted],
    ) -> Result<(), Error> {
        let envelope = match Envelope::decode(&pushed.envelope) {
            Ok(envelope) => envelope,
            Err(error) => {
                self.unreadable(pushed, error);
                return Ok(());
            }
        };
        match self.ready(conn, pushed, &envelope)? {
            Ok(ready) => self.changes(conn, (pushed, salts), envelope, ready)?,
            Err(judged) => self.answer_each(envelope.id(), pushed, &judged),
        }
        Ok(())
    }

    /// What a record's changes are judged by; or what all of them are answered.
    fn ready(
        &mut self,
        conn: &mut Conn,
        pushed: &PushedRecord,
        envelope: &Envelope,
    ) -> Result<Result<Ready, Judged>, Error> {
        let id = envelope.id();
        let named = self.named(conn, pushed, envelope)?;
        if let Named::Wrong(code) = named {
            self.forked |= code == "id_taken";
            return Ok(Err(refused(code)));
        }
        let others = named == Named::Others;
        let Some(contexts) = self.contexts(conn, envelope)? else {
            let judged = self.unbegun.get(&envelope.case).filter(|_| !others).cloned();
            let code = if others { "not_yours" } else { "unknown_case" };
            return Ok(Err(judged.unwrap_or_else(|| refused(code))));
        };
        let history = match self.unseen.contains(&envelope.case) {
            true => History::new(envelope.clone()),
            false => match histories::history_of(conn, envelope) {
                Err(Error::Newer) => return Ok(Err(Judged::NotYet)),
                history => history?,
            },
        };
        self.verdict.judged_at.insert(id, history.links().len());
        // Of what others wrote in a record that the author may not read, no answer tells.
        let mut strangers = BTreeSet::new();
        let record = moves::facts(conn, envelope)?;
        if !contexts.open(&self.arrival.principal, self.then.as_ref(), &record) {
            if others && !self.wrote_in(conn, &history, pushed)? {
                return Ok(Err(refused("not_yours")));
            }
            strangers = self.strangers(conn, pushed)?;
        }
        let Some(sources) = self.sources(conn, envelope.kind(), pushed)? else {
            return Ok(Err(refused("another_cluster")));
        };
        let parent = self.parent(conn, (pushed, envelope), &contexts)?;
        self.verdict.leans |= !sources.is_empty() || !matches!(parent, Parent::None);
        let (moved, around) = (self.is_moved(conn, &id)?, Around { sources, parent });
        Ok(Ok(Ready { contexts, history, strangers, around, moved }))
    }

    fn changes(
        &mut self,
        conn: &mut Conn,
        (pushed, salts): (&PushedRecord, &[Salted]),
        envelope: Envelope,
        Ready { contexts, mut history, strangers, around, moved }: Ready,
    ) -> Result<(), Error> {
        let id = envelope.id();
        let (user, then) = (self.arrival.user(), self.then.as_ref());
        let earlier = Earlier::of(conn, &id, pushed)?;
        let aside = earlier.aside(&history, user);
        let may = |history: &History, change: &Change, deps: &[usize]| {
            if moved {
                return Err(Refusal::new("moved_elsewhere").into());
            }
            may((self.arrival, then), &contexts, (history, change, deps), &around)
        };
        let mut judged = admit_apart(&mut history, aside, pushed, (user, &strangers), &may);
        if self.unseen.contains(&envelope.case) {
            judged.iter_mut().for_each(|(_, judged)| not_taken(judged));
        }
        self.forked |= judged.iter().any(|(_, judged)| is_forked(judged));
        // Most pushes hold nothing: they are not counted.
        let holds = judged.iter().any(|(_, judged)| matches!(judged, Judged::Held(_)));
        if holds || earlier.version() > 0 {
            self.verdict.kept_at.insert((id, pushed.actor), earlier.version());
        }
        let room = if holds { hold::room(conn, self.arrival)? } else { 0 };
        let judged = earlier.over(pushed, judged, room);
        let (outcome, merging) = ((judged.as_slice(), salts), self.world.merging());
        let held = earlier.to_keep(self.arrival, &history, pushed, outcome, &merging);
        self.note_begun(&envelope, contexts, &judged);
        let mut changes = Vec::new();
        for ((seq, judged), (salt, salted)) in judged.into_iter().zip(salts) {
            self.answer(id, pushed.actor, seq, &judged);
            if let Judged::Accepted(admitted) = judged {
                changes.push((admitted, *salt, *salted));
            }
        }
        if let Some((held, alarming)) = held {
            self.verdict.alarming.extend(alarming.then_some(held.record));
            self.verdict.held.push(held);
        }
        if !changes.is_empty() {
            let actor = pushed.actor;
            self.verdict.records.push(Accepted { envelope, actor, changes, history });
        }
        Ok(())
    }

    /// What a newer version wrote stays on the phone until this server knows it.
    fn unreadable(&mut self, pushed: &PushedRecord, error: DecodeError) {
        // Without an id there is nothing to answer about: the phone keeps it all the same.
        let Ok(head) = Head::read(&pushed.envelope) else { return };
        let judged = match error {
            DecodeError::Unknown(_) => Judged::NotYet,
            _ => refused("malformed"),
        };
        self.answer_each(head.id, pushed, &judged);
    }

    /// A case is there for the rest of the batch if its own record is.
    fn note_begun(&mut self, envelope: &Envelope, contexts: Contexts, judged: &[(u32, Judged)]) {
        let case = envelope.case;
        match judged.first() {
            Some((_, Judged::Accepted(_) | Judged::AlreadyHad | Judged::Held(_))) => {
                self.contexts.insert(case, contexts);
            }
            Some((_, Judged::NotYet | Judged::Needs)) if !self.contexts.contains_key(&case) => {
                self.unbegun.insert(case, Judged::Needs);
            }
            Some(_) if !self.contexts.contains_key(&case) => {
                self.unbegun.insert(case, Judged::DependsOnRefused);
            }
            _ => {}
        }
    }

    /// Whether a record was re-homed, by an earlier record of this batch too.
    fn is_moved(&mut self, conn: &mut Conn, record: &RecordId) -> Result<bool, Error> {
        let target = db::moves::target(conn, record)?;
        self.verdict.moves_at.insert(*record, target);
        let moved = |it: &Accepted| moves::source_of(&it.history) == Some(*record);
        Ok(target.is_some() || self.verdict.records.iter().any(moved))
    }

    /// The case's rules; of one that is not there for the author and that they begin, its beginner's.
    /// None for what is not theirs to begin.
    fn contexts(
        &mut self,
        conn: &mut Conn,
        envelope: &Envelope,
    ) -> Result<Option<Contexts>, Error> {
        let (case, cluster) = (envelope.case, self.arrival.cluster());
        if let Some(contexts) = self.contexts.get(&case) {
            return Ok(Some(contexts.clone()));
        }
        if let Some(contexts) = self.contexts_there(conn, &case)? {
            self.contexts.insert(case, contexts.clone());
            return Ok(Some(contexts));
        }
        let principal = &self.arrival.principal;
        let may_begin = decide_in_cluster(principal, cluster, &ClusterAction::BeginCase).is_ok();
        // By its team's record only: what others know of a case that went with an older log comes back after
        // it, and nobody else has begun it then.
        let begins = envelope.made().is_none() && envelope.compartment == Compartment::Team
            || self.arrival.leaving && hold::waits_to_begin(conn, &case, self.arrival)?;
        let now = CaseContext::begun_by(principal, case, cluster);
        Ok((may_begin && begins).then_some(Contexts { now, then: None }))
    }

    /// The rules of a case that is there. One of which the author may not know is noted and has none.
    fn contexts_there(
        &mut self,
        conn: &mut Conn,
        case: &CaseId,
    ) -> Result<Option<Contexts>, Error> {
        let (cluster, at) = (self.arrival.cluster(), self.arrival.at);
        let other = db::records::cluster_of(conn, case)?.filter(|its| *its != cluster);
        if let Some(other) = other {
            self.unseen.insert(*case);
            self.verdict.elsewhere.insert(*case, other);
            return Ok(None);
        }
        let state = histories::case_state(conn, case, &cluster, &self.world, at)?;
        self.verdict.cases_at.insert(*case, state.as_ref().map(|state| state.version));
        let Some(state) = state else { return Ok(None) };
        let beside = state.beside.iter().map(|(case, version)| (*case, Some(*version)));
        self.verdict.cases_at.extend(beside);
        let (known, principal) = (self.known, &self.arrival.principal);
        // Another post then may have allowed what this one does not.
        let mut moved = self.then.as_ref().is_some_and(|then| differs(then, principal));
        moved |= state.moved_at > known;
        let then = match moved {
            true => histories::case_state_at(conn, case, &cluster, &self.world, (known, at))?,
            false => None,
        };
        let contexts = Contexts { now: state.context, then: then.map(|state| state.context) };
        if contexts.are_closed_to(principal, self.then.as_ref()) {
            self.unseen.insert(*case);
            return Ok(None);
        }
        Ok(Some(contexts))
    }
}

/// What might have begun a case is refused: there is another one, of which its author may not know.
fn not_taken(judged: &mut Judged) {
    if matches!(judged, Judged::Accepted(_) | Judged::Held(_)) {
        *judged = refused("unknown_case");
    }
}

/// Whether a change's number is taken by other work.
fn is_forked(judged: &Judged) -> bool {
    matches!(judged, Judged::Refused(why) if why.code() == "actor_forked")
}

fn refused(code: &str) -> Judged {
    Judged::Refused(Refusal::new(code))
}

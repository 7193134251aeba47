//! Keeping pushed work apart for a reviewer: what its author had lost the right to without knowing.

use std::collections::BTreeMap;

use sync_core::engine::admit::Judged;
use sync_core::gate::refusal::{Refusal, given_back};
use sync_core::ids::{Actor, CaseId, RecordId, UserId};
use sync_core::limits::{CHANGES_IN_REVIEW, CHANGES_PER_BATCH};
use sync_core::merge::Context;
use sync_core::policy::{CaseContext, Principal, Role};
use sync_core::protocol::frame::{PushedChange, PushedRecord, encode_push};
use sync_core::record::change::Change;
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::fold;
use sync_core::record::history::{ChangeName, History};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::view::{Warnings, chronology_line, raises_harm_flag};

use super::judge::Salted;
use crate::db::quarantine::{Held, State};
use crate::db::{self, Conn, Error};
use crate::ingest::Arrival;
use crate::service::histories::{CaseState, World};
use crate::service::reason;

/// How many more changes of a phone may be kept.
///
/// # Errors
/// The database's failure.
pub(super) fn room(conn: &mut Conn, arrival: &Arrival) -> Result<usize, Error> {
    let kept = db::quarantine::count_of_device(conn, &arrival.device)?;
    Ok(CHANGES_IN_REVIEW.saturating_sub(usize::try_from(kept).unwrap_or_default()))
}

/// Whether what begins a case waits, by this author: a case that only a retired phone knew.
///
/// # Errors
/// The database's failure.
pub(super) fn waits_to_begin(
    conn: &mut Conn,
    case: &CaseId,
    arrival: &Arrival,
) -> Result<bool, Error> {
    let own = Envelope::of_case(*case, Compartment::Team).id();
    let waiting = db::quarantine::waiting(conn, &arrival.cluster())?;
    Ok(waiting.iter().any(|held| held.record == own && held.user == arrival.user()))
}

/// A case that nobody has begun, as its author saw it: for whoever reviews what begins it.
///
/// # Errors
/// The database's failure.
pub fn unbegun(conn: &mut Conn, world: &World, held: &Held) -> Result<Option<CaseState>, Error> {
    if db::records::any_of(conn, &held.case)? {
        return Ok(None);
    }
    let posts = db::memberships::of_user(conn, &held.user)?;
    let Some(agency) = posts.first().map(|post| post.agency) else { return Ok(None) };
    let author = Principal::new(held.user, agency).with(held.cluster, Role::Practitioner);
    Ok(Some(CaseState {
        context: CaseContext::begun_by(&author, held.case, held.cluster),
        team: None,
        framework: world.framework.clone(),
        warnings: Warnings::default(),
        version: 0,
        beside: BTreeMap::new(),
        moved_at: 0,
    }))
}

/// What [`Earlier::version`] is now.
///
/// # Errors
/// The database's failure.
pub(super) fn version(conn: &mut Conn, record: &RecordId, actor: &Actor) -> Result<usize, Error> {
    let kept = db::quarantine::of_author(conn, record, actor)?;
    Ok(kept.iter().map(|held| if held.state == State::Waiting { 1 } else { 2 }).sum())
}

/// A change that was kept: its number, its hash, what became of it and the reviewer's words.
type Kept = (u32, [u8; 16], State, String);

/// What of an author's work in a record was kept before.
pub(super) struct Earlier {
    kept: Vec<Kept>,
    waiting: Vec<PushedRecord>,
    version: usize,
}

impl Earlier {
    /// Reads it.
    ///
    /// # Errors
    /// The database's failure.
    pub(super) fn of(
        conn: &mut Conn,
        record: &RecordId,
        pushed: &PushedRecord,
    ) -> Result<Self, Error> {
        let (mut kept, mut waiting, mut version) = (Vec::new(), Vec::new(), 0);
        for held in db::quarantine::of_author(conn, record, &pushed.actor)? {
            version += if held.state == State::Waiting { 1 } else { 2 };
            let record = pushed_of(&held)?;
            let hashes = record.changes.iter().map(|change| change.hash);
            let named = (record.first_seq..).zip(hashes);
            let words = held.reason.unwrap_or_default();
            kept.extend(named.map(|(seq, hash)| (seq, hash, held.state, words.clone())));
            if held.state == State::Waiting {
                waiting.push(record);
            }
        }
        Ok(Self { kept, waiting, version })
    }

    /// A number that grows whenever more is kept or decided about.
    pub(super) fn version(&self) -> usize {
        self.version
    }

    /// The record with the changes that wait; none if none do.
    pub(super) fn aside(&self, history: &History, user: UserId) -> Option<History> {
        let waits = !self.waiting.is_empty();
        waits.then(|| {
            self.waiting.iter().fold(history.clone(), |history, kept| {
                with_held(&history, kept, user).unwrap_or(history)
            })
        })
    }

    /// What becomes of changes, given what was kept: what a reviewer gave back before is answered with
    /// the reviewer's words, and what finds no `room` is to be pushed again later.
    pub(super) fn over(
        &self,
        pushed: &PushedRecord,
        judged: Vec<(u32, Judged)>,
        room: usize,
    ) -> Vec<(u32, Judged)> {
        let (mut new, room_for_words) = (0, reason::room_for(CHANGES_PER_BATCH));
        let one = |((seq, judged), change): ((u32, Judged), &PushedChange)| {
            let known = self.state(seq, change);
            if let (Some((State::GivenBack, words)), Judged::Held(_)) = (&known, &judged) {
                let words = reason::shortened(words, room_for_words);
                return (seq, Judged::Refused(Refusal::new(&given_back(&words))));
            }
            if known.is_some() || !matches!(judged, Judged::Held(_)) {
                return (seq, judged);
            }
            new += 1;
            (seq, if new <= room { judged } else { Judged::Needs })
        };
        judged.into_iter().zip(&pushed.changes).map(one).collect()
    }

    /// What is to be kept of a push and was not before, and whether it says that harm is suspected.
    pub(super) fn to_keep(
        &self,
        arrival: &Arrival,
        history: &History,
        pushed: &PushedRecord,
        (judged, salts): (&[(u32, Judged)], &[Salted]),
        merging: &Context<'_>,
    ) -> Option<(Held, bool)> {
        let is_new = |n: usize| {
            let (seq, judged) = &judged[n];
            matches!(judged, Judged::Held(_)) && self.state(*seq, &pushed.changes[n]).is_none()
        };
        let first = (0..judged.len()).find(|n| is_new(*n))?;
        let after = (first..judged.len()).find(|n| !is_new(*n)).unwrap_or(judged.len());
        let Judged::Held(why) = &judged[first].1 else { return None };
        let kept = part(pushed, first, after);
        let envelope = history.envelope();
        let since = self.harm_since(history, &kept, arrival.user(), merging);
        // What is for named people only raises no flag in the directory.
        let flagged = since.filter(|_| envelope.compartment != Compartment::Protection);
        let held = Held {
            id: name(arrival, &envelope.id()),
            cluster: arrival.cluster(),
            case: envelope.case,
            record: envelope.id(),
            actor: kept.actor,
            user: arrival.user(),
            device: arrival.device,
            batch: arrival.id,
            first_seq: kept.first_seq as i32,
            length: kept.changes.len() as i32,
            salts: salts[first..after].iter().flat_map(|(salt, _)| *salt).collect(),
            harm_since: flagged,
            frame: encode_push(&[kept]),
            code: why.code().to_owned(),
            arrived_at: arrival.at,
            state: State::Waiting,
            reason: None,
        };
        Some((held, since.is_some()))
    }

    /// Since when a concern says that harm is suspected, with the changes that wait and these.
    fn harm_since(
        &self,
        history: &History,
        kept: &PushedRecord,
        user: UserId,
        merging: &Context<'_>,
    ) -> Option<i64> {
        if history.envelope().kind() != Kind::Concern {
            return None;
        }
        let aside = self.aside(history, user).unwrap_or_else(|| history.clone());
        let history = with_held(&aside, kept, user).unwrap_or(aside);
        let folded = fold(&history, history.links().len());
        let raises = raises_harm_flag(&folded, merging);
        chronology_line(&folded).filter(|_| raises).map(|line| line.at.0)
    }

    fn state(&self, seq: u32, change: &PushedChange) -> Option<(State, &str)> {
        let same = |(its, hash, ..): &&Kept| *its == seq && *hash == change.hash;
        self.kept.iter().rev().find(same).map(|(_, _, state, words)| (*state, words.as_str()))
    }
}

/// One bundle a batch and record.
fn name(arrival: &Arrival, record: &RecordId) -> [u8; 16] {
    use sha2::{Digest, Sha256};
    let digest = Sha256::new().chain_update(arrival.id).chain_update(record.as_bytes()).finalize();
    digest[..16].try_into().unwrap_or_default()
}

/// Some consecutive changes of a push; the first one says what it builds on.
fn part(pushed: &PushedRecord, first: usize, after: usize) -> PushedRecord {
    let mut changes = pushed.changes[first..after].to_vec();
    let first_seq = pushed.first_seq + first as u32;
    if let Some(change) = changes.first_mut() {
        change.deps.get_or_insert_with(|| vec![(pushed.actor, first_seq - 1)]);
    }
    PushedRecord { first_seq, changes, ..pushed.clone() }
}

/// The changes that were kept.
///
/// # Errors
/// [`Error::Corrupt`] for bytes that this program did not write.
pub fn pushed_of(held: &Held) -> Result<PushedRecord, Error> {
    let decoded = sync_core::protocol::frame::decode_push(&held.frame);
    let records = decoded.map_err(|_| Error::Corrupt("kept work"))?;
    records.into_iter().next().ok_or(Error::Corrupt("kept work"))
}

/// What is fixed about the record that the changes are for.
///
/// # Errors
/// As [`pushed_of`].
pub fn envelope_of(held: &Held) -> Result<Envelope, Error> {
    Envelope::decode(&pushed_of(held)?.envelope).map_err(|_| Error::Corrupt("kept work"))
}

/// A record with changes that are kept apart, as their author saw it; none if they do not fit.
#[must_use]
pub fn with_held(history: &History, kept: &PushedRecord, user: UserId) -> Option<History> {
    let mut history = history.clone();
    let kind = history.envelope().kind();
    for (seq, change) in (kept.first_seq..).zip(&kept.changes) {
        let decoded = Change::decode_body(kind, kept.actor, user, &change.body).ok()?;
        let follows = || -> Vec<ChangeName> { vec![(kept.actor, seq - 1)] };
        let deps = change.deps.clone().unwrap_or_else(follows);
        history.append(decoded, seq, Some(&deps)).ok()?;
    }
    Some(history)
}

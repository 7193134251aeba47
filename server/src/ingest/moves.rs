//! Re-homed records: the old one is withdrawn from whoever may not see where it is now, with what is attached to
//! it. Whoever may see both keeps both; what was withdrawn once does not come back, the new record says it all.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_core::gate::permission::record_facts;
use sync_core::gate::{attached, copies};
use sync_core::ids::{CaseId, RecordId, ScopeId, UserId};
use sync_core::policy::{Action, CaseContext, Door, Principal, RecordFacts, decide};
use sync_core::record::change::Change;
use sync_core::record::envelope::Envelope;
use sync_core::record::history::History;
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;

use crate::db::access::{Ended, Interval};
use crate::db::log::Entry;
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::service::histories::{self, World, case_state};

/// The record that the first change of this one re-homed.
#[must_use]
pub fn source_of(history: &History) -> Option<RecordId> {
    history.links().first().and_then(|link| copies::moved_by(&link.change))
}

/// What the policy must know of a record of the log. However often it was re-homed, whoever made the first one
/// raised what it says, and nobody who only moved it.
///
/// # Errors
/// The database's failure.
pub fn facts(conn: &mut Conn, envelope: &Envelope) -> Result<RecordFacts, Error> {
    let facts = record_facts(envelope);
    if !is_referral(facts.kind) {
        return Ok(facts);
    }
    let Some(first) = db::moves::first(conn, &envelope.id())? else { return Ok(facts) };
    let first = db::records::by_id(conn, &first)?.ok_or(Error::Missing)?;
    let referred_by = read(&first)?.made().map(|made| made.user);
    Ok(RecordFacts { referred_by, ..facts })
}

/// A referrer always sees their own concern or request.
#[must_use]
pub fn is_referrer(principal: &Principal, record: &RecordFacts) -> bool {
    is_referral(record.kind) && record.referred_by == Some(principal.user)
}

const fn is_referral(kind: Kind) -> bool {
    matches!(kind, Kind::Concern | Kind::Request)
}

/// What was re-homed that a record of the log goes with: itself, or what it is attached to in the same place. None
/// if nothing was.
///
/// # Errors
/// The database's failure.
pub fn moved_with(conn: &mut Conn, history: &History) -> Result<Option<Envelope>, Error> {
    let (mut at, mut parent) = (history.envelope().clone(), parent_of(history));
    let (scope, mut passed) = (at.scope(), BTreeSet::new());
    while passed.insert(at.id()) {
        if db::moves::target(conn, &at.id())?.is_some() {
            return Ok(Some(at));
        }
        let Some(next) = parent else { break };
        let Some(row) = db::records::by_id(conn, &next)?.filter(|row| row.scope == scope) else {
            break;
        };
        // What a newer server beside this one took is left to it.
        let Ok(envelope) = Envelope::decode(&row.envelope) else { break };
        parent = match envelope.kind() {
            Kind::Attachment => parent_of(&histories::history(conn, &row)?),
            _ => None,
        };
        at = envelope;
    }
    Ok(None)
}

fn parent_of(history: &History) -> Option<RecordId> {
    let first = history.links().first()?;
    attached::parent_of(history.envelope().kind(), &first.change)
}

/// Withdraws what was moved out of a case or into it from whoever may not see where it is now, and gives copies
/// back whose makers may. `number` takes the next number of the log.
///
/// # Errors
/// The database's failure.
pub fn refresh(
    conn: &mut Conn,
    world: &World,
    context: &CaseContext,
    now: Timestamp,
    mut number: impl FnMut() -> i64,
) -> Result<(), Error> {
    let Asked { due, back } = asked(conn, world, context, now)?;
    for (user, record) in due {
        db::moves::withdraw(conn, &user, &record, &context.cluster, number())?;
    }
    // Access to where it is began anew before this, so that it is sent.
    back.iter().try_for_each(|(user, record)| db::moves::give_back(conn, user, record))
}

/// Who must lose which record and has not: by the moves out of a case and into it.
///
/// # Errors
/// The database's failure.
pub fn due(
    conn: &mut Conn,
    world: &World,
    context: &CaseContext,
    now: Timestamp,
) -> Result<BTreeSet<(UserId, RecordId)>, Error> {
    Ok(asked(conn, world, context, now)?.due)
}

/// What follows from moves for people.
#[derive(Default)]
struct Asked {
    /// Who must lose which record and has not.
    due: BTreeSet<(UserId, RecordId)>,
    /// Who may see a copy again that they made and lost.
    back: BTreeSet<(UserId, RecordId)>,
}

fn asked(
    conn: &mut Conn,
    world: &World,
    context: &CaseContext,
    now: Timestamp,
) -> Result<Asked, Error> {
    let (mut asked, mut attachments) = (Asked::default(), Attachments::default());
    for from in moved(conn, &context.case)? {
        let (copy, last) = (db::moves::target(conn, &from)?, db::moves::last(conn, &from)?);
        let (Some(copy), Some(last)) = (copy, last) else { continue };
        let Some(place) = Place::of(conn, world, &last, now)? else { continue };
        asked.leaves(conn, &from, &place, &mut attachments)?;
        if copy == last {
            asked.copied(conn, &place, true)?;
        } else if let Some(between) = Place::of(conn, world, &copy, now)? {
            asked.copied(conn, &between, false)?;
        }
    }
    Ok(asked)
}

/// The records that were moved out of a case or into it, and those whose place they had taken: what becomes of
/// one is another matter as soon as the last one is elsewhere.
fn moved(conn: &mut Conn, case: &CaseId) -> Result<BTreeSet<RecordId>, Error> {
    let mut found = BTreeSet::new();
    for (from, _) in db::moves::of_case(conn, case)? {
        let mut at = Some(from);
        while let Some(record) = at.filter(|record| found.insert(*record)) {
            at = db::moves::source(conn, &record)?;
        }
    }
    Ok(found)
}

impl Asked {
    /// What was moved goes from whoever may not see where it is now.
    fn leaves(
        &mut self,
        conn: &mut Conn,
        from: &RecordId,
        place: &Place,
        attachments: &mut Attachments,
    ) -> Result<(), Error> {
        let Some(row) = db::records::by_id(conn, from)? else { return Ok(()) };
        let old = facts(conn, &read(&row)?)?;
        let intervals = db::access::of_case(conn, &row.case)?;
        for record in attachments.with(conn, &row)? {
            let known = db::moves::withdrawn_from(conn, &record)?;
            let lose = readers(&intervals, &row.scope, &record).into_iter();
            let lose = lose.filter(|user| !known.contains(user) && !place.keeps(user, &old));
            self.due.extend(lose.map(|user| (user, record)));
        }
        Ok(())
    }

    /// A copy goes from whoever made it and may not see it; not for good, as no other record says what it does.
    fn copied(&mut self, conn: &mut Conn, place: &Place, is_last: bool) -> Result<(), Error> {
        let Some(maker) = place.facts.created_by else { return Ok(()) };
        let known = db::moves::withdrawn_from(conn, &place.record)?.contains(&maker);
        match (place.is_open_to(&maker), known) {
            (false, false) => drop(self.due.insert((maker, place.record))),
            (true, true) if is_last => drop(self.back.insert((maker, place.record))),
            _ => {}
        }
        Ok(())
    }
}

/// Where a record is.
struct Place {
    record: RecordId,
    facts: RecordFacts,
    context: CaseContext,
    people: Arc<Vec<Principal>>,
}

impl Place {
    fn of(
        conn: &mut Conn,
        world: &World,
        record: &RecordId,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let Some(row) = db::records::by_id(conn, record)? else { return Ok(None) };
        let state = case_state(conn, &row.case, &row.cluster, world, now)?;
        let Some(context) = state.map(|state| state.context) else { return Ok(None) };
        let facts = facts(conn, &read(&row)?)?;
        let people = world.everybody.of(conn, &row.cluster)?;
        Ok(Some(Self { record: row.id, facts, context, people }))
    }

    fn person(&self, user: &UserId) -> Option<&Principal> {
        self.people.iter().find(|it| it.user == *user)
    }

    fn is_open_to(&self, user: &UserId) -> bool {
        let read = Action::Read { door: Door::Standing };
        let open = |it: &Principal| decide(it, &self.context, Some(&self.facts), &read).is_ok();
        self.person(user).is_some_and(open)
    }

    /// Whether somebody keeps what was moved here.
    fn keeps(&self, user: &UserId, old: &RecordFacts) -> bool {
        self.is_open_to(user) || self.person(user).is_some_and(|it| is_referrer(it, old))
    }
}

/// What is attached to what, place by place as it was read.
#[derive(Default)]
struct Attachments(BTreeMap<ScopeId, Vec<Attachment>>);

/// An attachment, and what it is attached to.
type Attachment = (RecordId, RecordId);

impl Attachments {
    /// A record with what is attached to it where it is, and to that. What was re-homed by itself is where that
    /// says.
    fn with(&mut self, conn: &mut Conn, record: &RecordRow) -> Result<BTreeSet<RecordId>, Error> {
        let mut rest = match self.0.entry(record.scope) {
            Slot::Occupied(known) => known.get().clone(),
            Slot::Vacant(new) => new.insert(attachments_in(conn, &record.scope)?).clone(),
        };
        let mut found = BTreeSet::from([record.id]);
        loop {
            let (next, left): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|(_, parent)| found.contains(parent));
            if next.is_empty() {
                return Ok(found);
            }
            for (attachment, _) in next {
                if db::moves::target(conn, &attachment)?.is_none() {
                    found.insert(attachment);
                }
            }
            rest = left;
        }
    }
}

fn attachments_in(conn: &mut Conn, scope: &ScopeId) -> Result<Vec<Attachment>, Error> {
    let kind = Kind::Attachment;
    let begun = db::moves::beginnings(conn, scope, kind)?;
    let attachment = |entry: &Entry| {
        let change = Change::decode_body(kind, entry.actor, entry.user, &entry.body).ok()?;
        Some((entry.record, attached::parent_of(kind, &change)?))
    };
    Ok(begun.iter().filter_map(attachment).collect())
}

/// Whose phones may have a record: those to whom it is sent, or was until consent was withheld.
fn readers(intervals: &[Interval], scope: &ScopeId, record: &RecordId) -> BTreeSet<UserId> {
    let alone = ScopeId::from_bytes(*record.as_bytes());
    let of_it = intervals.iter().filter(|it| it.scope == *scope || it.scope == alone);
    let has = of_it.filter(|it| matches!(it.until, None | Some((_, Ended::Frozen))));
    has.map(|it| it.user).collect()
}

fn read(row: &RecordRow) -> Result<Envelope, Error> {
    Envelope::decode(&row.envelope).map_err(|_| Error::Corrupt("envelope"))
}

/// Notes what a record just taken re-homed; gives the record that it took the place of.
///
/// # Errors
/// The database's failure.
pub fn note(conn: &mut Conn, history: &History) -> Result<Option<History>, Error> {
    let Some(source) = source_of(history) else { return Ok(None) };
    db::moves::insert(conn, &source, &history.envelope().id())?;
    let row = db::records::by_id(conn, &source)?.ok_or(Error::Missing)?;
    histories::history(conn, &row).map(Some)
}

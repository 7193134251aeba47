//! Re-homed records: the old one is withdrawn from whoever may not see the new one. Whoever may see
//! both keeps both; what was withdrawn once does not come back, the new record says it all.

use std::collections::BTreeSet;

use sync_core::gate::copies;
use sync_core::gate::permission::record_facts;
use sync_core::ids::{RecordId, UserId};
use sync_core::policy::{Action, CaseContext, Door, Principal, decide};
use sync_core::record::envelope::Envelope;
use sync_core::record::history::History;
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;

use crate::db::access::Ended;
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::service::histories::{self, World, case_state};

/// The record that the first change of this one re-homed.
#[must_use]
pub fn source_of(history: &History) -> Option<RecordId> {
    history.links().first().and_then(|link| copies::moved_by(&link.change))
}

/// Withdraws what was moved out of a case or into it from whoever may not see where it is now.
/// `number` takes the next number of the log.
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
    for (user, record) in due(conn, world, context, now)? {
        db::moves::withdraw(conn, &user, &record, &context.cluster, number())?;
    }
    Ok(())
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
) -> Result<Vec<(UserId, RecordId)>, Error> {
    let mut due = Vec::new();
    for (from, to) in db::moves::of_case(conn, &context.case)? {
        let [from, to] = [&from, &to].map(|id| db::records::by_id(conn, id));
        let (Some(from), Some(to)) = (from?, to?) else { continue };
        let cluster = &context.cluster;
        let Some(place) = case_state(conn, &to.case, cluster, world, now)? else { continue };
        let new = Place { envelope: envelope(&to)?, context: place.context };
        let people = world.everybody.of(conn, &new.context.cluster)?;
        let person = |user: &UserId| people.iter().find(|it| it.user == *user);
        let old = envelope(&from)?;
        let keeps = |user: &UserId| {
            person(user).is_some_and(|it| new.is_open_to(it) || is_referrer(it, &old))
        };
        let maker = new.envelope.made().map(|made| made.user);
        let written_blindly =
            maker.filter(|user| !person(user).is_some_and(|it| new.is_open_to(it)));
        let known = db::moves::withdrawn_from(conn, &from.id)?;
        let lose = readers(conn, &from)?.into_iter().filter(|user| !keeps(user));
        due.extend(lose.filter(|user| !known.contains(user)).map(|user| (user, from.id)));
        let known = db::moves::withdrawn_from(conn, &to.id)?;
        let lose = written_blindly.filter(|user| !known.contains(user));
        due.extend(lose.map(|user| (user, to.id)));
    }
    Ok(due)
}

/// Where a record went.
struct Place {
    envelope: Envelope,
    context: CaseContext,
}

impl Place {
    fn is_open_to(&self, principal: &Principal) -> bool {
        let read = Action::Read { door: Door::Standing };
        decide(principal, &self.context, Some(&record_facts(&self.envelope)), &read).is_ok()
    }
}

/// A referrer always sees their own concern or request.
#[must_use]
pub fn is_referrer(principal: &Principal, envelope: &Envelope) -> bool {
    let referred = matches!(envelope.kind(), Kind::Concern | Kind::Request);
    referred && envelope.made().is_some_and(|made| made.user == principal.user)
}

/// Whose phones may have a record: those to whom it is sent, or was until consent was withheld.
fn readers(conn: &mut Conn, record: &RecordRow) -> Result<BTreeSet<UserId>, Error> {
    let alone = sync_core::ids::ScopeId::from_bytes(*record.id.as_bytes());
    let intervals = db::access::of_case(conn, &record.case)?.into_iter();
    let of_it = intervals.filter(|it| it.scope == record.scope || it.scope == alone);
    let has = of_it.filter(|it| matches!(it.until, None | Some((_, Ended::Frozen))));
    Ok(has.map(|it| it.user).collect())
}

fn envelope(row: &RecordRow) -> Result<Envelope, Error> {
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

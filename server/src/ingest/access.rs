//! Grants as they follow from a case: after each change of its own records the intervals of access
//! are brought to what the policy says now.

use std::collections::BTreeMap;

use sync_core::ids::{ScopeId, UserId};
use sync_core::policy::{
    Action, CaseContext, Door, Principal, RecordFacts, decide, readable_scopes, sees_directory,
};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::{Compartment, Kind};

use crate::db::access::{Ended, Interval};
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::ingest::moves;

/// Brings a case's intervals to what the policy says of the cluster's people. `number` takes the next
/// number of the log.
///
/// # Errors
/// The database's failure.
pub fn refresh(
    conn: &mut Conn,
    people: &[Principal],
    case: &CaseContext,
    mut number: impl FnMut() -> i64,
) -> Result<(), Error> {
    let mut open: BTreeMap<UserId, BTreeMap<ScopeId, Interval>> = BTreeMap::new();
    for interval in db::access::of_case(conn, &case.case)? {
        // The newest interval of a scope is the one that counts.
        open.entry(interval.user).or_default().insert(interval.scope, interval);
    }
    let barred = db::access::barred_from(conn, &case.case)?;
    for principal in people {
        let last = open.remove(&principal.user).unwrap_or_default();
        refresh_user(conn, case, principal, &last, &mut number)?;
        let hides = !sees_directory(principal, case);
        match (hides, barred.contains(&principal.user)) {
            (true, false) => db::access::bar(conn, &principal.user, &case.case, number())?,
            (false, true) => {
                // Its line changed before they might find it.
                db::access::unbar(conn, &principal.user, &case.case)?;
                db::directory::renew(conn, &case.case, number())?;
            }
            _ => {}
        }
    }
    // Who no longer works in the cluster reads nothing there, and keeps no frozen copy.
    let leaves = |it: &&Interval| !matches!(it.until, Some((_, Ended::Revoked)));
    for interval in open.values().flat_map(BTreeMap::values).filter(leaves) {
        db::access::end(conn, interval, number(), Ended::Revoked)?;
    }
    Ok(())
}

/// One person's intervals of the case's compartments. Those of single records are not judged here.
fn refresh_user(
    conn: &mut Conn,
    case: &CaseContext,
    principal: &Principal,
    last: &BTreeMap<ScopeId, Interval>,
    number: &mut impl FnMut() -> i64,
) -> Result<(), Error> {
    let readable = readable_scopes(principal, case);
    let own = Compartment::Agency(principal.agency);
    for compartment in [Compartment::Team, own, Compartment::Protection] {
        let scope = compartment.scope(&case.case);
        match (readable.contains(&compartment), last.get(&scope)) {
            (true, Some(Interval { until: None, .. })) | (false, None) => {}
            (true, before) => {
                let (user, since, resume_from) = (principal.user, number(), resume_from(before));
                let interval = Interval { user, scope, since, resume_from, until: None };
                db::access::begin(conn, &interval, &case.case, &case.cluster)?;
            }
            (false, Some(interval)) => {
                let ended = how_it_ends(case, principal, compartment);
                let frozen = matches!(interval.until, Some((_, Ended::Frozen)));
                if interval.until.is_none() || (frozen && ended == Ended::Revoked) {
                    db::access::end(conn, interval, number(), ended)?;
                }
            }
        }
    }
    Ok(())
}

/// The freeze that this interval ends; zero for a new grant. What was delivered before it stayed.
const fn resume_from(before: Option<&Interval>) -> i64 {
    match before {
        Some(Interval { until: Some((frozen, Ended::Frozen)), .. }) => *frozen,
        _ => 0,
    }
}

/// Consent that is withheld freezes what the team shares for whoever works with cases there; anything else
/// revokes. What an agency keeps to itself and what is in protection is nobody's to consent to.
fn how_it_ends(case: &CaseContext, principal: &Principal, compartment: Compartment) -> Ended {
    let withheld = compartment == Compartment::Team
        && principal.works_cases_in(case.cluster)
        && case.withheld_agencies.contains(&principal.agency)
        && (case.members.contains_key(&principal.user)
            || case.named_person == Some(principal.user))
        && !case.excluded.contains(&principal.user);
    if withheld { Ended::Frozen } else { Ended::Revoked }
}

/// A referrer keeps sight of their own concern or request, and of its decision and feedback, also where somebody
/// else re-homed it. Nobody else does by the record alone.
///
/// # Errors
/// The database's failure.
pub fn author_keeps(
    conn: &mut Conn,
    people: &[Principal],
    case: &CaseContext,
    record: &RecordRow,
    mut number: impl FnMut() -> i64,
) -> Result<(), Error> {
    let facts = facts(conn, record)?;
    let scope = ScopeId::from_bytes(*record.id.as_bytes());
    let intervals = db::access::of_case(conn, &case.case)?;
    let open = |it: &&Interval| it.scope == scope && it.until.is_none();
    for interval in intervals.iter().filter(open) {
        if !reads(people, case, &facts, &interval.user) {
            db::access::end(conn, interval, number(), Ended::Revoked)?;
        }
    }
    let Some(user) = facts.referred_by else { return Ok(()) };
    if !reads(people, case, &facts, &user) {
        return Ok(());
    }
    let of_referrer = || intervals.iter().filter(|it| it.user == user);
    let dropped_at = of_referrer().filter(|it| it.scope == record.scope).filter_map(revoked_at);
    let dropped_at = dropped_at.max();
    if let Some(open) = of_referrer().rfind(open) {
        if dropped_at <= Some(open.since) {
            return Ok(());
        }
        // Losing the compartment took the copy from the phone: the record is sent anew.
        db::access::end(conn, open, number(), Ended::Revoked)?;
    }
    let interval = Interval { user, scope, since: number(), resume_from: 0, until: None };
    db::access::begin(conn, &interval, &case.case, &case.cluster)
}

fn facts(conn: &mut Conn, record: &RecordRow) -> Result<RecordFacts, Error> {
    let envelope = Envelope::decode(&record.envelope).map_err(|_| Error::Corrupt("envelope"))?;
    moves::facts(conn, &envelope)
}

/// Whether a record is open to somebody who works in the cluster.
fn reads(people: &[Principal], case: &CaseContext, facts: &RecordFacts, user: &UserId) -> bool {
    let read = Action::Read { door: Door::Standing };
    let person = people.iter().find(|it| it.user == *user);
    person.is_some_and(|it| decide(it, case, Some(facts), &read).is_ok())
}

const fn revoked_at(interval: &Interval) -> Option<i64> {
    match interval.until {
        Some((number, Ended::Revoked)) => Some(number),
        _ => None,
    }
}

/// Scopes and single records that somebody should be sent and is not, or the other way round, as "user scope".
///
/// # Errors
/// The database's failure.
pub fn missing(
    conn: &mut Conn,
    people: &[Principal],
    case: &CaseContext,
) -> Result<Vec<String>, Error> {
    let open: Vec<_> = db::access::of_case(conn, &case.case)?
        .into_iter()
        .filter(|it| it.until.is_none())
        .map(|it| (it.user, it.scope))
        .collect();
    let mut wrong = Vec::new();
    for principal in people {
        let readable = readable_scopes(principal, case);
        let own = Compartment::Agency(principal.agency);
        for compartment in [Compartment::Team, own, Compartment::Protection] {
            let scope = compartment.scope(&case.case);
            if readable.contains(&compartment) != open.contains(&(principal.user, scope)) {
                wrong.push(format!("{} {compartment}", principal.user));
            }
        }
    }
    for record in db::records::of_kinds(conn, &case.case, [Kind::Concern, Kind::Request])? {
        let (facts, scope) = (facts(conn, &record)?, ScopeId::from_bytes(*record.id.as_bytes()));
        for principal in people {
            let sent = open.contains(&(principal.user, scope));
            let referrer = facts.referred_by == Some(principal.user);
            if (sent || referrer) && sent != reads(people, case, &facts, &principal.user) {
                wrong.push(format!("{} {}", principal.user, record.id));
            }
        }
    }
    Ok(wrong)
}

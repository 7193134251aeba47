//! Which pupil on the roll a case is about, as the case itself says: a number of the schools' and
//! the day of birth that goes with it. A slip in one of them links nobody.

use std::collections::BTreeSet;

use sync_core::ids::{CaseId, ClusterId};
use sync_core::merge::{Context, Resolved, resolve_of};
use sync_core::policy::CaseContext;
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;

use crate::db::extracts::Linked;
use crate::db::roll::RowId;
use crate::db::{self, Conn, Error};
use crate::ingest::Rules;
use crate::ingest::commit::{Head, keep_figures};
use crate::service::histories::{self, CaseState, World};

/// Brings a case's link to the roll to what the case says. A link that changed takes a number.
///
/// # Errors
/// The database's failure.
pub fn link(
    conn: &mut Conn,
    world: &World,
    state: &CaseState,
    mut number: impl FnMut() -> i64,
) -> Result<(), Error> {
    let (case, pupil) = (state.context.case, pupil(conn, world, state)?);
    if pupil == db::extracts::pupil_of(conn, &case)? {
        return Ok(());
    }
    db::extracts::put(conn, &state.context.cluster, &Linked { case, pupil, number: number() })
}

/// Sends the extracts of some pupils anew to whoever may read the cases that name them. Of those who are
/// `renamed` a case may be about somebody else now, or nobody. Takes the lock of each case's cluster.
///
/// # Errors
/// The database's failure.
pub fn renew(
    conn: &mut Conn,
    rules: &Rules,
    (renewed, renamed): (&[RowId], &[RowId]),
    now: Timestamp,
) -> Result<(), Error> {
    let all: Vec<RowId> = renewed.iter().chain(renamed).copied().collect();
    if all.is_empty() {
        return Ok(());
    }
    let again: BTreeSet<&RowId> = renamed.iter().collect();
    let linked = db::roll_import::cases_of(conn, &all)?;
    for cases in linked.chunk_by(|one, other| one.0 == other.0) {
        let cluster = cases[0].0;
        db::log::lock(conn, &cluster)?;
        let mut head = Head::read(conn, cluster)?;
        for (_, case, pupil) in cases {
            let now_about = match again.contains(pupil) {
                true => about(conn, rules, (&cluster, case), now)?,
                false => Some(*pupil),
            };
            let linked = Linked { case: *case, pupil: now_about, number: head.take() };
            db::extracts::put(conn, &cluster, &linked)?;
        }
        // Attendance and exclusions are early warnings, too.
        let touched = cases.iter().map(|(_, case, _)| *case).collect();
        keep_figures(conn, rules, &cluster, &touched)?;
        head.write(conn)?;
    }
    Ok(())
}

/// Whom a case is about, by its own words.
fn about(
    conn: &mut Conn,
    rules: &Rules,
    (cluster, case): (&ClusterId, &CaseId),
    now: Timestamp,
) -> Result<Option<RowId>, Error> {
    let world = World::known(conn, rules, cluster)?;
    match histories::case_state(conn, case, cluster, &world, now)? {
        None => Ok(None),
        Some(state) => pupil(conn, &world, &state),
    }
}

/// Links cases that are linked to nobody, now that more pupils are on the roll. Says how many it linked.
/// Takes the cluster's lock.
///
/// # Errors
/// The database's failure.
pub fn link_those_without(
    conn: &mut Conn,
    rules: &Rules,
    (cluster, cases): (&ClusterId, &[CaseId]),
    now: Timestamp,
) -> Result<usize, Error> {
    db::log::lock(conn, cluster)?;
    let world = World::known(conn, rules, cluster)?;
    let mut head = Head::read(conn, *cluster)?;
    let before = head.next();
    for case in cases {
        if let Some(state) = histories::case_state(conn, case, cluster, &world, now)? {
            link(conn, &world, &state, || head.take())?;
        }
    }
    keep_figures(conn, rules, cluster, &cases.iter().copied().collect())?;
    head.write(conn)?;
    Ok(usize::try_from(head.next() - before).unwrap_or_default())
}

/// The one pupil of the cluster's schools whom the case names; none while people disagree about
/// number or day of birth. Whoever begins a case may name any child in it: nothing is shown before
/// the cluster lead has made somebody its lead professional, nor of a child who has a case already; one
/// that is kept from anybody does not count, or its silence would tell them of it.
///
/// # Errors
/// The database's failure.
pub fn pupil(conn: &mut Conn, world: &World, state: &CaseState) -> Result<Option<RowId>, Error> {
    let Some(team) = &state.team else { return Ok(None) };
    let read = [Fact::BirthDate, Fact::Identifier];
    let facts = resolve_of(&read, &team.entries, &Context::new(&world.catalogue));
    let born = facts.iter().find(|it| it.fact == Fact::BirthDate).and_then(words);
    let Some(born) = born else { return Ok(None) };
    let mut found = BTreeSet::new();
    for fact in facts.iter().filter(|it| it.fact == Fact::Identifier) {
        let Some(number) = words(fact) else { continue };
        let named = (fact.subject.as_str(), number);
        found.extend(db::roll::find(conn, &state.context.cluster, named, born)?);
    }
    let one = if found.len() == 1 { found.pop_first() } else { None };
    let Some(pupil) = one.filter(|_| state.context.lead_in_force().is_some()) else {
        return Ok(None);
    };
    let elsewhere = is_anothers(conn, world, &state.context, &pupil)?;
    Ok((!elsewhere).then_some(pupil))
}

/// Whether a pupil is another case's, as far as this one may show that there is another. What was linked
/// stays linked, whichever of two hidden cases comes out first.
fn is_anothers(
    conn: &mut Conn,
    world: &World,
    case: &CaseContext,
    pupil: &RowId,
) -> Result<bool, Error> {
    if db::extracts::pupil_of(conn, &case.case)?.as_ref() == Some(pupil) {
        return Ok(false);
    }
    for other in db::extracts::linked_elsewhere(conn, pupil, &case.case)? {
        let other = histories::case_state(conn, &other, &case.cluster, world, Timestamp(0))?;
        if other.is_some_and(|other| !is_kept_from_somebody(&other.context)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether somebody of the cluster may not know that a case is there: who is not named to one that is shielded, or
/// who is excluded. They may work in another case, and put any child's number into it to see what comes.
fn is_kept_from_somebody(case: &CaseContext) -> bool {
    case.shielded || !case.excluded.is_empty()
}

fn words<'a>(fact: &'a Resolved<'_>) -> Option<&'a str> {
    fact.in_force.one()?.value.as_text()
}

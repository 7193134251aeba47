//! What a server lost that was put back to a backup. For a while it may still come from the phones that
//! wrote it, and what hangs on it waits. After that, own work goes on without it where it can.

use std::collections::BTreeSet;

use super::days::Days;
use super::dropped::{goes, parts};
use crate::engine::client::{ClientError, WHOLE, builds_on, home_of, own_actors};
use crate::engine::own::Own;
use crate::engine::rewrite::Rewriting;
use crate::gate::refusal::{LOST, is_about_access};
use crate::ids::{Actor, RecordId};
use crate::protocol::frame::PulledRecord;
use crate::protocol::message::{Answer, Outcome, Page};
use crate::record::history::{ChangeName, History, encode_deps};
use crate::store::{ChangeRow, Place, RecordRow, Shelf, Store, Write};

/// Whether what was answered may be otherwise once others have sent a server again what it lost: the
/// case, the record or the right.
pub(super) fn may_be_taken_yet(
    store: &dyn Store,
    page: &Page,
    answer: &Answer,
) -> Result<bool, ClientError> {
    let hangs = match &answer.outcome {
        Outcome::Refused(code) => is_about_access(code),
        Outcome::DependsOnRefused => true,
        _ => false,
    };
    if !hangs {
        return Ok(false);
    }
    let Some(record) = store.record(&answer.record)? else { return Ok(false) };
    let cluster = home_of(store, &record.case)?.unwrap_or(page.cluster);
    if page.anew && page.cluster == cluster {
        return Ok(true);
    }
    Ok(matches!(Days::of(store, &cluster)?, Some(Days::Since(_))))
}

/// Others' work that has not come in time leaves its record where own work waits for it. When a page is
/// the last, all that the server has is here.
pub(super) fn leaves(
    store: &dyn Store,
    page: &Page,
    pulled: &[PulledRecord],
    (own, rewriting): (&Own, &mut Rewriting<'_>),
) -> Result<(), ClientError> {
    let last = page.left == 0 && !page.cursor.is_empty() && !page.anew;
    if !last || Days::of(store, &page.cluster)? != Some(Days::Over) {
        return Ok(());
    }
    let actors = own_actors(store, own.first)?;
    let unsent = store.unsent(0, usize::MAX)?;
    let records: BTreeSet<RecordId> = unsent.iter().map(|row| row.record).collect();
    for id in records {
        let Some(record) = store.record(&id)? else { continue };
        // Of a case that is to be found no longer the phone does not know where it is. Others' work that
        // was sent once and has no place waits nowhere but where a server was put back.
        let here = home_of(store, &record.case)?.is_none_or(|its| its == page.cluster);
        if here && !goes(page, &record) && !rewriting.plans_for(&id) {
            leaves_record(store, &record, pulled, (&actors, rewriting))?;
        }
    }
    Ok(())
}

/// Others' lost work by a name that comes for other work, from a phone that is a copy of the one that had given it:
/// what comes has the name, and what was lost leaves its record at once.
pub(super) fn gives_way(
    store: &dyn Store,
    page: &Page,
    pulled: &[PulledRecord],
    (own, rewriting): (&Own, &mut Rewriting<'_>),
) -> Result<Vec<Write>, ClientError> {
    let mut writes = Vec::new();
    if !may_have_another_log(store, page)? {
        return Ok(writes);
    }
    let actors = own_actors(store, own.first)?;
    // One that comes from its beginning is taken whole.
    for record in pulled.iter().filter(|it| it.first_position > 1) {
        let rows = store.changes(&record.record)?;
        let others = rows.iter().filter(|row| !actors.contains(&row.actor));
        let other = others.filter(|row| is_displaced(row) && comes(record, row) == Some(false));
        let lost: BTreeSet<ChangeName> = other.map(|row| (row.actor, row.seq)).collect();
        match first_waiting(&rows, &lost, rewriting) {
            Some(from) => {
                let planned = rewriting.planned_from(&record.record);
                let names = rows.iter().map(|row| (row.actor, row.seq));
                let first = { names }.find(|name| *name == from || Some(*name) == planned);
                rewriting.goes_on_without(record.record, first.unwrap_or(from), lost);
            }
            None => writes.extend(lost.into_iter().map(|(actor, seq)| {
                let (record, reason) = (record.record, LOST.to_owned());
                Write::Return { record, actor, seq, reason }
            })),
        }
    }
    Ok(writes)
}

/// Of a record that goes on, the work without a place that comes as it is: it takes its place by what the log
/// says that it builds on.
pub(super) fn comes_after_all(
    store: &dyn Store,
    record: &PulledRecord,
) -> Result<BTreeSet<ChangeName>, ClientError> {
    let rows = store.changes(&record.record)?;
    let same = rows.iter().filter(|row| is_displaced(row) && comes(record, row) == Some(true));
    Ok(same.map(|row| (row.actor, row.seq)).collect())
}

/// Others' lost work of a record that makes way for another by its name: what does not come with that is
/// in the returned work.
pub(super) fn does_not_come(
    store: &dyn Store,
    record: &RecordId,
    parts: &[&PulledRecord],
    own: &Own,
) -> Result<Vec<Write>, ClientError> {
    let actors = own_actors(store, own.first)?;
    let mut rows = store.changes(record)?;
    rows.retain(|row| is_displaced(row) && !actors.contains(&row.actor));
    rows.retain(|row| !parts.iter().any(|part| comes(part, row) == Some(true)));
    let returned = rows.into_iter().map(|ChangeRow { record, actor, seq, .. }| {
        let reason = LOST.to_owned();
        Write::Return { record, actor, seq, reason }
    });
    Ok(returned.collect())
}

/// What such a change builds on as the log has it: where it is here still, it would keep what it said before.
pub(super) fn told_anew(history: &History, row: &ChangeRow, position: u32) -> Option<Write> {
    let link = history.links().get(position as usize - 1)?;
    let deps = encode_deps(&history.dep_names(&link.deps));
    let (record, actor, seq, place) = (row.record, row.actor, row.seq, row.place);
    Some(Write::Displace { record, actor, seq, deps, place })
}

const fn is_displaced(row: &ChangeRow) -> bool {
    matches!(row.place, Place::Accepted(_))
}

/// Whether what comes by a change's name is that change; none if nothing does.
pub(super) fn comes(record: &PulledRecord, row: &ChangeRow) -> Option<bool> {
    let mut there = record.changes.iter().filter_map(|it| Some((it, it.body.as_ref()?)));
    let found = there.find(|(it, _)| (it.actor, it.seq) == (row.actor, row.seq));
    found.map(|(_, body)| *body == row.body)
}

/// The first change that is to be sent still and builds on any of these.
fn first_waiting(
    rows: &[ChangeRow],
    lost: &BTreeSet<ChangeName>,
    rewriting: &Rewriting<'_>,
) -> Option<ChangeName> {
    let waits = |row: &&ChangeRow| {
        matches!(row.place, Place::Unsent(_))
            && !rewriting.accepted.contains(&(row.record, row.actor, row.seq))
            && builds_on(row).iter().any(|name| lost.contains(name))
    };
    rows.iter().find(waits).map(|row| (row.actor, row.seq))
}

fn leaves_record(
    store: &dyn Store,
    record: &RecordRow,
    pulled: &[PulledRecord],
    (actors, rewriting): (&[Actor], &mut Rewriting<'_>),
) -> Result<(), ClientError> {
    let rows = store.changes(&record.id)?;
    let comes = parts(pulled, record.id).flat_map(|it| &it.changes);
    let comes: BTreeSet<ChangeName> = comes.map(|it| (it.actor, it.seq)).collect();
    let others =
        |row: &&ChangeRow| matches!(row.place, Place::Accepted(_)) && !actors.contains(&row.actor);
    let lost = rows.iter().filter(others).map(|row| (row.actor, row.seq));
    let lost: BTreeSet<ChangeName> = lost.filter(|name| !comes.contains(name)).collect();
    if let Some(from) = first_waiting(&rows, &lost, rewriting) {
        rewriting.goes_on_without(record.id, from, lost);
    }
    Ok(())
}

/// Whether the phone may have something of a log that is gone.
pub(super) fn may_have_another_log(store: &dyn Store, page: &Page) -> Result<bool, ClientError> {
    let whole = store.item(Shelf::Meta, WHOLE)?.is_some();
    Ok(page.anew || whole || Days::of(store, &page.cluster)?.is_some())
}

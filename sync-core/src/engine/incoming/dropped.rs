//! Copies that go from the phone. What it has not sent of such a record and what stands on what goes can
//! be sent no more. It is in the returned work then, with its words.

use std::collections::{BTreeMap, BTreeSet};

use super::lost::{self, comes};
use super::{Incoming, is_another};
use crate::engine::client::{ClientError, builds_on};
use crate::gate::refusal::is_others;
use crate::ids::{Actor, RecordId, ScopeId};
use crate::protocol::frame::PulledRecord;
use crate::protocol::message::Page;
use crate::record::history::ChangeName;
use crate::store::{ChangeRow, Place, RecordRow, Shelf, Store, Write};

/// What the server answers to work that builds on others' where its author may not read it.
const NOT_FOUND: &str = "not_found";

impl Incoming {
    pub(super) fn dropped(
        &mut self,
        store: &dyn Store,
        page: &Page,
        pulled: &[PulledRecord],
    ) -> Result<(), ClientError> {
        if page.dropped.is_empty() {
            return Ok(());
        }
        for record in Self::going(store, page)? {
            let mut comes: Vec<_> = parts(pulled, record).collect();
            // What stood in a log that is there comes back whole, in this page or the next.
            let whole = comes.iter().any(|it| it.first_position == 1);
            if !whole || lost::may_have_another_log(store, page)? {
                comes.retain(|_| whole);
                self.give_back_what_hangs(store, &record, &comes)?;
            }
        }
        for row in store.returned()? {
            if is_others(&row.reason) && goes(page, &row.record) {
                self.writes.push(Write::ForgetReturned(row.id));
            }
        }
        // What is named is a compartment's scope, or a single record that was granted by itself.
        self.writes.extend(page.dropped.iter().flat_map(|scope| {
            let record = RecordId::from_bytes(*scope.as_bytes());
            let beside = |shelf| Write::Remove(shelf, scope.as_bytes().to_vec());
            let (extract, warnings) = (beside(Shelf::Extract), beside(Shelf::Warnings));
            [Write::DropScope(*scope), Write::DropRecord(record), extract, warnings]
        }));
        Ok(())
    }

    /// The records that go and have work that is to be sent.
    fn going(store: &dyn Store, page: &Page) -> Result<BTreeSet<RecordId>, ClientError> {
        let mut going = BTreeSet::new();
        for id in store.unsent(0, usize::MAX)?.into_iter().map(|row| row.record) {
            if store.record(&id)?.is_some_and(|record| goes(page, &record)) {
                going.insert(id);
            }
        }
        Ok(going)
    }

    /// Of a record whose sent changes go, the unsent ones that stand on one of them. Those that stand on
    /// nothing else or on what comes can still be sent.
    pub(super) fn give_back_what_hangs(
        &mut self,
        store: &dyn Store,
        record: &RecordId,
        comes: &[&PulledRecord],
    ) -> Result<(), ClientError> {
        let mut there = what_comes(store, comes)?;
        let mut hanging = self.rows_now(store, record)?;
        hanging.retain(|row| matches!(row.place, Place::Unsent(_)));
        loop {
            let before = hanging.len();
            hanging.retain(|row| {
                let stands = builds_on(row).iter().all(|name| there.contains(name));
                if stands {
                    there.insert((row.actor, row.seq));
                }
                !stands
            });
            if hanging.len() == before {
                break;
            }
        }
        for ChangeRow { record, actor, seq, .. } in hanging {
            let reason = NOT_FOUND.to_owned();
            self.writes.push(Write::Return { record, actor, seq, reason });
            self.touched.insert(record);
            self.returned += 1;
        }
        Ok(())
    }

    /// A record's changes as they are after what is to be written so far.
    fn rows_now(&self, store: &dyn Store, id: &RecordId) -> Result<Vec<ChangeRow>, ClientError> {
        let rows = store.changes(id)?.into_iter();
        let mut rows: BTreeMap<_, _> =
            rows.map(|row| ((row.record, row.actor, row.seq), row)).collect();
        for write in &self.writes {
            apply(&mut rows, id, write);
        }
        Ok(rows.into_values().collect())
    }
}

fn apply(rows: &mut BTreeMap<(RecordId, Actor, u32), ChangeRow>, of: &RecordId, write: &Write) {
    match write {
        Write::Move { record, actor, seq, place } => {
            let row = rows.get_mut(&(*record, *actor, *seq));
            row.into_iter().for_each(|row| row.place = *place);
        }
        Write::Displace { record, actor, seq, deps, place } => {
            let row = rows.get_mut(&(*record, *actor, *seq));
            row.into_iter().for_each(|row| (row.deps, row.place) = (Some(deps.clone()), *place));
        }
        Write::Return { record, actor, seq, .. } => drop(rows.remove(&(*record, *actor, *seq))),
        Write::Rename { record, actor, seq, change } => {
            rows.remove(&(*record, *actor, *seq));
            if change.record == *of {
                rows.insert((*of, change.actor, change.seq), change.clone());
            }
        }
        _ => {}
    }
}

/// What comes of a record, unless another record has its name by now: nothing stands on what that says. Nor on
/// other words by the name of some that were sent once: own work would then replace what its author never saw.
fn what_comes(
    store: &dyn Store,
    parts: &[&PulledRecord],
) -> Result<BTreeSet<ChangeName>, ClientError> {
    let mut there = BTreeSet::new();
    for part in parts {
        if is_another(store, part)? {
            return Ok(BTreeSet::new());
        }
        let rows = store.changes(&part.record)?;
        let sent = rows.iter().filter(|row| !matches!(row.place, Place::Unsent(_)));
        let given_again = sent.filter(|row| comes(part, row) == Some(false));
        let given_again: BTreeSet<_> = given_again.map(|row| (row.actor, row.seq)).collect();
        let names = part.changes.iter().map(|it| (it.actor, it.seq));
        there.extend(names.filter(|name| !given_again.contains(name)));
    }
    Ok(there)
}

/// What a page brings of a record: it may come in several parts.
pub(super) fn parts(
    pulled: &[PulledRecord],
    record: RecordId,
) -> impl Iterator<Item = &PulledRecord> {
    pulled.iter().filter(move |it| it.record == record)
}

/// Whether a page takes a record's copy off the phone.
pub(super) fn goes(page: &Page, record: &RecordRow) -> bool {
    let alone = ScopeId::from_bytes(*record.id.as_bytes());
    page.dropped.iter().any(|scope| *scope == record.scope || *scope == alone)
}

//! Which of the phone's unsent work goes into the next batch: harm first, then as it was written.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::authors::{self, Authors};
use crate::engine::client::{ClientError, ordinal};
use crate::ids::{Actor, RecordId};
use crate::limits::{BATCH_BYTES, CHANGES_PER_BATCH};
use crate::merge::Context;
use crate::record::fold::fold;
use crate::record::kind::Kind;
use crate::store::{ChangeRow, Store};
use crate::view::raises_harm_flag;

/// What surrounds a change's body in a batch, bytes: its hash, its length and its dependencies.
const AROUND: usize = 64;

/// How much one batch holds; one change of any size has room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchRoom {
    /// Changes.
    pub changes: usize,
    /// Bytes before compression.
    pub bytes: usize,
}

impl Default for BatchRoom {
    /// As much as a server takes.
    fn default() -> Self {
        Self { changes: CHANGES_PER_BATCH, bytes: BATCH_BYTES }
    }
}

/// The changes for the next batch, and whether there are more. `held` are records that wait.
///
/// A record's changes come in order. What a concern about harm needs to be taken, the case's own
/// record as it was when the concern was written, comes before it.
pub(super) fn next(
    store: &dyn Store,
    authors: &Authors,
    merging: &Context<'_>,
    (held, room): (&BTreeSet<RecordId>, BatchRoom),
) -> Result<(Vec<ChangeRow>, bool), ClientError> {
    let mut batch = Filling::new(held, room);
    for row in urgent(store, authors, merging)? {
        if !batch.put(row) {
            return Ok((batch.rows, true));
        }
    }
    let mut skip = 0;
    loop {
        let rows = store.unsent(skip, room.changes.max(1))?;
        if rows.is_empty() {
            return Ok((batch.rows, !batch.later.is_empty()));
        }
        skip += rows.len() as u64;
        for row in rows {
            if !batch.put(row) {
                return Ok((batch.rows, true));
            }
        }
    }
}

/// Unsent changes of concerns about harm, each after what it needs; a change may come twice.
fn urgent(
    store: &dyn Store,
    authors: &Authors,
    merging: &Context<'_>,
) -> Result<Vec<ChangeRow>, ClientError> {
    let mut rows = Vec::new();
    for concern in store.unsent_records(Kind::Concern.code())? {
        let Some(row) = store.record(&concern)? else { continue };
        // What cannot be read waits as it is; the batch says so.
        let Ok((loaded, _)) = authors::load_readable(store, authors, &row) else { continue };
        if !raises_harm_flag(&fold(&loaded.history, loaded.placed), merging) {
            continue;
        }
        let own = unsent_of(store, &concern)?;
        let first = own.first().map_or(0, |row| ordinal(row.place));
        for record in store.records_of_case(&row.case)? {
            if record.kind == Kind::Case.code() {
                let needed = unsent_of(store, &record.id)?;
                rows.extend(needed.into_iter().filter(|row| ordinal(row.place) < first));
            }
        }
        rows.extend(own);
    }
    Ok(rows)
}

fn unsent_of(store: &dyn Store, record: &RecordId) -> Result<Vec<ChangeRow>, ClientError> {
    let rows = store.changes(record)?.into_iter();
    Ok(rows.filter(ChangeRow::is_unsent).collect())
}

/// A batch that is being filled.
struct Filling<'a> {
    held: &'a BTreeSet<RecordId>,
    room: BatchRoom,
    rows: Vec<ChangeRow>,
    names: BTreeSet<(RecordId, Actor, u32)>,
    authors: BTreeMap<RecordId, Actor>,
    /// Records of which more is to be sent.
    later: BTreeSet<RecordId>,
    bytes: usize,
}

impl<'a> Filling<'a> {
    fn new(held: &'a BTreeSet<RecordId>, room: BatchRoom) -> Self {
        let (rows, names, bytes) = (Vec::new(), BTreeSet::new(), 0);
        let (authors, later) = (BTreeMap::new(), BTreeSet::new());
        Self { held, room, rows, names, authors, later, bytes }
    }

    /// What a push says of a record is one actor's: what this phone wrote in it as the next one goes with
    /// the next batch.
    fn waits_for_its_turn(&mut self, row: &ChangeRow) -> bool {
        let author = *self.authors.entry(row.record).or_insert(row.actor);
        if author != row.actor {
            self.later.insert(row.record);
        }
        self.later.contains(&row.record)
    }

    /// Puts a change in unless it is in or waits; says no if there is no room. One change of any size
    /// has room: it must be able to travel.
    fn put(&mut self, row: ChangeRow) -> bool {
        let name = (row.record, row.actor, row.seq);
        if self.held.contains(&row.record) || self.names.contains(&name) {
            return true;
        }
        if self.waits_for_its_turn(&row) {
            return true;
        }
        let bytes = self.bytes + row.body.len() + AROUND;
        let full = bytes > self.room.bytes || self.rows.len() >= self.room.changes;
        if full && !self.rows.is_empty() {
            return false;
        }
        self.bytes = bytes;
        self.names.insert(name);
        self.rows.push(row);
        true
    }
}

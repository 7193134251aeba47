//! A store in memory: for tests, and as the disk of a simulated phone. A clone is a snapshot.

mod attached;
mod index;

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{Actor, CaseId, RecordId, ScopeId};
use crate::store::{
    AttachedRow, BytesId, ChangeRow, Item, NO_RECORD, Place, RecordRow, ReturnedRow, Shelf, Store,
    StoreError, UnsentCount, Write,
};
use attached::Attached;
use index::{Index, Indexed};

/// Record, author, that author's number: what names a change.
type ChangeKey = (RecordId, Actor, u32);

/// A store that lives as long as the value does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    records: BTreeMap<RecordId, RecordRow>,
    changes: BTreeMap<ChangeKey, ChangeRow>,
    returned: BTreeMap<u64, ReturnedRow>,
    items: BTreeMap<(Shelf, Vec<u8>), Vec<u8>>,
    last_returned: u64,
    // Kept beside the rows so that a long history costs a sync nothing.
    by_case: BTreeSet<(CaseId, RecordId)>,
    unsent: BTreeSet<(u64, ChangeKey)>,
    index: Index,
    attached: Attached,
}

/// One row as it was before a write, so that a failing batch can be taken back.
enum Before {
    Record(RecordId, Option<RecordRow>),
    Change(ChangeKey, Option<ChangeRow>),
    Returned(u64, Option<ReturnedRow>),
    Item((Shelf, Vec<u8>), Option<Vec<u8>>),
    Index(Indexed),
    Attached(RecordId, Option<AttachedRow>),
    Chunk((BytesId, u32), Option<Vec<u8>>),
}

impl Store for MemoryStore {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let last_returned = self.last_returned;
        let mut undo = Vec::with_capacity(writes.len());
        let done = writes.iter().try_for_each(|write| self.apply(write, &mut undo));
        if done.is_err() {
            undo.into_iter().rev().for_each(|before| self.put_back(before));
            self.last_returned = last_returned;
        }
        done
    }

    fn record(&self, id: &RecordId) -> Result<Option<RecordRow>, StoreError> {
        Ok(self.records.get(id).cloned())
    }

    fn records_of_case(&self, case: &CaseId) -> Result<Vec<RecordRow>, StoreError> {
        let first = RecordId::from_bytes([0; 16]);
        let last = RecordId::from_bytes([0xff; 16]);
        let ids = self.by_case.range((*case, first)..=(*case, last));
        Ok(ids.filter_map(|(_, id)| self.records.get(id).cloned()).collect())
    }

    fn cases(&self) -> Result<Vec<CaseId>, StoreError> {
        let mut cases: Vec<CaseId> = self.by_case.iter().map(|(case, _)| *case).collect();
        cases.dedup();
        Ok(cases)
    }

    fn changes(&self, record: &RecordId) -> Result<Vec<ChangeRow>, StoreError> {
        let mut rows: Vec<ChangeRow> = self.changes_of(record).cloned().collect();
        // Stable, so that changes of one place stand by author and number, as in the other store.
        rows.sort_by_key(|change| change.place);
        Ok(rows)
    }

    fn unsent(&self, skip: u64, limit: usize) -> Result<Vec<ChangeRow>, StoreError> {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let keys = self.unsent.iter().skip(skip).take(limit);
        Ok(keys.filter_map(|(_, key)| self.changes.get(key).cloned()).collect())
    }

    fn unsent_records(&self, kind: u8) -> Result<Vec<RecordId>, StoreError> {
        let mut records = Vec::new();
        for (_, (record, ..)) in &self.unsent {
            let of_kind = self.records.get(record).is_some_and(|row| row.kind == kind);
            if of_kind && !records.contains(record) {
                records.push(*record);
            }
        }
        Ok(records)
    }

    fn unsent_count(&self) -> Result<UnsentCount, StoreError> {
        let records: BTreeSet<&RecordId> = self.unsent.iter().map(|(_, key)| &key.0).collect();
        let (changes, records) = (self.unsent.len() as u64, records.len() as u64);
        let attachments = self.attached.unsent().count() as u64;
        Ok(UnsentCount { changes, records, attachments })
    }

    fn returned(&self) -> Result<Vec<ReturnedRow>, StoreError> {
        Ok(self.returned.values().cloned().collect())
    }

    fn unindexed(&self, limit: usize) -> Result<Vec<(CaseId, RecordId)>, StoreError> {
        Ok(self.index.stale(limit))
    }

    fn find(&self, words: &[String], limit: usize) -> Result<Vec<RecordId>, StoreError> {
        Ok(self.index.find(words, limit))
    }

    fn item(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.items.get(&(shelf, key.to_vec())).cloned())
    }

    fn attached(&self, record: &RecordId) -> Result<Option<AttachedRow>, StoreError> {
        Ok(self.attached.get(record).cloned())
    }

    fn unsent_attached(&self) -> Result<Vec<AttachedRow>, StoreError> {
        Ok(self.attached.unsent().cloned().collect())
    }

    fn chunks(&self, digest: &BytesId) -> Result<u32, StoreError> {
        Ok(self.attached.chunks(digest))
    }

    fn chunk(&self, digest: &BytesId, n: u32) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.attached.chunk(digest, n).cloned())
    }

    fn items(&self, shelf: Shelf) -> Result<Vec<Item>, StoreError> {
        let from = self.items.range((shelf, Vec::new())..);
        let of_shelf = from.take_while(|((other, _), _)| *other == shelf);
        Ok(of_shelf.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }
}

impl MemoryStore {
    fn apply(&mut self, write: &Write, undo: &mut Vec<Before>) -> Result<(), StoreError> {
        match write {
            Write::PutRecord(row) => self.put_record(row, undo),
            Write::PutChange(row) => self.put_change(row, undo)?,
            Write::Move { record, actor, seq, place } => {
                self.move_on((*record, *actor, *seq), *place, undo);
            }
            Write::Return { record, actor, seq, reason } => {
                self.give_back((*record, *actor, *seq), reason, undo);
            }
            Write::Rename { record, actor, seq, change } => {
                self.rename((*record, *actor, *seq), change, undo)?;
            }
            Write::Displace { record, actor, seq, deps, place } => {
                self.displace((*record, *actor, *seq), deps, *place, undo);
            }
            Write::ForgetReturned(id) => {
                undo.push(Before::Returned(*id, self.returned.remove(id)));
            }
            Write::Rejudge { id, reason } => self.rejudge(*id, reason, undo),
            Write::DropScope(scope) => self.drop_scope(scope, undo),
            Write::DropRecord(record) => self.drop_record(record, undo),
            Write::Index { case, record, words } => {
                let there = self.records.contains_key(record);
                let words = if there { words.clone() } else { String::new() };
                undo.push(Before::Index(self.index.put((*case, *record), words)));
            }
            Write::Unindex(record) => self.mark(record, undo),
            Write::Attach(row) => self.attach(row.record, Some(row.clone()), undo),
            Write::PutChunk { digest, n, bytes } => {
                let before = self.attached.set_chunk((*digest, *n), Some(bytes.clone()));
                undo.push(Before::Chunk((*digest, *n), before));
            }
            Write::Deliver(record) => self.deliver(record, undo),
            Write::Reattach { from, to } => self.reattach(from, to, undo),
            Write::Detach(record) => self.attach(*record, None, undo),
            Write::Set(shelf, key, value) => {
                self.set_item((*shelf, key.clone()), Some(value.clone()), undo);
            }
            Write::Remove(shelf, key) => self.set_item((*shelf, key.clone()), None, undo),
        }
        Ok(())
    }

    fn put_record(&mut self, row: &RecordRow, undo: &mut Vec<Before>) {
        if !self.records.contains_key(&row.id) {
            self.set_record(row.id, Some(row.clone()), undo);
        }
    }

    fn put_change(&mut self, row: &ChangeRow, undo: &mut Vec<Before>) -> Result<(), StoreError> {
        if !self.records.contains_key(&row.record) {
            return Err(StoreError::Damaged(NO_RECORD.to_owned()));
        }
        let key = (row.record, row.actor, row.seq);
        if self.changes.contains_key(&key) {
            self.move_on(key, row.place, undo);
        } else {
            self.set_change(key, Some(row.clone()), undo);
        }
        Ok(())
    }

    fn move_on(&mut self, key: ChangeKey, place: Place, undo: &mut Vec<Before>) {
        if let Some(old) = self.changes.get(&key)
            && steps_left(place) < steps_left(old.place)
        {
            let moved = ChangeRow { place, ..old.clone() };
            self.set_change(key, Some(moved), undo);
        }
    }

    fn give_back(&mut self, key: ChangeKey, reason: &str, undo: &mut Vec<Before>) {
        let (Some(change), Some(record)) = (self.changes.get(&key), self.records.get(&key.0))
        else {
            return;
        };
        self.last_returned += 1;
        let id = self.last_returned;
        let (record, change) = (record.clone(), change.clone());
        let row = ReturnedRow { id, record, change, reason: reason.to_owned() };
        self.set_change(key, None, undo);
        undo.push(Before::Returned(id, self.returned.insert(id, row)));
    }

    fn rename(
        &mut self,
        key: ChangeKey,
        change: &ChangeRow,
        undo: &mut Vec<Before>,
    ) -> Result<(), StoreError> {
        if !self.changes.get(&key).is_some_and(ChangeRow::is_unsent) {
            return Ok(());
        }
        self.set_change(key, None, undo);
        self.put_change(change, undo)
    }

    fn displace(&mut self, key: ChangeKey, deps: &[u8], place: Place, undo: &mut Vec<Before>) {
        if let Some(old) = self.changes.get(&key) {
            let moved = ChangeRow { deps: Some(deps.to_vec()), place, ..old.clone() };
            self.set_change(key, Some(moved), undo);
        }
    }

    fn rejudge(&mut self, id: u64, reason: &str, undo: &mut Vec<Before>) {
        if let Some(row) = self.returned.get_mut(&id) {
            undo.push(Before::Returned(id, Some(row.clone())));
            reason.clone_into(&mut row.reason);
        }
    }

    fn drop_scope(&mut self, scope: &ScopeId, undo: &mut Vec<Before>) {
        let of_scope = self.records.values().filter(|row| row.scope == *scope);
        let ids: Vec<RecordId> = of_scope.map(|row| row.id).collect();
        ids.iter().for_each(|id| self.drop_record(id, undo));
    }

    fn drop_record(&mut self, record: &RecordId, undo: &mut Vec<Before>) {
        let sent = self.changes_of(record).filter(|row| !row.is_unsent());
        let keys: Vec<ChangeKey> = sent.map(|row| (row.record, row.actor, row.seq)).collect();
        for key in keys {
            self.set_change(key, None, undo);
        }
        if self.changes_of(record).next().is_none() {
            self.set_record(*record, None, undo);
        }
    }

    fn changes_of(&self, record: &RecordId) -> impl Iterator<Item = &ChangeRow> {
        let first = (*record, Actor::from_bytes([0; 16]), 0);
        let last = (*record, Actor::from_bytes([0xff; 16]), u32::MAX);
        self.changes.range(first..=last).map(|(_, row)| row)
    }

    fn put_back(&mut self, before: Before) {
        // Taking back is a write like any other; what it would undo is not wanted.
        let mut ignored = Vec::new();
        match before {
            Before::Record(id, row) => self.set_record(id, row, &mut ignored),
            Before::Change(key, row) => self.set_change(key, row, &mut ignored),
            Before::Item(key, value) => self.set_item(key, value, &mut ignored),
            Before::Index(indexed) => self.index.put_back(indexed),
            Before::Attached(record, row) => drop(self.attached.set(record, row)),
            Before::Chunk(key, bytes) => drop(self.attached.set_chunk(key, bytes)),
            Before::Returned(id, Some(row)) => drop(self.returned.insert(id, row)),
            Before::Returned(id, None) => drop(self.returned.remove(&id)),
        }
    }

    fn set_record(&mut self, id: RecordId, row: Option<RecordRow>, undo: &mut Vec<Before>) {
        if row.is_none() {
            self.mark(&id, undo);
            self.leave_with(&id, undo);
        }
        let case = row.as_ref().map(|row| row.case);
        let before = replace(&mut self.records, id, row);
        if let Some(old) = &before {
            self.by_case.remove(&(old.case, id));
        }
        if let Some(case) = case {
            self.by_case.insert((case, id));
        }
        undo.push(Before::Record(id, before));
    }

    fn set_change(&mut self, key: ChangeKey, row: Option<ChangeRow>, undo: &mut Vec<Before>) {
        self.mark(&key.0, undo);
        let place = row.as_ref().map(|row| row.place);
        let before = replace(&mut self.changes, key, row);
        if let Some(Place::Unsent(made)) = before.as_ref().map(|row| row.place) {
            self.unsent.remove(&(made, key));
        }
        if let Some(Place::Unsent(made)) = place {
            self.unsent.insert((made, key));
        }
        undo.push(Before::Change(key, before));
    }

    /// A record is to be indexed again.
    fn mark(&mut self, record: &RecordId, undo: &mut Vec<Before>) {
        if let Some(row) = self.records.get(record) {
            undo.push(Before::Index(self.index.mark(row.case, *record)));
        }
    }

    fn set_item(&mut self, key: (Shelf, Vec<u8>), value: Option<Vec<u8>>, undo: &mut Vec<Before>) {
        let before = replace(&mut self.items, key.clone(), value);
        undo.push(Before::Item(key, before));
    }
}

/// Sets or removes a key; what was there before.
fn replace<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}

/// How many steps a change has still to go: a place is further the fewer are left.
const fn steps_left(place: Place) -> u8 {
    match place {
        Place::Placed(_) => 0,
        Place::Accepted(_) => 1,
        Place::Unsent(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;

    #[test]
    fn keeps_the_contract() {
        contract::run(MemoryStore::default).unwrap();
    }

    #[test]
    fn a_clone_is_a_snapshot() {
        let mut phone = MemoryStore::default();
        contract::fill(&mut phone).unwrap();
        let snapshot = phone.clone();
        phone.commit(&[Write::Remove(Shelf::Meta, b"name".to_vec())]).unwrap();
        assert_ne!(phone, snapshot);
        phone.commit(&[Write::Set(Shelf::Meta, b"name".to_vec(), b"phone".to_vec())]).unwrap();
        assert_eq!(phone, snapshot);
    }
}

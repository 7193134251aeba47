//! What records have attached.

use std::collections::BTreeMap;

use super::{Before, MemoryStore, replace};
use crate::ids::RecordId;
use crate::store::{AttachedRow, Bytes, BytesId};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attached {
    rows: BTreeMap<RecordId, AttachedRow>,
    chunks: BTreeMap<(BytesId, u32), Vec<u8>>,
}

impl Attached {
    pub(super) fn get(&self, record: &RecordId) -> Option<&AttachedRow> {
        self.rows.get(record)
    }

    pub(super) fn unsent(&self) -> impl Iterator<Item = &AttachedRow> {
        self.rows.values().filter(|row| row.bytes == Bytes::Unsent)
    }

    pub(super) fn chunk(&self, digest: &BytesId, n: u32) -> Option<&Vec<u8>> {
        self.chunks.get(&(*digest, n))
    }

    pub(super) fn chunks(&self, digest: &BytesId) -> u32 {
        (0..).take_while(|n| self.chunks.contains_key(&(*digest, *n))).count() as u32
    }

    pub(super) fn set(
        &mut self,
        record: RecordId,
        row: Option<AttachedRow>,
    ) -> Option<AttachedRow> {
        replace(&mut self.rows, record, row)
    }

    pub(super) fn set_chunk(
        &mut self,
        key: (BytesId, u32),
        bytes: Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        replace(&mut self.chunks, key, bytes)
    }

    /// The chunks that no record has any more.
    fn orphans(&self, digest: &BytesId) -> Vec<(BytesId, u32)> {
        if self.rows.values().any(|row| row.digest == *digest) {
            return Vec::new();
        }
        let all = self.chunks.range((*digest, 0)..=(*digest, u32::MAX));
        all.map(|(key, _)| *key).collect()
    }
}

impl MemoryStore {
    pub(super) fn attach(
        &mut self,
        record: RecordId,
        row: Option<AttachedRow>,
        undo: &mut Vec<Before>,
    ) {
        let before = self.attached.set(record, row);
        let old = before.as_ref().map(|row| row.digest);
        undo.push(Before::Attached(record, before));
        for key in old.map(|digest| self.attached.orphans(&digest)).unwrap_or_default() {
            let bytes = self.attached.set_chunk(key, None);
            undo.push(Before::Chunk(key, bytes));
        }
    }

    pub(super) fn deliver(&mut self, record: &RecordId, undo: &mut Vec<Before>) {
        let Some(row) = self.attached.get(record).cloned() else { return };
        let there = self.records.contains_key(record);
        self.attach(*record, there.then_some(AttachedRow { bytes: Bytes::Here, ..row }), undo);
    }

    pub(super) fn reattach(&mut self, from: &RecordId, to: &RecordId, undo: &mut Vec<Before>) {
        if let Some(row) = self.attached.get(from).filter(|_| from != to).cloned() {
            self.attach(*to, Some(AttachedRow { record: *to, ..row }), undo);
            self.attach(*from, None, undo);
        }
    }

    /// What a record has attached goes with it, unless only this phone has it.
    pub(super) fn leave_with(&mut self, record: &RecordId, undo: &mut Vec<Before>) {
        if self.attached.get(record).is_some_and(|row| row.bytes != Bytes::Unsent) {
            self.attach(*record, None, undo);
        }
    }
}

//! The names that work has had: what is written again gets new ones, and the old ones stay known.

use std::collections::BTreeMap;

use crate::ids::{Actor, CaseId, EntryId, RecordId};
use crate::record::history::ChangeName;
use crate::store::{Shelf, Store, StoreError, Write};

const CASE: u8 = b'c';
const RECORD: u8 = b'r';
const CHANGE: u8 = b'n';

/// Old names with the new ones. An old name may be somebody else's by now (a phone that was restored
/// gave it twice), so it is looked up only where nothing is called so.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Renames(BTreeMap<Vec<u8>, Vec<u8>>);

impl Renames {
    /// Those that a phone has kept: every one that there ever was.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn load(store: &dyn Store) -> Result<Self, StoreError> {
        Ok(Self(store.items(Shelf::Rename)?.into_iter().collect()))
    }

    /// Whether nothing was ever renamed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a case is called now.
    #[must_use]
    pub fn case(&self, id: &CaseId) -> CaseId {
        let last = self.last(key(CASE, id.as_bytes()));
        last.and_then(|name| CaseId::from_slice(&name).ok()).unwrap_or(*id)
    }

    /// What a record is called now.
    #[must_use]
    pub fn record(&self, id: &RecordId) -> RecordId {
        let last = self.last(key(RECORD, id.as_bytes()));
        last.and_then(|name| RecordId::from_slice(&name).ok()).unwrap_or(*id)
    }

    /// What an entry of a record is called now, wherever it is.
    #[must_use]
    pub fn entry(&self, record: &RecordId, id: &EntryId) -> EntryId {
        let last = self.last(change_key(record, &(id.actor, id.seq)));
        let name = last.as_deref().and_then(read_change);
        name.map_or(*id, |(actor, seq)| EntryId { actor, seq, n: id.n })
    }

    /// What a change of a record is called now, wherever it is.
    #[must_use]
    pub fn change(&self, record: &RecordId, name: &ChangeName) -> ChangeName {
        self.place(record, name).1
    }

    /// The same with the record that it is in.
    #[must_use]
    pub fn place(&self, record: &RecordId, name: &ChangeName) -> (RecordId, ChangeName) {
        let last = self.last(change_key(record, name));
        let read =
            |last: &[u8]| Some((RecordId::from_slice(last.get(..16)?).ok()?, read_change(last)?));
        last.as_deref().and_then(read).unwrap_or((*record, *name))
    }

    /// Notes a case's new name; to be written, too.
    pub(super) fn rename_case(&mut self, old: &CaseId, new: &CaseId) -> Write {
        self.note(key(CASE, old.as_bytes()), new.as_bytes().to_vec())
    }

    /// Notes a record's new name; to be written, too.
    pub(crate) fn rename_record(&mut self, old: &RecordId, new: &RecordId) -> Write {
        self.note(key(RECORD, old.as_bytes()), new.as_bytes().to_vec())
    }

    /// Notes a change's new name; to be written, too.
    pub(crate) fn rename_change(
        &mut self,
        (record, name): (&RecordId, &ChangeName),
        (new_record, new): (&RecordId, &ChangeName),
    ) -> Write {
        // Without the letter before it, a new name is the rest of a key.
        let value = change_key(new_record, new)[1..].to_vec();
        self.note(change_key(record, name), value)
    }

    fn note(&mut self, key: Vec<u8>, value: Vec<u8>) -> Write {
        self.0.insert(key.clone(), value.clone());
        Write::Set(Shelf::Rename, key, value)
    }

    /// The end of a chain of names. Each one was given by a newer actor than the one before it, so
    /// that a chain has an end; damaged rows may not have one.
    fn last(&self, key: Vec<u8>) -> Option<Vec<u8>> {
        let sort = *key.first()?;
        let mut last = None;
        let mut next = self.0.get(&key);
        for _ in 0..self.0.len() {
            let Some(name) = next else { break };
            last = Some(name.clone());
            next = self.0.get(&[&[sort], name.as_slice()].concat());
        }
        last
    }
}

fn key(sort: u8, id: &[u8; 16]) -> Vec<u8> {
    [&[sort], id.as_slice()].concat()
}

fn change_key(record: &RecordId, (actor, seq): &ChangeName) -> Vec<u8> {
    let seq = seq.to_be_bytes();
    [&[CHANGE], record.as_bytes().as_slice(), actor.as_bytes(), &seq].concat()
}

fn read_change(name: &[u8]) -> Option<ChangeName> {
    let actor = Actor::from_slice(name.get(16..32)?).ok()?;
    Some((actor, u32::from_be_bytes(name.get(32..)?.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u8) -> RecordId {
        RecordId::from_bytes([n; 16])
    }

    #[test]
    fn a_name_is_followed_to_its_last_through_every_record() {
        let mut renames = Renames::default();
        let name = |n: u8| (Actor::from_bytes([n; 16]), u32::from(n));
        renames.rename_record(&record(1), &record(2));
        renames.rename_record(&record(2), &record(3));
        renames.rename_change((&record(1), &name(1)), (&record(2), &name(2)));
        renames.rename_change((&record(2), &name(2)), (&record(3), &name(3)));
        assert_eq!(renames.record(&record(1)), record(3));
        assert_eq!(renames.record(&record(9)), record(9));
        assert_eq!(renames.change(&record(1), &name(1)), name(3));
        assert_eq!(renames.change(&record(9), &name(1)), name(1));
        let entry = EntryId { actor: name(1).0, seq: 1, n: 4 };
        let renamed = EntryId { actor: name(3).0, seq: 3, n: 4 };
        assert_eq!(renames.entry(&record(1), &entry), renamed);
    }

    #[test]
    fn damaged_rows_that_name_each_other_end() {
        let mut renames = Renames::default();
        renames.rename_record(&record(1), &record(2));
        renames.rename_record(&record(2), &record(1));
        let _somewhere = renames.record(&record(1));
    }
}

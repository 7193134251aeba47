//! A record as it is read: its entries in order, folded straight from its changes. No document is
//! opened; the result equals the document's by property test.

use std::collections::BTreeMap;

use crate::ids::EntryId;
use crate::record::change::{Edit, NewEntry};
use crate::record::entry::Entry;
use crate::record::envelope::Envelope;
use crate::record::history::{History, Link};
use crate::record::text::CoText;

/// A record as it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folded {
    /// What is fixed about it.
    pub envelope: Envelope,
    /// Its entries in the order in which the server has them, own unsent ones last.
    pub entries: Vec<Entry>,
    /// How many of its changes the server has put in order.
    pub placed: usize,
}

impl Folded {
    /// The entries of a collection, in order.
    pub fn entries_of(&self, collection: u8) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.collection == collection)
    }

    /// The entry of this name.
    #[must_use]
    pub fn entry(&self, id: &EntryId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }
}

/// Folds a history of which the server has put the first `placed` changes in order.
#[must_use]
pub fn fold(history: &History, placed: usize) -> Folded {
    let everything = vec![true; history.links().len()];
    fold_seen(history, placed, &everything)
}

/// Folds what is marked as seen: the record as its author saw it at some version.
#[must_use]
pub fn fold_seen(history: &History, placed: usize, seen: &[bool]) -> Folded {
    let mut folder = Folder::default();
    for (index, link) in history.links().iter().enumerate().filter(|(index, _)| seen[*index]) {
        let position = (index < placed).then_some(index as u32 + 1);
        folder.link(link, position);
    }
    let mut entries = folder.entries;
    for entry in &mut entries {
        entry.text = folder.texts.get(&entry.id).map(CoText::text);
    }
    Folded { envelope: history.envelope().clone(), entries, placed }
}

/// The co-written text of an entry in what is marked as seen.
#[must_use]
pub fn text_seen(history: &History, entry: &EntryId, seen: &[bool]) -> Option<CoText> {
    let mut folder = Folder::default();
    for (_, link) in history.links().iter().enumerate().filter(|(index, _)| seen[*index]) {
        folder.link(link, None);
    }
    folder.texts.remove(entry)
}

#[derive(Default)]
struct Folder {
    entries: Vec<Entry>,
    texts: BTreeMap<EntryId, CoText>,
}

impl Folder {
    fn link(&mut self, link: &Link, position: Option<u32>) {
        let measured = link.change.clock_ahead_ms != 0;
        let (mut counter, mut n) = (link.start_op, 0);
        for edit in &link.change.edits {
            match edit {
                Edit::Add(new) => {
                    let id = EntryId { actor: link.change.actor, seq: link.seq, n };
                    self.add(link, new, id, counter, position);
                    n += 1;
                }
                Edit::Splice { entry, runs } => {
                    let mut first = counter;
                    for run in runs {
                        if let Some(text) = self.texts.get_mut(entry) {
                            text.apply(run, first, link.change.actor);
                        }
                        first += run.operations();
                    }
                }
            }
            counter += edit.operations(measured);
        }
    }

    fn add(
        &mut self,
        link: &Link,
        new: &NewEntry,
        id: EntryId,
        counter: u64,
        position: Option<u32>,
    ) {
        if let Some(begun) = &new.text {
            let object = counter + new.operations_before_text(link.change.clock_ahead_ms != 0);
            let mut text = CoText::default();
            text.insert(None, begun, object + 1, id.actor);
            self.texts.insert(id, text);
        }
        self.entries.push(Entry {
            id,
            collection: new.collection,
            fields: new.fields.clone(),
            replaces: new.replaces.clone(),
            by: link.change.by,
            at: link.change.at,
            clock_ahead_ms: link.change.clock_ahead_ms,
            position,
            text: None,
        });
    }
}

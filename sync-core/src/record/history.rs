//! The changes of one record in the order in which the server put them, and what is computed from
//! that order: sequence and operation numbers, dependencies, hashes.

mod reach;
mod references;

use std::collections::{BTreeMap, BTreeSet};

use crate::codec::{DecodeError, Reader, Writer};
use crate::ids::{Actor, ChangeHash, EntryId};
use crate::limits::{
    CHANGES_PER_RECORD, DEPENDENCIES_PER_CHANGE, OPERATION_COUNTER, OPERATIONS_PER_RECORD,
};
use crate::record::change::{Change, Edit, ElementId};
use crate::record::document;
use crate::record::envelope::Envelope;

/// A change named by its author and number in the record. The genesis change has no name: what
/// depends on nothing else depends on it.
pub type ChangeName = (Actor, u32);

/// A record's changes so far.
#[derive(Clone, Debug)]
pub struct History {
    envelope: Envelope,
    genesis: ChangeHash,
    genesis_operations: u64,
    links: Vec<Link>,
    names: BTreeMap<ChangeName, usize>,
    entries: BTreeMap<EntryId, EntryPlace>,
    /// The changes that deleted a character: more than one where their authors did not see each other.
    deleted: BTreeMap<ElementId, Vec<usize>>,
    operations: u64,
    linear: bool,
}

/// One change in its place.
#[derive(Clone, Debug)]
pub struct Link {
    /// What was done.
    pub change: Change,
    /// Its author's how-manieth in this record, from 1.
    pub seq: u32,
    /// The counter of its first operation.
    pub start_op: u64,
    /// Its operations.
    pub operations: u64,
    /// The changes that its author had seen last: indices into the history; none means genesis.
    pub deps: Vec<usize>,
    /// Its hash in the document engine.
    pub hash: ChangeHash,
}

/// Where an entry was made.
#[derive(Clone, Copy, Debug)]
pub struct EntryPlace {
    /// Its change's index in the history.
    pub link: usize,
    /// The counter of the operation that made it.
    pub counter: u64,
    /// The counter of its co-written text's object, if it has one.
    pub text: Option<u64>,
    /// Its collection.
    pub collection: u8,
}

/// Why a change does not fit a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// It depends on a change that is not here.
    #[error("a change that this one builds on is missing")]
    MissingDependency,
    /// It does not build on its author's own last change, or its number is not the next one.
    #[error("a change by the same author comes out of order")]
    OutOfOrder,
    /// It names an entry or an element of a text that its author cannot have seen, or had seen deleted.
    #[error("a change names something that its author cannot have seen")]
    UnknownReference,
    /// The record has no room for it.
    #[error("the record is full")]
    Full,
}

impl Link {
    /// The counter of its last operation.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        self.start_op + self.operations - 1
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> ChangeName {
        (self.change.actor, self.seq)
    }
}

impl History {
    /// A record of which only the genesis exists.
    #[must_use]
    pub fn new(envelope: Envelope) -> Self {
        let genesis = envelope.genesis();
        Self {
            genesis: ChangeHash(genesis.hash().0),
            genesis_operations: genesis.len() as u64,
            envelope,
            links: Vec::new(),
            names: BTreeMap::new(),
            entries: BTreeMap::new(),
            deleted: BTreeMap::new(),
            operations: 0,
            linear: true,
        }
    }

    /// What is fixed about the record.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The changes in order.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Where an entry was made.
    #[must_use]
    pub fn entry(&self, id: &EntryId) -> Option<&EntryPlace> {
        self.entries.get(id)
    }

    /// The index of a change.
    #[must_use]
    pub fn index(&self, name: &ChangeName) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The number of `actor`'s next change.
    #[must_use]
    pub fn next_seq(&self, actor: &Actor) -> u32 {
        self.own_last(actor).map_or(1, |index| self.links[index].seq + 1)
    }

    /// The changes that no other builds on; none means that only the genesis is there.
    #[must_use]
    pub fn heads(&self) -> Vec<usize> {
        if self.linear {
            return self.links.len().checked_sub(1).into_iter().collect();
        }
        let built_on: BTreeSet<_> = self.links.iter().flat_map(|link| &link.deps).collect();
        (0..self.links.len()).filter(|index| !built_on.contains(index)).collect()
    }

    /// The hashes of the heads, sorted; the genesis's if nothing else is there.
    #[must_use]
    pub fn head_hashes(&self) -> Vec<ChangeHash> {
        self.hashes(&self.heads())
    }

    /// What a change by `actor` depends on if it says nothing: everything so far.
    #[must_use]
    pub fn implied_deps(&self, actor: &Actor) -> Vec<usize> {
        let mut deps = self.heads();
        deps.extend(self.own_last(actor));
        deps.sort_unstable();
        deps.dedup();
        deps
    }

    /// The names to send for `deps`; none if they are what `actor`'s next change implies.
    #[must_use]
    pub fn explicit_deps(&self, actor: &Actor, deps: &[usize]) -> Option<Vec<ChangeName>> {
        if deps == self.implied_deps(actor) { None } else { Some(self.dep_names(deps)) }
    }

    /// The names of changes by index.
    #[must_use]
    pub fn dep_names(&self, deps: &[usize]) -> Vec<ChangeName> {
        let mut names: Vec<_> = deps.iter().map(|index| self.links[*index].name()).collect();
        names.sort_unstable();
        names
    }

    /// Whether a change has room here. Asked of what is new and not by [`History::append`]: what came
    /// before the record was full stays readable, whatever follows it on a phone.
    ///
    /// # Errors
    /// [`HistoryError::Full`]
    pub fn room_for(&self, change: &Change) -> Result<(), HistoryError> {
        let operations = self.operations + change.operations();
        match self.links.len() < CHANGES_PER_RECORD && operations <= OPERATIONS_PER_RECORD {
            true => Ok(()),
            false => Err(HistoryError::Full),
        }
    }

    /// Puts a change at the end. `deps` are the names it depends on; none means the implied ones.
    ///
    /// # Errors
    /// [`HistoryError`]; the history is then as before.
    pub fn append(
        &mut self,
        change: Change,
        seq: u32,
        deps: Option<&[ChangeName]>,
    ) -> Result<&Link, HistoryError> {
        let deps = match deps {
            None => self.implied_deps(&change.actor),
            Some(names) => self.resolve(names)?,
        };
        if seq != self.next_seq(&change.actor) || !self.builds_on_own(&change.actor, &deps) {
            return Err(HistoryError::OutOfOrder);
        }
        let start_op = 1 + self.last_op(&deps);
        let operations = change.operations();
        if start_op + operations > OPERATION_COUNTER {
            return Err(HistoryError::Full);
        }
        references::check(self, &change, &deps)?;
        let hashes = self.hashes(&deps);
        let engine = document::encode(self, &change, seq, start_op, &hashes);
        let hash = ChangeHash(engine.hash().0);
        Ok(self.push(Link { change, seq, start_op, operations, deps, hash }))
    }

    /// Puts a change at the end that this history held before, with the hash it had: what a server
    /// reads back from its own log.
    ///
    /// # Errors
    /// [`HistoryError`]; the history is then as before.
    pub fn restore(
        &mut self,
        change: Change,
        seq: u32,
        deps: Option<&[ChangeName]>,
        hash: ChangeHash,
    ) -> Result<&Link, HistoryError> {
        let deps = match deps {
            None => self.implied_deps(&change.actor),
            Some(names) => self.resolve(names)?,
        };
        let (start_op, operations) = (1 + self.last_op(&deps), change.operations());
        Ok(self.push(Link { change, seq, start_op, operations, deps, hash }))
    }

    /// Takes back the changes after the first `length`: what did not pass the gate.
    pub fn truncate(&mut self, length: usize) {
        let mut kept = Self::new(self.envelope.clone());
        for link in self.links.drain(..).take(length) {
            kept.push(link);
        }
        *self = kept;
    }

    fn push(&mut self, link: Link) -> &Link {
        let index = self.links.len();
        // The author's own last change may be named beside the one before: that one has seen it.
        self.linear &= index == 0 || link.deps.contains(&(index - 1));
        self.note_entries(&link, index);
        for element in references::deleted(&link.change) {
            self.deleted.entry(element).or_default().push(index);
        }
        self.operations += link.operations;
        self.names.insert(link.name(), index);
        self.links.push(link);
        &self.links[index]
    }

    fn note_entries(&mut self, link: &Link, index: usize) {
        let measured = link.change.clock_ahead_ms != 0;
        let mut counter = link.start_op;
        let mut n = 0;
        for edit in &link.change.edits {
            if let Edit::Add(entry) = edit {
                let id = EntryId { actor: link.change.actor, seq: link.seq, n };
                let text =
                    entry.text.as_ref().map(|_| counter + entry.operations_before_text(measured));
                let collection = entry.collection;
                self.entries.insert(id, EntryPlace { link: index, counter, text, collection });
                n += 1;
            }
            counter += edit.operations(measured);
        }
    }

    /// The hashes of changes by index, sorted; the genesis's if there are none.
    #[must_use]
    pub fn hashes(&self, deps: &[usize]) -> Vec<ChangeHash> {
        let mut hashes: Vec<_> = deps.iter().map(|index| self.links[*index].hash).collect();
        if hashes.is_empty() {
            hashes.push(self.genesis);
        }
        hashes.sort_unstable();
        hashes
    }

    /// Which changes are in the past of `deps`, themselves included, by index.
    #[must_use]
    pub fn past(&self, deps: &[usize]) -> Vec<bool> {
        let mut past = vec![false; self.links.len()];
        if self.linear {
            let seen = deps.iter().max().map_or(0, |last| last + 1);
            past[..seen].fill(true);
            return past;
        }
        let mut open = deps.to_vec();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut past[index], true) {
                open.extend(&self.links[index].deps);
            }
        }
        past
    }

    fn own_last(&self, actor: &Actor) -> Option<usize> {
        let own = self.names.range((*actor, 0)..=(*actor, u32::MAX)).next_back();
        own.map(|(_, index)| *index)
    }

    fn resolve(&self, names: &[ChangeName]) -> Result<Vec<usize>, HistoryError> {
        let mut deps = Vec::with_capacity(names.len());
        for name in names {
            deps.push(self.index(name).ok_or(HistoryError::MissingDependency)?);
        }
        deps.sort_unstable();
        deps.dedup();
        Ok(deps)
    }

    fn builds_on_own(&self, actor: &Actor, deps: &[usize]) -> bool {
        self.own_last(actor).is_none_or(|own| deps.contains(&own))
    }

    fn last_op(&self, deps: &[usize]) -> u64 {
        let last = deps.iter().map(|index| self.links[*index].max_op()).max();
        last.unwrap_or(self.genesis_operations)
    }
}

/// The bytes of explicit dependencies: sorted names.
#[must_use]
pub fn encode_deps(names: &[ChangeName]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.uint(names.len() as u64);
    for (actor, seq) in names {
        writer.fixed(actor.as_bytes()).uint((*seq).into());
    }
    writer.finish()
}

/// Reads what [`encode_deps`] wrote, to the end.
///
/// # Errors
/// [`DecodeError`], also for names out of order or twice.
pub fn decode_deps(bytes: &[u8]) -> Result<Vec<ChangeName>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let names = read_deps(&mut reader)?;
    reader.end()?;
    Ok(names)
}

/// Reads what [`encode_deps`] wrote from within a frame.
///
/// # Errors
/// As [`decode_deps`].
pub fn read_deps(reader: &mut Reader<'_>) -> Result<Vec<ChangeName>, DecodeError> {
    let mut names: Vec<ChangeName> = Vec::new();
    for _ in 0..reader.count(DEPENDENCIES_PER_CHANGE, "the number of dependencies")? {
        let actor = Actor::from_bytes(reader.array()?);
        let name = (actor, reader.uint_to(u32::MAX.into(), "a change's number")? as u32);
        if names.last().is_some_and(|last| *last >= name) {
            return Err(DecodeError::Malformed("the order of dependencies"));
        }
        names.push(name);
    }
    Ok(names)
}

//! Whether a change names only what its author can have seen: entries that it replaces or edits, and
//! characters of a text that it writes after or deletes, which were there for its author until then.

use std::collections::{BTreeMap, BTreeSet};

use super::{History, HistoryError, Link};
use crate::ids::{Actor, EntryId};
use crate::record::change::{Change, Edit, ElementId, Run};

/// Everything that a change names must be in the past of `deps`.
///
/// # Errors
/// [`HistoryError::UnknownReference`]
pub(super) fn check(
    history: &History,
    change: &Change,
    deps: &[usize],
) -> Result<(), HistoryError> {
    let names_nothing = |edit: &Edit| matches!(edit, Edit::Add(e) if e.replaces.is_empty());
    if change.edits.iter().all(names_nothing) {
        return Ok(());
    }
    let mut sight = Sight { history, past: history.past(deps), own: BTreeMap::new() };
    let known = change.edits.iter().all(|edit| match edit {
        Edit::Add(entry) => entry.replaces.iter().all(|id| sight.holds(id)),
        Edit::Splice { entry, runs } => {
            sight.holds_text(entry) && runs.iter().all(|run| sight.holds_places(entry, run))
        }
    });
    let known = known && !sight.deletes_again(change);
    if known { Ok(()) } else { Err(HistoryError::UnknownReference) }
}

/// The changes in which what a change names was written, as far as they are here.
pub(super) fn named(history: &History, change: &Change) -> BTreeSet<usize> {
    let past = vec![true; history.links.len()];
    let mut sight = Sight { history, past, own: BTreeMap::new() };
    let mut named = BTreeSet::new();
    let written_in = |id: &EntryId| history.entry(id).map(|place| place.link);
    for edit in &change.edits {
        match edit {
            Edit::Add(entry) => named.extend(entry.replaces.iter().filter_map(written_in)),
            Edit::Splice { entry, runs } => {
                named.extend(written_in(entry));
                for (from, count) in runs.iter().filter_map(characters) {
                    let counters = from.counter..from.counter.saturating_add(count);
                    named.extend(counters.filter_map(|at| sight.change_at(&from.actor, at)));
                }
            }
        }
    }
    named
}

/// The characters that a piece of a text edit names: the first, and how many of its author's with it.
fn characters(run: &Run) -> Option<(ElementId, u64)> {
    match run {
        Run::Insert { after, .. } => after.map(|after| (after, 1)),
        Run::Delete { from, count } => Some((*from, *count)),
    }
}

/// The characters that a change deletes.
pub(super) fn deleted(change: &Change) -> impl Iterator<Item = ElementId> {
    let runs = change.edits.iter().flat_map(|edit| match edit {
        Edit::Splice { runs, .. } => runs.as_slice(),
        Edit::Add(_) => &[],
    });
    let deletions = runs.filter_map(|run| match run {
        Run::Delete { from, count } => Some((*from, *count)),
        Run::Insert { .. } => None,
    });
    deletions.flat_map(|(from, count)| {
        let counters = from.counter..from.counter.saturating_add(count);
        counters.map(move |counter| ElementId { counter, ..from })
    })
}

/// What an author had seen.
struct Sight<'a> {
    history: &'a History,
    past: Vec<bool>,
    /// Each actor's changes in order, read once: a change may name thousands of characters.
    own: BTreeMap<Actor, Vec<usize>>,
}

impl Sight<'_> {
    fn holds(&self, entry: &EntryId) -> bool {
        self.history.entry(entry).is_some_and(|place| self.past[place.link])
    }

    fn holds_text(&self, entry: &EntryId) -> bool {
        let text = self.history.entry(entry).and_then(|place| place.text);
        text.is_some() && self.holds(entry)
    }

    fn holds_places(&mut self, entry: &EntryId, run: &Run) -> bool {
        match run {
            Run::Insert { after: None, .. } => true,
            Run::Insert { after: Some(after), .. } => self.inserted(entry, after, 1),
            Run::Delete { from, count } => self.inserted(entry, from, *count),
        }
    }

    /// Whether all of `count` operations of one actor inserted into the entry's text.
    fn inserted(&mut self, entry: &EntryId, from: &ElementId, count: u64) -> bool {
        let end = from.counter.saturating_add(count);
        let (history, mut next) = (self.history, from.counter);
        while next < end {
            let made = self.change_at(&from.actor, next);
            match made.and_then(|index| run_at(&history.links[index], next)) {
                Some((of, after)) if of == *entry => next = after,
                _ => return false,
            }
        }
        true
    }

    /// Whether a change deletes what its author had deleted or seen deleted. No editor does; each time
    /// would add operations to the record for ever, for a few bytes.
    fn deletes_again(&self, change: &Change) -> bool {
        let mut now = BTreeSet::new();
        deleted(change).any(|element| {
            let mut before = self.history.deleted.get(&element).into_iter().flatten();
            before.any(|link| self.past[*link]) || !now.insert(element)
        })
    }

    /// The index of the actor's change that could hold an operation, if it was seen. Its operations only go
    /// up: each of its changes builds on the one before.
    fn change_at(&mut self, actor: &Actor, counter: u64) -> Option<usize> {
        let (names, links) = (&self.history.names, &self.history.links);
        let own = self.own.entry(*actor).or_insert_with(|| {
            names.range((*actor, 0)..=(*actor, u32::MAX)).map(|(_, index)| *index).collect()
        });
        let after = own.partition_point(|index| links[*index].start_op <= counter);
        let index = *own.get(after.checked_sub(1)?)?;
        self.past[index].then_some(index)
    }
}

/// The entry into whose text an operation of a change inserts, if it does, and the first operation
/// after that run.
fn run_at(link: &Link, counter: u64) -> Option<(EntryId, u64)> {
    let measured = link.change.clock_ahead_ms != 0;
    let (mut next, mut n) = (link.start_op, 0);
    for edit in &link.change.edits {
        match edit {
            Edit::Add(entry) => {
                let text = next + entry.operations_before_text(measured);
                let end = next + entry.operations(measured);
                if entry.text.is_some() && (text + 1..end).contains(&counter) {
                    return Some((EntryId { actor: link.change.actor, seq: link.seq, n }, end));
                }
                (next, n) = (end, n + 1);
            }
            Edit::Splice { entry, runs } => {
                for run in runs {
                    let end = next + run.operations();
                    if matches!(run, Run::Insert { .. }) && (next..end).contains(&counter) {
                        return Some((*entry, end));
                    }
                    next = end;
                }
            }
        }
    }
    None
}

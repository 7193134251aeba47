//! What a change builds on where more people wrote at once than it can name.
//!
//! A change names the last changes that its author had seen, at most [`DEPENDENCIES_PER_CHANGE`] of them. Where
//! a record has more heads than that, it names its author's own last change, the heads that have what it
//! speaks of in their past, the one with the highest counter (so that what it writes into a text stands where
//! its author saw it), and of the others the newest. The heads that are left over stay heads: nothing of them is
//! replaced or edited unseen, and the next change joins them.

use std::collections::BTreeSet;

use super::{History, references};
use crate::ids::EntryId;
use crate::limits::{DEPENDENCIES_PER_CHANGE, REPLACES_PER_ENTRY};
use crate::record::change::Change;

impl History {
    /// What a new change says that it builds on: all that [`History::implied_deps`] gives, or as much of it as
    /// one change may name. None if it speaks of more that was written at once than it can name.
    #[must_use]
    pub fn deps_for(&self, change: &Change) -> Option<Vec<usize>> {
        let all = self.implied_deps(&change.actor);
        if all.len() <= DEPENDENCIES_PER_CHANGE {
            return Some(all);
        }
        let covers = self.covers();
        let spoken_of = references::named(self, change).into_iter();
        let mut deps: BTreeSet<usize> = spoken_of.map(|link| covers[link]).collect();
        deps.extend(self.highest());
        deps.extend(self.own_last(&change.actor));
        let room = DEPENDENCIES_PER_CHANGE.checked_sub(deps.len())?;
        let others = all.into_iter().rev().filter(|head| !deps.contains(head));
        let newest: Vec<usize> = others.take(room).collect();
        deps.extend(newest);
        Some(deps.into_iter().collect())
    }

    /// As many of these assertions, in their order, as one new assertion can replace: what is left takes
    /// another one.
    #[must_use]
    pub fn within_reach(&self, entries: impl IntoIterator<Item = EntryId>) -> Vec<EntryId> {
        // One place is for the author's own last change, which may be none of the heads.
        let places = DEPENDENCIES_PER_CHANGE - 1;
        let covers = self.covers();
        let mut named: BTreeSet<usize> = self.highest().into_iter().collect();
        let reached = entries.into_iter().filter(|id| {
            let Some(place) = self.entry(id) else { return false };
            let head = covers[place.link];
            named.contains(&head) || (named.len() < places && named.insert(head))
        });
        reached.take(REPLACES_PER_ENTRY).collect()
    }

    /// Of each change the last one that has it in its past: a head.
    fn covers(&self) -> Vec<usize> {
        let mut covers: Vec<usize> = (0..self.links.len()).collect();
        // What builds on a change comes after it.
        for (index, link) in self.links.iter().enumerate().rev() {
            for dep in &link.deps {
                covers[*dep] = covers[*dep].max(covers[index]);
            }
        }
        covers
    }

    /// The head with the highest counter.
    fn highest(&self) -> Option<usize> {
        self.heads().into_iter().max_by_key(|head| self.links[*head].max_op())
    }
}

#[cfg(test)]
mod tests;

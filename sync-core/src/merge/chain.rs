//! Which assertions replace which.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::EntryId;
use crate::record::entry::Assertion;

/// The replacements among assertions of one fact about one subject, by their places in a list.
pub(super) struct Chain {
    replaces: Vec<Vec<usize>>,
    replaced_by: Vec<Vec<usize>>,
}

impl Chain {
    /// Reads the replacements that count: of an assertion in the list, by another one that may.
    /// What replaces in a circle replaces nothing, so that a forged circle hides no value.
    pub(super) fn of(
        assertions: &[Assertion<'_>],
        may_replace: &dyn Fn(&Assertion<'_>, &Assertion<'_>) -> bool,
    ) -> Self {
        let places: BTreeMap<EntryId, usize> =
            assertions.iter().enumerate().map(|(place, a)| (a.entry.id, place)).collect();
        let mut chain = Self::empty(assertions.len());
        for (newer, assertion) in assertions.iter().enumerate() {
            let named: BTreeSet<_> = assertion.entry.replaces.iter().collect();
            for older in named.into_iter().filter_map(|id| places.get(id).copied()) {
                if older != newer && may_replace(assertion, &assertions[older]) {
                    chain.link(newer, older);
                }
            }
        }
        chain.without_circles()
    }

    fn empty(len: usize) -> Self {
        Self { replaces: vec![Vec::new(); len], replaced_by: vec![Vec::new(); len] }
    }

    fn link(&mut self, newer: usize, older: usize) {
        self.replaces[newer].push(older);
        self.replaced_by[older].push(newer);
    }

    fn without_circles(self) -> Self {
        let from_newest = peel(&self.replaces, &self.replaced_by);
        let from_oldest = peel(&self.replaced_by, &self.replaces);
        let circular = |place: usize| !from_newest[place] && !from_oldest[place];
        let mut straight = Self::empty(self.replaces.len());
        for (newer, olders) in self.replaces.iter().enumerate() {
            for &older in olders.iter().filter(|&&older| !(circular(newer) && circular(older))) {
                straight.link(newer, older);
            }
        }
        straight
    }

    /// The places that nothing replaces.
    pub(super) fn standing(&self) -> Vec<usize> {
        (0..self.replaced_by.len()).filter(|&place| self.replaced_by[place].is_empty()).collect()
    }

    /// What replaces the assertion at `place` directly.
    pub(super) fn replaced_by(&self, place: usize) -> &[usize] {
        &self.replaced_by[place]
    }

    /// What the assertion at `place` replaces directly.
    pub(super) fn replaces(&self, place: usize) -> &[usize] {
        &self.replaces[place]
    }

    /// Everything that any of `places` replaces, directly or through others.
    pub(super) fn before(&self, places: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        reached(&self.replaces, places)
    }

    /// The nearest assertions that all of `rivals` replace, directly or through others.
    pub(super) fn nearest_common(&self, rivals: &[usize]) -> Vec<usize> {
        let mut rivals = rivals.iter();
        let Some(&first) = rivals.next() else { return Vec::new() };
        let mut common = self.before([first]);
        for &rival in rivals {
            if common.is_empty() {
                break;
            }
            let before = self.before([rival]);
            common.retain(|place| before.contains(place));
        }
        let farther = |place: &usize| self.replaced_by[*place].iter().any(|by| common.contains(by));
        common.iter().copied().filter(|place| !farther(place)).collect()
    }
}

/// Which places are reached when one takes away, again and again, whatever nothing comes `into`.
fn peel(out: &[Vec<usize>], into: &[Vec<usize>]) -> Vec<bool> {
    let mut waits_for: Vec<usize> = into.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..out.len()).filter(|&place| waits_for[place] == 0).collect();
    let mut peeled = vec![false; out.len()];
    while let Some(place) = ready.pop() {
        peeled[place] = true;
        for &next in &out[place] {
            waits_for[next] -= 1;
            if waits_for[next] == 0 {
                ready.push(next);
            }
        }
    }
    peeled
}

fn reached(edges: &[Vec<usize>], from: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<usize> = from.into_iter().collect();
    while let Some(place) = todo.pop() {
        todo.extend(edges[place].iter().filter(|&&next| seen.insert(next)));
    }
    seen
}

//! A record taken apart for its kind's view.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::EntryId;
use crate::merge::{Context, resolve};
use crate::record::entry::{Assertion, Entry};
use crate::record::fold::Folded;
use crate::record::kinds::{Amendment, Contribution};
use crate::record::schema::{AMENDMENTS, DETAILS, FACTS, Fact, collection};
use crate::record::value::Value;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::said::{Fixed, Said};

/// A record taken apart.
pub(super) struct Parts<'a> {
    pub(super) folded: &'a Folded,
    context: &'a Context<'a>,
    assertions: Vec<Assertion<'a>>,
    /// Corrections by what they correct in the end.
    corrections: BTreeMap<EntryId, Vec<&'a Entry>>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(folded: &'a Folded, context: &'a Context<'a>) -> Self {
        Self {
            folded,
            context,
            assertions: folded.entries.iter().filter_map(Entry::assertion).collect(),
            corrections: corrections(folded),
        }
    }

    /// Everything of one collection, in the record's order.
    pub(super) fn all<T: Contribution>(&self) -> Vec<Said<T>> {
        self.folded.entries_of(T::COLLECTION).filter_map(|entry| self.said(entry)).collect()
    }

    /// What an entry says, with its corrections.
    pub(super) fn said<T: Contribution>(&self, entry: &Entry) -> Option<Said<T>> {
        let corrections = self.corrections.get(&entry.id).map(Vec::as_slice).unwrap_or_default();
        Said::read(entry, read_all(corrections))
    }

    /// What was fixed when the record was made.
    pub(super) fn fixed<D: Contribution>(&self) -> Fixed<D> {
        let first = self.details();
        let further = self.folded.entries_of(DETAILS).filter(|e| Some(e.id) != first.map(|f| f.id));
        Fixed {
            details: first.and_then(|entry| self.said(entry)),
            further_details: further.filter_map(|entry| self.said(entry)).collect(),
        }
    }

    /// A field of what was fixed when the record was made.
    pub(super) fn detail(&self, code: u8) -> Option<&'a Value> {
        self.details().and_then(|entry| entry.field(code))
    }

    /// The creator's; should there be none, whoever's came first.
    fn details(&self) -> Option<&'a Entry> {
        let creator = self.folded.envelope.made().map(|made| made.creator);
        let own = self.folded.entries_of(DETAILS).find(|entry| Some(entry.id.actor) == creator);
        own.or_else(|| self.folded.entries_of(DETAILS).next())
    }

    /// What holds of a fact. `base` holds while nobody asserted anything.
    pub(super) fn holds(&self, fact: Fact, subject: &str, base: Option<&Value>) -> Holds {
        resolve(fact, subject, &self.assertions, base, self.context).into()
    }

    /// What holds of a fact about each subject that anybody named.
    pub(super) fn by_subject(&self, fact: Fact) -> BTreeMap<String, Holds> {
        let own = self.assertions.iter().filter(|assertion| assertion.fact == fact);
        let subjects: BTreeSet<&str> = own.map(|assertion| assertion.subject).collect();
        let holds = |subject: &str| (subject.to_owned(), self.holds(fact, subject, None));
        subjects.into_iter().map(holds).collect()
    }

    /// Corrections that stand beside nothing shown: of assertions, of what is not here.
    pub(super) fn unattached(&self) -> Vec<Said<Amendment>> {
        let kind = self.folded.envelope.kind();
        let is_shown = |id: &EntryId| {
            self.folded.entry(id).is_some_and(|entry| {
                // A correction of an earlier correction is filed under what that one corrects;
                // filed under a correction is only what names itself or a later one.
                !matches!(entry.collection, FACTS | AMENDMENTS)
                    && collection(kind, entry.collection).is_some()
            })
        };
        let strays = self.corrections.iter().filter(|(of, _)| !is_shown(of));
        strays.flat_map(|(_, corrections)| read_all(corrections)).collect()
    }
}

fn read_all(corrections: &[&Entry]) -> Vec<Said<Amendment>> {
    corrections.iter().filter_map(|entry| Said::read(entry, Vec::new())).collect()
}

/// A correction of a correction belongs to what the first corrects, so that no chain is too long to
/// show. An author can only correct what came before, so one pass in order is enough.
fn corrections(folded: &Folded) -> BTreeMap<EntryId, Vec<&Entry>> {
    let mut roots: BTreeMap<EntryId, EntryId> = BTreeMap::new();
    let mut by_root: BTreeMap<EntryId, Vec<&Entry>> = BTreeMap::new();
    for entry in folded.entries_of(AMENDMENTS) {
        let Some(amendment) = Amendment::read(entry) else { continue };
        let root = roots.get(&amendment.of).copied().unwrap_or(amendment.of);
        roots.insert(entry.id, root);
        by_root.entry(root).or_default().push(entry);
    }
    by_root
}

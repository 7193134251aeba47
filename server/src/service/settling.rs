//! Deciding with a browser about what people disagree on, and taking that back. What is decided here is
//! only what to say; a desk signs it, and the gate judges it like a phone's.

use std::collections::BTreeSet;

use sync_core::gate::permission::record_facts;
use sync_core::ids::{EntryId, RecordId};
use sync_core::merge::{CannotUndo, Draft, settlement, undo};
use sync_core::policy::{Action, Rival, decide};
use sync_core::record::change::NewEntry;
use sync_core::record::entry::{Assertion, Entry};
use sync_core::record::fold::Folded;
use sync_core::record::history::History;
use sync_core::record::schema::Fact;

use super::desks::Decision;
use super::histories;
use super::reading::Reader;
use super::reading::case::{self, OpenCase};
use crate::db::{self, Conn, Error};

/// What a person chose of what a page showed them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// In which record.
    pub record: RecordId,
    /// What it is about.
    pub fact: Fact,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// The assertions that stood on the page.
    pub shown: BTreeSet<EntryId>,
    /// The one whose value they chose; none if they chose none.
    pub chosen: Option<EntryId>,
    /// Why.
    pub reason: String,
}

/// Why nothing was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotDecided {
    /// No such disagreement, or not this person's to settle.
    #[error("there is nothing here for you to settle")]
    NotOpen,
    /// No value was chosen.
    #[error("Choose the value that holds")]
    NoChoice,
    /// No reason was given.
    #[error("Say why you decide so")]
    NoReason,
    /// Another value stands beside those that were on the page, or one of them does no longer.
    #[error("Somebody wrote since you looked: look again, and decide again")]
    Newer,
    /// Nobody disagrees any more.
    #[error("Somebody has settled this since you looked")]
    Settled,
    /// It cannot be taken back.
    #[error(transparent)]
    CannotUndo(#[from] CannotUndo),
}

/// A record that is open to a person, in its case.
pub struct Opened {
    /// The case.
    pub case: OpenCase,
    /// The record with every change.
    pub history: History,
}

/// A record that is open to the person, in its case; none if it is not there for them.
///
/// # Errors
/// The database's failure.
pub fn open(conn: &mut Conn, reader: &Reader, record: &RecordId) -> Result<Option<Opened>, Error> {
    let Some(row) = db::records::by_id(conn, record)? else { return Ok(None) };
    let Some(case) = case::open(conn, reader, &row.case)? else { return Ok(None) };
    if !case.records.iter().any(|it| it.envelope.id() == *record) {
        return Ok(None);
    }
    Ok(Some(Opened { case, history: histories::history(conn, &row)? }))
}

impl Opened {
    /// The record as it is read.
    #[must_use]
    pub fn folded(&self) -> Option<&Folded> {
        let id = self.history.envelope().id();
        self.case.records.iter().find(|it| it.envelope.id() == id)
    }

    /// What settles a disagreement, if nothing has moved since the person looked.
    ///
    /// # Errors
    /// [`NotDecided`]
    pub fn settle(self, choice: &Choice) -> Result<Decision, NotDecided> {
        let open = self.case.conflicts.iter().find(|it| {
            let about = (it.record, it.conflict.fact, it.conflict.subject.as_str());
            about == (choice.record, choice.fact, choice.subject.as_str())
        });
        let open = open.ok_or(NotDecided::Settled)?;
        if !open.may_settle {
            return Err(NotDecided::NotOpen);
        }
        let rivals = &open.conflict.rivals;
        if choice.shown != rivals.iter().map(|it| it.entry).collect() {
            return Err(NotDecided::Newer);
        }
        let chosen = rivals.iter().find(|it| Some(it.entry) == choice.chosen);
        let value = chosen.and_then(|it| it.value.clone()).ok_or(NotDecided::NoChoice)?;
        let reason = reason(&choice.reason)?;
        let entries = self.folded().map_or(&[][..], |it| &it.entries);
        let mut draft = settlement(&open.conflict, entries, value, reason);
        draft.replaces = self.history.within_reach(draft.replaces);
        Ok(self.decision(vec![draft.entry()]))
    }

    /// What takes a settlement back.
    ///
    /// # Errors
    /// [`NotDecided`]
    pub fn undo(
        self,
        reader: &Reader,
        settled: EntryId,
        why: &str,
    ) -> Result<Decision, NotDecided> {
        let reason = reason(why)?;
        let drafts = self.undoing(reader, settled, reason)?;
        Ok(self.decision(drafts.into_iter().map(Draft::entry).collect()))
    }

    /// What would take a settlement back.
    ///
    /// # Errors
    /// [`CannotUndo`]
    pub fn undoing(
        &self,
        reader: &Reader,
        settled: EntryId,
        reason: &str,
    ) -> Result<Vec<Draft>, CannotUndo> {
        let folded = self.folded().ok_or(CannotUndo::Unknown)?;
        undo(settled, &folded.entries, reason, &reader.merging(&self.case.state))
    }

    /// Whether the person may take a settlement back now.
    #[must_use]
    pub fn may_undo(&self, reader: &Reader, settled: &Entry) -> bool {
        let Ok(drafts) = self.undoing(reader, settled.id, "") else { return false };
        let (who, context) = (&reader.principal, &self.case.state.context);
        let record = record_facts(self.history.envelope());
        let may = |draft: &Draft| {
            let by = settled.by;
            let about = (draft.fact, draft.subject.parse().ok(), draft.value.clone());
            let before = settled.assertion();
            let before = before.map(|it| Rival { by, value: it.value, replaced: true });
            let rivals: Vec<_> = before.into_iter().collect();
            let action = Action::of_assertion(who.user, about, draft.confidential, &rivals);
            decide(who, context, Some(&record), &action).is_ok()
        };
        drafts.iter().all(may)
    }

    fn decision(self, entries: Vec<NewEntry>) -> Decision {
        Decision { cluster: self.case.state.context.cluster, history: self.history, entries }
    }
}

/// What was settled in a record: assertions that stood in the place of unlike ones about a child's safety.
#[must_use]
pub fn settled(folded: &Folded) -> Vec<Assertion<'_>> {
    let settles = |it: &Assertion<'_>| {
        let replaced = replaced(folded, it.entry);
        it.fact.is_safety() && replaced.iter().any(|other| other.value != replaced[0].value)
    };
    folded.entries.iter().filter_map(Entry::assertion).filter(settles).collect()
}

/// What an assertion replaced.
#[must_use]
pub fn replaced<'a>(folded: &'a Folded, entry: &Entry) -> Vec<Assertion<'a>> {
    let of = folded.entries.iter().filter(|it| entry.replaces.contains(&it.id));
    of.filter_map(Entry::assertion).collect()
}

/// Whether nobody decided since.
#[must_use]
pub fn stands(folded: &Folded, entry: &Entry) -> bool {
    !folded.entries.iter().any(|it| it.replaces.contains(&entry.id))
}

fn reason(given: &str) -> Result<&str, NotDecided> {
    Some(given.trim()).filter(|reason| !reason.is_empty()).ok_or(NotDecided::NoReason)
}

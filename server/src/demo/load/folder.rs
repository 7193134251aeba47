//! Records as they grow on the phones, and what waits there to be pushed.

use std::collections::BTreeMap;

use sync_core::ids::EntryId;
use sync_core::protocol::frame::{PushedChange, PushedRecord};
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::Envelope;
use sync_core::record::history::History;
use sync_core::record::kind::Compartment;
use sync_core::time::Timestamp;

use super::LoadError;
use super::phones::Phone;

/// What each phone has to push, by its owner's place among the practitioners.
#[derive(Default)]
pub(super) struct Outbox(pub(super) BTreeMap<u32, Vec<PushedRecord>>);

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a change; what follows its author's last change of the record goes with that.
    fn put(&mut self, author: u32, record: PushedRecord) {
        let records = self.0.entry(author).or_default();
        match records.iter_mut().find(|it| it.envelope == record.envelope) {
            Some(begun) => begun.changes.extend(record.changes),
            None => records.push(record),
        }
    }
}

/// A record with all that was written in it.
pub(super) struct Folder(History);

impl Folder {
    pub(super) fn new(envelope: Envelope) -> Self {
        Self(History::new(envelope))
    }

    /// Who reads it: the team, or one agency.
    pub(super) fn compartment(&self) -> Compartment {
        self.0.envelope().compartment
    }

    /// Writes a change in sight of all before it.
    pub(super) fn write(
        &mut self,
        (author, phone): (u32, &Phone),
        at: Timestamp,
        entries: Vec<NewEntry>,
        outbox: &mut Outbox,
    ) -> Result<Vec<EntryId>, LoadError> {
        let history = &mut self.0;
        let (actor, by) = (phone.actor, phone.user());
        let edits = entries.into_iter().map(Edit::Add).collect();
        let change = Change { actor, by, at, clock_ahead_ms: 0, edits };
        let seq = history.next_seq(&actor);
        let deps = history.dep_names(&history.implied_deps(&actor));
        let entries = change.added(seq).map(|(id, _)| id).collect();
        let body = change.encode_body();
        let hash = history.append(change, seq, Some(&deps))?.hash.prefix();
        let envelope = history.envelope().encode();
        let changes = vec![PushedChange { deps: Some(deps), hash, body }];
        outbox.put(author, PushedRecord { envelope, actor, first_seq: seq, changes });
        Ok(entries)
    }
}

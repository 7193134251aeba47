//! Where the record is to which a push attaches something.

use sync_core::gate::attached::{self, Place};
use sync_core::gate::copies::Sources;
use sync_core::gate::refusal::Refusal;
use sync_core::ids::RecordId;
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::change::Change;
use sync_core::record::envelope::Envelope;

use super::Judging;
use super::rights::Contexts;
use crate::db::quarantine::State;
use crate::db::{self, Conn, Error};
use crate::ingest::{hold, moves};

/// What stands around a change: what it copies from, and what it attaches to.
#[derive(Default)]
pub(super) struct Around {
    pub(super) sources: Sources,
    pub(super) parent: Parent,
}

/// The record to which something is attached.
#[derive(Clone, Copy, Default)]
pub(super) enum Parent {
    /// Not there, or not the author's to know of.
    #[default]
    None,
    /// In the log.
    There(Place),
    /// Kept for a reviewer.
    Waits(Place),
    /// Another record took its place.
    Moved,
}

impl Around {
    /// Whether what a change attaches is where it belongs.
    pub(super) fn attaches(&self, record: &Envelope, change: &Change) -> Result<(), Refusal> {
        let parent = match self.parent {
            Parent::There(place) | Parent::Waits(place) => Some(place),
            Parent::None => None,
            Parent::Moved => return Err(Refusal::new("moved_elsewhere")),
        };
        attached::check(record, change, parent, &self.sources)
    }

    /// Whether what it attaches to waits for a reviewer, so that it does, too.
    pub(super) const fn waits(&self) -> bool {
        matches!(self.parent, Parent::Waits(_))
    }
}

impl Judging<'_> {
    /// Where the record is to which a push attaches something. A record's first change says so.
    pub(super) fn parent(
        &mut self,
        conn: &mut Conn,
        (pushed, envelope): (&PushedRecord, &Envelope),
        contexts: &Contexts,
    ) -> Result<Parent, Error> {
        let Some(parent) = self.attached_to(pushed, envelope) else { return Ok(Parent::None) };
        if let Some(there) = self.there(conn, &parent)? {
            let (principal, then) = (&self.arrival.principal, self.then.as_ref());
            let record = moves::facts(conn, &there)?;
            let known = there.case == envelope.case && contexts.open(principal, then, &record);
            return Ok(match known {
                true if self.is_moved(conn, &parent)? => Parent::Moved,
                true => Parent::There((there.case, there.compartment)),
                false => Parent::None,
            });
        }
        let waits = self.waits(conn, &parent, pushed)?;
        Ok(waits.map_or(Parent::None, |it| Parent::Waits((it.case, it.compartment))))
    }

    fn attached_to(&self, pushed: &PushedRecord, envelope: &Envelope) -> Option<RecordId> {
        let (kind, user) = (envelope.kind(), self.arrival.user());
        let changes = pushed.changes.iter();
        let mut parents = changes.filter_map(|change| {
            let change = Change::decode_body(kind, pushed.actor, user, &change.body).ok()?;
            attached::parent_of(kind, &change)
        });
        parents.next().filter(|parent| *parent != envelope.id())
    }

    /// The record, if it is in the log or in this batch.
    fn there(&self, conn: &mut Conn, parent: &RecordId) -> Result<Option<Envelope>, Error> {
        let in_batch = self.verdict.records.iter().find(|it| it.envelope.id() == *parent);
        if let Some(taken) = in_batch {
            return Ok(Some(taken.envelope.clone()));
        }
        let row = db::records::by_id(conn, parent)?;
        Ok(row.and_then(|row| Envelope::decode(&row.envelope).ok()))
    }

    /// The author's own record that waits for a reviewer, from this batch or an earlier one.
    fn waits(
        &self,
        conn: &mut Conn,
        parent: &RecordId,
        pushed: &PushedRecord,
    ) -> Result<Option<Envelope>, Error> {
        if let Some(held) = self.verdict.held.iter().find(|it| it.record == *parent) {
            return hold::envelope_of(held).map(Some);
        }
        let kept = db::quarantine::of_author(conn, parent, &pushed.actor)?;
        let waiting = kept.iter().find(|it| it.state == State::Waiting);
        waiting.map(hold::envelope_of).transpose()
    }
}

//! Under which fresh actor each record is written again.

use std::collections::BTreeSet;

use super::Rewriting;
use crate::engine::client::ClientError;
use crate::ids::{Actor, RecordId};
use crate::protocol::frame::PulledRecord;
use crate::record::envelope::Envelope;
use crate::store::{RecordRow, Write};

impl Rewriting<'_> {
    /// The old name of a record of which the page has other work by a new one.
    pub(super) fn collision(&self, pulled: &[PulledRecord]) -> Option<RecordId> {
        self.done.writes.iter().find_map(|write| {
            let Write::Rename { record, change, .. } = write else { return None };
            let there = pulled.iter().filter(|it| it.record == change.record);
            let mut changes = there.flat_map(|it| &it.changes);
            let same = changes.find(|it| (it.actor, it.seq) == (change.actor, change.seq))?;
            let other = same.body.as_ref().is_some_and(|body| *body != change.body);
            other.then_some(*record)
        })
    }

    /// The next try gives a record other names; where a case's new name is another one's, everything.
    pub(super) fn give_way(&mut self, record: &RecordId) -> Result<(), ClientError> {
        let row = self.store.record(record)?;
        let of_case = |row: &RecordRow| {
            let made = Envelope::decode(&row.envelope).is_ok_and(|it| it.made().is_some());
            !made && self.cases.contains(&row.case)
        };
        if row.as_ref().is_some_and(of_case) {
            self.fresh = self.fresh.next(&self.own.secret);
            self.others.clear();
        } else {
            let next = self.actor_of(record).next(&self.own.secret);
            self.others.insert(*record, next);
        }
        Ok(())
    }

    /// Who writes a record again, by its old name.
    pub(super) fn actor_of(&self, record: &RecordId) -> Actor {
        self.others.get(record).copied().unwrap_or(self.fresh)
    }

    /// The fresh actors in the order in which they follow from each other.
    pub(super) fn used(&self) -> Vec<Actor> {
        let mut left: BTreeSet<Actor> = self.others.values().copied().collect();
        let (mut used, mut next) = (vec![self.fresh], self.fresh);
        left.remove(&self.fresh);
        while !left.is_empty() {
            next = next.next(&self.own.secret);
            if left.remove(&next) {
                used.push(next);
            }
        }
        used
    }
}

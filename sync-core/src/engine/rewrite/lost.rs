//! What others wrote and a server lost for good: it leaves its record, and own work goes on without it.

use std::collections::BTreeSet;

use super::{Again, Rewriting};
use crate::engine::client::builds_on;
use crate::engine::mapping::Span;
use crate::gate::refusal::LOST;
use crate::ids::RecordId;
use crate::record::history::ChangeName;
use crate::store::{ChangeRow, Place, Write};

impl Rewriting<'_> {
    /// Own work in a record, from a change on, is written again without these changes of others. What
    /// speaks of them comes back to its author.
    pub(in crate::engine) fn goes_on_without(
        &mut self,
        record: RecordId,
        from: ChangeName,
        lost: BTreeSet<ChangeName>,
    ) {
        let plan = self.plans.entry(record).or_default();
        plan.from = Some(from);
        plan.lost.extend(lost);
    }

    /// Their words stay readable beside the record: no other phone may have them.
    pub(super) fn leave_out(&mut self, again: &mut Again, lost: &BTreeSet<ChangeName>) {
        for name @ (actor, seq) in lost {
            if let Some(index) = again.before.index(name) {
                let link = &again.before.links()[index];
                let (first, count) = (link.start_op, link.operations);
                again.spans.push(Span { actor: *actor, first, count, now: None });
            }
            let (record, actor, seq, reason) = (again.old, *actor, *seq, LOST.to_owned());
            self.gone.insert((record, actor, seq));
            self.done.writes.push(Write::Return { record, actor, seq, reason });
        }
    }
}

/// These changes of others, and those that build on them or on what is written again: of a log that is
/// gone, they can come by no name that they have here.
pub(super) fn with_all_after(
    lost: &BTreeSet<ChangeName>,
    before: &[ChangeRow],
    tail: &[ChangeRow],
) -> BTreeSet<ChangeName> {
    let (mut all, mut gone) = (lost.clone(), lost.clone());
    gone.extend(tail.iter().map(|row| (row.actor, row.seq)));
    loop {
        let accepted = before.iter().filter(|row| matches!(row.place, Place::Accepted(_)));
        let hangs = |row: &&ChangeRow| {
            let known = gone.contains(&(row.actor, row.seq));
            !known && builds_on(row).iter().any(|name| gone.contains(name))
        };
        let after: Vec<ChangeName> =
            accepted.filter(hangs).map(|row| (row.actor, row.seq)).collect();
        if after.is_empty() {
            return all;
        }
        all.extend(&after);
        gone.extend(after);
    }
}

//! What cannot be taken for its size alone. An app that did not look may have saved more in one change than any
//! server reads: without an answer it would send that for ever.

use std::cmp::Ordering;

use sync_core::engine::admit::Judged;
use sync_core::gate::refusal::TOO_LONG;
use sync_core::limits::CHANGE_BYTES;
use sync_core::protocol::frame::{PushedRecord, decode_oversized_push};
use sync_core::record::envelope::Head;

use super::{Judging, Verdict, refused};

impl Judging<'_> {
    /// Answers a batch that cannot be read, as far as it names its changes: what is too large goes back to its
    /// author, and the rest is to be sent again. Nothing of it was looked at, its signature neither.
    pub(super) fn unread(mut self) -> Verdict {
        let named = decode_oversized_push(&self.arrival.batch.frame).unwrap_or_default();
        for record in &named {
            if let Ok(head) = Head::read(&record.envelope) {
                self.verdict.cases.insert(head.id, head.case);
                self.answer_by_size(&head, record);
            }
        }
        self.verdict
    }

    fn answer_by_size(&mut self, head: &Head, record: &PushedRecord) {
        let larger = record.changes.iter().position(|change| change.body.len() > CHANGE_BYTES);
        for (n, seq) in (0..record.changes.len()).zip(record.first_seq..) {
            let judged = match larger.map(|larger| n.cmp(&larger)) {
                None | Some(Ordering::Less) => Judged::Needs,
                Some(Ordering::Equal) => refused(TOO_LONG),
                Some(Ordering::Greater) => Judged::DependsOnRefused,
            };
            self.answer(head.id, record.actor, seq, &judged);
        }
    }
}

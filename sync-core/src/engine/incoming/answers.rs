//! What the server says of each pushed change, and what follows for what was written after it.

use super::{Incoming, lost};
use crate::engine::client::{ClientError, begun_key, ordinal};
use crate::engine::rewrite::Rewriting;
use crate::gate::refusal::IN_REVIEW;
use crate::ids::RecordId;
use crate::protocol::message::{Answer, Outcome, Page};
use crate::record::kind::Kind;
use crate::store::{ChangeRow, Place, Shelf, Store, Write};

const ACTOR_FORKED: &str = "actor_forked";
const ID_TAKEN: &str = "id_taken";

impl Incoming {
    pub(super) fn answers(
        &mut self,
        store: &dyn Store,
        page: &Page,
        rewriting: &mut Rewriting<'_>,
    ) -> Result<(), ClientError> {
        for answer in &page.answers {
            if let Outcome::Accepted | Outcome::AlreadyHad = answer.outcome {
                self.accept(store, answer, rewriting)?;
            }
        }
        for answer in &page.answers {
            if !lost::may_be_taken_yet(store, page, answer)? {
                not_taken(answer, &page.answers, rewriting)?;
            }
        }
        Ok(())
    }

    fn accept(
        &mut self,
        store: &dyn Store,
        answer: &Answer,
        rewriting: &mut Rewriting<'_>,
    ) -> Result<(), ClientError> {
        let (record, actor, seq) = (answer.record, answer.actor, answer.seq);
        let rows = store.changes(&record)?;
        let Some(row) = rows.iter().find(|row| row.actor == actor && row.seq == seq) else {
            return Ok(());
        };
        let place = Place::Accepted(self.last_sent(&rows).unwrap_or(ordinal(row.place)));
        self.writes.push(Write::Move { record, actor, seq, place });
        if let Some(row) = store.record(&record)?.filter(|row| row.kind == Kind::Case.code()) {
            // From now on what the server sends says who may write in the case.
            self.writes.push(Write::Remove(Shelf::Meta, begun_key(&row.case)));
        }
        rewriting.accepted.insert((record, actor, seq));
        self.touched.insert(record);
        self.accepted += 1;
        Ok(())
    }

    /// The place after all that was sent of a record, where a log that is gone left others' work in it:
    /// what is sent again was put in order by what clocks said, which must not show in the record.
    fn last_sent(&self, rows: &[ChangeRow]) -> Option<u64> {
        let first = rows.first()?;
        let sent = rows.iter().filter(|row| matches!(row.place, Place::Accepted(_)));
        let before = sent.map(|row| ordinal(row.place)).max()?;
        let now = self.writes.iter().filter_map(|write| match write {
            Write::Move { record, place: Place::Accepted(n), .. } if *record == first.record => {
                Some(*n)
            }
            _ => None,
        });
        Some(now.fold(before, u64::max) + 1)
    }
}

fn not_taken(
    answer: &Answer,
    all: &[Answer],
    rewriting: &mut Rewriting<'_>,
) -> Result<(), ClientError> {
    let name = (answer.record, answer.actor, answer.seq);
    match &answer.outcome {
        Outcome::Accepted | Outcome::AlreadyHad | Outcome::Needs | Outcome::NotYet => {}
        Outcome::Refused(code) if code == ACTOR_FORKED || code == ID_TAKEN => {
            rewriting.name_taken(name, code == ID_TAKEN)?;
        }
        Outcome::Refused(code) => rewriting.give_back(name, code.clone()),
        Outcome::Quarantined(_) => rewriting.give_back(name, IN_REVIEW.to_owned()),
        // It is written again with what follows the one that was not taken, if that is in its record.
        Outcome::DependsOnRefused if has_cause(&answer.record, all) => {}
        Outcome::DependsOnRefused => rewriting.give_back(name, "depends_on_refused".to_owned()),
    }
    Ok(())
}

fn has_cause(record: &RecordId, all: &[Answer]) -> bool {
    let cause =
        |outcome: &Outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Quarantined(_));
    all.iter().any(|answer| answer.record == *record && cause(&answer.outcome))
}

//! Judging again only what moved: of a batch whose records stand each by itself, those that others wrote
//! in meanwhile, or in whose case something moved.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::RecordId;
use sync_core::protocol::frame::{PushedRecord, decode_push};
use sync_core::protocol::message::{Answer, Outcome};
use sync_core::record::envelope::Head;

use super::{Judging, Verdict, digested};
use crate::db::{Conn, Error};
use crate::ingest::{Arrival, Rules};

/// A batch's verdict with the records judged anew that `moved` since. None where what becomes of one may hang
/// on what became of another: then all of it is to be judged again.
///
/// # Errors
/// The database's failure.
pub fn again(
    conn: &mut Conn,
    rules: &Rules,
    arrival: &Arrival,
    before: &Verdict,
    moved: &BTreeSet<RecordId>,
) -> Result<Option<Verdict>, Error> {
    let Ok(records) = decode_push(&arrival.batch.frame) else { return Ok(None) };
    let Some(order) = each_once(&records).filter(|_| before.is_of_single_records()) else {
        return Ok(None);
    };
    let mut salts = digested(arrival, &records).1.into_iter();
    let mut judging = Judging::begin(conn, rules, arrival)?;
    for (id, record) in order.iter().zip(&records) {
        let salts: Vec<_> = salts.by_ref().take(record.changes.len()).collect();
        if moved.contains(id) {
            judging.record(conn, record, &salts)?;
        }
    }
    let now = judging.verdict;
    Ok(now.is_of_single_records().then(|| merged(before, now, &order)))
}

/// The records' names in the order of the push, if each comes once.
fn each_once(records: &[PushedRecord]) -> Option<Vec<RecordId>> {
    let read = |record: &PushedRecord| Head::read(&record.envelope).ok().map(|head| head.id);
    let order: Vec<RecordId> = records.iter().map(read).collect::<Option<_>>()?;
    let names: BTreeSet<_> = order.iter().collect();
    (names.len() == order.len()).then_some(order)
}

impl Verdict {
    /// Whether all was taken or known, in cases that are there, and nothing leans on another record.
    fn is_of_single_records(&self) -> bool {
        let well =
            |answer: &Answer| matches!(answer.outcome, Outcome::Accepted | Outcome::AlreadyHad);
        self.answers.iter().all(well)
            && !self.leans
            && self.held.is_empty()
            && self.kept_at.is_empty()
            && self.elsewhere.is_empty()
            && self.cases_at.values().all(Option::is_some)
    }
}

fn merged(before: &Verdict, now: Verdict, order: &[RecordId]) -> Verdict {
    let mut whole = before.clone();
    let mut answers: BTreeMap<RecordId, Vec<Answer>> = BTreeMap::new();
    for answer in now.answers {
        answers.entry(answer.record).or_default().push(answer);
    }
    let mut records: BTreeMap<_, _> =
        now.records.into_iter().map(|it| (it.envelope.id(), it)).collect();
    let anew = |id: &RecordId| now.judged_at.contains_key(id);
    let old = std::mem::take(&mut whole.answers).into_iter().filter(|it| !anew(&it.record));
    old.for_each(|answer| answers.entry(answer.record).or_default().push(answer));
    let old = std::mem::take(&mut whole.records).into_iter();
    records.extend(old.map(|it| (it.envelope.id(), it)).filter(|(id, _)| !anew(id)));
    whole.answers = order.iter().filter_map(|id| answers.remove(id)).flatten().collect();
    whole.records = order.iter().filter_map(|id| records.remove(id)).collect();
    whole.judged_at.extend(now.judged_at);
    whole
}

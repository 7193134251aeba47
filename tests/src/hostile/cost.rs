//! What the gate costs with its seal, as medians of a thread's processor time: a visit, a change of a
//! plan that has sixty, an edit of a joint text that has thirty; and the next change of each by which the
//! record has doubled, so that it is sealed whole.

use serde::Serialize;
use sync_core::ids::{Actor, CaseId, DeviceId, EntryId};
use sync_core::protocol::frame::{PushedChange, PushedRecord};
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::fold::text_seen;
use sync_core::record::history::History;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::schema::{DETAILS, FACTS, Fact, TEXTS, fact_field};
use sync_core::record::value::Value;
use sync_core::time::Timestamp;

use super::honest::person;
use super::{Outcome, judge};

const AT: Timestamp = Timestamp(1_790_000_000_000);
/// Changes that the plan has; and one fewer than a power of two.
const PLAN: [usize; 2] = [60, 63];
/// Changes that the joint text has; and one fewer than a power of two.
const DRAFT: [usize; 2] = [30, 31];

/// Medians, milliseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Costs {
    /// A visit with a narrative of sixty words.
    pub visit_ms: f64,
    /// A change of a plan that has sixty changes.
    pub plan_ms: f64,
    /// A change by which a plan has doubled, to sixty-four.
    pub plan_sealed_ms: f64,
    /// An edit of a joint text that has thirty changes, a sentence each.
    pub draft_ms: f64,
    /// An edit by which a joint text has doubled, to thirty-two changes.
    pub draft_sealed_ms: f64,
    /// How often each was measured.
    pub times: usize,
    /// The build.
    pub profile: &'static str,
}

/// Measures each `times`.
#[must_use]
pub fn measure(times: usize) -> Costs {
    let cost = |(history, pushed): (History, PushedRecord)| median(times, &history, &pushed);
    let [plan_ms, plan_sealed_ms] = PLAN.map(|length| cost(plan(length)));
    let [draft_ms, draft_sealed_ms] = DRAFT.map(|length| cost(draft(length)));
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let visit_ms = cost(visit());
    Costs { visit_ms, plan_ms, plan_sealed_ms, draft_ms, draft_sealed_ms, times, profile }
}

fn median(times: usize, history: &History, pushed: &PushedRecord) -> f64 {
    let once = || {
        let Outcome { taken, cpu_s, .. } = judge(&mut history.clone(), person(0), pushed);
        if taken { cpu_s * 1e3 } else { f64::NAN }
    };
    let mut all: Vec<f64> = (0..times.max(1)).map(|_| once()).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn record(kind: Kind) -> History {
    let made = Made {
        kind,
        creator: Actor::from_bytes([1; 16]),
        n: 1,
        user: person(0),
        device: DeviceId::from_bytes([3; 16]),
        framework: "east-lothian".into(),
        at: AT,
    };
    let (case, compartment) = (CaseId::from_bytes([9; 16]), Compartment::Team);
    History::new(Envelope { case, compartment, origin: Origin::Made(made) })
}

/// The next change of a record, as it is pushed; the record is given it if `take` says so.
fn push(history: &mut History, edits: Vec<Edit>, take: bool) -> PushedRecord {
    let actor = Actor::from_bytes([1; 16]);
    let seq = history.next_seq(&actor);
    let deps = history.dep_names(&history.implied_deps(&actor));
    let at = AT.plus_ms(i64::from(seq) * 60_000);
    let change = Change { actor, by: person(0), at, clock_ahead_ms: 0, edits };
    let body = change.encode_body();
    let before = history.links().len();
    let hash = history.append(change, seq, Some(&deps)).map(|link| link.hash.prefix());
    if !take {
        history.truncate(before);
    }
    let changes = vec![PushedChange { deps: Some(deps), hash: hash.unwrap_or_default(), body }];
    PushedRecord { envelope: history.envelope().encode(), actor, first_seq: seq, changes }
}

fn sentence(n: usize) -> String {
    format!("In week {n} Rowan came to breakfast club on four mornings and ate with his sister. ")
}

fn visit() -> (History, PushedRecord) {
    let mut history = record(Kind::Visit);
    let narrative: String = (0..4).map(sentence).collect();
    let details = NewEntry {
        collection: DETAILS,
        fields: vec![(1, Value::Int(AT.0 - 5))],
        ..NewEntry::default()
    };
    let words =
        NewEntry { collection: 17, fields: vec![(1, narrative.into())], ..NewEntry::default() };
    let pushed = push(&mut history, vec![Edit::Add(details), Edit::Add(words)], false);
    (history, pushed)
}

fn plan(length: usize) -> (History, PushedRecord) {
    let mut history = record(Kind::Plan);
    let row = NewEntry {
        collection: DETAILS,
        fields: vec![
            (Fact::RowNeed.code(), "Sleep".into()),
            (Fact::RowAction.code(), "A bed".into()),
        ],
        ..NewEntry::default()
    };
    push(&mut history, vec![Edit::Add(row)], true);
    let first = EntryId { actor: Actor::from_bytes([1; 16]), seq: 1, n: 0 };
    let status = |seq: usize| {
        let before = EntryId { actor: first.actor, seq: seq as u32, n: 0 };
        let fields = vec![
            (fact_field::FACT, Value::Int(Fact::RowStatus.code().into())),
            (fact_field::SUBJECT, first.to_string().into()),
            (fact_field::VALUE, ["open", "in_progress"][seq % 2].into()),
            (fact_field::REASON, sentence(seq).into()),
        ];
        let replaces = if seq > 1 { vec![before] } else { Vec::new() };
        vec![Edit::Add(NewEntry { collection: FACTS, fields, replaces, text: None })]
    };
    for seq in 1..length {
        push(&mut history, status(seq), true);
    }
    let pushed = push(&mut history, status(length), false);
    (history, pushed)
}

fn draft(length: usize) -> (History, PushedRecord) {
    let mut history = record(Kind::Assessment);
    let text = NewEntry {
        collection: TEXTS,
        fields: vec![(1, "safe".into())],
        text: Some(sentence(0)),
        ..NewEntry::default()
    };
    push(&mut history, vec![Edit::Add(text)], true);
    let entry = EntryId { actor: Actor::from_bytes([1; 16]), seq: 1, n: 0 };
    let edit = |history: &History, n: usize| {
        let seen = vec![true; history.links().len()];
        let text = text_seen(history, &entry, &seen);
        let runs = text.map(|text| text.edit_to(&format!("{}{}", text.text(), sentence(n))));
        vec![Edit::Splice { entry, runs: runs.unwrap_or_default() }]
    };
    for n in 1..length {
        let edits = edit(&history, n);
        push(&mut history, edits, true);
    }
    let edits = edit(&history, length);
    let pushed = push(&mut history, edits, false);
    (history, pushed)
}

//! A record takes no more than every phone can read back.

use super::*;
use crate::ids::{Actor, CaseId, EntryId, RecordId};
use crate::limits::{CHANGES_PER_RECORD, OPERATIONS_PER_CHANGE, OPERATIONS_PER_RECORD};
use crate::protocol::frame::{
    PulledChange, PulledRecord, decode_pull, decode_push, encode_pull, encode_push,
};
use crate::record::change::{Edit, ElementId, NewEntry, Run};
use crate::record::document;
use crate::record::envelope::{Envelope, Made, Origin};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::TEXTS;
use crate::time::Timestamp;

const AUTHOR: Actor = Actor::from_bytes([1; 16]);
const OTHER: Actor = Actor::from_bytes([2; 16]);
/// What an assessment found, element by element.
const FINDINGS: u8 = 17;
const USER: UserId = UserId::from_bytes([3; 16]);

fn assessment() -> History {
    let made = Made {
        kind: Kind::Assessment,
        creator: AUTHOR,
        n: 7,
        user: USER,
        device: crate::ids::DeviceId::from_bytes([4; 16]),
        framework: String::new(),
        at: Timestamp(5),
    };
    let case = CaseId::from_bytes([9; 16]);
    let origin = Origin::Made(made);
    History::new(Envelope { case, compartment: Compartment::Team, origin })
}

fn change(actor: Actor, edit: Edit) -> Change {
    Change { actor, by: USER, at: Timestamp(5), clock_ahead_ms: 0, edits: vec![edit] }
}

fn note() -> Edit {
    let fields = vec![(1, "health".into()), (2, "need".into())];
    Edit::Add(NewEntry { collection: FINDINGS, fields, ..NewEntry::default() })
}

fn text(characters: usize) -> Edit {
    let (fields, text) = (vec![(1, "summary".into())], Some("x".repeat(characters)));
    Edit::Add(NewEntry { collection: TEXTS, fields, text, ..NewEntry::default() })
}

/// A push of changes by one author, each in sight of everything before it.
fn push(history: &History, actor: Actor, edits: Vec<Edit>) -> PushedRecord {
    let (mut written, first_seq) = (history.clone(), history.next_seq(&actor));
    let changes = edits.into_iter().map(|edit| {
        let deps = written.dep_names(&written.implied_deps(&actor));
        let change = change(actor, edit);
        let (body, seq) = (change.encode_body(), written.next_seq(&actor));
        let hash = written.append(change, seq, Some(&deps)).unwrap().hash.prefix();
        PushedChange { deps: Some(deps), hash, body }
    });
    let changes = changes.collect();
    PushedRecord { envelope: history.envelope().encode(), actor, first_seq, changes }
}

fn judged(history: &mut History, pushed: &PushedRecord) -> Vec<String> {
    let judged = admit(history, None, pushed, USER, &|_, _, _| Ok(()));
    let code = |judged: &Judged| match judged {
        Judged::Accepted(_) => "accepted".to_owned(),
        Judged::Refused(why) => why.code().to_owned(),
        other => format!("{other:?}"),
    };
    judged.iter().map(|(_, judged)| code(judged)).collect()
}

/// The record as a page brings it to somebody who has nothing of it.
fn page(history: &History) -> Vec<PulledRecord> {
    let changes = history.links().iter().map(|link| PulledChange {
        actor: link.change.actor,
        user: link.change.by,
        seq: link.seq,
        deps: None,
        body: Some(link.change.encode_body()),
    });
    let (record, envelope) = (history.envelope().id(), Some(history.envelope().encode()));
    vec![PulledRecord { record, envelope, first_position: 1, changes: changes.collect() }]
}

#[test]
fn a_record_takes_as_many_changes_as_a_phone_reads_and_no_more_from_anybody() {
    let mut history = assessment();
    for seq in 1..CHANGES_PER_RECORD as u32 {
        history.append(change(AUTHOR, note()), seq, None).unwrap();
    }
    let last = push(&history, AUTHOR, vec![note(), note()]);
    assert_eq!(decode_push(&encode_push(std::slice::from_ref(&last))), Ok(vec![last.clone()]));
    assert_eq!(judged(&mut history, &last), ["accepted", "record_full"]);
    assert_eq!(history.links().len(), CHANGES_PER_RECORD);
    let strangers = push(&history, OTHER, vec![note()]);
    assert_eq!(judged(&mut history, &strangers), ["record_full"]);
    let (page, record) = (page(&history), history.envelope().id());
    let read = decode_pull(&encode_pull(&page).unwrap()).unwrap();
    assert_eq!(read, page);
    let last = PulledRecord {
        first_position: CHANGES_PER_RECORD as u32,
        changes: page[0].changes[CHANGES_PER_RECORD - 1..].to_vec(),
        ..page[0].clone()
    };
    assert_eq!(read_alone(&last), Some(record), "a page that brings the last one alone");
}

fn read_alone(record: &PulledRecord) -> Option<RecordId> {
    let read = decode_pull(&encode_pull(std::slice::from_ref(record)).unwrap()).ok()?;
    read.first().map(|it| it.record)
}

#[test]
fn a_record_takes_as_many_operations_as_can_be_sealed() {
    let mut history = assessment();
    let piece = OPERATIONS_PER_CHANGE - 100;
    while history.room_for(&change(AUTHOR, text(piece))).is_ok() {
        let seq = history.next_seq(&AUTHOR);
        history.append(change(AUTHOR, text(piece)), seq, None).unwrap();
    }
    let operations: u64 = history.links().iter().map(|link| link.operations).sum();
    let left = OPERATIONS_PER_RECORD - operations;
    assert!(left < OPERATIONS_PER_CHANGE as u64);
    let around = change(AUTHOR, text(0)).operations();
    let fits = text((left - around) as usize);
    let full = push(&history, AUTHOR, vec![fits, note()]);
    assert_eq!(judged(&mut history, &full), ["accepted", "record_full"]);
    let strangers = push(&history, OTHER, vec![note()]);
    assert_eq!(judged(&mut history, &strangers), ["record_full"]);
    assert_eq!(document::seal(&history), Ok(()), "the largest record that there may be");
}

#[test]
fn what_waits_for_a_reviewer_fills_its_record_too() {
    let mut history = assessment();
    for seq in 1..CHANGES_PER_RECORD as u32 {
        history.append(change(OTHER, note()), seq, None).unwrap();
    }
    let pushed = push(&history, AUTHOR, vec![note(), note()]);
    let late = |_: &History, _: &Change, _: &[usize]| Err(Forbidden::Late(Refusal::new("late")));
    let judged = admit(&mut history, None, &pushed, USER, &late);
    assert!(matches!(judged[0].1, Judged::Held(_)));
    assert_eq!(judged[1].1, Judged::Refused(Refusal::new("record_full")));
}

/// A text of ten characters and what deletes some of them.
fn deleting(runs: &[(u64, u64)]) -> (History, Edit) {
    let mut history = assessment();
    history.append(change(AUTHOR, text(10)), 1, None).unwrap();
    let entry = EntryId { actor: AUTHOR, seq: 1, n: 0 };
    let object = history.entry(&entry).unwrap().text.unwrap();
    let run = |(first, count): &(u64, u64)| Run::Delete {
        from: ElementId { counter: object + first, actor: AUTHOR },
        count: *count,
    };
    (history, Edit::Splice { entry, runs: runs.iter().map(run).collect() })
}

#[test]
fn nobody_deletes_again_what_they_saw_deleted() {
    let (history, first) = deleting(&[(3, 4)]);
    for (runs, again) in [
        (vec![(3, 4)], true),
        (vec![(1, 3)], true),
        (vec![(6, 1)], true),
        (vec![(1, 10)], true),
        (vec![(1, 2), (7, 4)], false),
        (vec![(8, 2), (8, 1)], true),
        (vec![(7, 4), (1, 2), (2, 1)], true),
    ] {
        let mut history = history.clone();
        let deleted = push(&history, AUTHOR, vec![first.clone()]);
        assert_eq!(judged(&mut history, &deleted), ["accepted"]);
        let (_, edit) = deleting(&runs);
        let next = change(OTHER, edit.clone());
        let taken = history.clone().append(next, 1, None).is_ok();
        assert_eq!(taken, !again, "{runs:?}");
        // Who had not seen it may do the same: two people strike out one word.
        let apart = [(1, 10), (3, 4)].iter().any(|it| runs == vec![*it]);
        let unseen = history.append(change(OTHER, edit), 1, Some(&[(AUTHOR, 1)]));
        assert!(unseen.is_ok() || !apart, "{runs:?}");
    }
}

//! Records in which more people wrote at once than one change can name.

use super::*;
use crate::ids::{Actor, CaseId, DeviceId, UserId};
use crate::record::change::{Edit, ElementId, NewEntry, Run};
use crate::record::document;
use crate::record::envelope::{Envelope, Made, Origin};
use crate::record::fold::{fold, text_seen};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::{FACTS, Fact, TEXTS, fact_field};
use crate::record::value::Value;
use crate::time::Timestamp;

const ME: Actor = Actor::from_bytes([0xEE; 16]);
const MOST: u8 = DEPENDENCIES_PER_CHANGE as u8;

fn colleague(n: u8) -> Actor {
    Actor::from_bytes([n + 1; 16])
}

fn change(actor: Actor, edits: Vec<Edit>) -> Change {
    let by = UserId::from_bytes(*actor.as_bytes());
    Change { actor, by, at: Timestamp(5), clock_ahead_ms: 0, edits }
}

fn school(replaces: Vec<EntryId>) -> Edit {
    let fields = vec![
        (fact_field::FACT, Value::Int(Fact::School.code().into())),
        (fact_field::VALUE, "Glen Primary".into()),
    ];
    Edit::Add(NewEntry { collection: FACTS, fields, replaces, text: None })
}

fn said_by(n: u8) -> EntryId {
    EntryId { actor: colleague(n), seq: 1, n: 0 }
}

/// A case's record in which so many people named a school and none had seen the others; the first said most.
fn crowd(people: u8) -> History {
    let envelope = Envelope::of_case(CaseId::from_bytes([9; 16]), Compartment::Team);
    let mut history = History::new(envelope);
    for n in 0..people {
        let edits = vec![school(Vec::new()); if n == 0 { 5 } else { 1 }];
        history.append(change(colleague(n), edits), 1, Some(&[])).unwrap();
    }
    history
}

/// Makes a change as a phone does; gives its dependencies.
fn add(history: &mut History, change: Change) -> Vec<usize> {
    let deps = history.deps_for(&change).unwrap();
    assert!(deps.len() <= DEPENDENCIES_PER_CHANGE);
    let (seq, names) = (history.next_seq(&change.actor), history.dep_names(&deps));
    history.append(change, seq, Some(&names)).unwrap();
    deps
}

#[test]
fn a_change_names_every_head_as_long_as_it_may() {
    let mut history = crowd(MOST);
    let deps = add(&mut history, change(ME, vec![school(Vec::new())]));
    assert_eq!(deps, (0..DEPENDENCIES_PER_CHANGE).collect::<Vec<_>>());
    assert_eq!(history.heads(), [DEPENDENCIES_PER_CHANGE]);
}

#[test]
fn of_more_heads_it_names_the_highest_and_the_newest_and_the_next_joins_the_rest() {
    let mut history = crowd(MOST + 8);
    let highest = history.links().iter().map(|link| link.max_op()).max().unwrap();
    let deps = add(&mut history, change(ME, vec![school(Vec::new())]));
    let newest = 9..DEPENDENCIES_PER_CHANGE + 8;
    assert_eq!(deps, std::iter::once(0).chain(newest).collect::<Vec<_>>());
    assert_eq!(history.links().last().unwrap().start_op, highest + 1);
    assert_eq!(history.heads().len(), 9);
    let own = history.links().len() - 1;
    let deps = add(&mut history, change(ME, vec![school(Vec::new())]));
    assert_eq!((deps.len(), deps.contains(&own)), (9, true));
    assert_eq!(history.heads().len(), 1);
    assert_eq!(document::seal(&history), Ok(()), "the engine takes what names only some heads");
}

#[test]
fn what_a_change_replaces_is_in_its_past() {
    let mut history = crowd(MOST + 8);
    let oldest = vec![said_by(1), said_by(3)];
    let deps = add(&mut history, change(ME, vec![school(oldest)]));
    assert!([0, 1, 3].iter().all(|index| deps.contains(index)), "{deps:?}");
    let all: Vec<EntryId> = (0..MOST + 8).map(said_by).collect();
    assert_eq!(crowd(MOST + 8).deps_for(&change(ME, vec![school(all)])), None);
}

/// Assertions that nobody replaced, oldest first.
fn standing(history: &History) -> Vec<EntryId> {
    let entries = fold(history, history.links().len()).entries;
    let gone: BTreeSet<EntryId> = entries.iter().flat_map(|it| it.replaces.clone()).collect();
    entries.iter().map(|it| it.id).filter(|id| !gone.contains(id)).collect()
}

#[test]
fn a_crowd_is_settled_step_by_step() {
    let mut history = crowd(3 * MOST);
    let mut steps = 0;
    while standing(&history).len() > 1 {
        let mut replaces = history.within_reach(standing(&history));
        assert!(replaces.len() > 1 && replaces.len() <= REPLACES_PER_ENTRY);
        replaces.sort_unstable();
        add(&mut history, change(ME, vec![school(replaces)]));
        steps += 1;
        assert!(steps < 8, "{} stand", standing(&history).len());
    }
    assert!(steps > 2);
    assert_eq!(document::seal(&history), Ok(()));
}

#[test]
fn what_was_written_in_a_row_is_replaced_up_to_the_limit() {
    let mut history = crowd(1);
    let edits = vec![school(Vec::new()); REPLACES_PER_ENTRY];
    history.append(change(ME, edits), 1, None).unwrap();
    let all = standing(&history);
    assert_eq!(history.within_reach(all.clone()), all[..REPLACES_PER_ENTRY]);
    assert_eq!(history.within_reach([said_by(9)]), [], "what is not here is replaced by nobody");
}

/// An assessment's joint text into which so many people wrote a letter at its end, each blind to the others;
/// and the letters in order.
fn written_at_once(people: u8) -> (History, EntryId, Vec<ElementId>) {
    let made = Made {
        kind: Kind::Assessment,
        creator: colleague(0),
        n: 7,
        user: UserId::from_bytes([3; 16]),
        device: DeviceId::from_bytes([4; 16]),
        framework: String::new(),
        at: Timestamp(5),
    };
    let (case, origin) = (CaseId::from_bytes([9; 16]), Origin::Made(made));
    let mut history = History::new(Envelope { case, compartment: Compartment::Team, origin });
    let (fields, text) = (vec![(1, "summary".into())], Some("x".to_owned()));
    let begun = NewEntry { collection: TEXTS, fields, text, ..NewEntry::default() };
    history.append(change(colleague(0), vec![Edit::Add(begun)]), 1, None).unwrap();
    let entry = said_by(0);
    let object = history.entry(&entry).unwrap().text.unwrap();
    let after = Some(ElementId { counter: object + 1, actor: colleague(0) });
    let mut letters = Vec::new();
    for n in 1..=people {
        let runs = vec![Run::Insert { after, text: "y".into() }];
        let edit = Edit::Splice { entry, runs };
        let link = history
            .append(change(colleague(n), vec![edit]), 1, Some(&[(colleague(0), 1)]))
            .unwrap();
        letters.push(ElementId { counter: link.start_op, actor: colleague(n) });
    }
    (history, entry, letters)
}

#[test]
fn an_edit_of_a_text_builds_on_the_letters_that_it_names() {
    let (mut history, entry, letters) = written_at_once(MOST + 8);
    let after = Some(letters[2]);
    let edit = Edit::Splice { entry, runs: vec![Run::Insert { after, text: "z".into() }] };
    let deps = add(&mut history, change(ME, vec![edit]));
    assert!(deps.contains(&3), "{deps:?}");
    let everything = vec![true; history.links().len()];
    let text = text_seen(&history, &entry, &everything).unwrap().text();
    assert_eq!(text.matches("yz").count(), 1, "{text}");
    let (history, entry, letters) = written_at_once(MOST + 8);
    let strike = |from: &ElementId| Run::Delete { from: *from, count: 1 };
    let all = Edit::Splice { entry, runs: letters.iter().map(strike).collect() };
    assert_eq!(history.deps_for(&change(ME, vec![all])), None);
}

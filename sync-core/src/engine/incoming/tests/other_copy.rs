//! A phone that was put back to an older copy of itself meets what it wrote after that.

use super::put_back::{CLUSTER, OTHER, case, later, logged, school};
use super::*;
use crate::engine::client::{begun_key, cluster_of, fresh_actors};
use crate::protocol::message::DirectoryLine;

fn change(actor: Actor, user: UserId, name: &str) -> Change {
    let edits = vec![school(name, &[])];
    Change { actor, by: user, at: AT, clock_ahead_ms: 0, edits }
}

/// Of a case that this phone began: a colleague wrote in it, and then this phone, which forgot that.
fn log(own: &Own) -> History {
    let mut history = History::new(case());
    let other = UserId::from_bytes([2; 16]);
    history.append(change(own.actor, own.user, "Ardmore"), 1, None).unwrap();
    history.append(change(OTHER, other, "Balmore"), 1, None).unwrap();
    history.append(change(own.actor, own.user, "Carmore"), 2, None).unwrap();
    history
}

/// The copy, which has said something else since by the same number.
fn copy(own: &Own) -> MemoryStore {
    let mut history = History::new(case());
    let mut store = MemoryStore::default();
    let author = (own.actor.as_bytes().to_vec(), own.user.as_bytes().to_vec());
    let mut writes = vec![
        Write::Set(Shelf::Author, author.0, author.1),
        Write::PutRecord(crate::engine::own::row_of(&case())),
    ];
    for (seq, name, place) in [(1, "Ardmore", Place::Placed(1)), (2, "Dunmore", Place::Unsent(1))] {
        let change = change(own.actor, own.user, name);
        let (record, actor, body) = (case().id(), own.actor, change.encode_body());
        history.append(change, seq, None).unwrap();
        let deps = (seq > 1).then_some((actor, seq - 1));
        let deps = Some(crate::record::history::encode_deps(deps.as_slice()));
        writes.push(Write::PutChange(ChangeRow { record, actor, seq, deps, body, place }));
    }
    store.commit(&writes).unwrap();
    store
}

/// Names of schools that the phone has, of what is in the log and of what is to be sent.
fn schools(store: &MemoryStore, own: &Own) -> (Vec<Vec<Edit>>, Vec<Vec<Edit>>) {
    let rows = store.changes(&case().id()).unwrap().into_iter();
    let (placed, rest): (Vec<_>, Vec<_>) =
        rows.partition(|row| matches!(row.place, Place::Placed(_)));
    let edits = |row: ChangeRow| {
        Change::decode_body(Kind::Case, row.actor, own.user, &row.body).unwrap().edits
    };
    (placed.into_iter().map(edits).collect(), rest.into_iter().map(edits).collect())
}

#[test]
fn a_number_given_twice_is_noticed_in_each_part_of_a_record_that_a_page_brings() {
    let own = somebody();
    let history = log(&own);
    for apart in [false, true] {
        let mut store = copy(&own);
        let mut frame = PageFrame::default();
        frame.put(logged(&history, 2));
        if apart {
            let edits = vec![Edit::Add(visit(vec![(1, Value::Int(AT.0 - 5))]))];
            let other = UserId::from_bytes([2; 16]);
            let between = Change { edits, ..change(OTHER, other, "") };
            let mut beside = History::new(envelope());
            beside.append(between, 1, None).unwrap();
            frame.put(logged(&beside, 1));
        }
        frame.put(logged(&history, 3));
        let mut page = later(1);
        frame.into_page(&mut page).unwrap();
        let taken = store_page(&mut store, &page, &own);
        assert_eq!(taken.rewritten, 1);
        let said = |name| vec![school(name, &[])];
        let expected =
            (["Ardmore", "Balmore", "Carmore"].map(said).to_vec(), vec![said("Dunmore")]);
        assert_eq!(schools(&store, &own), expected);
    }
}

#[test]
fn actors_that_the_phone_went_on_as_are_known_again_by_their_work() {
    let own = somebody();
    let next = |actor: &Actor| Some(actor.next(&own.secret));
    let chain: Vec<Actor> = std::iter::successors(next(&own.actor), next).take(4).collect();
    for (user, known) in [(own.user, 4), (UserId::from_bytes([2; 16]), 0)] {
        let mut store = MemoryStore::default();
        let mut history = History::new(case());
        history.append(change(chain[2], user, "Ardmore"), 1, None).unwrap();
        let mut frame = PageFrame::default();
        frame.put(logged(&history, 1));
        let mut page = later(1);
        frame.into_page(&mut page).unwrap();
        store_page(&mut store, &page, &own);
        let newest_first: Vec<Actor> = chain[..known].iter().rev().copied().collect();
        assert_eq!(fresh_actors(&store).unwrap(), newest_first, "and one that is quite new");
    }
}

/// The directory's line of the case, by the name of a child.
fn line(name: &str) -> DirectoryLine {
    let (case, name) = (case().case, name.to_owned());
    DirectoryLine {
        case,
        cluster: CLUSTER,
        name,
        school: String::new(),
        ring: None,
        harm_since: None,
    }
}

/// It begins a case by a name that it had given before it was put back. The directory's line of that one comes
/// first, and its record in a later page.
#[test]
fn a_case_that_was_begun_before_is_found_beside_the_one_that_was_begun_again() {
    let own = somebody();
    let mut store = MemoryStore::default();
    let begun = minicbor::to_vec(line("Rory")).unwrap();
    let (record, actor) = (case().id(), own.actor);
    let deps = Some(crate::record::history::encode_deps(&[]));
    let body = change(actor, own.user, "Dunmore").encode_body();
    let first = ChangeRow { record, actor, seq: 1, deps, body, place: Place::Unsent(1) };
    let key = case().case.as_bytes().to_vec();
    store
        .commit(&[
            Write::Set(Shelf::Author, actor.as_bytes().to_vec(), own.user.as_bytes().to_vec()),
            Write::PutRecord(crate::engine::own::row_of(&case())),
            Write::PutChange(first),
            Write::Set(Shelf::Directory, key, begun.clone()),
            Write::Set(Shelf::Meta, begun_key(&case().case), begun),
        ])
        .unwrap();
    store_page(&mut store, &Page { directory: vec![line("Isla")], ..later(1) }, &own);
    let mut frame = PageFrame::default();
    frame.put(logged(&log(&own), 1));
    let mut page = later(2);
    frame.into_page(&mut page).unwrap();
    let taken = store_page(&mut store, &page, &own);
    assert_eq!((taken.rewritten, taken.returned), (1, 0));
    let named = |case: &CaseId| {
        let line = store.item(Shelf::Directory, case.as_bytes()).unwrap();
        line.map(|line| minicbor::decode::<DirectoryLine>(&line).unwrap().name)
    };
    assert_eq!(named(&case().case).as_deref(), Some("Isla"), "as the server has it");
    let again = store.unsent(0, 9).unwrap().remove(0).record;
    let again = store.record(&again).unwrap().unwrap().case;
    assert_ne!(again, case().case);
    assert_eq!(named(&again).as_deref(), Some("Rory"), "and the other by its own");
    assert_eq!(cluster_of(&store, &again).unwrap(), Some(CLUSTER));
}

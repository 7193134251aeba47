//! A server and a colleague's phone were both put back: the colleague gave names again that lost work had.

use super::put_back::{
    OTHER, anew, case, later, logged, made, phone, reasons, school, take, unsent_now,
};
use super::*;
use crate::engine::client::fresh_actors;
use crate::record::history::encode_deps;

/// A page that brings the case's own record whole: this phone's first work as it was, and what the colleague says by
/// the name of what was lost.
fn whole(own: &Own, store: &MemoryStore, theirs: Edit) -> Page {
    let mut rows = store.changes(&case().id()).unwrap().into_iter();
    let first = rows.find(|row| (row.actor, row.seq) == (own.actor, 1)).unwrap();
    let first = Change::decode_body(Kind::Case, own.actor, own.user, &first.body).unwrap();
    let by = UserId::from_bytes([2; 16]);
    let other = Change { actor: OTHER, by, at: AT, clock_ahead_ms: 0, edits: vec![theirs] };
    let mut history = History::new(case());
    history.append(first, 1, Some(&[])).unwrap();
    history.append(other, 1, None).unwrap();
    let mut frame = PageFrame::default();
    frame.put(logged(&history, 1));
    frame.put(logged(&history, 2));
    let mut page = later(1);
    frame.into_page(&mut page).unwrap();
    page
}

#[test]
fn nothing_of_ones_own_stands_on_other_words_by_the_name_of_those_that_it_was_written_to() {
    let own = somebody();
    let mut store = phone(&own);
    take(&mut store, &anew(), &own);
    let page = whole(&own, &store, school("Balmuir", &[]));
    take(&mut store, &page, &own);
    assert!(unsent_now(&store).is_empty(), "all of it was written with the lost words in view");
    let mut back: Vec<_> = reasons(&store).into_iter().map(|(name, _)| name).collect();
    back.sort();
    assert_eq!(back, [(OTHER, 1), (own.actor, 2), (own.actor, 3)], "with the words themselves");
    assert_eq!(fresh_actors(&store).unwrap().len(), 1, "and nothing else gets their numbers");
}

#[test]
fn what_comes_again_as_it_was_is_built_on() {
    let own = somebody();
    let mut store = phone(&own);
    take(&mut store, &anew(), &own);
    let page = whole(&own, &store, school("Balmore", &[]));
    take(&mut store, &page, &own);
    let unsent: Vec<_> = unsent_now(&store).into_iter().map(|(name, _)| name).collect();
    assert_eq!(unsent, [(own.actor, 2), (own.actor, 3)]);
    assert!(reasons(&store).is_empty());
}

/// The colleague began a case; this phone recorded a visit in it. Then the colleague begins another by its name.
#[test]
fn work_in_a_case_does_not_go_on_in_another_that_was_given_its_name() {
    let own = somebody();
    for (begun, is_same) in [("Isla", true), ("Rory", false)] {
        let mut store = MemoryStore::default();
        let key = case().case.as_bytes().to_vec();
        let author = (own.actor.as_bytes().to_vec(), own.user.as_bytes().to_vec());
        let known = Write::Set(Shelf::Author, author.0, author.1);
        store.commit(&[Write::Set(Shelf::Directory, key, line()), known]).unwrap();
        take(&mut store, &begins("Isla"), &own);
        let visit = Envelope { origin: Origin::Made(made_here(&own)), ..case() };
        let edits = vec![Edit::Add(visit_entry())];
        let change = Change { actor: own.actor, by: own.user, at: AT, clock_ahead_ms: 0, edits };
        let (record, body, actor) = (visit.id(), change.encode_body(), own.actor);
        let place = Place::Accepted(1);
        let row = ChangeRow { record, actor, seq: 1, deps: Some(encode_deps(&[])), body, place };
        let put = Write::PutRecord(crate::engine::own::row_of(&visit));
        store.commit(&[put, Write::PutChange(row)]).unwrap();

        take(&mut store, &anew(), &own);
        let taken = take(&mut store, &begins(begun), &own);
        let unsent: Vec<_> = unsent_now(&store).into_iter().map(|(name, _)| name).collect();
        match is_same {
            true => assert_eq!((unsent, taken.returned), (vec![(own.actor, 1)], 0)),
            false => {
                assert_eq!((unsent, taken.returned), (vec![], 1));
                let back = reasons(&store);
                assert!(back.contains(&((own.actor, 1), "unknown_case".to_owned())), "{back:?}");
            }
        }
    }
}

/// The colleague's visit in the lost case went; one in the new case has its name, and comes in a page of its own.
#[test]
fn what_comes_by_a_name_that_nothing_has_any_more_is_as_the_log_says() {
    let own = somebody();
    let mut store = MemoryStore::default();
    let key = case().case.as_bytes().to_vec();
    store.commit(&[Write::Set(Shelf::Directory, key, line())]).unwrap();
    take(&mut store, &begins("Isla"), &own);
    take(&mut store, &visits(AT), &own);
    take(&mut store, &anew(), &own);
    take(&mut store, &begins("Rory"), &own);
    let back: Vec<_> = reasons(&store).into_iter().map(|(name, _)| name).collect();
    assert_eq!(back.iter().filter(|name| **name == (OTHER, 1)).count(), 2, "case and visit");
    let later = AT.plus_ms(1);
    take(&mut store, &visits(later), &own);
    let record = store.record(&their_visit(later).id()).unwrap().unwrap();
    assert_eq!(record.envelope, their_visit(later).encode());
}

fn their_visit(at: Timestamp) -> Envelope {
    let Origin::Made(made) = made(Kind::Visit).origin else { panic!("somebody made it") };
    Envelope { origin: Origin::Made(Made { at, ..made }), ..case() }
}

/// A page with a visit of the colleague's, made at some moment by the one name that it had.
fn visits(at: Timestamp) -> Page {
    let by = UserId::from_bytes([2; 16]);
    let edits = vec![Edit::Add(visit(vec![(1, Value::Int(at.0))]))];
    let change = Change { actor: OTHER, by, at, clock_ahead_ms: 0, edits };
    let mut history = History::new(their_visit(at));
    history.append(change, 1, None).unwrap();
    let mut frame = PageFrame::default();
    frame.put(logged(&history, 1));
    let mut page = later(2);
    frame.into_page(&mut page).unwrap();
    page
}

/// A page in which the colleague begins the case.
fn begins(name: &str) -> Page {
    let by = UserId::from_bytes([2; 16]);
    let edits = vec![school(name, &[])];
    let change = Change { actor: OTHER, by, at: AT, clock_ahead_ms: 0, edits };
    let mut history = History::new(case());
    history.append(change, 1, None).unwrap();
    let mut frame = PageFrame::default();
    frame.put(logged(&history, 1));
    let mut page = later(1);
    frame.into_page(&mut page).unwrap();
    page
}

fn line() -> Vec<u8> {
    let line = crate::protocol::message::DirectoryLine {
        case: case().case,
        cluster: put_back::CLUSTER,
        name: String::new(),
        school: String::new(),
        ring: None,
        harm_since: None,
    };
    minicbor::to_vec(line).unwrap()
}

fn made_here(own: &Own) -> Made {
    let (user, device) = (own.user, own.device);
    let framework = String::new();
    Made { kind: Kind::Visit, creator: own.actor, n: 1, user, device, framework, at: AT }
}

fn visit_entry() -> NewEntry {
    visit(vec![(1, Value::Int(AT.0 - 5))])
}

//! A server was put back to a backup without what this phone and a colleague's had sent it.

use super::*;
use crate::gate::refusal::LOST;
use crate::ids::EntryId;
use crate::limits::LOST_WORK_MS;
use crate::protocol::message::{Answer, DirectoryLine, Outcome};
use crate::record::history::{ChangeName, decode_deps, encode_deps};
use crate::record::kinds::plan::PlanRow;
use crate::record::schema::{FACTS, Fact, fact_field};

pub(super) const CLUSTER: ClusterId = ClusterId::from_bytes([7; 16]);
pub(super) const OTHER: Actor = Actor::from_bytes([1; 16]);

pub(super) fn case() -> Envelope {
    Envelope::of_case(CaseId::from_bytes([9; 16]), Compartment::Team)
}

pub(super) fn school(name: &str, replaces: &[(Actor, u32)]) -> Edit {
    let fields = vec![
        (fact_field::FACT, Value::Int(Fact::School.code().into())),
        (fact_field::VALUE, name.into()),
    ];
    let replaces = replaces.iter().map(|(actor, seq)| EntryId { actor: *actor, seq: *seq, n: 0 });
    Edit::Add(NewEntry {
        collection: FACTS,
        fields,
        replaces: replaces.collect(),
        ..NewEntry::default()
    })
}

/// Of a case, in the order of a log: what this phone began, what the colleague said, and what this phone
/// said then, without speaking of that and speaking of it.
pub(super) fn phone(own: &Own) -> MemoryStore {
    let mut store = MemoryStore::default();
    let line = DirectoryLine {
        case: case().case,
        cluster: CLUSTER,
        name: String::new(),
        school: String::new(),
        ring: None,
        harm_since: None,
    };
    let other = UserId::from_bytes([2; 16]);
    let key = case().case.as_bytes().to_vec();
    let mut writes = vec![
        Write::Set(Shelf::Directory, key, minicbor::to_vec(line).unwrap()),
        Write::PutRecord(crate::engine::own::row_of(&case())),
    ];
    for (actor, user) in [(own.actor, own.user), (OTHER, other)] {
        let (actor, user) = (actor.as_bytes().to_vec(), user.as_bytes().to_vec());
        writes.push(Write::Set(Shelf::Author, actor, user));
    }
    let said = [
        (own.actor, 1, school("Ardmore", &[])),
        (OTHER, 1, school("Balmore", &[])),
        (own.actor, 2, school("Carmore", &[])),
        (own.actor, 3, school("Dunmore", &[(OTHER, 1)])),
    ];
    for (position, (actor, seq, edit)) in (1..).zip(said) {
        let by = if actor == OTHER { other } else { own.user };
        let change = Change { actor, by, at: AT, clock_ahead_ms: 0, edits: vec![edit] };
        let (record, body, place) = (case().id(), change.encode_body(), Place::Placed(position));
        writes.push(Write::PutChange(ChangeRow { record, actor, seq, deps: None, body, place }));
    }
    store.commit(&writes).unwrap();
    store
}

pub(super) fn take(store: &mut MemoryStore, page: &Page, own: &Own) -> Incoming {
    let taken = store_page(store, page, own);
    let known = Authors::load(store).unwrap();
    for record in store.records_of_case(&case().case).unwrap() {
        assert!(authors::load_row(store, &known, &record).is_ok(), "it can be read");
    }
    taken
}

/// The first page of a log that has nothing of the case.
pub(super) fn anew() -> Page {
    Page { anew: true, cursor: vec![1], ..Page::new(CLUSTER, AT) }
}

/// The last page of a sync, so much later.
pub(super) fn later(ms: i64) -> Page {
    Page { cursor: vec![2], ..Page::new(CLUSTER, AT.plus_ms(ms)) }
}

pub(super) fn unsent_now(store: &MemoryStore) -> Vec<(ChangeName, Vec<ChangeName>)> {
    let rows = store.unsent(0, 9).unwrap().into_iter();
    rows.map(|row| ((row.actor, row.seq), decode_deps(&row.deps.unwrap()).unwrap())).collect()
}

pub(super) fn reasons(store: &MemoryStore) -> Vec<(ChangeName, String)> {
    let rows = store.returned().unwrap().into_iter();
    rows.map(|row| ((row.change.actor, row.change.seq), row.reason)).collect()
}

#[test]
fn what_is_to_be_sent_again_and_stands_on_what_the_same_page_takes_is_given_back() {
    let own = somebody();
    let mut store = phone(&own);
    let page = Page { dropped: vec![case().scope()], ..anew() };
    let taken = take(&mut store, &page, &own);
    assert_eq!(unsent_now(&store), [((own.actor, 1), vec![])], "what stands on nothing is sent");
    let back = |seq| ((own.actor, seq), "not_found".to_owned());
    assert_eq!((reasons(&store), taken.returned), (vec![back(2), back(3)], 2));
}

#[test]
fn what_builds_on_lost_work_waits_for_it_and_then_goes_on_without_it() {
    let own = somebody();
    let mut store = phone(&own);
    take(&mut store, &anew(), &own);
    take(&mut store, &later(LOST_WORK_MS - 1), &own);
    assert_eq!((unsent_now(&store).len(), reasons(&store)), (3, vec![]), "it may still come");
    let taken = take(&mut store, &later(LOST_WORK_MS), &own);
    let fresh = own.actor.next(&own.secret);
    let first = ((own.actor, 1), vec![]);
    assert_eq!(unsent_now(&store), [first, ((fresh, 1), vec![(own.actor, 1)])]);
    let expected = [((OTHER, 1), LOST), ((own.actor, 3), "depends_on_refused")];
    assert_eq!(reasons(&store), expected.map(|(name, reason)| (name, reason.to_owned())));
    assert_eq!((taken.rewritten, taken.returned), (1, 1), "a colleague's work is not counted");
}

#[test]
fn lost_work_is_given_up_also_of_a_case_that_is_to_be_found_no_longer() {
    let own = somebody();
    let mut store = phone(&own);
    take(&mut store, &Page { hidden: vec![case().case], ..anew() }, &own);
    assert_eq!(unsent_now(&store).len(), 3);
    take(&mut store, &later(LOST_WORK_MS), &own);
    let stands_on_lost = |(_, deps): &(ChangeName, Vec<ChangeName>)| deps.contains(&(OTHER, 1));
    assert!(!unsent_now(&store).iter().any(stands_on_lost), "nothing waits for ever");
}

#[test]
fn own_work_is_sent_again_also_of_a_case_that_is_to_be_found_no_longer() {
    let own = somebody();
    let (elsewhere, here) = (ClusterId::from_bytes([8; 16]), CLUSTER);
    for (put_back, unsent) in [(elsewhere, 0), (here, 3)] {
        let mut store = phone(&own);
        take(&mut store, &Page { hidden: vec![case().case], ..later(0) }, &own);
        take(&mut store, &Page { cluster: put_back, ..anew() }, &own);
        assert_eq!(unsent_now(&store).len(), unsent, "the log of {put_back}");
    }
}

#[test]
fn own_words_whose_name_the_other_log_gives_to_other_work_stay_with_their_author() {
    let own = somebody();
    let mut store = phone(&own);
    let change = Change {
        actor: own.actor,
        by: own.user,
        at: AT,
        clock_ahead_ms: 0,
        edits: vec![school("Elmore", &[])],
    };
    let mut history = History::new(case());
    history.append(change, 1, None).unwrap();
    let mut page = anew();
    let mut frame = PageFrame::default();
    frame.put(logged(&history, 1));
    frame.into_page(&mut page).unwrap();
    take(&mut store, &page, &own);
    let said = |row: ChangeRow| {
        Change::decode_body(Kind::Case, row.actor, own.user, &row.body).unwrap().edits
    };
    let rows = store.changes(&case().id()).unwrap();
    let is_placed = |row: &ChangeRow| matches!(row.place, Place::Placed(_));
    let (placed, mut words): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_placed);
    words.extend(store.returned().unwrap().into_iter().map(|row| row.change));
    let words: Vec<_> = words.into_iter().map(said).collect();
    let log: Vec<_> = placed.into_iter().map(said).collect();
    assert_eq!(log, [vec![school("Elmore", &[])]], "as the log has it");
    for name in ["Ardmore", "Carmore"] {
        assert!(words.contains(&vec![school(name, &[])]), "{name}");
    }
}

#[test]
fn lost_work_that_comes_after_all_is_in_its_record_and_nowhere_else() {
    let own = somebody();
    let mut store = phone(&own);
    let body = store.changes(&case().id()).unwrap()[1].body.clone();
    take(&mut store, &anew(), &own);
    take(&mut store, &later(LOST_WORK_MS), &own);
    let kept = Write::Return {
        record: case().id(),
        actor: own.actor,
        seq: 1,
        reason: "not_found".to_owned(),
    };
    store.commit(&[kept]).unwrap();
    let user = UserId::from_bytes([2; 16]);
    let change = Change::decode_body(Kind::Case, OTHER, user, &body).unwrap();
    let hash = History::new(case()).append(change, 1, Some(&[])).unwrap().hash;
    let mut frame = PageFrame::default();
    frame.put(LoggedChange {
        record: case().id(),
        position: 1,
        envelope: Some(case().encode()),
        actor: OTHER,
        user,
        seq: 1,
        deps: Some(encode_deps(&[])),
        body: Some(body),
        hash,
    });
    let mut page = later(LOST_WORK_MS + 1);
    frame.into_page(&mut page).unwrap();
    let taken = incoming(&store, &page, &own).unwrap();
    store.commit(&taken.writes).unwrap();
    assert!(reasons(&store).iter().all(|(name, _)| *name != (OTHER, 1)));
    let rows = store.changes(&case().id()).unwrap();
    assert!(rows.iter().any(|row| row.actor == OTHER && row.place == Place::Placed(1)));
}

/// The change of a record in its place of the log.
pub(super) fn logged(history: &History, position: u32) -> LoggedChange {
    let link = &history.links()[position as usize - 1];
    LoggedChange {
        record: history.envelope().id(),
        position,
        envelope: (position == 1).then(|| history.envelope().encode()),
        actor: link.change.actor,
        user: link.change.by,
        seq: link.seq,
        deps: None,
        body: Some(link.change.encode_body()),
        hash: link.hash,
    }
}

/// A page in which the log goes on: own first work, as the phone sent it again, or a colleague's after that.
fn goes_on(own: &Own, store: &MemoryStore, others: Option<Edit>) -> Page {
    let user = UserId::from_bytes([2; 16]);
    let mut rows = store.changes(&case().id()).unwrap().into_iter();
    let first = rows.find(|row| (row.actor, row.seq) == (own.actor, 1)).unwrap();
    let first = Change::decode_body(Kind::Case, own.actor, own.user, &first.body).unwrap();
    let mut history = History::new(case());
    history.append(first, 1, Some(&[])).unwrap();
    if let Some(edit) = others.clone() {
        let change =
            Change { actor: OTHER, by: user, at: AT, clock_ahead_ms: 0, edits: vec![edit] };
        history.append(change, 1, None).unwrap();
    }
    let link = history.links().last().unwrap();
    let mut frame = PageFrame::default();
    frame.put(LoggedChange {
        record: case().id(),
        position: history.links().len() as u32,
        envelope: others.is_none().then(|| case().encode()),
        actor: link.change.actor,
        user: link.change.by,
        seq: 1,
        deps: None,
        body: others.map(|_| link.change.encode_body()),
        hash: link.hash,
    });
    let mut page = later(1);
    frame.into_page(&mut page).unwrap();
    let (record, actor, outcome) = (case().id(), own.actor, Outcome::AlreadyHad);
    page.answers = vec![Answer { record, actor, seq: 1, outcome }];
    page
}

#[test]
fn what_comes_by_the_name_of_lost_work_takes_its_place_and_own_work_goes_on_without_that() {
    let own = somebody();
    let mut store = phone(&own);
    take(&mut store, &anew(), &own);
    let page = goes_on(&own, &store, None);
    take(&mut store, &page, &own);
    let other = school("Balmuir", &[]);
    let page = goes_on(&own, &store, Some(other.clone()));
    take(&mut store, &page, &own);
    let rows = store.changes(&case().id()).unwrap();
    let theirs = rows.iter().find(|row| row.actor == OTHER).unwrap();
    let user = UserId::from_bytes([2; 16]);
    let read = Change::decode_body(Kind::Case, OTHER, user, &theirs.body).unwrap();
    assert_eq!((read.edits, theirs.place), (vec![other], Place::Placed(2)), "as the log has it");
    let expected = [((OTHER, 1), LOST), ((own.actor, 3), "depends_on_refused")];
    assert_eq!(reasons(&store), expected.map(|(name, reason)| (name, reason.to_owned())));
}

#[test]
fn what_comes_again_as_it_was_builds_on_what_the_log_says() {
    let own = somebody();
    let mut store = phone(&own);
    take(&mut store, &anew(), &own);
    let page = goes_on(&own, &store, None);
    take(&mut store, &page, &own);
    let stale = encode_deps(&[(own.actor, 2)]);
    let (record, actor, place) = (case().id(), OTHER, Place::Accepted(2));
    let elsewhere = Write::Displace { record, actor, seq: 1, deps: stale, place };
    store.commit(&[elsewhere]).unwrap();
    let page = goes_on(&own, &store, Some(school("Balmore", &[])));
    let taken = incoming(&store, &page, &own).unwrap();
    store.commit(&taken.writes).unwrap();
    let rows = store.changes(&case().id()).unwrap();
    let theirs = rows.iter().find(|row| row.actor == OTHER).unwrap();
    assert_eq!(decode_deps(theirs.deps.as_ref().unwrap()).unwrap(), [(own.actor, 1)]);
    assert_eq!(theirs.place, Place::Placed(2));
}

#[test]
fn lost_work_of_others_goes_with_the_right_to_read_it() {
    let own = somebody();
    let mut store = phone(&own);
    take(&mut store, &anew(), &own);
    take(&mut store, &later(LOST_WORK_MS), &own);
    let page = Page { dropped: vec![case().scope()], ..later(LOST_WORK_MS + 1) };
    take(&mut store, &page, &own);
    assert_eq!(reasons(&store), [((own.actor, 3), "depends_on_refused".to_owned())]);
}

#[test]
fn what_is_refused_for_want_of_a_lost_right_waits_as_long() {
    let own = somebody();
    let refused = |page: Page, code: &str| {
        let outcome = Outcome::Refused(code.to_owned());
        let (record, actor) = (case().id(), own.actor);
        let after = Answer { record, actor, seq: 2, outcome: Outcome::DependsOnRefused };
        Page { answers: vec![Answer { record, actor, seq: 1, outcome }, after], ..page }
    };
    for (page, code, back) in [
        (later(1), "unknown_case", 0),
        (later(1), "not_in_team", 0),
        (later(1), "wrong_parent", 0),
        (anew(), "not_yours", 0),
        (later(1), "wrong_field", 1),
        (later(LOST_WORK_MS), "unknown_case", 1),
    ] {
        let mut store = phone(&own);
        take(&mut store, &anew(), &own);
        let taken = take(&mut store, &refused(page, code), &own);
        assert_eq!(taken.returned.min(1), back, "{code}");
    }
}

/// A record that the colleague made, by the one name that their phone gave twice.
pub(super) fn made(kind: Kind) -> Envelope {
    let made = Made {
        kind,
        creator: OTHER,
        n: 1,
        user: UserId::from_bytes([2; 16]),
        device: DeviceId::from_bytes([3; 16]),
        framework: String::new(),
        at: AT,
    };
    Envelope { origin: Origin::Made(made), ..case() }
}

/// Two changes of this phone's that wait for the colleague's plan, which the server lost.
fn write_in_their_plan(store: &mut MemoryStore, own: &Own) {
    let row = || {
        let entry = PlanRow::new("Breakfast club".to_owned(), "School".to_owned()).entry();
        vec![Edit::Add(entry)]
    };
    let (record, their) = (made(Kind::Plan).id(), UserId::from_bytes([2; 16]));
    let said = [
        (OTHER, their, 1, Place::Placed(1), vec![]),
        (own.actor, own.user, 1, Place::Unsent(7), vec![(OTHER, 1)]),
        (own.actor, own.user, 2, Place::Unsent(8), vec![(own.actor, 1)]),
    ];
    let mut writes = vec![Write::PutRecord(crate::engine::own::row_of(&made(Kind::Plan)))];
    for (actor, by, seq, place, deps) in said {
        let change = Change { actor, by, at: AT, clock_ahead_ms: 0, edits: row() };
        let (body, deps) = (change.encode_body(), Some(encode_deps(&deps)));
        writes.push(Write::PutChange(ChangeRow { record, actor, seq, deps, body, place }));
    }
    store.commit(&writes).unwrap();
}

/// The colleague's phone was put back, too, and made a visit by the name of its plan.
#[test]
fn what_waits_in_a_record_whose_name_another_was_given_comes_back() {
    let own = somebody();
    let mut store = phone(&own);
    write_in_their_plan(&mut store, &own);
    take(&mut store, &anew(), &own);
    let visit = vec![Edit::Add(visit(vec![(1, Value::Int(AT.0 - 5))]))];
    let (actor, by) = (OTHER, UserId::from_bytes([2; 16]));
    let mut history = History::new(made(Kind::Visit));
    let change = Change { actor, by, at: AT, clock_ahead_ms: 0, edits: visit };
    history.append(change, 1, None).unwrap();
    let mut frame = PageFrame::default();
    frame.put(logged(&history, 1));
    let mut page = later(1);
    frame.into_page(&mut page).unwrap();
    let taken = take(&mut store, &page, &own);
    let record = made(Kind::Visit).id();
    let rows = store.changes(&record).unwrap();
    let here: Vec<_> = rows.iter().map(|row| (row.actor, row.seq, row.place)).collect();
    assert_eq!(here, [(OTHER, 1, Place::Placed(1))], "the visit alone");
    let words: Vec<_> = store.returned().unwrap().into_iter().map(|row| row.change.body).collect();
    let breakfast = |body: &Vec<u8>| body.windows(9).any(|part| part == b"Breakfast");
    assert_eq!(words.iter().filter(|body| breakfast(body)).count(), 3, "the lost plan, too");
    assert_eq!(taken.returned, 2);
}

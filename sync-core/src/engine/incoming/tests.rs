//! What a page brings is checked as it stands, without a document.

use super::*;
use crate::engine::authors::{self, RecordError};
use crate::engine::hub::{LoggedChange, PageFrame};
use crate::ids::{ClusterId, DeviceId, UserId};
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::envelope::{Made, Origin};
use crate::record::kind::Kind;
use crate::record::kinds::{Contribution, Signature};
use crate::record::schema::{AMENDMENTS, DETAILS};
use crate::record::value::Value;
use crate::store::memory::MemoryStore;
use crate::time::Timestamp;

mod given_again;
mod other_copy;
mod put_back;
mod sent_again;

const AT: Timestamp = Timestamp(1_790_000_000_000);

/// Stores a page as a phone does.
fn store_page(store: &mut MemoryStore, page: &Page, own: &Own) -> Incoming {
    if page.anew {
        let now = Moments::agreed(page.now);
        let writes = displaced(store, (&page.cluster, now), own).unwrap();
        store.commit(&writes).unwrap();
    }
    let counted = count_days(store, page, page.now).unwrap();
    store.commit(&counted.into_iter().collect::<Vec<_>>()).unwrap();
    let taken = incoming(store, page, own).unwrap();
    store.commit(&taken.writes).unwrap();
    taken
}

/// Who reads what others wrote.
fn somebody() -> Own {
    let actor = Actor::from_bytes([4; 16]);
    let (user, device) = (UserId::from_bytes([5; 16]), DeviceId::from_bytes([6; 16]));
    Own { first: actor, actor, user, device, secret: [8; 32] }
}

fn envelope() -> Envelope {
    let made = Made {
        kind: Kind::Visit,
        creator: Actor::from_bytes([1; 16]),
        n: 1,
        user: UserId::from_bytes([2; 16]),
        device: DeviceId::from_bytes([3; 16]),
        framework: String::new(),
        at: AT,
    };
    let case = CaseId::from_bytes([9; 16]);
    Envelope { case, compartment: Compartment::Team, origin: Origin::Made(made) }
}

/// A first sync's page with one visit, as a server would send it that checked nothing itself.
fn page(entry: NewEntry) -> Page {
    let (actor, user) = (Actor::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
    let change =
        Change { actor, by: user, at: AT, clock_ahead_ms: 0, edits: vec![Edit::Add(entry)] };
    let (body, mut history) = (change.encode_body(), History::new(envelope()));
    let hash = history.append(change, 1, None).unwrap().hash;
    let mut frame = PageFrame::default();
    frame.put(LoggedChange {
        record: envelope().id(),
        position: 1,
        envelope: Some(envelope().encode()),
        actor,
        user,
        seq: 1,
        deps: None,
        body: Some(body),
        hash,
    });
    let mut page = Page::new(ClusterId::from_bytes([7; 16]), AT);
    frame.into_page(&mut page).unwrap();
    page.cursor = vec![1];
    page
}

fn visit(fields: Vec<(u8, Value)>) -> NewEntry {
    NewEntry { collection: DETAILS, fields, ..NewEntry::default() }
}

/// What the phone can read of the record after the page.
fn read(page: &Page) -> Result<usize, RecordError> {
    let mut store = MemoryStore::default();
    let incoming = incoming(&store, page, &somebody()).unwrap();
    store.commit(&incoming.writes).unwrap();
    let cluster = ClusterId::from_bytes([7; 16]);
    let cursor = store.item(Shelf::Cursor, cluster.as_bytes()).unwrap();
    assert_eq!(cursor, Some(vec![1]), "the cursor goes on");
    let known = Authors::load(&store).unwrap();
    authors::load(&store, &known, &envelope().id()).map(|loaded| loaded.history.links().len())
}

#[test]
fn what_comes_is_checked_against_its_kinds_schema_and_is_else_kept_unread() {
    assert_eq!(read(&page(visit(vec![(1, Value::Int(AT.0 - 5))]))), Ok(1));
    // A time in words; nothing that must be there; an entry that replaces and may not.
    let words = visit(vec![(1, "noon".into())]);
    let nothing = visit(Vec::new());
    let amendment = NewEntry { collection: AMENDMENTS, ..NewEntry::default() };
    for wrong in [words, nothing, amendment] {
        assert_eq!(read(&page(wrong)), Err(RecordError::Newer));
    }
}

#[test]
fn a_page_whose_changes_are_not_those_of_its_receipt_is_not_taken() {
    let mut page = page(visit(vec![(1, Value::Int(AT.0 - 5))]));
    page.receipt[0] ^= 1;
    let taken = incoming(&MemoryStore::default(), &page, &somebody());
    assert!(matches!(taken, Err(ClientError::WrongReceipt)));
}

/// A lost phone made a visit, its copy something else by the same name, which no visit can say: without
/// its words the visit must not be taken for that.
#[test]
fn words_of_another_record_by_the_same_name_are_not_taken_for_those_of_the_log() {
    let own = Own { actor: Actor::from_bytes([1; 16]), ..somebody() };
    let logged = page(visit(vec![(1, Value::Int(AT.0 - 5))]));
    let mut pulled = decode_pull(&logged.frame).unwrap();
    pulled[0].changes[0].body = None;
    let page = Page { frame: crate::protocol::frame::encode_pull(&pulled).unwrap(), ..logged };
    let mut other = envelope();
    if let Origin::Made(made) = &mut other.origin {
        made.kind = Kind::Concern;
    }
    let mut store = MemoryStore::default();
    let record = crate::engine::own::row_of(&other);
    assert_eq!(record.id, envelope().id());
    let body = vec![0, 0, 1, 200, 0];
    let place = Place::Unsent(1);
    let row = ChangeRow { record: record.id, actor: own.actor, seq: 1, deps: None, body, place };
    store.commit(&[Write::PutRecord(record), Write::PutChange(row)]).unwrap();
    assert!(matches!(incoming(&store, &page, &own), Err(ClientError::OwnMissing)));
}

/// A visit with a signature under the same actor, neither of them sent.
fn unsent(own: &Own) -> MemoryStore {
    let mut store = MemoryStore::default();
    let mut writes = vec![Write::PutRecord(crate::engine::own::row_of(&envelope()))];
    let (actor, by) = (own.actor, own.user);
    let author = actor.as_bytes().to_vec();
    writes.push(Write::Set(Shelf::Author, author, by.as_bytes().to_vec()));
    let first = visit(vec![(1, Value::Int(AT.0 - 5))]);
    let second = Signature { text: "It was noon.".into(), role: None }.entry();
    let mut history = History::new(envelope());
    for (seq, entry) in [(1, first), (2, second)] {
        let change = Change { actor, by, at: AT, clock_ahead_ms: 0, edits: vec![Edit::Add(entry)] };
        let body = change.encode_body();
        history.append(change, seq, None).unwrap();
        let deps = (seq > 1).then_some((actor, seq - 1));
        let deps = Some(crate::record::history::encode_deps(deps.as_slice()));
        let place = Place::Unsent(seq.into());
        let record = envelope().id();
        writes.push(Write::PutChange(ChangeRow { record, actor, seq, deps, body, place }));
    }
    store.commit(&writes).unwrap();
    store
}

/// The server has the first change, has another by the name of the second, and the right to read ended:
/// what would be written again has nothing to stand on.
#[test]
fn what_builds_on_a_copy_that_goes_is_given_back() {
    let own = Own { actor: Actor::from_bytes([1; 16]), ..somebody() };
    let answer = |seq, outcome| crate::protocol::message::Answer {
        record: envelope().id(),
        actor: own.actor,
        seq,
        outcome,
    };
    use crate::protocol::message::Outcome::{AlreadyHad, NotYet, Refused};
    for second in [Refused("actor_forked".to_owned()), NotYet] {
        let mut store = unsent(&own);
        let mut page = Page::new(ClusterId::from_bytes([7; 16]), AT);
        page.answers = vec![answer(1, AlreadyHad), answer(2, second)];
        page.dropped = vec![envelope().compartment.scope(&envelope().case)];
        let taken = incoming(&store, &page, &own).unwrap();
        store.commit(&taken.writes).unwrap();
        assert_eq!((taken.accepted, taken.returned), (1, 1));
        assert_eq!(store.unsent(0, 9).unwrap(), []);
        let returned = store.returned().unwrap();
        assert_eq!((returned.len(), returned[0].reason.as_str()), (1, "not_found"));
        assert_eq!(store.record(&envelope().id()).unwrap(), None);
    }
}

/// A server and a phone were both put back: the phone gave a name again that another phone has of the log
/// that is gone.
#[test]
fn others_work_by_a_name_that_was_given_again_makes_way() {
    let own = somebody();
    let first = page(visit(vec![(1, Value::Int(AT.0 - 5))]));
    let again = page(visit(vec![(1, Value::Int(AT.0 - 9))]));
    let empty = Page { anew: true, cursor: vec![2], ..Page::new(first.cluster, AT) };
    let at_once = vec![first.clone(), Page { anew: true, ..again.clone() }];
    let (done, later) = (Page { anew: false, ..empty.clone() }, again.clone());
    for pages in [at_once, vec![first, empty, done, later]] {
        let mut store = MemoryStore::default();
        for page in &pages {
            store_page(&mut store, page, &own);
        }
        let pulled = decode_pull(&again.frame).unwrap();
        let rows = store.changes(&envelope().id()).unwrap();
        assert_eq!(Some(&rows[0].body), pulled[0].changes[0].body.as_ref());
    }
}

/// What was put away as held says less than a round that was cut: a part of that is here.
#[test]
fn what_a_phone_held_is_told_up_to_the_round_that_was_cut() {
    let (own, key) = (somebody(), held_key(&put_back::CLUSTER));
    for (known, left, held) in [(true, 1, Some(vec![5])), (true, 0, None), (false, 1, None)] {
        let mut store = put_back::phone(&own);
        let before = known.then(|| Write::Set(Shelf::Meta, key.clone(), vec![4]));
        store.commit(&before.into_iter().collect::<Vec<_>>()).unwrap();
        let page = Page { number: 1, left, cursor: vec![5], ..Page::new(put_back::CLUSTER, AT) };
        store_page(&mut store, &page, &own);
        assert_eq!(store.item(Shelf::Meta, &key).unwrap(), held, "{known}, {left} left");
    }
}

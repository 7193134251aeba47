//! What a page brings is checked as it stands, without a document.

use super::*;
use crate::engine::authors::{self, RecordError};
use crate::engine::hub::{LoggedChange, PageFrame};
use crate::ids::{ClusterId, DeviceId, UserId};
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::envelope::{Made, Origin};
use crate::record::kind::Kind;
use crate::record::schema::{AMENDMENTS, DETAILS};
use crate::record::value::Value;
use crate::store::memory::MemoryStore;
use crate::time::Timestamp;

const AT: Timestamp = Timestamp(1_790_000_000_000);

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

//! A record is read from rows in whatever order a store gives them.

use super::*;
use crate::engine::own::row_of;
use crate::ids::{CaseId, DeviceId};
use crate::record::change::Edit;
use crate::record::envelope::{Made, Origin};
use crate::record::history::encode_deps;
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::{Contribution, Signature};
use crate::store::Write;
use crate::store::memory::MemoryStore;
use crate::time::Timestamp;

const AT: Timestamp = Timestamp(1_790_000_000_000);

fn signed(actor: Actor, by: UserId) -> Vec<u8> {
    let entry = Signature { text: "As it was.".into(), role: None }.entry();
    Change { actor, by, at: AT, clock_ahead_ms: 0, edits: vec![Edit::Add(entry)] }.encode_body()
}

/// After a server was put back, one's own work has no place and others' has lost its own: what others
/// added to it stands after it all the same.
#[test]
fn others_work_may_build_on_own_work_that_is_to_be_sent_again() {
    let (own, other) = (Actor::from_bytes([1; 16]), Actor::from_bytes([2; 16]));
    let (me, them) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
    let made = Made {
        kind: Kind::Visit,
        creator: own,
        n: 1,
        user: me,
        device: DeviceId::from_bytes([3; 16]),
        framework: String::new(),
        at: AT,
    };
    let case = CaseId::from_bytes([9; 16]);
    let envelope = Envelope { case, compartment: Compartment::Team, origin: Origin::Made(made) };
    let row = |actor, by, deps: &[(Actor, u32)], place| ChangeRow {
        record: envelope.id(),
        actor,
        seq: 1,
        deps: Some(encode_deps(deps)),
        body: signed(actor, by),
        place,
    };
    let author = |actor: Actor, user: UserId| {
        Write::Set(Shelf::Author, actor.as_bytes().to_vec(), user.as_bytes().to_vec())
    };
    let mut store = MemoryStore::default();
    let record = row_of(&envelope);
    let writes = [
        Write::PutRecord(record.clone()),
        Write::PutChange(row(own, me, &[], Place::Unsent(1))),
        Write::PutChange(row(other, them, &[(own, 1)], Place::Accepted(2))),
        author(own, me),
        author(other, them),
    ];
    store.commit(&writes).unwrap();
    let authors = Authors::load(&store).unwrap();
    let (loaded, whole) = load_readable(&store, &authors, &record).unwrap();
    assert!(whole);
    assert_eq!((loaded.placed, loaded.rows[0].actor, loaded.rows[1].actor), (0, own, other));
}

//! What is filled in is what is shown: through the gate's shape, the bytes and the fold.

mod drafts;
mod filled;
mod later;

use crate::framework::Catalogue;
use crate::gate::shape;
use crate::ids::{Actor, CaseId, DeviceId, EntryId, UserId};
use crate::merge::Context;
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::envelope::{Envelope, Made, Origin};
use crate::record::fold::{Folded, fold};
use crate::record::history::History;
use crate::record::kind::{Compartment, Kind};
use crate::time::Timestamp;
use crate::view::kinds::KindView;

/// Gaelic, Arabic, a family of emoji, a line's end: what people write.
const WORDS: &str = "Tha i gu math \u{2014} \u{628}\u{646}\u{62a} 👩‍👧‍👦\nan-diugh";

fn actor(n: u8) -> Actor {
    Actor::from_bytes([n; 16])
}

fn user(n: u8) -> UserId {
    UserId::from_bytes([n + 0x40; 16])
}

fn entry_id(n: u8, seq: u32, entry: u16) -> EntryId {
    EntryId { actor: actor(n), seq, n: entry }
}

fn envelope(kind: Kind) -> Envelope {
    let case = CaseId::from_bytes([9; 16]);
    if kind == Kind::Case {
        return Envelope::of_case(case, Compartment::Team);
    }
    let made = Made {
        kind,
        creator: actor(1),
        n: 1,
        user: user(1),
        device: DeviceId::from_bytes([0xB0; 16]),
        framework: "el-2007".into(),
        at: Timestamp(1_700_000_000_000),
    };
    Envelope { case, compartment: Compartment::Team, origin: Origin::Made(made) }
}

/// A record in which each of these people in turn added these entries, as it is read after its
/// bytes went over the wire.
fn record(kind: Kind, turns: Vec<(u8, Vec<NewEntry>)>) -> Folded {
    let mut history = History::new(envelope(kind));
    for (n, (author, entries)) in turns.into_iter().enumerate() {
        let change = Change {
            actor: actor(author),
            by: user(author),
            at: Timestamp(1_700_000_000_000 + n as i64),
            clock_ahead_ms: 0,
            edits: entries.into_iter().map(Edit::Add).collect(),
        };
        assert_eq!(shape::check(kind, &change), Ok(()), "{kind}: {change:?}");
        let body = change.encode_body();
        let sent = Change::decode_body(kind, change.actor, change.by, &body).unwrap();
        assert_eq!(sent, change);
        let seq = history.next_seq(&change.actor);
        history.append(sent, seq, None).unwrap();
    }
    let placed = history.links().len();
    fold(&history, placed)
}

fn read(folded: &Folded) -> KindView {
    KindView::read(folded, &Context::new(&Catalogue::new()))
}

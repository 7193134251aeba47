//! Every hostile meaning that was tried on the document engine itself. Numbers that begin with 2.1 are of
//! crafted inputs, those with 2.2 of well-formed changes of wrong meaning. Either our form can say it: then
//! it is crafted here, with the code that refuses it. Or it cannot: then its nearest spelling is here, which
//! no version reads.

mod base;

pub use base::Base;

use sync_core::codec::Writer;
use sync_core::ids::{Actor, EntryId};
use sync_core::limits::OPERATION_COUNTER;
use sync_core::protocol::frame::{PushedRecord, encode_push};
use sync_core::record::change::{Change, Edit, ElementId, Run};
use sync_core::record::schema::{FACTS, fact_field};
use sync_core::time::Timestamp;

use base::{AT, review_point, text};

/// A hostile meaning.
pub struct Meaning {
    /// Of which sort it is, and its place among those: its name in what a test says.
    pub number: &'static str,
    /// What it tries.
    pub name: &'static str,
    /// What a phone would send.
    pub sent: Sent,
    /// What it is told; see [`Told`].
    pub told: Told,
}

/// What a phone would send.
pub enum Sent {
    /// A record's changes.
    Record(Box<PushedRecord>),
    /// Bytes in a frame's place.
    Frame(Vec<u8>),
}

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Refused with this code.
    Refused(&'static str),
    /// To be pushed again when what is missing is there; nothing is kept meanwhile.
    Needs,
    /// Of a form of the future: kept on the phone, to be sent to a newer server.
    NotYet,
    /// No frame: not read at all, nothing is said of it.
    Unread,
    /// No frame for its size alone: not read either, but it goes back to its author.
    TooLong,
    /// Taken, and harmless.
    Taken,
}

/// Every hostile meaning.
#[must_use]
pub fn meanings(base: &Base) -> Vec<Meaning> {
    let mut all = crafted(base);
    all.extend(overflowing(base));
    all.extend(wrong(base));
    all.extend(wrong_edits(base));
    all.extend(poisonous(base));
    all.extend(odd(base));
    all
}

fn meaning(number: &'static str, name: &'static str, sent: Sent, told: Told) -> Meaning {
    Meaning { number, name, sent, told }
}

fn record(pushed: PushedRecord) -> Sent {
    Sent::Record(Box::new(pushed))
}

/// An honest change with bytes after its end.
fn after(base: &Base, extra: usize) -> Sent {
    let mut body = base.honest().changes.remove(0).body;
    body.extend(vec![0; extra]);
    record(base.body(body))
}

/// 2.1: inputs that make a reader allocate or spin by what they declare.
fn crafted(base: &Base) -> Vec<Meaning> {
    use Told::{Refused, Unread};
    let malformed = Refused("malformed");
    // Nothing inside a change is packed: these are the bytes that the engine takes for a chunk.
    let chunk = |kind: u8| {
        let mut bytes = vec![0x85, 0x6F, 0x4A, 0x83, 1, 2, 3, 4, kind];
        bytes.extend([0xFF, 0xFF, 0xFF, 0xFF, 0x07]);
        record(base.body(bytes))
    };
    let counted = |count: u64| {
        let mut writer = Writer::new();
        writer.uint(count);
        Sent::Frame(writer.finish())
    };
    let deleting = |count: u64| {
        record(base.runs(|it| {
            it.uint(1).byte(2).byte(0).uint(base.element(1).counter).uint(count);
        }))
    };
    let many_keys = || {
        record(base.edit(|it| {
            it.byte(FACTS).uint(10_000);
        }))
    };
    let replacing = |count: u64| {
        record(base.edit(|it| {
            it.byte(FACTS).uint(0).uint(count);
        }))
    };
    vec![
        meaning("2.1-1", "a compressed change with 100 MB of extra bytes", chunk(2), malformed),
        meaning("2.1-2", "bytes after the end of a change", after(base, 200_000), malformed),
        meaning("2.1-3", "a sync message of the engine's", chunk(0x42), malformed),
        meaning("2.1-4", "a document with a packed column", chunk(0), malformed),
        meaning("2.1-5", "a million operations in a run", deleting(1_000_000), malformed),
        meaning("2.1-6", "2^32 operations in a run", deleting(1 << 32), malformed),
        meaning("2.1-7", "10,000 operations that share a key", many_keys(), malformed),
        meaning(
            "2.1-8",
            "an operation with a million predecessors",
            replacing(1_000_000),
            malformed,
        ),
        meaning(
            "2.1-9",
            "a frame that says it has 100 million records",
            counted(100_000_000),
            Unread,
        ),
        meaning(
            "2.1-10",
            "a frame that says it has 10^10 records",
            counted(10_000_000_000),
            Unread,
        ),
    ]
}

/// 2.1, on: depth, counters, clocks, names, and what is waited for.
fn overflowing(base: &Base) -> Vec<Meaning> {
    use Told::{NotYet, Refused, TooLong, Unread};
    let malformed = Refused("malformed");
    vec![
        meaning("2.1-11", "a map within a field", record(nested(base)), NotYet),
        meaning(
            "2.1-12",
            "the last operation counter there is",
            record(counter(base, u64::MAX)),
            malformed,
        ),
        meaning(
            "2.1-12b",
            "a counter past the record's",
            record(counter(base, OPERATION_COUNTER)),
            Refused("unknown_reference"),
        ),
        meaning(
            "2.1-13",
            "the first and the last moment there is",
            record(moment(base)),
            Told::Taken,
        ),
        meaning("2.1-13b", "an actor of half a megabyte", Sent::Frame(long_actor(base)), Unread),
        meaning("2.1-13c", "a forged author's footer", after(base, 16), malformed),
        meaning(
            "2.1-14",
            "a change whose dependencies never come",
            record(unknown_deps(base)),
            Told::Needs,
        ),
        meaning(
            "2.1-15",
            "a change too large for its limit",
            Sent::Frame(too_large(base)),
            TooLong,
        ),
        meaning(
            "2.1-16",
            "4,001 operations that are all spelt",
            record(many_characters(base)),
            Refused("too_many_operations"),
        ),
    ]
}

fn nested(base: &Base) -> PushedRecord {
    base.edit(|it| {
        it.byte(FACTS).uint(1).byte(fact_field::VALUE).byte(9).uint(400);
    })
}

fn counter(base: &Base, counter: u64) -> PushedRecord {
    base.runs(|it| {
        it.uint(1).byte(1).byte(0).uint(counter).text("x");
    })
}

fn moment(base: &Base) -> PushedRecord {
    let (actor, by) = (base.actor, base.user);
    let edits = vec![Edit::Add(review_point(Vec::new()))];
    let change = Change { actor, by, at: Timestamp(i64::MIN), clock_ahead_ms: i64::MAX, edits };
    base.sends(2, &base.own(), change)
}

fn long_actor(base: &Base) -> Vec<u8> {
    // An actor is sixteen bytes and has no length: a longer one is read as what follows it.
    let frame = encode_push(&[base.honest()]);
    let mut writer = Writer::new();
    writer.uint(1).bytes(&base.first.envelope).fixed(&vec![0xAA; 500_000]);
    writer.fixed(&frame);
    writer.finish()
}

fn unknown_deps(base: &Base) -> PushedRecord {
    let mut pushed = base.honest();
    let mut deps = base.own();
    deps.push((Actor::from_bytes([0xEE; 16]), 9));
    deps.sort_unstable();
    pushed.changes[0].deps = Some(deps);
    pushed
}

fn too_large(base: &Base) -> Vec<u8> {
    encode_push(&[base.body(vec![0; sync_core::limits::CHANGE_BYTES + 1])])
}

fn many_characters(base: &Base) -> PushedRecord {
    base.says(vec![Edit::Add(text(&"x".repeat(4_001)))])
}

/// 2.2: what panics when it is applied, or after.
fn wrong(base: &Base) -> Vec<Meaning> {
    use Told::Refused;
    let unknown = Refused("unknown_reference");
    let nowhere = EntryId { actor: base.actor, seq: 1, n: 77 };
    let splice = |entry, runs| record(base.says(vec![Edit::Splice { entry, runs }]));
    let insert = |after| vec![Run::Insert { after, text: "x".into() }];
    let stranger = ElementId { counter: 9_000, actor: Actor::from_bytes([0xEE; 16]) };
    let at_seq = |seq, deps: &[(Actor, u32)]| {
        record(base.says_at(seq, deps, vec![Edit::Add(review_point(Vec::new()))]))
    };
    vec![
        meaning("2.2-1", "an unknown object", splice(nowhere, insert(None)), unknown),
        meaning(
            "2.2-2",
            "an object that is a scalar",
            splice(base.entry(1), insert(None)),
            unknown,
        ),
        meaning(
            "2.2-3",
            "an insert after an unknown element",
            splice(base.entry(0), insert(Some(stranger))),
            unknown,
        ),
        meaning(
            "2.2-4",
            "an actor that begins at its second change",
            record(second_first(base)),
            Refused("out_of_order"),
        ),
        meaning(
            "2.2-5",
            "a gap in an actor's numbers",
            at_seq(3, &base.own()),
            Refused("out_of_order"),
        ),
    ]
}

/// 2.2, on: predecessors, and edits of a text that no text has.
fn wrong_edits(base: &Base) -> Vec<Meaning> {
    use Told::{NotYet, Refused};
    let (malformed, unknown) = (Refused("malformed"), Refused("unknown_reference"));
    let splice = |entry, runs| record(base.says(vec![Edit::Splice { entry, runs }]));
    let insert = |after| vec![Run::Insert { after, text: "x".into() }];
    let itself = EntryId { actor: base.actor, seq: 2, n: 0 };
    let replaces = |id| record(base.says(vec![Edit::Add(review_point(vec![id]))]));
    let run = |tag: u8| {
        record(base.runs(|it| {
            it.uint(1).byte(tag).byte(0).uint(base.element(1).counter).text("x");
        }))
    };
    let nothing_deleted = record(base.runs(|it| {
        it.uint(1).byte(2).byte(0).uint(base.element(1).counter).uint(0);
    }));
    vec![
        meaning("2.2-6", "a counter above 32 bits", record(counter(base, 1 << 40)), malformed),
        meaning("2.2-7", "a predecessor that is the change itself", replaces(itself), unknown),
        meaning("2.2-8", "a delete of nothing", nothing_deleted, malformed),
        meaning("2.2-9", "a key in a text", run(4), NotYet),
        meaning("2.2-10", "a set at an element of a text", run(3), NotYet),
        meaning(
            "2.2-11",
            "an insert into a map",
            splice(base.entry(1), insert(Some(base.element(1)))),
            unknown,
        ),
        meaning(
            "2.2-12",
            "a delete past the end of a text",
            splice(base.entry(0), vec![Run::Delete { from: base.element(1), count: 400 }]),
            unknown,
        ),
        meaning(
            "2.2-13",
            "counters used again",
            record(same_number(base)),
            Refused("actor_forked"),
        ),
    ]
}

/// A stranger's first change that calls itself the second.
fn second_first(base: &Base) -> PushedRecord {
    let mut pushed = base.says_at(2, &[], vec![Edit::Add(review_point(Vec::new()))]);
    pushed.first_seq = 2;
    pushed
}

/// The number of the first change, with other content.
fn same_number(base: &Base) -> PushedRecord {
    let mut pushed = base.honest();
    pushed.first_seq = 1;
    pushed.changes[0].deps = Some(Vec::new());
    pushed
}

/// 2.2, on: what is applied and saved and can never be loaded again.
fn poisonous(base: &Base) -> Vec<Meaning> {
    use Told::{NotYet, Refused};
    let malformed = Refused("malformed");
    let never = EntryId { actor: Actor::from_bytes([0xEE; 16]), seq: 3, n: 1 };
    let replaces = record(base.says(vec![Edit::Add(review_point(vec![never]))]));
    // A number in more bytes than it needs: a run of length one where a literal would do.
    let overlong = record(base.edit(|it| {
        it.byte(FACTS).byte(0x80).byte(0x00);
    }));
    let unsorted = record(base.edit(|it| {
        it.byte(FACTS).uint(2).byte(fact_field::VALUE).byte(4).byte(fact_field::FACT).byte(4);
    }));
    // The author's own id in the long spelling of somebody else's.
    let long_name = record(base.edit(|it| {
        it.byte(0).byte(1).fixed(base.actor.as_bytes()).uint(1).uint(0).uint(1).byte(0).text("x");
    }));
    let marked = record(base.runs(|it| {
        it.uint(1).byte(7).byte(0).uint(base.element(1).counter).text("bold");
    }));
    let second = record(base.says_at(2, &[], vec![Edit::Add(review_point(Vec::new()))]));
    vec![
        meaning(
            "2.2-14",
            "a predecessor that does not exist",
            replaces,
            Refused("unknown_reference"),
        ),
        meaning("2.2-15", "a mark", marked, NotYet),
        meaning(
            "2.2-16",
            "a second change that does not build on the first",
            second,
            Refused("out_of_order"),
        ),
        meaning("2.2-17", "a number in more bytes than it needs", overlong, malformed),
        meaning("2.2-18", "fields in another order", unsorted, malformed),
        meaning("2.2-19", "a name in a spelling of its own", long_name, malformed),
    ]
}

/// 2.2, last: what is taken and harmless only if it is expected; forks; other people's names.
fn odd(base: &Base) -> Vec<Meaning> {
    use Told::{NotYet, Refused, Taken, Unread};
    let tagged = |tag: u8| {
        record(base.edit(|it| {
            it.byte(FACTS).uint(1).byte(fact_field::VALUE).byte(tag).uint(1);
        }))
    };
    let mut twice = base.honest();
    let doubled = [base.own(), base.own()].concat();
    twice.changes[0].deps = Some(doubled);
    let twice = Sent::Frame(encode_push(&[twice]));
    // An assertion that says it replaces an entry of another sort: it replaces nothing.
    let other = record(base.says(vec![Edit::Add(review_point(vec![base.entry(0)]))]));
    let mut another = base.honest();
    another.changes[0].hash = [0xAB; 16];
    vec![
        meaning("2.2-20", "a replacement of another key", other, Taken),
        meaning("2.2-21", "an increment", tagged(10), NotYet),
        meaning("2.2-22", "a table", tagged(11), NotYet),
        meaning("2.2-23", "a scalar of no known type", tagged(0xFF), NotYet),
        meaning("2.2-24", "not a number", tagged(12), NotYet),
        meaning("2.2-25", "a field without a name", record(nameless(base)), NotYet),
        meaning("2.2-26", "a dependency named twice", twice, Unread),
        meaning(
            "2.2-27",
            "a fork of one actor",
            record(same_number(base)),
            Refused("actor_forked"),
        ),
        meaning("2.2-28", "a hash of something else", record(another), Refused("wrong_hash")),
        meaning("2.2-29", "nothing said", record(base.body(empty())), Refused("malformed")),
    ]
}

fn nameless(base: &Base) -> PushedRecord {
    base.edit(|it| {
        it.byte(FACTS).uint(1).byte(0).byte(4).uint(0);
    })
}

fn empty() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.int(AT.0).int(0).uint(0);
    writer.finish()
}

//! What goes into which batch, and that nothing waits for what must wait.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::codec::Reader;
use crate::device::Saved;
use crate::device::testing::enrolled;
use crate::engine::authors::RecordError;
use crate::ids::{Actor, CaseId, DeviceId, UserId};
use crate::limits::REQUEST_INFLATED_BYTES;
use crate::protocol::frame::{PulledChange, PulledRecord, decode_push, encode_pull};
use crate::protocol::message::{Answer, Outcome};
use crate::protocol::stream::{PageWriter, decode_request};
use crate::record::envelope::Envelope;
use crate::record::kind::Compartment;
use crate::record::kinds::Draft;
use crate::record::kinds::case::CaseFacts;
use crate::record::kinds::concern::ConcernDraft;
use crate::record::kinds::visit::VisitDraft;
use crate::store::memory::MemoryStore;

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A pushed change: its record, its kind and its author's number.
type Sent = (RecordId, Kind, u32);

/// A server that takes everything but some kinds, which it does not know yet.
#[derive(Default)]
struct Hub {
    not_yet: BTreeSet<Kind>,
    batches: Vec<Vec<Sent>>,
    pulled: usize,
}

impl Transport for Hub {
    fn exchange(&mut self, _: &str, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let request = decode_request(body, REQUEST_INFLATED_BYTES).unwrap();
        let mut page = Page::new(CLUSTER, NOW);
        let mut batch = Vec::new();
        for pushed in request.batches.iter().flat_map(|it| decode_push(&it.frame).unwrap()) {
            let envelope = Envelope::decode(&pushed.envelope).unwrap();
            for (seq, _) in (pushed.first_seq..).zip(&pushed.changes) {
                batch.push((envelope.id(), envelope.kind(), seq));
                let outcome = match self.not_yet.contains(&envelope.kind()) {
                    true => Outcome::NotYet,
                    false => Outcome::Accepted,
                };
                let (record, actor) = (envelope.id(), pushed.actor);
                page.answers.push(Answer { record, actor, seq, outcome });
            }
        }
        self.batches.push(batch);
        if !request.more {
            self.pulled += 1;
            page.cursor = vec![1];
        }
        let mut writer = PageWriter::new();
        let mut stream = writer.page(&page).unwrap();
        stream.extend(writer.finish().unwrap());
        Ok(Box::new(std::io::Cursor::new(stream)))
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

fn phone() -> Device<MemoryStore> {
    Device::open(enrolled("practitioner", &[CLUSTER])).unwrap()
}

fn begin(phone: &mut Device<MemoryStore>) -> CaseId {
    let facts: CaseFacts = serde_json::from_str(r#"{"given_name":"Ailsa"}"#).unwrap();
    phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap().case
}

fn make(phone: &mut Device<MemoryStore>, case: CaseId, draft: &impl Draft) -> Saved {
    let (kind, entries) = (draft.kind(), draft.entries());
    phone.make(case, kind, Compartment::Team, "", entries, NOW).unwrap()
}

fn visit(words: usize) -> VisitDraft {
    let draft = serde_json::json!({ "at": NOW, "narrative": "seen ".repeat(words) });
    serde_json::from_value(draft).unwrap()
}

fn concern(harm: Option<bool>) -> ConcernDraft {
    let draft = serde_json::json!({ "seen": "A bruise.", "harm_suspected": harm });
    serde_json::from_value(draft).unwrap()
}

fn sync(phone: &mut Device<MemoryStore>, hub: &mut Hub) -> SyncReport {
    let mut seed = 0;
    let mut random = || {
        seed += 1;
        [seed; 16]
    };
    phone.sync(hub, &|| NOW, &mut random, SyncControl::new()).unwrap()
}

#[test]
fn what_must_wait_keeps_nothing_else_waiting() {
    let mut phone = phone();
    let case = begin(&mut phone);
    // More than two batches of what this server does not know, and only then what it does.
    (0..30).for_each(|_| drop(make(&mut phone, case, &visit(1_000))));
    make(&mut phone, case, &concern(None));
    let mut hub = Hub { not_yet: [Kind::Visit].into(), ..Hub::default() };
    let report = sync(&mut phone, &mut hub);
    assert_eq!((report.accepted, report.waiting, report.returned), (2, 30, 0));
    assert_eq!(hub.pulled, 1, "the phone still hears what is new");
    assert_eq!(phone.only_here().unwrap().changes, 30);
    hub.not_yet.clear();
    let report = sync(&mut phone, &mut hub);
    assert_eq!((report.accepted, report.waiting), (30, 0));
    assert_eq!(phone.only_here().unwrap().changes, 0);
}

#[test]
fn a_case_that_the_server_does_not_know_yet_waits_as_a_whole() {
    let mut phone = phone();
    let case = begin(&mut phone);
    (0..30).for_each(|_| drop(make(&mut phone, case, &visit(1_000))));
    let mut hub = Hub { not_yet: Kind::ALL.into(), ..Hub::default() };
    let report = sync(&mut phone, &mut hub);
    assert_eq!((report.accepted, report.waiting, report.exchanges), (0, 31, 2));
    assert_eq!(hub.batches[1], [], "what came after the first batch was not tried");
}

/// A page with the phone's own visit in its place and a change of a newer version after it.
fn page_with_newer(phone: &Device<MemoryStore>, record: RecordId) -> Page {
    let own = phone.store.changes(&record).unwrap().remove(0);
    let other = (Actor::from_bytes([8; 16]), UserId::from_bytes([9; 16]));
    let mut body = own.body.clone();
    // The number of edits follows the two times; then comes the collection's code.
    let at = edits_at(&own.body) + 1;
    body[at] = 99;
    let user = phone.identity.principal.user;
    let pulled = |(actor, user), seq, body| PulledChange { actor, user, seq, deps: None, body };
    let envelope = phone.store.record(&record).unwrap().unwrap().envelope;
    let record = PulledRecord {
        record,
        envelope: Some(envelope),
        first_position: 1,
        changes: vec![pulled((own.actor, user), 1, None), pulled(other, 1, Some(body))],
    };
    Page {
        frame: encode_pull(&[record]).unwrap(),
        cursor: vec![2],
        receipt: vec![0; 16],
        ..Page::new(CLUSTER, NOW)
    }
}

/// Where a body's number of edits stands: after two numbers.
fn edits_at(body: &[u8]) -> usize {
    let mut reader = Reader::new(body);
    reader.int().unwrap();
    reader.int().unwrap();
    body.len() - reader.left()
}

#[test]
fn own_work_goes_though_a_newer_app_wrote_in_the_record_meanwhile() {
    let mut phone = phone();
    let case = begin(&mut phone);
    let record = make(&mut phone, case, &visit(1)).record;
    sync(&mut phone, &mut Hub::default());
    let envelope = phone.envelope(&record).unwrap();
    let more = visit(2).entries();
    phone.add(&envelope, more.into_iter().skip(1).collect(), NOW).unwrap();
    let page = page_with_newer(&phone, record);
    let changed = phone.store_page(&page, NOW, &mut SyncReport::default()).unwrap();
    assert_eq!((changed.cases, changed.records), ([case].into(), [record].into()));
    assert_eq!(phone.unreadable(case).unwrap(), 1);
    assert_eq!(phone.caseload().unwrap()[0].only_here, 1);
    let again = phone.add(&envelope, visit(3).entries().into_iter().skip(1).collect(), NOW);
    assert!(matches!(again, Err(DeviceError::Record(RecordError::Newer))));
    let mut hub = Hub::default();
    let report = sync(&mut phone, &mut hub);
    assert_eq!((report.accepted, report.waiting), (1, 0));
    assert_eq!(hub.batches, [vec![(record, Kind::Visit, 2)]]);
}

#[test]
fn a_case_that_goes_from_the_phone_is_among_what_changed() {
    let mut phone = phone();
    let (case, other) = (begin(&mut phone), begin(&mut phone));
    let record = make(&mut phone, case, &visit(1)).record;
    make(&mut phone, other, &visit(1));
    sync(&mut phone, &mut Hub::default());
    let granted = crate::ids::ScopeId::from_bytes(*record.as_bytes());
    for scope in [Compartment::Team.scope(&case), granted] {
        let page = Page { dropped: vec![scope], cursor: vec![2], ..Page::new(CLUSTER, NOW) };
        let taken = incoming(&phone.store, &page, &phone.own()).unwrap();
        let changed = Changed::by(&phone.store, &page, &taken).unwrap();
        assert_eq!(changed.cases, [case].into());
        assert!(!changed.directory && !changed.returned);
    }
}

#[test]
fn what_this_app_cannot_read_of_its_own_waits_and_the_rest_goes() {
    let mut phone = phone();
    let case = begin(&mut phone);
    let record = make(&mut phone, case, &visit(1)).record;
    make(&mut phone, case, &visit(2));
    let mut row = phone.store.changes(&record).unwrap().remove(0);
    let mut store = MemoryStore::default();
    let at = edits_at(&row.body) + 1;
    row.body[at] = 99;
    // As an app that was newer left it: the same rows, one of them not to be read.
    for other in phone.store.records_of_case(&case).unwrap() {
        let rows = phone.store.changes(&other.id).unwrap();
        let rows = rows.into_iter().map(|it| if it.record == record { row.clone() } else { it });
        store.commit(&[Write::PutRecord(other)]).unwrap();
        store.commit(&rows.map(Write::PutChange).collect::<Vec<_>>()).unwrap();
    }
    for shelf in [Shelf::Meta, Shelf::Author, Shelf::Directory] {
        let items = phone.store.items(shelf).unwrap().into_iter();
        let writes: Vec<_> = items.map(|(key, value)| Write::Set(shelf, key, value)).collect();
        store.commit(&writes).unwrap();
    }
    let mut phone = Device::open(store).unwrap();
    let report = sync(&mut phone, &mut Hub::default());
    assert_eq!((report.accepted, report.waiting), (2, 1));
}

/// Who sees all that the phone ever sends cannot tell how many records it made, nor which case comes next.
#[test]
fn no_name_that_a_phone_gives_is_a_count() {
    let mut phone = phone();
    let (key, actor) = ([5; 32], phone.identity().actor);
    let cases = [1, 2].map(|n| (begin(&mut phone), CaseId::derive(&key, &actor, n)));
    assert!(cases.iter().all(|(case, expected)| case == expected));
    let numbers = [1, 2, 3].map(|count| {
        let record = make(&mut phone, cases[0].0, &visit(1)).record;
        let number = phone.envelope(&record).unwrap().made().unwrap().n;
        assert_eq!(number, crate::engine::numbers::number_of(&key, count));
        number
    });
    assert!(numbers.iter().all(|number| *number > 3), "{numbers:?}");
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    Visit(usize),
    Concern(bool),
    Told,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Begin),
        4 => (1_usize..6_000).prop_map(Step::Visit),
        2 => any::<bool>().prop_map(Step::Concern),
        1 => Just(Step::Told),
    ]
}

/// Plays steps, each on the newest case; which concerns are about harm.
fn play(phone: &mut Device<MemoryStore>, steps: &[Step]) -> BTreeSet<RecordId> {
    let mut case = begin(phone);
    let mut harmful = BTreeSet::new();
    for step in steps {
        match step {
            Step::Begin => case = begin(phone),
            Step::Visit(words) => drop(make(phone, case, &visit(*words))),
            Step::Concern(harm) => {
                let record = make(phone, case, &concern(Some(*harm))).record;
                harmful.extend(harm.then_some(record));
            }
            Step::Told => {
                let team = Envelope::of_case(case, Compartment::Team);
                let school = crate::device::Facts::new(crate::record::schema::Fact::School, "Glen");
                phone.assert(&team, &school, NOW).unwrap();
            }
        }
    }
    harmful
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn harm_goes_first_and_every_record_in_order(steps in prop::collection::vec(step(), 0..40)) {
        let mut phone = phone();
        let harmful = play(&mut phone, &steps);
        let all = phone.only_here().unwrap().changes as usize;
        let mut hub = Hub::default();
        sync(&mut phone, &mut hub);
        prop_assert_eq!(hub.batches.iter().map(Vec::len).sum::<usize>(), all);
        let mut next: BTreeMap<RecordId, u32> = BTreeMap::new();
        let mut begun = BTreeSet::new();
        let mut harm_left = harmful.len();
        for batch in &hub.batches {
            let harm_in = batch.iter().filter(|(record, ..)| harmful.contains(record)).count();
            harm_left -= harm_in;
            for (record, kind, seq) in batch {
                let next = next.entry(*record).or_insert(1);
                prop_assert_eq!(*next, *seq, "changes of a record come in order, each once");
                *next += 1;
                let case = phone.store().record(record).unwrap().unwrap().case;
                if *kind == Kind::Case {
                    begun.insert(case);
                }
                prop_assert!(begun.contains(&case), "a case is begun before anything of it");
                let urgent = *kind == Kind::Case || harmful.contains(record);
                prop_assert!(harm_left == 0 || urgent, "nothing goes before a concern about harm");
            }
        }
    }
}

//! What just fits into one change is saved, sent and read back by everybody; what is more is refused in words,
//! and nothing is saved of it.

use super::*;
use crate::device::TypedDraft;
use crate::device::testing::enrolled;
use crate::device::tests::{NOW, begin, phone};
use crate::engine::admit::{Judged, admit};
use crate::engine::client::Waiting;
use crate::gate::refusal::{COPY_TOO_LONG, TOO_LONG, TOO_MANY_ENTRIES};
use crate::ids::{AgencyId, UserId};
use crate::limits::{
    CHANGE_BYTES, DEPENDENCIES_PER_CHANGE, EDITS_PER_CHANGE, REPLACES_PER_ENTRY, STRING_BYTES,
};
use crate::protocol::frame::{PushedRecord, decode_push};
use crate::record::kinds::sharing_decision::SharingDecisionDraft;
use crate::record::kinds::visit::{Narrative, VisitDraft};
use crate::record::kinds::{Contribution as _, Draft as _};
use crate::store::memory::MemoryStore;

type Phone = Device<MemoryStore>;

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);

fn own(case: CaseId) -> Envelope {
    Envelope::of_case(case, Compartment::Team)
}

fn narrative(bytes: usize) -> NewEntry {
    Narrative { text: "x".repeat(bytes) }.entry()
}

fn details() -> Vec<NewEntry> {
    let draft = serde_json::json!({ "at": NOW });
    serde_json::from_value::<VisitDraft>(draft).unwrap().entries()
}

/// The entries of a visit whose change has so many bytes.
fn visit_of(phone: &Phone, bytes: usize) -> Vec<NewEntry> {
    let with = |last: usize| {
        let mut entries = details();
        entries.extend([STRING_BYTES; 3].map(narrative));
        entries.push(narrative(last));
        entries
    };
    let (actor, by) = (phone.identity().actor, phone.identity().principal.user);
    let size = |entries: Vec<NewEntry>| {
        let edits = entries.into_iter().map(Edit::Add).collect();
        Change { actor, by, at: NOW, clock_ahead_ms: 0, edits }.encode_body().len()
    };
    with(20_000 + bytes - size(with(20_000)))
}

fn make(phone: &mut Phone, case: CaseId, entries: Vec<NewEntry>) -> Result<Saved, DeviceError> {
    phone.make(case, Kind::Visit, Compartment::Team, "", entries, NOW)
}

/// What the phone sends of a record, as a server reads it.
fn sent(phone: &Phone, record: &RecordId) -> PushedRecord {
    let unsent = phone.store.unsent(0, 999).unwrap().into_iter().map(|row| row.record);
    let mut others: Waiting = unsent.filter(|id| id != record).collect();
    let out = phone.outgoing(NOW, [7; 16], &mut others).unwrap();
    let batches = out.request.batches.iter();
    let mut records: Vec<_> = batches.flat_map(|it| decode_push(&it.frame).unwrap()).collect();
    assert_eq!(records.len(), 1);
    records.remove(0)
}

/// What everybody else reads of a case's own record once the server has taken what is sent of it.
fn taken(phone: &Phone, case: CaseId) {
    let loaded = phone.history(&own(case)).unwrap();
    let mut there = loaded.history.clone();
    there.truncate(loaded.placed);
    let (pushed, user) = (sent(phone, &own(case).id()), phone.identity().principal.user);
    let judged = admit(&mut there, None, &pushed, user, &|_, _, _| Ok(()));
    assert!(judged.iter().all(|(_, it)| matches!(it, Judged::Accepted(_))), "{judged:?}");
    assert_eq!(fold(&there, 0).entries, fold(&loaded.history, 0).entries);
}

/// Whether exactly these entries are read back of a record.
fn reads(phone: &Phone, record: &RecordId, entries: &[NewEntry]) -> bool {
    let read = phone.record(record).unwrap().entries;
    read.len() == entries.len() && read.iter().zip(entries).all(|(a, b)| a.fields == b.fields)
}

/// The work is refused with this code and in words, and leaves nothing behind.
fn refused<T: std::fmt::Debug>(
    phone: &mut Phone,
    code: &str,
    work: impl FnOnce(&mut Phone) -> Result<T, DeviceError>,
) {
    let before = phone.store().clone();
    match work(phone) {
        Err(DeviceError::Refused(why)) => {
            assert_eq!(why.code(), code);
            assert!(!why.to_string().contains(code), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert!(*phone.store() == before, "something was saved");
}

#[test]
fn a_change_of_the_largest_size_is_saved_and_sent_and_no_larger_one() {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let entries = visit_of(&phone, CHANGE_BYTES);
    let record = make(&mut phone, case, entries.clone()).unwrap().record;
    assert_eq!(sent(&phone, &record).changes[0].body.len(), CHANGE_BYTES);
    assert!(reads(&phone, &record, &entries));
    let fields = vec![("narrative".to_owned(), "all of it".to_owned())];
    let typed = TypedDraft { screen: "visit".into(), fields, at: NOW };
    phone.keep_draft(&typed).unwrap();
    let entries = visit_of(&phone, CHANGE_BYTES + 1);
    refused(&mut phone, TOO_LONG, |phone| {
        phone.saving_draft("visit", |phone| make(phone, case, entries))
    });
    assert_eq!(phone.draft("visit").unwrap(), Some(typed), "what was typed stays");
}

#[test]
fn a_change_of_the_most_entries_is_saved_and_sent_and_none_of_more() {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let mut entries = details();
    entries.resize(EDITS_PER_CHANGE, narrative(9));
    let record = make(&mut phone, case, entries.clone()).unwrap().record;
    assert_eq!(sent(&phone, &record).changes.len(), 1);
    assert!(reads(&phone, &record, &entries));
    entries.push(narrative(9));
    refused(&mut phone, TOO_MANY_ENTRIES, |phone| make(phone, case, entries));
}

fn school(n: usize) -> Facts {
    Facts::new(Fact::School, format!("School {n}"))
}

/// Schools that nobody replaced, by name.
fn standing(phone: &Phone, case: CaseId) -> Vec<EntryId> {
    let folded = phone.record(&own(case).id()).unwrap();
    let said = folded.entries.iter().filter_map(|entry| entry.assertion());
    let said: Vec<_> = said.filter(|it| it.fact == Fact::School).collect();
    let gone: Vec<EntryId> = said.iter().flat_map(|it| it.entry.replaces.clone()).collect();
    let mut ids: Vec<_> = said.iter().map(|it| it.entry.id).collect();
    ids.retain(|id| !gone.contains(id));
    ids.sort_unstable();
    ids
}

#[test]
fn as_many_rivals_as_an_assertion_may_replace_are_replaced_and_the_rest_by_the_next() {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let many = |count: usize| (0..count).map(|n| school(n).entry(Vec::new())).collect::<Vec<_>>();
    phone.add(&own(case), many(REPLACES_PER_ENTRY), NOW).unwrap();
    phone.assert(&own(case), &school(99), NOW).unwrap();
    assert_eq!(standing(&phone, case).len(), 1);
    assert_eq!(sent(&phone, &own(case).id()).changes.len(), 3);
    phone.add(&own(case), many(REPLACES_PER_ENTRY + 1), NOW).unwrap();
    let all = standing(&phone, case)[..=REPLACES_PER_ENTRY].to_vec();
    refused(&mut phone, TOO_MANY_AT_ONCE, |phone| {
        phone.add(&own(case), vec![school(99).entry(all)], NOW)
    });
    phone.assert(&own(case), &school(99), NOW).unwrap();
    assert_eq!(standing(&phone, case).len(), 3);
    phone.assert(&own(case), &school(99), NOW).unwrap();
    assert_eq!(standing(&phone, case).len(), 1);
    taken(&phone, case);
}

/// Colleagues' words arrive in a case's own record, each by one who had seen none of the others'.
fn arrive(phone: Phone, case: CaseId, said: &[Facts]) -> Phone {
    let mut store = phone.into_store();
    let mut writes = Vec::new();
    for (n, facts) in (1_u8..).zip(said) {
        let (actor, by) = (Actor::from_bytes([0x80 + n; 16]), UserId::from_bytes([0x80 + n; 16]));
        let edits = vec![Edit::Add(facts.entry(Vec::new()))];
        let body = Change { actor, by, at: NOW, clock_ahead_ms: 0, edits }.encode_body();
        let (record, deps) = (own(case).id(), Some(encode_deps(&[])));
        let place = Place::Placed(n.into());
        writes.push(Write::PutChange(ChangeRow { record, actor, seq: 1, deps, body, place }));
        let (key, value) = (actor.as_bytes().to_vec(), by.as_bytes().to_vec());
        writes.push(Write::Set(Shelf::Author, key, value));
    }
    store.commit(&writes).unwrap();
    Device::open(store).unwrap()
}

fn schools(count: usize) -> Vec<Facts> {
    (0..count).map(school).collect()
}

/// How many changes the last one that is sent of a case's own record says that it builds on.
fn last_builds_on(phone: &Phone, case: CaseId) -> Option<usize> {
    let pushed = sent(phone, &own(case).id());
    pushed.changes.last().and_then(|change| change.deps.as_ref()).map(Vec::len)
}

#[test]
fn as_many_changes_are_built_on_as_one_may_name_and_the_rest_by_the_next() {
    // The phone's own beginning of the case is a head like each of the others.
    for others in
        [DEPENDENCIES_PER_CHANGE - 1, DEPENDENCIES_PER_CHANGE, 3 * DEPENDENCIES_PER_CHANGE]
    {
        let mut phone = phone();
        let case = begin(&mut phone, "Ailsa");
        phone = arrive(phone, case, &schools(others));
        let room = Facts::new(Fact::Classroom, "P3").entry(Vec::new());
        phone.add(&own(case), vec![room.clone()], NOW).unwrap();
        assert_eq!(last_builds_on(&phone, case), Some(DEPENDENCIES_PER_CHANGE), "{others}");
        taken(&phone, case);
        let heads = phone.history(&own(case)).unwrap().history.heads().len();
        assert_eq!(heads, others + 2 - DEPENDENCIES_PER_CHANGE);
        phone.add(&own(case), vec![room], NOW).unwrap();
        taken(&phone, case);
    }
}

#[test]
fn a_crowd_that_wrote_at_once_is_replaced_step_by_step() {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let many = DEPENDENCIES_PER_CHANGE + 8;
    phone = arrive(phone, case, &schools(many));
    let all = standing(&phone, case);
    refused(&mut phone, TOO_MANY_AT_ONCE, |phone| {
        phone.add(&own(case), vec![school(99).entry(all)], NOW)
    });
    let mut left = many;
    while left > 1 {
        phone.assert(&own(case), &school(99), NOW).unwrap();
        let now = standing(&phone, case).len();
        assert!(now < left, "{now} of {left} stand");
        left = now;
        taken(&phone, case);
    }
}

#[test]
fn a_crowd_that_disagrees_is_settled_step_by_step() {
    let mut phone = Device::open(enrolled("cluster_lead", &[CLUSTER])).unwrap();
    let case = begin(&mut phone, "Ailsa");
    let stage = |n: usize| if n.is_multiple_of(2) { "1" } else { "2" };
    let said = (0..DEPENDENCIES_PER_CHANGE + 8).map(|n| Facts::new(Fact::Stage, stage(n)));
    let said: Vec<_> = said.map(|it| it.in_words_of("east-lothian")).collect();
    phone = arrive(phone, case, &said);
    let record = own(case).id();
    let mut steps = 0;
    while !phone.conflicts(&record).unwrap().is_empty() {
        phone.settle(&record, Fact::Stage, "", "1".into(), "Agreed.", NOW).unwrap();
        taken(&phone, case);
        steps += 1;
        assert!(steps < 4);
    }
    assert!(steps > 1);
}

/// A visit for the own agency's people with so many narratives, each a third of what one change holds.
fn long_visit(phone: &mut Phone, case: CaseId, narratives: usize) -> RecordId {
    let place = Compartment::Agency(AgencyId::from_slug("health"));
    let record = phone.make(case, Kind::Visit, place, "", details(), NOW).unwrap().record;
    let envelope = phone.envelope(&record).unwrap();
    for _ in 0..narratives {
        phone.add(&envelope, vec![narrative(STRING_BYTES)], NOW).unwrap();
    }
    record
}

#[test]
fn a_record_is_copied_as_long_as_its_words_go_into_one_change() {
    let mut phone = phone();
    let (case, other) = (begin(&mut phone, "Ailsa"), begin(&mut phone, "Brodie"));
    let fits = long_visit(&mut phone, case, 3);
    let copy = phone.share(&fits, Compartment::Team, "They must know.", NOW).unwrap().record;
    assert_eq!(sent(&phone, &copy).changes.len(), 1);
    assert_eq!(phone.record(&copy).unwrap().entries_of(crate::record::schema::COPIES).count(), 4);
    let long = long_visit(&mut phone, case, 4);
    let team = Compartment::Team;
    refused(&mut phone, COPY_TOO_LONG, |phone| phone.share(&long, team, "They must know.", NOW));
    refused(&mut phone, COPY_TOO_LONG, |phone| phone.rehome(&long, other, team, "Wrong.", NOW));
    let decision: SharingDecisionDraft = serde_json::from_value(serde_json::json!({
        "what": "The visit.", "to": "The team.", "purpose": "They must know.", "basis": "consent",
        "consent_sought": true, "necessary_because": "Nobody else saw it.", "shared": true,
    }))
    .unwrap();
    refused(&mut phone, COPY_TOO_LONG, |phone| phone.share_because(&long, team, &decision, NOW));
    assert!(phone.record(&long).is_ok(), "the record itself is as it was");
}

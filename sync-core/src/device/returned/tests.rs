//! What came back is written again where it belongs; what was thrown away stays for its days.

use super::*;
use crate::device::attach::Attached;
use crate::device::lease::contact;
use crate::device::tests::{NOW, begin, phone, visit};
use crate::engine::incoming::incoming;
use crate::ids::ClusterId;
use crate::protocol::message::{Answer, Outcome, Page};
use crate::record::kinds::attachment::AttachmentSort;
use crate::record::kinds::visit::Narrative;
use crate::record::kinds::{Amendment, Contribution as _};
use crate::store::memory::MemoryStore;

type Phone = Device<MemoryStore>;

/// The server refuses all that is unsent of these records; gives the names of what came back.
fn come_back(phone: &mut Phone, records: &[RecordId]) -> Vec<u64> {
    let rows = phone.store.unsent(0, 99).unwrap().into_iter();
    let refused = rows.filter(|row| records.contains(&row.record)).map(|row| Answer {
        record: row.record,
        actor: row.actor,
        seq: row.seq,
        outcome: Outcome::Refused("not_in_team".to_owned()),
    });
    let cluster = ClusterId::from_bytes([1; 16]);
    let page = Page { answers: refused.collect(), ..Page::new(cluster, NOW) };
    let taken = incoming(&phone.store, &page, &phone.own()).unwrap();
    phone.store.commit(&taken.writes).unwrap();
    phone.read_again().unwrap();
    phone.returned().unwrap().iter().map(|work| work.id).collect()
}

/// A visit with a correction and a body map, all of which came back: the two records and what came back.
fn corrected_visit(phone: &mut Phone) -> ([RecordId; 2], Vec<u64>) {
    let case = begin(phone, "Ailsa");
    let seen = visit(phone, case, "A bruise.");
    let said = phone.record(&seen).unwrap();
    let of = said.entries_of(Narrative::COLLECTION).next().unwrap().id;
    let correction = Amendment { of, text: "A graze.".to_owned(), reason: "misheard".to_owned() };
    phone.add(&said.envelope, vec![correction.entry()], NOW).unwrap();
    let marks = br#"{"figure":"left_hand","marks":[]}"#;
    let map = phone.attach(&seen, AttachmentSort::BodyMap, marks, None, NOW).unwrap().record;
    let back = come_back(phone, &[seen, map]);
    assert_eq!(back.len(), 3, "the visit, its correction and the body map");
    ([seen, map], back)
}

#[test]
fn a_visit_its_correction_and_its_body_map_are_one_again() {
    let mut phone = phone();
    let ([seen, map], back) = corrected_visit(&mut phone);
    let [visit, correction, drawn] = [0, 1, 2].map(|n| phone.write_again(back[n], NOW).unwrap());
    assert_eq!(correction.record, visit.record);
    assert_eq!(phone.returned().unwrap(), []);
    // A screen has their old names, also after the app was closed.
    for mut phone in [Device::open(phone.store.clone()).unwrap(), phone] {
        assert_eq!(phone.store.record(&seen).unwrap(), None, "no empty record is left");
        let said = phone.record(&seen).unwrap();
        assert_eq!(said.envelope.id(), visit.record);
        let of = said.entries_of(Narrative::COLLECTION).next().unwrap().id;
        let corrections = said.entries.iter().filter_map(Amendment::read);
        assert_eq!(corrections.map(|it| it.of).collect::<Vec<_>>(), [of]);
        let attached = phone.attachments_of(&seen).unwrap().into_iter();
        assert_eq!(attached.map(|(record, _)| record).collect::<Vec<_>>(), [drawn.record]);
        assert!(matches!(phone.attachment(&map), Ok(Attached::Here(_))));
        assert_eq!(come_back(&mut phone, &[visit.record]).len(), 2, "it may come back again");
    }
}

#[test]
fn what_began_a_record_is_written_again_first() {
    let mut phone = phone();
    let (_, back) = corrected_visit(&mut phone);
    let before = phone.store.clone();
    for (early, code) in [(back[1], "out_of_order"), (back[2], "wrong_parent")] {
        let refused = phone.write_again(early, NOW);
        let is = |why: &Refusal| why.code() == code;
        assert!(matches!(&refused, Err(DeviceError::Refused(why)) if is(why)), "{refused:?}");
    }
    assert_eq!(phone.store, before, "everything is as it was");
}

#[test]
fn what_was_thrown_away_stays_for_its_days_whatever_the_clock_does() {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let records = ["One.", "Two.", "Three."].map(|words| visit(&mut phone, case, words));
    let back = come_back(&mut phone, &records);
    phone.store.commit(&[contact(NOW, NOW)]).unwrap();
    phone.discard(back[0], Timestamp(0)).unwrap();
    assert_eq!(phone.discarded().unwrap()[0].at, NOW, "not before the last contact");
    let later = NOW.plus_ms(DISCARDED_MS + 1);
    phone.discard(back[1], later).unwrap();
    assert_eq!(phone.discarded().unwrap().len(), 2, "a clock alone is not believed");
    phone.store.commit(&[contact(later, later)]).unwrap();
    phone.discard(back[2], later).unwrap();
    let left: Vec<u64> = phone.discarded().unwrap().iter().map(|it| it.work.id).collect();
    assert_eq!(left, back[1..]);
}

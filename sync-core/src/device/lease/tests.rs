//! Leases under made-up clocks.

use std::io::Read;

use super::*;
use crate::device::Session;
use crate::device::sync::SyncControl;
use crate::device::testing::enrolled;
use crate::device::transport::{Transport, TransportError};
use crate::engine::client::framework_key;
use crate::ids::{ClusterId, DeviceId};
use crate::protocol::message::Page;
use crate::protocol::stream::PageWriter;
use crate::store::memory::MemoryStore;

const CONTACT: Timestamp = Timestamp(1_790_000_000_000);
const GLEN: ClusterId = ClusterId::from_bytes([1; 16]);
const FORTH: ClusterId = ClusterId::from_bytes([2; 16]);

fn days(days: i64) -> Timestamp {
    CONTACT.plus_ms(days * Timestamp::DAY_MS)
}

/// A phone that has just enrolled in both clusters, whose frameworks are these.
fn phone(frameworks: &[(ClusterId, &str)]) -> Device<MemoryStore> {
    let mut store = enrolled("practitioner", &[GLEN, FORTH]);
    let set = |(cluster, name): &(ClusterId, &str)| {
        Write::Set(Shelf::Meta, framework_key(cluster), name.as_bytes().to_vec())
    };
    store.commit(&frameworks.iter().map(set).collect::<Vec<_>>()).unwrap();
    Device::open(store).unwrap()
}

/// As [`phone`], after an exchange.
fn in_contact(server: Timestamp, own: Timestamp) -> Device<MemoryStore> {
    let mut phone = phone(&[]);
    phone.store.commit(&[contact(server, own)]).unwrap();
    phone
}

#[test]
fn a_lease_ends_to_the_millisecond_and_a_contact_begins_another() {
    let mut phone = in_contact(CONTACT, CONTACT);
    let open = Lease::Open { until: days(14) };
    let over = Lease::Over { since: days(14) };
    assert_eq!(phone.lease(CONTACT).unwrap(), open);
    assert_eq!(phone.lease(days(14).plus_ms(-1)).unwrap(), open);
    assert_eq!(phone.lease(days(14)).unwrap(), over);
    phone.store.commit(&[contact(days(20), days(20))]).unwrap();
    assert_eq!(phone.lease(days(20)).unwrap(), Lease::Open { until: days(34) });
}

#[test]
fn a_clock_set_back_wins_nothing_however_often_the_phone_is_opened() {
    let mut phone = in_contact(CONTACT, CONTACT);
    assert!(matches!(phone.lease(days(13)).unwrap(), Lease::Open { .. }));
    // Set back, and run on for two days in steps: day 13 was seen, day 15 would be over.
    let mut phone = Device::open(phone.into_store()).unwrap();
    assert_eq!(phone.lease(days(1)).unwrap(), Lease::Open { until: days(14) });
    assert_eq!(Noted::load(&phone.store).unwrap().unwrap().seen, days(13));
    assert!(matches!(phone.lease(days(15)).unwrap(), Lease::Over { .. }));
    let mut phone = Device::open(phone.into_store()).unwrap();
    assert_eq!(phone.lease(days(1)).unwrap(), Lease::Over { since: days(14) });
}

#[test]
fn a_clock_that_is_wrong_at_the_contact_wins_nothing() {
    // A year behind: two weeks of its own time.
    let mut behind = in_contact(CONTACT, days(-365));
    assert_eq!(behind.lease(days(-365)).unwrap(), Lease::Open { until: days(-351) });
    assert!(matches!(behind.lease(CONTACT).unwrap(), Lease::Over { .. }), "put right afterwards");
    // A year ahead, and put right afterwards.
    let mut ahead = in_contact(CONTACT, days(365));
    assert_eq!(ahead.lease(CONTACT).unwrap(), Lease::Open { until: days(14) });
    assert!(matches!(ahead.lease(days(14)).unwrap(), Lease::Over { .. }));
}

#[test]
fn a_clock_that_was_once_far_ahead_is_forgiven_by_the_next_contact() {
    let mut phone = in_contact(CONTACT, CONTACT);
    assert!(matches!(phone.lease(days(4_000)).unwrap(), Lease::Over { .. }));
    assert!(matches!(phone.lease(days(1)).unwrap(), Lease::Over { .. }));
    phone.store.commit(&[contact(days(1), days(1))]).unwrap();
    assert_eq!(phone.lease(days(1)).unwrap(), Lease::Open { until: days(15) });
}

#[test]
fn without_contact_a_lease_runs_from_the_first_question() {
    let mut phone = phone(&[]);
    assert_eq!(phone.lease(CONTACT).unwrap(), Lease::Open { until: days(14) });
    let mut phone = Device::open(phone.into_store()).unwrap();
    assert_eq!(phone.lease(days(14)).unwrap(), Lease::Over { since: days(14) });
}

#[test]
fn the_shortest_lease_of_the_users_frameworks_holds() {
    let until = |frameworks: &[(ClusterId, &str)]| phone(frameworks).lease(CONTACT).unwrap();
    let east = (GLEN, "east-lothian");
    assert_eq!(until(&[east]), Lease::Open { until: days(14) });
    let both = [east, (FORTH, "four-stage-neighbour")];
    assert_eq!(until(&both), Lease::Open { until: days(7) });
    assert_eq!(until(&[(GLEN, "of nobody")]), Lease::Open { until: days(14) });
}

#[test]
fn reading_often_writes_rarely() {
    let mut phone = in_contact(CONTACT, CONTACT);
    let seen = |phone: &Device<MemoryStore>| Noted::load(&phone.store).unwrap().unwrap().seen;
    phone.lease(CONTACT.plus_ms(LEASE_NOTE_MS - 1)).unwrap();
    assert_eq!(seen(&phone), CONTACT);
    phone.lease(CONTACT.plus_ms(LEASE_NOTE_MS)).unwrap();
    assert_eq!(seen(&phone), CONTACT.plus_ms(LEASE_NOTE_MS));
}

#[test]
fn extreme_clocks_are_held() {
    for now in [Timestamp(i64::MIN), Timestamp(i64::MAX)] {
        in_contact(CONTACT, CONTACT).lease(now).unwrap();
        in_contact(now, CONTACT).lease(now).unwrap();
        in_contact(CONTACT, now).lease(CONTACT).unwrap();
    }
}

/// A server that has nothing to say but what time it is.
struct Server(Timestamp);

impl Transport for Server {
    fn exchange(&mut self, _: &str, _: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let mut writer = PageWriter::new();
        let mut stream = writer.page(&Page::new(GLEN, self.0)).unwrap();
        stream.extend(writer.finish().unwrap());
        Ok(Box::new(std::io::Cursor::new(stream)))
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

#[test]
fn an_exchange_is_a_contact() {
    let mut phone = phone(&[]);
    phone.lease(days(-30)).unwrap();
    assert!(matches!(phone.lease(CONTACT).unwrap(), Lease::Over { .. }));
    let mut server = Server(CONTACT);
    phone.sync(&mut server, &|| CONTACT, &mut || [7; 16], SyncControl::new()).unwrap();
    assert_eq!(phone.lease(CONTACT).unwrap(), Lease::Open { until: days(14) });
}

//! That a sync can be stopped anywhere and goes on later, and that screens hear what changed.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::atomic::AtomicU32;

use super::*;
use crate::device::sync::{Remedy, SyncError};
use crate::device::testing::enrolled;
use crate::device::transport::{Transport, TransportError};
use crate::device::{Device, DeviceError, Session};
use crate::ids::{CaseId, ClusterId, DeviceId};
use crate::limits::REQUEST_INFLATED_BYTES;
use crate::protocol::message::{DirectoryLine, Page};
use crate::protocol::stream::{PageWriter, decode_request};
use crate::store::StoreError;
use crate::store::memory::MemoryStore;
use crate::time::Timestamp;

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_790_000_000_000);
/// Pages that a phone which has nothing is sent.
const PAGES: u8 = 5;

const fn case(n: u8) -> CaseId {
    CaseId::from_bytes([n; 16])
}

fn page(n: u8) -> Page {
    let line = DirectoryLine {
        case: case(n),
        cluster: CLUSTER,
        name: "Ailsa Muir".into(),
        school: String::new(),
        ring: None,
        harm_since: None,
    };
    Page {
        directory: vec![line],
        cursor: vec![n],
        number: n.into(),
        left: (PAGES - n).into(),
        ..Page::new(CLUSTER, NOW)
    }
}

/// A server that sends one line of the directory a page, from where the phone stands.
#[derive(Default)]
struct Office {
    asked: u32,
    offline: bool,
    stop: Stop,
}

impl Transport for Office {
    fn exchange(&mut self, _: &str, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        self.asked += 1;
        if self.offline {
            return Err(TransportError::Offline);
        }
        let request = decode_request(body, REQUEST_INFLATED_BYTES).unwrap();
        let stands = request.cursors.first().and_then(|it| it.cursor.first().copied());
        let mut writer = PageWriter::new();
        let mut stream = Vec::new();
        for n in stands.unwrap_or(0) + 1..=PAGES {
            stream.extend(writer.page(&page(n)).unwrap());
        }
        stream.extend(writer.finish().unwrap());
        Ok(Box::new(Cursor::new(stream)))
    }

    fn stop_when(&mut self, stop: &Stop) {
        self.stop = stop.clone();
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

fn phone() -> Device<MemoryStore> {
    Device::open(enrolled("practitioner", &[CLUSTER])).unwrap()
}

fn sync(
    phone: &mut Device<MemoryStore>,
    office: &mut Office,
    control: SyncControl<'_>,
) -> Result<SyncReport, SyncError> {
    phone.sync(office, &|| NOW, &mut || [7; 16], control)
}

#[test]
fn a_stopped_sync_keeps_what_came_and_goes_on_later() {
    for stops_after in 1..PAGES {
        let (mut phone, mut office) = (phone(), Office::default());
        let stop = Stop::never();
        let mut watch = |progress: &Progress<'_>| {
            if progress.report.pages == u32::from(stops_after) {
                stop.now();
            }
        };
        let control = SyncControl::new().watched(&mut watch).stopped_by(stop.clone());
        let stopped = sync(&mut phone, &mut office, control).unwrap_err();
        assert!(matches!(stopped, SyncError::Stopped), "{stopped}");
        assert_eq!(phone.directory().unwrap().len(), usize::from(stops_after));
        assert!(office.stop.is_asked(), "the way was told whom to ask");
        let rest = sync(&mut phone, &mut office, SyncControl::new()).unwrap();
        assert_eq!(rest.first_page, Some(u32::from(stops_after) + 1));
        assert_eq!(rest.exchanges, 2, "what came since that round began is asked for, too");
        assert_eq!(phone.directory().unwrap().len(), usize::from(PAGES));
    }
}

#[test]
fn a_budget_that_is_spent_asks_the_server_for_nothing() {
    let (mut phone, mut office) = (phone(), Office::default());
    let asked = Arc::new(AtomicU32::new(0));
    let looks = asked.clone();
    let stop = Stop::when(move || {
        looks.fetch_add(1, Ordering::Relaxed);
        true
    });
    let control = SyncControl::new().stopped_by(stop.clone());
    let stopped = sync(&mut phone, &mut office, control);
    assert!(matches!(stopped, Err(SyncError::Stopped)));
    assert_eq!(office.asked, 0);
    assert!(stop.is_asked());
    assert_eq!(asked.load(Ordering::Relaxed), 1, "who said so once is not asked again");
}

#[test]
fn a_way_that_broke_off_when_it_was_told_to_is_no_failure() {
    let (mut phone, mut office) = (phone(), Office { offline: true, ..Office::default() });
    let failed = sync(&mut phone, &mut office, SyncControl::new());
    assert!(matches!(failed, Err(SyncError::Transport(TransportError::Offline))));
    // Asked before the exchange it says no, and yes from then on.
    let asked = AtomicU32::new(0);
    let stop = Stop::when(move || asked.fetch_add(1, Ordering::Relaxed) > 0);
    let stopped = sync(&mut phone, &mut office, SyncControl::new().stopped_by(stop));
    assert!(matches!(stopped, Err(SyncError::Stopped)));
}

#[test]
fn whoever_watches_hears_of_each_page_what_it_changed() {
    let (mut phone, mut office) = (phone(), Office::default());
    let mut heard = Vec::new();
    let mut watch = |progress: &Progress<'_>| {
        assert!(progress.changed.directory && !progress.changed.people);
        heard.push((progress.left, progress.changed.cases.clone()));
    };
    let control = SyncControl::new().watched(&mut watch);
    let report = sync(&mut phone, &mut office, control).unwrap();
    let expected: Vec<_> =
        (1..=PAGES).map(|n| (u64::from(PAGES - n), BTreeSet::from([case(n)]))).collect();
    assert_eq!(heard, expected);
    assert_eq!(report.changed.cases, (1..=PAGES).map(case).collect());
    let nothing = sync(&mut phone, &mut office, SyncControl::new()).unwrap();
    assert!(nothing.changed.is_empty());
}

#[test]
fn whoever_signed_out_shows_the_server_nothing() {
    let (mut phone, mut office) = (phone(), Office::default());
    phone.sign_out().unwrap();
    let refused = sync(&mut phone, &mut office, SyncControl::new());
    assert!(matches!(refused, Err(SyncError::Transport(TransportError::SignedOut))));
    assert_eq!(office.asked, 0);
}

#[test]
fn each_end_of_a_sync_says_what_helps() {
    use TransportError::{AppTooOld, Busy, Offline, Retired, ServerTooOld, SignedOut, Stolen};
    let way = SyncError::Transport;
    let store = |error| SyncError::Device(DeviceError::Store(error));
    let newer = StoreError::NewerSchema { found: 9, supported: 1 };
    let cases = [
        (way(Offline), Remedy::Later),
        (way(Busy), Remedy::Later),
        (way(ServerTooOld), Remedy::Later),
        (SyncError::Stopped, Remedy::Later),
        (way(SignedOut), Remedy::SignIn),
        (way(AppTooOld), Remedy::UpdateApp),
        (store(newer), Remedy::UpdateApp),
        (way(Retired), Remedy::Leave),
        (way(Stolen), Remedy::Leave),
        (store(StoreError::Full), Remedy::FreeSpace),
        (way(TransportError::Refused("no".into())), Remedy::Ask),
    ];
    for (error, remedy) in cases {
        assert_eq!(error.remedy(), remedy, "{error}");
    }
}

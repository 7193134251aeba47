//! What a phone costs its owner: opening, lists, search, a case, a visit saved; measured in a process of
//! its own, so that nothing else's memory is counted.

use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use sync_core::device::sync::{SyncControl, SyncError};
use sync_core::device::transport::{Transport, TransportError};
use sync_core::device::{Device, DeviceError, Session};
use sync_core::ids::{CaseId, DeviceId};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::store::StoreError;
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::time::Timestamp;

use crate::workload::measure::{cpu_s, peak_rss_mb};

/// The key of every measured phone.
pub const KEY: [u8; 32] = [9; 32];

/// Cases in a page of the caseload, as a screen asks for them.
const PAGE: usize = 20;

/// Medians of a phone in use, milliseconds by the clock on the wall.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct InUse {
    /// `use`.
    pub scenario: &'static str,
    /// Cases on the phone.
    pub cases: usize,
    /// Records on the phone.
    pub records: usize,
    /// To open the store and the phone, the key being there.
    pub open_ms: f64,
    /// To read the whole caseload.
    pub list_ms: f64,
    /// Both.
    pub open_and_list_ms: f64,
    /// To open a case of which the phone has about sixty records, with all of them typed.
    pub case_ms: f64,
    /// How many records that case has.
    pub case_records: usize,
    /// To search a word that is in many records.
    pub search_ms: f64,
    /// To save a visit durably.
    pub save_ms: f64,
    /// Memory held right after opening and the list, megabytes.
    pub idle_rss_mb: u64,
    /// Whether the file is encrypted.
    pub encrypted: bool,
    /// The build.
    pub profile: &'static str,
}

/// A first sync in a process of its own.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FirstSync {
    /// `first_sync`.
    pub scenario: &'static str,
    /// Processor time until everything is stored and verified, seconds.
    pub client_cpu_s: f64,
    /// Processor time to make lists and search ready afterwards, seconds.
    pub ready_cpu_s: f64,
    /// Most memory that the process held during the exchange, megabytes.
    pub peak_rss_mb: u64,
    /// The same, after lists and search were made ready.
    pub peak_ready_rss_mb: u64,
    /// Changes that came.
    pub received: usize,
    /// Whether the file is encrypted.
    pub encrypted: bool,
    /// The build.
    pub profile: &'static str,
}

/// Answers that a server gave to a phone of the same state.
struct Replay(std::vec::IntoIter<Vec<u8>>);

impl Transport for Replay {
    fn exchange(&mut self, _: &str, _: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let answer = self.0.next().ok_or(TransportError::Offline)?;
        Ok(Box::new(Cursor::new(answer)))
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

fn open(file: &Path) -> Result<Device<SqliteStore>, DeviceError> {
    Device::open(SqliteStore::open(file, &Key::new(KEY))?)
}

/// Takes a first sync from what a server answered, and makes lists and search ready.
///
/// # Errors
/// [`SyncError`]
pub fn first_sync(file: &Path, answers: Vec<Vec<u8>>) -> Result<FirstSync, SyncError> {
    let mut phone = open(file)?;
    let mut replay = Replay(answers.into_iter());
    let (clock, mut salts) = (|| Timestamp(1_795_000_000_000), || [6; 16]);
    let began = cpu_s();
    let report = phone.sync(&mut replay, &clock, &mut salts, SyncControl::new())?;
    let (stored, peak) = (cpu_s(), peak_rss_mb());
    phone.tidy(&mut |_| true)?;
    Ok(FirstSync {
        scenario: "first_sync",
        client_cpu_s: stored - began,
        ready_cpu_s: cpu_s() - stored,
        peak_rss_mb: peak,
        peak_ready_rss_mb: peak_rss_mb(),
        received: report.received,
        encrypted: is_encrypted(file).map_err(DeviceError::from)?,
        profile: profile(),
    })
}

/// Uses a phone `times` times.
///
/// # Errors
/// [`DeviceError`]
pub fn in_use(file: &Path, times: usize) -> Result<InUse, DeviceError> {
    let mut spent: [Vec<f64>; 6] = Default::default();
    let (mut cases, mut idle_rss_mb) = (Vec::new(), 0);
    for _ in 0..times {
        let began = Instant::now();
        let phone = open(file)?;
        spent[0].push(ms(began));
        let listing = Instant::now();
        cases = phone.caseload()?.into_iter().map(|line| line.case).collect();
        spent[1].push(ms(listing));
        spent[2].push(ms(began));
        idle_rss_mb = rss_mb();
    }
    let mut phone = open(file)?;
    let (full, case_records) = case_of_sixty(&phone, &cases)?;
    for n in 0..times {
        let began = Instant::now();
        phone.open_case(full, Timestamp(1_795_000_000_000 + n as i64))?;
        phone.sheets(full)?;
        spent[3].push(ms(began));
        let began = Instant::now();
        phone.search("school", PAGE)?;
        spent[4].push(ms(began));
        let began = Instant::now();
        save(&mut phone, cases[n % cases.len()], n)?;
        spent[5].push(ms(began));
    }
    let records = count(&phone, &cases)?;
    let [open_ms, list_ms, open_and_list_ms, case_ms, search_ms, save_ms] = spent.map(median);
    Ok(InUse {
        scenario: "use",
        cases: cases.len(),
        records,
        open_ms,
        list_ms,
        open_and_list_ms,
        case_ms,
        case_records,
        search_ms,
        save_ms,
        idle_rss_mb,
        encrypted: is_encrypted(file)?,
        profile: profile(),
    })
}

fn save(phone: &mut Device<SqliteStore>, case: CaseId, n: usize) -> Result<(), DeviceError> {
    let at = Timestamp(1_795_000_000_000 + n as i64);
    let form = VisitDraft {
        at,
        planned: None,
        minutes: Some(30),
        place: None,
        sort: None,
        purpose: None,
        present: None,
        child_seen: Some(true),
        seen_alone: None,
        next_contact: None,
        visit_group: None,
        reference: None,
        narrative: Some("A visit of the measurement: the child drew a house and a cat.".into()),
    };
    phone.make(case, Kind::Visit, Compartment::Team, "", form.entries(), at)?;
    Ok(())
}

/// The case whose records come closest to sixty.
fn case_of_sixty(
    phone: &Device<SqliteStore>,
    cases: &[CaseId],
) -> Result<(CaseId, usize), DeviceError> {
    use sync_core::store::Store as _;
    let mut best = (CaseId::from_bytes([0; 16]), 0_usize);
    for case in cases {
        let records = phone.store().records_of_case(case)?.len();
        if records.abs_diff(60) < best.1.abs_diff(60) {
            best = (*case, records);
        }
    }
    Ok(best)
}

fn count(phone: &Device<SqliteStore>, cases: &[CaseId]) -> Result<usize, StoreError> {
    use sync_core::store::Store as _;
    let mut records = 0;
    for case in cases {
        records += phone.store().records_of_case(case)?.len();
    }
    Ok(records)
}

fn is_encrypted(file: &Path) -> Result<bool, StoreError> {
    let mut head = [0; 16];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut head));
    read.map_err(|error| StoreError::Io(error.kind().to_string()))?;
    Ok(!head.starts_with(b"SQLite format 3"))
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    (median * 1e3).round() / 1e3
}

/// Memory held now.
fn rss_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}

const fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}

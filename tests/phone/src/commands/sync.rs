//! The exchange with the server.

use std::io::IsTerminal as _;
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use sync_core::device::attach::{Carried, send_attachments};
use sync_core::device::https::{Https, Traffic};
use sync_core::device::sync::{Progress, Remedy, Stop, SyncControl, SyncReport};
use sync_core::device::{DeviceError, Enrolled, Parting};
use sync_core::store::{Shelf, Store as _, Write};

use crate::cli::Act;
use crate::commands::status::LAST_SYNC;
use crate::failure::Failure;
use crate::home::{Home, Phone, items, random};
use crate::output::{self, Answer};
use crate::parting;

/// From so many waiting changes on, progress is worth a line.
const MANY: u64 = 500;
/// The system counts a process's time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Args)]
pub(crate) struct Sync {
    /// Say what it cost.
    #[arg(long)]
    stats: bool,
}

/// What a sync cost.
#[derive(Serialize)]
struct Cost {
    /// Bytes above TLS, headers and all.
    wire_up: u64,
    wire_down: u64,
    wall_ms: u128,
    /// User and system time; none where the system does not tell.
    cpu_s: Option<f64>,
}

#[derive(Serialize)]
struct Synced {
    #[serde(flatten)]
    report: SyncReport,
    only_here: u64,
    attachments: Carried,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
}

impl Act for Sync {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let began = Instant::now();
        let mut phone = home.open()?;
        if self.stats {
            phone.device.ask_for_costs();
        }
        let (report, attachments, traffic) = match exchange(home, &mut phone) {
            Err(failure) if is_over(&failure) => return Err(leave(home, phone)),
            exchanged => exchanged?,
        };
        let only_here = phone.device.only_here()?.changes;
        remember(phone)?;
        let cost = || Cost {
            wire_up: traffic.up(),
            wire_down: traffic.down(),
            wall_ms: began.elapsed().as_millis(),
            cpu_s: cpu_seconds(),
        };
        let synced = Synced { report, only_here, attachments, cost: self.stats.then(cost) };
        let text = words(&synced);
        Answer::new(&synced, text)
    }
}

type Exchanged = (SyncReport, Carried, Traffic);

fn exchange(home: &Home, phone: &mut Phone) -> Result<Exchanged, Failure> {
    let enrolled = Enrolled::load(phone.device.store())?.ok_or(DeviceError::NotEnrolled)?;
    let mut https = Https::of(&enrolled)?;
    // Drawn before anything is sent: an exchange cannot stop for want of random bytes.
    let mut salts = Salts::new()?;
    let shows = std::io::stderr().is_terminal();
    let mut progress = |&Progress { report, left, .. }: &Progress<'_>| {
        if left > 0 && (shows || left >= MANY) {
            let page = report.last_page.unwrap_or_default();
            output::note(&format!("page {page}: {} changes, about {left} more", report.received));
        }
    };
    let clock = || home.now();
    let control = SyncControl::new().watched(&mut progress);
    let report = phone.device.sync(&mut https, &clock, &mut || salts.next(), control)?;
    let carried = send_attachments(&mut phone.device, &mut https, &Stop::never())?;
    Ok((report, carried, https.traffic().clone()))
}

/// Whether this phone has to go.
fn is_over(failure: &Failure) -> bool {
    matches!(failure, Failure::Sync(error) if error.remedy() == Remedy::Leave)
}

/// Hands over what only this phone has, and erases it. Ends in words.
fn leave(home: &Home, mut phone: Phone) -> Failure {
    match hand_over(home, &mut phone) {
        Ok((enrolled, parting)) => {
            let (store, _lock) = phone.into_store();
            drop(store);
            parting::part(home, &enrolled, &parting)
        }
        Err(failure) => failure,
    }
}

fn hand_over(home: &Home, phone: &mut Phone) -> Result<(Enrolled, Parting), Failure> {
    let enrolled = Enrolled::load(phone.device.store())?.ok_or(DeviceError::NotEnrolled)?;
    let mut https = Https::of(&enrolled)?;
    let mut salts = Salts::new()?;
    let parting = phone.device.leave(&mut https, &|| home.now(), &mut || salts.next())?;
    Ok((enrolled, parting))
}

/// Random bytes for each exchange.
struct Salts {
    spare: [u8; 16],
}

impl Salts {
    fn new() -> Result<Self, Failure> {
        Ok(Self { spare: random()? })
    }

    /// The next 16 bytes. Should the system fail half-way, the last ones counted on: still unknown to
    /// anybody and never the same twice.
    fn next(&mut self) -> [u8; 16] {
        let next = random()
            .unwrap_or_else(|_| u128::from_be_bytes(self.spare).wrapping_add(1).to_be_bytes());
        self.spare = next;
        next
    }
}

fn remember(phone: Phone) -> Result<(), Failure> {
    let now = phone.now.0.to_be_bytes().to_vec();
    let (mut store, _lock) = phone.into_store();
    Ok(store.commit(&[Write::Set(Shelf::Meta, LAST_SYNC.to_vec(), now)])?)
}

fn words(synced: &Synced) -> String {
    let SyncReport { accepted, returned, held, rewritten, received, waiting, .. } = synced.report;
    let mut lines =
        vec![format!("sent {accepted}, received {received}; {}", items(synced.only_here))];
    if returned > 0 {
        lines.push(format!("{returned} came back: see `phone returned`"));
    }
    if held > 0 {
        lines.push(format!("{held} wait for a reviewer: see `phone returned`"));
    }
    if rewritten > 0 {
        lines.push(format!(
            "{rewritten} were written again under new names: the old ones were taken, as after a \
             backup was put back, or what came before them was not taken"
        ));
    }
    let Carried { attachments, waiting: bytes_wait, .. } = synced.attachments;
    if attachments + bytes_wait as usize > 0 {
        lines.push(format!("attachments sent {attachments}, {bytes_wait} wait on this phone"));
    }
    if waiting > 0 {
        lines.push(format!(
            "{waiting} wait on this phone: the server or this app must be updated first, or \
             something that they build on has not arrived; the next sync tries again"
        ));
    }
    lines.extend(synced.cost.iter().flat_map(|cost| costs(&synced.report, cost)));
    lines.join("\n")
}

fn costs(report: &SyncReport, cost: &Cost) -> [String; 4] {
    let pages = match (report.first_page, report.last_page) {
        (Some(first), Some(last)) => format!(", numbers {first} to {last}"),
        _ => String::new(),
    };
    let unknown = || "unknown".to_owned();
    let phone = cost.cpu_s.map_or_else(unknown, |seconds| format!("{seconds:.2} s"));
    let server = report.server_cpu_us.map_or_else(
        || "not told (serve --stats)".to_owned(),
        |us| format!("{:.3} s", us as f64 / 1e6),
    );
    [
        format!("exchanges {}, pages {}{pages}", report.exchanges, report.pages),
        format!("bytes of bodies up {}, down {}", report.bytes_up, report.bytes_down),
        format!("bytes with headers up {}, down {}", cost.wire_up, cost.wire_down),
        format!("CPU of the phone {phone}, of the server {server}; wall {} ms", cost.wall_ms),
    ]
}

/// User and system time of this process so far.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name before may hold anything; after its bracket, user time is the 12th field.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(f64::from(ticks()? + ticks()?) / TICKS_PER_SECOND)
}

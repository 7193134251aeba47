//! The exchange with the server.

use std::io::IsTerminal as _;
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use sync_core::device::https::Https;
use sync_core::device::sync::SyncReport;
use sync_core::device::{DeviceError, Enrolled};
use sync_core::store::{Shelf, Store as _, Write};

use crate::cli::Act;
use crate::commands::status::LAST_SYNC;
use crate::failure::Failure;
use crate::home::{Home, Phone, items, random};
use crate::output::{self, Answer};

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

/// What a sync cost the phone.
#[derive(Serialize)]
struct Cost {
    wall_ms: u128,
    /// User and system time; none where the system does not tell.
    cpu_s: Option<f64>,
}

#[derive(Serialize)]
struct Synced {
    #[serde(flatten)]
    report: SyncReport,
    only_here: u64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
}

impl Act for Sync {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let began = Instant::now();
        let mut phone = home.open()?;
        let report = exchange(home, &mut phone)?;
        let only_here = phone.device.only_here()?.changes;
        remember(phone)?;
        let cost = || Cost { wall_ms: began.elapsed().as_millis(), cpu_s: cpu_seconds() };
        let synced = Synced { report, only_here, cost: self.stats.then(cost) };
        let text = words(&synced);
        Answer::new(&synced, text)
    }
}

fn exchange(home: &Home, phone: &mut Phone) -> Result<SyncReport, Failure> {
    let enrolled = Enrolled::load(phone.device.store())?.ok_or(DeviceError::NotEnrolled)?;
    let mut https = Https::new(&enrolled.server, enrolled.authority.as_deref())?;
    // Drawn before anything is sent: an exchange cannot stop for want of random bytes.
    let mut salts = Salts::new()?;
    let shows = std::io::stderr().is_terminal();
    let mut progress = |report: &SyncReport, left: u64| {
        if left > 0 && (shows || left >= MANY) {
            output::note(&format!("{} changes came, about {left} more", report.received));
        }
    };
    let clock = || home.now();
    Ok(phone.device.sync(&mut https, &clock, &mut || salts.next(), &mut progress)?)
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
    let SyncReport { exchanges, pages, accepted, returned, held, received, bytes_up, bytes_down } =
        synced.report;
    let mut lines =
        vec![format!("sent {accepted}, received {received}; {}", items(synced.only_here))];
    if returned > 0 {
        lines.push(format!("{returned} came back: see `phone returned`"));
    }
    if held > 0 {
        lines.push(format!("{held} wait for a reviewer: see `phone returned`"));
    }
    if let Some(Cost { wall_ms, cpu_s }) = &synced.cost {
        let cpu = cpu_s.map_or_else(|| "unknown".to_owned(), |seconds| format!("{seconds:.2} s"));
        lines.push(format!("exchanges {exchanges}, pages {pages}"));
        lines.push(format!("bytes up {bytes_up}, down {bytes_down}"));
        lines.push(format!("CPU {cpu}, wall {wall_ms} ms"));
    }
    lines.join("\n")
}

/// User and system time of this process so far.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name before may hold anything; after its bracket, user time is the 12th field.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(f64::from(ticks()? + ticks()?) / TICKS_PER_SECOND)
}

//! What a scenario cost, as a line of JSON.

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use sync_core::device::sync::SyncReport;

/// What both ends spent.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Cost {
    /// By the clock on the wall, seconds.
    pub wall_s: f64,
    /// The server's processor time, seconds.
    pub server_cpu_s: f64,
    /// The phone's processor time, seconds.
    pub client_cpu_s: f64,
}

/// One scenario's figures. Both ends run in one process, so their memory cannot be told apart.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Line {
    /// `first_sync`, `noop` or `day`.
    pub scenario: &'static str,
    /// Cases that the phone holds.
    pub cases: usize,
    /// Phones measured.
    pub devices: usize,
    /// The server's database.
    pub database: &'static str,
    /// Seconds by the clock on the wall.
    pub wall_s: f64,
    /// Seconds of the server's processor, TLS and HTTP not included.
    pub server_cpu_s: f64,
    /// Seconds of the phone's processor, every hash verified, into an encrypted store.
    pub client_cpu_s: f64,
    /// Bytes of request bodies.
    pub bytes_up: u64,
    /// Bytes of answers' bodies.
    pub bytes_down: u64,
    /// Requests.
    pub exchanges: u32,
    /// Pages.
    pub pages: u32,
    /// Changes that came.
    pub received: usize,
    /// Changes that the server took.
    pub accepted: usize,
    /// Most memory that the process has held so far, megabytes.
    pub peak_rss_mb: u64,
    /// Visits and rivals that should be on the phone and are not.
    pub lost: usize,
    /// Cases that two holders show unlike.
    pub diverged: usize,
    /// The build.
    pub profile: &'static str,
}

impl Line {
    /// A scenario's line with nothing lost or diverged yet.
    #[must_use]
    pub fn of(scenario: &'static str, cases: usize, (report, cost): (&SyncReport, Cost)) -> Self {
        Self {
            scenario,
            cases,
            devices: 1,
            database: "sqlite",
            wall_s: rounded(cost.wall_s),
            server_cpu_s: rounded(cost.server_cpu_s),
            client_cpu_s: rounded(cost.client_cpu_s),
            bytes_up: report.bytes_up,
            bytes_down: report.bytes_down,
            exchanges: report.exchanges,
            pages: report.pages,
            received: report.received,
            accepted: report.accepted,
            peak_rss_mb: peak_rss_mb(),
            lost: 0,
            diverged: 0,
            profile: if cfg!(debug_assertions) { "dev" } else { "release" },
        }
    }
}

/// Seconds of processor time that this thread has had.
#[must_use]
pub fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1e5).round() / 1e5
}

/// The process's peak; zero where the system does not say.
#[must_use]
pub fn peak_rss_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}

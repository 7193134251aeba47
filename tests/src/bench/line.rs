//! A scenario's figures as a line of JSON.

use serde::{Deserialize, Serialize};

use crate::workload::measure::peak_rss_mb;

/// What a scenario cost. Bytes are above TLS, headers included.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Line {
    /// `first_sync`, `first_sync_cut`, `noop`, `day`, `storm` or `live`.
    pub scenario: String,
    /// Cases that a phone holds.
    pub cases: usize,
    /// Phones.
    pub devices: usize,
    /// The server's database: `sqlite` or `postgres`.
    pub database: String,
    /// Seconds by the clock on the wall.
    pub wall_s: f64,
    /// Seconds of processor time of the whole server process.
    pub server_cpu_s: f64,
    /// Seconds of processor time of the phones, with TLS.
    pub client_cpu_s: f64,
    /// Bytes to the server.
    pub bytes_up: u64,
    /// Bytes from the server.
    pub bytes_down: u64,
    /// Requests.
    pub exchanges: u32,
    /// Most memory that the server has held so far, megabytes.
    pub server_rss_mb: u64,
    /// Most memory that the phones' process has held so far, megabytes.
    pub client_rss_mb: u64,
    /// Visits and rivals that should be on a phone and are not.
    pub lost: usize,
    /// Cases that two holders show unlike.
    pub diverged: usize,
    /// Exchanges that had to be asked for again.
    pub retries: u32,
    /// For a visit seen on another phone: milliseconds at the median; none elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// The same for 99 of a hundred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// How often it was measured; the figures are medians.
    pub runs: usize,
    /// The build.
    pub profile: String,
}

impl Line {
    /// A line with nothing measured yet.
    #[must_use]
    pub fn new(scenario: &str, database: &str) -> Self {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        Self {
            scenario: scenario.to_owned(),
            database: database.to_owned(),
            client_rss_mb: peak_rss_mb(),
            devices: 1,
            runs: 1,
            profile: profile.to_owned(),
            ..Self::default()
        }
    }

    /// The median of several runs, figure by figure; what was lost, diverged or retried in any run is
    /// added up. None of no runs.
    #[must_use]
    pub fn median(runs: &[Self]) -> Option<Self> {
        let first = runs.first()?.clone();
        let float = |of: fn(&Self) -> f64| middle(runs.iter().map(of).collect(), f64::total_cmp);
        let whole = |of: fn(&Self) -> u64| middle(runs.iter().map(of).collect(), Ord::cmp);
        Some(Self {
            wall_s: rounded(float(|it| it.wall_s)),
            server_cpu_s: rounded(float(|it| it.server_cpu_s)),
            client_cpu_s: rounded(float(|it| it.client_cpu_s)),
            bytes_up: whole(|it| it.bytes_up),
            bytes_down: whole(|it| it.bytes_down),
            exchanges: middle(runs.iter().map(|it| it.exchanges).collect(), Ord::cmp),
            server_rss_mb: whole(|it| it.server_rss_mb),
            client_rss_mb: whole(|it| it.client_rss_mb),
            lost: runs.iter().map(|it| it.lost).sum(),
            diverged: runs.iter().map(|it| it.diverged).sum(),
            retries: runs.iter().map(|it| it.retries).sum(),
            runs: runs.len(),
            ..first
        })
    }
}

fn middle<T: Copy + Default>(mut all: Vec<T>, order: fn(&T, &T) -> std::cmp::Ordering) -> T {
    all.sort_by(order);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Hundredths of a millisecond are enough.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e5).round() / 1e5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_hides_no_loss() {
        let run = |cpu, lost| Line { server_cpu_s: cpu, lost, ..Line::new("day", "sqlite") };
        let median = Line::median(&[run(3.0, 0), run(1.0, 1), run(2.0, 0)]);
        let median = median.expect("of three");
        assert_eq!((median.server_cpu_s, median.lost, median.runs), (2.0, 1, 3));
        assert_eq!(Line::median(&[]), None);
    }
}

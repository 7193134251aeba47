//! One workload for every measurement: two years of a caseload, then a day offline.
//!
//! [`format`] reads it, [`generate`] invents a small one, [`load`] brings its history into a server's
//! database by the ordinary gate, [`day`] plays the day on phones, [`finals`] says what a phone shows
//! in the end. [`view`] measures what the audit costs.

pub mod area;
pub mod day;
pub mod finals;
pub mod format;
pub mod generate;
pub mod load;
pub mod measure;
pub mod phone;
pub mod script;
pub mod view;
pub mod wire;

use sync_core::device::DeviceError;
use sync_core::device::sync::SyncError;

/// The framework whose stages the workload uses: it has four.
pub const FRAMEWORK: &str = "four-stage-neighbour";

/// Why a workload could not be read, loaded or played.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// A file of the workload.
    #[error(transparent)]
    Format(#[from] format::FormatError),
    /// The server's database.
    #[error("the server's database: {0}")]
    Db(#[from] caseweave::db::Error),
    /// People and clusters of the area.
    #[error("the area could not be set up: {0}")]
    Account(#[from] caseweave::service::accounts::AccountError),
    /// The frameworks.
    #[error(transparent)]
    Framework(#[from] sync_core::framework::FrameworkError),
    /// The gate said no to history, which a correct loader never brings about.
    #[error("the gate did not take a change of {author}: {why}")]
    Gate {
        /// Whose.
        author: String,
        /// The gate's answer.
        why: String,
    },
    /// An edit names something that no earlier edit made, or does not fit where it stands.
    #[error("case {case}: an edit names {what}, which is not there")]
    Unknown {
        /// The case's index.
        case: usize,
        /// What it names.
        what: String,
    },
    /// A phone.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A phone's exchange.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A phone's store.
    #[error(transparent)]
    Store(#[from] sync_core::store::StoreError),
    /// The disk.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

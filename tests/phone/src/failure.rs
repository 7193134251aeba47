//! Why a command did not do what was asked, in the user's words, and the exit code that says so.

use std::io;
use std::path::Path;

use sync_core::device::DeviceError;
use sync_core::device::enrol::EnrolError;
use sync_core::device::sync::SyncError;
use sync_core::device::transport::TransportError;
use sync_core::engine::authors::RecordError;
use sync_core::protocol::stream::StreamError;
use sync_core::store::StoreError;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The phone says no.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server could not be asked.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The exchange stopped.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// What was typed means nothing here.
    #[error("{0}")]
    Unclear(String),
    /// The phone was retired or reported stolen, and is erased.
    #[error("{0}")]
    Erased(String),
    /// Nobody was let in.
    #[error(transparent)]
    Enrol(EnrolError),
}

impl Failure {
    /// What was typed means nothing here, for this reason.
    pub(crate) fn unclear(why: impl Into<String>) -> Self {
        Self::Unclear(why.into())
    }

    /// A file of the phone could not be read or written.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::Unclear(format!("{} cannot be used: {error}", path.display()))
    }

    /// The process's exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Transport(error) | Self::Sync(SyncError::Transport(error)) => of_way(error),
            Self::Sync(SyncError::Stream(StreamError::Cut(_))) => 3,
            Self::Enrol(EnrolError::SignIn) => 4,
            Self::Enrol(EnrolError::NoPost) => 2,
            Self::Enrol(_) => 5,
            Self::Erased(_) => 6,
            Self::Device(DeviceError::Refused(_))
            | Self::Sync(SyncError::Device(DeviceError::Refused(_))) => 5,
            _ => 2,
        }
    }
}

const fn of_way(error: &TransportError) -> u8 {
    match error {
        TransportError::Offline | TransportError::Busy | TransportError::ServerTooOld => 3,
        TransportError::SignedOut => 4,
        TransportError::Refused(_) => 5,
        TransportError::Retired | TransportError::Stolen => 6,
        TransportError::AppTooOld => 2,
    }
}

impl From<EnrolError> for Failure {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Transport(error) => error.into(),
            EnrolError::Store(error) => error.into(),
            EnrolError::TooOften => TransportError::Busy.into(),
            EnrolError::NoAddress => Self::unclear(error.to_string()),
            EnrolError::AnothersPhone => {
                Self::unclear("this phone is somebody's already: use another --home")
            }
            other => Self::Enrol(other),
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::Device(error.into())
    }
}

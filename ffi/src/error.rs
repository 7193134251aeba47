//! What a screen can explain. No personal data, no internals.

use sync_core::device::DeviceError;
use sync_core::device::sync::SyncError;
use sync_core::device::transport::TransportError;
use sync_core::store::StoreError;

/// Why the phone did not do what was asked. Nothing was lost.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum PhoneError {
    /// The phone's data cannot be used; the reason says what to do.
    #[error("{reason}")]
    Storage {
        /// In the user's words.
        reason: String,
    },
    /// Nobody has enrolled on this phone.
    #[error("nobody has enrolled on this phone yet")]
    NotEnrolled,
    /// The gate or the policy says no.
    #[error("{reason}")]
    Refused {
        /// A stable code.
        code: String,
        /// In the user's words.
        reason: String,
    },
    /// What was asked for is not of the form that is expected.
    #[error("{reason}")]
    BadInput {
        /// In the user's words.
        reason: String,
    },
    /// No connection: everything is kept.
    #[error("no connection to the server: everything is kept")]
    Offline,
    /// The session has ended: everything is kept.
    #[error("the session has ended: sign in again; everything is kept")]
    SignedOut,
    /// Something else, in words.
    #[error("{reason}")]
    Other {
        /// In the user's words.
        reason: String,
    },
}

impl From<StoreError> for PhoneError {
    fn from(error: StoreError) -> Self {
        Self::Storage { reason: error.to_string() }
    }
}

impl From<DeviceError> for PhoneError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Store(error) => error.into(),
            DeviceError::NotEnrolled => Self::NotEnrolled,
            DeviceError::Refused(refusal) => {
                Self::Refused { code: refusal.code().to_owned(), reason: refusal.to_string() }
            }
            other => Self::Other { reason: other.to_string() },
        }
    }
}

impl From<SyncError> for PhoneError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Transport(TransportError::Offline) => Self::Offline,
            SyncError::Transport(TransportError::SignedOut) => Self::SignedOut,
            SyncError::Device(error) => error.into(),
            other => Self::Other { reason: other.to_string() },
        }
    }
}

//! Why a sync ended before its end, and what can be done about it.

use crate::device::DeviceError;
use crate::device::sync::Stop;
use crate::device::transport::TransportError;
use crate::engine::client::ClientError;
use crate::protocol::stream::StreamError;
use crate::store::StoreError;

/// Why a sync stopped. What was stored before is stored.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The way to the server, or the server's no.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The phone.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// It was told to stop.
    #[error("the exchange was stopped: what arrived is kept, the rest comes with the next one")]
    Stopped,
}

/// What helps after a sync that did not come to its end. Writing goes on in every case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// To try again later, by itself: there is no signal, the server is busy or older than this app, or
    /// the sync was stopped.
    Later,
    /// To sign in again.
    SignIn,
    /// To update the app.
    UpdateApp,
    /// To hand over what only this phone has, and erase it ([`crate::device::Device::leave`]): it was
    /// retired or reported stolen.
    Leave,
    /// To free some space on the phone.
    FreeSpace,
    /// Nothing that the phone can do: the message is for a person who can help.
    Ask,
}

impl SyncError {
    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Transport(error) => of_way(error),
            Self::Stopped
            | Self::Stream(StreamError::Cut(_))
            | Self::Device(DeviceError::NotArrived | DeviceError::OtherBytes) => Remedy::Later,
            Self::Device(DeviceError::Store(error)) => of_store(error),
            Self::Stream(StreamError::TooLarge | StreamError::Damaged) | Self::Device(_) => {
                Remedy::Ask
            }
        }
    }

    /// Whether the answer did not fit what the phone has, so that the next exchange asks for more.
    pub(super) const fn asks_for_the_whole(&self) -> bool {
        use ClientError::{Gap, OwnMissing, WrongReceipt};
        matches!(self, Self::Device(DeviceError::Client(Gap | OwnMissing | WrongReceipt)))
    }

    /// An error if the sync is to stop.
    pub(in crate::device) fn unless_stopped(stop: &Stop) -> Result<(), Self> {
        if stop.is_asked() { Err(Self::Stopped) } else { Ok(()) }
    }

    /// A way that broke off when it was told to, by its name.
    pub(in crate::device) fn or_stopped(self, stop: &Stop) -> Self {
        let cut = matches!(
            self,
            Self::Transport(TransportError::Offline) | Self::Stream(StreamError::Cut(_))
        );
        if cut && stop.is_asked() { Self::Stopped } else { self }
    }
}

const fn of_way(error: &TransportError) -> Remedy {
    match error {
        TransportError::Offline | TransportError::Busy | TransportError::ServerTooOld => {
            Remedy::Later
        }
        TransportError::SignedOut => Remedy::SignIn,
        TransportError::AppTooOld => Remedy::UpdateApp,
        TransportError::Retired | TransportError::Stolen => Remedy::Leave,
        TransportError::Refused(_) => Remedy::Ask,
    }
}

const fn of_store(error: &StoreError) -> Remedy {
    match error {
        StoreError::Full => Remedy::FreeSpace,
        StoreError::Busy => Remedy::Later,
        StoreError::NewerSchema { .. } => Remedy::UpdateApp,
        StoreError::WrongKey | StoreError::Damaged(_) | StoreError::Io(_) => Remedy::Ask,
    }
}

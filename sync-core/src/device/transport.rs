//! The way to the server, as the phone needs it. The terminal phone has HTTPS; an app may bring its
//! own; the simulator has a network that loses, doubles and delays.

use std::io::Read;

use crate::device::sync::Stop;
use crate::ids::{ClusterId, RecordId};

/// Why the server could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, or it broke. Try again when there is signal.
    #[error("no connection to the server: everything is kept, try again when there is signal")]
    Offline,
    /// The session has ended: the user must sign in again.
    #[error("the session has ended: sign in again; everything on this phone is kept")]
    SignedOut,
    /// The server is busy or being looked after.
    #[error("the server is busy: everything is kept, try again soon")]
    Busy,
    /// The server is older than this app.
    #[error(
        "this app is newer than the server: everything is kept and goes once the server is updated"
    )]
    ServerTooOld,
    /// The server is newer than this app.
    #[error("this app is too old for the server: update it; everything on this phone is kept")]
    AppTooOld,
    /// The phone was retired: what only it has is to be handed over, then it is erased.
    #[error("this phone was retired: its work is handed over and then erased here")]
    Retired,
    /// The phone was reported stolen: it is to be erased. The words help a thief in nothing.
    #[error("this phone cannot be used")]
    Stolen,
    /// The server says no, in its words.
    #[error("the server refused: {0}")]
    Refused(String),
}

/// The way to the server.
pub trait Transport {
    /// One exchange: sends a request's bytes under an access token and gives the answer's body.
    ///
    /// # Errors
    /// [`TransportError::SignedOut`] if the token is not good any more: refresh it and ask again.
    fn exchange(
        &mut self,
        access_token: &str,
        body: &[u8],
    ) -> Result<Box<dyn Read>, TransportError>;

    /// What is asked from now on, while the way waits, whether to give up: it then ends what it waits for
    /// as if the line had broken. A way that never waits long need not ask; pages are asked for by the
    /// sync itself.
    fn stop_when(&mut self, _stop: &Stop) {}

    /// Gets a new access token. Safe to repeat if the answer is lost.
    ///
    /// # Errors
    /// [`TransportError::SignedOut`] if the refresh token is not good any more.
    fn refresh(
        &mut self,
        refresh_token: &str,
        device: &crate::ids::DeviceId,
        signature: &[u8; 64],
    ) -> Result<crate::device::Session, TransportError>;
}

/// The way of a phone that waits at the server until there is something to ask for.
pub trait Bell: Transport {
    /// Waits until the server has something that a phone standing there may be sent, or until the time is
    /// over. Gives whether there is something.
    ///
    /// # Errors
    /// As [`Transport::exchange`].
    fn wait(
        &mut self,
        access_token: &str,
        standing: &Standing,
        seconds: u32,
    ) -> Result<bool, TransportError>;
}

/// Where a phone stands: its cursor in each of its clusters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing(pub Vec<(ClusterId, Vec<u8>)>);

/// Why bytes did not travel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarriageError {
    /// The way, or the server's no to all.
    #[error(transparent)]
    Way(#[from] TransportError),
    /// There is no such attachment, or it is not this user's to read or to send.
    #[error("the server has nothing here that is open to you")]
    NotOpen,
    /// Its bytes have not arrived from their author's phone.
    #[error("this has not arrived from its author's phone yet")]
    NotArrived,
    /// The bytes are not what the record says, or come in another order.
    #[error("the server did not take these bytes")]
    NotTaken,
}

/// The way of an attachment's bytes.
pub trait Carriage: Transport {
    /// How many bytes of a record's attachment the server has from this phone.
    ///
    /// # Errors
    /// [`CarriageError`]; of [`TransportError::SignedOut`] as [`Transport::exchange`].
    fn received(&mut self, access_token: &str, record: &RecordId) -> Result<u64, CarriageError>;

    /// Brings the bytes from a place on: whole chunks, or all that are left. Gives how many the server has
    /// then.
    ///
    /// # Errors
    /// As [`Carriage::received`].
    fn bring(
        &mut self,
        access_token: &str,
        record: &RecordId,
        from: u64,
        piece: &[u8],
    ) -> Result<u64, CarriageError>;

    /// The bytes of a record's attachment from a place on.
    ///
    /// # Errors
    /// As [`Carriage::received`].
    fn fetch(
        &mut self,
        access_token: &str,
        record: &RecordId,
        from: u64,
    ) -> Result<Box<dyn Read>, CarriageError>;

    /// The same way, for what else goes on it.
    fn as_transport(&mut self) -> &mut dyn Transport;
}

/// The way to the server of a phone that has no session any more and speaks under its own key.
pub trait Farewell {
    /// Brings a signed [`crate::protocol::surrender::Sealed`] message and gives the answer's body.
    ///
    /// # Errors
    /// [`TransportError`]
    fn surrender(&mut self, body: &[u8]) -> Result<Box<dyn Read>, TransportError>;
}

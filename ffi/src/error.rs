//! What a screen can explain. No personal data, no internals.

use std::io;

use sync_core::device::DeviceError;
use sync_core::device::enrol::EnrolError;
use sync_core::device::part::PartError;
use sync_core::device::sync::SyncError;
use sync_core::device::transport::TransportError;
use sync_core::merge::CannotUndo;
use sync_core::store::StoreError;
use sync_core::store::sqlite::vault::VaultError;

/// Each with its name for logs and its words; `[..]` is what the words show, as with `format!`. Where the
/// library has an error of the same meaning, the words are that one's.
macro_rules! phone_errors {
    ($(
        $(#[$doc:meta])* $name:ident $code:literal $text:literal $([$($shown:tt)+])?
        $({ $($(#[$of:meta])* $field:ident: $type:ty,)* })?;
    )*) => {
        /// Why the phone did not do what was asked. Nothing was lost.
        #[derive(Debug, thiserror::Error, uniffi::Error)]
        pub enum PhoneError {
            $(
                $(#[$doc])*
                #[error($text $(, $($shown)+)?)]
                $name $({ $($(#[$of])* $field: $type,)* })?,
            )*
        }

        impl PhoneError {
            /// A stable name, for logs.
            pub(crate) const fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)* }
            }
        }
    };
}

phone_errors! {
    /// The key opens nothing.
    WrongKey "wrong_key" "{}" [StoreError::WrongKey];
    /// The data is not what was written; nothing was overwritten.
    Damaged "damaged" "this phone's data is damaged: nothing was overwritten";
    /// No space, or no leave to take more.
    Full "full" "{}" [StoreError::Full];
    /// A newer app wrote it.
    NewerData "newer_data" "a newer app wrote this phone's data: update this one";
    /// Another program, or another exchange, is at it.
    Busy "busy" "this is being used by something else: try again";
    /// The storage said no in another way.
    Storage "storage" "{reason}" {
        /// In words.
        reason: String,
    };
    /// Another PIN opens it.
    WrongPin "wrong_pin" "{}" [VaultError::WrongPin { left: *left }] {
        /// How many more wrong ones are looked at.
        left: u8,
    };
    /// Too many wrong PINs: [`crate::PhoneHome::unlock`] with the password, online.
    Locked "locked" "{}" [VaultError::Locked];
    /// A PIN is needed.
    PinNeeded "pin_needed" "{}" [VaultError::PinNeeded];
    /// The PIN is one that others try first.
    WeakPin "weak_pin" "{}" [VaultError::WeakPin];
    /// The data was locked on another phone.
    WrongDevice "wrong_device" "{}" [VaultError::WrongDevice];
    /// Nobody has enrolled here.
    NotEnrolled "not_enrolled" "{}" [DeviceError::NotEnrolled];
    /// This person uses this phone already: open it.
    AlreadyHere "already_here" "your data is on this phone already: open it and sign in again" {
        /// Who.
        user_id: String,
    };
    /// The platform's key store could not be asked.
    KeyStore "key_store" "{reason}" {
        /// In words.
        reason: String,
    };
    /// Without contact for too long: reading locks until the next exchange, writing goes on.
    LeaseOver "lease_over" "this phone was without contact for too long: connect to read again; writing goes on and nothing is lost" {
        /// Since when.
        since_ms: i64,
    };
    /// The phone was closed.
    Closed "closed" "this phone is closed: open it again";
    /// The phone was handed back and erased.
    Erased "erased" "{reason}" {
        /// What the person is to know.
        reason: String,
    };
    /// The gate or the policy says no.
    Refused "refused" "{reason}" {
        /// A stable code.
        code: String,
        /// In the user's words.
        reason: String,
    };
    /// What was asked for is not of the form that is expected.
    BadInput "bad_input" "{reason}" {
        /// In the user's words.
        reason: String,
    };
    /// There is no such case on this phone.
    UnknownCase "unknown_case" "{}" [DeviceError::UnknownCase];
    /// A newer app wrote the record: update this one to read it. It is kept.
    NewerRecord "newer_record" "a newer app wrote this: update this one to read it";
    /// There is nothing to settle.
    NoConflict "no_conflict" "{}" [DeviceError::NoConflict];
    /// A decision needs its reason.
    ReasonMissing "reason_missing" "{}" [DeviceError::ReasonMissing];
    /// A settlement cannot be taken back.
    CannotUndo "cannot_undo" "{reason}" {
        /// In the user's words.
        reason: String,
    };
    /// The record says something else than what was to be signed.
    ChangedSince "changed_since" "this record has changed since you read it: read it again before you sign";
    /// No connection: everything is kept.
    Offline "offline" "{}" [TransportError::Offline];
    /// The exchange was stopped, or its time was over. What arrived is kept.
    Stopped "stopped" "the exchange was stopped: what arrived is kept, the rest comes with the next one";
    /// The session has ended: everything is kept.
    SignedOut "signed_out" "{}" [TransportError::SignedOut];
    /// The name, the password or the app's code is not right.
    WrongSignIn "wrong_sign_in" "{}" [EnrolError::SignIn];
    /// The one-time code is not known, used, or too old.
    WrongCode "wrong_code" "{reason}" {
        /// In the user's words.
        reason: String,
    };
    /// It was tried too often.
    TooOften "too_often" "{}" [EnrolError::TooOften];
    /// The server is busy or being looked after.
    ServerBusy "server_busy" "{}" [TransportError::Busy];
    /// The server is older than this app.
    ServerTooOld "server_too_old" "{}" [TransportError::ServerTooOld];
    /// The server is newer than this app.
    AppTooOld "app_too_old" "{}" [TransportError::AppTooOld];
    /// The phone was retired: [`crate::Phone::hand_back`].
    Retired "retired" "{}" [TransportError::Retired];
    /// The phone was reported stolen: [`crate::Phone::hand_back`].
    Stolen "stolen" "{}" [TransportError::Stolen];
    /// Something else, in words.
    Other "other" "{reason}" {
        /// In the user's words.
        reason: String,
    };
}

/// Why the platform's key store did not answer.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum KeyStoreError {
    /// The user did not unlock it, or it has none of this kind.
    #[error("{reason}")]
    Unavailable {
        /// In the user's words.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyStoreError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable { reason: "the phone's key store failed".to_owned() }
    }
}

impl From<KeyStoreError> for PhoneError {
    fn from(error: KeyStoreError) -> Self {
        Self::KeyStore { reason: error.to_string() }
    }
}

impl PhoneError {
    pub(crate) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            kind => Self::Storage { reason: kind.to_string() },
        }
    }
}

impl From<StoreError> for PhoneError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Busy => Self::Busy,
            StoreError::WrongKey => Self::WrongKey,
            StoreError::NewerSchema { .. } => Self::NewerData,
            StoreError::Damaged(_) => Self::Damaged,
            StoreError::Io(_) => Self::Storage { reason: error.to_string() },
        }
    }
}

impl From<VaultError> for PhoneError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::WrongPin { left } => Self::WrongPin { left },
            VaultError::Locked => Self::Locked,
            VaultError::WrongDevice => Self::WrongDevice,
            VaultError::Damaged => Self::Damaged,
            VaultError::Missing => Self::NotEnrolled,
            VaultError::Exists => Self::Storage { reason: error.to_string() },
            VaultError::WeakPin => Self::WeakPin,
            VaultError::PinNeeded => Self::PinNeeded,
            VaultError::Store(error) => error.into(),
        }
    }
}

impl From<DeviceError> for PhoneError {
    fn from(error: DeviceError) -> Self {
        use sync_core::engine::authors::RecordError;
        match error {
            DeviceError::Store(error) => error.into(),
            DeviceError::NotEnrolled => Self::NotEnrolled,
            DeviceError::Refused(refusal) => {
                Self::Refused { code: refusal.code().to_owned(), reason: refusal.to_string() }
            }
            DeviceError::UnknownCase => Self::UnknownCase,
            DeviceError::Record(RecordError::Newer) => Self::NewerRecord,
            DeviceError::NoConflict => Self::NoConflict,
            DeviceError::ReasonMissing => Self::ReasonMissing,
            DeviceError::CannotUndo(error) => error.into(),
            DeviceError::DraftTooLarge | DeviceError::TooManyDrafts | DeviceError::Media(_) => {
                Self::BadInput { reason: error.to_string() }
            }
            other => Self::Other { reason: other.to_string() },
        }
    }
}

impl From<CannotUndo> for PhoneError {
    fn from(error: CannotUndo) -> Self {
        Self::CannotUndo { reason: error.to_string() }
    }
}

impl From<TransportError> for PhoneError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Offline => Self::Offline,
            TransportError::SignedOut => Self::SignedOut,
            TransportError::Busy => Self::ServerBusy,
            TransportError::ServerTooOld => Self::ServerTooOld,
            TransportError::AppTooOld => Self::AppTooOld,
            TransportError::Retired => Self::Retired,
            TransportError::Stolen => Self::Stolen,
            TransportError::Refused(_) => Self::Other { reason: error.to_string() },
        }
    }
}

impl From<SyncError> for PhoneError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Transport(error) => error.into(),
            SyncError::Device(error) => error.into(),
            SyncError::Stopped => Self::Stopped,
            SyncError::Stream(error) => Self::Other { reason: error.to_string() },
        }
    }
}

impl From<EnrolError> for PhoneError {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::SignIn => Self::WrongSignIn,
            EnrolError::CodeUnknown | EnrolError::CodeUsed | EnrolError::CodeExpired => {
                Self::WrongCode { reason: error.to_string() }
            }
            EnrolError::TooOften => Self::TooOften,
            EnrolError::NoAddress => Self::BadInput { reason: error.to_string() },
            EnrolError::Transport(error) => error.into(),
            EnrolError::Store(error) => error.into(),
            EnrolError::PhoneKnown | EnrolError::AnothersPhone | EnrolError::NoPost => {
                Self::Other { reason: error.to_string() }
            }
        }
    }
}

impl From<PartError> for PhoneError {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Note(error) => Self::of_io(&error),
            PartError::Damaged => Self::Damaged,
            PartError::Erase(error) => error.into(),
        }
    }
}

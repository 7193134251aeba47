//! What the platform gives: a key store, a clock, a place for log lines, and ears.

use crate::error::KeyStoreError;
use crate::records::SyncProgress;

/// The platform's key store: Android Keystore, the iOS Keychain. What it keeps must leave this phone in no
/// backup.
#[uniffi::export(with_foreign)]
pub trait KeyStore: Send + Sync {
    /// What is kept under a name.
    ///
    /// # Errors
    /// [`KeyStoreError`] if it cannot be asked: the user did not unlock it.
    fn load(&self, name: String) -> Result<Option<Vec<u8>>, KeyStoreError>;

    /// Keeps a secret under a name, durably, before it returns.
    ///
    /// # Errors
    /// [`KeyStoreError`]
    fn save(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError>;

    /// Forgets a name; does nothing if it is not there.
    ///
    /// # Errors
    /// [`KeyStoreError`]
    fn delete(&self, name: String) -> Result<(), KeyStoreError>;
}

/// A clock.
#[uniffi::export(with_foreign)]
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;
}

/// Where log lines go. They hold no name, no id and no word of any record.
#[uniffi::export(with_foreign)]
pub trait LogSink: Send + Sync {
    /// One line.
    fn log(&self, line: String);
}

/// Whoever watches an exchange.
#[uniffi::export(with_foreign)]
pub trait SyncWatcher: Send + Sync {
    /// How far it is; what it is told is stored. Called on the thread that exchanges.
    fn progress(&self, progress: SyncProgress);
}

/// Whoever shows cases, and is told when to read them again.
#[uniffi::export(with_foreign)]
pub trait ChangeListener: Send + Sync {
    /// These cases changed, by the user's own hand or by an exchange. Called on the thread that wrote; the
    /// phone may be asked at once.
    fn changed(&self, case_ids: Vec<String>);
}

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

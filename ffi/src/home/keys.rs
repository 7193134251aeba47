//! The keys of a home: what the platform keeps, what a person types, and what is random.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sync_core::device::part;
use sync_core::store::StoreError;
use sync_core::store::sqlite::SqliteStore;
use sync_core::store::sqlite::vault::{Fresh, Lock, Pin, Secret, Vault};
use zeroize::Zeroizing;

use crate::error::PhoneError;
use crate::phone::random;
use crate::platform::KeyStore;

/// The name of this phone's secret in the platform's key store.
const SECRET: &str = "caseweave-phone";
/// The name of the key of somebody who is enrolling.
const ENROLLING: &str = "caseweave-enrolling";

/// The platform's key store, if there is one.
pub(super) struct Keys(Option<Arc<dyn KeyStore>>);

impl Keys {
    pub(super) fn new(store: Option<Arc<dyn KeyStore>>) -> Self {
        Self(store)
    }

    /// What opens somebody's data: the phone's secret, the PIN, or both.
    pub(super) fn lock(&self, pin: Option<&str>) -> Result<Lock, PhoneError> {
        let pin = pin.map(|typed| Pin::new(typed.to_owned()));
        match (self.secret()?, pin) {
            (Some(secret), Some(pin)) => Ok(Lock::Both { secret, pin }),
            (Some(secret), None) => Ok(Lock::Platform(secret)),
            (None, Some(pin)) => Ok(Lock::Pin(pin)),
            (None, None) => Err(PhoneError::PinNeeded),
        }
    }

    fn secret(&self) -> Result<Option<Secret>, PhoneError> {
        let Some(store) = &self.0 else { return Ok(None) };
        let secret = kept(store.as_ref(), SECRET)?;
        Ok(Some(Secret::new(*secret)))
    }

    /// The key of whoever is enrolling: the same until they have.
    pub(super) fn while_enrolling(&self) -> Result<Zeroizing<[u8; 32]>, PhoneError> {
        match &self.0 {
            Some(store) => kept(store.as_ref(), ENROLLING),
            None => Ok(Zeroizing::new(bytes()?)),
        }
    }

    pub(super) fn enrolled(&self) -> Result<(), PhoneError> {
        if let Some(store) = &self.0 {
            store.delete(ENROLLING.to_owned())?;
        }
        Ok(())
    }
}

/// What the platform keeps under a name, made now if there is nothing.
fn kept(store: &dyn KeyStore, name: &str) -> Result<Zeroizing<[u8; 32]>, PhoneError> {
    if let Some(secret) = store.load(name.to_owned())?.map(Zeroizing::new) {
        let secret: [u8; 32] = secret.as_slice().try_into().map_err(|_| PhoneError::KeyStore {
            reason: "the key store gave a secret that is not of this app".to_owned(),
        })?;
        return Ok(Zeroizing::new(secret));
    }
    let secret = Zeroizing::new(bytes()?);
    store.save(name.to_owned(), secret.to_vec())?;
    Ok(secret)
}

/// 32 random bytes.
pub(super) fn bytes() -> Result<[u8; 32], PhoneError> {
    let (first, second) = (random()?, random()?);
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&first);
    bytes[16..].copy_from_slice(&second);
    Ok(bytes)
}

/// Random bytes for one writing of a keys file.
pub(super) fn fresh() -> Result<Fresh, PhoneError> {
    let mut nonce = [0; 12];
    nonce.copy_from_slice(&random()?[..12]);
    Ok(Fresh { salt: random()?, nonce })
}

/// The note of an erasure, beside the folder that goes.
pub(crate) fn note(database: &Path) -> PathBuf {
    let folder = database.parent().unwrap_or(database);
    folder.with_extension("erased")
}

/// A user's folder, which goes as a whole.
pub(crate) struct Remains {
    database: PathBuf,
}

impl Remains {
    pub(crate) fn of(database: &Path) -> Self {
        Self { database: database.to_owned() }
    }
}

impl part::Remains for Remains {
    fn erase_key(&mut self) -> Result<(), StoreError> {
        Vault::erase_keys(&self.database)
    }

    fn erase_data(&mut self) -> Result<(), StoreError> {
        let Some(folder) = self.database.parent().filter(|folder| folder.exists()) else {
            return Ok(());
        };
        SqliteStore::erase(&self.database)?;
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::Io(error.kind().to_string()))
            }
            _ => Ok(()),
        }
    }
}

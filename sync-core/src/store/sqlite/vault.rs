//! The vault: the key of a phone's database, sealed in a small file beside it (`-keys`) under a secret
//! of the platform's key store, a PIN, or both.
//!
//! Ten wrong PINs lock the phone until it was in contact with the server. The count rests in a file of
//! its own (`-tries`), and who copies the folder can put an older count back and guess on: a PIN alone
//! only slows such a person down. What stops them is the platform's secret, which leaves no phone;
//! without it, no PIN opens a copy.

mod failure;
mod keys_file;
mod lock;
mod rekey;
#[cfg(test)]
mod tests;
mod tries;

use std::fs;
use std::path::Path;

pub use failure::VaultError;
pub use keys_file::{Contact, Fresh};
pub use lock::{Lock, Pin, Secret};

#[cfg(test)]
pub(super) use tests::{Stage, USER, contact, stage};

use super::{Key, SqliteStore, files, of_io, refuse_lost_file};
use crate::ids::UserId;
use crate::store::StoreError;
use keys_file::KeysFile;
use lock::Kek;

/// What is done with the key of the database at a path. All of it blocks: a try of a PIN takes a
/// fifth of a second on a slow phone.
#[derive(Clone, Copy, Debug)]
pub struct Vault;

/// A keys file with what it holds.
struct Opened {
    file: KeysFile,
    kek: Kek,
    current: Key,
    next: Option<Key>,
}

impl Vault {
    /// Whether there is a keys file for the database at `path`, be it damaged.
    #[must_use]
    pub fn exists(path: &Path) -> bool {
        keys_file::path_of(path).exists()
    }

    /// Seals `key`, 32 random bytes, for the database at `path`, which may be there or not. `user` is
    /// whose data it will hold and `contact` the way to the server: both can be asked while the phone
    /// is locked. `fresh` must be new random bytes.
    ///
    /// # Errors
    /// [`VaultError::WeakPin`]; [`VaultError::Exists`] if there is a keys file; [`VaultError::Store`].
    /// Nothing was written.
    pub fn create(
        path: &Path,
        lock: &Lock,
        key: &Key,
        owner: (&UserId, &Contact),
        fresh: &Fresh,
    ) -> Result<(), VaultError> {
        lock.refuse_weak()?;
        if Self::exists(path) {
            return Err(VaultError::Exists);
        }
        // A count that an unfinished erasure left is not this PIN's.
        tries::clear(path)?;
        KeysFile::new(lock, key, owner, fresh)?.write(path)
    }

    /// The key of the database at `path`. A change of key that was cut short is finished first, or,
    /// where there is no room for that, left for the next time. Of a lock with more than the vault
    /// needs, the rest is not looked at. No store may be open on the database.
    ///
    /// # Errors
    /// [`VaultError`]; nothing is overwritten. A PIN counts as tried from before it is looked at until
    /// it was found right.
    pub fn open(path: &Path, lock: &Lock) -> Result<Key, VaultError> {
        rekey::settle(path, unlock(path, lock)?)
    }

    /// Opens the store at `path` with the key of its vault, or begins one if there is none yet.
    ///
    /// # Errors
    /// As [`Vault::open`] and [`SqliteStore::open`]; a database that the vault's key does not open is
    /// [`StoreError::Damaged`].
    pub fn open_store(path: &Path, lock: &Lock) -> Result<SqliteStore, VaultError> {
        let key = Self::open(path, lock)?;
        SqliteStore::open(path, &key).map_err(|error| match error {
            StoreError::WrongKey => not_of_this_vault(),
            other => other.into(),
        })
    }

    /// Seals the same keys under another lock, for instance a new PIN. The data is not touched.
    /// `fresh` must be new random bytes.
    ///
    /// # Errors
    /// [`VaultError`]; the old lock then still opens it.
    pub fn change_lock(
        path: &Path,
        old: &Lock,
        new: &Lock,
        fresh: &Fresh,
    ) -> Result<(), VaultError> {
        new.refuse_weak()?;
        let opened = unlock(path, old)?;
        opened.file.locked_anew(new, (&opened.current, opened.next.as_ref()), fresh)?.write(path)
    }

    /// Writes the database at `path` anew under `new`, 32 random bytes, since somebody may have its
    /// key. Takes as much room again as the database, for as long as it lasts. Killed at any moment,
    /// the next opening finishes it or takes it back. No store may be open on the database.
    ///
    /// # Errors
    /// [`VaultError`]; the data is then under its old key, or the next opening finishes the change.
    pub fn rekey(path: &Path, lock: &Lock, new: &Key, fresh: &Fresh) -> Result<(), VaultError> {
        let mut opened = unlock(path, lock)?;
        if opened.next.is_some() {
            rekey::settle(path, opened)?;
            opened = unlock(path, lock)?;
        }
        rekey::change(path, opened, new, fresh)
    }

    /// Removes the sealed key of the database at `path`, durably: from then on nothing opens it. Does
    /// nothing if there is none.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it may still be there.
    pub fn erase_keys(path: &Path) -> Result<(), StoreError> {
        if !path.parent().is_some_and(Path::exists) {
            return Ok(());
        }
        let keys = ["-keys", "-keys-new"].map(|end| files::beside(path, end));
        let gone = keys.iter().try_for_each(|file| files::remove(file));
        gone.and_then(|()| files::sync_folder(path)).map_err(|error| of_io(&error))
    }

    /// Lets a PIN be tried again. To be called when the server has just taken the password of the
    /// user that [`Vault::belongs_to`] names, and never else.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn unlock_after_contact(path: &Path) -> Result<(), VaultError> {
        tries::clear(path)
    }

    /// Whether the data at `path` is this user's. Can be asked while the phone is locked; the file
    /// holds only a salted digest of the id.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::Damaged`] or [`VaultError::Store`].
    pub fn belongs_to(path: &Path, user: &UserId) -> Result<bool, VaultError> {
        Ok(KeysFile::read(path)?.header.belongs_to(user))
    }

    /// The way to the server of the data at `path`. Can be asked while the phone is locked: nothing
    /// shows that nobody has changed it until the vault is opened, which then fails.
    ///
    /// # Errors
    /// As [`Vault::belongs_to`].
    pub fn contact(path: &Path) -> Result<Contact, VaultError> {
        Ok(KeysFile::read(path)?.header.contact)
    }

    /// Whether a PIN is needed to open the data at `path`.
    ///
    /// # Errors
    /// As [`Vault::belongs_to`].
    pub fn asks_for_pin(path: &Path) -> Result<bool, VaultError> {
        Ok(KeysFile::read(path)?.header.needs.cost().is_some())
    }
}

/// Opens the keys file. A PIN is looked at only after its try is written down, and only when the
/// platform's secret fits: a wrong phone uses up no tries.
fn unlock(path: &Path, lock: &Lock) -> Result<Opened, VaultError> {
    let file = KeysFile::read(path)?;
    if !file.header.fits_secret(lock.secret()) {
        return Err(VaultError::WrongDevice);
    }
    if file.header.needs.cost().is_none() {
        return file.open(lock)?.ok_or(VaultError::Damaged);
    }
    if lock.pin().is_none() {
        return Err(VaultError::PinNeeded);
    }
    let left = tries::begin(path)?;
    match file.open(lock)? {
        Some(opened) => tries::clear(path).map(|()| opened),
        None if left == 0 => Err(VaultError::Locked),
        None => Err(VaultError::WrongPin { left }),
    }
}

/// Whether there is a database at `path`.
fn has_data(path: &Path) -> Result<bool, StoreError> {
    refuse_lost_file(path)?;
    Ok(fs::metadata(path).is_ok_and(|file| file.len() > 0))
}

fn not_of_this_vault() -> VaultError {
    StoreError::Damaged("the key of its vault does not open it".to_owned()).into()
}

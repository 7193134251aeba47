//! How many PINs were tried since the last right one. A try is on the disk before the PIN is looked
//! at: pulling the battery wins nobody another one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{VaultError, files, of_io};
use crate::limits::PIN_TRIES;

/// Writes down that a PIN is about to be tried; how many more may be, should this one be wrong.
pub(super) fn begin(path: &Path) -> Result<u8, VaultError> {
    let had = count(path)?;
    let Some(left) = PIN_TRIES.checked_sub(had + 1) else {
        return Err(VaultError::Locked);
    };
    files::replace(&path_of(path), &[had + 1]).map_err(|error| of_io(&error))?;
    Ok(left)
}

/// Forgets all tries: the PIN was right, or the server has vouched for who holds the phone. Should a
/// power cut take this back, a few tries count that were none.
pub(super) fn clear(path: &Path) -> Result<(), VaultError> {
    Ok(files::remove(&path_of(path)).map_err(|error| of_io(&error))?)
}

/// Tries so far. A file that is not what was written counts as all of them.
fn count(path: &Path) -> Result<u8, VaultError> {
    match fs::read(path_of(path)) {
        Ok(bytes) => match bytes[..] {
            [had] if had < PIN_TRIES => Ok(had),
            _ => Ok(PIN_TRIES),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(of_io(&error).into()),
    }
}

fn path_of(path: &Path) -> PathBuf {
    files::beside(path, "-tries")
}

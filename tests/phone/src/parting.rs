//! The end of a phone that was retired or reported stolen: which files there are to erase. What is erased
//! when is the library's.

use std::fs;
use std::io;
use std::path::PathBuf;

use sync_core::device::part::{self, PartError, Parted, Remains, sync_folder, tell_by_https};
use sync_core::device::{Enrolled, Parting};
use sync_core::store::StoreError;
use sync_core::store::sqlite::SqliteStore;

use crate::failure::Failure;
use crate::home::Home;

/// A phone's folder, and the file in it that could not be used.
struct Folder<'a> {
    home: &'a Home,
    failed: Option<Failure>,
}

/// Erases the phone after its work was handed over, and tells the server. Ends in words.
pub(crate) fn part(home: &Home, enrolled: &Enrolled, parting: &Parting) -> Failure {
    let mut folder = Folder { home, failed: None };
    let parted = part::part(&note(home), (enrolled, parting), &mut folder, &mut tell_by_https);
    folder.ended(parted)
}

/// Goes on with a parting that was interrupted; none if there was none.
pub(crate) fn resume(home: &Home) -> Option<Failure> {
    // Only a phone that is to be erased waits here for its other commands.
    let _lock = match fs::exists(note(home)) {
        Ok(false) => return None,
        Ok(true) => match home.lock() {
            Ok(lock) => lock,
            Err(failure) => return Some(failure),
        },
        Err(error) => return Some(Failure::file(&note(home), &error)),
    };
    let mut folder = Folder { home, failed: None };
    let parted = part::resume(&note(home), &mut folder, &mut tell_by_https).transpose()?;
    Some(folder.ended(parted))
}

fn note(home: &Home) -> PathBuf {
    home.dir().join("phone.erased")
}

impl Folder<'_> {
    fn ended(self, parted: Result<Parted, PartError>) -> Failure {
        match parted {
            Ok(Parted { words, heard: true }) => Failure::Erased(words),
            Ok(Parted { words, .. }) => Failure::Erased(format!(
                "{words} The office has not heard of it yet: it is told with the next command."
            )),
            Err(PartError::Note(error)) => Failure::file(&note(self.home), &error),
            Err(PartError::Damaged) => Failure::unclear("this phone's data is damaged"),
            Err(PartError::Erase(error)) => self.failed.unwrap_or(Failure::Store(error)),
        }
    }

    fn failed(&mut self, path: PathBuf, error: &io::Error) -> StoreError {
        self.failed = Some(Failure::file(&path, error));
        StoreError::Io(error.to_string())
    }
}

impl Remains for Folder<'_> {
    fn erase_key(&mut self) -> Result<(), StoreError> {
        for name in ["phone.key", "phone.key-new"] {
            let file = self.home.dir().join(name);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.failed(file, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn erase_data(&mut self) -> Result<(), StoreError> {
        SqliteStore::erase(&self.home.data())?;
        let folder = self.home.dir().to_owned();
        sync_folder(&folder).map_err(|error| self.failed(folder, &error))
    }
}

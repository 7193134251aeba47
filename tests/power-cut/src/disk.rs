//! The disk after the power cut.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand_core::Rng;

use crate::twin::{self, FOLDER, FORGET, Forget, TWIN, Twin};

/// What a disk writes whole or not at all, bytes.
const SECTOR: usize = 512;

/// A folder whose power can be cut, with its twin.
#[derive(Clone, Debug)]
pub struct Disk {
    twin: Twin,
    forget: Option<Forget>,
}

impl Disk {
    /// The folder at `folder`, with its twin at `twin`; what is in it already is durable.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(folder: &Path, twin: &Path) -> io::Result<Self> {
        let disk = Self { twin: Twin::new(folder, twin)?, forget: None };
        disk.settle()?;
        Ok(disk)
    }

    /// The same disk with a planted bug, or without.
    #[must_use]
    pub fn planted(self, forget: Option<Forget>) -> Self {
        Self { forget, ..self }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.twin.folder()
    }

    /// The environment of a program that runs on this disk, given the library to load before others.
    #[must_use]
    pub fn environment(&self, preload: &Path) -> Vec<(&'static str, PathBuf)> {
        let mut set = vec![
            ("LD_PRELOAD", preload.to_owned()),
            (FOLDER, self.twin.folder().to_owned()),
            (TWIN, self.twin.path().to_owned()),
        ];
        set.extend(self.forget.map(|forget| (FORGET, forget.word().into())));
        set
    }

    /// Makes all that is in the folder durable, as it is.
    ///
    /// # Errors
    /// What the system says.
    pub fn settle(&self) -> io::Result<()> {
        twin::remove(&self.twin.list())?;
        let durable = self.twin.durable(Path::new(""));
        fs::remove_dir_all(&durable)?;
        fs::create_dir(&durable)?;
        for name in files(self.folder())? {
            put(&self.twin.durable(&name), Some(&fs::read(self.folder().join(name))?))?;
        }
        Ok(())
    }

    /// Cuts the power. Every program on the disk must have been killed before. What is left is durable.
    ///
    /// # Errors
    /// What the system says.
    pub fn cut(&self, dice: &mut impl Rng) -> io::Result<()> {
        let untouched = self.choose_names(dice)?;
        let durable = files(&self.twin.durable(Path::new("")))?;
        for name in files(self.folder())?.union(&durable) {
            let live = self.folder().join(name);
            let (durable, found) = (read(&self.twin.durable(name))?, read(&live)?);
            let left = if name.to_string_lossy().ends_with("-shm") {
                None
            } else if untouched.contains(name) {
                durable
            } else {
                torn(durable, found, dice)
            };
            put(&live, left.as_deref())?;
        }
        self.settle()
    }

    /// Lets some of what was done to names happen and some not; gives the names to which something did
    /// not: they are those of other files now. What rests on something that did not happen does not.
    fn choose_names(&self, dice: &mut impl Rng) -> io::Result<BTreeSet<PathBuf>> {
        let mut untouched = BTreeSet::new();
        for act in self.twin.pending()? {
            if act.touches(&untouched) || one_in(2, dice) {
                untouched.extend(act.names().into_iter().map(Path::to_owned));
            } else {
                self.twin.apply(&act)?;
            }
        }
        Ok(untouched)
    }
}

/// What is left of a file that was durable as `old` and is written as `new`.
fn torn(old: Option<Vec<u8>>, new: Option<Vec<u8>>, dice: &mut impl Rng) -> Option<Vec<u8>> {
    match (old, new) {
        (old, None) => old,
        (None, Some(_)) if one_in(2, dice) => None,
        (old, Some(new)) => Some(mixed(&old.unwrap_or_default(), &new, dice)),
    }
}

/// Each sector of the one or the other. Where only the length had come there are zeros.
fn mixed(old: &[u8], new: &[u8], dice: &mut impl Rng) -> Vec<u8> {
    // Now and then nearly all of it has come, or nearly nothing: what lies in between hides both.
    let of_new = [0, 1, 128, 255, 256][dice.next_u32() as usize % 5];
    let mut left = vec![0; length(old.len(), new.len(), dice)];
    for (at, sector) in left.chunks_mut(SECTOR).enumerate() {
        let from = if dice.next_u32() % 256 < of_new { new } else { old };
        let from = from.get(at * SECTOR..).unwrap_or_default();
        let n = from.len().min(sector.len());
        sector[..n].copy_from_slice(&from[..n]);
    }
    left
}

/// The one length, the other, or one between.
fn length(old: usize, new: usize, dice: &mut impl Rng) -> usize {
    let (less, more) = (old.min(new), old.max(new));
    match dice.next_u32() % 3 {
        0 => old,
        1 => new,
        _ => less + (dice.next_u32() as usize % (more - less + 1)) / SECTOR * SECTOR,
    }
}

fn one_in(n: u32, dice: &mut impl Rng) -> bool {
    dice.next_u32().is_multiple_of(n)
}

/// The names of all files below a folder.
fn files(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let (path, name) = entry.map(|entry| (entry.path(), PathBuf::from(entry.file_name())))?;
        if path.is_dir() {
            found.extend(files(&path)?.into_iter().map(|below| name.join(below)));
        } else if path.is_file() {
            found.insert(name);
        }
    }
    Ok(found)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Makes the file at `path` say this, or removes it.
fn put(path: &Path, bytes: Option<&[u8]>) -> io::Result<()> {
    let Some(bytes) = bytes else { return twin::remove(path) };
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, bytes)
}

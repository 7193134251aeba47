//! The folder of one phone: its encrypted data, and the key that a platform would keep for it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use sync_core::device::{Device, Saved};
use sync_core::framework::Framework;
use sync_core::ids::CaseId;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Draft;
use sync_core::store::Store as _;
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::time::Timestamp;

use crate::failure::Failure;
use crate::output::Answer;
use crate::values;

/// The framework of a case that has none in force, where the server has not said which is used.
pub(crate) const FIRST_FRAMEWORK: &str = "east-lothian";
/// How long a command waits for another one of the same phone.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// A phone's folder and what its clock says.
pub(crate) struct Home {
    dir: PathBuf,
    now: Option<Timestamp>,
}

/// An opened phone. While it lives, other commands of the same phone wait.
pub(crate) struct Phone {
    /// The library.
    pub(crate) device: Device<SqliteStore>,
    /// When the command was given, by the phone's clock.
    pub(crate) now: Timestamp,
    lock: File,
}

impl Home {
    /// The phone in `dir`, whose clock stands at `now` or runs with the system's.
    pub(crate) const fn new(dir: PathBuf, now: Option<Timestamp>) -> Self {
        Self { dir, now }
    }

    /// What the phone's clock says.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let ms = since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
            Timestamp(ms)
        })
    }

    /// Opens an enrolled phone.
    pub(crate) fn open(&self) -> Result<Phone, Failure> {
        if !self.data().exists() {
            return Err(sync_core::device::DeviceError::NotEnrolled.into());
        }
        let (store, lock) = self.store()?;
        Ok(Phone { device: Device::open(store)?, now: self.now(), lock })
    }

    /// Opens the store, or begins one with a new key. One process at a time: the library numbers
    /// changes by what it reads before it writes.
    pub(crate) fn store(&self) -> Result<(SqliteStore, File), Failure> {
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&self.dir);
        made.map_err(|error| Failure::file(&self.dir, &error))?;
        let lock = self.lock()?;
        let key = self.key()?;
        Ok((SqliteStore::open(&self.data(), &Key::new(key))?, lock))
    }

    /// Its folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("phone.db")
    }

    /// Waits for other commands of the same phone; they wait until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, Failure> {
        let path = self.dir.join("phone.lock");
        let file = File::options().create(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(|error| Failure::file(&path, &error))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if began.elapsed() < LOCK_WAIT => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::unclear("another command is using this phone: try again"));
                }
                Err(TryLockError::Error(error)) => return Err(Failure::file(&path, &error)),
            }
        }
    }

    fn key(&self) -> Result<[u8; 32], Failure> {
        let path = self.dir.join("phone.key");
        let mut key = [0; 32];
        match File::open(&path) {
            Ok(mut file) => match file.read_exact(&mut key) {
                Ok(()) => Ok(key),
                Err(error) => Err(Failure::file(&path, &error)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.data().exists() => {
                let key = random()?;
                make_key(&path, &key).map_err(|error| Failure::file(&path, &error))?;
                Ok(key)
            }
            Err(error) => Err(Failure::file(&path, &error)),
        }
    }
}

/// Writes the key whole or not at all: half a key would open nothing, for ever.
fn make_key(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let new = path.with_extension("key-new");
    let mut file =
        File::options().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(key)?;
    file.sync_all()?;
    fs::rename(new, path)
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|_| Failure::unclear("the system gives no random bytes"))?;
    Ok(bytes)
}

#[derive(serde::Serialize)]
struct SavedHere<'a> {
    #[serde(flatten)]
    saved: &'a Saved,
    only_here: u64,
}

impl Phone {
    /// The framework whose words a case uses: the one asked for, or the case's, or the first.
    pub(crate) fn framework(&self, case: CaseId, asked: Option<&str>) -> Result<String, Failure> {
        let used = self.device.framework_for(&case, asked);
        let used = used.map_err(|error| values::wrong_word(error, asked.unwrap_or_default()))?;
        Ok(used.unwrap_or_else(|| FIRST_FRAMEWORK.to_owned()))
    }

    /// The edition of a framework that is in force now, or its newest.
    pub(crate) fn edition(&self, id: &str) -> Option<&Framework> {
        self.device.edition(id, self.now)
    }

    /// Makes a record of a draft, under the framework asked for or the case's.
    pub(crate) fn make(
        &mut self,
        case: CaseId,
        to: Compartment,
        framework: Option<&str>,
        draft: &impl Draft,
    ) -> Result<Saved, Failure> {
        let framework = self.framework(case, framework)?;
        let (kind, entries) = (draft.kind(), draft.entries());
        Ok(self.device.make(case, kind, to, &framework, entries, self.now)?)
    }

    /// The answer after a write.
    pub(crate) fn saved(&self, saved: &Saved, also: &str) -> Result<Answer, Failure> {
        // It is saved, whether or not what else there is can be counted.
        let only_here = self.device.only_here().unwrap_or_default().changes;
        let mut text = format!("saved on this phone ({})\n", items(only_here));
        text.push_str(&format!("case {}\nrecord {}\n", saved.case, saved.record));
        saved.entries.iter().for_each(|entry| text.push_str(&format!("entry {entry}\n")));
        text.push_str(also);
        Answer::new(&SavedHere { saved, only_here }, text)
    }

    /// Closes the phone but not its lock, to write small things of its own.
    pub(crate) fn into_store(self) -> (SqliteStore, File) {
        (self.device.into_store(), self.lock)
    }

    /// What the phone keeps of its own under this name.
    pub(crate) fn own(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.device.store().item(sync_core::store::Shelf::Meta, name)?)
    }
}

/// How much exists only here, in words.
pub(crate) fn items(only_here: u64) -> String {
    match only_here {
        0 => "nothing exists only on this phone".to_owned(),
        1 => "1 item exists only on this phone".to_owned(),
        n => format!("{n} items exist only on this phone"),
    }
}

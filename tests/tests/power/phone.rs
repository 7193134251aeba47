//! A phone whose power is cut while it writes, changes its key and its lock, comes up to date and erases
//! itself: what it called saved is there, and the file opens.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use power_cut::{Disk, Forget};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use sync_core::store::Store as _;
use sync_core::store::sqlite::SqliteStore;
use sync_core::store::sqlite::vault::{Vault, VaultError};
use system_tests::live::Failed;
use tempfile::TempDir;

use super::child::{Told, Work, key, lock_first, one_life};
use super::rows::{batch, check, last};
use super::{LIVES_PLANTED, lives};

/// Lives of one phone, before another is begun: looking at a large one takes longer than the life.
const LIVES_OF_A_PHONE: u64 = 10;
/// Unsent changes in an old file: so many that bringing it up to date takes a while.
const OLD_CHANGES: u64 = 2_000;
/// Batches on a phone that will be erased.
const TO_ERASE: u32 = 8;

/// A planted bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Planted {
    Nothing,
    /// The store's own setting `synchronous=OFF`.
    SynchronousOff,
    /// What the disk never hears of.
    Disk(Forget),
}

struct Phone {
    _folder: TempDir,
    disk: Disk,
    path: PathBuf,
    work: Work,
    planted: Planted,
    told: Told,
}

impl Phone {
    fn new(work: Work, planted: Planted) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let forget = match planted {
            Planted::Disk(forget) => Some(forget),
            _ => None,
        };
        let disk = Disk::new(&folder.path().join("phone"), &folder.path().join("durable"))?;
        let (disk, path) = (disk.planted(forget), folder.path().join("phone/phone.db"));
        let phone = Self { _folder: folder, disk, path, work, planted, told: Told::default() };
        phone.prepare()?;
        Ok(phone)
    }

    fn prepare(&self) -> Result<(), Failed> {
        match self.work {
            Work::Writes => {}
            Work::Keys | Work::Pins => lock_first(&self.path, self.work)?,
            Work::Upgrade => SqliteStore::write_version_1(&self.path, &key(0), OLD_CHANGES)?,
            Work::Erase => {
                lock_first(&self.path, self.work)?;
                let mut store = Vault::open_store(&self.path, &self.work.lock(0))?;
                (1..=TO_ERASE).try_for_each(|n| store.commit(&batch(n)))?;
            }
        }
        Ok(self.disk.settle()?)
    }

    /// How long it may live after its first word.
    const fn most(&self) -> Duration {
        Duration::from_millis(match self.work {
            Work::Erase => 12,
            Work::Writes => 30,
            Work::Keys | Work::Upgrade => 60,
            Work::Pins => 400,
        })
    }

    /// Whether its work is done once.
    const fn is_done_once(&self) -> bool {
        matches!(self.work, Work::Upgrade | Work::Erase)
    }

    fn live(&mut self, dice: &mut ChaCha8Rng) -> Result<(), Failed> {
        let forgets = self.planted == Planted::SynchronousOff;
        let how = ((self.work, forgets), (&self.disk, &*self.path), self.told);
        self.told = one_life(how.0, how.1, how.2, (self.most(), dice))?;
        self.disk.cut(dice)?;
        self.look().map_err(|error| format!("after {:?}: {error}", self.told))?;
        // Looking mends what the cut left, without a twin that hears of it.
        Ok(self.disk.settle()?)
    }

    fn look(&mut self) -> Result<(), Failed> {
        match self.work {
            Work::Writes => self.has_what_it_told(&SqliteStore::open(&self.path, &key(0))?),
            Work::Keys | Work::Pins => {
                let store = self.unlocked()?;
                self.has_what_it_told(&store)
            }
            Work::Upgrade => self.is_up_to_date(),
            Work::Erase => self.is_erased_or_whole(),
        }
    }

    fn has_what_it_told(&mut self, store: &SqliteStore) -> Result<(), Failed> {
        let found = last(store)?;
        if found != self.told.kept && found != self.told.kept + 1 {
            return Err(format!("found {found}").into());
        }
        self.told.kept = found;
        check(store)?;
        is_sound(store)
    }

    /// Opens it with the lock of which it told or with the one that it was about to have, never with
    /// one that was changed.
    fn unlocked(&mut self) -> Result<SqliteStore, Failed> {
        match Vault::open_store(&self.path, &self.work.lock(self.told.lock)) {
            Err(VaultError::WrongPin { .. } | VaultError::WrongDevice) => {
                self.told.lock += 1;
                Ok(Vault::open_store(&self.path, &self.work.lock(self.told.lock))?)
            }
            opened => Ok(opened?),
        }
    }

    fn is_up_to_date(&self) -> Result<(), Failed> {
        let store = SqliteStore::open(&self.path, &key(0))?;
        let found = (store.unsent(0, usize::MAX)?.len() as u64, store.returned()?.len());
        // Asks a table that the old file had not.
        let listed = store.unindexed(9)?.len();
        if (found, listed) != ((OLD_CHANGES + 1, 1), 1) {
            return Err(format!("found {found:?} and {listed} to index").into());
        }
        is_sound(&store)
    }

    /// Its key is gone, and does not come back; or everything is there.
    fn is_erased_or_whole(&self) -> Result<(), Failed> {
        match (Vault::exists(&self.path), self.told.kept) {
            (false, _) => Ok(()),
            (true, 0) => {
                let store = Vault::open_store(&self.path, &self.work.lock(0))?;
                check(&store)?;
                if last(&store)? == TO_ERASE { Ok(()) } else { Err("not all is there".into()) }
            }
            (true, _) => Err("the key came back".into()),
        }
    }
}

fn is_sound(store: &SqliteStore) -> Result<(), Failed> {
    if store.is_sound()? { Ok(()) } else { Err("the file is not sound".into()) }
}

/// So many lives; the failure names the first in which something is lost.
fn live(work: Work, planted: Planted, lives: u64) -> Result<(), Failed> {
    let mut dice = ChaCha8Rng::seed_from_u64(30 + work as u64);
    let mut phone = Phone::new(work, planted)?;
    for life in 0..lives {
        if life > 0 && (phone.is_done_once() || life.is_multiple_of(LIVES_OF_A_PHONE)) {
            phone = Phone::new(work, planted)?;
        }
        phone.live(&mut dice).map_err(|error| format!("{work:?}, life {life}: {error}"))?;
    }
    let _ = writeln!(std::io::stdout(), "power, {work:?}: {lives} lives");
    Ok(())
}

#[test]
fn a_power_cut_takes_nothing_that_a_phone_called_saved() -> Result<(), Failed> {
    live(Work::Writes, Planted::Nothing, lives()?)
}

#[test]
fn a_power_cut_while_the_key_and_the_secret_change_leaves_one_that_opens() -> Result<(), Failed> {
    live(Work::Keys, Planted::Nothing, lives()?)
}

#[test]
fn a_power_cut_while_the_pin_changes_leaves_the_one_that_was_told() -> Result<(), Failed> {
    live(Work::Pins, Planted::Nothing, lives()?)
}

#[test]
fn a_power_cut_while_an_old_file_is_brought_up_to_date_loses_nothing() -> Result<(), Failed> {
    live(Work::Upgrade, Planted::Nothing, lives()?)
}

#[test]
fn a_power_cut_does_not_bring_back_what_was_erased() -> Result<(), Failed> {
    live(Work::Erase, Planted::Nothing, lives()?)
}

#[test]
fn planted_bugs_of_a_phone_are_found() {
    let databases = Planted::Disk(Forget::Databases);
    let folders = Planted::Disk(Forget::Folders);
    let plants = [
        (Work::Writes, Planted::SynchronousOff),
        (Work::Writes, databases),
        (Work::Keys, databases),
        (Work::Keys, folders),
        (Work::Upgrade, databases),
        (Work::Erase, folders),
    ];
    for (work, planted) in plants {
        let found = live(work, planted, LIVES_PLANTED);
        let _ = writeln!(std::io::stdout(), "{planted:?}: {found:?}");
        assert!(found.is_err(), "{work:?} with {planted:?}: nothing was found");
    }
}

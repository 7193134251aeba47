//! The phone that will lose its power: this test binary, started again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use power_cut::Disk;
use rand_chacha::ChaCha8Rng;
use sync_core::ids::UserId;
use sync_core::store::Store as _;
use sync_core::store::sqlite::vault::{Contact, Fresh, Lock, Pin, Secret, Vault};
use sync_core::store::sqlite::{Key, SqliteStore};
use system_tests::live::{Failed, preload};

use super::rows::{batch, last};
use super::while_up_to;

const CHILD: &str = "power::child::it_works_until_its_power_is_cut";
const FILE: &str = "CASEWEAVE_POWER_TEST_FILE";
const WORK: &str = "CASEWEAVE_POWER_TEST_WORK";
const LOCK: &str = "CASEWEAVE_POWER_TEST_LOCK";
const FORGETS: &str = "CASEWEAVE_POWER_TEST_FORGETS";
/// The signal of a kill.
const KILLED: i32 = 9;

/// What a phone does until its power is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Work {
    /// Writes.
    Writes,
    /// Writes, changes its key and the platform's secret, in turns.
    Keys,
    /// Writes, changes its key and its PIN, in turns.
    Pins,
    /// Opens an old file.
    Upgrade,
    /// Erases itself.
    Erase,
}

impl Work {
    const ALL: [Self; 5] = [Self::Writes, Self::Keys, Self::Pins, Self::Upgrade, Self::Erase];

    /// The `n`th lock of such a phone.
    pub(super) fn lock(self, n: u32) -> Lock {
        match self {
            Self::Pins => {
                let (secret, pin) = (Secret::new([7; 32]), Pin::new((193_728 + n).to_string()));
                Lock::Both { secret, pin }
            }
            _ => Lock::Platform(Secret::new([n as u8; 32])),
        }
    }
}

/// What a phone said that it has done: its last batch, or step, and which lock it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Told {
    pub(super) kept: u32,
    pub(super) lock: u32,
}

/// A key of a database.
pub(super) fn key(n: u32) -> Key {
    Key::new([n as u8; 32])
}

fn fresh(n: u32) -> Fresh {
    let mut fresh = Fresh { salt: [3; 16], nonce: [3; 12] };
    fresh.salt[..4].copy_from_slice(&n.to_be_bytes());
    fresh.nonce[..4].copy_from_slice(&n.to_be_bytes());
    fresh
}

/// Gives the phone at `path` its first lock.
pub(super) fn lock_first(path: &Path, work: Work) -> Result<(), Failed> {
    let owner = UserId::from_bytes([5; 16]);
    let contact = Contact { server: "https://server.example".into(), authority: None };
    Ok(Vault::create(path, &work.lock(0), &key(0), (&owner, &contact), &fresh(0))?)
}

/// Lets a phone work for a while after its first word and kills it; gives its last word.
pub(super) fn one_life(
    (work, forgets): (Work, bool),
    (disk, path): (&Disk, &Path),
    before: Told,
    (most, dice): (Duration, &mut ChaCha8Rng),
) -> Result<Told, Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--exact", CHILD, "--nocapture"])
        .envs(disk.environment(&preload()?))
        .env(FILE, path)
        .env(WORK, format!("{work:?}"))
        .env(LOCK, before.lock.to_string())
        .envs(forgets.then_some((FORGETS, "1")))
        .stdout(Stdio::piped())
        .spawn()?;
    let out = BufReader::new(child.stdout.take().ok_or("the phone cannot be heard")?);
    let (mut told, mut wait) = (None, Some(while_up_to(most, dice)));
    for line in out.lines() {
        let Some(said) = parse(&line?) else { continue };
        told = Some(said);
        if let Some(wait) = wait.take() {
            std::thread::sleep(wait);
            child.kill()?;
        }
    }
    let ended = child.wait()?;
    match told {
        Some(told) if ended.signal() == Some(KILLED) => Ok(told),
        _ => Err(format!("the phone ended by itself: {ended}").into()),
    }
}

fn parse(line: &str) -> Option<Told> {
    let (kept, lock) = line.strip_prefix("kept ")?.split_once(' ')?;
    Some(Told { kept: kept.parse().ok()?, lock: lock.parse().ok()? })
}

fn say(kept: u32, lock: u32) -> Result<(), Failed> {
    let mut out = std::io::stdout().lock();
    Ok(writeln!(out, "kept {kept} {lock}").and_then(|()| out.flush())?)
}

#[test]
fn it_works_until_its_power_is_cut() -> Result<(), Failed> {
    let Some(path) = std::env::var_os(FILE).map(PathBuf::from) else { return Ok(()) };
    let (named, lock) = (std::env::var(WORK)?, std::env::var(LOCK)?.parse()?);
    let work = Work::ALL.into_iter().find(|work| format!("{work:?}") == named);
    match work.ok_or("no such work")? {
        Work::Writes => write_on(&path),
        work @ (Work::Keys | Work::Pins) => change_keys(work, &path, lock),
        Work::Upgrade => once(|| SqliteStore::open(&path, &key(0)).map(drop)),
        Work::Erase => once(|| SqliteStore::erase(&path)),
    }
}

fn write_on(path: &Path) -> Result<(), Failed> {
    let mut store = SqliteStore::open(path, &key(0))?;
    if std::env::var_os(FORGETS).is_some() {
        store.forget_to_sync()?;
    }
    for n in last(&store)? + 1.. {
        store.commit(&batch(n))?;
        say(n, 0)?;
    }
    Ok(())
}

fn change_keys(work: Work, path: &Path, mut lock: u32) -> Result<(), Failed> {
    loop {
        let mut store = Vault::open_store(path, &work.lock(lock))?;
        let n = last(&store)? + 1;
        store.commit(&batch(n))?;
        drop(store);
        say(n, lock)?;
        // Never the same random bytes twice: a number beside those of the locks.
        let drawn = fresh((n << 12) + lock + 1);
        if n.is_multiple_of(2) {
            Vault::rekey(path, &work.lock(lock), &key(n), &drawn)?;
        } else {
            Vault::change_lock(path, &work.lock(lock), &work.lock(lock + 1), &drawn)?;
            lock += 1;
            say(n, lock)?;
        }
    }
}

/// Says that it begins and that it is done.
fn once<E>(act: impl FnOnce() -> Result<(), E>) -> Result<(), Failed>
where
    Failed: From<E>,
{
    say(0, 0)?;
    act()?;
    say(1, 0)?;
    std::thread::sleep(Duration::from_secs(60));
    Ok(())
}

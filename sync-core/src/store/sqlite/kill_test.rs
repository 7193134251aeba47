//! A process that is killed while it commits, changes the key or brings an old file up to date: what
//! it was told is kept is kept, whole, and the file opens.
//!
//! Each test starts itself again as a child that says what it has done; the parent kills it at a
//! random moment and looks. `CASEWEAVE_KILL_LIVES=1000` makes it a thousand lives each. This shows
//! what a kill does; what a power cut does is shown in `tests/tests/power`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tempfile::TempDir;

use super::tests::{plain_connection, shape};
use super::vault::{Fresh, Lock, Secret, Stage, USER, Vault, contact, stage};
use super::{Key, SqliteStore, files};
use crate::ids::RecordId;
use crate::store::contract::{change, record};
use crate::store::{ChangeRow, Place, Shelf, Store, Write};

/// Lives of each kind, unless the environment says how many.
const LIVES: u64 = 20;
/// Lives of one file, before another is begun: looking at a large one takes longer than the life.
const LIVES_OF_A_FILE: u64 = 25;
const CHANGES: u32 = 12;
/// Unsent changes in the old file: so many that bringing it up to date takes a while.
const OLD_CHANGES: u64 = 5_000;
const LIVES_SET: &str = "CASEWEAVE_KILL_LIVES";
const FILE: &str = "CASEWEAVE_KILL_TEST_FILE";
const KIND: &str = "CASEWEAVE_KILL_TEST_KIND";
const CHILD: &str = "store::sqlite::kill_test::the_child_works_until_it_is_killed";

fn lives() -> u64 {
    std::env::var(LIVES_SET).map_or(LIVES, |lives| lives.parse().unwrap())
}

fn key() -> Key {
    Key::new([3; 32])
}

fn lock() -> Lock {
    Lock::Platform(Secret::new([4; 32]))
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &key()).unwrap()
}

/// The `n`th batch: several rows and a number, so that a torn one shows.
fn batch(n: u32) -> Vec<Write> {
    let id = RecordId::from_bytes([(n % 5) as u8; 16]);
    let mut row = record((n % 5) as u8, 1, 1);
    row.id = id;
    let mut writes = vec![Write::PutRecord(row)];
    writes.extend((0..CHANGES).map(|k| {
        let place = Place::Unsent(u64::from(n) * 100 + u64::from(k));
        let body = vec![n as u8; 300 + (n as usize * 37) % 3_000];
        let row = change((n % 5) as u8, 1, n * 100 + k, place);
        Write::PutChange(ChangeRow { record: id, body, ..row })
    }));
    writes.push(Write::Set(Shelf::Meta, b"last".to_vec(), n.to_be_bytes().to_vec()));
    writes
}

/// The number of the last batch that the store says it has.
fn last(store: &SqliteStore) -> u32 {
    let bytes = store.item(Shelf::Meta, b"last").unwrap();
    bytes.map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().unwrap()))
}

/// Every batch to the last is whole, nothing is there beyond it, and the file is sound.
fn check(store: &SqliteStore) {
    let last = last(store);
    let unsent = store.unsent(0, usize::MAX).unwrap();
    let expected = (1..=last).flat_map(batch).filter_map(|write| match write {
        Write::PutChange(row) => Some(row),
        _ => None,
    });
    assert!(unsent.into_iter().eq(expected), "the batches to {last} and nothing else");
    is_sound(store);
}

fn is_sound(store: &SqliteStore) {
    assert!(store.is_sound().unwrap());
}

fn start_child(kind: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture"])
        .envs([(KIND, kind.as_ref()), (FILE, path.as_os_str())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets a child work for a while after it said its first number and kills it; its last number.
fn one_life(kind: &str, path: &Path, at_most: Duration, rng: &mut ChaCha8Rng) -> Option<u32> {
    let mut child = start_child(kind, path);
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut kept = None;
    let at_most = u32::try_from(at_most.as_micros()).unwrap();
    let mut wait = Some(Duration::from_micros(u64::from(rng.next_u32() % at_most)));
    for line in out.lines() {
        let Some(n) = line.unwrap().strip_prefix("kept ").map(|n| n.parse().unwrap()) else {
            continue;
        };
        kept = Some(n);
        if let Some(wait) = wait.take() {
            std::thread::sleep(wait);
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success(), "the child was killed");
    kept
}

/// What a look at the file says; in a copy, since looking mends what a kill left.
fn copied<T>(path: &Path, look: impl FnOnce(&Path) -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.db");
    for end in ["", "-wal", "-keys"] {
        let from = files::beside(path, end);
        if from.exists() {
            std::fs::copy(from, files::beside(&copy, end)).unwrap();
        }
    }
    look(&copy)
}

fn say(n: u32) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "kept {n}").and_then(|()| out.flush()).unwrap();
}

#[test]
fn the_child_works_until_it_is_killed() {
    let Some(path) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    match std::env::var(KIND).unwrap().as_str() {
        "write" => write_on(&path),
        "rekey" => change_keys(&path),
        _ => bring_up(&path),
    }
}

fn write_on(path: &Path) {
    let mut store = open(path);
    for n in last(&store) + 1..100_000 {
        store.commit(&batch(n)).unwrap();
        say(n);
    }
}

/// Writes and changes the key, in turns.
fn change_keys(path: &Path) {
    let mut rng = ChaCha8Rng::seed_from_u64(std::process::id().into());
    for _ in 0..100_000 {
        let mut store = Vault::open_store(path, &lock()).unwrap();
        let n = last(&store) + 1;
        store.commit(&batch(n)).unwrap();
        drop(store);
        say(n);
        let (mut key, mut fresh) = ([0; 32], Fresh { salt: [0; 16], nonce: [0; 12] });
        rng.fill_bytes(&mut key);
        rng.fill_bytes(&mut fresh.nonce);
        Vault::rekey(path, &lock(), &Key::new(key), &fresh).unwrap();
    }
}

/// Says that it begins, and that it is done.
fn bring_up(path: &Path) {
    say(0);
    let _store = open(path);
    say(1);
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    let mut rng = ChaCha8Rng::seed_from_u64(25);
    let (mut dir, mut before) = (tempfile::tempdir().unwrap(), 0);
    for life in 0..lives() {
        if life % LIVES_OF_A_FILE == 0 {
            (dir, before) = (tempfile::tempdir().unwrap(), 0);
        }
        let path = dir.path().join("phone.db");
        let kept = one_life("write", &path, Duration::from_millis(30), &mut rng).unwrap();
        assert!(kept > before, "life {life} committed nothing");
        let store = open(&path);
        check(&store);
        before = last(&store);
        assert!(before == kept || before == kept + 1, "told {kept}, found {before}");
    }
    println!("write: {} lives", lives());
}

#[test]
fn a_kill_while_the_key_changes_leaves_one_that_opens() {
    let mut rng = ChaCha8Rng::seed_from_u64(26);
    let mut dir = tempfile::tempdir().unwrap();
    let mut stages = BTreeMap::<Stage, u32>::new();
    for life in 0..lives() {
        if life % LIVES_OF_A_FILE == 0 {
            dir = vaulted();
        }
        let path = dir.path().join("phone.db");
        let kept = one_life("rekey", &path, Duration::from_millis(60), &mut rng).unwrap();
        *stages.entry(copied(&path, |copy| stage(copy, &lock()))).or_default() += 1;
        let store = Vault::open_store(&path, &lock()).unwrap();
        check(&store);
        let found = last(&store);
        assert!(found == kept || found == kept + 1, "life {life}: told {kept}, found {found}");
        drop(store);
        assert_eq!(stage(&path, &lock()), Stage::Settled, "life {life}");
    }
    println!("rekey: {} lives, {stages:?}", lives());
}

/// A phone with a vault and nothing else.
fn vaulted() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    let fresh = Fresh { salt: [1; 16], nonce: [1; 12] };
    Vault::create(&path, &lock(), &key(), (&USER, &contact()), &fresh).unwrap();
    dir
}

#[test]
fn a_kill_while_an_old_file_is_brought_up_to_date_loses_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(27);
    let dir = tempfile::tempdir().unwrap();
    let (old, path) = (dir.path().join("old.db"), dir.path().join("phone.db"));
    SqliteStore::write_version_1(&old, &key(), OLD_CHANGES).unwrap();
    assert!(!files::beside(&old, "-wal").exists());
    let fresh = shape(&open(&dir.path().join("fresh.db")).conn);
    let mut stages = BTreeMap::<_, u32>::new();
    for life in 0..lives() {
        SqliteStore::erase(&path).unwrap();
        std::fs::copy(&old, &path).unwrap();
        let done = one_life("upgrade", &path, Duration::from_millis(120), &mut rng) == Some(1);
        let log = std::fs::metadata(files::beside(&path, "-wal")).map_or(0, |log| log.len());
        let found = copied(&path, |copy| shape(&plain_connection(copy, &key())).0);
        *stages.entry((found, log > 0)).or_default() += 1;
        assert!(found == fresh.0 || !done, "life {life}: it was said to be done");
        let store = open(&path);
        assert_eq!(shape(&store.conn), fresh, "life {life}");
        assert_eq!(store.unsent(0, usize::MAX).unwrap().len() as u64, OLD_CHANGES + 1);
        assert_eq!(store.returned().unwrap().len(), 1);
        is_sound(&store);
    }
    println!("upgrade: {} lives, by version and whether there was a log: {stages:?}", lives());
}

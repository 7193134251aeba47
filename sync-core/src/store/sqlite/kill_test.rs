//! A process that is killed while it commits: what it was told is kept is kept, whole.
//!
//! The test starts itself again as a child that commits numbered batches and prints each number
//! once its commit has returned; the parent kills it at a random moment and looks. This shows what
//! a kill does, not what a power cut does: for that the store relies on `synchronous=FULL`.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{Key, SqliteStore};
use crate::ids::RecordId;
use crate::store::contract::{change, record};
use crate::store::{ChangeRow, Place, Shelf, Store, Write};

const KILLS: u64 = 25;
const CHANGES: u32 = 12;
const FILE: &str = "CASEWEAVE_KILL_TEST_FILE";
const CHILD: &str = "store::sqlite::kill_test::the_child_commits_until_it_is_killed";

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &Key::new([3; 32])).unwrap()
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
    let sound: String =
        store.conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

fn start_child(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets a child commit for a while and kills it; the last number it was told is kept.
fn one_life(path: &Path, before: u32, rng: &mut ChaCha8Rng) -> u32 {
    let mut child = start_child(path);
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut kept = before;
    let mut wait = Some(Duration::from_micros(u64::from(rng.next_u32() % 30_000)));
    for line in out.lines() {
        let Some(n) = line.unwrap().strip_prefix("kept ").map(|n| n.parse().unwrap()) else {
            continue;
        };
        kept = n;
        if let Some(wait) = wait.take() {
            std::thread::sleep(wait);
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success(), "the child was killed");
    kept
}

#[test]
fn the_child_commits_until_it_is_killed() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let mut store = open(Path::new(&path));
    for n in last(&store) + 1..100_000 {
        store.commit(&batch(n)).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "kept {n}").and_then(|()| out.flush()).unwrap();
    }
}

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    let mut rng = ChaCha8Rng::seed_from_u64(25);
    let mut before = 0;
    for life in 0..KILLS {
        let kept = one_life(&path, before, &mut rng);
        assert!(kept > before, "life {life} committed nothing");
        let store = open(&path);
        check(&store);
        let found = last(&store);
        assert!(found == kept || found == kept + 1, "told {kept}, found {found}");
        before = found;
    }
}

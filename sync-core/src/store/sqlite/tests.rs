//! What only a file can show: keys, damage, versions, a full disk, another process, speed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::testing::VERSION_1;
use super::{Key, SqliteStore, UNSENT, UNSENT_COUNT, UNSENT_RECORDS, schema};
use crate::ids::{Actor, RecordId};
use crate::store::contract::{self, change, contents, record};
use crate::store::memory::MemoryStore;
use crate::store::{ChangeRow, Place, Shelf, Store, StoreError, Write};

fn key() -> Key {
    Key::new([7; 32])
}

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    (dir, path)
}

/// The file as a kill leaves it: database, journal and check file, copied while the store is open.
fn copy_as_killed(from: &Path, to: &Path) {
    for end in ["", "-wal", "-check"] {
        fs::copy(super::files::beside(from, end), super::files::beside(to, end)).unwrap();
    }
}

pub(super) fn plain_connection(path: &Path, key: &Key) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch(&key.statement()).unwrap();
    conn
}

#[test]
fn keeps_the_contract() {
    contract::run(|| SqliteStore::open_in_memory().unwrap()).unwrap();
}

#[test]
fn keeps_the_contract_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let next = std::cell::Cell::new(0);
    let make = || {
        next.set(next.get() + 1);
        SqliteStore::open(&dir.path().join(format!("{}.db", next.get())), &key()).unwrap()
    };
    contract::run(make).unwrap();
}

#[test]
fn what_was_committed_is_there_after_opening_again() {
    let (_dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    contract::fill(&mut store).unwrap();
    let before = contents(&store).unwrap();
    drop(store);
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    assert_eq!(contents(&store).unwrap(), before);
    let forget = Write::ForgetReturned(before.returned[0].id);
    store.commit(&[forget]).unwrap();
    drop(store);
    let store = SqliteStore::open(&path, &key()).unwrap();
    assert_eq!(store.returned().unwrap(), []);
}

#[test]
fn every_commit_is_flushed_to_the_disk() {
    let (_dir, path) = place();
    let store = SqliteStore::open(&path, &key()).unwrap();
    let setting = |name: &str| -> i64 {
        store.conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
    };
    let found = ["synchronous", "fullfsync", "foreign_keys", "temp_store", "secure_delete"];
    assert_eq!(found.map(setting), [2, 1, 1, 2, 1]);
}

#[test]
fn nothing_on_the_disk_is_in_plain() {
    let (dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    let body = b"the child said that home is loud".to_vec();
    let seen = ChangeRow { body: body.clone(), ..change(1, 1, 1, Place::Unsent(1)) };
    store.commit(&[Write::PutRecord(record(1, 1, 1)), Write::PutChange(seen)]).unwrap();
    for file in fs::read_dir(dir.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for plain in [&body[..10], b"SQLite format", b"CREATE TABLE", &[7; 16], b"0707070707"] {
            assert!(!bytes.windows(plain.len()).any(|window| window == plain));
        }
    }
}

#[test]
fn a_wrong_key_opens_nothing_and_harms_nothing() {
    let (dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    contract::fill(&mut store).unwrap();
    let killed = dir.path().join("killed.db");
    copy_as_killed(&path, &killed);
    assert!(fs::metadata(super::files::beside(&killed, "-wal")).unwrap().len() > 0);
    let before = contents(&store).unwrap();
    for path in [&path, &killed] {
        for _ in 0..2 {
            let opened = SqliteStore::open(path, &Key::new([8; 32]));
            assert_eq!(opened.err(), Some(StoreError::WrongKey));
        }
    }
    drop(store);
    for path in [&path, &killed] {
        assert_eq!(contents(&SqliteStore::open(path, &key()).unwrap()).unwrap(), before);
    }
}

#[test]
fn without_its_check_file_a_wrong_key_is_still_refused() {
    let (_dir, path) = place();
    drop(SqliteStore::open(&path, &key()).unwrap());
    fs::remove_file(super::key::check_path(&path)).unwrap();
    assert_eq!(SqliteStore::open(&path, &Key::new([8; 32])).err(), Some(StoreError::WrongKey));
    drop(SqliteStore::open(&path, &key()).unwrap());
    assert!(super::key::check_path(&path).exists(), "opening writes it again");
}

#[test]
fn damage_is_reported_and_left_as_it_is() {
    for at in [0, 20, 100, 2_000] {
        let (_dir, path) = place();
        let mut store = SqliteStore::open(&path, &key()).unwrap();
        contract::fill(&mut store).unwrap();
        drop(store);
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 0x40;
        fs::write(&path, &bytes).unwrap();
        let opened = SqliteStore::open(&path, &key());
        assert!(matches!(opened, Err(StoreError::Damaged(_))), "at {at}: {opened:?}");
        let wrong = SqliteStore::open(&path, &Key::new([8; 32]));
        assert_eq!(wrong.err(), Some(StoreError::WrongKey));
        assert!(fs::read(&path).unwrap() == bytes, "nothing was written");
    }
}

#[test]
fn damage_deep_in_the_file_is_no_wrong_key() {
    let (_dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    let rows = (1..=200).map(|seq| Write::PutChange(change(1, 1, seq, Place::Placed(seq))));
    store.commit(&[Write::PutRecord(record(1, 1, 1))]).unwrap();
    store.commit(&rows.collect::<Vec<_>>()).unwrap();
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    bytes.iter_mut().skip(3 * 4096).for_each(|byte| *byte ^= 1);
    fs::write(&path, &bytes).unwrap();
    let opened = SqliteStore::open(&path, &key());
    let read = opened.and_then(|store| contents(&store));
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
    assert_eq!(fs::read(&path).unwrap().len(), bytes.len());
}

#[test]
fn a_file_that_is_gone_is_not_begun_anew() {
    let (_dir, path) = place();
    drop(SqliteStore::open(&path, &key()).unwrap());
    fs::write(&path, b"").unwrap();
    assert!(matches!(SqliteStore::open(&path, &key()), Err(StoreError::Damaged(_))));
    fs::remove_file(&path).unwrap();
    assert!(matches!(SqliteStore::open(&path, &key()), Err(StoreError::Damaged(_))));
    assert!(!path.exists());
    SqliteStore::erase(&path).unwrap();
    drop(SqliteStore::open(&path, &key()).unwrap());
}

#[test]
fn erasing_leaves_no_file() {
    let (dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    contract::fill(&mut store).unwrap();
    drop(store);
    SqliteStore::erase(&path).unwrap();
    SqliteStore::erase(&path).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_file_in_plain_is_not_opened() {
    let (_dir, path) = place();
    Connection::open(&path).unwrap().execute_batch(VERSION_1).unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(SqliteStore::open(&path, &key()).err(), Some(StoreError::WrongKey));
    assert!(fs::read(&path).unwrap() == bytes);
}

#[test]
fn a_file_of_version_1_comes_up_to_date() {
    let (dir, path) = place();
    plain_connection(&path, &key()).execute_batch(VERSION_1).unwrap();
    let store = SqliteStore::open(&path, &key()).unwrap();
    let id = RecordId::from_bytes([1; 16]);
    let rows = store.changes(&id).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.place).collect::<Vec<_>>(),
        [Place::Placed(1), Place::Unsent(5)]
    );
    assert_eq!((rows[0].deps.as_deref(), rows[1].deps.as_deref()), (None, Some(&[0][..])));
    assert_eq!(store.unsent(0, 9).unwrap(), rows[1..]);
    assert_eq!(store.record(&id).unwrap().unwrap().envelope, [10, 11]);
    let returned = store.returned().unwrap();
    assert_eq!((returned[0].id, returned[0].change.place), (3, Place::Accepted(1)));
    assert_eq!(store.item(Shelf::Cursor, &[0xaa]).unwrap(), Some(vec![0xbb]));

    let fresh = SqliteStore::open(&dir.path().join("fresh.db"), &key()).unwrap();
    assert_eq!(shape(&store.conn), shape(&fresh.conn), "the same tables, whichever way");
}

/// Version and every table and index, layout of the SQL aside.
pub(super) fn shape(conn: &Connection) -> (i64, Vec<String>) {
    let version = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let mut statement =
        conn.prepare("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name").unwrap();
    let sql = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    (version, sql.map(|sql| sql.unwrap().split_whitespace().collect()).collect())
}

#[test]
fn a_newer_file_is_refused_and_kept() {
    let (_dir, path) = place();
    drop(SqliteStore::open(&path, &key()).unwrap());
    let newer = schema::VERSION + 1;
    plain_connection(&path, &key()).pragma_update(None, "user_version", newer).unwrap();
    let refused = StoreError::NewerSchema { found: newer, supported: schema::VERSION };
    assert_eq!(SqliteStore::open(&path, &key()).err(), Some(refused));
    let conn = plain_connection(&path, &key());
    assert_eq!(shape(&conn).0, newer);
}

#[test]
fn a_full_disk_loses_nothing_and_passes() {
    let (_dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    contract::fill(&mut store).unwrap();
    let before = contents(&store).unwrap();
    let pages: i64 = store.conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = |store: &SqliteStore, pages: i64| {
        let set = format!("PRAGMA max_page_count = {pages}");
        store.conn.query_row(&set, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    limit(&store, pages + 2);
    let large = ChangeRow { body: vec![1; 64 * 1024], ..change(1, 3, 1, Place::Unsent(9)) };
    let writes = [Write::Set(Shelf::Meta, vec![1], vec![1]), Write::PutChange(large)];
    for _ in 0..3 {
        assert_eq!(store.commit(&writes), Err(StoreError::Full));
        assert_eq!(contents(&store).unwrap(), before);
    }
    limit(&store, pages + 100);
    store.commit(&writes).unwrap();
    assert_eq!(store.unsent_count().unwrap().changes, before.count.changes + 1);
}

#[test]
fn another_process_is_waited_for_and_then_named() {
    let (_dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    let other = plain_connection(&path, &key());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    assert_eq!(contract::fill(&mut store), Err(StoreError::Busy));
    assert!(began.elapsed().as_millis() >= 1_500, "{:?}", began.elapsed());
    assert!(contents(&store).unwrap().cases.is_empty(), "readers see whole commits");
    other.execute_batch("ROLLBACK").unwrap();
    contract::fill(&mut store).unwrap();
}

#[test]
fn a_path_that_cannot_be_opened_is_said_without_the_path() {
    let (dir, _path) = place();
    let opened = SqliteStore::open(&dir.path().join("none").join("phone.db"), &key());
    let Err(StoreError::Io(said)) = opened else { panic!("{opened:?}") };
    assert!(!said.contains("phone.db"), "{said}");
}

#[test]
fn unsent_work_is_found_without_reading_the_rest() {
    let (_dir, path) = place();
    let store = SqliteStore::open(&path, &key()).unwrap();
    for sql in [UNSENT, UNSENT_RECORDS, UNSENT_COUNT] {
        let mut plan = store.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = plan.raw_query();
        let mut plan = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            plan.push(row.get::<_, String>(3).unwrap());
        }
        assert!(plan.iter().any(|it| it.ends_with("INDEX unsent")), "{plan:?}");
    }
}

/// 200 changes that the server has placed: what an exchange stores at once.
#[test]
fn an_exchange_is_stored_quickly() {
    let (_dir, path) = place();
    let mut store = SqliteStore::open(&path, &key()).unwrap();
    store.commit(&[Write::PutRecord(record(1, 1, 1))]).unwrap();
    let row = |seq| Write::PutChange(change(1, 1, seq, Place::Unsent(u64::from(seq))));
    store.commit(&(1..=200).map(row).collect::<Vec<_>>()).unwrap();
    let (record, actor) = (RecordId::from_bytes([1; 16]), Actor::from_bytes([1; 16]));
    let step = |seq| Write::Move { record, actor, seq, place: Place::Placed(seq) };
    let began = Instant::now();
    store.commit(&(1..=200).map(step).collect::<Vec<_>>()).unwrap();
    assert!(began.elapsed().as_millis() < 1_000, "{:?}", began.elapsed());
    assert_eq!(store.unsent_count().unwrap().changes, 0);
}

fn any_place() -> impl Strategy<Value = Place> {
    prop_oneof![
        (1..9_u32).prop_map(Place::Placed),
        (1..9_u64).prop_map(Place::Accepted),
        (1..9_u64).prop_map(Place::Unsent),
    ]
}

fn any_write() -> impl Strategy<Value = Write> {
    let name = || (1..5_u8, 1..3_u8, 1..4_u32);
    let rid = |id| RecordId::from_bytes([id; 16]);
    let aid = |id| Actor::from_bytes([id; 16]);
    prop_oneof![
        4 => (1..5_u8).prop_map(|id| Write::PutRecord(record(id, id % 2, id % 3))),
        8 => (name(), any_place())
            .prop_map(|((r, a, seq), place)| Write::PutChange(change(r, a, seq, place))),
        4 => (name(), any_place()).prop_map(move |((r, a, seq), place)| Write::Move {
            record: rid(r), actor: aid(a), seq, place
        }),
        2 => name().prop_map(move |(r, a, seq)| Write::Return {
            record: rid(r), actor: aid(a), seq, reason: "late".to_owned()
        }),
        1 => (1..6_u64).prop_map(Write::ForgetReturned),
        1 => (1..6_u64).prop_map(|id| Write::Rejudge { id, reason: "later".to_owned() }),
        1 => (0..3_u8).prop_map(|id| {
            Write::DropScope(crate::ids::ScopeId::from_bytes([id; 16]))
        }),
        1 => (1..5_u8).prop_map(move |id| Write::DropRecord(rid(id))),
        2 => (0..4_u8, any::<u8>()).prop_map(|(key, v)| Write::Set(Shelf::Notice, vec![key], vec![v])),
        1 => (0..4_u8).prop_map(|key| Write::Remove(Shelf::Notice, vec![key])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Two stores that live through the same hold the same, batch by batch, failures included.
    #[test]
    fn both_stores_are_one(batches in prop::collection::vec(prop::collection::vec(any_write(), 0..8), 1..12)) {
        let (mut memory, mut sqlite) = (MemoryStore::default(), SqliteStore::open_in_memory().unwrap());
        // Most batches should succeed: three of four records are there from the start.
        let records = [1, 2, 3].map(|id| Write::PutRecord(record(id, id % 2, id % 3)));
        prop_assert_eq!(memory.commit(&records), sqlite.commit(&records));
        for batch in &batches {
            prop_assert_eq!(memory.commit(batch), sqlite.commit(batch));
            prop_assert_eq!(contents(&memory).unwrap(), contents(&sqlite).unwrap());
        }
    }
}

//! The phone's encrypted store: SQLite with SQLCipher, one file and its journal.
//!
//! A file is opened with a key or not at all. What cannot be read is reported and left as it is:
//! nothing here ever replaces a file.

mod attached;
mod failure;
mod files;
mod key;
#[cfg(test)]
mod kill_test;
mod rows;
mod schema;
#[cfg(any(test, feature = "testing"))]
mod testing;
#[cfg(test)]
mod tests;
pub mod vault;
mod write;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use rusqlite::{
    CachedStatement, Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior,
};

pub use key::Key;

use crate::ids::{CaseId, RecordId};
use crate::store::{
    AttachedRow, BytesId, ChangeRow, Item, RecordRow, ReturnedRow, Shelf, Store, StoreError,
    UnsentCount, Write,
};
use key::Verdict;

/// How long a commit waits for another process before it is [`StoreError::Busy`].
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// Statements kept prepared: all that this module has.
const STATEMENTS: usize = 60;

/// `fullfsync` is what a commit needs on Apple's phones to survive a power cut; elsewhere it does
/// nothing. Memory only for temporary data: it would otherwise rest on the disk in plain.
/// `secure_delete`: what was dropped is overwritten, not only forgotten. `cache_size`, in KiB: the pages
/// that a first sync comes back to, which are else decrypted again and again. `wal_autocheckpoint`, in pages:
/// a journal of 8 MB, so that a page that is written often is copied into the file seldom.
const SETTINGS: &str = "PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA secure_delete = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;";

/// Without room for the journal's index that processes share: one process alone keeps it in memory.
const ALONE: &str = "PRAGMA locking_mode = EXCLUSIVE;";

/// What only this phone has. Each exchange asks for it: by its own index, however much else there is.
const UNSENT: &str = "SELECT record, actor, seq, state, ord, deps, body FROM changes
             WHERE state = 2 ORDER BY ord, record, actor, seq LIMIT ?1 OFFSET ?2";
const UNSENT_RECORDS: &str = "SELECT record FROM changes INDEXED BY unsent WHERE state = 2
                 AND (SELECT kind FROM records WHERE id = record) = ?1
             GROUP BY record ORDER BY min(ord), record";
const UNSENT_COUNT: &str = "SELECT count(*), count(DISTINCT record),
                 (SELECT count(*) FROM attached WHERE state = 2) FROM changes WHERE state = 2";

/// A phone's store in an encrypted file. One process at a time writes; a second one waits two
/// seconds and is then told [`StoreError::Busy`].
#[derive(Debug)]
pub struct SqliteStore {
    conn: Connection,
}

impl SqliteStore {
    /// Opens the store at `path`, or begins one if there is none, and brings it up to date. Beside
    /// the file stand its journal and a check file (`-wal`, `-shm`, `-check`).
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] or, where it can be told, [`StoreError::Damaged`] if the key does
    /// not open the file; [`StoreError::Damaged`] if there was a store here and its file is gone
    /// or empty; [`StoreError::NewerSchema`] for a newer app's file. The file is then untouched.
    pub fn open(path: &Path, key: &Key) -> Result<Self, StoreError> {
        refuse_lost_file(path)?;
        match Self::open_with(path, key, "") {
            // What is on a full phone must be there to read.
            Err(StoreError::Full) => Self::open_with(path, key, ALONE),
            opened => opened,
        }
    }

    fn open_with(path: &Path, key: &Key, settings: &str) -> Result<Self, StoreError> {
        let conn = connect(path)?;
        unlock(&conn, key)?;
        conn.execute_batch(settings)?;
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
            .map_err(|error| why_unreadable(error, path, key))?;
        let store = Self::set_up(conn, "wal")?;
        if key::judge(path, key) != Verdict::Right {
            key::remember(path, key).map_err(|error| of_io(&error))?;
        }
        Ok(store)
    }

    /// A store in memory, not encrypted: for tests, and in no build that ships.
    ///
    /// # Errors
    /// [`StoreError::Io`] if there is no memory.
    #[cfg(any(test, feature = "testing"))]
    pub fn open_in_memory() -> Result<Self, StoreError> {
        Self::set_up(Connection::open_in_memory()?, "memory")
    }

    /// Removes the store at `path` with all that stands beside it: for a phone that must forget.
    /// The file with its sealed key goes first: from then on nothing opens the rest, however long
    /// that takes. What a disk keeps of a removed file is not in our hands, so the platform's secret
    /// should be removed before. No store may be open on it. Does nothing if there is none.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a file cannot be removed; calling again goes on.
    pub fn erase(path: &Path) -> Result<(), StoreError> {
        Self::remove_all(path).map_err(|error| of_io(&error))
    }

    fn remove_all(path: &Path) -> io::Result<()> {
        for end in ["-keys", "-keys-new"] {
            files::remove(&files::beside(path, end))?;
        }
        // A power cut must not bring the key back.
        files::sync_folder(path)?;
        // Without a check file an unfinished erasure is a fresh start.
        for end in ["-check", "-check-new", "-tries", "-tries-new", "-wal", "-shm", ""] {
            files::remove(&files::beside(path, end))?;
        }
        Ok(())
    }

    fn set_up(mut conn: Connection, journal: &str) -> Result<Self, StoreError> {
        conn.execute_batch(SETTINGS)?;
        let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != journal {
            return Err(StoreError::Io("the journal cannot be written".to_owned()));
        }
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        schema::bring_up(&mut conn)?;
        Ok(Self { conn })
    }

    fn cached(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.conn.prepare_cached(sql)?)
    }
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The words as the index understands them: each in quotation marks, so that nothing in them is an
/// operator, and as a beginning. Nothing if there is no letter or digit in them.
fn match_of(words: &[String]) -> Option<String> {
    let has_letter = |word: &&String| word.chars().any(char::is_alphanumeric);
    let quoted =
        words.iter().filter(has_letter).map(|word| format!("\"{}\"*", word.replace('"', "\"\"")));
    let query = quoted.collect::<Vec<_>>().join(" ");
    (!query.is_empty()).then_some(query)
}

/// A check file without its database: the data was there and is not any more. To begin anew would
/// hide that.
fn refuse_lost_file(path: &Path) -> Result<(), StoreError> {
    let empty = fs::metadata(path).map_or(true, |file| file.len() == 0);
    if empty && key::check_path(path).exists() {
        return Err(StoreError::Damaged("its file is gone or empty".to_owned()));
    }
    Ok(())
}

/// SQLite counts as ready before the cipher in it is: of two threads that open a process's first files at once, one
/// would find none. So the first connection is made while the others wait.
fn get_ready() {
    static FIRST: Once = Once::new();
    // Should it fail, so does the one that is wanted, which says why.
    FIRST.call_once(|| drop(Connection::open_in_memory()));
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    get_ready();
    // No URI names: a path is a path, whatever it begins with.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Gives the key, as the very first statement, and makes sure that there is a cipher to use it.
fn unlock(conn: &Connection, key: &Key) -> Result<(), StoreError> {
    if cfg!(feature = "plain-control") {
        return Ok(conn.busy_timeout(BUSY_WAIT)?);
    }
    conn.execute_batch(&key.statement())?;
    // The cipher would write to the standard error output on a wrong key.
    conn.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    conn.busy_timeout(BUSY_WAIT)?;
    let cipher: Option<String> =
        conn.query_row("PRAGMA cipher_version", [], |row| row.get(0)).optional()?;
    match cipher {
        Some(_) => Ok(()),
        None => Err(StoreError::Io("this build cannot encrypt".to_owned())),
    }
}

/// A file that the cipher cannot read: a wrong key and a damaged first page look alike to it.
fn why_unreadable(error: rusqlite::Error, path: &Path, key: &Key) -> StoreError {
    match StoreError::from(error) {
        StoreError::Damaged(_) if key::judge(path, key) == Verdict::Right => {
            StoreError::Damaged("its first page cannot be read".to_owned())
        }
        StoreError::Damaged(_) => StoreError::WrongKey,
        other => other,
    }
}

fn of_io(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        kind => StoreError::Io(kind.to_string()),
    }
}

impl Store for SqliteStore {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        // Dropped without its commit, a transaction is taken back.
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write::apply_all(&tx, writes)?;
        Ok(tx.commit()?)
    }

    fn record(&self, id: &RecordId) -> Result<Option<RecordRow>, StoreError> {
        let mut statement =
            self.cached("SELECT id, case_id, scope, kind, envelope FROM records WHERE id = ?1")?;
        Ok(statement.query_row([id.as_bytes()], |row| rows::record_at(row, 0)).optional()?)
    }

    fn records_of_case(&self, case: &CaseId) -> Result<Vec<RecordRow>, StoreError> {
        let mut statement = self.cached(
            "SELECT id, case_id, scope, kind, envelope FROM records
             WHERE case_id = ?1 ORDER BY id",
        )?;
        let found = statement.query_map([case.as_bytes()], |row| rows::record_at(row, 0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn cases(&self) -> Result<Vec<CaseId>, StoreError> {
        let mut statement = self.cached("SELECT DISTINCT case_id FROM records ORDER BY case_id")?;
        let found = statement.query_map([], |row| rows::id(row, 0, CaseId::from_slice))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn changes(&self, record: &RecordId) -> Result<Vec<ChangeRow>, StoreError> {
        let mut statement = self.cached(
            "SELECT record, actor, seq, state, ord, deps, body FROM changes
             WHERE record = ?1 ORDER BY state, ord, actor, seq",
        )?;
        let found = statement.query_map([record.as_bytes()], |row| rows::change_at(row, 0, 1))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn unsent(&self, skip: u64, limit: usize) -> Result<Vec<ChangeRow>, StoreError> {
        let mut statement = self.cached(UNSENT)?;
        let limit = limit_of(limit);
        let skip = i64::try_from(skip).unwrap_or(i64::MAX);
        let found = statement.query_map([limit, skip], |row| rows::change_at(row, 0, 1))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn unsent_records(&self, kind: u8) -> Result<Vec<RecordId>, StoreError> {
        let mut statement = self.cached(UNSENT_RECORDS)?;
        let found = statement.query_map([kind], |row| rows::id(row, 0, RecordId::from_slice))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn unsent_count(&self) -> Result<UnsentCount, StoreError> {
        let count = |row: &Row<'_>, at| row.get(at).map(i64::cast_unsigned);
        Ok(self.cached(UNSENT_COUNT)?.query_row([], |row| {
            let (changes, records) = (count(row, 0)?, count(row, 1)?);
            Ok(UnsentCount { changes, records, attachments: count(row, 2)? })
        })?)
    }

    fn returned(&self) -> Result<Vec<ReturnedRow>, StoreError> {
        let mut statement = self.cached(
            "SELECT id, record, case_id, scope, kind, envelope, actor, seq, state, ord, deps, body,
                 reason FROM returned ORDER BY id",
        )?;
        let found = statement.query_map([], rows::returned)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn unindexed(&self, limit: usize) -> Result<Vec<(CaseId, RecordId)>, StoreError> {
        let sql = "SELECT case_id, record FROM unindexed ORDER BY case_id, record LIMIT ?1";
        let mut statement = self.cached(sql)?;
        let found = statement.query_map([limit_of(limit)], |row| {
            Ok((rows::id(row, 0, CaseId::from_slice)?, rows::id(row, 1, RecordId::from_slice)?))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn find(&self, words: &[String], limit: usize) -> Result<Vec<RecordId>, StoreError> {
        let Some(query) = match_of(words) else { return Ok(Vec::new()) };
        let mut statement = self.cached(
            "SELECT record FROM words JOIN indexed ON id = words.rowid
             WHERE words MATCH ?1 ORDER BY rank, record LIMIT ?2",
        )?;
        let found = statement
            .query_map((query, limit_of(limit)), |row| rows::id(row, 0, RecordId::from_slice))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn attached(&self, record: &RecordId) -> Result<Option<AttachedRow>, StoreError> {
        attached::of_record(self, record)
    }

    fn unsent_attached(&self) -> Result<Vec<AttachedRow>, StoreError> {
        attached::unsent(self)
    }

    fn chunks(&self, digest: &BytesId) -> Result<u32, StoreError> {
        let mut statement = self.cached("SELECT n FROM chunks WHERE digest = ?1 ORDER BY n")?;
        let found = statement.query_map([digest], |row| row.get::<_, u32>(0))?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        Ok((0..).zip(found).take_while(|(expected, n)| expected == n).count() as u32)
    }

    fn chunk(&self, digest: &BytesId, n: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM chunks WHERE digest = ?1 AND n = ?2";
        Ok(self.cached(sql)?.query_row((digest, n), |row| row.get(0)).optional()?)
    }

    fn item(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.cached("SELECT value FROM items WHERE shelf = ?1 AND key = ?2")?;
        Ok(statement.query_row((shelf as u8, key), |row| row.get(0)).optional()?)
    }

    fn items(&self, shelf: Shelf) -> Result<Vec<Item>, StoreError> {
        let mut statement =
            self.cached("SELECT key, value FROM items WHERE shelf = ?1 ORDER BY key")?;
        let found = statement.query_map([shelf as u8], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

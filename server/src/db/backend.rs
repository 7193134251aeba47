//! One connection over two databases, and the three ways to hold a transaction on it.

use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;

use super::{Conn, Error};
use crate::limits::{READER_CACHE_KB, WRITER_CACHE_KB};

/// Runs `query` on the concrete connection: for what the common subset lacks (upsert, batch
/// insert). `c` names the concrete connection inside `query`.
#[macro_export]
macro_rules! on_backend {
    ($conn:expr, $c:ident => $query:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($c) => $query,
            $crate::db::Conn::Pg($c) => $query,
        }
    };
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A SQLite file.
    File(PathBuf),
    /// A SQLite database in memory, gone with its connection: for tests and the simulator.
    Memory,
    /// A PostgreSQL URL; may hold a password.
    Postgres(String),
}

impl Address {
    /// Reads `postgres://...`, `sqlite:path`, `:memory:` or a path.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            ":memory:" => Self::Memory,
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Self::Postgres(url.to_owned())
            }
            other => {
                let path = other.strip_prefix("sqlite:").unwrap_or(other);
                Self::File(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
            }
        }
    }

    /// Whether one process may write at a time, and that is this one's.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::File(_) | Self::Memory)
    }
}

impl fmt::Debug for Address {
    /// Without user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str(":memory:"),
            Self::Postgres(url) => match url.rsplit_once('@') {
                Some((_, rest)) => write!(f, "postgres://***@{}", without_query(rest)),
                None => f.write_str(without_query(url)),
            },
        }
    }
}

fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

impl Conn {
    /// Opens a connection. A SQLite file is made if it is not there, readable by its owner only.
    ///
    /// # Errors
    /// [`Error::Open`] in an administrator's words.
    pub fn open(address: &Address) -> Result<Self, Error> {
        match address {
            Address::File(path) => {
                make_private(path)?;
                open_sqlite(&path.to_string_lossy())
            }
            Address::Memory => open_sqlite(":memory:"),
            Address::Postgres(url) => PgConnection::establish(url)
                .map(Self::Pg)
                .map_err(|_| Error::Open(format!("{address:?} does not answer or refuses us"))),
        }
    }

    /// Opens a connection for whoever alone writes in a SQLite file. It keeps more of what it read and wrote: a
    /// group of commits of some megabytes, and the cases that they are in.
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub fn open_writer(address: &Address) -> Result<Self, Error> {
        let mut conn = Self::open(address)?;
        if let Self::Sqlite(conn) = &mut conn {
            conn.batch_execute(&format!("PRAGMA cache_size = -{WRITER_CACHE_KB};"))?;
        }
        Ok(conn)
    }

    /// Whether a transaction is still open or the connection is in doubt.
    pub(super) fn is_dirty(&mut self) -> bool {
        Tx::is_broken_transaction_manager(self)
            || !matches!(Tx::transaction_manager_status_mut(self).transaction_depth(), Ok(None))
    }
}

type Tx = <Conn as Connection>::TransactionManager;

/// Children's data: nobody but the server's own account reads the file or its journal. A file that is there is left
/// alone: to open and close it once would give up every lock that this process has on it, and another program that
/// ends would take the journal of a serving server away.
fn make_private(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(Error::Open(format!("{}: {error}", path.display())))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn open_sqlite(path: &str) -> Result<Conn, Error> {
    let mut conn = SqliteConnection::establish(path)
        .map_err(|_| Error::Open(format!("{path} is not a file we may use")))?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON;",
    )
    .and_then(|()| conn.batch_execute(&format!("PRAGMA cache_size = -{READER_CACHE_KB};")))
    .map_err(|_| Error::Open(format!("{path} is not a database or another program holds it")))?;
    Ok(Conn::Sqlite(conn))
}

/// Runs `work` in a transaction that may write: IMMEDIATE on SQLite (a transaction that reads first
/// and writes later would fail whenever another had written between), READ COMMITTED on PostgreSQL.
/// Commits when `work` is well; rolls back on its error and on a panic, which goes on.
///
/// # Errors
/// What `work` says, or the database's failure to begin or commit.
pub fn write_tx<T, E: From<Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let begun = match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Conn::Pg(c) => AnsiTransactionManager::begin_transaction_sql(
            c,
            "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED",
        ),
    };
    begun.map_err(Error::from)?;
    finish(conn, work)
}

/// Runs `work` on one unchanging sight of the database; writing fails on PostgreSQL.
///
/// # Errors
/// As [`write_tx`].
pub fn read_tx<T, E: From<Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let begun = match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN DEFERRED"),
        Conn::Pg(c) => AnsiTransactionManager::begin_transaction_sql(
            c,
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        ),
    };
    begun.map_err(Error::from)?;
    finish(conn, work)
}

/// Runs `work` inside an open transaction so that its failure undoes its own writes only.
///
/// # Errors
/// As [`write_tx`].
pub fn savepoint<T, E: From<Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    Tx::begin_transaction(conn).map_err(Error::from)?;
    finish(conn, work)
}

fn finish<T, E: From<Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    match catch_unwind(AssertUnwindSafe(|| work(conn))) {
        Ok(Ok(value)) => {
            Tx::commit_transaction(conn).map_err(Error::from)?;
            Ok(value)
        }
        Ok(Err(error)) => {
            // The first failure is the one to tell; a connection in doubt is dropped by the pool.
            let _ = Tx::rollback_transaction(conn);
            Err(error)
        }
        Err(panic) => {
            let _ = Tx::rollback_transaction(conn);
            resume_unwind(panic)
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    /// The locks that this process has on a file, as the kernel tells them.
    fn locks(path: &Path) -> std::io::Result<usize> {
        let file = format!(":{}", fs::metadata(path)?.ino());
        let own = format!(" {} ", std::process::id());
        let all = fs::read_to_string("/proc/locks")?;
        let is_own =
            |line: &&str| line.contains(&own) && line.split(' ').any(|word| word.ends_with(&file));
        Ok(all.lines().filter(is_own).count())
    }

    #[test]
    fn a_second_connection_does_not_give_up_the_locks_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("caseweave.sqlite");
        let address = Address::File(path.clone());
        let mut first = Conn::open(&address).unwrap();
        let Conn::Sqlite(conn) = &mut first else { panic!("a file") };
        conn.batch_execute("CREATE TABLE t (a)").unwrap();
        let before = locks(&path).unwrap();
        assert!(before > 0, "another program sees that the file is in use");
        let second = Conn::open(&address).unwrap();
        assert!(locks(&path).unwrap() >= before);
        drop(second);
        assert!(locks(&path).unwrap() >= before);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}

//! The doors to the database from asynchronous code. Waiting for a turn costs no thread, and no
//! connection outlives one piece of work.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Address, Conn, Error, read_tx, write_tx};
use crate::limits::READERS_BEYOND_CORES;

/// How long a request waits for its turn before it is told to come again.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// A pool of connections; clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

/// What a connection is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Reads,
    Writes,
}

struct Inner {
    address: Address,
    size: usize,
    idle: Mutex<Vec<Conn>>,
    /// A SQLite file's writer: nobody else's commits make it forget what it has read.
    writer: Mutex<Option<Conn>>,
    turns: Arc<Semaphore>,
    /// SQLite has one writer a file: others wait here, in order, rather than in its busy loop.
    write_turns: Arc<Semaphore>,
}

impl Db {
    /// A pool of at most `size` connections that starts with `first`, already at this program's
    /// schema. A database in memory has one connection whatever `size` says, and a SQLite file a few
    /// more readers than there are cores, and one writer.
    #[must_use]
    pub fn new(address: Address, first: Conn, size: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let most = match &address {
            Address::Memory => 1,
            Address::File(_) => cores + READERS_BEYOND_CORES,
            Address::Postgres(_) => usize::MAX,
        };
        let size = size.clamp(1, most);
        let writers = if address.is_sqlite() { 1 } else { size };
        let inner = Inner {
            address,
            size,
            idle: Mutex::new(vec![first]),
            writer: Mutex::new(None),
            turns: Arc::new(Semaphore::new(size)),
            write_turns: Arc::new(Semaphore::new(writers)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether other processes may write in it, too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.inner.address.is_sqlite()
    }

    /// Connections, at most.
    #[must_use]
    pub fn size(&self) -> usize {
        self.inner.size
    }

    /// Runs `work` on a blocking thread, on one unchanging sight of the database.
    ///
    /// # Errors
    /// What `work` says; [`Error::Busy`] when no turn came in ten seconds.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = take_turn(&self.inner.turns).await?;
        self.run(Use::Reads, turn, |conn| read_tx(conn, work)).await
    }

    /// Runs `work` on a blocking thread in a transaction that is committed if it succeeds.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turns = self.turns_to_write().await?;
        self.run(Use::Writes, turns, |conn| write_tx(conn, work)).await
    }

    /// Runs work that keeps its own transactions, such as a group commit with savepoints.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn with_conn<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turns = self.turns_to_write().await?;
        self.run(Use::Writes, turns, work).await
    }

    /// Whoever writes in a SQLite file has a connection of their own, and waits for no reader.
    async fn turns_to_write(
        &self,
    ) -> Result<(OwnedSemaphorePermit, Option<OwnedSemaphorePermit>), Error> {
        let write_turn = take_turn(&self.inner.write_turns).await?;
        let turn = match self.inner.has_one_writer() {
            true => None,
            false => Some(take_turn(&self.inner.turns).await?),
        };
        Ok((write_turn, turn))
    }

    async fn run<T, E, P, F>(&self, for_what: Use, turn: P, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        P: Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let task = tokio::task::spawn_blocking(move || {
            // The turn moves here: a caller that goes away does not free it before the work ends.
            let _turn = turn;
            let mut conn = inner.take(for_what)?;
            let result = work(&mut conn);
            inner.put_back(for_what, conn);
            result
        });
        task.await.map_err(|_| Error::TaskLost)?
    }
}

async fn take_turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    let wait = tokio::time::timeout(TURN_WAIT, Arc::clone(turns).acquire_owned());
    wait.await.ok().and_then(Result::ok).ok_or(Error::Busy)
}

impl Inner {
    fn take(&self, for_what: Use) -> Result<Conn, Error> {
        if for_what == Use::Writes && self.has_one_writer() {
            let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            return writer.map_or_else(|| Conn::open_writer(&self.address), Ok);
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Conn::open(&self.address), Ok)
    }

    const fn has_one_writer(&self) -> bool {
        matches!(self.address, Address::File(_))
    }

    /// A connection in doubt is dropped, which rolls back whatever it held.
    fn put_back(&self, for_what: Use, mut conn: Conn) {
        if conn.is_dirty() {
            return;
        }
        if for_what == Use::Writes && self.has_one_writer() {
            *self.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(conn);
        } else {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}

//! The loop that all imports share: rows are gathered, compared and written by the thousand.

use std::collections::HashMap;
use std::hash::Hash;

use super::row::Reason;
use super::{ImportError, Job, Outcome, Said, Told};
use crate::db::imports::Import;
use crate::db::roll::RowId;
use crate::db::{self, Conn, read_tx, write_tx};
use crate::ingest::extract;
use crate::limits::imports::BATCH;

/// A row of a file with its line.
pub type Lined<T> = (u64, Result<T, Reason>);

/// Reads the next row of a file; none at its end.
pub type Source<'a, T> = dyn FnMut() -> Result<Option<Lined<T>>, ImportError> + 'a;

/// Compares a batch and, unless the import is dry, writes it.
pub type Take<'a, T> = dyn FnMut(&mut Conn, &[Row<T>]) -> Result<Came, ImportError> + 'a;

/// A row that was read, with its line.
pub type Row<T> = (u64, T);

/// What a batch comes to.
#[derive(Default)]
pub struct Came {
    /// A line of the report for each row.
    pub said: Vec<Said>,
    /// The pupils of whom phones must be told anew.
    pub renewed: Vec<RowId>,
    /// Pupils who are known otherwise than before, so that cases may name others than they did.
    pub renamed: Vec<RowId>,
}

impl Came {
    /// Notes what became of a row.
    pub fn say(&mut self, line: u64, what: impl Into<String>, outcome: Outcome, why: String) {
        self.said.push(Said { line: Some(line), what: what.into(), outcome, why });
    }

    /// Notes why a row was not taken.
    pub fn refuse(&mut self, line: u64, what: impl Into<String>, why: &Reason) {
        self.say(line, what, Outcome::Refused, why.to_string());
    }
}

/// An import under way.
pub struct Run<'a, 'b, 't> {
    /// The connection.
    pub conn: &'a mut Conn,
    /// What was asked for.
    pub job: &'a Job<'b>,
    import: &'a mut Import,
    told: &'a mut Told<'t>,
    rows: u64,
}

impl<'a, 'b, 't> Run<'a, 'b, 't> {
    /// An import of which nothing was read.
    pub const fn new(
        conn: &'a mut Conn,
        job: &'a Job<'b>,
        import: &'a mut Import,
        told: &'a mut Told<'t>,
    ) -> Self {
        Self { conn, job, import, told, rows: 0 }
    }

    /// Takes all rows of a source. `take` compares and, unless the import is dry, writes a batch; it is
    /// called in the batch's transaction, under the cluster's lock.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn pump<T>(
        &mut self,
        what: &'static str,
        source: &mut Source<'_, T>,
        take: &mut Take<'_, T>,
    ) -> Result<(), ImportError> {
        let (mut batch, mut refused) = (Vec::with_capacity(BATCH), Vec::new());
        loop {
            let next = source()?;
            let ended = next.is_none();
            match next {
                None => {}
                Some((line, Ok(row))) => batch.push((line, row)),
                Some((line, Err(why))) => refused.push((line, why)),
            }
            if ended || batch.len() >= BATCH || refused.len() >= BATCH {
                self.batch(what, (&batch, &refused), take)?;
                batch.clear();
                refused.clear();
            }
            if ended {
                return Ok(());
            }
        }
    }

    fn batch<T>(
        &mut self,
        what: &str,
        (rows, refused): (&[Row<T>], &[Row<Reason>]),
        take: &mut Take<'_, T>,
    ) -> Result<(), ImportError> {
        self.commit(&mut |conn| {
            let mut came = take(conn, rows)?;
            refused.iter().for_each(|(line, why)| came.refuse(*line, what, why));
            came.said.sort_by_key(|said| said.line);
            Ok(came)
        })
    }

    /// One transaction: what `work` writes, what phones are sent of it, and how far the import is.
    ///
    /// # Errors
    /// [`ImportError`]
    pub fn commit(
        &mut self,
        work: &mut dyn FnMut(&mut Conn) -> Result<Came, ImportError>,
    ) -> Result<(), ImportError> {
        let (job, import) = (self.job, &mut *self.import);
        let came = if job.dry {
            let came = read_tx(self.conn, |conn| work(conn))?;
            note(import, &came);
            came
        } else {
            write_tx(self.conn, |conn| {
                db::log::lock(conn, &job.cluster.id)?;
                let came = work(conn)?;
                extract::renew(conn, job.rules, (&came.renewed, &came.renamed), job.now)?;
                note(import, &came);
                db::imports::update(conn, import)?;
                Ok::<_, ImportError>(came)
            })?
        };
        self.rows += came.said.len() as u64;
        came.said.iter().try_for_each(|said| (self.told.row)(said)).map_err(ImportError::Report)?;
        (self.told.progress)(u64::try_from(self.import.line).unwrap_or_default(), self.rows);
        Ok(())
    }

    /// Says a row's outcome at once, for rows that are too many to be kept.
    ///
    /// # Errors
    /// [`ImportError::Report`]
    pub fn say(&mut self, said: &Said) -> Result<(), ImportError> {
        said.outcome.count(&mut self.import.counts);
        self.rows += 1;
        (self.told.row)(said).map_err(ImportError::Report)
    }

    /// Tells how far the reading is.
    pub fn tell(&mut self, line: u64) {
        (self.told.progress)(line, self.rows);
    }

    /// Notes that the import is whole.
    ///
    /// # Errors
    /// The database's failure.
    pub fn end(self) -> Result<(), ImportError> {
        self.import.ended_at = Some(self.job.clock.now());
        if self.job.dry {
            return Ok(());
        }
        let import = self.import;
        Ok(write_tx(self.conn, |conn| db::imports::update(conn, import))?)
    }
}

fn note(import: &mut Import, came: &Came) {
    came.said.iter().for_each(|said| said.outcome.count(&mut import.counts));
    let reached = came.said.iter().filter_map(|said| said.line).max();
    let reached = reached.and_then(|line| i64::try_from(line).ok()).unwrap_or_default();
    import.line = import.line.max(reached);
}

/// Where each thing of a file was first, so that what comes twice is taken once.
pub struct Seen<K>(HashMap<K, u64>);

impl<K: Hash + Eq> Seen<K> {
    /// Nothing was seen.
    #[must_use]
    pub fn new() -> Self {
        Self(HashMap::new())
    }

    /// Notes a thing.
    ///
    /// # Errors
    /// [`Reason::Repeated`] if it was there.
    pub fn note(&mut self, key: K, line: u64) -> Result<(), Reason> {
        match self.0.insert(key, line) {
            None => Ok(()),
            Some(before) => Err(Reason::Repeated(before)),
        }
    }

    /// Whether a thing was there.
    #[must_use]
    pub fn has<Q>(&self, key: &Q) -> bool
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.contains_key(key)
    }
}

impl<K: Hash + Eq> Default for Seen<K> {
    fn default() -> Self {
        Self::new()
    }
}

//! The new changes of a round's first page, read as it begins: to say how many there are they would have to
//! be sought anyhow. Good only while nothing was added to the log, and so nothing of anybody's access ended.

use sync_core::ids::{ClusterId, UserId};

use crate::db::pull::{Sent, count_new, new_changes};
use crate::db::{self, Conn, Error};

/// New changes read at once; more than a page of visits holds.
pub(super) const ROWS: i64 = 1_500;

/// What was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh(Option<Read>);

#[derive(Clone, Debug)]
struct Read {
    /// The log's next number then.
    next: i64,
    after: i64,
    rows: Vec<Sent>,
}

impl Fresh {
    /// Reads the first changes of a range that were granted by `base`; tells how many there are in it.
    ///
    /// # Errors
    /// The database's failure.
    pub(super) fn read(
        conn: &mut Conn,
        whose: (&UserId, &ClusterId),
        range: (i64, i64),
        base: i64,
    ) -> Result<(Self, i64), Error> {
        let rows = new_changes(conn, whose, range, base, ROWS)?;
        let count = match rows.len() as i64 {
            read if read < ROWS => read,
            _ => count_new(conn, whose.0, whose.1, range)?,
        };
        let (next, after) = (db::log::head(conn, whose.1)?.0, range.0);
        Ok((Self(Some(Read { next, after, rows })), count))
    }

    /// What was read of the changes after a number, if it is still all that is there for the phone.
    ///
    /// # Errors
    /// The database's failure.
    pub(super) fn take(
        &mut self,
        conn: &mut Conn,
        cluster: &ClusterId,
        after: i64,
    ) -> Result<Option<Vec<Sent>>, Error> {
        let Some(read) = self.0.take().filter(|read| read.after == after) else { return Ok(None) };
        let stands = db::log::head(conn, cluster)?.0 == read.next;
        Ok(stands.then_some(read.rows))
    }
}

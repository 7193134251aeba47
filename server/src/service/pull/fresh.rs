//! The new changes of a round: how many there are is found as it begins, and what was found is good for its
//! first page while nothing was added to the log, and so nothing of anybody's access ended.

use sync_core::ids::{ClusterId, UserId};

use super::Tails;
use crate::db::pull::{Sent, count_new, new_changes, numbered};
use crate::db::{self, Conn, Error};

/// New changes read at once; more than a page of visits holds.
pub(super) const ROWS: usize = 1_500;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh(Option<Found>);

#[derive(Clone, Debug)]
struct Found {
    /// The log's next number then.
    next: i64,
    after: i64,
    numbers: Vec<i64>,
}

/// Whose new changes are sought, where, and among what they had been granted by which number.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) tails: &'a Tails,
    pub(super) whose: (&'a UserId, &'a ClusterId),
    /// Numbers within (after, up to].
    pub(super) range: (i64, i64),
    pub(super) base: i64,
}

impl Fresh {
    /// Finds what is new; tells how many changes that is.
    ///
    /// # Errors
    /// The database's failure.
    pub(super) fn find(conn: &mut Conn, sought: &Sought<'_>) -> Result<(Self, i64), Error> {
        let Sought { tails, whose, range, base } = *sought;
        let Some(numbers) = tails.new_for(conn, whose, range, base)? else {
            return Ok((Self(None), count_new(conn, whose, range, base)?));
        };
        let (next, count) = (db::log::head(conn, whose.1)?.0, numbers.len() as i64);
        Ok((Self(Some(Found { next, after: range.0, numbers })), count))
    }

    /// The first of the new changes, in order, and the number up to which they are all; none if that is the
    /// whole range.
    ///
    /// # Errors
    /// The database's failure.
    pub(super) fn read(
        &mut self,
        conn: &mut Conn,
        sought: &Sought<'_>,
    ) -> Result<(Vec<Sent>, Option<i64>), Error> {
        let Sought { tails, whose, range, base } = *sought;
        let numbers = match self.take(conn, whose.1, range.0)? {
            Some(numbers) => Some(numbers),
            None => tails.new_for(conn, whose, range, base)?,
        };
        let Some(mut numbers) = numbers else {
            let rows = new_changes(conn, whose, range, base, ROWS as i64)?;
            let last = rows.last().filter(|_| rows.len() >= ROWS).map(|sent| sent.0.number);
            return Ok((rows, last));
        };
        let last = numbers.get(ROWS - 1).copied().filter(|_| numbers.len() > ROWS);
        numbers.truncate(ROWS);
        Ok((numbered(conn, whose, &numbers)?, last))
    }

    /// What was found after a number, if it is still all that is there for the phone.
    fn take(
        &mut self,
        conn: &mut Conn,
        cluster: &ClusterId,
        after: i64,
    ) -> Result<Option<Vec<i64>>, Error> {
        let Some(found) = self.0.take().filter(|found| found.after == after) else {
            return Ok(None);
        };
        let stands = db::log::head(conn, cluster)?.0 == found.next;
        Ok(stands.then_some(found.numbers))
    }
}

//! What was read ahead for a phone's next pages: the records of the class under way, and the changes
//! of the first of them. Good only while nothing of the user's access has ended.

use std::collections::VecDeque;

use sync_core::engine::hub::LoggedChange;
use sync_core::ids::{ClusterId, RecordId, UserId};

use crate::db::pull::{Granted, Words};
use crate::db::{self, Conn, Error};

/// Changes read at once, by whole records: two pages of visits.
const CHANGES: i32 = 800;

/// A change that is ready to go into a page.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    /// Where its record begins in the log.
    pub(super) first_number: i64,
    /// Its place in the record.
    pub(super) position: i32,
    /// The change.
    pub(super) change: LoggedChange,
}

/// What was read ahead.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    class: Option<u8>,
    records: VecDeque<Granted>,
    ready: VecDeque<Ready>,
    /// What a phone has already: a record's first number and a position in it.
    after: (i64, i32),
    /// The number at which the user's access to something ended last.
    ended: i64,
}

impl Ahead {
    /// Forgets what was read if any of the user's access ended since: what is not granted any more
    /// when a page is made must not be in it.
    pub(super) fn recheck(
        &mut self,
        conn: &mut Conn,
        user: &UserId,
        cluster: &ClusterId,
    ) -> Result<(), Error> {
        if self.class.is_some() && last_end(conn, user, cluster)? != self.ended {
            *self = Self::default();
        }
        Ok(())
    }

    /// Whether the records of a class are listed.
    pub(super) fn holds(&self, class: u8) -> bool {
        self.class == Some(class)
    }

    /// Takes the list of a class's records, read in this transaction; of the first, what comes after a
    /// position.
    ///
    /// # Errors
    /// The database's failure.
    pub(super) fn list(
        &mut self,
        conn: &mut Conn,
        (user, cluster): (&UserId, &ClusterId),
        (class, records): (u8, Vec<Granted>),
        after: (i64, i32),
    ) -> Result<(), Error> {
        self.ended = last_end(conn, user, cluster)?;
        self.class = Some(class);
        self.records = records.into();
        self.ready.clear();
        self.after = after;
        Ok(())
    }

    /// The next change of the class; none when all were handed out.
    pub(super) fn next(&mut self, conn: &mut Conn, up_to: i64) -> Result<Option<Ready>, Error> {
        while self.ready.is_empty() && !self.records.is_empty() {
            self.read(conn, up_to)?;
        }
        Ok(self.ready.pop_front())
    }

    /// Takes a change back that found no room.
    pub(super) fn put_back(&mut self, ready: Ready) {
        self.ready.push_front(ready);
    }

    fn read(&mut self, conn: &mut Conn, up_to: i64) -> Result<(), Error> {
        let mut changes = 0;
        let within = self.records.iter().take_while(|record| {
            let fits = changes < CHANGES;
            changes += record.length;
            fits
        });
        let count = within.count();
        let records: Vec<Granted> = self.records.drain(..count).collect();
        let ids: Vec<_> = records.iter().map(|granted| granted.record).collect();
        let mut changes = db::pull::changes_of(conn, &ids, up_to)?;
        for Granted { record, mut envelope, first_number, .. } in records {
            for words in changes.remove(&record).unwrap_or_default() {
                let position = words.position;
                let had = (first_number, position) <= self.after;
                if !had {
                    let begins = (position == 1).then(|| std::mem::take(&mut envelope));
                    let change = logged(record, begins, words);
                    self.ready.push_back(Ready { first_number, position, change });
                }
            }
        }
        Ok(())
    }
}

// Own work too: what was granted anew may have been dropped from this phone before.
fn logged(record: RecordId, envelope: Option<Vec<u8>>, words: Words) -> LoggedChange {
    let Words { position, actor, seq, user, deps, body, hash } = words;
    let (position, seq, body) = (position.unsigned_abs(), seq.unsigned_abs(), Some(body));
    LoggedChange { record, position, envelope, actor, user, seq, deps, body, hash }
}

/// The number at which the user's access to something ended last.
fn last_end(conn: &mut Conn, user: &UserId, cluster: &ClusterId) -> Result<i64, Error> {
    let revoked = db::access::last_end(conn, user, cluster)?;
    Ok(revoked.max(db::moves::last_withdrawn(conn, user, cluster)?))
}

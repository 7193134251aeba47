//! What the newest numbers of each log are about, in memory: what is new for a phone is then found among
//! them by what its user may read, without a look at a record or a change that is not theirs.
//!
//! A log only grows, and neither a change's record nor a record's scope is ever another, so nothing of it
//! grows old. Where another log took its place, because the database was put back to an older copy, the
//! log's own state says so. What a user may read is asked of the database each time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::{ClusterId, UserId};

use crate::db::pull::{About, about, granted_by, withdrawn_from};
use crate::db::{self, Conn, Error};
use crate::limits::{TAIL_NUMBERS, TAILS_KEPT};

/// The newest numbers of logs. Clones share them.
#[derive(Clone, Debug)]
pub struct Tails {
    kept: Arc<Mutex<BTreeMap<ClusterId, Arc<Tail>>>>,
    /// Numbers of the longest range that is sought here.
    most: i64,
}

impl Default for Tails {
    fn default() -> Self {
        Self::over_ranges_of(TAIL_NUMBERS)
    }
}

/// A number of a log, and what tells the log there from every other that gave it.
type End = (i64, [u8; 16]);

/// Ends that a tail remembers: readers that began a little earlier stand at one of the last few.
const ENDS: usize = 32;

/// Some of a log's numbers: those after `after`, up to the last end.
#[derive(Debug)]
struct Tail {
    after: i64,
    /// Where it ended when it was read, and read on: in order, none before `after`, the last one the newest.
    ends: Vec<End>,
    /// In order of their numbers, each once.
    about: Vec<About>,
}

/// A tail that reaches over a range.
enum Reaching {
    /// The one that is kept does.
    Kept(Arc<Tail>),
    /// One that takes its place: it knows more, or the other was of another log.
    New(Tail),
    /// One for an older reader alone: what is kept is newer than what they see.
    Passing(Tail),
}

/// Numbers among which each scope is asked for by its name; among more, all that a user is granted is read.
const FEW: usize = 32;

impl Tails {
    /// For ranges of so many numbers at most; twice as many are kept.
    #[must_use]
    pub fn over_ranges_of(most: i64) -> Self {
        Self { kept: Arc::default(), most }
    }

    /// The numbers of changes within (after, up to] of what a user had been granted by a number and is still, in
    /// order. None if the range is longer than what is kept here.
    ///
    /// # Errors
    /// The database's failure.
    pub fn new_for(
        &self,
        conn: &mut Conn,
        whose: (&UserId, &ClusterId),
        (after, up_to): (i64, i64),
        granted: i64,
    ) -> Result<Option<Vec<i64>>, Error> {
        if up_to - after > self.most {
            return Ok(None);
        }
        let tail = self.over(conn, whose.1, (after, up_to))?;
        let within = tail.within((after, up_to));
        if within.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let names = within.iter().flat_map(|it| [*it.scope.as_bytes(), *it.record.as_bytes()]);
        let among = (within.len() <= FEW).then(|| names.collect::<Vec<_>>());
        let theirs = granted_by(conn, whose, granted, among.as_deref())?;
        let lost = withdrawn_from(conn, whose)?;
        let is_theirs = |it: &&About| {
            (theirs.contains(it.scope.as_bytes()) || theirs.contains(it.record.as_bytes()))
                && !lost.contains(&it.record)
        };
        Ok(Some(within.iter().filter(is_theirs).map(|it| it.number).collect()))
    }

    fn over(
        &self,
        conn: &mut Conn,
        cluster: &ClusterId,
        range: (i64, i64),
    ) -> Result<Arc<Tail>, Error> {
        // Of its own: the lock is not held while the database is asked.
        let kept = self.kept().get(cluster).cloned();
        let reaching = match kept {
            Some(kept) => Tail::reaching(kept, conn, cluster, range)?,
            None => Reaching::New(Tail::read(conn, cluster, range)?),
        };
        Ok(match reaching {
            Reaching::Kept(tail) => tail,
            Reaching::Passing(tail) => Arc::new(tail),
            Reaching::New(tail) => {
                let tail = Arc::new(tail);
                self.keep(cluster, &tail);
                tail
            }
        })
    }

    fn keep(&self, cluster: &ClusterId, tail: &Arc<Tail>) {
        let short = match tail.about.len() as i64 > 2 * self.most {
            true => Arc::new(tail.newest(self.most)),
            false => Arc::clone(tail),
        };
        let mut kept = self.kept();
        if kept.len() >= TAILS_KEPT && !kept.contains_key(cluster) {
            // Each is read again by whoever needs it.
            kept.clear();
        }
        kept.insert(*cluster, short);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<ClusterId, Arc<Tail>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tail {
    fn read(
        conn: &mut Conn,
        cluster: &ClusterId,
        (after, up_to): (i64, i64),
    ) -> Result<Self, Error> {
        let end = (up_to, db::log::state_at(conn, cluster, up_to)?);
        Ok(Self { after, ends: vec![end], about: about(conn, cluster, (after, up_to))? })
    }

    /// This tail, with what it lacks of a range.
    fn reaching(
        kept: Arc<Self>,
        conn: &mut Conn,
        cluster: &ClusterId,
        (after, up_to): (i64, i64),
    ) -> Result<Reaching, Error> {
        let alone = |conn: &mut Conn| Self::read(conn, cluster, (after, up_to));
        let Some(place) = kept.ends.iter().rposition(|(end, _)| *end <= up_to) else {
            // Read by others who began later, all of it.
            return Ok(Reaching::Passing(alone(conn)?));
        };
        let (end, state) = kept.ends[place];
        if db::log::state_at(conn, cluster, end)? != state {
            return Ok(Reaching::New(alone(conn)?));
        }
        let is_newest = place + 1 == kept.ends.len();
        if end < after {
            // Nothing of it is in the range.
            let read = alone(conn)?;
            return Ok(if is_newest { Reaching::New(read) } else { Reaching::Passing(read) });
        }
        if is_newest && end == up_to && kept.after <= after {
            return Ok(Reaching::Kept(kept));
        }
        let mut grown = Self { after: kept.after, ends: Vec::new(), about: Vec::new() };
        if after < kept.after {
            grown.after = after;
            grown.about = about(conn, cluster, (after, kept.after))?;
        }
        grown.about.extend_from_slice(kept.within((kept.after, end)));
        grown.ends.extend_from_slice(&kept.ends[(place + 1).saturating_sub(ENDS - 1)..=place]);
        if end < up_to {
            grown.about.extend(about(conn, cluster, (end, up_to))?);
            grown.ends.push((up_to, db::log::state_at(conn, cluster, up_to)?));
        }
        Ok(if is_newest { Reaching::New(grown) } else { Reaching::Passing(grown) })
    }

    fn within(&self, (after, up_to): (i64, i64)) -> &[About] {
        let place = |number: i64| self.about.partition_point(|it| it.number <= number);
        &self.about[place(after)..place(up_to)]
    }

    /// Its newest part, of so many changes.
    fn newest(&self, most: i64) -> Self {
        let place = self.about.len().saturating_sub(usize::try_from(most).unwrap_or(usize::MAX));
        let after = place.checked_sub(1).map_or(self.after, |last| self.about[last].number);
        let ends = self.ends.iter().copied().filter(|(end, _)| *end >= after).collect();
        Self { after, ends, about: self.about[place..].to_vec() }
    }
}

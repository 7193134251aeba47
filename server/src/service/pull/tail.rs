//! What the newest numbers of each log are about, in memory: what is new for a phone is then found among
//! them by what its user may read, without a look at a record or a change that is not theirs.
//!
//! A log only grows, and neither a change's record nor a record's scope is ever another, so nothing of it
//! grows old. Where another log took its place, because the database was put back to an older copy, the
//! log's own state says so. What a user may read is asked of the database each time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::{ClusterId, UserId};

use crate::db::pull::{About, about, granted_by};
use crate::db::{self, Conn, Error};
use crate::limits::{TAIL_NUMBERS, TAILS_KEPT};

/// The newest numbers of logs. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Tails(Arc<Mutex<BTreeMap<ClusterId, Arc<Tail>>>>);

/// A number of a log, and what tells the log there from every other that gave it.
type End = (i64, [u8; 16]);

/// Ends that a tail remembers: readers that began a little earlier stand at one of the last few.
const ENDS: usize = 32;

/// Some of a log's numbers: those after `after`, up to the last end.
#[derive(Debug)]
struct Tail {
    after: i64,
    /// Where it ended when it was read, and read on; the last one is the newest.
    ends: Vec<End>,
    about: Vec<About>,
}

/// A tail that reaches over a range, and whether it is worth keeping.
enum Reaching {
    /// The one that is kept does.
    Kept(Arc<Tail>),
    /// Others that read now need what it says.
    New(Tail),
    /// The one that is kept knows more, but not by what this reader sees.
    Passing(Tail),
}

impl Tails {
    /// The numbers of changes within (after, up to] of what a user had been granted by a number, in order;
    /// among them are those of records that were withdrawn from them. None if the range is longer than what
    /// is kept here.
    ///
    /// # Errors
    /// The database's failure.
    pub fn new_for(
        &self,
        conn: &mut Conn,
        (user, cluster): (&UserId, &ClusterId),
        (after, up_to): (i64, i64),
        granted: i64,
    ) -> Result<Option<Vec<i64>>, Error> {
        if up_to - after > TAIL_NUMBERS {
            return Ok(None);
        }
        let theirs = granted_by(conn, (user, cluster), granted)?;
        let is_theirs = |it: &&About| {
            theirs.contains(it.scope.as_bytes()) || theirs.contains(it.record.as_bytes())
        };
        let tail = self.over(conn, cluster, (after, up_to))?;
        let numbers = tail.within((after, up_to)).iter().filter(is_theirs);
        Ok(Some(numbers.map(|it| it.number).collect()))
    }

    fn over(
        &self,
        conn: &mut Conn,
        cluster: &ClusterId,
        range: (i64, i64),
    ) -> Result<Arc<Tail>, Error> {
        let reaching = match self.kept().get(cluster).cloned() {
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
        let short = match tail.about.len() as i64 > 2 * TAIL_NUMBERS {
            true => Arc::new(tail.newest()),
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let Some(place) = kept.ends.iter().rposition(|(end, _)| *end <= up_to) else {
            // Read by others who began later, all of it.
            return Ok(Reaching::Passing(Self::read(conn, cluster, (after, up_to))?));
        };
        let (end, state) = kept.ends[place];
        if db::log::state_at(conn, cluster, end)? != state || end < after {
            return Ok(Reaching::New(Self::read(conn, cluster, (after, up_to))?));
        }
        let is_newest = place + 1 == kept.ends.len();
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

    /// Its newest part.
    fn newest(&self) -> Self {
        let place = self.about.len().saturating_sub(TAIL_NUMBERS as usize);
        let after = place.checked_sub(1).map_or(self.after, |last| self.about[last].number);
        Self { after, ends: self.ends.clone(), about: self.about[place..].to_vec() }
    }
}

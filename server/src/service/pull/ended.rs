//! What a phone must put away or keep as it is, since access ended: of what it may hold, and of
//! nothing else. What came and went between two exchanges was never on the phone; naming it would
//! tell that it is there.

use std::collections::BTreeSet;

use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId, UserId};

use crate::db::access::{Ended, Interval};
use crate::db::{self, Conn, Error};

/// What ended and went on for a user within a range of the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Moved {
    /// Scopes, and single records under the scope of their own, whose copy goes.
    pub dropped: Vec<ScopeId>,
    /// Scopes that stay as they are.
    pub frozen: Vec<ScopeId>,
    /// Scopes that go on.
    pub thawed: Vec<ScopeId>,
    /// Cases to be found no longer.
    pub hidden: Vec<CaseId>,
}

impl Moved {
    /// Whether the phone need not be told anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.dropped.is_empty()
            && self.frozen.is_empty()
            && self.thawed.is_empty()
            && self.hidden.is_empty()
    }
}

/// What moved within (base, up to] for a phone that may hold what was there up to `held`.
///
/// # Errors
/// The database's failure.
pub fn of_range(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (base, up_to): (i64, i64),
    held: i64,
) -> Result<Moved, Error> {
    let mut found = Moved::default();
    let mut held = Held { user, cluster, up_to: held, wrote: None };
    for interval in db::access::moved(conn, user, cluster, base, up_to)? {
        held.sort(conn, &interval, &mut found)?;
    }
    for record in db::moves::withdrawn(conn, user, cluster, (base, up_to))? {
        let begun = db::records::by_id(conn, &record)?.map_or(0, |row| row.first_number);
        if begun <= held.up_to || held.wrote(conn)?.records.contains(&record) {
            found.dropped.push(ScopeId::from_bytes(*record.as_bytes()));
        }
    }
    for (case, begun) in db::directory::hidden(conn, user, cluster, base, up_to)? {
        if begun <= held.up_to || held.wrote(conn)?.cases.contains(&case) {
            found.hidden.push(case);
        }
    }
    Ok(found)
}

/// The scopes of what somebody wrote in a cluster. Where consent was withheld as their work came in, nothing was
/// ever granted to them there, and nothing ends; whoever leaves keeps no copy of it all the same.
///
/// # Errors
/// The database's failure.
pub fn written(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
) -> Result<BTreeSet<ScopeId>, Error> {
    let records = db::log::records_of_author(conn, user, cluster)?;
    let scope = |record| Ok(db::records::by_id(conn, &record)?.map(|row| row.scope));
    records.into_iter().map(scope).filter_map(Result::transpose).collect()
}

/// What a phone may hold of a cluster: what was there for it up to a number, and what its user
/// wrote.
struct Held<'a> {
    user: &'a UserId,
    cluster: &'a ClusterId,
    up_to: i64,
    wrote: Option<Wrote>,
}

#[derive(Default)]
struct Wrote {
    records: BTreeSet<RecordId>,
    scopes: BTreeSet<ScopeId>,
    cases: BTreeSet<CaseId>,
}

impl Held<'_> {
    fn sort(
        &mut self,
        conn: &mut Conn,
        interval: &Interval,
        found: &mut Moved,
    ) -> Result<(), Error> {
        // Granted anew: its records come.
        if interval.until.is_none() && interval.resume_from == 0 {
            return Ok(());
        }
        let scope = interval.scope;
        if db::pull::is_granted(conn, self.user, &scope)? {
            found.thawed.extend((interval.resume_from > 0).then_some(scope));
            return Ok(());
        }
        let alone = RecordId::from_bytes(*scope.as_bytes());
        let has = self.was_sent(conn, interval)? || {
            let wrote = self.wrote(conn)?;
            wrote.scopes.contains(&scope) || wrote.records.contains(&alone)
        };
        match interval.until.filter(|_| has) {
            Some((_, Ended::Frozen)) => found.frozen.push(scope),
            Some((_, Ended::Revoked)) => found.dropped.push(scope),
            None => {}
        }
        Ok(())
    }

    /// Whether an interval's scope was sent: since it began, or where it went on from a freeze, since what was
    /// frozen began. That copy is on the phone still.
    fn was_sent(&self, conn: &mut Conn, interval: &Interval) -> Result<bool, Error> {
        let (mut since, mut froze) = (interval.since, interval.resume_from);
        while since > self.up_to && froze > 0 {
            let before = db::access::frozen_at(conn, self.user, &interval.scope, froze)?;
            let Some(before) = before else { break };
            (since, froze) = (before.since, before.resume_from);
        }
        Ok(since <= self.up_to)
    }

    /// What the user wrote in the cluster; read once, and only if it matters.
    fn wrote(&mut self, conn: &mut Conn) -> Result<&Wrote, Error> {
        if self.wrote.is_none() {
            let mut wrote = Wrote::default();
            for record in db::log::records_of_author(conn, self.user, self.cluster)? {
                let row = db::records::by_id(conn, &record)?;
                wrote.scopes.extend(row.iter().map(|row| row.scope));
                wrote.cases.extend(row.iter().map(|row| row.case));
                wrote.records.insert(record);
            }
            self.wrote = Some(wrote);
        }
        Ok(self.wrote.get_or_insert_default())
    }
}

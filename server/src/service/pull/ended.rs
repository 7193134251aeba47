//! What a phone must put away or keep as it is, since access ended: of what it may hold and was not
//! told before, and of nothing else. What came and went between two exchanges was never on the phone;
//! naming it would tell that it is there.

use std::collections::BTreeSet;

use sync_core::ids::{CaseId, ClusterId, RecordId, ScopeId, UserId};

use crate::db::access::{Ended, Interval};
use crate::db::directory::Hidden;
use crate::db::{self, Conn, Error};

/// What a phone may hold of a cluster, by where it stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Has {
    /// What was there for its user at this number, it may hold.
    pub held: i64,
    /// What ended up to this number, it was told.
    pub told: i64,
}

impl Has {
    /// That of a phone of another log: numbers of this one say nothing of it.
    pub const ANYTHING: Self = Self { held: i64::MAX, told: 0 };

    /// That of a phone that stood at a number of this log.
    #[must_use]
    pub const fn up_to(number: i64) -> Self {
        Self { held: number, told: number }
    }
}

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

/// What moved within (base, up to] for a phone that has this. What its user wrote is named each time: they
/// know that it is there, and it may have come back to the phone as taken after its record went.
///
/// # Errors
/// The database's failure.
pub fn of_range(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    range: (i64, i64),
    has: Has,
) -> Result<Moved, Error> {
    let mut found = Moved::default();
    let mut held = Held { user, cluster, has, wrote: None };
    for interval in db::access::moved(conn, user, cluster, range.0, range.1)? {
        held.sort(conn, &interval, &mut found)?;
    }
    for (record, number) in db::moves::withdrawn(conn, user, cluster, range)? {
        let had = number > has.told && held.had(conn, &record)?;
        if had || held.wrote(conn)?.records.contains(&record) {
            found.dropped.push(ScopeId::from_bytes(*record.as_bytes()));
        }
    }
    for Hidden { case, begun, number } in db::directory::hidden(conn, user, cluster, range)? {
        let had = number > has.told && begun <= has.held;
        if had || held.wrote(conn)?.cases.contains(&case) {
            found.hidden.push(case);
        }
    }
    Ok(found)
}

/// What somebody wrote in a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wrote {
    /// Records with changes of theirs.
    pub records: BTreeSet<RecordId>,
    /// The scopes of these.
    pub scopes: BTreeSet<ScopeId>,
    /// The cases of these.
    pub cases: BTreeSet<CaseId>,
}

/// What somebody wrote in a cluster. Where consent was withheld as their work came in, nothing was ever granted
/// to them there, and nothing ends; whoever leaves keeps no copy of it all the same.
///
/// # Errors
/// The database's failure.
pub fn written(conn: &mut Conn, user: &UserId, cluster: &ClusterId) -> Result<Wrote, Error> {
    let mut wrote = Wrote::default();
    for record in db::log::records_of_author(conn, user, cluster)? {
        let row = db::records::by_id(conn, &record)?;
        wrote.scopes.extend(row.iter().map(|row| row.scope));
        wrote.cases.extend(row.iter().map(|row| row.case));
        wrote.records.insert(record);
    }
    Ok(wrote)
}

/// What a phone may hold of a cluster: what was there for it at a number, and what its user wrote.
struct Held<'a> {
    user: &'a UserId,
    cluster: &'a ClusterId,
    has: Has,
    wrote: Option<Wrote>,
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
        let Some((number, ended)) = interval.until else { return Ok(()) };
        let alone = RecordId::from_bytes(*scope.as_bytes());
        let has = (number > self.has.told && self.was_sent(conn, interval)?) || {
            let wrote = self.wrote(conn)?;
            wrote.scopes.contains(&scope) || wrote.records.contains(&alone)
        };
        match ended {
            _ if !has => {}
            Ended::Frozen => found.frozen.push(scope),
            Ended::Revoked => found.dropped.push(scope),
        }
        Ok(())
    }

    /// Whether an interval's scope was sent: since it began, or where it went on from a freeze, since what was
    /// frozen began. That copy is on the phone still.
    fn was_sent(&self, conn: &mut Conn, interval: &Interval) -> Result<bool, Error> {
        let (mut since, mut froze) = (interval.since, interval.resume_from);
        while since > self.has.held && froze > 0 {
            let before = db::access::frozen_at(conn, self.user, &interval.scope, froze)?;
            let Some(before) = before else { break };
            (since, froze) = (before.since, before.resume_from);
        }
        Ok(since <= self.has.held)
    }

    /// Whether a record was there for the user, with its scope or by itself, and had not gone when the phone was
    /// last told. What consent froze stays.
    fn had(&self, conn: &mut Conn, record: &RecordId) -> Result<bool, Error> {
        let Has { held, told } = self.has;
        let row = db::records::by_id(conn, record)?.filter(|row| row.first_number <= held);
        let Some(row) = row else { return Ok(false) };
        for scope in [row.scope, ScopeId::from_bytes(*record.as_bytes())] {
            let last = db::access::newest_by(conn, self.user, &scope, held)?;
            let gone = |it: &Interval| matches!(it.until, Some((at, Ended::Revoked)) if at <= told);
            if last.is_some_and(|interval| !gone(&interval)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the user wrote in the cluster; read once, and only if it matters.
    fn wrote(&mut self, conn: &mut Conn) -> Result<&Wrote, Error> {
        if self.wrote.is_none() {
            self.wrote = Some(written(conn, self.user, self.cluster)?);
        }
        Ok(self.wrote.get_or_insert_default())
    }
}

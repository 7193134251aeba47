//! A worker's cases for whoever takes them over: what the worker has not seen, what waits for somebody,
//! what falls due and what is in dispute. Of the team's records only: the list is put into the hands of
//! whoever takes over, who may read no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::ids::{CaseId, ClusterId, RecordId, UserId};
use sync_core::merge::{Context, NoticeCause, notices_for};
use sync_core::policy::{ClusterAction, Summaries, decide_in_cluster, sees_directory};
use sync_core::record::fold::Folded;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::time::Timestamp;
use sync_core::view::{DueDate, due_dates, is_member};

use super::Reader;
use super::brief::{Brief, hash_of};
use super::caseload::{self, CaseLine};
use super::conflicts::{self, OpenConflict};
use super::unanswered::{self, Unanswered};
use crate::db::{self, Conn, Error};
use crate::service::audit::Act;
use crate::service::histories::CaseState;

/// Due dates shown of a case.
const DATES: usize = 10;

/// Who hands over, and to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Between {
    /// Whose cases they are.
    pub from: UserId,
    /// Who takes them over, if somebody was named.
    pub to: Option<UserId>,
}

/// One case to hand over.
#[derive(Clone, Debug)]
pub struct CaseToHandOver {
    /// The case.
    pub line: CaseLine,
    /// Whether the worker is its lead professional.
    pub leads: bool,
    /// Whether whoever takes over is in its team already.
    pub taken: bool,
    /// What waits to be settled.
    pub conflicts: Vec<OpenConflict>,
    /// What falls due, earliest first.
    pub due: Vec<DueDate>,
    /// What others wrote since the worker last looked, newest first.
    pub unread: Vec<Unread>,
    /// Values of the worker's that do not hold, as others stand against them.
    pub unheard: usize,
    /// What waits for somebody.
    pub unanswered: Vec<Unanswered>,
}

/// A record in which somebody wrote since a worker last looked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unread {
    /// The record.
    pub record: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// When the last of it arrived.
    pub arrived_at: Timestamp,
}

/// When a worker last opened what, as far as the audit knows: of a case as a whole, and of each record.
#[derive(Default)]
struct Looked {
    cases: BTreeMap<CaseId, Timestamp>,
    records: BTreeMap<RecordId, Timestamp>,
}

/// The cases of a worker in the clusters that the person leads; none if they lead no cluster. Somebody
/// unknown has no cases.
///
/// # Errors
/// The database's failure.
pub fn of_worker(
    conn: &mut Conn,
    reader: &Reader,
    between: Between,
) -> Result<Option<Vec<CaseToHandOver>>, Error> {
    let clusters = led(reader);
    if clusters.is_empty() {
        return Ok(None);
    }
    let looked = Looked::of(conn, &between.from)?;
    let mut cases = Vec::new();
    for cluster in clusters {
        let world = reader.world(conn, &cluster)?;
        let hash = hash_of(&world);
        for case in db::views::case_ids(conn, &cluster)? {
            let of = (&case, &cluster);
            let brief = reader.briefs.of(conn, (&world, hash), of, reader.now)?;
            let open = |it: &Arc<Brief>| {
                sees_directory(&reader.principal, &it.state.context) && reader.reads_team(&it.state)
            };
            let Some(brief) = brief.filter(open) else { continue };
            cases.extend(hand_over(conn, reader, &brief.state, between, &looked)?);
        }
    }
    Ok(Some(cases))
}

/// The clusters that the person leads.
#[must_use]
pub fn led(reader: &Reader) -> Vec<ClusterId> {
    let whole = ClusterAction::ReadSummaries(Summaries::Cluster);
    let leads = |it: &ClusterId| decide_in_cluster(&reader.principal, *it, &whole).is_ok();
    reader.clusters().into_iter().filter(leads).collect()
}

fn hand_over(
    conn: &mut Conn,
    reader: &Reader,
    state: &CaseState,
    Between { from, to }: Between,
    looked: &Looked,
) -> Result<Option<CaseToHandOver>, Error> {
    let merging = reader.merging(state);
    let member =
        |user: &UserId| state.team.as_ref().is_some_and(|it| is_member(it, user, &merging));
    let line = caseload::of_state(conn, reader, state)?;
    let leads = line.header.lead_professional == Some(from);
    if !line.header.open || !(leads || member(&from)) {
        return Ok(None);
    }
    let mut records = reader.records(conn, state)?;
    records.retain(|it| it.envelope.compartment == Compartment::Team);
    let mut due = due_dates(&records, &merging);
    due.truncate(DATES);
    Ok(Some(CaseToHandOver {
        leads,
        taken: to.is_some_and(|to| line.header.lead_professional == Some(to) || member(&to)),
        conflicts: conflicts::of_records(reader, state, &records),
        due,
        unread: looked.unread(conn, &records, &from)?,
        unheard: unheard(&records, &from, &merging),
        unanswered: unanswered::of_records(&records, &merging),
        line,
    }))
}

fn unheard(records: &[Folded], from: &UserId, merging: &Context<'_>) -> usize {
    let of = |folded: &Folded| {
        let told = notices_for(from, &folded.entries, merging).into_iter();
        told.filter(|it| it.cause == NoticeCause::NotInForce).count()
    };
    records.iter().map(of).sum()
}

impl Looked {
    fn of(conn: &mut Conn, user: &UserId) -> Result<Self, Error> {
        let mut looked = Self::default();
        let here = [Act::OpenCase, Act::OpenRecord].map(Act::code);
        for opened in db::audit::openings(conn, user, (&here, Act::ReadOffline.code()))? {
            let known = match opened.record {
                Some(record) => looked.records.entry(record).or_insert(opened.at),
                None => looked.cases.entry(opened.case).or_insert(opened.at),
            };
            *known = opened.at.max(*known);
        }
        Ok(looked)
    }

    fn unread(
        &self,
        conn: &mut Conn,
        records: &[Folded],
        user: &UserId,
    ) -> Result<Vec<Unread>, Error> {
        let mut unread = Vec::new();
        for folded in records {
            let (record, kind) = (folded.envelope.id(), folded.envelope.kind());
            let seen = [self.cases.get(&folded.envelope.case), self.records.get(&record)];
            let seen = seen.into_iter().flatten().max().copied();
            let last = db::log::last_of_others(conn, &record, user)?;
            let last = last.filter(|last| seen.is_none_or(|seen| seen < *last));
            unread.extend(last.map(|arrived_at| Unread { record, kind, arrived_at }));
        }
        unread.sort_by_key(|it| (std::cmp::Reverse(it.arrived_at), it.record));
        Ok(unread)
    }
}

//! A worker's cases for whoever takes them over: what is in dispute and what falls due.

use sync_core::ids::{ClusterId, UserId};
use sync_core::policy::{ClusterAction, Summaries, decide_in_cluster};
use sync_core::view::{DueDate, due_dates, is_member};

use super::Reader;
use super::caseload::{self, CaseLine};
use super::conflicts::{self, OpenConflict};
use crate::db::{self, Conn, Error};
use crate::service::histories::CaseState;

/// Due dates shown of a case.
const DATES: usize = 10;

/// One case to hand over.
#[derive(Clone, Debug)]
pub struct CaseToHandOver {
    /// The case.
    pub line: CaseLine,
    /// Whether the worker is its lead professional.
    pub leads: bool,
    /// What waits to be settled.
    pub conflicts: Vec<OpenConflict>,
    /// What falls due, earliest first.
    pub due: Vec<DueDate>,
}

/// The cases of `from` in the clusters that the person leads; none if they lead no cluster. Somebody
/// unknown has no cases.
///
/// # Errors
/// The database's failure.
pub fn of_worker(
    conn: &mut Conn,
    reader: &Reader,
    from: &UserId,
) -> Result<Option<Vec<CaseToHandOver>>, Error> {
    let leads = |cluster: &ClusterId| {
        let whole = ClusterAction::ReadSummaries(Summaries::Cluster);
        decide_in_cluster(&reader.principal, *cluster, &whole).is_ok()
    };
    let clusters: Vec<_> = reader.clusters().into_iter().filter(leads).collect();
    if clusters.is_empty() {
        return Ok(None);
    }
    let mut cases = Vec::new();
    for cluster in clusters {
        let world = reader.world(conn, &cluster)?;
        for case in db::views::case_ids(conn, &cluster)? {
            let state = reader.visible(conn, &world, &case, &cluster)?;
            let Some(state) = state.filter(|state| reader.reads_team(state)) else { continue };
            cases.extend(hand_over(conn, reader, &state, from)?);
        }
    }
    Ok(Some(cases))
}

fn hand_over(
    conn: &mut Conn,
    reader: &Reader,
    state: &CaseState,
    from: &UserId,
) -> Result<Option<CaseToHandOver>, Error> {
    let merging = reader.merging(state);
    let member = state.team.as_ref().is_some_and(|team| is_member(team, from, &merging));
    let line = caseload::of_state(conn, reader, state)?;
    let leads = line.header.lead_professional == Some(*from);
    if !line.header.open || !(member || leads) {
        return Ok(None);
    }
    let records = reader.records(conn, state)?;
    let conflicts = conflicts::of_records(reader, state, &records);
    let mut due = due_dates(&records, &merging);
    due.truncate(DATES);
    Ok(Some(CaseToHandOver { line, leads, conflicts, due }))
}

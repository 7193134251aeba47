//! A worker's cases for whoever takes them over: what is in dispute and what falls due.

use std::collections::BTreeMap;

use sync_core::ids::{ClusterId, UserId};
use sync_core::merge::{Context, resolve_all};
use sync_core::policy::{ClusterAction, Summaries, decide_in_cluster};
use sync_core::record::fold::Folded;
use sync_core::record::kind::Kind;
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;
use sync_core::view::chronology_line;

use super::Reader;
use super::caseload::{self, CaseLine};
use super::conflicts::{self, OpenConflict};
use super::due::{self, DueDate};
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
    Ok(Some(CaseToHandOver { line, leads, conflicts, due: due_dates(&records, &merging) }))
}

/// Whether somebody is in the team, asked of the record itself: who left the authority is in no
/// team any more, but their cases must not be lost from sight.
fn is_member(team: &Folded, user: &UserId, merging: &Context<'_>) -> bool {
    let subject = user.to_string();
    resolve_all(&team.entries, merging).iter().any(|it| {
        let state = it.in_force.one().and_then(|held| held.value.as_text());
        it.fact == Fact::Member && it.subject == subject && state.is_some_and(|it| it != "left")
    })
}

fn due_dates(records: &[Folded], merging: &Context<'_>) -> Vec<DueDate> {
    let mut dates = Vec::new();
    let mut newest: BTreeMap<Kind, (Timestamp, Vec<DueDate>)> = BTreeMap::new();
    for folded in records {
        let found = due::of_record(folded, merging);
        let at = chronology_line(folded).map_or(Timestamp(i64::MIN), |line| line.at);
        match folded.envelope.kind() {
            // A later visit or meeting has superseded what an earlier one agreed on.
            kind if due::is_superseded_by_the_next(kind) => {
                let known = newest.entry(kind).or_insert((at, Vec::new()));
                if at >= known.0 {
                    *known = (at, found);
                }
            }
            _ => dates.extend(found),
        }
    }
    dates.extend(newest.into_values().flat_map(|(_, found)| found));
    dates.sort();
    dates.truncate(DATES);
    dates
}

//! The cases of a person: of a lead those of the cluster, of an agency's lead the agency's, of a
//! practitioner those whose team they are in.

use std::collections::BTreeSet;
use std::sync::Arc;

use sync_core::ids::{CaseId, ClusterId, ScopeId};
use sync_core::merge::Context;
use sync_core::policy::{
    Action, ClusterAction, Role, Summaries, decide, decide_in_cluster, readable_scopes,
    sees_directory,
};
use sync_core::record::kind::Compartment;
use sync_core::time::Timestamp;
use sync_core::view::signals::Signal;
use sync_core::view::{CaseHeader, DueDate, header};

use super::Reader;
use super::brief::{Brief, hash_of};
use crate::db::signals::Kept;
use crate::db::{self, Conn, Error};
use crate::service::histories::{CaseState, World};

/// One case of a caseload.
#[derive(Clone, Debug)]
pub struct CaseLine {
    /// The case.
    pub case: CaseId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// What lists show of it.
    pub header: CaseHeader,
    /// Disagreements that a person must settle, where the reader may know their number.
    pub safety_conflicts: i32,
    /// Others.
    pub routine_conflicts: i32,
    /// Open concerns in which harm is suspected, as far as the reader may know their number; at least one
    /// where the harm flag is up.
    pub harm_concerns: usize,
    /// Since when the first of them.
    pub harm_since: Option<Timestamp>,
    /// What falls due in the records that are open to the reader as a group, earliest first.
    pub due: Vec<DueDate>,
    /// Early warnings, the most pressing first; those that begin later too.
    pub signals: Vec<Signal>,
}

/// Some lines of a caseload.
#[derive(Clone, Debug, Default)]
pub struct CasePage {
    /// The lines, by cluster and name.
    pub lines: Vec<CaseLine>,
    /// Whether there are more.
    pub more: bool,
}

/// At most `limit` lines after a case; none if that case is not open to the person, or if they work
/// with no cases.
///
/// # Errors
/// The database's failure.
pub fn page(
    conn: &mut Conn,
    reader: &Reader,
    cluster: Option<ClusterId>,
    after: Option<CaseId>,
    limit: usize,
) -> Result<Option<CasePage>, Error> {
    if let Some(after) = &after
        && reader.case(conn, after)?.is_none()
    {
        return Ok(None);
    }
    let wanted = |it: &ClusterId| cluster.is_none_or(|only| only == *it);
    let clusters: Vec<_> = working(reader).into_iter().filter(wanted).collect();
    if clusters.is_empty() {
        return Ok(None);
    }
    let mut skipping = after;
    let mut page = CasePage::default();
    for cluster in clusters {
        let world = reader.world(conn, &cluster)?;
        let hash = hash_of(&world);
        for case in candidates(conn, reader, &cluster)? {
            if skipping.is_some() {
                skipping = skipping.filter(|after| *after != case);
                continue;
            }
            let Some(line) = line(conn, reader, (&world, hash), &case, &cluster)? else { continue };
            if page.lines.len() == limit {
                page.more = true;
                return Ok(Some(page));
            }
            page.lines.push(line);
        }
    }
    Ok(Some(page))
}

/// The clusters in which the person works with cases.
pub(super) fn working(reader: &Reader) -> Vec<ClusterId> {
    let own = ClusterAction::ReadSummaries(Summaries::OwnCaseload);
    let works = |it: &ClusterId| decide_in_cluster(&reader.principal, *it, &own).is_ok();
    reader.clusters().into_iter().filter(works).collect()
}

/// Cases that may be the person's, by name. A lead's are looked for among all; another's among
/// those that they are sent.
fn candidates(conn: &mut Conn, reader: &Reader, cluster: &ClusterId) -> Result<Vec<CaseId>, Error> {
    let leads = [Role::ClusterLead, Role::Deputy, Role::AgencyLead]
        .into_iter()
        .any(|role| reader.principal.is(role, *cluster));
    let mut cases = db::views::case_ids(conn, cluster)?;
    if !leads {
        let sent = db::access::cases_of(conn, &reader.principal.user, cluster)?;
        cases.retain(|case| sent.contains(case));
    }
    Ok(cases)
}

/// Every line of a person's caseload in a cluster.
///
/// # Errors
/// The database's failure.
pub fn all(conn: &mut Conn, reader: &Reader, cluster: &ClusterId) -> Result<Vec<CaseLine>, Error> {
    let world = reader.world(conn, cluster)?;
    let hash = hash_of(&world);
    let mut lines = Vec::new();
    for case in candidates(conn, reader, cluster)? {
        lines.extend(line(conn, reader, (&world, hash), &case, cluster)?);
    }
    Ok(lines)
}

fn line(
    conn: &mut Conn,
    reader: &Reader,
    world: (&World, u64),
    case: &CaseId,
    cluster: &ClusterId,
) -> Result<Option<CaseLine>, Error> {
    let brief = reader.briefs.of(conn, world, (case, cluster), reader.now)?;
    let seen = |it: &Arc<Brief>| {
        sees_directory(&reader.principal, &it.state.context) && reader.reads_team(&it.state)
    };
    match brief.filter(seen) {
        Some(brief) => of_brief(conn, reader, &brief).map(Some),
        None => Ok(None),
    }
}

/// The line of a case that is open to the person.
///
/// # Errors
/// The database's failure.
pub fn of_state(conn: &mut Conn, reader: &Reader, state: &CaseState) -> Result<CaseLine, Error> {
    let brief = Brief::of(conn, state.clone())?;
    of_brief(conn, reader, &brief)
}

fn of_brief(conn: &mut Conn, reader: &Reader, brief: &Brief) -> Result<CaseLine, Error> {
    let state = &brief.state;
    let context = &state.context;
    let counted = counted_scopes(reader, state);
    let readable = readable_scopes(&reader.principal, context);
    let readable: BTreeSet<_> = readable.iter().map(|it| it.scope(&context.case)).collect();
    let (mut safety, mut routine, mut harm_concerns) = (0, 0, 0);
    // What waits for a reviewer is no less alarming for that.
    let mut harm_since = db::quarantine::harm_of_case(conn, &context.case)?;
    for record in &brief.records {
        harm_since = harm_since.into_iter().chain(record.harm_since).min();
        if counted.contains(&record.scope) {
            safety += record.safety_conflicts;
            routine += record.routine_conflicts;
            harm_concerns += usize::from(record.harm_since.is_some());
        }
    }
    let merging: Context<'_> = reader.merging(state);
    Ok(CaseLine {
        case: context.case,
        cluster: context.cluster,
        header: state.team.as_ref().map(|team| header(team, &merging)).unwrap_or_default(),
        safety_conflicts: safety,
        routine_conflicts: routine,
        // Of the rest nobody learns more than the flag tells.
        harm_concerns: harm_concerns.max(usize::from(harm_since.is_some())),
        harm_since: harm_since.map(Timestamp),
        due: brief.due(|scope| readable.contains(scope)),
        signals: signals(&brief.signals, &counted, &readable),
    })
}

/// The early warnings of a case that the person may know of: number and age of what their role counts,
/// and the record where they may open it.
fn signals(
    kept: &[Kept],
    counted: &BTreeSet<ScopeId>,
    readable: &BTreeSet<ScopeId>,
) -> Vec<Signal> {
    let open = kept.iter().filter(|it| counted.contains(&it.scope) || readable.contains(&it.scope));
    let shown = |it: &Kept| {
        let record = it.signal.record.filter(|_| readable.contains(&it.scope));
        Signal { record, ..it.signal.clone() }
    };
    open.map(shown).collect()
}

/// The compartments whose number of conflicts the person may know.
fn counted_scopes(reader: &Reader, state: &CaseState) -> BTreeSet<ScopeId> {
    let context = &state.context;
    let agencies = context.agencies_with_records.iter().copied().map(Compartment::Agency);
    [Compartment::Team, Compartment::Protection]
        .into_iter()
        .chain(agencies)
        .filter(|compartment| {
            let count = Action::SeeConflictCount { compartment: *compartment };
            decide(&reader.principal, context, None, &count).is_ok()
        })
        .map(|compartment| compartment.scope(&context.case))
        .collect()
}

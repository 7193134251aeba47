//! An agency's own records for its own system: what its people made, as far as it is open to whoever
//! takes it. Bounded: the newest of a period.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_core::ids::{AgencyId, CaseId, ClusterId, UserId};
use sync_core::policy::{ClusterAction, decide_in_cluster, sees_directory};
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::Folded;
use sync_core::time::{Date, Timestamp};

use super::Reader;
use super::brief::{Brief, hash_of};
use super::colleagues::Colleagues;
use super::figures::Period;
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::ingest::moves;
use crate::limits::EXPORTED_RECORDS;
use crate::service::histories::CaseState;

/// What is taken.
#[derive(Clone, Debug)]
pub struct Export {
    /// Whose records they are.
    pub agency: AgencyId,
    /// The cases, each with the agency's records in it, oldest first.
    pub cases: Vec<ExportedCase>,
    /// Whether older ones of the period were left out.
    pub more: bool,
    /// Names.
    pub people: Colleagues,
}

/// One case's part.
#[derive(Clone, Debug)]
pub struct ExportedCase {
    /// The case.
    pub brief: Arc<Brief>,
    /// The agency's records.
    pub records: Vec<Folded>,
}

impl Export {
    /// How many records there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.cases.iter().map(|it| it.records.len()).sum()
    }
}

/// A record that may be taken: when it was made, and in which case.
struct Found {
    at: Timestamp,
    case: CaseId,
    row: RecordRow,
}

/// The records of the person's agency that were made in a period; none if they do not lead it anywhere.
///
/// # Errors
/// The database's failure.
pub fn of_agency(
    conn: &mut Conn,
    reader: &Reader,
    period: Period,
) -> Result<Option<Export>, Error> {
    let clusters = clusters(reader);
    if clusters.is_empty() {
        return Ok(None);
    }
    let people = Colleagues::of(conn, reader, clusters.iter().copied())?;
    let (mut briefs, mut found) = (BTreeMap::new(), Vec::new());
    for cluster in clusters {
        let staff = staff(conn, &cluster, reader.principal.agency)?;
        let world = reader.world(conn, &cluster)?;
        let hash = hash_of(&world);
        for case in db::views::case_ids(conn, &cluster)? {
            let of = (&case, &cluster);
            let brief = reader.briefs.of(conn, (&world, hash), of, reader.now)?;
            let open = brief.filter(|it| sees_directory(&reader.principal, &it.state.context));
            let Some(brief) = open else { continue };
            found.extend(in_case(conn, reader, &brief.state, &staff, period)?);
            briefs.insert(case, brief);
        }
    }
    found.sort_by_key(|it| (std::cmp::Reverse(it.at), it.row.id));
    let more = found.len() > EXPORTED_RECORDS;
    found.truncate(EXPORTED_RECORDS);
    let cases = fold_all(conn, reader, found, briefs)?;
    Ok(Some(Export { agency: reader.principal.agency, cases, more, people }))
}

/// Where the person leads their agency.
fn clusters(reader: &Reader) -> Vec<ClusterId> {
    let export = ClusterAction::ExportOwnRecords;
    let may = |it: &ClusterId| decide_in_cluster(&reader.principal, *it, &export).is_ok();
    reader.clusters().into_iter().filter(may).collect()
}

/// Everybody who works or worked for an agency in a cluster.
fn staff(
    conn: &mut Conn,
    cluster: &ClusterId,
    agency: AgencyId,
) -> Result<BTreeSet<UserId>, Error> {
    let all = db::memberships::colleagues(conn, cluster)?.into_iter();
    Ok(all.filter(|it| it.agency == agency).map(|it| it.user).collect())
}

fn in_case(
    conn: &mut Conn,
    reader: &Reader,
    state: &CaseState,
    staff: &BTreeSet<UserId>,
    period: Period,
) -> Result<Vec<Found>, Error> {
    let (from, end) = bounds(period);
    let mut found = Vec::new();
    for row in db::records::of_case(conn, &state.context.case)? {
        // What a newer server beside this one took is left to it.
        let Ok(envelope) = Envelope::decode(&row.envelope) else { continue };
        let made = envelope.made().filter(|made| staff.contains(&made.user));
        let Some(at) = made.map(|made| made.at) else { continue };
        let within = at >= from && at < end;
        if within && reader.may_read(state, &moves::facts(conn, &envelope)?) {
            found.push(Found { at, case: state.context.case, row });
        }
    }
    Ok(found)
}

/// The moments from which on and before which a record was made.
fn bounds(period: Period) -> (Timestamp, Timestamp) {
    let end = period.to.plus_days(1).map_or(Timestamp(i64::MAX), Date::start);
    (period.from.start(), end)
}

fn fold_all(
    conn: &mut Conn,
    reader: &Reader,
    found: Vec<Found>,
    mut briefs: BTreeMap<CaseId, Arc<Brief>>,
) -> Result<Vec<ExportedCase>, Error> {
    let mut of_case: BTreeMap<CaseId, Vec<Folded>> = BTreeMap::new();
    for Found { case, row, .. } in found {
        // What was re-homed is taken where it is now.
        if db::moves::target(conn, &row.id)?.is_some() {
            continue;
        }
        let Some(brief) = briefs.get(&case) else { continue };
        if let Some(folded) = reader.record(conn, &brief.state, &row)? {
            of_case.entry(case).or_default().push(folded);
        }
    }
    let exported = of_case.into_iter().filter_map(|(case, mut records)| {
        records.reverse();
        Some(ExportedCase { brief: briefs.remove(&case)?, records })
    });
    Ok(exported.collect())
}

//! Records and cases read back from the log.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::codec::DecodeError;
use sync_core::framework::Catalogue;
use sync_core::ids::{CaseId, ClusterId, RecordId};
use sync_core::merge::Context;
use sync_core::policy::CaseContext;
use sync_core::record::change::Change;
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::{Folded, fold};
use sync_core::record::history::{History, decode_deps};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::time::Timestamp;
use sync_core::view::{People, Warnings, aliases, are_joined, case_context, join};

use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::ingest::Rules;
use crate::service::everybody::Everybody;

/// A record's history from the log.
///
/// # Errors
/// The database's failure; [`Error::Corrupt`] for rows that this program did not write.
pub fn history(conn: &mut Conn, row: &RecordRow) -> Result<History, Error> {
    history_at(conn, row, i64::MAX)
}

/// A record's history when the log had got to `number`.
fn history_at(conn: &mut Conn, row: &RecordRow, number: i64) -> Result<History, Error> {
    let envelope = Envelope::decode(&row.envelope).map_err(|_| Error::Corrupt("envelope"))?;
    let mut history = History::new(envelope);
    let entries = db::log::of_record(conn, &row.id)?;
    for entry in entries.iter().take_while(|entry| entry.number <= number) {
        restore(&mut history, entry)?;
    }
    Ok(history)
}

/// A record's history by id; that of a record which is not there yet is empty.
///
/// # Errors
/// As [`history`].
pub fn history_of(conn: &mut Conn, envelope: &Envelope) -> Result<History, Error> {
    match db::records::by_id(conn, &envelope.id())? {
        Some(row) => history(conn, &row),
        None => Ok(History::new(envelope.clone())),
    }
}

/// Puts an entry of the log at the end of its record's history.
///
/// # Errors
/// [`Error::Newer`] for an entry that a newer one wrote, [`Error::Corrupt`] for one that none did.
pub fn restore(history: &mut History, entry: &db::log::Entry) -> Result<(), Error> {
    let kind = history.envelope().kind();
    let corrupt = Error::Corrupt("change");
    let change = match Change::decode_body(kind, entry.actor, entry.user, &entry.body) {
        Err(DecodeError::Unknown(_)) => return Err(Error::Newer),
        Err(_) => return Err(corrupt),
        Ok(change) => change,
    };
    let Ok(deps) = entry.deps.as_deref().map(decode_deps).transpose() else { return Err(corrupt) };
    let seq = u32::try_from(entry.seq).unwrap_or_default();
    history.restore(change, seq, deps.as_deref(), entry.hash).map_err(|_| corrupt)?;
    Ok(())
}

/// A case as far as access and read models depend on it.
#[derive(Clone, Debug)]
pub struct CaseState {
    /// Who may what.
    pub context: CaseContext,
    /// Its own record for the team, if anything is in it.
    pub team: Option<Folded>,
    /// The framework of its cluster's authority.
    pub framework: Option<String>,
    /// What a visitor must know.
    pub warnings: Warnings,
    /// What it was read at ([`version_of`]): another number means another context.
    pub version: usize,
    /// The same of the cases that its own record says are about the same child, or were said to be.
    pub beside: BTreeMap<CaseId, usize>,
    /// The last number of the log at which anything of all that came.
    pub moved_at: i64,
}

/// Reads a case, opened to the teams of the cases that it is joined to. Of one that nobody has begun,
/// `None`.
///
/// # Errors
/// As [`history`].
pub fn case_state(
    conn: &mut Conn,
    case: &CaseId,
    cluster: &ClusterId,
    world: &World,
    now: Timestamp,
) -> Result<Option<CaseState>, Error> {
    case_state_at(conn, case, cluster, world, (i64::MAX, now))
}

/// Reads a case as it was when the log had got to `number`.
///
/// # Errors
/// As [`history`].
pub fn case_state_at(
    conn: &mut Conn,
    case: &CaseId,
    cluster: &ClusterId,
    world: &World,
    at: (i64, Timestamp),
) -> Result<Option<CaseState>, Error> {
    let Some(mut state) = unjoined(conn, case, cluster, world, at)? else { return Ok(None) };
    let named = state.team.as_ref().map(aliases).unwrap_or_default();
    for other in named.into_keys() {
        if db::records::cluster_of(conn, &other)? != Some(*cluster) {
            continue;
        }
        let Some(beside) = unjoined(conn, &other, cluster, world, at)? else { continue };
        state.beside.insert(other, beside.version);
        state.moved_at = state.moved_at.max(beside.moved_at);
        let sides = state.team.as_ref().zip(beside.team.as_ref());
        if sides.is_some_and(|(own, other)| are_joined(own, other)) {
            join(&mut state.context, &beside.context);
        }
    }
    Ok(Some(state))
}

fn unjoined(
    conn: &mut Conn,
    case: &CaseId,
    cluster: &ClusterId,
    world: &World,
    (number, now): (i64, Timestamp),
) -> Result<Option<CaseState>, Error> {
    let mut rows = db::records::of_rules(conn, case)?;
    if rows.iter().any(is_newer) {
        // What stands behind it in its compartment may be one that this program knows.
        rows = db::records::of_case(conn, case)?;
    }
    rows.retain(|row| row.first_number <= number);
    if rows.is_empty() {
        return Ok(None);
    }
    let (mut own, mut agencies) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        // What a newer server beside this one took is left to it.
        let envelope = match Envelope::decode(&row.envelope) {
            Err(DecodeError::Unknown(_)) => continue,
            envelope => envelope.map_err(|_| Error::Corrupt("envelope"))?,
        };
        if let Compartment::Agency(agency) = envelope.compartment {
            agencies.insert(agency);
        }
        if envelope.kind() == Kind::Case {
            let history = history_at(conn, row, number)?;
            own.push(fold(&history, history.links().len()));
        }
    }
    let folded: Vec<_> = own.iter().collect();
    let (people, merging) = (&world.people, world.merging());
    let context = case_context(*case, *cluster, &folded, &agencies, people, &merging, now);
    let warnings = Warnings::read(&folded, &merging);
    let team = own.into_iter().find(|it| it.envelope.compartment == Compartment::Team);
    let (framework, version) = (world.framework.clone(), case_version(&rows));
    let (beside, moved_at) = (BTreeMap::new(), last_moved(&rows));
    Ok(Some(CaseState { context, team, framework, warnings, version, beside, moved_at }))
}

fn is_newer(row: &RecordRow) -> bool {
    matches!(Envelope::decode(&row.envelope), Err(DecodeError::Unknown(_)))
}

/// The last number at which anything came that a case's context depends on.
fn last_moved(rows: &[RecordRow]) -> i64 {
    let own = |row: &RecordRow| row.kind == i16::from(Kind::Case.code());
    let mut scopes = BTreeSet::new();
    let moved = rows.iter().filter_map(|row| match (own(row), scopes.insert(row.scope)) {
        (true, _) => Some(row.last_number),
        (false, true) => Some(row.first_number),
        (false, false) => None,
    });
    moved.max().unwrap_or(0)
}

/// A number that grows whenever something is added that a case's context depends on: its own
/// records, or the first record of a compartment. None of a case that nobody has begun.
///
/// # Errors
/// The database's failure.
pub fn version_of(conn: &mut Conn, case: &CaseId) -> Result<Option<usize>, Error> {
    let rows = db::records::of_rules(conn, case)?;
    Ok((!rows.is_empty()).then(|| case_version(&rows)))
}

fn case_version(rows: &[RecordRow]) -> usize {
    let own = rows.iter().filter(|row| row.kind == i16::from(Kind::Case.code()));
    let scopes: BTreeSet<_> = rows.iter().map(|row| row.scope).collect();
    own.map(|row| row.length as usize).sum::<usize>() + scopes.len()
}

/// What judging needs beside the case: who works for whom, and local practice.
#[derive(Clone, Debug)]
pub struct World {
    /// The agency of everybody in the cluster.
    pub people: People,
    /// The frameworks.
    pub catalogue: std::sync::Arc<Catalogue>,
    /// That of the cluster's authority.
    pub framework: Option<String>,
    /// Who works where, as far as it was read already.
    pub everybody: Everybody,
}

impl World {
    /// What judging a cluster's cases needs.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of(
        conn: &mut Conn,
        catalogue: &std::sync::Arc<Catalogue>,
        cluster: &ClusterId,
    ) -> Result<Self, Error> {
        let people = db::memberships::agencies_of_cluster(conn, cluster)?.into_iter().collect();
        let framework = framework_of(conn, catalogue, cluster)?;
        let everybody = Everybody::default();
        Ok(Self { people, catalogue: catalogue.clone(), framework, everybody })
    }

    /// The same, by what is known of the cluster's people already.
    ///
    /// # Errors
    /// The database's failure.
    pub fn known(conn: &mut Conn, rules: &Rules, cluster: &ClusterId) -> Result<Self, Error> {
        let all = rules.everybody.of(conn, cluster)?;
        let people = all.iter().map(|it| (it.user, it.agency)).collect();
        let framework = framework_of(conn, &rules.catalogue, cluster)?;
        let (catalogue, everybody) = (rules.catalogue.clone(), rules.everybody.clone());
        Ok(Self { people, catalogue, framework, everybody })
    }

    /// How what people wrote is merged, for whoever is not named.
    #[must_use]
    pub fn merging(&self) -> Context<'_> {
        Context { framework: self.framework.as_deref(), ..Context::new(&self.catalogue) }
    }
}

/// The framework of the authority that a cluster belongs to.
///
/// # Errors
/// The database's failure.
pub fn framework_of(
    conn: &mut Conn,
    catalogue: &Catalogue,
    cluster: &ClusterId,
) -> Result<Option<String>, Error> {
    let practice = db::clusters::practice(conn, cluster)?;
    let framework = practice
        .and_then(|(authority, law)| catalogue.of_authority(&authority, &law).map(str::to_owned));
    Ok(framework)
}

/// The record of an id, folded.
///
/// # Errors
/// As [`history`].
pub fn folded(conn: &mut Conn, record: &RecordId) -> Result<Option<Folded>, Error> {
    let Some(row) = db::records::by_id(conn, record)? else { return Ok(None) };
    let history = history(conn, &row)?;
    Ok(Some(fold(&history, history.links().len())))
}

//! One case, opened: everything of it that is open to the person, put together once for the
//! interface and for the pages.

use sync_core::gate::permission::record_facts;
use sync_core::ids::{CaseId, UserId};
use sync_core::policy::{Ground, MemberState};
use sync_core::protocol::message::DirectoryLine;
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::Folded;
use sync_core::record::kind::Compartment;
use sync_core::view::CaseHeader;

use super::caseload::{self, CaseLine};
use super::chronology::{self, ArrivedLine};
use super::colleagues::Colleagues;
use super::conflicts::{self, OpenConflict};
use super::{Moves, Reader};
use crate::db::glasses::Glass;
use crate::db::memberships::Post;
use crate::db::{self, Conn, Error};
use crate::ingest::moves;
use crate::role::Role;
use crate::service::histories::CaseState;

/// A case that is open to the person, at least in part.
#[derive(Clone, Debug)]
pub struct OpenCase {
    /// The case as access depends on it.
    pub state: CaseState,
    /// What lists show of it; without the team's header for whoever has one record of their own in
    /// it and nothing else.
    pub line: CaseLine,
    /// Whether the team's record is open to the person.
    pub reads_team: bool,
    /// The records that are open to the person, in the order in which they began.
    pub records: Vec<Folded>,
    /// Those that were re-homed.
    pub moved: Vec<Folded>,
    /// To which records.
    pub moves: Moves,
    /// What waits to be settled in them.
    pub conflicts: Vec<OpenConflict>,
    /// Names.
    pub people: Colleagues,
    /// On what ground it is open.
    pub ground: Ground,
    /// What the person opened, if it is by that that they read it.
    pub glass: Option<Glass>,
}

/// Whom to speak to about a child.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// Whom to ring, as the directory says.
    pub ring: Option<UserId>,
    /// The duty officers.
    pub duty: Vec<Post>,
}

/// The case, opened; none if nothing of it is open to the person.
///
/// # Errors
/// The database's failure.
pub fn open(conn: &mut Conn, reader: &Reader, case: &CaseId) -> Result<Option<OpenCase>, Error> {
    let Some(state) = reader.case(conn, case)? else { return Ok(None) };
    let reader = &reader.through_glass(conn, &state)?;
    let (all, moves) = reader.with_moved(conn, &state)?;
    let Some(ground) = ground(conn, reader, &state, &all)? else { return Ok(None) };
    let (moved, records): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|it| moves.contains_key(&it.envelope.id()));
    let mut line = caseload::of_state(conn, reader, &state)?;
    let reads_team = reader.reads_team(&state);
    if !reads_team {
        // Whoever has one concern of theirs here learns nothing of the team's record from it.
        line.header = CaseHeader::default();
    }
    let conflicts = conflicts::of_records(reader, &state, &records);
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let glass = reader.opened().cloned();
    Ok(Some(OpenCase {
        state,
        line,
        reads_team,
        records,
        moved,
        moves,
        conflicts,
        people,
        ground,
        glass,
    }))
}

/// The ground on which the case is open: that of the team's records, else of the first that is.
///
/// # Errors
/// The database's failure.
pub(super) fn ground(
    conn: &mut Conn,
    reader: &Reader,
    state: &CaseState,
    records: &[Folded],
) -> Result<Option<Ground>, Error> {
    let Some(first) = records.first() else { return Ok(None) };
    let team = record_facts(&Envelope::of_case(state.context.case, Compartment::Team));
    let first = moves::facts(conn, &first.envelope)?;
    Ok(reader.ground(state, &team).or_else(|| reader.ground(state, &first)))
}

impl OpenCase {
    /// What happened, newest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn chronology(&self, conn: &mut Conn) -> Result<Vec<ArrivedLine>, Error> {
        chronology::of_records(conn, &self.records)
    }

    /// The team around the child, for whoever reads the team's record.
    pub fn team(&self) -> impl Iterator<Item = (UserId, MemberState)> {
        let context = &self.state.context;
        let members = context.members.iter().map(|(user, member)| (*user, member.state));
        let added = |user: &UserId| context.members.contains_key(user);
        let named = context.named_person.filter(|user| !added(user));
        let named = named.map(|user| (user, MemberState::Member));
        members.chain(named).filter(|_| self.reads_team)
    }

    /// Whom to ring.
    ///
    /// # Errors
    /// The database's failure.
    pub fn contacts(&self, conn: &mut Conn) -> Result<Contacts, Error> {
        let context = &self.state.context;
        let line = db::directory::line(conn, &context.case)?;
        let line = line.map(|bytes| minicbor::decode::<DirectoryLine>(&bytes)).transpose();
        let line = line.map_err(|_| Error::Corrupt("line"))?;
        let mut duty = db::memberships::of_cluster(conn, &context.cluster)?;
        duty.retain(|post| post.role == Role::Duty && !context.excluded.contains(&post.user));
        Ok(Contacts { ring: line.and_then(|line| line.ring), duty })
    }
}

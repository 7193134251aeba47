//! Reading online: what a person may see now, judged by the policy at each request, never by what
//! was granted earlier. Of what is not theirs nothing here tells that it is there.

pub mod brief;
pub mod bundle;
pub mod case;
pub mod caseload;
pub mod chronology;
pub mod colleagues;
pub mod conflicts;
pub mod directory;
pub mod due;
pub mod duplicates;
pub mod export;
pub mod extract;
pub mod figures;
pub mod handover;
pub mod notices;
pub mod quarantine;
pub mod returned;
pub mod summary;
pub mod unanswered;
pub mod worklist;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_core::framework::Catalogue;
use sync_core::gate::permission::record_facts;
use sync_core::ids::{CaseId, ClusterId, RecordId};
use sync_core::merge::{Addresses, Context};
use sync_core::policy::{
    Action, Door, Ground, Membership, Principal, RecordFacts, Role, decide, readable_scopes,
    sees_directory,
};
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::{Folded, fold};
use sync_core::record::history::History;
use sync_core::record::kind::Compartment;
use sync_core::time::Timestamp;

use self::brief::Briefs;
use crate::db::glasses::Glass;
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::ingest::moves::{self, is_referrer};
use crate::service::histories::{self, CaseState, World};

/// Re-homed records, each with the one that took its place.
pub type Moves = BTreeMap<RecordId, RecordId>;

/// Who reads, when, and by which local practice.
///
/// Only [`crate::AppState::show`] and [`crate::AppState::act`] make one, and what they give out has been
/// written down in the audit.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The person and their roles.
    pub principal: Principal,
    /// The frameworks.
    pub catalogue: Arc<Catalogue>,
    /// Now; for ages and for what ends by itself.
    pub now: Timestamp,
    /// What the person opened beyond what they are granted.
    opened: Option<Glass>,
    /// Cases in brief, as they were read before.
    briefs: Briefs,
}

impl Reader {
    /// Somebody who reads now, by what they are granted.
    #[must_use]
    pub fn new(principal: Principal, catalogue: Arc<Catalogue>, now: Timestamp) -> Self {
        Self { principal, catalogue, now, opened: None, briefs: Briefs::default() }
    }

    /// The same who shares what others read of cases.
    #[must_use]
    pub fn sharing(self, briefs: Briefs) -> Self {
        Self { briefs, ..self }
    }

    /// The same person in a case of which they may know, with what they opened of it.
    ///
    /// # Errors
    /// The database's failure.
    pub fn through_glass(&self, conn: &mut Conn, state: &CaseState) -> Result<Self, Error> {
        if self.reads_team(state) {
            return Ok(self.clone());
        }
        let user = &self.principal.user;
        let all = db::glasses::open(conn, user, &state.context.case, self.now)?;
        // A request shows more than a glass.
        let opened = all.iter().find(|it| it.door == Door::Request).or(all.first()).cloned();
        Ok(Self { opened, ..self.clone() })
    }

    /// What the person opened of a case, if it is by that that they read it.
    #[must_use]
    pub const fn opened(&self) -> Option<&Glass> {
        self.opened.as_ref()
    }

    /// The clusters in which the person has a role.
    #[must_use]
    pub fn clusters(&self) -> BTreeSet<ClusterId> {
        self.principal.memberships.iter().map(|it| it.cluster).collect()
    }

    /// Whether the person handles information governance in a cluster.
    #[must_use]
    pub fn governs(&self, cluster: &ClusterId) -> bool {
        let governs = |it: &Membership| it.cluster == *cluster && it.role == Role::Governance;
        self.principal.memberships.iter().any(governs)
    }

    /// What judging a cluster's cases needs.
    ///
    /// # Errors
    /// The database's failure.
    pub fn world(&self, conn: &mut Conn, cluster: &ClusterId) -> Result<World, Error> {
        World::of(conn, &self.catalogue, cluster)
    }

    /// A case of a cluster; none for one of which the person may not know.
    ///
    /// # Errors
    /// The database's failure.
    pub fn visible(
        &self,
        conn: &mut Conn,
        world: &World,
        case: &CaseId,
        cluster: &ClusterId,
    ) -> Result<Option<CaseState>, Error> {
        let state = histories::case_state(conn, case, cluster, world, self.now)?;
        Ok(state.filter(|state| sees_directory(&self.principal, &state.context)))
    }

    /// A case of any cluster in which the person has a role.
    ///
    /// # Errors
    /// The database's failure.
    pub fn case(&self, conn: &mut Conn, case: &CaseId) -> Result<Option<CaseState>, Error> {
        let Some(cluster) = db::records::cluster_of(conn, case)? else { return Ok(None) };
        if !self.clusters().contains(&cluster) {
            return Ok(None);
        }
        let world = self.world(conn, &cluster)?;
        self.visible(conn, &world, case, &cluster)
    }

    /// Whether a record of the case is open to the person: without asking, or by what they opened.
    #[must_use]
    pub fn may_read(&self, state: &CaseState, record: &RecordFacts) -> bool {
        self.ground(state, record).is_some()
    }

    /// The ground on which a record of the case is open to the person; none if it is not.
    #[must_use]
    pub fn ground(&self, state: &CaseState, record: &RecordFacts) -> Option<Ground> {
        let here = self.opened.iter().filter(|it| it.case == state.context.case);
        let doors = [Door::Standing].into_iter().chain(here.map(|it| it.door));
        let may = |door| {
            let read = Action::Read { door };
            decide(&self.principal, &state.context, Some(record), &read).ok()
        };
        doors.filter_map(may).map(|allowed| allowed.ground).next()
    }

    /// Whether the case belongs to the person's caseload: the team's record of it is open to them.
    #[must_use]
    pub fn reads_team(&self, state: &CaseState) -> bool {
        let team = Envelope::of_case(state.context.case, Compartment::Team);
        self.may_read(state, &record_facts(&team))
    }

    /// The records of a case that are open to the person, in the order in which they began, but for
    /// those that were re-homed.
    ///
    /// # Errors
    /// The database's failure.
    pub fn records(&self, conn: &mut Conn, state: &CaseState) -> Result<Vec<Folded>, Error> {
        let (mut records, moves) = self.with_moved(conn, state)?;
        records.retain(|it| !moves.contains_key(&it.envelope.id()));
        Ok(records)
    }

    /// The same with those that were re-homed, and to which records.
    ///
    /// # Errors
    /// The database's failure.
    pub fn with_moved(
        &self,
        conn: &mut Conn,
        state: &CaseState,
    ) -> Result<(Vec<Folded>, Moves), Error> {
        let (mut open, mut moves) = (Vec::new(), Moves::new());
        for row in db::records::of_case(conn, &state.context.case)? {
            if let Some(folded) = self.record(conn, state, &row)? {
                let target = db::moves::target(conn, &row.id)?;
                moves.extend(target.map(|target| (row.id, target)));
                open.push(folded);
            }
        }
        Ok((open, moves))
    }

    /// A record of the case, if it is open to the person.
    ///
    /// # Errors
    /// The database's failure.
    pub fn record(
        &self,
        conn: &mut Conn,
        state: &CaseState,
        row: &RecordRow,
    ) -> Result<Option<Folded>, Error> {
        let envelope = Envelope::decode(&row.envelope).map_err(|_| Error::Corrupt("envelope"))?;
        if !self.may_read(state, &moves::facts(conn, &envelope)?) {
            return Ok(None);
        }
        let history = histories::history(conn, row)?;
        if !self.keeps(conn, &history)? {
            return Ok(None);
        }
        Ok(Some(fold(&history, history.links().len())))
    }

    /// Whether a record was not re-homed out of the person's sight, by itself or with what it is attached to.
    fn keeps(&self, conn: &mut Conn, history: &History) -> Result<bool, Error> {
        let Some(old) = moves::moved_with(conn, history)? else { return Ok(true) };
        let Some(last) = db::moves::last(conn, &old.id())? else { return Ok(true) };
        let row = db::records::by_id(conn, &last)?.ok_or(Error::Missing)?;
        let new = Envelope::decode(&row.envelope).map_err(|_| Error::Corrupt("envelope"))?;
        let (old, new) = (moves::facts(conn, &old)?, moves::facts(conn, &new)?);
        let state = self.case(conn, &row.case)?;
        let open = state.is_some_and(|state| self.may_read(&state, &new));
        Ok(open || is_referrer(&self.principal, &old))
    }

    /// How the person's copy of the case merges: named people see confidential addresses.
    #[must_use]
    pub fn merging<'a>(&'a self, state: &'a CaseState) -> Context<'a> {
        let open = readable_scopes(&self.principal, &state.context);
        let addresses = match open.contains(&Compartment::Protection) {
            true => Addresses::All,
            false if state.warnings.address_withheld => Addresses::Withheld,
            false => Addresses::Open,
        };
        let framework = state.framework.as_deref();
        Context { framework, addresses, ..Context::new(&self.catalogue) }
    }
}

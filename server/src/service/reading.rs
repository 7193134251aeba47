//! Reading online: what a person may see now, judged by the policy at each request, never by what
//! was granted earlier. Of what is not theirs nothing here tells that it is there.

pub mod caseload;
pub mod chronology;
pub mod colleagues;
pub mod conflicts;
pub mod directory;
pub mod handover;
pub mod notices;
pub mod quarantine;
pub mod summary;

use std::collections::BTreeSet;
use std::sync::Arc;

use sync_core::framework::Catalogue;
use sync_core::gate::permission::record_facts;
use sync_core::ids::{CaseId, ClusterId};
use sync_core::merge::Context;
use sync_core::policy::{Action, Door, Principal, decide, readable_scopes, sees_directory};
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::{Folded, fold};
use sync_core::record::kind::Compartment;
use sync_core::time::Timestamp;

use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::ingest::judge::people;
use crate::service::histories::{self, CaseState, World};

/// Who reads, when, and by which local practice.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The person and their roles.
    pub principal: Principal,
    /// The frameworks.
    pub catalogue: Arc<Catalogue>,
    /// Now; for ages only.
    pub now: Timestamp,
}

impl Reader {
    /// The clusters in which the person has a role.
    #[must_use]
    pub fn clusters(&self) -> BTreeSet<ClusterId> {
        self.principal.memberships.iter().map(|it| it.cluster).collect()
    }

    /// What judging a cluster's cases needs.
    ///
    /// # Errors
    /// The database's failure.
    pub fn world(&self, conn: &mut Conn, cluster: &ClusterId) -> Result<World, Error> {
        Ok(World { people: people(conn, cluster)?, catalogue: self.catalogue.clone() })
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

    /// Whether a record of the case is open to the person without asking.
    #[must_use]
    pub fn may_read(&self, state: &CaseState, envelope: &Envelope) -> bool {
        let read = Action::Read { door: Door::Standing };
        decide(&self.principal, &state.context, Some(&record_facts(envelope)), &read).is_ok()
    }

    /// Whether the case belongs to the person's caseload: the team's record of it is open to them.
    #[must_use]
    pub fn reads_team(&self, state: &CaseState) -> bool {
        self.may_read(state, &Envelope::of_case(state.context.case, Compartment::Team))
    }

    /// The records of a case that are open to the person, in the order in which they began.
    ///
    /// # Errors
    /// The database's failure.
    pub fn records(&self, conn: &mut Conn, state: &CaseState) -> Result<Vec<Folded>, Error> {
        let mut open = Vec::new();
        for row in db::records::of_case(conn, &state.context.case)? {
            open.extend(self.record(conn, state, &row)?);
        }
        Ok(open)
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
        if !self.may_read(state, &envelope) {
            return Ok(None);
        }
        let history = histories::history(conn, row)?;
        Ok(Some(fold(&history, history.links().len())))
    }

    /// How the person's copy of the case merges: named people see confidential addresses.
    #[must_use]
    pub fn merging(&self, state: &CaseState) -> Context<'_> {
        let open = readable_scopes(&self.principal, &state.context);
        let sees_confidential = open.contains(&Compartment::Protection);
        Context { sees_confidential, ..Context::new(&self.catalogue) }
    }
}

//! Who saw what is written down, in order, for good; and nothing is shown without it.

#[path = "audit/coverage.rs"]
mod coverage;
#[path = "audit/glass.rs"]
mod glass;
#[path = "audit/offline.rs"]
mod offline;
#[path = "audit/search.rs"]
mod search;
#[path = "audit/tamper.rs"]
mod tamper;

use caseweave::db;
use caseweave::db::audit::{AuditRow, OF_SERVER};
use caseweave::role::Role;
use caseweave::service::audit::chain;
use sync_core::ids::{CaseId, ClusterId};

use crate::support::TestServer;
use crate::worker::Worker;

/// Links what waits, as the sequencer does each second.
pub(crate) fn link(server: &TestServer) -> usize {
    let (key, now) = (&server.state.secrets.audit_key, server.state.clock.now());
    chain::link_all(&mut server.conn(), key, now).unwrap()
}

/// The cluster of the test's area.
fn cluster(server: &TestServer) -> ClusterId {
    db::clusters::by_name(&mut server.conn(), "Preston Lodge").unwrap().unwrap().id
}

/// Every row, the cluster's first, in the order of the chains.
pub(crate) fn rows(server: &TestServer) -> Vec<AuditRow> {
    link(server);
    let conn = &mut server.conn();
    let chains = [cluster(server), OF_SERVER];
    let all = chains.map(|chain| db::audit::from_number(conn, &chain, 1, 10_000).unwrap());
    all.into_iter().flatten().map(|row| row.row).collect()
}

/// The rows that were written since there were `before` of them.
pub(crate) fn since(server: &TestServer, before: &[AuditRow]) -> Vec<AuditRow> {
    let known = |row: &AuditRow| before.iter().any(|it| it.id == row.id);
    rows(server).into_iter().filter(|row| !known(row)).collect()
}

/// A team with a case, a colleague in no team, a duty officer, information governance.
struct Area {
    lead: Worker,
    member: Worker,
    colleague: Worker,
    duty: Worker,
    governance: Worker,
    case: CaseId,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let mut colleague = Worker::new(server, "Coll", "police", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.visit(case, "Rowan built a tower of bricks.", crate::support::START);
        member.sync(server).await;
        lead.sync(server).await;
        colleague.sync(server).await;
        let duty = Worker::desk(server, "Duncan", Role::Duty).await;
        let governance = Worker::desk(server, "Gavin", Role::Governance).await;
        Self { lead, member, colleague, duty, governance, case }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/cases/{}{rest}", self.case)
    }
}

//! Figures for whoever may read them: exact ones of one's own cluster, agency or caseload.

use std::collections::BTreeMap;

use sync_core::framework::Catalogue;
use sync_core::ids::ClusterId;
use sync_core::policy::{ClusterAction, Role, Summaries, decide_in_cluster};
use sync_core::record::schema::Fact;

use super::Reader;
use super::caseload::{self, CaseLine};
use crate::db::{Conn, Error};

/// What figures are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Every case of the cluster that the lead may know of.
    Cluster,
    /// The cases on which the person's agency works.
    Agency,
    /// The cases whose team the person is in.
    Caseload,
}

impl Scope {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Agency => "agency",
            Self::Caseload => "caseload",
        }
    }
}

/// Open cases at one stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageCount {
    /// The framework; none where no stage of one framework is in force.
    pub framework: Option<String>,
    /// The stage's code in it; empty where none is in force.
    pub stage: String,
    /// What a screen shows.
    pub label: String,
    /// Open cases.
    pub cases: usize,
}

/// Figures of one cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    /// The cluster.
    pub cluster: ClusterId,
    /// What they are about.
    pub scope: Scope,
    /// Open cases.
    pub open_cases: usize,
    /// Those at each stage.
    pub stages: Vec<StageCount>,
    /// Those without a lead professional in force.
    pub unallocated: usize,
    /// Those about whose stage people disagree.
    pub stage_disputed: usize,
    /// Those with something that a person must settle.
    pub to_settle: usize,
    /// Open concerns in which harm is suspected, but for those in protection.
    pub harm_concerns: usize,
}

/// The label of cases at no stage.
pub const NO_STAGE: &str = "No stage recorded";
/// The label of cases at stages of unlike frameworks.
pub const SEVERAL_STAGES: &str = "Stages of several frameworks stand side by side";

/// The figures of each cluster in which the person may read any.
///
/// # Errors
/// The database's failure.
pub fn of_reader(conn: &mut Conn, reader: &Reader) -> Result<Vec<Figures>, Error> {
    let mut figures = Vec::new();
    for cluster in reader.clusters() {
        let Some(scope) = scope(reader, cluster) else { continue };
        let lines = caseload::all(conn, reader, &cluster)?;
        let open: Vec<_> = lines.iter().filter(|line| line.header.open).collect();
        let count = |is: &dyn Fn(&CaseLine) -> bool| open.iter().filter(|line| is(line)).count();
        figures.push(Figures {
            cluster,
            scope,
            open_cases: open.len(),
            stages: stages(&reader.catalogue, &open),
            unallocated: count(&|line| line.header.lead_professional.is_none()),
            stage_disputed: count(&|line| line.header.stage_disputed),
            to_settle: count(&|line| line.safety_conflicts > 0),
            harm_concerns: open.iter().map(|line| line.harm_concerns).sum(),
        });
    }
    Ok(figures)
}

fn scope(reader: &Reader, cluster: ClusterId) -> Option<Scope> {
    let who = &reader.principal;
    let may = |summaries| {
        decide_in_cluster(who, cluster, &ClusterAction::ReadSummaries(summaries)).is_ok()
    };
    // A chief or administrator reads no case, so figures of cases are none of theirs either.
    if !may(Summaries::OwnCaseload) {
        None
    } else if may(Summaries::Cluster) {
        Some(Scope::Cluster)
    } else if who.is(Role::AgencyLead, cluster) && may(Summaries::Agency(who.agency)) {
        Some(Scope::Agency)
    } else {
        Some(Scope::Caseload)
    }
}

fn stages(catalogue: &Catalogue, open: &[&CaseLine]) -> Vec<StageCount> {
    let mut counts: BTreeMap<(Option<String>, i64, String, String), usize> = BTreeMap::new();
    for line in open {
        let header = &line.header;
        let framework = header.framework.clone().filter(|_| header.stage.len() == 1);
        let (stage, label) = match header.stage.as_slice() {
            [] => (String::new(), NO_STAGE.to_owned()),
            [stage] => (stage.clone(), label(catalogue, framework.as_deref(), stage)),
            _ => (String::new(), SEVERAL_STAGES.to_owned()),
        };
        let known = framework.as_deref().and_then(|id| catalogue.stage(id, &stage));
        let rank = known.map_or(i64::MAX, |stage| stage.rank);
        *counts.entry((framework, rank, stage, label)).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((framework, _, stage, label), cases)| StageCount { framework, stage, label, cases })
        .collect()
}

/// A stage's name on a screen: the framework's, or the code where no framework knows it.
#[must_use]
pub fn label(catalogue: &Catalogue, framework: Option<&str>, stage: &str) -> String {
    let known = framework.and_then(|id| catalogue.label(id, Fact::Stage, stage));
    known.unwrap_or(stage).to_owned()
}

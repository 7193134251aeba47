//! A caseload as work: what needs a person, and why.

use sync_core::ids::{CaseId, ClusterId};
use sync_core::time::Date;
use sync_core::view::signals::Signal;

use super::Reader;
use super::caseload::{self, CaseLine};
use crate::db::{Conn, Error};

/// Early warnings of unlike sorts that together are worth a morning.
const TOGETHER: usize = 3;

/// Which cases of a caseload are wanted. What is not asked for filters nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Those of one cluster.
    pub cluster: Option<ClusterId>,
    /// Those at a stage: framework and code.
    pub stage: Option<(String, String)>,
    /// Those of one school.
    pub school: Option<String>,
    /// Those with something overdue.
    pub overdue: bool,
    /// Those without a lead professional in force.
    pub unallocated: bool,
    /// Those about which people disagree so that somebody must settle it.
    pub disputed: bool,
    /// Those in which harm is suspected.
    pub harm: bool,
    /// Those with an early warning.
    pub warned: bool,
    /// Closed ones too.
    pub closed: bool,
}

impl Filter {
    /// Whether a case is wanted, as things stand `today`.
    #[must_use]
    pub fn takes(&self, line: &CaseLine, today: Date) -> bool {
        let header = &line.header;
        let stage = |(framework, stage): &(String, String)| {
            header.framework.as_deref().unwrap_or_default() == framework
                && header.stage.contains(stage)
        };
        self.cluster.is_none_or(|cluster| cluster == line.cluster)
            && self.stage.as_ref().is_none_or(stage)
            && self.school.as_ref().is_none_or(|school| *school == header.school)
            && (!self.overdue || line.is_overdue(today))
            && (!self.unallocated || line.is_unallocated())
            && (!self.disputed || line.is_disputed())
            && (!self.harm || line.harm_since.is_some())
            && (!self.warned || line.warnings(today).next().is_some())
            && (self.closed || header.open)
    }
}

impl Filter {
    /// By what is filtered, for the audit: the kinds of filters, and no value of any.
    #[must_use]
    pub fn kinds(&self) -> String {
        let kinds = [
            ("cluster", self.cluster.is_some()),
            ("stage", self.stage.is_some()),
            ("school", self.school.is_some()),
            ("overdue", self.overdue),
            ("unallocated", self.unallocated),
            ("disputed", self.disputed),
            ("harm", self.harm),
            ("warned", self.warned),
            ("closed", self.closed),
        ];
        let asked = kinds.into_iter().filter(|(_, asked)| *asked).map(|(name, _)| name);
        asked.collect::<Vec<_>>().join(", ")
    }
}

impl CaseLine {
    /// Whether something in it was due before `today`.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.due.first().is_some_and(|due| due.on < today)
    }

    /// The early warnings that hold today, the most pressing first.
    pub fn warnings(&self, today: Date) -> impl Iterator<Item = &Signal> {
        self.signals.iter().filter(move |signal| signal.holds_on(today))
    }

    /// Whether it belongs on the list for this morning.
    #[must_use]
    pub fn is_for_this_morning(&self, today: Date) -> bool {
        are_for_this_morning(self.warnings(today))
    }

    /// Whether work goes on that nobody co-ordinates.
    #[must_use]
    pub fn is_unallocated(&self) -> bool {
        self.header.open && self.header.lead_professional.is_none()
    }

    /// Whether something waits to be settled.
    #[must_use]
    pub const fn is_disputed(&self) -> bool {
        self.safety_conflicts > 0 || self.header.stage_disputed
    }
}

/// Whether the warnings of a case, in order, are worth a morning: something presses, or several things come
/// together.
pub fn are_for_this_morning<'a>(warnings: impl Iterator<Item = &'a Signal>) -> bool {
    let mut signs: Vec<_> = warnings.map(|signal| signal.sign).collect();
    signs.dedup();
    signs.iter().any(|sign| sign.presses()) || signs.len() >= TOGETHER
}

/// Every case of the person's caseload, by cluster and name; none for whoever works with no cases.
///
/// # Errors
/// The database's failure.
pub fn of_reader(conn: &mut Conn, reader: &Reader) -> Result<Option<Vec<CaseLine>>, Error> {
    let clusters = caseload::working(reader);
    if clusters.is_empty() {
        return Ok(None);
    }
    let mut lines = Vec::new();
    for cluster in clusters {
        lines.extend(caseload::all(conn, reader, &cluster)?);
    }
    Ok(Some(lines))
}

/// The name of a case in a caseload, for lists that know it by its id.
#[must_use]
pub fn name_of(lines: &[CaseLine], case: &CaseId) -> String {
    let line = lines.iter().find(|line| line.case == *case);
    line.map(|line| line.header.name.clone()).unwrap_or_default()
}

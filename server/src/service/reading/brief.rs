//! What lists need of a case, kept in memory as long as nothing in it changed: a lead's page reads three
//! hundred cases, and folding each for each look would cost a second.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::{CaseId, ClusterId, ScopeId};
use sync_core::time::{Date, Timestamp};
use sync_core::view::DueDate;

use super::due;
use crate::db::signals::Kept;
use crate::db::views::RecordViewRow;
use crate::db::{self, Conn, Error};
use crate::limits::BRIEFS_KEPT;
use crate::service::histories::{CaseState, World, case_state};

/// What lists need of a case, for any reader.
#[derive(Clone, Debug)]
pub struct Brief {
    /// Who may what.
    pub state: CaseState,
    /// Its records.
    pub records: Vec<InBrief>,
    /// Its early warnings.
    pub signals: Vec<Kept>,
}

/// What lists need of a record.
#[derive(Clone, Debug)]
pub struct InBrief {
    /// What access to it is granted through.
    pub scope: ScopeId,
    /// Disagreements that a person must settle.
    pub safety_conflicts: i32,
    /// Others.
    pub routine_conflicts: i32,
    /// Since when it raises the harm flag.
    pub harm_since: Option<i64>,
    /// What falls due in it, and whether that holds only until the next of its kind.
    pub due: due::OfRecord,
}

impl Brief {
    /// Reads a case in brief.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of(conn: &mut Conn, state: CaseState) -> Result<Self, Error> {
        let case = state.context.case;
        let views = db::views::records_of_case(conn, &case)?;
        let records = views.iter().map(InBrief::of).collect::<Result<_, _>>()?;
        Ok(Self { state, records, signals: db::signals::of_case(conn, &case)? })
    }

    /// What falls due in the records of some compartments, earliest first.
    #[must_use]
    pub fn due(&self, open: impl Fn(&ScopeId) -> bool) -> Vec<DueDate> {
        let open = self.records.iter().filter(|record| open(&record.scope));
        due::together(open.map(|record| &record.due))
    }
}

impl InBrief {
    fn of(view: &RecordViewRow) -> Result<Self, Error> {
        Ok(Self {
            scope: view.scope,
            safety_conflicts: view.safety_conflicts,
            routine_conflicts: view.routine_conflicts,
            harm_since: view.harm_since,
            due: due::of_record(view)?,
        })
    }
}

/// At what a case was read. Another stamp means another case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    /// Grows with each commit that touches the case.
    touched: i64,
    /// Ages decide who may consent.
    day: Option<Date>,
    /// Who works for whom, and local practice.
    world: u64,
}

/// Cases in brief, shared by all who read.
#[derive(Clone, Debug, Default)]
pub struct Briefs(Arc<Mutex<Stamped>>);

type Stamped = HashMap<CaseId, (Stamp, Arc<Brief>)>;

impl Briefs {
    /// A case in brief; none of one that nobody has begun.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of(
        &self,
        conn: &mut Conn,
        (world, hash): (&World, u64),
        (case, cluster): (&CaseId, &ClusterId),
        now: Timestamp,
    ) -> Result<Option<Arc<Brief>>, Error> {
        let touched = db::views::stamp(conn, case)?;
        let stamp = Stamp { touched, day: now.date(), world: hash };
        if let Some(known) = self.known(case, stamp) {
            return Ok(Some(known));
        }
        let Some(state) = case_state(conn, case, cluster, world, now)? else { return Ok(None) };
        let brief = Arc::new(Brief::of(conn, state)?);
        self.keep(*case, stamp, Arc::clone(&brief));
        Ok(Some(brief))
    }

    fn known(&self, case: &CaseId, stamp: Stamp) -> Option<Arc<Brief>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(case).filter(|(at, _)| *at == stamp).map(|(_, brief)| Arc::clone(brief))
    }

    fn keep(&self, case: CaseId, stamp: Stamp, brief: Arc<Brief>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What is full is emptied: who reads on fills it with what is read now.
        if kept.len() >= BRIEFS_KEPT {
            kept.clear();
        }
        kept.insert(case, (stamp, brief));
    }
}

/// What a world is, as a number.
#[must_use]
pub fn hash_of(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.people.hash(&mut hasher);
    world.framework.hash(&mut hasher);
    hasher.finish()
}

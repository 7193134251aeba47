//! One child's history, taken up a few weeks at a time: what must come in order, and what may come
//! once there is a team.

use std::collections::{BTreeMap, VecDeque};

use sync_core::ids::{CaseId, EntryId};
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;

use super::folder::Folder;
use super::writing::Desk;
use super::{LoadError, Told};
use crate::demo::event::{Event, What};

/// A child's case as it grows.
pub(super) struct Story {
    pub(super) pupil: u32,
    pub(super) case: Option<CaseId>,
    events: VecDeque<Event>,
    /// Of these weeks: what must come in this order.
    ordered: VecDeque<Event>,
    /// Of these weeks: records of their own, which wait for the team only.
    free: Vec<Event>,
    /// The case's own record.
    pub(super) own: Option<Folder>,
    pub(super) plan: Option<Folder>,
    /// The last request for help.
    pub(super) request: Option<Folder>,
    /// Concerns that nobody has decided about, oldest first.
    pub(super) open_concerns: Vec<Folder>,
    /// The plan's rows.
    pub(super) rows: Vec<EntryId>,
    /// The grown-ups of the family, as the case names them.
    pub(super) guardians: Vec<EntryId>,
    /// What stands of each fact and subject.
    pub(super) standing: BTreeMap<(Fact, String), EntryId>,
}

impl Story {
    pub(super) fn new(told: &Told) -> Self {
        Self {
            pupil: told.pupil,
            case: None,
            events: told.events.iter().cloned().collect(),
            ordered: VecDeque::new(),
            free: Vec::new(),
            own: None,
            plan: None,
            request: None,
            open_concerns: Vec::new(),
            rows: Vec::new(),
            guardians: Vec::new(),
            standing: BTreeMap::new(),
        }
    }

    /// When the next thing happens.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.events.front().map(|event| event.at)
    }

    /// Takes up what happens before `until`; says how much.
    pub(super) fn take_up(&mut self, until: Timestamp) -> u64 {
        let mut count = 0;
        while self.next().is_some_and(|at| at < until) {
            let Some(event) = self.events.pop_front() else { break };
            count += 1;
            if Self::is_free(&event.what) {
                self.free.push(event)
            } else {
                self.ordered.push_back(event)
            }
        }
        count
    }

    const fn is_free(what: &What) -> bool {
        matches!(
            what,
            What::Assessment { .. }
                | What::Visit(_)
                | What::Meeting { .. }
                | What::Views { .. }
                | What::SignificantEvent { .. }
        )
    }

    /// Writes what one author does next of that which has an order.
    pub(super) fn write_run(&mut self, desk: &mut Desk<'_>) -> Result<(), LoadError> {
        let Some(author) = self.ordered.front().map(|event| event.author) else { return Ok(()) };
        while let Some(event) = self.ordered.pop_front_if(|event| event.author == author) {
            self.write(desk, &event)?;
        }
        Ok(())
    }

    /// Writes what has no order.
    pub(super) fn write_free(&mut self, desk: &mut Desk<'_>) -> Result<(), LoadError> {
        std::mem::take(&mut self.free).iter().try_for_each(|event| self.write(desk, event))
    }
}

//! Names that an app still holds of what is called otherwise now. What is called so today comes first:
//! an old name may have been given twice.

use crate::device::{Device, DeviceError};
use crate::engine::client::cluster_of;
use crate::engine::mapping::{self, Names};
use crate::engine::renames::Renames;
use crate::ids::{CaseId, EntryId, RecordId};
use crate::record::change::{Edit, ElementId};
use crate::record::envelope::Envelope;
use crate::record::history::{ChangeName, History};
use crate::store::{Store, StoreError};

impl<S: Store> Device<S> {
    /// A case by the name that it has now.
    pub(super) fn case_now(&self, case: CaseId) -> Result<CaseId, DeviceError> {
        let known = cluster_of(&self.store, &case)?.is_some();
        Ok(if known { case } else { self.renames.case(&case) })
    }

    /// A record by the name that it has now.
    pub(super) fn record_now(&self, record: &RecordId) -> Result<RecordId, DeviceError> {
        let now = self.renames.record(record);
        Ok(if now == *record || self.is_here(record)? { *record } else { now })
    }

    /// Whether anything of a record is here. All of one that came back is among the returned work.
    pub(super) fn is_here(&self, record: &RecordId) -> Result<bool, StoreError> {
        Ok(!self.store.changes(record)?.is_empty())
    }

    /// An envelope by the name that its record has now. It says more than a name: where another
    /// record has the name, this one is found all the same.
    pub(super) fn envelope_now(&self, envelope: &Envelope) -> Result<Envelope, DeviceError> {
        let (id, now) = (envelope.id(), self.renames.record(&envelope.id()));
        if now != id && self.is_no_more(envelope)? {
            return self.envelope(&now);
        }
        match envelope.made() {
            // Nobody made a case's own record: it goes by its case.
            None => Ok(Envelope { case: self.case_now(envelope.case)?, ..envelope.clone() }),
            Some(_) => Ok(envelope.clone()),
        }
    }

    /// Whether nothing of a record is here, or another one has its name.
    fn is_no_more(&self, envelope: &Envelope) -> Result<bool, DeviceError> {
        let known = self.store.record(&envelope.id())?.map(|row| row.envelope);
        let other = known.is_some_and(|known| known != envelope.encode());
        Ok(other || (envelope.made().is_some() && !self.is_here(&envelope.id())?))
    }

    /// An entry of a record by the name that it has now.
    pub(super) fn entry_now(&self, history: &History, entry: &EntryId) -> EntryId {
        match history.entry(entry) {
            Some(_) => *entry,
            None => self.renames.entry(&history.envelope().id(), entry),
        }
    }

    /// A change of a record by the name that it has now.
    pub(super) fn change_now(&self, history: &History, name: &ChangeName) -> ChangeName {
        match history.index(name) {
            Some(_) => *name,
            None => self.renames.change(&history.envelope().id(), name),
        }
    }

    /// What is to be written, by the names that things have now.
    pub(super) fn edits_now(&self, history: &History, edits: Vec<Edit>) -> Vec<Edit> {
        if self.renames.is_empty() {
            return edits;
        }
        let record = history.envelope().id();
        let now = Now { device: self, history };
        let mapped = edits.iter().map(|edit| mapping::map_edit(edit, &record, &now));
        let mapped: Option<Vec<Edit>> = mapped.collect();
        mapped.unwrap_or(edits)
    }
}

/// What was written in a record, as it reads in the one that took its place.
pub(super) fn edits_moved(renames: &Renames, from: &RecordId, edits: Vec<Edit>) -> Vec<Edit> {
    let moved = Moved(renames);
    edits.into_iter().map(|edit| mapping::map_edit(&edit, from, &moved).unwrap_or(edit)).collect()
}

/// The names of a record's own entries; what else is named has a name that is looked up where it is written.
struct Moved<'a>(&'a Renames);

impl Names for Moved<'_> {
    fn entry(&self, record: &RecordId, id: &EntryId) -> Option<EntryId> {
        Some(self.0.entry(record, id))
    }

    fn record(&self, id: &RecordId) -> RecordId {
        *id
    }

    fn case(&self, id: &CaseId) -> CaseId {
        *id
    }

    fn element(&self, id: &ElementId) -> Option<ElementId> {
        Some(*id)
    }
}

struct Now<'a, S: Store> {
    device: &'a Device<S>,
    history: &'a History,
}

impl<S: Store> Names for Now<'_, S> {
    fn entry(&self, record: &RecordId, id: &EntryId) -> Option<EntryId> {
        let own = *record == self.history.envelope().id();
        Some(match own && self.history.entry(id).is_some() {
            true => *id,
            false => self.device.renames.entry(record, id),
        })
    }

    fn record(&self, id: &RecordId) -> RecordId {
        self.device.record_now(id).unwrap_or(*id)
    }

    fn case(&self, id: &CaseId) -> CaseId {
        self.device.case_now(*id).unwrap_or(*id)
    }

    fn element(&self, id: &ElementId) -> Option<ElementId> {
        Some(*id)
    }
}

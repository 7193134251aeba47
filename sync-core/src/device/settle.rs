//! Settling what people disagree about, with a reason, and taking that back.

use crate::device::{Device, DeviceError, Saved};
use crate::ids::{EntryId, RecordId};
use crate::merge::{Conflict, Draft, conflicts, settlement, undo};
use crate::record::fold::fold;
use crate::record::schema::Fact;
use crate::record::value::Value;
use crate::store::Store;
use crate::time::Timestamp;

impl<S: Store> Device<S> {
    /// What people disagree about in a record.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn conflicts(&self, record: &RecordId) -> Result<Vec<Conflict>, DeviceError> {
        let envelope = self.envelope(record)?;
        let loaded = self.history(&envelope)?;
        let folded = fold(&loaded.history, loaded.placed);
        Ok(conflicts(&folded.entries, &self.merging(&envelope.case)))
    }

    /// Settles a disagreement: the value replaces all rivals that this phone has, and no other. Of more than
    /// one settlement can replace the oldest go first, and the next one settles the rest.
    ///
    /// # Errors
    /// [`DeviceError::NoConflict`], [`DeviceError::ReasonMissing`]; nothing was saved.
    pub fn settle(
        &mut self,
        record: &RecordId,
        fact: Fact,
        subject: &str,
        value: Value,
        reason: &str,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        if reason.trim().is_empty() {
            return Err(DeviceError::ReasonMissing);
        }
        let envelope = self.envelope(record)?;
        let loaded = self.history(&envelope)?;
        let folded = fold(&loaded.history, loaded.placed);
        let open = conflicts(&folded.entries, &self.merging(&envelope.case));
        let conflict = open.iter().find(|it| it.fact == fact && it.subject == subject);
        let conflict = conflict.ok_or(DeviceError::NoConflict)?;
        let mut draft = settlement(conflict, &folded.entries, value, reason);
        draft.replaces = loaded.history.within_reach(draft.replaces);
        self.add(&envelope, vec![draft.entry()], now)
    }

    /// Takes a settlement back: its rivals are rivals again.
    ///
    /// # Errors
    /// [`DeviceError::CannotUndo`] where somebody decided since.
    pub fn undo(
        &mut self,
        record: &RecordId,
        settlement: EntryId,
        reason: &str,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let envelope = self.envelope(record)?;
        let loaded = self.history(&envelope)?;
        let folded = fold(&loaded.history, loaded.placed);
        let settlement = self.entry_now(&loaded.history, &settlement);
        let drafts = undo(settlement, &folded.entries, reason, &self.merging(&envelope.case))?;
        self.add(&envelope, drafts.into_iter().map(Draft::entry).collect(), now)
    }
}

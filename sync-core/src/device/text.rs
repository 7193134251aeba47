//! Co-written texts: the screen hands over the whole new text and the version that it was based on;
//! which characters that changes is found here.

use crate::device::{Device, DeviceError, Saved};
use crate::engine::authors::RecordError;
use crate::ids::{EntryId, RecordId};
use crate::limits::OPERATIONS_PER_CHANGE;
use crate::record::change::{Edit, NewEntry, Run};
use crate::record::fold::text_seen;
use crate::record::history::ChangeName;
use crate::record::schema::TEXTS;
use crate::store::Store;
use crate::time::Timestamp;

/// Room for an entry's own operations beside its text.
const ENTRY_OPERATIONS: usize = 16;

impl<S: Store> Device<S> {
    /// Begins a joint draft for an element of an assessment's form.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn begin_text(
        &mut self,
        record: &RecordId,
        element: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let envelope = self.envelope(record)?;
        let fits: String = text.chars().take(OPERATIONS_PER_CHANGE - ENTRY_OPERATIONS).collect();
        let entry = NewEntry {
            collection: TEXTS,
            fields: vec![(1, element.into())],
            text: Some(fits.clone()),
            ..NewEntry::default()
        };
        let saved = self.add(&envelope, vec![entry], now)?;
        if fits.len() < text.len() {
            self.edit_text(record, &saved.entries[0], text, &self.version(record)?, now)?;
        }
        Ok(saved)
    }

    /// The version of a record as the phone has it: hand it back with an edit based on it.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn version(&self, record: &RecordId) -> Result<Vec<ChangeName>, DeviceError> {
        let history = self.history(&self.envelope(record)?)?.history;
        Ok(history.dep_names(&history.heads()))
    }

    /// Turns the text that the user saw at `version` into `new`. What others wrote since stays.
    /// A long edit becomes several changes.
    ///
    /// # Errors
    /// [`DeviceError`]; a long edit that fails half-way is kept as far as it came.
    pub fn edit_text(
        &mut self,
        record: &RecordId,
        entry: &EntryId,
        new: &str,
        version: &[ChangeName],
        now: Timestamp,
    ) -> Result<(), DeviceError> {
        let envelope = self.envelope(record)?;
        let mut own: Vec<ChangeName> = Vec::new();
        loop {
            let loaded = self.history(&envelope)?;
            let writer = self.writer(&loaded);
            let history = loaded.history;
            let places = |names: &[ChangeName]| {
                let now = |name: &ChangeName| self.change_now(&history, name);
                let places: Option<Vec<usize>> =
                    names.iter().map(|name| history.index(&now(name))).collect();
                places.ok_or(RecordError::Damaged("a version"))
            };
            // Of what this edit has written so far the user knows; of what lies before that, not.
            let mut seen = history.past(&places(version)?);
            places(&own)?.into_iter().for_each(|place| seen[place] = true);
            let entry = &self.entry_now(&history, entry);
            let text = text_seen(&history, entry, &seen).ok_or(RecordError::Unknown)?;
            // The change says that it builds on all that is here, so it may delete only what still is.
            let everything = vec![true; history.links().len()];
            let here = text_seen(&history, entry, &everything).ok_or(RecordError::Unknown)?;
            let runs = within_limit(here.without_deleted(text.edit_to(new)));
            if runs.is_empty() {
                return Ok(());
            }
            let seq = history.next_seq(&writer);
            let splice = Edit::Splice { entry: *entry, runs };
            self.change(&envelope, vec![splice], Vec::new(), now)?;
            own.push((writer, seq));
        }
    }
}

/// As many of the runs as one change holds; the rest is found again in the next.
fn within_limit(runs: Vec<Run>) -> Vec<Run> {
    let mut left = OPERATIONS_PER_CHANGE as u64;
    let mut within = Vec::new();
    for run in runs {
        if left == 0 {
            break;
        }
        let run = match run {
            Run::Insert { after, text } => {
                Run::Insert { after, text: text.chars().take(left as usize).collect() }
            }
            Run::Delete { from, count } => Run::Delete { from, count: count.min(left) },
        };
        left -= run.operations();
        within.push(run);
    }
    within
}

#[cfg(test)]
mod tests;

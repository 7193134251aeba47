//! Work that came back: readable, to be written again, and thrown away by nobody but its author, who
//! can get it back for a while.

use serde::Serialize;

use crate::device::lease::last_contact;
use crate::device::named::edits_moved;
use crate::device::{Device, DeviceError, Saved};
use crate::engine::authors::RecordError;
use crate::engine::renames::Renames;
use crate::gate::refusal::{Refusal, is_others, sentence};
use crate::ids::{CaseId, RecordId};
use crate::limits::DISCARDED_MS;
use crate::record::change::Change;
use crate::record::envelope::{Envelope, Made, Origin};
use crate::record::kind::Kind;
use crate::store::{ChangeRow, RecordRow, ReturnedRow, Store, Write};
use crate::time::Timestamp;

/// Returned work, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Standing {
    /// The returned work's name.
    pub id: u64,
    /// The record that it was meant for.
    pub record: RecordId,
    /// Its case.
    pub case: CaseId,
    /// What it was about.
    pub kind: Option<Kind>,
    /// The stable code of the reason.
    pub reason: String,
    /// The reason in words.
    pub why: String,
    /// What was written, whole.
    pub words: Vec<String>,
}

/// Returned work that its author has thrown away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Discarded {
    /// The work.
    #[serde(flatten)]
    pub work: Standing,
    /// When it was thrown away.
    pub at: Timestamp,
}

/// What goes with a change that is written again, in the same commit.
struct Again {
    writes: Vec<Write>,
    /// The names that work has had, with those that it gets.
    renames: Renames,
}

/// Before the moment and the reason of work that was thrown away.
const DISCARDED: &str = "discarded ";

impl<S: Store> Device<S> {
    /// Work that the server did not take, with the reason in words. It stays until the user has dealt
    /// with it.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn returned(&self) -> Result<Vec<Standing>, DeviceError> {
        let rows = self.store.returned()?.into_iter();
        let kept = rows.filter(|row| discarded(&row.reason).is_none());
        Ok(kept.map(|row| self.standing(row)).collect())
    }

    /// Returned work that its author has thrown away and can still get back.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn discarded(&self) -> Result<Vec<Discarded>, DeviceError> {
        let rows = self.store.returned()?.into_iter();
        Ok(rows.filter_map(|row| self.thrown_away(row)).collect())
    }

    /// The user throws returned work away. For thirty days it can be got back; what was thrown away
    /// before that goes for good.
    ///
    /// # Errors
    /// [`DeviceError::NotReturned`]
    pub fn discard(&mut self, id: u64, now: Timestamp) -> Result<(), DeviceError> {
        let row = self.returned_row(id)?;
        let contact = last_contact(&self.store)?;
        let mut writes = Vec::new();
        for old in self.discarded()? {
            // A clock that jumps throws nothing away early: the days must have passed by the contacts, too.
            let over = |by: Timestamp| by.since_ms(old.at) > DISCARDED_MS;
            if over(now) && contact.is_some_and(over) {
                writes.push(Write::ForgetReturned(old.work.id));
                writes.extend(self.bytes_go(&old.work)?);
            }
        }
        // Nor does one that was behind: nothing was thrown away before the last contact.
        let at = contact.map_or(now, |contact| contact.max(now));
        let reason = format!("{DISCARDED}{} {}", at.0, row.reason);
        writes.push(Write::Rejudge { id, reason });
        Ok(self.store.commit(&writes)?)
    }

    /// Takes throwing away back.
    ///
    /// # Errors
    /// [`DeviceError::NotReturned`] for what is not among the discarded work.
    pub fn keep(&mut self, id: u64) -> Result<(), DeviceError> {
        let row = self.store.returned()?.into_iter().find(|row| row.id == id);
        let row = row.ok_or(DeviceError::NotReturned)?;
        let (_, reason) = discarded(&row.reason).ok_or(DeviceError::NotReturned)?;
        let reason = reason.to_owned();
        Ok(self.store.commit(&[Write::Rejudge { id, reason }])?)
    }

    /// Writes returned work again as it was, in its record as this phone has it now, or in a new
    /// record where its own was not taken: there what else came back of it follows. It leaves the returned
    /// work in the same moment.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] where it is not allowed now either, or where what began its record is to be
    /// written again first; [`DeviceError::CopyTheWords`] where what it speaks of is not here. It stays as
    /// it is then.
    pub fn write_again(&mut self, id: u64, now: Timestamp) -> Result<Saved, DeviceError> {
        let row = self.returned_row(id)?;
        let change = self.decoded(&row.record, &row.change).ok_or(DeviceError::CopyTheWords)?;
        let (writes, renames) = (vec![Write::ForgetReturned(id)], self.renames.clone());
        let mut again = Again { writes, renames };
        let envelope = self.place_of(&row, &mut again, now).map_err(not_here)?;
        let edits = match envelope.id() == row.record.id {
            true => change.edits,
            false => edits_moved(&again.renames, &row.record.id, change.edits),
        };
        self.follows(&row, &envelope, &mut again)?;
        let saved = self.change(&envelope, edits, again.writes, now).map_err(not_here)?;
        self.renames = again.renames;
        Ok(saved)
    }

    /// What was called as the returned change is called as the next one of its record: what speaks of it
    /// follows.
    fn follows(
        &self,
        row: &ReturnedRow,
        envelope: &Envelope,
        again: &mut Again,
    ) -> Result<(), DeviceError> {
        let loaded = self.history(envelope)?;
        let actor = self.writer(&loaded);
        let new = (actor, loaded.history.next_seq(&actor));
        let (record, old) = (row.record.id, (row.change.actor, row.change.seq));
        // One author may give a number of a record again: another change could be meant by a name beside it.
        if (record, old.0) != (envelope.id(), actor) {
            let rename = again.renames.rename_change((&record, &old), (&envelope.id(), &new));
            again.writes.push(rename);
        }
        Ok(())
    }

    /// The record to write in: where nothing of it is here, it is made anew.
    fn place_of(
        &self,
        row: &ReturnedRow,
        again: &mut Again,
        now: Timestamp,
    ) -> Result<Envelope, DeviceError> {
        let old = Envelope::decode(&row.record.envelope).map_err(|_| DeviceError::CopyTheWords)?;
        let known = self.envelope_now(&old)?;
        let Some(made) = known.made() else { return Ok(known) };
        if self.is_here(&known.id())? {
            return Ok(known);
        }
        if self.is_begun_by_another(row, &known.id(), made)? {
            return Err(Refusal::new("out_of_order").into());
        }
        let (n, given) = self.next_record()?;
        let (creator, device) = (self.identity.actor, self.identity.device);
        let origin = Origin::Made(Made { creator, n, device, at: now, ..made.clone() });
        let anew = Envelope { case: self.case_now(known.case)?, origin, ..known.clone() };
        // What else came back of the record follows it there, and what it has attached is found there: its
        // own row, which is empty, must not be.
        let rename = again.renames.rename_record(&known.id(), &anew.id());
        let bytes = Write::Reattach { from: known.id(), to: anew.id() };
        again.writes.extend([rename, given, bytes, Write::DropRecord(known.id())]);
        Ok(anew)
    }

    /// Whether what began a record is other work that came back and was not thrown away: it says what was
    /// fixed when the record was made, and nothing that comes after another can say that.
    fn is_begun_by_another(
        &self,
        row: &ReturnedRow,
        record: &RecordId,
        made: &Made,
    ) -> Result<bool, DeviceError> {
        let begins = |it: &ReturnedRow| {
            let is_kept = discarded(&it.reason).is_none() && !is_others(&it.reason);
            let first = (it.change.actor, it.change.seq) == (made.creator, 1);
            is_kept && first && it.record.id == *record && it.id != row.id
        };
        Ok(self.store.returned()?.iter().any(begins))
    }

    /// The bytes of an attachment that was never taken go with it.
    fn bytes_go(&self, work: &Standing) -> Result<Option<Write>, DeviceError> {
        let attached = work.kind == Some(Kind::Attachment);
        let gone = attached && self.store.changes(&work.record)?.is_empty();
        Ok(gone.then_some(Write::Detach(work.record)))
    }

    fn returned_row(&self, id: u64) -> Result<ReturnedRow, DeviceError> {
        let mut rows = self.store.returned()?.into_iter();
        let row = rows.find(|row| row.id == id && discarded(&row.reason).is_none());
        row.ok_or(DeviceError::NotReturned)
    }

    fn thrown_away(&self, row: ReturnedRow) -> Option<Discarded> {
        let (at, reason) = discarded(&row.reason)?;
        let reason = reason.to_owned();
        Some(Discarded { at, work: self.standing(ReturnedRow { reason, ..row }) })
    }

    fn standing(&self, row: ReturnedRow) -> Standing {
        Standing {
            id: row.id,
            record: row.record.id,
            case: row.record.case,
            kind: Kind::from_code(row.record.kind),
            why: sentence(&row.reason),
            words: self.words(&row.record, &row.change),
            reason: row.reason,
        }
    }

    fn decoded(&self, record: &RecordRow, change: &ChangeRow) -> Option<Change> {
        let user = self.identity.principal.user;
        let envelope = Envelope::decode(&record.envelope).ok()?;
        Change::decode_body(envelope.kind(), change.actor, user, &change.body).ok()
    }

    fn words(&self, record: &RecordRow, change: &ChangeRow) -> Vec<String> {
        self.decoded(record, change).map(|change| change.words()).unwrap_or_default()
    }
}

/// Where what work speaks of is not here, its words can be copied.
fn not_here(error: DeviceError) -> DeviceError {
    match error {
        DeviceError::Refused(refusal) if refusal.code() == "unknown_reference" => {
            DeviceError::CopyTheWords
        }
        DeviceError::Record(RecordError::Unknown) => DeviceError::CopyTheWords,
        error => error,
    }
}

/// When work was thrown away, and the reason for which it had come back.
fn discarded(reason: &str) -> Option<(Timestamp, &str)> {
    let (at, reason) = reason.strip_prefix(DISCARDED)?.split_once(' ')?;
    Some((Timestamp(at.parse().ok()?), reason))
}

#[cfg(test)]
mod tests;

//! Work that came back: readable, to be written again, and thrown away by nobody but its author, who
//! can get it back for a while.

use serde::Serialize;

use crate::device::{Device, DeviceError, Saved};
use crate::gate::refusal::sentence;
use crate::ids::{CaseId, RecordId};
use crate::limits::DISCARDED_MS;
use crate::record::change::{Change, Edit, Run};
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
        let mut writes = Vec::new();
        for old in self.discarded()? {
            // A clock that was set back throws nothing away early.
            if now.since_ms(old.at) > DISCARDED_MS {
                writes.push(Write::ForgetReturned(old.work.id));
                writes.extend(self.bytes_go(&old.work)?);
            }
        }
        let reason = format!("{DISCARDED}{} {}", now.0, row.reason);
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
    /// record where its own was not taken. It leaves the returned work in the same moment.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] where it is not allowed now either; [`DeviceError::CopyTheWords`] where
    /// what it speaks of is not here. It stays as it is then.
    pub fn write_again(&mut self, id: u64, now: Timestamp) -> Result<Saved, DeviceError> {
        let row = self.returned_row(id)?;
        let change = self.decoded(&row.record, &row.change).ok_or(DeviceError::CopyTheWords)?;
        let mut with = vec![Write::ForgetReturned(id)];
        let old = Envelope::decode(&row.record.envelope).map_err(|_| DeviceError::CopyTheWords)?;
        let envelope = self.place_of(&old, &mut with, now)?;
        let unknown = |error| match error {
            DeviceError::Refused(refusal) if refusal.code() == "unknown_reference" => {
                DeviceError::CopyTheWords
            }
            error => error,
        };
        self.change(&envelope, change.edits, with, now).map_err(unknown)
    }

    /// The record to write in: where nothing of it is here, it is made anew.
    fn place_of(
        &self,
        old: &Envelope,
        with: &mut Vec<Write>,
        now: Timestamp,
    ) -> Result<Envelope, DeviceError> {
        let known = self.envelope_now(old)?;
        let Some(made) = known.made() else { return Ok(known) };
        if !self.store.changes(&known.id())?.is_empty() {
            return Ok(known);
        }
        let (n, given) = self.next_record()?;
        let (creator, device) = (self.identity.actor, self.identity.device);
        let origin = Origin::Made(Made { creator, n, device, at: now, ..made.clone() });
        let anew = Envelope { case: self.case_now(known.case)?, origin, ..known.clone() };
        // What else came back of the record follows it there.
        with.push(self.renames.clone().rename_record(&known.id(), &anew.id()));
        with.push(given);
        with.push(Write::Reattach { from: known.id(), to: anew.id() });
        Ok(anew)
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
        let edits = self.decoded(record, change).map(|change| change.edits).unwrap_or_default();
        let mut words = Vec::new();
        for edit in edits {
            match edit {
                Edit::Add(entry) => {
                    let texts = entry.fields.iter().filter_map(|(_, value)| value.as_text());
                    words.extend(texts.map(str::to_owned));
                    words.extend(entry.text);
                }
                Edit::Splice { runs, .. } => words.extend(runs.into_iter().filter_map(|run| {
                    if let Run::Insert { text, .. } = run { Some(text) } else { None }
                })),
            }
        }
        words
    }
}

/// When work was thrown away, and the reason for which it had come back.
fn discarded(reason: &str) -> Option<(Timestamp, &str)> {
    let (at, reason) = reason.strip_prefix(DISCARDED)?.split_once(' ')?;
    Some((Timestamp(at.parse().ok()?), reason))
}

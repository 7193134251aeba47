//! Copying a whole record, attested: sharing it, or moving it to where it belongs.

use std::collections::BTreeMap;

use crate::device::{Device, DeviceError, NewRecord, Saved};
use crate::engine::authors::{self, Loaded};
use crate::engine::client::{cluster_of, moved_key};
use crate::gate::copies::{self, Source, Sources};
use crate::gate::refusal::{COPY_TOO_LONG, Refusal, TOO_LONG, TOO_MANY_AT_ONCE};
use crate::ids::{CaseId, RecordId};
use crate::limits::DEPENDENCIES_PER_CHANGE;
use crate::policy::Denied;
use crate::record::change::Change;
use crate::record::fold::fold;
use crate::record::kind::Compartment;
use crate::record::kinds::sharing_decision::SharingDecisionDraft;
use crate::record::kinds::{AttestedCopy, Contribution as _, Draft as _, Version};
use crate::store::{ChangeRow, Shelf, Store, Write};
use crate::time::Timestamp;
use crate::view::kinds::copied_text;

impl<S: Store> Device<S> {
    /// Copies a record of a case for others of the same case. The record stays where it is.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn share(
        &mut self,
        record: &RecordId,
        to: Compartment,
        reason: &str,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let case = self.envelope(record)?.case;
        let copy = self.copied(record, (case, to), reason, false)?;
        self.make_one(copy, now).map_err(of_copy)
    }

    /// Copies a record for others of the same case and writes down why, for the user's own agency: both
    /// or neither.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn share_because(
        &mut self,
        record: &RecordId,
        to: Compartment,
        decision: &SharingDecisionDraft,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let case = self.envelope(record)?.case;
        let copy = self.copied(record, (case, to), &decision.purpose, false)?;
        let own = Compartment::Agency(self.identity.principal.agency);
        let why = NewRecord {
            case,
            kind: decision.kind(),
            compartment: own,
            framework: String::new(),
            entries: decision.entries(),
        };
        let saved = self.make_each(vec![copy, why], now).map_err(of_copy)?;
        saved.into_iter().next().ok_or(DeviceError::UnknownCase)
    }

    /// Makes a record anew where it belongs. The old one is withdrawn from whoever may not see the
    /// new one, once the server has both.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn rehome(
        &mut self,
        record: &RecordId,
        case: CaseId,
        to: Compartment,
        reason: &str,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let copy = self.copied(record, (case, to), reason, true)?;
        self.make_one(copy, now).map_err(of_copy)
    }

    fn copied(
        &self,
        record: &RecordId,
        (case, compartment): (CaseId, Compartment),
        reason: &str,
        withdraws: bool,
    ) -> Result<NewRecord, DeviceError> {
        if reason.trim().is_empty() {
            return Err(DeviceError::ReasonMissing);
        }
        let envelope = self.envelope(record)?;
        let made = envelope.made().ok_or_else(|| Refusal::from(Denied::WrongKind))?.clone();
        if cluster_of(&self.store, &envelope.case)? != cluster_of(&self.store, &case)? {
            return Err(Refusal::new("another_cluster").into());
        }
        let loaded = self.history(&envelope)?;
        let folded = fold(&loaded.history, loaded.placed);
        let heads = loaded.history.heads();
        if heads.len() > DEPENDENCIES_PER_CHANGE {
            // A version that names fewer is another one.
            return Err(Refusal::new(TOO_MANY_AT_ONCE).into());
        }
        let version = Version::of(loaded.history.dep_names(&heads));
        let text = copied_text(&folded);
        let copies = AttestedCopy::of((*record, &made), &version, &text, reason, withdraws);
        let mut entries = copies::carried(&folded, reason);
        entries.extend(copies.iter().map(AttestedCopy::entry));
        let (kind, framework) = (made.kind, made.framework);
        Ok(NewRecord { case, kind, compartment, framework, entries })
    }

    /// The records that a change copies from, as the phone has them.
    pub(super) fn sources(&self, change: &Change) -> Result<Sources, DeviceError> {
        let mut sources = BTreeMap::new();
        for record in copies::copied_from(change) {
            let Some(row) = self.store.record(&record)? else { continue };
            let loaded = authors::load_row(&self.store, &self.authors, &row)?;
            let source = Source {
                age_ms: age_ms(&loaded, change),
                case: self.context(row.case, change.at)?,
                moved: self.moved_to(&record)?.is_some(),
                history: loaded.history,
            };
            sources.insert(record, source);
        }
        Ok(sources)
    }

    /// The record that took this one's place, if the phone has it.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn moved_to(&self, record: &RecordId) -> Result<Option<RecordId>, DeviceError> {
        let target = self.store.item(Shelf::Meta, &moved_key(record))?;
        let Some(target) = target.and_then(|bytes| RecordId::from_slice(&bytes).ok()) else {
            return Ok(None);
        };
        // What the server did not take, or took away again, moved nothing.
        let there = !self.store.changes(&target)?.is_empty();
        Ok(Some(target).filter(|_| there))
    }

    /// The same of all records of a case. `shared` leaves out what only this phone has.
    pub(super) fn moves(
        &self,
        case: CaseId,
        shared: bool,
    ) -> Result<BTreeMap<RecordId, RecordId>, DeviceError> {
        let mut moves = BTreeMap::new();
        for row in self.store.records_of_case(&case)? {
            let Some(target) = self.moved_to(&row.id)? else { continue };
            let changes = self.store.changes(&target)?;
            let sent = changes.first().is_some_and(|it| !it.is_unsent());
            if sent || !shared {
                moves.insert(row.id, target);
            }
        }
        Ok(moves)
    }
}

/// Whoever copies what others wrote cannot save it in parts.
fn of_copy(error: DeviceError) -> DeviceError {
    match error {
        DeviceError::Refused(why) if why.code() == TOO_LONG => Refusal::new(COPY_TOO_LONG).into(),
        other => other,
    }
}

/// Notes on the phone which record a change moves.
pub(super) fn note_move(change: &Change, target: &RecordId) -> Option<Write> {
    let source = copies::moved_by(change)?;
    Some(Write::Set(Shelf::Meta, moved_key(&source), target.as_bytes().to_vec()))
}

/// How long a record had been there when it was copied, as far as the phone knows: since it was
/// written. The server counts from its arrival, which is never earlier.
fn age_ms(source: &Loaded, change: &Change) -> i64 {
    let unsent = source.rows.first().is_some_and(ChangeRow::is_unsent);
    let written = source.history.links().first().map(|link| &link.change);
    let true_time = |change: &Change| change.at.plus_ms(change.clock_ahead_ms.saturating_neg());
    match written {
        Some(written) if !unsent => true_time(change).since_ms(true_time(written)),
        _ => 0,
    }
}

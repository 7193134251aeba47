//! The last exchange of a phone that was retired or reported stolen: what only it has goes to the
//! server, then the server orders it to be erased. Nothing that has no answer is ever wiped, unless
//! the phone was reported stolen.

use std::collections::BTreeSet;

use crate::device::sync::{SyncError, SyncReport};
use crate::device::transport::{Farewell, TransportError};
use crate::device::{Device, DeviceError};
use crate::engine::client::{Waiting, cursors, keep_held};
use crate::engine::incoming::{Moments, displaced, incoming};
use crate::engine::opened;
use crate::gate::refusal::{handed_over, is_others, is_with_server};
use crate::ids::ClusterId;
use crate::limits::{BATCH_BYTES, CHANGES_PER_BATCH};
use crate::protocol::VERSION;
use crate::protocol::frame::{PushedChange, PushedRecord, encode_push};
use crate::protocol::message::{ClusterCursor, Page, SyncRequest};
use crate::protocol::stream::StreamError;
use crate::protocol::surrender::{EraseOrder, HandedOver, Receipt, Sealed, Surrender, Surrendered};
use crate::record::history::decode_deps;
use crate::store::{ReturnedRow, Shelf, Store, Write};
use crate::time::Timestamp;

/// What the owner of the phone's files does now: keep the receipt where it survives them, erase
/// them all, the key first, then send the receipt until the server has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parting {
    /// What was sent: all that waits for a reviewer is in `held`.
    pub report: SyncReport,
    /// Pieces of returned work that the server keeps for the user.
    pub handed_over: usize,
    /// Whether the phone was reported stolen.
    pub at_once: bool,
    /// The receipt for after the erasure.
    pub receipt: Receipt,
}

/// Why returned work says that the server could not judge it in time.
const NOT_JUDGED: &str = "not_judged";

impl<S: Store> Device<S> {
    /// Hands over what only this phone has and gets the order to erase. To be called when a sync says
    /// [`TransportError::Retired`] or [`TransportError::Stolen`]. Safe to repeat after any failure.
    ///
    /// # Errors
    /// [`SyncError`]; everything is as it was, but for what the server has answered.
    /// [`DeviceError::DraftsLeft`] until its user has saved or thrown away what is half written.
    pub fn leave(
        &mut self,
        way: &mut dyn Farewell,
        clock: &dyn Fn() -> Timestamp,
        random: &mut dyn FnMut() -> [u8; 16],
    ) -> Result<Parting, SyncError> {
        self.note_what_waits()?;
        let (report, heard) = (SyncReport::default(), BTreeSet::new());
        let mut leaving = Leaving { device: self, way, report, heard };
        let order = match leaving.ask(clock())? {
            Some(order) => order,
            None => leaving.hand_over(clock, random)?,
        };
        let report = leaving.report;
        let receipt = Receipt::new(self.identity.device, &self.identity.key, order.id);
        let returned = self.store.returned().map_err(DeviceError::from)?;
        let handed_over =
            returned.iter().filter(|row| row.reason.starts_with("handed_over")).count();
        Ok(Parting { report, handed_over, at_once: order.at_once, receipt })
    }

    /// What only this phone has: changes without an answer, bytes, returned work, what was opened on it, and
    /// what is half written.
    fn left(&self) -> Result<u64, DeviceError> {
        let returned = self.store.returned()?;
        let returned = returned.iter().filter(|row| is_only_here(row)).count();
        let (unsent, opened) = (self.store.unsent_count()?, opened::count(&self.store)?);
        let rest = returned + opened + self.drafts()?.len();
        Ok(unsent.changes + unsent.attachments + rest as u64)
    }
}

struct Leaving<'a, S: Store> {
    device: &'a mut Device<S>,
    way: &'a mut dyn Farewell,
    report: SyncReport,
    /// Clusters of which it was said that their log is another one now.
    heard: BTreeSet<ClusterId>,
}

impl<S: Store> Leaving<'_, S> {
    /// Asks what to do. The order to erase counts only when nothing is left and the server has the log that
    /// the phone knows, or at once.
    fn ask(&mut self, now: Timestamp) -> Result<Option<EraseOrder>, SyncError> {
        let left = self.device.left()?;
        let request = SyncRequest { cursors: self.cursors()?, ..nothing(now) };
        let answered = self.say(request, Vec::new(), left)?;
        self.send_again(&answered.anew, now)?;
        let done = left == 0 && answered.anew.is_empty();
        Ok(answered.erase.filter(|order| order.at_once || done))
    }

    /// Where the phone stands in each cluster's log, but for those of whose other log it has heard. What is
    /// written down of where it stands stays: should its mark be taken back, a sync must hear of that, too.
    fn cursors(&self) -> Result<Vec<ClusterCursor>, DeviceError> {
        let clusters = self.device.clusters.keys().copied();
        let clusters: Vec<ClusterId> = clusters.filter(|it| !self.heard.contains(it)).collect();
        Ok(cursors(&self.device.store, &clusters)?)
    }

    /// A server that was put back to a backup may lack what it had taken, and this phone may be the only one
    /// that has it: own work is to be sent again.
    fn send_again(&mut self, anew: &[ClusterId], now: Timestamp) -> Result<(), DeviceError> {
        for cluster in anew {
            let now = Moments::agreed(now);
            let writes = displaced(&self.device.store, (cluster, now), &self.device.own())?;
            self.device.store.commit(&writes)?;
            self.device.read_again()?;
            self.heard.insert(*cluster);
        }
        Ok(())
    }

    fn hand_over(
        &mut self,
        clock: &dyn Fn() -> Timestamp,
        random: &mut dyn FnMut() -> [u8; 16],
    ) -> Result<EraseOrder, SyncError> {
        // No form of the exchange holds it, and its user alone knows what is to become of it.
        if !self.device.drafts().map_err(DeviceError::from)?.is_empty() {
            return Err(DeviceError::DraftsLeft.into());
        }
        self.push(clock, random)?;
        self.give_up_waiting()?;
        loop {
            let pieces = self.pieces()?;
            if pieces.is_empty() {
                break;
            }
            let left = self.device.left()?;
            let request = SyncRequest { cursors: self.cursors()?, ..nothing(clock()) };
            let answered = self.say(request, pieces, left)?;
            if self.note_kept(&answered.kept)? == 0 {
                return Err(TransportError::Busy.into());
            }
        }
        self.tell_openings(clock)?;
        match self.ask(clock())? {
            Some(order) => Ok(order),
            // No answer of the server changes that: only an exchange carries bytes.
            None if self.device.attachments_waiting()? > 0 => {
                Err(DeviceError::AttachmentsLeft.into())
            }
            None => Err(TransportError::Busy.into()),
        }
    }

    /// Pushes unsent work until each change has an answer or waits.
    fn push(
        &mut self,
        clock: &dyn Fn() -> Timestamp,
        random: &mut dyn FnMut() -> [u8; 16],
    ) -> Result<(), SyncError> {
        let mut waiting = Waiting::new();
        loop {
            let out = self.device.outgoing(clock(), random(), &mut waiting)?;
            if out.pushed.is_empty() {
                return Ok(());
            }
            let left = self.device.left()?;
            let answered = self.say(out.request, Vec::new(), left)?;
            self.store_answers(answered, clock())?;
            self.device.note_waiting(&out.pushed, &mut waiting)?;
        }
    }

    fn store_answers(&mut self, answered: Surrendered, now: Timestamp) -> Result<(), SyncError> {
        let page = Page { answers: answered.answers, ..Page::new(nowhere(), now) };
        let own = self.device.own();
        let taken = incoming(&self.device.store, &page, &own).map_err(DeviceError::from)?;
        self.device.store.commit(&taken.writes).map_err(DeviceError::from)?;
        // A phone restored from a backup may go on under a fresh actor from here.
        self.device.read_again().map_err(DeviceError::from)?;
        self.report.accepted += taken.accepted;
        self.report.returned += taken.returned;
        self.report.held += taken.held;
        Ok(())
    }

    /// What the server cannot judge now, it will never get from this phone again: it is handed over
    /// with the returned work.
    fn give_up_waiting(&mut self) -> Result<(), DeviceError> {
        let store = &mut self.device.store;
        loop {
            let rows = store.unsent(0, CHANGES_PER_BATCH)?;
            if rows.is_empty() {
                return Ok(());
            }
            let back = rows.iter().map(|row| Write::Return {
                record: row.record,
                actor: row.actor,
                seq: row.seq,
                reason: NOT_JUDGED.to_owned(),
            });
            store.commit(&back.collect::<Vec<_>>())?;
        }
    }

    /// The next pieces of returned work that only this phone has.
    fn pieces(&self) -> Result<Vec<HandedOver>, DeviceError> {
        let (mut pieces, mut bytes) = (Vec::new(), 0);
        let returned = self.device.store.returned()?.into_iter();
        for row in returned.filter(is_only_here) {
            let piece = piece(row);
            bytes += piece.frame.len();
            // One of any size has room: it must be able to travel.
            if !pieces.is_empty() && (bytes > BATCH_BYTES || pieces.len() == CHANGES_PER_BATCH) {
                break;
            }
            pieces.push(piece);
        }
        Ok(pieces)
    }

    fn note_kept(&mut self, kept: &[u64]) -> Result<usize, DeviceError> {
        let returned = self.device.store.returned()?.into_iter();
        let now_there =
            returned.filter(|row| kept.contains(&row.id) && !is_with_server(&row.reason));
        let writes: Vec<_> = now_there
            .map(|row| Write::Rejudge { id: row.id, reason: handed_over(&row.reason) })
            .collect();
        self.device.store.commit(&writes)?;
        Ok(writes.len())
    }

    /// Tells what was opened here without signal. An answer says that the audit has it: a server writes it
    /// down before it answers.
    fn tell_openings(&mut self, clock: &dyn Fn() -> Timestamp) -> Result<(), SyncError> {
        loop {
            let openings = opened::to_tell(&self.device.store).map_err(DeviceError::from)?;
            let Some(last) = openings.last().map(|opening| opening.number) else { return Ok(()) };
            let (now, left) = (clock(), self.device.left()?);
            let request = SyncRequest { openings, ..nothing(now) };
            let answered = self.say(request, Vec::new(), left)?;
            // It was reported stolen meanwhile: what it says is not read any more.
            if answered.erase.is_some_and(|order| order.at_once) {
                return Ok(());
            }
            let told = opened::forget(&self.device.store, last, now).map_err(DeviceError::from)?;
            self.device.store.commit(&told).map_err(DeviceError::from)?;
        }
    }

    fn say(
        &mut self,
        request: SyncRequest,
        returned: Vec<HandedOver>,
        left: u64,
    ) -> Result<Surrendered, SyncError> {
        let identity = &self.device.identity;
        let message = Surrender { request, returned, left };
        let sealed = Sealed::new(identity.device, &identity.key, &message)?;
        let body = sealed.pack().map_err(StreamError::Cut)?;
        self.report.exchanges += 1;
        self.report.bytes_up += body.len() as u64;
        let answered = Surrendered::unpack(self.way.surrender(&body)?)?;
        self.stands(&answered.stands)?;
        Ok(answered)
    }

    /// Writes down where the phone stands with what was just answered, before the answers: should the server be put
    /// back after that, this phone hears that the log is another, in whatever exchange comes next.
    fn stands(&mut self, told: &[ClusterCursor]) -> Result<(), DeviceError> {
        let mut writes = Vec::new();
        for ClusterCursor { cluster, cursor, .. } in told {
            if self.device.clusters.contains_key(cluster) && !self.heard.contains(cluster) {
                writes.extend(keep_held(&self.device.store, cluster)?);
                writes.push(Write::Set(Shelf::Cursor, cluster.as_bytes().to_vec(), cursor.clone()));
            }
        }
        Ok(self.device.store.commit(&writes)?)
    }
}

/// Of others' work no phone can answer for more than its own.
fn is_only_here(row: &ReturnedRow) -> bool {
    !is_with_server(&row.reason) && !is_others(&row.reason)
}

fn piece(row: ReturnedRow) -> HandedOver {
    let ReturnedRow { id, record, change, reason } = row;
    let deps = change.deps.as_deref().and_then(|deps| decode_deps(deps).ok()).unwrap_or_default();
    let pushed = PushedRecord {
        envelope: record.envelope,
        actor: change.actor,
        first_seq: change.seq,
        changes: vec![PushedChange { deps: Some(deps), hash: [0; 16], body: change.body }],
    };
    HandedOver { id, frame: encode_push(&[pushed]), reason }
}

/// A request that brings nothing.
fn nothing(now: Timestamp) -> SyncRequest {
    SyncRequest {
        version: VERSION,
        cursors: Vec::new(),
        batches: Vec::new(),
        now,
        more: true,
        whole: false,
        stats: false,
        actors: None,
        openings: Vec::new(),
    }
}

/// Answers name their records; the page that they are read from is of no cluster.
const fn nowhere() -> ClusterId {
    ClusterId::from_bytes([0; 16])
}

#[cfg(test)]
mod tests;

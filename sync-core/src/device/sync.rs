//! The exchange from the phone's side: pushes what only it has, takes what is new, page by page,
//! each durable with its cursor. After a cut anywhere, the next one goes on.

mod changed;
mod control;
mod error;
mod live;

pub use changed::Changed;
pub use control::{Progress, Stop, SyncControl};
pub use error::{Remedy, SyncError};
pub use live::wait;

use std::collections::BTreeSet;

use ed25519_dalek::Signer;

use crate::device::transport::{Transport, TransportError};
use crate::device::write::CLOCK_AHEAD;
use crate::device::{Device, DeviceError, Session, lease};
use crate::engine::client::{ClientError, Outgoing, WHOLE, Waiting, keep_held, outgoing};
use crate::engine::incoming::{Moments, count_days, displaced, incoming};
use crate::engine::own::Own;
use crate::ids::{ClusterId, RecordId};
use crate::merge::Context;
use crate::protocol::message::{Page, SyncRequest};
use crate::protocol::stream::{PageReader, StreamError, encode_request};
use crate::record::history::ChangeName;
use crate::record::kind::Kind;
use crate::store::{ChangeRow, Shelf, Store, Write};
use crate::time::Timestamp;

/// What one call of [`Device::sync`] did.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct SyncReport {
    /// Requests made.
    pub exchanges: u32,
    /// Pages stored.
    pub pages: u32,
    /// Changes that the server took.
    pub accepted: usize,
    /// Changes that it did not take: they are in the returned work.
    pub returned: usize,
    /// Changes that it keeps apart for a reviewer: they are in the returned work, too.
    pub held: usize,
    /// Changes that have other names now, since theirs were taken or what came before them was not:
    /// whatever still shows them by an old name must be read anew.
    pub rewritten: usize,
    /// Changes that came.
    pub received: usize,
    /// Changes that the phone keeps to send again: this server or this app is too old for them, or
    /// something that they build on has not arrived.
    pub waiting: usize,
    /// Bytes of requests' bodies.
    pub bytes_up: u64,
    /// Bytes of answers' bodies, as they came.
    pub bytes_down: u64,
    /// The number of the first page stored, in the server's round: more than 1 if an earlier
    /// exchange was cut. None of a page that brought answers only.
    pub first_page: Option<u32>,
    /// The highest number of a page stored, in its round.
    pub last_page: Option<u32>,
    /// The server's processor time, microseconds; none from a server that does not tell.
    pub server_cpu_us: Option<u64>,
    /// What is to be shown anew.
    #[serde(skip)]
    pub changed: Changed,
    /// Whether the last exchange left work to be sent under other names, or once more, or only ended what an
    /// earlier one had begun to bring.
    #[serde(skip)]
    again: bool,
}

impl SyncReport {
    const fn moved(&self) -> usize {
        self.accepted + self.returned + self.held + self.rewritten
    }
}

/// Answers in one sync that do not fit: one that lacks own work, then one that lacks others'.
const MISFITS_MAX: u32 = 2;
/// Exchanges in one sync: more are left to the next, so that a sync ends.
const EXCHANGES_MAX: u32 = 10_000;

/// Who has a phone during an exchange: its only owner, or a lock that is free while the server is waited
/// for, so that reading and writing go on meanwhile.
pub trait Holds {
    /// Where the phone keeps its copy.
    type Store: Store;

    /// Does something with the phone; nobody else does meanwhile. None if it was closed.
    fn with<T>(&mut self, work: impl FnOnce(&mut Device<Self::Store>) -> T) -> Option<T>;
}

impl<S: Store> Holds for Device<S> {
    type Store = S;

    fn with<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        Some(work(self))
    }
}

/// Does something with the phone; a phone that was closed meanwhile ends the exchange.
pub(super) fn held<H: Holds, T, E>(
    phone: &mut H,
    work: impl FnOnce(&mut Device<H::Store>) -> Result<T, E>,
) -> Result<T, SyncError>
where
    SyncError: From<E>,
{
    Ok(phone.with(work).ok_or(SyncError::Stopped)??)
}

/// As [`Device::sync`], of a phone that others use meanwhile. What they write joins the next sync.
///
/// # Errors
/// As [`Device::sync`].
pub fn sync<H: Holds>(
    phone: &mut H,
    transport: &mut dyn Transport,
    clock: &dyn Fn() -> Timestamp,
    random: &mut dyn FnMut() -> [u8; 16],
    mut control: SyncControl<'_>,
) -> Result<SyncReport, SyncError> {
    transport.stop_when(control.stop());
    let done = exchanges(phone, transport, clock, random, &mut control);
    // Waiting for the server breaks off as a cut does.
    done.map_err(|error| error.or_stopped(control.stop()))
}

fn exchanges<H: Holds>(
    phone: &mut H,
    transport: &mut dyn Transport,
    clock: &dyn Fn() -> Timestamp,
    random: &mut dyn FnMut() -> [u8; 16],
    control: &mut SyncControl<'_>,
) -> Result<SyncReport, SyncError> {
    let (mut report, mut waiting) = (SyncReport::default(), Waiting::new());
    let mut misfits = 0;
    held(phone, Device::note_what_waits)?;
    loop {
        SyncError::unless_stopped(control.stop())?;
        let before = (report.moved(), waiting.len());
        let (now, seed) = (clock(), random());
        let out = held(phone, |phone| phone.outgoing(now, seed, &mut waiting))?;
        let done = exchange(phone, transport, &out.request, &mut report, control);
        // The next exchange asks for what is missing; one that does not fit again is damaged.
        if misfits < MISFITS_MAX && matches!(&done, Err(error) if error.asks_for_the_whole()) {
            misfits += 1;
            continue;
        }
        done?;
        if std::mem::take(&mut report.again) && report.exchanges < EXCHANGES_MAX {
            continue;
        }
        held(phone, |phone| phone.note_waiting(&out.pushed, &mut waiting))?;
        let moved = (report.moved(), waiting.len()) != before;
        if !out.request.more || !moved || report.exchanges >= EXCHANGES_MAX {
            report.waiting = held(phone, |phone| phone.unsent_of(&waiting))?;
            return Ok(report);
        }
    }
}

/// One exchange.
fn exchange<H: Holds>(
    phone: &mut H,
    transport: &mut dyn Transport,
    request: &SyncRequest,
    report: &mut SyncReport,
    control: &mut SyncControl<'_>,
) -> Result<(), SyncError> {
    let body = encode_request(request).map_err(StreamError::Cut)?;
    let session = held(phone, |phone| Session::load(&phone.store).map_err(DeviceError::from))?;
    // Whoever signed out has nothing to show the server.
    let session = session.ok_or(TransportError::SignedOut)?;
    report.exchanges += 1;
    report.bytes_up += body.len() as u64;
    let answer = match transport.exchange(&session.access_token, &body) {
        Err(TransportError::SignedOut) => {
            let session = refresh(phone, transport, &session)?;
            report.exchanges += 1;
            report.bytes_up += body.len() as u64;
            transport.exchange(&session.access_token, &body)?
        }
        answer => answer?,
    };
    take(phone, answer, request.now, report, control)
}

pub(super) fn refresh<H: Holds>(
    phone: &mut H,
    transport: &mut dyn Transport,
    session: &Session,
) -> Result<Session, SyncError> {
    // The signature is over the token itself, not over how it is written.
    let token = session.token_bytes().ok_or(TransportError::SignedOut)?;
    let signed = [b"caseweave refresh v1".as_slice(), &token].concat();
    let (signature, device) = held(phone, |phone| {
        let signature = phone.identity.key.sign(&signed).to_bytes();
        Ok::<_, SyncError>((signature, phone.identity.device))
    })?;
    let new = transport.refresh(&session.refresh_token, &device, &signature)?;
    let write = new.write().map_err(DeviceError::from)?;
    held(phone, |phone| phone.store.commit(&[write]).map_err(DeviceError::from))?;
    Ok(new)
}

fn take<H: Holds>(
    phone: &mut H,
    answer: Box<dyn std::io::Read>,
    sent_at: Timestamp,
    report: &mut SyncReport,
    control: &mut SyncControl<'_>,
) -> Result<(), SyncError> {
    let (counted, bytes) = Counted::new(answer);
    let mut pages = PageReader::new(counted).map_err(StreamError::Cut)?;
    let mut rounds = BTreeSet::new();
    loop {
        SyncError::unless_stopped(control.stop())?;
        let page = pages.page();
        report.bytes_down += bytes.take();
        let Some(page) = page? else { return Ok(()) };
        if let Some(cpu_us) = page.server_cpu_us {
            *report.server_cpu_us.get_or_insert_default() += cpu_us;
            continue;
        }
        let changed = held(phone, |phone| phone.store_page(&page, sent_at, report))?;
        // The rest of a round that was cut: what came since it began is in another.
        report.again |= rounds.insert(page.cluster) && page.number > 1;
        report.changed.extend(&changed);
        control.tell(&Progress { report, left: page.left, changed: &changed });
    }
}

impl<S: Store> Device<S> {
    /// Makes exchanges until nothing of the phone's is unsent that can be sent. `clock` is asked for
    /// each; `random` gives bytes for salts; `control` says who watches and what may stop it.
    ///
    /// # Errors
    /// [`SyncError`], of which [`SyncError::Stopped`] is no failure; the next sync goes on from what was
    /// stored.
    pub fn sync(
        &mut self,
        transport: &mut dyn Transport,
        clock: &dyn Fn() -> Timestamp,
        random: &mut dyn FnMut() -> [u8; 16],
        control: SyncControl<'_>,
    ) -> Result<SyncReport, SyncError> {
        sync(self, transport, clock, random, control)
    }

    pub(super) fn outgoing(
        &self,
        now: Timestamp,
        seed: [u8; 16],
        waiting: &mut Waiting,
    ) -> Result<Outgoing, SyncError> {
        let clusters: Vec<ClusterId> = self.clusters.keys().copied().collect();
        let who = (&self.identity, clusters.as_slice());
        // Whether harm is suspected is the same by every framework.
        let merging = Context::new(&self.catalogue);
        let out = outgoing(&self.store, who, &merging, (waiting, self.room), (now, seed));
        let mut out = out.map_err(DeviceError::from)?;
        out.request.stats = self.measured;
        Ok(out)
    }

    /// What was pushed and is unsent still waits until the next sync, so that nothing else does.
    pub(super) fn note_waiting(
        &self,
        pushed: &[(RecordId, ChangeName)],
        waiting: &mut Waiting,
    ) -> Result<(), DeviceError> {
        for (record, (actor, seq)) in pushed {
            let Some(row) = self.store.record(record)? else { continue };
            let rows = self.store.changes(record)?;
            let is_it = |row: &&ChangeRow| row.actor == *actor && row.seq == *seq;
            if !rows.iter().find(is_it).is_some_and(ChangeRow::is_unsent) {
                continue;
            }
            waiting.insert(*record);
            // The server does not know the case yet: nothing else of it can be taken.
            if row.kind == Kind::Case.code() && rows.iter().all(ChangeRow::is_unsent) {
                let others = self.store.records_of_case(&row.case)?;
                waiting.extend(others.iter().map(|other| other.id));
            }
        }
        Ok(())
    }

    fn unsent_of(&self, waiting: &Waiting) -> Result<usize, DeviceError> {
        let mut unsent = 0;
        for record in waiting {
            let rows = self.store.changes(record)?;
            unsent += rows.iter().filter(|row| row.is_unsent()).count();
        }
        Ok(unsent)
    }

    /// Who writes here.
    pub(super) fn own(&self) -> Own {
        Own {
            first: self.first_actor,
            actor: self.identity.actor,
            user: self.identity.principal.user,
            device: self.identity.device,
            secret: self.identity.key.to_bytes(),
        }
    }

    fn store_page(
        &mut self,
        page: &Page,
        sent_at: Timestamp,
        report: &mut SyncReport,
    ) -> Result<Changed, DeviceError> {
        if page.anew {
            let now = Moments { server: page.now, here: sent_at };
            let writes = displaced(&self.store, (&page.cluster, now), &self.own())?;
            self.store.commit(&writes)?;
        }
        if let Some(counted) = count_days(&self.store, page, sent_at)? {
            self.store.commit(&[counted])?;
        }
        let mut taken = match incoming(&self.store, page, &self.own()) {
            Err(error @ ClientError::OwnMissing) => {
                // Nothing else is missing: where the phone stands is right.
                self.store.commit(&[Write::Set(Shelf::Meta, WHOLE.to_vec(), Vec::new())])?;
                return Err(error.into());
            }
            Err(error @ (ClientError::Gap | ClientError::WrongReceipt)) => {
                self.ask_for_the_whole()?;
                return Err(error.into());
            }
            other => other?,
        };
        // The first page of an exchange comes soon after the request: good enough for a clock.
        if report.pages == 0 {
            let ahead = sent_at.since_ms(page.now).to_be_bytes().to_vec();
            taken.writes.push(Write::Set(Shelf::Meta, CLOCK_AHEAD.to_vec(), ahead));
        }
        taken.writes.push(lease::contact(page.now, sent_at));
        let mut changed = Changed::by(&self.store, page, &taken)?;
        self.store.commit(&taken.writes)?;
        self.read_again()?;
        changed.find_cases(&self.store)?;
        report.pages += 1;
        if page.number > 0 {
            report.first_page.get_or_insert(page.number);
            report.last_page = report.last_page.max(Some(page.number));
        }
        report.accepted += taken.accepted;
        report.returned += taken.returned;
        report.held += taken.held;
        report.rewritten += taken.rewritten;
        report.received += taken.changes;
        report.again |= page.anew || taken.rewritten > 0;
        Ok(changed)
    }

    /// Puts away where the phone stands, so that the next exchange brings everything again. Nothing
    /// that it has goes, and the server is still told up to where it has it.
    fn ask_for_the_whole(&mut self) -> Result<(), DeviceError> {
        let mut writes = Vec::new();
        for cluster in self.clusters.keys() {
            writes.extend(keep_held(&self.store, cluster)?);
            writes.push(Write::Remove(Shelf::Cursor, cluster.as_bytes().to_vec()));
        }
        writes.push(Write::Set(Shelf::Meta, WHOLE.to_vec(), Vec::new()));
        Ok(self.store.commit(&writes)?)
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: std::rc::Rc<std::cell::Cell<u64>>,
}

impl<R> Counted<R> {
    fn new(inner: R) -> (Self, std::rc::Rc<std::cell::Cell<u64>>) {
        let bytes = std::rc::Rc::new(std::cell::Cell::new(0));
        (Self { inner, bytes: bytes.clone() }, bytes)
    }
}

impl<R: std::io::Read> std::io::Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;

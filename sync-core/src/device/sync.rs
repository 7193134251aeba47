//! The exchange from the phone's side: pushes what only it has, takes what is new, page by page,
//! each durable with its cursor. After a cut anywhere, the next one goes on.

use ed25519_dalek::Signer;

use crate::device::transport::{Transport, TransportError};
use crate::device::write::CLOCK_AHEAD;
use crate::device::{Device, DeviceError, Session};
use crate::engine::client::{ClientError, WHOLE, outgoing};
use crate::engine::incoming::incoming;
use crate::ids::ClusterId;
use crate::protocol::message::Page;
use crate::protocol::stream::{PageReader, StreamError, encode_request};
use crate::store::{Shelf, Store, Write};
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
    /// Changes that came.
    pub received: usize,
    /// Bytes of requests' bodies.
    pub bytes_up: u64,
    /// Bytes of answers' bodies, as they came.
    pub bytes_down: u64,
}

/// Why a sync stopped. What was stored before is stored.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The way to the server.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The phone.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// Exchanges in one sync: more are left to the next, so that a sync ends.
const EXCHANGES_MAX: u32 = 10_000;

impl<S: Store> Device<S> {
    /// Makes exchanges until nothing of the phone's is unsent that can be sent. `clock` is asked for
    /// each; `random` gives bytes for salts; `progress` is told how many changes still wait.
    ///
    /// # Errors
    /// [`SyncError`]; the next sync goes on from what was stored.
    pub fn sync(
        &mut self,
        transport: &mut dyn Transport,
        clock: &dyn Fn() -> Timestamp,
        random: &mut dyn FnMut() -> [u8; 16],
        progress: &mut dyn FnMut(&SyncReport, u64),
    ) -> Result<SyncReport, SyncError> {
        let mut report = SyncReport::default();
        let mut gaps = 0;
        loop {
            let before = report.accepted + report.returned + report.held;
            let done = self.exchange(transport, clock, random(), &mut report, progress);
            // The next exchange asks for everything; one that leaves a gap again is damaged.
            if gaps == 0
                && matches!(done, Err(SyncError::Device(DeviceError::Client(ClientError::Gap))))
            {
                gaps += 1;
                continue;
            }
            let more = done?;
            let moved = report.accepted + report.returned + report.held > before;
            if !more || !moved || report.exchanges >= EXCHANGES_MAX {
                return Ok(report);
            }
        }
    }

    /// One exchange; says whether the phone has more to push.
    fn exchange(
        &mut self,
        transport: &mut dyn Transport,
        clock: &dyn Fn() -> Timestamp,
        seed: [u8; 16],
        report: &mut SyncReport,
        progress: &mut dyn FnMut(&SyncReport, u64),
    ) -> Result<bool, SyncError> {
        let clusters: Vec<ClusterId> = self.clusters.keys().copied().collect();
        let sent_at = clock();
        let out = outgoing(&self.store, &self.identity, &clusters, sent_at, seed)
            .map_err(DeviceError::from)?;
        let body = encode_request(&out.request).map_err(StreamError::Cut)?;
        let session = Session::load(&self.store).map_err(DeviceError::from)?.unwrap_or_default();
        report.exchanges += 1;
        report.bytes_up += body.len() as u64;
        let answer = match transport.exchange(&session.access_token, &body) {
            Err(TransportError::SignedOut) => {
                let session = self.refresh(transport, &session)?;
                report.exchanges += 1;
                report.bytes_up += body.len() as u64;
                transport.exchange(&session.access_token, &body)?
            }
            answer => answer?,
        };
        self.take(answer, sent_at, report, progress)?;
        Ok(out.request.more)
    }

    fn refresh(
        &mut self,
        transport: &mut dyn Transport,
        session: &Session,
    ) -> Result<Session, SyncError> {
        // The signature is over the token itself, not over how it is written.
        let token = session.token_bytes().ok_or(TransportError::SignedOut)?;
        let signed = [b"caseweave refresh v1".as_slice(), &token].concat();
        let signature = self.identity.key.sign(&signed).to_bytes();
        let new = transport.refresh(&session.refresh_token, &self.identity.device, &signature)?;
        let write = new.write().map_err(DeviceError::from)?;
        self.store.commit(&[write]).map_err(DeviceError::from)?;
        Ok(new)
    }

    fn take(
        &mut self,
        answer: Box<dyn std::io::Read>,
        sent_at: Timestamp,
        report: &mut SyncReport,
        progress: &mut dyn FnMut(&SyncReport, u64),
    ) -> Result<(), SyncError> {
        let (counted, bytes) = Counted::new(answer);
        let mut pages = PageReader::new(counted).map_err(StreamError::Cut)?;
        loop {
            let page = pages.page();
            report.bytes_down += bytes.take();
            let Some(page) = page? else { return Ok(()) };
            self.store_page(&page, sent_at, report)?;
            progress(report, page.left);
        }
    }

    fn store_page(
        &mut self,
        page: &Page,
        sent_at: Timestamp,
        report: &mut SyncReport,
    ) -> Result<(), DeviceError> {
        let mut taken = match incoming(&self.store, page) {
            Err(ClientError::Gap) => {
                self.ask_for_the_whole()?;
                return Err(ClientError::Gap.into());
            }
            other => other?,
        };
        // The first page of an exchange comes soon after the request: good enough for a clock.
        if report.pages == 0 {
            let ahead = sent_at.since_ms(page.now).to_be_bytes().to_vec();
            taken.writes.push(Write::Set(Shelf::Meta, CLOCK_AHEAD.to_vec(), ahead));
        }
        self.store.commit(&taken.writes)?;
        self.authors = crate::engine::authors::Authors::load(&self.store)?;
        report.pages += 1;
        report.accepted += taken.accepted;
        report.returned += taken.returned;
        report.held += taken.held;
        report.received += taken.changes;
        Ok(())
    }

    /// Forgets where the phone stands, so that the next exchange brings everything again. Nothing
    /// that it has goes.
    fn ask_for_the_whole(&mut self) -> Result<(), DeviceError> {
        let cursors = self.clusters.keys().map(|it| it.as_bytes().to_vec());
        let mut writes: Vec<_> = cursors.map(|key| Write::Remove(Shelf::Cursor, key)).collect();
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

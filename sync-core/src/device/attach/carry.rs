//! How bytes travel: in chunks, each sure before the next one goes, so that a cut costs one.

use std::io::Read;

use super::details;
use crate::device::sync::{Holds, Stop, SyncError, held, refresh};
use crate::device::transport::{Carriage, CarriageError, TransportError};
use crate::device::{Attached, Device, DeviceError, Session};
use crate::ids::RecordId;
use crate::limits::{CHUNK_BYTES, CHUNKS_PER_PIECE};
use crate::record::kinds::Digest;
use crate::store::{AttachedRow, Bytes, Store, Write};

/// What one call of [`send_attachments`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Carried {
    /// Attachments that the server has whole now.
    pub attachments: usize,
    /// Bytes that it took.
    pub bytes: u64,
    /// Attachments whose bytes stay on this phone: their record is not with the server yet, or the server
    /// did not take them.
    pub waiting: u64,
}

/// Sends the bytes that only this phone has, of attachments whose records the server has: after a sync, on
/// the same way. It goes on from where the server has them. Stopped or cut, it goes on next time.
///
/// # Errors
/// [`SyncError`], of which [`SyncError::Stopped`] is no failure.
pub fn send_attachments<H: Holds>(
    phone: &mut H,
    way: &mut dyn Carriage,
    stop: &Stop,
) -> Result<Carried, SyncError> {
    way.stop_when(stop);
    send_all(phone, way, stop).map_err(|error| error.or_stopped(stop))
}

/// Brings the bytes of an attachment here, from where an earlier try was cut; does nothing if they are.
/// They are kept until access to their record ends.
///
/// # Errors
/// [`SyncError`]; [`DeviceError::NotArrived`] while their author's phone has not sent them,
/// [`DeviceError::NotOpen`] if the server shows them to this user no more.
pub fn fetch_attachment<H: Holds>(
    phone: &mut H,
    way: &mut dyn Carriage,
    record: &RecordId,
    stop: &Stop,
) -> Result<(), SyncError> {
    way.stop_when(stop);
    fetch(phone, way, record, stop).map_err(|error| error.or_stopped(stop))
}

fn send_all<H: Holds>(
    phone: &mut H,
    way: &mut dyn Carriage,
    stop: &Stop,
) -> Result<Carried, SyncError> {
    let (mut carried, mut passed) = (Carried::default(), Vec::new());
    while let Some(row) = held(phone, |phone| phone.next_to_send(&passed))? {
        passed.push(row.record);
        match send(phone, way, &row, (stop, &mut carried.bytes)) {
            Ok(()) => carried.attachments += 1,
            // The next one may go: this one's record is not in the log, or is another's by now.
            Err(Ended::Passed) => {}
            Err(Ended::Sync(error)) => return Err(error),
        }
    }
    carried.waiting = held(phone, |phone| phone.attachments_waiting())?;
    Ok(carried)
}

/// Why the way of one attachment ended before its end.
enum Ended {
    Passed,
    Sync(SyncError),
}

impl<E: Into<SyncError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Sync(error.into())
    }
}

fn send<H: Holds>(
    phone: &mut H,
    way: &mut dyn Carriage,
    row: &AttachedRow,
    (stop, sent): (&Stop, &mut u64),
) -> Result<(), Ended> {
    let length = u64::from(row.length);
    let mut there = taken(ask(phone, way, |way, token| way.received(token, &row.record)))?;
    let mut chunks = 1;
    while there < length {
        SyncError::unless_stopped(stop)?;
        let piece = held(phone, |phone| phone.piece(row, there, chunks))?;
        let now =
            taken(ask(phone, way, |way, token| way.bring(token, &row.record, there, &piece)))?;
        // A server that comes no further, or lost what it had, is asked again next time.
        if now <= there {
            return Err(Ended::Passed);
        }
        *sent += now - there;
        (there, chunks) = (now, (chunks * 2).min(CHUNKS_PER_PIECE));
    }
    let here = Write::Deliver(row.record);
    held(phone, |phone| phone.store.commit(&[here]).map_err(DeviceError::from))?;
    Ok(())
}

fn taken<T>(answer: Result<Result<T, CarriageError>, SyncError>) -> Result<T, Ended> {
    match answer? {
        Ok(answer) => Ok(answer),
        Err(CarriageError::Way(error)) => Err(error.into()),
        Err(CarriageError::NotOpen | CarriageError::NotArrived | CarriageError::NotTaken) => {
            Err(Ended::Passed)
        }
    }
}

/// Asks something under the phone's session, which is renewed if it has run out.
fn ask<H: Holds, T>(
    phone: &mut H,
    way: &mut dyn Carriage,
    mut question: impl FnMut(&mut dyn Carriage, &str) -> Result<T, CarriageError>,
) -> Result<Result<T, CarriageError>, SyncError> {
    let session = held(phone, |phone| Session::load(&phone.store).map_err(DeviceError::from))?;
    let session = session.ok_or(TransportError::SignedOut)?;
    match question(way, &session.access_token) {
        Err(CarriageError::Way(TransportError::SignedOut)) => {
            let session = refresh(phone, way.as_transport(), &session)?;
            Ok(question(way, &session.access_token))
        }
        answer => Ok(answer),
    }
}

fn fetch<H: Holds>(
    phone: &mut H,
    way: &mut dyn Carriage,
    record: &RecordId,
    stop: &Stop,
) -> Result<(), SyncError> {
    let Some((row, mut here)) = held(phone, |phone| phone.begin_to_fetch(record))? else {
        return Ok(());
    };
    if here < u64::from(row.length) {
        let answer = ask(phone, way, |way, token| way.fetch(token, &row.record, here))?;
        let mut bytes = answer.map_err(|error| match error {
            CarriageError::Way(error) => SyncError::from(error),
            CarriageError::NotArrived => DeviceError::NotArrived.into(),
            CarriageError::NotOpen | CarriageError::NotTaken => DeviceError::NotOpen.into(),
        })?;
        while here < u64::from(row.length) {
            SyncError::unless_stopped(stop)?;
            let chunk = next_chunk(&mut bytes, u64::from(row.length) - here)?;
            let n = (here / CHUNK_BYTES as u64) as u32;
            here += chunk.len() as u64;
            let put = Write::PutChunk { digest: row.digest, n, bytes: chunk };
            held(phone, |phone| phone.store.commit(&[put]).map_err(DeviceError::from))?;
        }
    }
    held(phone, |phone| phone.end_of_fetch(&row))
}

/// The next chunk, whole.
fn next_chunk(bytes: &mut Box<dyn Read>, left: u64) -> Result<Vec<u8>, SyncError> {
    let mut chunk = vec![0; left.min(CHUNK_BYTES as u64) as usize];
    bytes.read_exact(&mut chunk).map_err(|_| TransportError::Offline)?;
    Ok(chunk)
}

impl<S: Store> Device<S> {
    /// Bytes from a place on, some chunks.
    fn piece(&self, row: &AttachedRow, from: u64, chunks: usize) -> Result<Vec<u8>, DeviceError> {
        let (first, mut piece) = ((from / CHUNK_BYTES as u64) as u32, Vec::new());
        for n in (first..).take(chunks) {
            piece.extend(self.store.chunk(&row.digest, n)?.unwrap_or_default());
        }
        // The server may have got half a chunk from another app.
        Ok(piece.split_off(piece.len().min((from % CHUNK_BYTES as u64) as usize)))
    }

    /// Notes that an attachment is coming, and says how many bytes of it are here; nothing to do for one
    /// that is.
    fn begin_to_fetch(
        &mut self,
        record: &RecordId,
    ) -> Result<Option<(AttachedRow, u64)>, DeviceError> {
        if let Attached::Here(_) = self.attachment(record)? {
            return Ok(None);
        }
        let record = self.record_now(record)?;
        let details = details(&self.record(&record)?).ok_or(DeviceError::NotAttachment)?;
        let (digest, length) = (details.digest.0, details.bytes);
        let row = AttachedRow { record, digest, length, bytes: Bytes::Coming };
        self.store.commit(&[Write::Attach(row.clone())])?;
        // Another record may have brought the same bytes: they need not come again.
        let here = self.here(&digest)?;
        Ok(Some((row, here)))
    }

    /// What came is kept if it is what its record says, else none of it.
    fn end_of_fetch(&mut self, row: &AttachedRow) -> Result<(), DeviceError> {
        let bytes = self.gathered(row)?;
        let same = Digest::of(&bytes).0 == row.digest && bytes.len() == row.length as usize;
        let end = if same { Write::Deliver(row.record) } else { Write::Detach(row.record) };
        self.store.commit(&[end])?;
        if same { Ok(()) } else { Err(DeviceError::OtherBytes) }
    }
}

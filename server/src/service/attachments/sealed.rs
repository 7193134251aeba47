//! Bytes of an attachment under the server's seal: each chunk by itself, under a key of this record, these
//! bytes and this upload, so that equal photos do not show and nothing can be put in another's place.

use std::io;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use sync_core::ids::RecordId;
use sync_core::limits::CHUNK_BYTES;

use crate::blobs::{Blobs, Name};
use crate::db::attachments::Row;
use crate::service::secrets::Secrets;

/// What the seal adds to a chunk, bytes.
const SEAL: usize = 16;
const SEALED: u64 = (CHUNK_BYTES + SEAL) as u64;

/// The sealed bytes of one attachment.
#[derive(Clone)]
pub struct Sealed {
    blobs: Arc<dyn Blobs>,
    name: Name,
    key: [u8; 32],
    length: u64,
}

impl Sealed {
    /// Those of a record.
    #[must_use]
    pub fn new(blobs: Arc<dyn Blobs>, secrets: &Secrets, record: &RecordId, row: &Row) -> Self {
        let (name, key) = secrets.of_attachment(record, &row.digest, &row.salt);
        Self { blobs, name, key, length: row.bytes.into() }
    }

    /// How many bytes there are to be.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// How many are here: whole chunks, or all.
    ///
    /// # Errors
    /// The machine's failure, as everywhere here.
    pub fn received(&self) -> io::Result<u64> {
        let there = self.blobs.length(&self.name)?;
        let chunks = (there / SEALED) * CHUNK_BYTES as u64;
        let last = (there % SEALED).saturating_sub(SEAL as u64);
        // What was cut in the middle of a chunk does not count.
        Ok(if chunks + last == self.length { self.length } else { chunks.min(self.length) })
    }

    /// Puts bytes at a place where chunks begin.
    ///
    /// # Errors
    /// As [`Sealed::received`].
    pub fn put(&self, from: u64, bytes: &[u8]) -> io::Result<()> {
        let first = from / CHUNK_BYTES as u64;
        let mut sealed = Vec::with_capacity(bytes.len() + SEAL * 9);
        for (n, chunk) in (first..).zip(bytes.chunks(CHUNK_BYTES)) {
            let chunk = self.cipher().encrypt(&nonce(n), chunk).map_err(|_| failed())?;
            sealed.extend(chunk);
        }
        self.blobs.append(&self.name, first * SEALED, &sealed)
    }

    /// The chunk in which a place is, from that place on; nothing after the end.
    ///
    /// # Errors
    /// As [`Sealed::received`]; [`io::ErrorKind::InvalidData`] for bytes that were not sealed here.
    pub fn from(&self, at: u64) -> io::Result<Vec<u8>> {
        if at >= self.length {
            return Ok(Vec::new());
        }
        let n = at / CHUNK_BYTES as u64;
        let sealed = self.blobs.read(&self.name, n * SEALED, SEALED as usize)?;
        let opened = self.cipher().decrypt(&nonce(n), sealed.as_slice()).map_err(|_| failed())?;
        let inside = (at % CHUNK_BYTES as u64) as usize;
        opened.get(inside..).map(<[u8]>::to_vec).ok_or_else(failed)
    }

    /// All of them.
    ///
    /// # Errors
    /// As [`Sealed::from`].
    pub fn all(&self) -> io::Result<Vec<u8>> {
        let mut all = Vec::with_capacity(self.length as usize);
        while (all.len() as u64) < self.length {
            let next = self.from(all.len() as u64)?;
            if next.is_empty() {
                return Err(failed());
            }
            all.extend(next);
        }
        Ok(all)
    }

    /// They are whole.
    ///
    /// # Errors
    /// As [`Sealed::received`].
    pub fn finish(&self) -> io::Result<()> {
        self.blobs.finish(&self.name)
    }

    /// They are not what they should be.
    ///
    /// # Errors
    /// As [`Sealed::received`].
    pub fn forget(&self) -> io::Result<()> {
        self.blobs.drop_part(&self.name)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.key))
    }
}

/// A chunk is sealed under its place: chunks cannot change places.
fn nonce(n: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&n.to_be_bytes());
    nonce.into()
}

fn failed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "sealed bytes cannot be read")
}

//! An answer on the way: pages, each with its length and digest, on one compressed stream that is
//! flushed after each page. After a cut, the pages that arrived whole are kept.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use zstd::zstd_safe::CParameter;

use crate::limits::{PAGE_BYTES_MAX, ZSTD_WINDOW_LOG};
use crate::protocol::message::Page;

/// Level 3: the measured balance; higher levels cost the server more than they save the phone.
const LEVEL: i32 = 3;
const DIGEST_BYTES: usize = 8;
/// log2 of the window of an answer that is one page of less than that: 64 KB.
const SHORT_WINDOW_LOG: u32 = 16;

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The line broke, or the bytes are not a stream of ours.
    #[error("the connection broke off: what arrived is kept, the rest comes with the next sync")]
    Cut(#[source] io::Error),
    /// A page is larger than any we write.
    #[error("the server sent a page that is too large")]
    TooLarge,
    /// A page is not what its digest says.
    #[error("the server sent a damaged page")]
    Damaged,
}

/// Writes pages, handing out the bytes of each as they are ready.
pub struct PageWriter {
    /// None before the first page, which tells how much there will be.
    encoder: Option<Encoder>,
}

type Encoder = zstd::stream::write::Encoder<'static, Vec<u8>>;

impl PageWriter {
    /// A new stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { encoder: None }
    }

    /// One page's bytes for the way.
    ///
    /// # Errors
    /// If memory for the compressor cannot be had, or it fails.
    pub fn page(&mut self, page: &Page) -> io::Result<Vec<u8>> {
        let bytes = minicbor::to_vec(page).map_err(io::Error::other)?;
        let short = page.left == 0 && bytes.len() < 1 << SHORT_WINDOW_LOG;
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(encoder(if short { SHORT_WINDOW_LOG } else { ZSTD_WINDOW_LOG })?),
        };
        encoder.write_all(&(bytes.len() as u32).to_be_bytes())?;
        encoder.write_all(&Sha256::digest(&bytes)[..DIGEST_BYTES])?;
        encoder.write_all(&bytes)?;
        encoder.flush()?;
        Ok(std::mem::take(encoder.get_mut()))
    }

    /// The end of the stream.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.encoder.map_or_else(|| encoder(SHORT_WINDOW_LOG), Ok)?.finish()
    }
}

impl Default for PageWriter {
    fn default() -> Self {
        Self::new()
    }
}

/// A compressor with tables no larger than its window needs: most answers are one short page, and many
/// are under way at once.
fn encoder(window_log: u32) -> io::Result<Encoder> {
    let mut encoder = Encoder::new(Vec::new(), LEVEL)?;
    encoder.window_log(window_log)?;
    if window_log < ZSTD_WINDOW_LOG {
        encoder.set_parameter(CParameter::HashLog(window_log - 1))?;
        encoder.set_parameter(CParameter::ChainLog(window_log - 1))?;
    }
    Ok(encoder)
}

/// Reads pages as they arrive.
pub struct PageReader<R: Read> {
    decoder: zstd::stream::read::Decoder<'static, io::BufReader<R>>,
}

impl<R: Read> PageReader<R> {
    /// A reader of the answer's body.
    ///
    /// # Errors
    /// If memory for the decompressor cannot be had.
    pub fn new(body: R) -> io::Result<Self> {
        let mut decoder = zstd::stream::read::Decoder::new(body)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG)?;
        Ok(Self { decoder })
    }

    /// The next page; none at the end of the stream.
    ///
    /// # Errors
    /// [`StreamError`]; pages read before stand.
    pub fn page(&mut self) -> Result<Option<Page>, StreamError> {
        let mut head = [0; 4 + DIGEST_BYTES];
        match self.decoder.read(&mut head[..1]).map_err(StreamError::Cut)? {
            0 => return Ok(None),
            _ => self.decoder.read_exact(&mut head[1..]).map_err(StreamError::Cut)?,
        }
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if length > PAGE_BYTES_MAX {
            return Err(StreamError::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut limited = (&mut self.decoder).take(length as u64);
        limited.read_to_end(&mut bytes).map_err(StreamError::Cut)?;
        if bytes.len() < length {
            return Err(StreamError::Cut(io::ErrorKind::UnexpectedEof.into()));
        }
        if Sha256::digest(&bytes)[..DIGEST_BYTES] != head[4..] {
            return Err(StreamError::Damaged);
        }
        minicbor::decode(&bytes).map(Some).map_err(|_| StreamError::Damaged)
    }
}

/// The first bytes of the digest over a page's change hashes.
#[must_use]
pub fn receipt<'a>(hashes: impl Iterator<Item = &'a crate::ids::ChangeHash>) -> Vec<u8> {
    let mut digest = Sha256::new();
    hashes.for_each(|hash| digest.update(hash.0));
    digest.finalize()[..16].to_vec()
}

/// A message's bytes for the way.
///
/// # Errors
/// If the compressor fails.
pub fn pack<T: minicbor::Encode<()>>(message: &T) -> io::Result<Vec<u8>> {
    let bytes = minicbor::to_vec(message).map_err(io::Error::other)?;
    zstd::stream::encode_all(bytes.as_slice(), LEVEL)
}

/// Reads a message, inflating it to at most `limit` bytes.
///
/// # Errors
/// [`StreamError`] for what is too large or not such a message.
pub fn unpack<T: for<'b> minicbor::Decode<'b, ()>>(
    bytes: impl Read,
    limit: usize,
) -> Result<T, StreamError> {
    let mut decoder = zstd::stream::read::Decoder::new(bytes).map_err(StreamError::Cut)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG.max(23)).map_err(StreamError::Cut)?;
    let mut inflated = Vec::new();
    decoder.take(limit as u64 + 1).read_to_end(&mut inflated).map_err(StreamError::Cut)?;
    if inflated.len() > limit {
        return Err(StreamError::TooLarge);
    }
    minicbor::decode(&inflated).map_err(|_| StreamError::Damaged)
}

/// The first bytes of a message, up to so many, without inflating the rest.
///
/// # Errors
/// [`StreamError::Cut`] for what is no such stream.
pub fn inflate_head(bytes: &[u8], most: usize) -> Result<Vec<u8>, StreamError> {
    let mut decoder = zstd::stream::read::Decoder::new(bytes).map_err(StreamError::Cut)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG.max(23)).map_err(StreamError::Cut)?;
    let mut head = Vec::new();
    decoder.take(most as u64).read_to_end(&mut head).map_err(StreamError::Cut)?;
    Ok(head)
}

/// A request's bytes for the way.
///
/// # Errors
/// If the compressor fails.
pub fn encode_request(request: &crate::protocol::message::SyncRequest) -> io::Result<Vec<u8>> {
    pack(request)
}

/// Reads a request, inflating it to at most `limit` bytes.
///
/// # Errors
/// [`StreamError`] for what is too large or not a request.
pub fn decode_request(
    bytes: &[u8],
    limit: usize,
) -> Result<crate::protocol::message::SyncRequest, StreamError> {
    unpack(bytes, limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ClusterId;
    use crate::time::Timestamp;

    fn page(n: u8) -> Page {
        let mut page = Page::new(ClusterId::from_bytes([n; 16]), Timestamp(n.into()));
        page.frame = vec![n; 1000];
        page
    }

    #[test]
    fn pages_read_back_and_those_before_a_cut_are_kept() {
        let mut writer = PageWriter::new();
        let first = writer.page(&page(1)).unwrap();
        let mut stream = first.clone();
        stream.extend(writer.page(&page(2)).unwrap());
        stream.extend(writer.finish().unwrap());
        let mut reader = PageReader::new(stream.as_slice()).unwrap();
        assert_eq!(reader.page().unwrap(), Some(page(1)));
        assert_eq!(reader.page().unwrap(), Some(page(2)));
        assert_eq!(reader.page().unwrap(), None);

        let mut reader = PageReader::new(&stream[..first.len() + 3]).unwrap();
        assert_eq!(reader.page().unwrap(), Some(page(1)));
        assert!(matches!(reader.page(), Err(StreamError::Cut(_))));
    }

    #[test]
    fn a_request_is_not_inflated_past_its_limit() {
        let bomb = zstd::stream::encode_all(vec![0; 1 << 22].as_slice(), 3).unwrap();
        assert!(matches!(decode_request(&bomb, 1 << 20), Err(StreamError::TooLarge)));
    }
}

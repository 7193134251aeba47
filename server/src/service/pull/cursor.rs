//! Where a phone stands in a cluster's log: bytes that only this server can read, so that they tell
//! nothing, not even how much is going on.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use sha2::{Digest, Sha256};
use sync_core::codec::{DecodeError, Reader, Writer};
use sync_core::ids::{ClusterId, UserId};
use sync_core::protocol::message::ClusterCursor;

use super::people::LEFT;

/// Bytes of a cursor before it is sealed: its fields at their longest, so that its length does not
/// tell how long the log is.
const CURSOR_BYTES: usize = 2 * 10 + 16 + 8 + 5 + 2 + 10 + 5;

/// Where a phone stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cursor {
    /// Everything up to this number was sent, as far as it was granted by then.
    pub base: i64,
    /// The number up to which the round under way sends; between rounds, that up to which the phone knows
    /// the log by what it was answered.
    pub up_to: i64,
    /// How far the round under way has come.
    pub offset: Offset,
    /// The log's chain at `up_to`: a log restored from a backup has another.
    pub chain: [u8; 16],
    /// A digest of the people that the phone was told of.
    pub people: [u8; 8],
    /// Pages sent of the round under way.
    pub pages: u32,
}

/// How far a round has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Offset {
    /// Not begun.
    #[default]
    Start,
    /// Lines of the directory up to this number were sent.
    Directory(i64),
    /// Extracts of the pupil roll up to this number were sent.
    Extracts(i64),
    /// Warnings to visitors up to this number were sent.
    Warnings(i64),
    /// Of newly granted scopes: the class of record, the record's first number, the position.
    Granted(u8, i64, i32),
    /// New changes of what was granted before, up to this number.
    New(i64),
}

impl Cursor {
    /// Seals the cursor for one user and cluster, always in as many bytes. `fresh` is random: the same
    /// place gives other bytes, so that nobody learns whether anything happened in between.
    #[must_use]
    pub fn seal(
        &self,
        key: &[u8; 32],
        log: &[u8; 16],
        whose: (&UserId, &ClusterId),
        fresh: &[u8; 16],
    ) -> Vec<u8> {
        let plain = self.encode();
        // From the content too: a nonce never stands for two cursors, whatever the source gives.
        let mut digest = Sha256::new();
        digest.update(key);
        digest.update(about(log, whose));
        digest.update(fresh);
        digest.update(&plain);
        let nonce: [u8; 12] = digest.finalize()[..12].try_into().unwrap_or([0; 12]);
        let payload = Payload { msg: &plain, aad: &about(log, whose) };
        let sealed = cipher(key).encrypt(&Nonce::from(nonce), payload).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens a cursor; none for bytes that this log's server did not seal for this user and cluster:
    /// such a phone begins anew.
    #[must_use]
    pub fn open(
        sealed: &[u8],
        key: &[u8; 32],
        log: &[u8; 16],
        whose: (&UserId, &ClusterId),
    ) -> Option<Self> {
        let (nonce, sealed) = sealed.split_at_checked(12)?;
        let nonce: [u8; 12] = nonce.try_into().ok()?;
        let payload = Payload { msg: sealed, aad: &about(log, whose) };
        let plain = cipher(key).decrypt(&Nonce::from(nonce), payload).ok()?;
        Self::decode(&plain).ok()
    }

    /// The number at which the phone may hold whatever was there for its user, and up to which it was told what
    /// ended: where everything was sent; in the middle of a round, where that round ends, for its first page
    /// tells what ended, and of the rest any part may have come. Whoever heard that they left has nothing.
    #[must_use]
    pub fn held(&self) -> i64 {
        match self.offset {
            _ if self.people == LEFT => 0,
            Offset::Start => self.base,
            _ => self.up_to,
        }
    }

    /// The cursor's bytes under the seal.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.int(self.base).int(self.up_to).fixed(&self.chain).fixed(&self.people);
        writer.uint(self.pages.into());
        match self.offset {
            Offset::Start => writer.byte(0),
            Offset::Directory(number) => writer.byte(1).int(number),
            Offset::Granted(class, first, position) => {
                writer.byte(2).byte(class).int(first).int(position.into())
            }
            Offset::New(number) => writer.byte(3).int(number),
            Offset::Extracts(number) => writer.byte(4).int(number),
            Offset::Warnings(number) => writer.byte(5).int(number),
        };
        writer.fixed(&vec![0; CURSOR_BYTES.saturating_sub(writer.len())]);
        writer.finish()
    }

    /// Reads what [`Cursor::encode`] wrote, all of it.
    ///
    /// # Errors
    /// [`DecodeError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() != CURSOR_BYTES {
            return Err(DecodeError::Number);
        }
        let mut reader = Reader::new(bytes);
        let (base, up_to) = (reader.int()?, reader.int()?);
        let (chain, people) = (reader.array()?, reader.array()?);
        let pages = reader.uint_to(u32::MAX.into(), "a page's number")? as u32;
        let offset = match reader.byte()? {
            0 => Offset::Start,
            1 => Offset::Directory(reader.int()?),
            2 => Offset::Granted(
                reader.byte()?,
                reader.int()?,
                i32::try_from(reader.int()?).map_err(|_| DecodeError::Number)?,
            ),
            3 => Offset::New(reader.int()?),
            4 => Offset::Extracts(reader.int()?),
            5 => Offset::Warnings(reader.int()?),
            _ => return Err(DecodeError::Unknown("a cursor")),
        };
        if reader.fixed(reader.left())?.iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Trailing);
        }
        Ok(Self { base, up_to, offset, chain, people, pages })
    }
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(*key))
}

fn about(log: &[u8; 16], (user, cluster): (&UserId, &ClusterId)) -> Vec<u8> {
    [log.as_slice(), user.as_bytes(), cluster.as_bytes()].concat()
}

/// The number up to which a phone has a cluster's log, as one of its cursors proves; zero if none
/// does.
#[must_use]
pub fn acknowledged(
    cursors: &[ClusterCursor],
    (key, log_id): (&[u8; 32], &[u8; 16]),
    whose: (&UserId, &ClusterId),
) -> i64 {
    let sealed = cursors.iter().find(|it| it.cluster == *whose.1);
    let open = sealed.and_then(|it| Cursor::open(&it.cursor, key, log_id, whose));
    open.map_or(0, |cursor| cursor.base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_a_round_reads_back() {
        let offsets = [
            Offset::Start,
            Offset::Directory(7),
            Offset::Extracts(8),
            Offset::Warnings(8),
            Offset::Granted(3, -1, 0),
            Offset::New(9),
        ];
        for offset in offsets {
            let cursor = Cursor { base: 7, up_to: 900, offset, ..Cursor::default() };
            assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        }
    }

    #[test]
    fn a_cursor_tells_what_its_phone_may_hold() {
        let answered = Cursor { base: 7, up_to: 900, ..Cursor::default() };
        assert_eq!(answered.held(), 7, "answers bring nothing else");
        let cut = Cursor { offset: Offset::Extracts(8), ..answered.clone() };
        assert_eq!(cut.held(), 900);
        let left = Cursor { people: LEFT, ..answered };
        assert_eq!(left.held(), 0);
    }

    #[test]
    fn a_cursors_length_tells_nothing() {
        let largest = Cursor {
            base: i64::MAX,
            up_to: i64::MIN,
            offset: Offset::Granted(u8::MAX, i64::MIN, i32::MIN),
            pages: u32::MAX,
            ..Cursor::default()
        };
        assert_eq!(largest.encode().len(), CURSOR_BYTES);
        assert_eq!(Cursor::default().encode().len(), CURSOR_BYTES);
    }

    #[test]
    fn a_cursor_is_its_users_and_its_logs_only() {
        let (user, other) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let cluster = ClusterId::from_bytes([3; 16]);
        let cursor =
            Cursor { base: 7, up_to: 900, offset: Offset::Granted(2, 5, 4), ..Cursor::default() };
        let sealed = cursor.seal(&[9; 32], &[8; 16], (&user, &cluster), &[7; 16]);
        let open = |key: u8, log: u8, user: &UserId| {
            Cursor::open(&sealed, &[key; 32], &[log; 16], (user, &cluster))
        };
        assert_eq!(open(9, 8, &user), Some(cursor.clone()));
        assert_eq!(open(9, 8, &other), None);
        assert_eq!(open(9, 7, &user), None);
        assert_eq!(open(1, 8, &user), None);
        let again = cursor.seal(&[9; 32], &[8; 16], (&user, &cluster), &[6; 16]);
        assert_ne!(again, sealed, "nothing is seen not to have moved");
        assert_eq!(Cursor::open(b"short", &[9; 32], &[8; 16], (&user, &cluster)), None);
    }
}

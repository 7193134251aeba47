//! The server's end without its database: cutting what a phone pulls into pages.

use crate::ids::{Actor, ChangeHash, RecordId, UserId};
use crate::limits::PAGE_BYTES;
use crate::protocol::frame::{PulledChange, PulledRecord, encode_pull};
use crate::protocol::message::Page;
use crate::protocol::stream::receipt;

/// A change of the log on its way to a phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedChange {
    /// Its record.
    pub record: RecordId,
    /// Its place in the record, from 1.
    pub position: u32,
    /// The record's envelope, with the first change.
    pub envelope: Option<Vec<u8>>,
    /// The author.
    pub actor: Actor,
    /// The person the author belongs to.
    pub user: UserId,
    /// The author's how-manieth.
    pub seq: u32,
    /// Its explicit dependencies.
    pub deps: Option<Vec<u8>>,
    /// Its body; none if the phone has it.
    pub body: Option<Vec<u8>>,
    /// Its hash.
    pub hash: ChangeHash,
}

/// Collects changes until a page is full.
#[derive(Debug)]
pub struct PageFrame {
    room: usize,
    records: Vec<PulledRecord>,
    hashes: Vec<ChangeHash>,
    bytes: usize,
}

impl Default for PageFrame {
    fn default() -> Self {
        Self::with_room(PAGE_BYTES)
    }
}

impl PageFrame {
    /// A page that is full at so many bytes before compression.
    #[must_use]
    pub const fn with_room(room: usize) -> Self {
        Self { room, records: Vec::new(), hashes: Vec::new(), bytes: 0 }
    }

    /// Whether nothing was put in yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether a change of this size would make the page too large for a slow phone. The first
    /// change always fits: it must travel.
    #[must_use]
    pub fn is_full_for(&self, change: &LoggedChange) -> bool {
        !self.is_empty() && self.bytes + size(change) > self.room
    }

    /// Puts a change in. Changes of a record come in order, one after the other.
    pub fn put(&mut self, change: LoggedChange) {
        self.bytes += size(&change);
        self.hashes.push(change.hash);
        let pulled = PulledChange {
            actor: change.actor,
            user: change.user,
            seq: change.seq,
            deps: change.deps,
            body: change.body,
        };
        let follows = self.records.last_mut().filter(|record| {
            record.record == change.record
                && record.first_position as usize + record.changes.len() == change.position as usize
        });
        match follows {
            Some(record) => record.changes.push(pulled),
            None => self.records.push(PulledRecord {
                record: change.record,
                envelope: change.envelope,
                first_position: change.position,
                changes: vec![pulled],
            }),
        }
    }

    /// Changes put in so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Packs the changes into a page.
    ///
    /// # Errors
    /// If a stored body does not begin with a time.
    pub fn into_page(self, page: &mut Page) -> Result<(), crate::codec::DecodeError> {
        if !self.is_empty() {
            page.frame = encode_pull(&self.records)?;
            page.receipt = receipt(self.hashes.iter());
        }
        Ok(())
    }
}

fn size(change: &LoggedChange) -> usize {
    let body = change.body.as_ref().map_or(0, Vec::len);
    body + change.envelope.as_ref().map_or(0, Vec::len) + 16
}

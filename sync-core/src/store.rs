//! Where a phone keeps its copy: rows of ids and bytes, written in atomic batches.
//!
//! A store knows nothing of what the bytes mean. Everything that must happen together is one
//! [`Store::commit`]: after it returned, the batch survives a kill and a power cut; if it fails,
//! nothing of it happened. Both implementations run one contract suite.

#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use crate::ids::{Actor, CaseId, RecordId, ScopeId};

/// A record as it rests on the phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordRow {
    /// The record.
    pub id: RecordId,
    /// Its case.
    pub case: CaseId,
    /// The compartment of the case that it is in.
    pub scope: ScopeId,
    /// Its kind's code, which may be of a newer version.
    pub kind: u8,
    /// Its envelope in the wire form; a case's own record was made by nobody, and its envelope names nobody.
    pub envelope: Vec<u8>,
}

/// How far a change has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// The server put it here in the record, from 1.
    Placed(u32),
    /// The server has it; where, comes with the next page. Ordered by when it was made.
    Accepted(u64),
    /// Only this phone has it. Ordered by when it was made.
    Unsent(u64),
}

/// A change as it rests on the phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeRow {
    /// Its record.
    pub record: RecordId,
    /// Who wrote it.
    pub actor: Actor,
    /// That actor's how-manieth change of the record, from 1.
    pub seq: u32,
    /// Its dependencies where they are not the implied ones.
    pub deps: Option<Vec<u8>>,
    /// Its body in the wire form.
    pub body: Vec<u8>,
    /// How far it has come.
    pub place: Place,
}

impl ChangeRow {
    /// Whether only this phone has it.
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        matches!(self.place, Place::Unsent(_))
    }
}

/// Work that the server refused: kept until the user says it is dealt with; nothing else deletes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnedRow {
    /// A name of its own, ascending.
    pub id: u64,
    /// The record that it was meant for.
    pub record: RecordRow,
    /// The change, whole.
    pub change: ChangeRow,
    /// The stable code of the reason.
    pub reason: String,
}

/// How far the bytes of an attachment are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Bytes {
    /// They are here and with the server.
    Here = 0,
    /// They are being fetched.
    Coming = 1,
    /// Only this phone has them.
    Unsent = 2,
}

/// The digest by which bytes are kept: records that have the same ones share them.
pub type BytesId = [u8; 32];

/// What a record has attached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttachedRow {
    /// The attachment's record.
    pub record: RecordId,
    /// The digest of its bytes.
    pub digest: BytesId,
    /// How many bytes.
    pub length: u32,
    /// How far they are.
    pub bytes: Bytes,
}

/// Small things kept by key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Shelf {
    /// The phone's own state: identity, tokens, counters.
    Meta = 1,
    /// Where each cluster's log was read to.
    Cursor = 2,
    /// People by user id.
    Person = 3,
    /// The directory by case id.
    Directory = 4,
    /// Notices by their id.
    Notice = 5,
    /// What is being typed, by its screen.
    Draft = 6,
    /// Reserved: nothing is kept here. Its number is never given to anything else.
    Framework = 7,
    /// Old to new names after re-authoring; never deleted.
    Rename = 8,
    /// Frozen scopes: what was delivered stays, nothing later comes.
    Frozen = 9,
    /// The person that each actor belongs to.
    Author = 10,
    /// Extracts of the pupil roll by the scope that they go with.
    Extract = 11,
    /// What was opened on the phone, by day, case and record, until the server knows.
    Opened = 12,
    /// What a visitor must know, by the scope that it goes with.
    Warnings = 13,
    /// What lists show of each case, by its id; made again when a record of it changed.
    Line = 14,
    /// How far each case was read, by its id.
    Read = 15,
}

/// A small thing: its key and its value.
pub type Item = (Vec<u8>, Vec<u8>);

/// One thing to write. A batch of them is atomic and applied in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// Keep a record; does nothing if it is there.
    PutRecord(RecordRow),
    /// Keep a change of a record that is there; a change that is there (same record, actor, seq)
    /// takes the new place only, and a place only goes on: `Placed` over `Accepted` over `Unsent`.
    /// Without its record the batch fails ([`StoreError::Damaged`]).
    PutChange(ChangeRow),
    /// Move a change further; does nothing to one that is not there or already further.
    Move {
        /// Its record.
        record: RecordId,
        /// Who wrote it.
        actor: Actor,
        /// Which change.
        seq: u32,
        /// Where it is now.
        place: Place,
    },
    /// Take a change out of its record and keep it among the returned work under the next id, which
    /// no other ever had; does nothing to one that is not there.
    Return {
        /// Its record.
        record: RecordId,
        /// Who wrote it.
        actor: Actor,
        /// Which change.
        seq: u32,
        /// The stable code of the reason.
        reason: String,
    },
    /// Keep an unsent change under another name, even in another record, which must be there
    /// ([`StoreError::Damaged`]); does nothing if the old one is not there or not unsent.
    Rename {
        /// Its record.
        record: RecordId,
        /// Who wrote it.
        actor: Actor,
        /// Which change.
        seq: u32,
        /// The same work under its new name.
        change: ChangeRow,
    },
    /// The log that a change had a place in is gone: it says by itself what it builds on and is
    /// `Accepted` or `Unsent` again; or it has a place in the log that there is now. Does nothing to one that is
    /// not there.
    Displace {
        /// Its record.
        record: RecordId,
        /// Who wrote it.
        actor: Actor,
        /// Which change.
        seq: u32,
        /// Its dependencies.
        deps: Vec<u8>,
        /// Where it is now.
        place: Place,
    },
    /// The user has dealt with returned work.
    ForgetReturned(u64),
    /// Returned work is there for another reason now; does nothing if it is not there.
    Rejudge {
        /// Its name.
        id: u64,
        /// The stable code of the reason.
        reason: String,
    },
    /// Access ended: drop the scope's placed and accepted changes, and records that then have none, with
    /// what they have attached. Unsent work and bytes stay.
    DropScope(ScopeId),
    /// The same for one record.
    DropRecord(RecordId),
    /// A record's words for [`Store::find`], in place of those it had: it is indexed until it changes. Of
    /// one that is not there, nothing is kept.
    Index {
        /// Its case.
        case: CaseId,
        /// The record.
        record: RecordId,
        /// Its words as the user may read them; empty if there is nothing to find.
        words: String,
    },
    /// What a record says to its reader changed, though nothing was written in it: its words go, and it is
    /// to be indexed again. Does nothing to one that is not there.
    Unindex(RecordId),
    /// A record has bytes, in place of those it had.
    Attach(AttachedRow),
    /// Keep a chunk of bytes, in place of the one that was there.
    PutChunk {
        /// Whose.
        digest: BytesId,
        /// Which, from 0.
        n: u32,
        /// The chunk.
        bytes: Vec<u8>,
    },
    /// A record's bytes are here and with the server: they go with the record from now on, at once if that
    /// went before. Does nothing to one that has none.
    Deliver(RecordId),
    /// What a record had is another's; does nothing if it has none.
    Reattach {
        /// The record.
        from: RecordId,
        /// The other one.
        to: RecordId,
    },
    /// A record has no bytes any more. Chunks go with the last record that has them.
    Detach(RecordId),
    /// Set a small thing.
    Set(Shelf, Vec<u8>, Vec<u8>),
    /// Remove a small thing.
    Remove(Shelf, Vec<u8>),
}

/// What [`StoreError::Damaged`] says of a change whose record is not there.
const NO_RECORD: &str = "a change names a record that is not here";

/// Why a store could not do what was asked. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No space, or no leave to take more.
    #[error("the phone's storage is full: nothing was changed, free some space and try again")]
    Full,
    /// Another process holds the file.
    #[error("another program is using the phone's data: nothing was changed, try again")]
    Busy,
    /// The key opens nothing.
    #[error("the key does not open this phone's data")]
    WrongKey,
    /// Written by a newer app.
    #[error("this phone's data is of version {found}; this app reads up to {supported}: update it")]
    NewerSchema {
        /// The file's version.
        found: i64,
        /// The newest this app knows.
        supported: i64,
    },
    /// The file is not what was written.
    #[error("this phone's data is damaged: nothing was overwritten ({0})")]
    Damaged(String),
    /// The operating system said no.
    #[error("the phone's data cannot be reached: {0}")]
    Io(String),
}

/// How much work only this phone has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct UnsentCount {
    /// Changes.
    pub changes: u64,
    /// Records that they belong to.
    pub records: u64,
    /// Attachments whose bytes the server has not got, or not all of them.
    pub attachments: u64,
}

/// A phone's store. One owner at a time; readers see whole commits.
pub trait Store {
    /// Does all of `writes`, in order, or nothing.
    ///
    /// # Errors
    /// [`StoreError`]; the store is then as before.
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError>;

    /// One record.
    ///
    /// # Errors
    /// [`StoreError`], as for every reader below.
    fn record(&self, id: &RecordId) -> Result<Option<RecordRow>, StoreError>;

    /// A case's records, by id.
    ///
    /// # Errors
    /// [`StoreError`]
    fn records_of_case(&self, case: &CaseId) -> Result<Vec<RecordRow>, StoreError>;

    /// Cases of which the phone has a record, by id.
    ///
    /// # Errors
    /// [`StoreError`]
    fn cases(&self) -> Result<Vec<CaseId>, StoreError>;

    /// A record's changes in reading order: placed by position, then accepted, then unsent.
    ///
    /// # Errors
    /// [`StoreError`]
    fn changes(&self, record: &RecordId) -> Result<Vec<ChangeRow>, StoreError>;

    /// Unsent changes from the `skip`th on, at most `limit`, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`]
    fn unsent(&self, skip: u64, limit: usize) -> Result<Vec<ChangeRow>, StoreError>;

    /// Records whose kind has this code that have unsent changes, by when the first was made.
    ///
    /// # Errors
    /// [`StoreError`]
    fn unsent_records(&self, kind: u8) -> Result<Vec<RecordId>, StoreError>;

    /// How much only this phone has.
    ///
    /// # Errors
    /// [`StoreError`]
    fn unsent_count(&self) -> Result<UnsentCount, StoreError>;

    /// Returned work, oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    fn returned(&self) -> Result<Vec<ReturnedRow>, StoreError>;

    /// Records that changed or went since they were indexed, by case: at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`]
    fn unindexed(&self, limit: usize) -> Result<Vec<(CaseId, RecordId)>, StoreError>;

    /// Records whose indexed words hold each of `words`, whole or as a beginning, whatever the case of
    /// letters and their accents: at most `limit`, those first that say it more.
    ///
    /// # Errors
    /// [`StoreError`]
    fn find(&self, words: &[String], limit: usize) -> Result<Vec<RecordId>, StoreError>;

    /// What a record has attached.
    ///
    /// # Errors
    /// [`StoreError`]
    fn attached(&self, record: &RecordId) -> Result<Option<AttachedRow>, StoreError>;

    /// What only this phone has of attachments, by record.
    ///
    /// # Errors
    /// [`StoreError`]
    fn unsent_attached(&self) -> Result<Vec<AttachedRow>, StoreError>;

    /// How many chunks of these bytes are here from the first on, none missing between.
    ///
    /// # Errors
    /// [`StoreError`]
    fn chunks(&self, digest: &BytesId) -> Result<u32, StoreError>;

    /// A chunk of these bytes.
    ///
    /// # Errors
    /// [`StoreError`]
    fn chunk(&self, digest: &BytesId, n: u32) -> Result<Option<Vec<u8>>, StoreError>;

    /// A small thing.
    ///
    /// # Errors
    /// [`StoreError`]
    fn item(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// A shelf's things by key.
    ///
    /// # Errors
    /// [`StoreError`]
    fn items(&self, shelf: Shelf) -> Result<Vec<Item>, StoreError>;
}

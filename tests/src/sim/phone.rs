//! A simulated phone: the real device over a disk in memory that can lose power at any commit.

use std::cell::RefCell;
use std::rc::Rc;

use sync_core::device::{Device, Enrolled, Session};
use sync_core::engine::client::BatchRoom;
use sync_core::ids::{CaseId, EntryId, RecordId};
use sync_core::store::memory::MemoryStore;
use sync_core::store::{
    AttachedRow, BytesId, ChangeRow, Item, RecordRow, ReturnedRow, Shelf, Store, StoreError,
    UnsentCount, Write,
};
use sync_core::time::Timestamp;

use crate::sim::plant;
use crate::sim::promise::Violation;

/// When the power goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outage {
    /// Commits that still succeed.
    pub commits_left: u64,
    /// Whether the commit at which it goes reaches the disk.
    pub written: bool,
}

/// The power of one phone, shared by its disk and the world.
#[derive(Clone, Debug, Default)]
pub struct Power {
    /// The outage to come.
    pub outage: Option<Outage>,
    /// Whether it is off: nothing can be written until the phone is opened again.
    pub off: bool,
    /// A planted bug: where a page is stored, its cursor reaches the disk before it.
    pub cursor_first: bool,
}

/// A phone's disk: what was committed survives, everything else goes with the power.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    rows: MemoryStore,
    power: Rc<RefCell<Power>>,
}

const OFF: &str = "the phone lost power";

impl Store for Disk {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let mut power = self.power.borrow_mut();
        if power.off {
            return Err(StoreError::Io(OFF.to_owned()));
        }
        let fails_now = match &mut power.outage {
            Some(Outage { commits_left: 0, written }) => Some(*written),
            Some(outage) => {
                outage.commits_left -= 1;
                None
            }
            None => None,
        };
        let Some(written) = fails_now else { return self.rows.commit(writes) };
        power.off = true;
        if written {
            self.rows.commit(writes)?;
        } else if power.cursor_first {
            let cursor = |write: &&Write| matches!(write, Write::Set(Shelf::Cursor, ..));
            let early: Vec<Write> = writes.iter().filter(cursor).cloned().collect();
            self.rows.commit(&early)?;
        }
        Err(StoreError::Io(OFF.to_owned()))
    }

    fn record(&self, id: &RecordId) -> Result<Option<RecordRow>, StoreError> {
        self.rows.record(id)
    }

    fn records_of_case(&self, case: &CaseId) -> Result<Vec<RecordRow>, StoreError> {
        self.rows.records_of_case(case)
    }

    fn cases(&self) -> Result<Vec<CaseId>, StoreError> {
        self.rows.cases()
    }

    fn changes(&self, record: &RecordId) -> Result<Vec<ChangeRow>, StoreError> {
        self.rows.changes(record)
    }

    fn unsent(&self, skip: u64, limit: usize) -> Result<Vec<ChangeRow>, StoreError> {
        self.rows.unsent(skip, limit)
    }

    fn unsent_records(&self, kind: u8) -> Result<Vec<RecordId>, StoreError> {
        self.rows.unsent_records(kind)
    }

    fn unsent_count(&self) -> Result<UnsentCount, StoreError> {
        self.rows.unsent_count()
    }

    fn returned(&self) -> Result<Vec<ReturnedRow>, StoreError> {
        self.rows.returned()
    }

    fn unindexed(&self, limit: usize) -> Result<Vec<(CaseId, RecordId)>, StoreError> {
        self.rows.unindexed(limit)
    }

    fn find(&self, words: &[String], limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.rows.find(words, limit)
    }

    fn attached(&self, record: &RecordId) -> Result<Option<AttachedRow>, StoreError> {
        self.rows.attached(record)
    }

    fn unsent_attached(&self) -> Result<Vec<AttachedRow>, StoreError> {
        self.rows.unsent_attached()
    }

    fn chunks(&self, digest: &BytesId) -> Result<u32, StoreError> {
        self.rows.chunks(digest)
    }

    fn chunk(&self, digest: &BytesId, n: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.chunk(digest, n)
    }

    fn item(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.item(shelf, key)
    }

    fn items(&self, shelf: Shelf) -> Result<Vec<Item>, StoreError> {
        self.rows.items(shelf)
    }
}

/// One user's data on a phone in the simulation.
pub struct Phone {
    /// The real thing.
    pub device: Device<Disk>,
    /// How far its clock is wrong, in milliseconds.
    pub skew_ms: i64,
    /// Requests that it once sent and that may arrive again.
    pub strays: Vec<Vec<u8>>,
    /// What was settled on it, to be taken back.
    pub settlements: Vec<(RecordId, EntryId)>,
    /// An older copy of it.
    copy: Option<MemoryStore>,
    room: BatchRoom,
    power: Rc<RefCell<Power>>,
}

impl Phone {
    /// A phone on which a user has just enrolled.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn enrolled(enrolled: &Enrolled, cursor_first: bool) -> Result<Self, Violation> {
        let power = Rc::new(RefCell::new(Power { cursor_first, ..Power::default() }));
        let mut disk = Disk { rows: MemoryStore::default(), power: power.clone() };
        enrolled.save(&Session::default(), &mut disk)?;
        let device = Device::open(disk)?;
        let room = BatchRoom::default();
        let (strays, settlements, copy) = (Vec::new(), Vec::new(), None);
        Ok(Self { device, skew_ms: 0, strays, settlements, copy, room, power })
    }

    /// From now on, it sends so much at once, also after it was opened again.
    pub fn send_at_once(&mut self, room: BatchRoom) {
        self.room = room;
        self.device.send_at_once(room);
    }

    /// From now on these are the data of another user of somebody's phone: clock and power are the same.
    ///
    /// # Errors
    /// A disk that cannot be opened.
    pub fn lie_beside(&mut self, other: &Self) -> Result<(), Violation> {
        (self.power, self.skew_ms) = (other.power.clone(), other.skew_ms);
        let rows = self.device.store().rows.clone();
        self.device = opened(Disk { rows, power: self.power.clone() }, self.room)?;
        Ok(())
    }

    /// What its clock says at a moment.
    #[must_use]
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(self.skew_ms)
    }

    /// A planted bug: the first unsent change is taken for sent.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn forget_unsent(&mut self) -> Result<(), Violation> {
        let mut disk = self.device.store().clone();
        plant::forget_unsent(&mut disk)?;
        self.device = opened(disk, self.room)?;
        Ok(())
    }

    /// Lets the power go at a commit to come.
    pub fn plan_outage(&self, outage: Outage) {
        self.power.borrow_mut().outage = Some(outage);
    }

    /// Whether it lost power.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.power.borrow().off
    }

    /// Opens it again from its disk: whatever was not committed is gone.
    ///
    /// # Errors
    /// A disk that cannot be opened.
    pub fn reopen(&mut self) -> Result<(), Violation> {
        {
            let mut power = self.power.borrow_mut();
            power.off = false;
            power.outage = None;
        }
        self.device = opened(self.device.store().clone(), self.room)?;
        Ok(())
    }

    /// Copies its data, as a backup does.
    pub fn back_up(&mut self) {
        self.copy = Some(self.device.store().rows.clone());
    }

    /// Puts the copy back, if there is one: whatever it has seen and written since is gone from it.
    ///
    /// # Errors
    /// A copy that cannot be opened.
    pub fn restore(&mut self) -> Result<bool, Violation> {
        let Some(rows) = self.copy.clone() else { return Ok(false) };
        self.device = opened(Disk { rows, power: self.power.clone() }, self.room)?;
        self.settlements.clear();
        Ok(true)
    }

    /// The outage planned for an action that needed fewer commits does not happen.
    pub fn calm(&self) {
        self.power.borrow_mut().outage = None;
    }
}

fn opened(disk: Disk, room: BatchRoom) -> Result<Device<Disk>, Violation> {
    let mut device = Device::open(disk)?;
    device.send_at_once(room);
    Ok(device)
}

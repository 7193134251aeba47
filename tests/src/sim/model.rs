//! What should be, kept apart from the product: what every phone called saved, what the log holds,
//! and which assertions nobody replaced.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

use caseweave::db;
use sync_core::ids::{Actor, EntryId, RecordId, UserId};
use sync_core::record::change::{Change, NewEntry};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Kind;
use sync_core::record::schema::{FACTS, Fact, fact_field};
use sync_core::record::value::Value;
use sync_core::store::{Place, Store};

use crate::sim::checkers;
use crate::sim::phone::Phone;
use crate::sim::promise::{Promise, Violation};
use crate::sim::server::Server;

/// What names a change.
pub type Key = (RecordId, Actor, u32);

/// A change in the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logged {
    /// Its place in the cluster's log.
    pub number: i64,
    /// Its place in its record.
    pub position: u32,
    /// Whose it is.
    pub user: UserId,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// An assertion as the log says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Its name.
    pub id: EntryId,
    /// Who says it.
    pub by: UserId,
    /// What, and in which framework's words.
    pub value: (Value, Option<String>),
    /// What it replaces.
    pub replaces: Vec<EntryId>,
}

/// What an assertion is about.
pub type Topic = (Fact, String);

/// The model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// With its bytes: a phone that was restored gives a name twice.
    saved: Vec<BTreeSet<(Key, Vec<u8>)>>,
    log: Log,
    copy: Option<Log>,
    /// Phones that have not met the server since it was put back.
    behind: BTreeSet<usize>,
    put_back: bool,
}

/// The log, as far as it was read.
#[derive(Clone, Debug, Default)]
struct Log {
    changes: BTreeMap<Key, Logged>,
    bodies: BTreeSet<(RecordId, Actor, Vec<u8>)>,
    lengths: BTreeMap<RecordId, u32>,
    envelopes: BTreeMap<RecordId, Envelope>,
    /// The last number that was read.
    last: i64,
}

impl Model {
    /// A model of so many phones.
    #[must_use]
    pub fn new(phones: usize) -> Self {
        Self { saved: vec![BTreeSet::new(); phones], ..Self::default() }
    }

    /// What a phone called saved.
    #[must_use]
    pub fn saved(&self, phone: usize) -> &BTreeSet<(Key, Vec<u8>)> {
        &self.saved[phone]
    }

    /// The log, by change.
    #[must_use]
    pub fn log(&self) -> &BTreeMap<Key, Logged> {
        &self.log.changes
    }

    /// The records in the log.
    #[must_use]
    pub fn envelopes(&self) -> &BTreeMap<RecordId, Envelope> {
        &self.log.envelopes
    }

    /// Notes that a phone said "saved" of entries in a record.
    ///
    /// # Errors
    /// [`Promise::Kept`] if they are not on its disk.
    pub fn note_saved(
        &mut self,
        (n, phone): (usize, &Phone),
        record: &RecordId,
        entries: &[EntryId],
    ) -> Result<(), Violation> {
        let rows = phone.device.store().changes(record)?;
        for entry in entries {
            if !rows.iter().any(|row| row.actor == entry.actor && row.seq == entry.seq) {
                let what = format!("phone {n} called entry {entry} saved; its disk has it not");
                return Err(Violation::of(Promise::Kept, what));
            }
        }
        for row in rows.into_iter().filter(|row| matches!(row.place, Place::Unsent(_))) {
            self.saved[n].insert(((row.record, row.actor, row.seq), row.body));
        }
        Ok(())
    }

    /// Whatever a phone shows after it was opened again is as good as saved.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn note_unsent(&mut self, n: usize, phone: &Phone) -> Result<(), Violation> {
        for row in phone.device.store().unsent(0, usize::MAX)? {
            self.saved[n].insert(((row.record, row.actor, row.seq), row.body));
        }
        Ok(())
    }

    /// A phone was put back to an older copy: what only it had since is gone with it.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn note_restored(&mut self, n: usize, phone: &Phone) -> Result<(), Violation> {
        let mut here = BTreeSet::new();
        let store = phone.device.store();
        let tray = store.returned()?.into_iter().map(|row| row.change);
        for row in store.unsent(0, usize::MAX)?.into_iter().chain(tray) {
            here.insert(((row.record, row.actor, row.seq), row.body));
        }
        let log = &self.log.changes;
        self.saved[n].retain(|(key, body)| {
            let logged = log.get(key).is_some_and(|logged| logged.body == *body);
            logged || here.contains(&(*key, body.clone()))
        });
        self.note_unsent(n, phone)
    }

    /// The server's database is copied.
    pub fn back_up(&mut self) {
        self.copy = Some(self.log.clone());
    }

    /// The server was put back to its copy. What the log had since is on the phones that wrote it, and
    /// they send it again; what they do not have any more is gone.
    ///
    /// # Errors
    /// A failure of a store.
    pub fn note_server_restored(&mut self, phones: &[Phone]) -> Result<(), Violation> {
        let Some(copy) = self.copy.clone() else { return Ok(()) };
        self.log = copy;
        self.put_back = true;
        self.behind = (0..phones.len()).collect();
        for (n, phone) in phones.iter().enumerate() {
            for lost in checkers::lost_with_the_log(n, phone, self)? {
                self.saved[n].remove(&lost);
            }
        }
        Ok(())
    }

    /// A phone has synced to the end: it knows by which log the server goes on.
    pub fn note_met(&mut self, n: usize) {
        self.behind.remove(&n);
    }

    /// Whether a phone has not met the server since that was put back.
    #[must_use]
    pub fn is_behind(&self, n: usize) -> bool {
        self.behind.contains(&n)
    }

    /// Whether the server was put back in this run.
    #[must_use]
    pub const fn was_put_back(&self) -> bool {
        self.put_back
    }

    /// Reads what is new in the log.
    ///
    /// # Errors
    /// [`Promise::Once`] for what is there twice or out of order.
    pub fn read_log(&mut self, server: &mut Server) -> Result<(), Violation> {
        let cluster = server.cluster;
        for entry in db::log::from_number(&mut server.conn, &cluster, self.log.last + 1, i64::MAX)?
        {
            self.log.last = entry.number;
            if let Slot::Vacant(new) = self.log.envelopes.entry(entry.record) {
                let row = db::records::by_id(&mut server.conn, &entry.record)?;
                let row = row.ok_or(db::Error::Missing)?;
                new.insert(Envelope::decode(&row.envelope)?);
            }
            self.take(&entry)?;
        }
        Ok(())
    }

    fn take(&mut self, entry: &db::log::Entry) -> Result<(), Violation> {
        let again = |what: &str| {
            let db::log::Entry { record, seq, .. } = entry;
            Err(Violation::of(Promise::Once, format!("record {record}, change {seq}: {what}")))
        };
        let seq = entry.seq.unsigned_abs();
        let position = entry.position.unsigned_abs();
        let length = self.log.lengths.entry(entry.record).or_default();
        *length += 1;
        if position != *length {
            return again("its position is not the next of its record");
        }
        if !self.log.bodies.insert((entry.record, entry.actor, entry.body.clone())) {
            return again("the log has it twice");
        }
        let (number, user, body) = (entry.number, entry.user, entry.body.clone());
        let logged = Logged { number, position, user, body };
        match self.log.changes.insert((entry.record, entry.actor, seq), logged) {
            None => Ok(()),
            Some(_) => again("the log has its number twice"),
        }
    }

    /// Every assertion of a record in the order of the log, by topic.
    #[must_use]
    pub fn said(&self, record: &RecordId) -> BTreeMap<Topic, Vec<Said>> {
        let Some(envelope) = self.log.envelopes.get(record) else { return BTreeMap::new() };
        let first = (*record, Actor::from_bytes([0; 16]), 0);
        let last = (*record, Actor::from_bytes([0xff; 16]), u32::MAX);
        let mut changes: Vec<_> = self.log.changes.range(first..=last).collect();
        changes.sort_by_key(|(_, logged)| logged.position);
        let mut said: BTreeMap<Topic, Vec<Said>> = BTreeMap::new();
        for ((_, actor, seq), logged) in changes {
            for (topic, it) in assertions(envelope.kind(), *actor, *seq, logged) {
                said.entry(topic).or_default().push(it);
            }
        }
        said
    }
}

/// Those that nobody replaced.
#[must_use]
pub fn standing(said: &[Said]) -> Vec<&Said> {
    let replaced: BTreeSet<EntryId> =
        said.iter().flat_map(|it| it.replaces.iter().copied()).collect();
    said.iter().filter(|it| !replaced.contains(&it.id)).collect()
}

fn assertions(kind: Kind, actor: Actor, seq: u32, logged: &Logged) -> Vec<(Topic, Said)> {
    let decoded = Change::decode_body(kind, actor, logged.user, &logged.body);
    let Ok(change) = decoded else { return Vec::new() };
    change.added(seq).filter_map(|(id, entry)| said_by(logged.user, id, entry)).collect()
}

fn said_by(by: UserId, id: EntryId, entry: &NewEntry) -> Option<(Topic, Said)> {
    if entry.collection != FACTS {
        return None;
    }
    let field = |code: u8| entry.fields.iter().find(|(it, _)| *it == code).map(|(_, v)| v);
    let text = |code: u8| field(code).and_then(Value::as_text).map(str::to_owned);
    let fact = Fact::from_code(field(fact_field::FACT)?.as_int()?)?;
    let topic = (fact, text(fact_field::SUBJECT).unwrap_or_default());
    let value = (field(fact_field::VALUE)?.clone(), text(fact_field::FRAMEWORK));
    Some((topic, Said { id, by, value, replaces: entry.replaces.clone() }))
}

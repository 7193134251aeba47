//! The phone's end: what to write down of a page, as one atomic batch with the page's cursor.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::authors::{self, Authors, RecordError};
use crate::engine::client::{ClientError, WHOLE, begun_key, framework_key, moved_key, ordinal};
use crate::engine::opened;
use crate::gate::copies;
use crate::gate::refusal::{IN_REVIEW, given_back};
use crate::ids::{Actor, CaseId, ChangeHash, RecordId, ScopeId};
use crate::protocol::frame::{PulledRecord, decode_pull};
use crate::protocol::message::{Answer, Decided, Outcome, Page};
use crate::protocol::stream::receipt;
use crate::record::envelope::{Envelope, Head};
use crate::record::history::History;
use crate::record::kind::{Compartment, Kind};
use crate::store::{ChangeRow, Place, RecordRow, Shelf, Store, Write};

/// What a page means for the phone.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// What to write, all or nothing.
    pub writes: Vec<Write>,
    /// Records that changed.
    pub touched: BTreeSet<RecordId>,
    /// Changes that came.
    pub changes: usize,
    /// Own changes that the server took.
    pub accepted: usize,
    /// Own changes that it did not take.
    pub returned: usize,
    /// Own changes that it keeps apart for a reviewer.
    pub held: usize,
}

/// Reads a page against what the phone has.
///
/// # Errors
/// [`ClientError`]; nothing is to be written then. After [`ClientError::Gap`] ask for the whole.
pub fn incoming(store: &dyn Store, page: &Page) -> Result<Incoming, ClientError> {
    let mut incoming = Incoming::default();
    for answer in &page.answers {
        incoming.answer(store, answer, &page.answers)?;
    }
    // Before what the page brings: a referrer who leaves a team is sent their own concern anew.
    // What is named is a compartment's scope, or a single record that was granted by itself.
    incoming.writes.extend(page.dropped.iter().flat_map(|scope| {
        let record = RecordId::from_bytes(*scope.as_bytes());
        let extract = Write::Remove(Shelf::Extract, scope.as_bytes().to_vec());
        [Write::DropScope(*scope), Write::DropRecord(record), extract]
    }));
    incoming.records(store, page)?;
    for decided in page.decided.iter().flatten() {
        incoming.decided(store, decided)?;
    }
    incoming.lines(page)?;
    if let Some(noted) = page.noted {
        incoming.writes.extend(opened::forget(store, noted, page.now)?);
    }
    if page.left == 0 && !page.cursor.is_empty() {
        incoming.writes.push(Write::Remove(Shelf::Meta, WHOLE.to_vec()));
    }
    if !page.cursor.is_empty() {
        let (cluster, cursor) = (page.cluster.as_bytes().to_vec(), page.cursor.clone());
        incoming.writes.push(Write::Set(Shelf::Cursor, cluster, cursor));
    }
    Ok(incoming)
}

impl Incoming {
    fn answer(
        &mut self,
        store: &dyn Store,
        answer: &Answer,
        all: &[Answer],
    ) -> Result<(), ClientError> {
        let (record, actor, seq) = (answer.record, answer.actor, answer.seq);
        let reason = match &answer.outcome {
            Outcome::Accepted | Outcome::AlreadyHad => {
                self.accept(store, record, actor, seq)?;
                return Ok(());
            }
            Outcome::Needs | Outcome::NotYet => return Ok(()),
            Outcome::Refused(code) => code.clone(),
            Outcome::DependsOnRefused => "depends_on_refused".to_owned(),
            Outcome::Quarantined(_) => IN_REVIEW.to_owned(),
        };
        self.give_back(record, actor, seq, reason);
        // What was written after it in this record builds on it and was not pushed yet.
        let last = all.iter().filter(|a| a.record == record && a.actor == actor).map(|a| a.seq);
        if last.max() == Some(seq) {
            for row in store.changes(&record)?.iter().filter(|row| row.actor == actor) {
                if row.seq > seq && matches!(row.place, Place::Unsent(_)) {
                    self.give_back(record, actor, row.seq, "depends_on_refused".to_owned());
                }
            }
        }
        Ok(())
    }

    fn accept(
        &mut self,
        store: &dyn Store,
        record: RecordId,
        actor: Actor,
        seq: u32,
    ) -> Result<(), ClientError> {
        let rows = store.changes(&record)?;
        if let Some(row) = rows.iter().find(|row| row.actor == actor && row.seq == seq) {
            let place = Place::Accepted(ordinal(row.place));
            self.writes.push(Write::Move { record, actor, seq, place });
            if let Some(row) = store.record(&record)?.filter(|row| row.kind == Kind::Case.code()) {
                // From now on what the server sends says who may write in the case.
                self.writes.push(Write::Remove(Shelf::Meta, begun_key(&row.case)));
            }
            self.touched.insert(record);
            self.accepted += 1;
        }
        Ok(())
    }

    fn give_back(&mut self, record: RecordId, actor: Actor, seq: u32, reason: String) {
        match reason.as_str() {
            IN_REVIEW => self.held += 1,
            _ => self.returned += 1,
        }
        self.writes.push(Write::Return { record, actor, seq, reason });
        self.touched.insert(record);
    }

    /// What was kept apart is in the log now, or back with its author.
    fn decided(&mut self, store: &dyn Store, decided: &Decided) -> Result<(), ClientError> {
        let seqs = decided.first_seq..decided.first_seq.saturating_add(decided.count);
        for row in store.returned()? {
            let change = &row.change;
            let same = change.record == decided.record && change.actor == decided.actor;
            if !same || !seqs.contains(&change.seq) || row.reason != IN_REVIEW {
                continue;
            }
            self.touched.insert(decided.record);
            self.writes.push(match &decided.given_back {
                None => Write::ForgetReturned(row.id),
                Some(words) => {
                    self.returned += 1;
                    Write::Rejudge { id: row.id, reason: given_back(words) }
                }
            });
        }
        Ok(())
    }

    fn records(&mut self, store: &dyn Store, page: &Page) -> Result<(), ClientError> {
        if page.frame.is_empty() {
            return Ok(());
        }
        let pulled = decode_pull(&page.frame).map_err(|_| ClientError::Malformed)?;
        let mut authors = Authors::load(store)?;
        for change in pulled.iter().flat_map(|record| &record.changes) {
            if authors.add(change.actor, change.user) {
                let (actor, user) = (change.actor.as_bytes(), change.user.as_bytes());
                self.writes.push(Write::Set(Shelf::Author, actor.to_vec(), user.to_vec()));
            }
        }
        let mut hashes = Vec::new();
        let mut readable = true;
        let mut begun = BTreeMap::new();
        for record in &pulled {
            match self.record(store, &authors, record, &mut begun)? {
                Some(new) => hashes.extend(new),
                None => readable = false,
            }
        }
        // What a newer version wrote cannot be hashed here; it is kept unread.
        if readable && receipt(hashes.iter()) != page.receipt {
            return Err(ClientError::WrongReceipt);
        }
        Ok(())
    }

    /// The hashes of what is new of a record; none if this version cannot read it. A record may
    /// come twice in a page: `begun` holds what the page brought of it so far.
    fn record(
        &mut self,
        store: &dyn Store,
        authors: &Authors,
        pulled: &PulledRecord,
        begun: &mut BTreeMap<RecordId, (Option<History>, u32)>,
    ) -> Result<Option<Vec<ChangeHash>>, ClientError> {
        let own =
            if pulled.first_position == 1 { Vec::new() } else { store.changes(&pulled.record)? };
        let own_unplaced = match pulled.changes.iter().any(|change| change.body.is_none()) {
            true => written_here(store, &pulled.record)?,
            false => Vec::new(),
        };
        if let Some(bytes) = &pulled.envelope {
            self.writes.push(Write::PutRecord(record_row(pulled.record, bytes)));
        }
        let (mut history, placed) = match begun.remove(&pulled.record) {
            Some(begun) => begun,
            None => self.begin(store, authors, pulled, &own)?,
        };
        if placed + 1 < pulled.first_position {
            return Err(ClientError::Gap);
        }
        let mut hashes = Vec::with_capacity(pulled.changes.len());
        let mut position = pulled.first_position;
        for change in &pulled.changes {
            let body = match &change.body {
                Some(body) => body.clone(),
                None => own_body(&own_unplaced, change.actor, change.seq)?,
            };
            let row = ChangeRow {
                record: pulled.record,
                actor: change.actor,
                seq: change.seq,
                deps: change.deps.clone(),
                body,
                place: Place::Placed(position),
            };
            if let Some(known) = &mut history
                && known.links().len() < position as usize
                && let Err(error) = authors::append(known, authors, &row)
            {
                match error {
                    RecordError::Newer => history = None,
                    _ => return Err(ClientError::Malformed),
                }
            }
            if position == 1
                && let Some(first) = history.as_ref().and_then(|history| history.links().first())
                && let Some(source) = copies::moved_by(&first.change)
            {
                let (key, target) = (moved_key(&source), pulled.record.as_bytes().to_vec());
                self.writes.push(Write::Set(Shelf::Meta, key, target));
            }
            if let Some(history) = &history {
                hashes.extend(history.links().get(position as usize - 1).map(|link| link.hash));
            }
            self.writes.push(Write::PutChange(row));
            self.changes += 1;
            position += 1;
        }
        self.touched.insert(pulled.record);
        let readable = history.is_some();
        begun.insert(pulled.record, (history, position - 1));
        Ok(readable.then_some(hashes))
    }

    /// The placed part of a record's history before a page.
    fn begin(
        &self,
        store: &dyn Store,
        authors: &Authors,
        pulled: &PulledRecord,
        rows: &[ChangeRow],
    ) -> Result<(Option<History>, u32), ClientError> {
        let envelope = match &pulled.envelope {
            Some(bytes) => bytes.clone(),
            None => store.record(&pulled.record)?.ok_or(ClientError::Gap)?.envelope,
        };
        let placed = rows.iter().filter(|row| matches!(row.place, Place::Placed(_)));
        let mut history = Envelope::decode(&envelope).ok().map(History::new);
        let mut count = 0;
        for row in placed {
            count += 1;
            if let Some(known) = &mut history
                && authors::append(known, authors, row).is_err()
            {
                history = None;
            }
        }
        Ok((history, count))
    }

    fn lines(&mut self, page: &Page) -> Result<(), ClientError> {
        let encode = |bytes: Result<Vec<u8>, _>| {
            bytes.map_err(|_: minicbor::encode::Error<_>| ClientError::Malformed)
        };
        for person in &page.people {
            let mut key = person.user.as_bytes().to_vec();
            key.extend(person.cluster.as_bytes());
            self.writes.push(Write::Set(Shelf::Person, key, encode(minicbor::to_vec(person))?));
        }
        if let Some(framework) = &page.framework {
            let (key, name) = (framework_key(&page.cluster), framework.as_bytes().to_vec());
            self.writes.push(Write::Set(Shelf::Meta, key, name));
        }
        for line in &page.directory {
            let key = line.case.as_bytes().to_vec();
            self.writes.push(Write::Set(Shelf::Directory, key, encode(minicbor::to_vec(line))?));
        }
        for line in &page.extracts {
            let key = Compartment::Team.scope(&line.case).as_bytes().to_vec();
            self.writes.push(match &line.extract {
                Some(extract) => {
                    Write::Set(Shelf::Extract, key, encode(minicbor::to_vec(extract))?)
                }
                None => Write::Remove(Shelf::Extract, key),
            });
        }
        let hidden = page.hidden.iter().map(|case| case.as_bytes().to_vec());
        self.writes.extend(hidden.map(|case| Write::Remove(Shelf::Directory, case)));
        let scope = |scope: &ScopeId| scope.as_bytes().to_vec();
        let frozen = page.frozen.iter().map(|s| Write::Set(Shelf::Frozen, scope(s), Vec::new()));
        self.writes.extend(frozen);
        let thawed = page.thawed.iter().map(|s| Write::Remove(Shelf::Frozen, scope(s)));
        self.writes.extend(thawed);
        Ok(())
    }
}

/// What this phone wrote in a record, also what waited for a reviewer.
fn written_here(store: &dyn Store, record: &RecordId) -> Result<Vec<ChangeRow>, ClientError> {
    let mut rows = store.changes(record)?;
    let returned = store.returned()?.into_iter();
    let waited = returned.filter(|row| row.reason == IN_REVIEW && row.change.record == *record);
    rows.extend(waited.map(|row| row.change));
    Ok(rows)
}

fn own_body(rows: &[ChangeRow], actor: Actor, seq: u32) -> Result<Vec<u8>, ClientError> {
    let own = rows.iter().find(|row| row.actor == actor && row.seq == seq);
    own.map(|row| row.body.clone()).ok_or(ClientError::Gap)
}

/// A record's row from its envelope. One whose beginning this version cannot read is kept under no
/// known case.
fn record_row(id: RecordId, bytes: &[u8]) -> RecordRow {
    let (case, scope, kind) = match Head::read(bytes) {
        Ok(head) => (head.case, head.scope, head.kind),
        Err(_) => (
            CaseId::from_bytes(*id.as_bytes()),
            ScopeId::from_bytes(*id.as_bytes()),
            bytes.get(1).copied().unwrap_or_default(),
        ),
    };
    RecordRow { id, case, scope, kind, envelope: bytes.to_vec() }
}

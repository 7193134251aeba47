//! The phone's end: what to write down of a page, as one atomic batch with the page's cursor.

mod another_child;
mod answers;
mod days;
mod displaced;
mod dropped;
mod lost;
mod other_copy;
mod people;

pub use days::{Moments, count_days};
pub use displaced::displaced;

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::authors::{self, Authors, RecordError};
use crate::engine::client::{
    ClientError, WHOLE, framework_key, goes_on_as, held_key, home_key, moved_key,
};
use crate::engine::opened;
use crate::engine::own::Own;
use crate::engine::rewrite::{Named, Rewriting};
use crate::gate::copies;
use crate::gate::refusal::{IN_REVIEW, RELEASED, REVIEW_LOST, given_back};
use crate::ids::{Actor, CaseId, ChangeHash, RecordId, ScopeId};
use crate::protocol::frame::{PulledRecord, decode_pull};
use crate::protocol::message::{Decided, Page};
use crate::protocol::stream::receipt;
use crate::record::envelope::{Envelope, Head};
use crate::record::history::{ChangeName, History};
use crate::record::kind::Compartment;
use crate::store::{ChangeRow, Place, RecordRow, ReturnedRow, Shelf, Store, Write};
use dropped::{goes, parts};

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
    /// Own changes that have other names now and are to be sent.
    pub rewritten: usize,
}

/// Reads a page against what the phone has. Where it begins another log, what [`displaced()`] says is written
/// already; and what [`count_days`] says of its moment.
///
/// # Errors
/// [`ClientError`]; nothing is to be written then. After [`ClientError::OwnMissing`] ask for own work,
/// too, after [`ClientError::Gap`] for the whole.
pub fn incoming(store: &dyn Store, page: &Page, own: &Own) -> Result<Incoming, ClientError> {
    let mut incoming = Incoming::default();
    let pulled = match page.frame.is_empty() {
        true => Vec::new(),
        false => decode_pull(&page.frame).map_err(|_| ClientError::Malformed)?,
    };
    let authors = Authors::load(store)?;
    let ahead = other_copy::went_on_as(&authors, &pulled, own);
    let mut rewriting = Rewriting::new(store, authors, *own);
    incoming.answers(store, page, &mut rewriting)?;
    let mut goes_on = collisions(store, &pulled, &mut rewriting)?;
    lost::leaves(store, page, &pulled, (own, &mut rewriting))?;
    let gone = lost::gives_way(store, page, &pulled, (own, &mut rewriting))?;
    incoming.writes.extend(gone);
    goes_on |= rewriting.is_needed();
    let fresh = rewriting.run(&pulled)?;
    incoming.take(rewriting.done);
    goes_on |= other_copy::has_more(store, &pulled, own)?;
    let returned = incoming.returned;
    // Before what the page brings: a referrer who leaves a team is sent their own concern anew.
    incoming.dropped(store, page, &pulled)?;
    let accepted = std::mem::take(&mut rewriting.accepted);
    incoming.records(store, page, &pulled, (own, &accepted))?;
    // What came back keeps its numbers among the returned work: nothing else may be given them.
    goes_on |= incoming.returned > returned;
    if goes_on || !ahead.is_empty() {
        let actors = other_copy::joined(ahead, fresh, &own.secret);
        incoming.writes.extend(goes_on_as(store, &actors, &own.user)?);
    }
    incoming.tray(store, page, &pulled)?;
    incoming.writes.extend(people::people(store, page)?);
    incoming.lines(store, page)?;
    if let Some(noted) = page.noted {
        incoming.writes.extend(opened::forget(store, noted, page.now)?);
    }
    if page.left == 0 && !page.cursor.is_empty() && !page.anew {
        incoming.writes.push(Write::Remove(Shelf::Meta, WHOLE.to_vec()));
    }
    if page.anew || (page.left == 0 && !page.cursor.is_empty()) {
        incoming.writes.push(Write::Remove(Shelf::Meta, held_key(&page.cluster)));
    }
    if is_within_a_round(page) && store.item(Shelf::Meta, &held_key(&page.cluster))?.is_some() {
        // A part of this round stays here, also if its cursor is put away: the server must hear of both.
        let (key, cursor) = (held_key(&page.cluster), page.cursor.clone());
        incoming.writes.push(Write::Set(Shelf::Meta, key, cursor));
    }
    if !page.cursor.is_empty() {
        let (cluster, cursor) = (page.cluster.as_bytes().to_vec(), page.cursor.clone());
        incoming.writes.push(Write::Set(Shelf::Cursor, cluster, cursor));
    }
    Ok(incoming)
}

/// Whether more of a round is to come after a page. Answers alone are of none.
fn is_within_a_round(page: &Page) -> bool {
    page.number > 0 && page.left > 0 && !page.anew && !page.cursor.is_empty()
}

/// Unsent work whose names the page gives to other work is to be written again; says whether there is
/// any.
fn collisions(
    store: &dyn Store,
    pulled: &[PulledRecord],
    rewriting: &mut Rewriting<'_>,
) -> Result<bool, ClientError> {
    let mut found = false;
    let unsent = match pulled.is_empty() {
        true => Vec::new(),
        false => store.unsent(0, usize::MAX)?,
    };
    for row in unsent {
        let name = (row.record, row.actor, row.seq);
        if rewriting.accepted.contains(&name) || rewriting.takes(&row) {
            continue;
        }
        let comes: Vec<_> = parts(pulled, row.record).collect();
        if comes.is_empty() {
            continue;
        }
        let known = store.record(&row.record)?.map(|row| row.envelope);
        let mut envelopes = comes.iter().filter_map(|it| it.envelope.as_ref());
        let other = envelopes.any(|it| known.as_ref() != Some(it));
        let mut changes = comes.iter().flat_map(|it| &it.changes);
        let same = changes.find(|it| (it.actor, it.seq) == (row.actor, row.seq));
        let taken = same.is_some_and(|it| it.body.as_ref().is_some_and(|body| *body != row.body));
        if other || taken {
            found = true;
            rewriting.name_taken(name, other)?;
        }
    }
    Ok(found)
}

impl Incoming {
    fn take(&mut self, done: crate::engine::rewrite::Done) {
        self.writes.extend(done.writes);
        self.touched.extend(done.touched);
        self.rewritten += done.rewritten;
        let held = done.back.iter().filter(|reason| *reason == IN_REVIEW).count();
        self.held += held;
        self.returned += done.back.len() - held;
    }

    /// What reviewers decided, and what of the tray is in its record now.
    fn tray(
        &mut self,
        store: &dyn Store,
        page: &Page,
        pulled: &[PulledRecord],
    ) -> Result<(), ClientError> {
        let last = page.left == 0 && !page.cursor.is_empty();
        let waits = |row: &&ReturnedRow| matches!(row.reason.as_str(), IN_REVIEW | REVIEW_LOST);
        for row in store.returned()? {
            let change = &row.change;
            let is_it = |it: &&Decided| {
                let seqs = it.first_seq..it.first_seq.saturating_add(it.count);
                (it.record, it.actor) == (change.record, change.actor) && seqs.contains(&change.seq)
            };
            let decided = page.decided.iter().flatten().find(is_it).filter(|_| waits(&&row));
            let released = decided.is_some_and(|it| it.given_back.is_none());
            if is_among(store, change, pulled)? || (last && (released || row.reason == RELEASED)) {
                self.writes.push(Write::ForgetReturned(row.id));
            } else if let Some(decided) = decided {
                self.decided(&row, decided);
            }
        }
        Ok(())
    }

    /// What was kept apart is back with its author; or it is in the log, and its words stay here
    /// until they are in the record.
    fn decided(&mut self, row: &ReturnedRow, decided: &Decided) {
        self.touched.insert(decided.record);
        let reason = decided.given_back.as_deref().map(given_back);
        self.returned += usize::from(reason.is_some());
        let reason = reason.unwrap_or_else(|| RELEASED.to_owned());
        self.writes.push(Write::Rejudge { id: row.id, reason });
    }

    fn records(
        &mut self,
        store: &dyn Store,
        page: &Page,
        pulled: &[PulledRecord],
        (own, accepted): (&Own, &BTreeSet<Named>),
    ) -> Result<(), ClientError> {
        if pulled.is_empty() {
            return Ok(());
        }
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
        // Of a log that is gone the phone may have others' work by names that were given again since.
        let anew = lost::may_have_another_log(store, page)?;
        for record in pulled {
            let mut displaced = BTreeSet::new();
            if anew && is_given_again(store, record)? {
                let comes: Vec<_> = parts(pulled, record.record).collect();
                self.give_back_what_hangs(store, &record.record, &comes)?;
                self.writes.extend(lost::does_not_come(store, &record.record, &comes, own)?);
                self.another_child(store, record, (own, accepted))?;
                self.writes.push(Write::DropRecord(record.record));
            } else if anew {
                displaced = lost::comes_after_all(store, record)?;
            }
            let known = (accepted, &displaced);
            match self.record(store, &authors, (record, known), &mut begun)? {
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
        (pulled, (accepted, displaced)): (&PulledRecord, (&BTreeSet<Named>, &BTreeSet<ChangeName>)),
        begun: &mut BTreeMap<RecordId, (Option<History>, u32)>,
    ) -> Result<Option<Vec<ChangeHash>>, ClientError> {
        let own =
            if pulled.first_position == 1 { Vec::new() } else { store.changes(&pulled.record)? };
        let own_unplaced = match pulled.changes.iter().any(|change| change.body.is_none()) {
            true if !is_another(store, pulled)? => sent_from_here(store, &pulled.record, accepted)?,
            _ => Vec::new(),
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
            let known = history.as_ref().filter(|_| displaced.contains(&(row.actor, row.seq)));
            let told = known.and_then(|history| lost::told_anew(history, &row, position));
            self.writes.push(Write::PutChange(row));
            self.writes.extend(told);
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

    fn lines(&mut self, store: &dyn Store, page: &Page) -> Result<(), ClientError> {
        let encode = |bytes: Result<Vec<u8>, _>| {
            bytes.map_err(|_: minicbor::encode::Error<_>| ClientError::Malformed)
        };
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
        for line in &page.warnings {
            let key = Compartment::Team.scope(&line.case).as_bytes().to_vec();
            // What a search may show of the case's own record may be another now.
            self.writes.push(Write::Unindex(Compartment::Team.case_record(&line.case)));
            self.writes.push(match line.warnings.is_empty() {
                true => Write::Remove(Shelf::Warnings, key),
                false => {
                    Write::Set(Shelf::Warnings, key, encode(minicbor::to_vec(&line.warnings))?)
                }
            });
        }
        for case in &page.hidden {
            self.writes.push(Write::Remove(Shelf::Directory, case.as_bytes().to_vec()));
            // What stays of it may be to be sent again some day.
            if store.records_of_case(case)?.iter().any(|record| !goes(page, record)) {
                let cluster = page.cluster.as_bytes().to_vec();
                self.writes.push(Write::Set(Shelf::Meta, home_key(case), cluster));
            }
        }
        let scope = |scope: &ScopeId| scope.as_bytes().to_vec();
        let frozen = page.frozen.iter().map(|s| Write::Set(Shelf::Frozen, scope(s), Vec::new()));
        self.writes.extend(frozen);
        let thawed = page.thawed.iter().map(|s| Write::Remove(Shelf::Frozen, scope(s)));
        self.writes.extend(thawed);
        Ok(())
    }
}

/// Whether what came back to the tray is in the log after all, and so in its record now.
fn is_among(
    store: &dyn Store,
    change: &ChangeRow,
    pulled: &[PulledRecord],
) -> Result<bool, ClientError> {
    let name = (change.actor, change.seq);
    let found = parts(pulled, change.record)
        .flat_map(|it| &it.changes)
        .find(|it| (it.actor, it.seq) == name);
    Ok(match found.map(|it| it.body.as_ref()) {
        None => false,
        Some(Some(body)) => *body == change.body,
        // Without its words it is this one unless the record has another of that number.
        Some(None) => {
            let here = store.changes(&change.record)?;
            !here.iter().any(|row| (row.actor, row.seq) == name)
        }
    })
}

/// Whether the phone has another record by the name of one that comes: it is a copy of a phone that went
/// on, and its own words are not those of that record.
fn is_another(store: &dyn Store, pulled: &PulledRecord) -> Result<bool, ClientError> {
    let known = store.record(&pulled.record)?.map(|row| row.envelope);
    Ok(pulled.envelope.as_ref().zip(known).is_some_and(|(comes, known)| *comes != known))
}

/// Whether a record that comes from its beginning has other work by names of work that was sent once, or is another
/// than the phone has by its name, should that be nothing but the name any more: what the phone has of it goes.
fn is_given_again(store: &dyn Store, pulled: &PulledRecord) -> Result<bool, ClientError> {
    if pulled.first_position > 1 {
        return Ok(false);
    }
    let rows = store.changes(&pulled.record)?;
    let mut sent = rows.iter().filter(|row| !matches!(row.place, Place::Unsent(_)));
    let is_other = |row: &ChangeRow| {
        let mut there = pulled.changes.iter().filter_map(|it| Some((it, it.body.as_ref()?)));
        there.any(|(it, body)| (it.actor, it.seq) == (row.actor, row.seq) && *body != row.body)
    };
    let other = sent.any(is_other);
    Ok(other || is_another(store, pulled)?)
}

/// What this phone wrote in a record, also what came back.
fn written_here(store: &dyn Store, record: &RecordId) -> Result<Vec<ChangeRow>, ClientError> {
    let mut rows = store.changes(record)?;
    let returned = store.returned()?.into_iter().map(|row| row.change);
    rows.extend(returned.filter(|row| row.record == *record));
    Ok(rows)
}

/// The same without what is still to be sent: by its name the log may have other words. What the page says
/// was taken is what was sent.
fn sent_from_here(
    store: &dyn Store,
    record: &RecordId,
    accepted: &BTreeSet<Named>,
) -> Result<Vec<ChangeRow>, ClientError> {
    let mut rows = written_here(store, record)?;
    let taken = |row: &ChangeRow| accepted.contains(&(row.record, row.actor, row.seq));
    rows.retain(|row| !matches!(row.place, Place::Unsent(_)) || taken(row));
    Ok(rows)
}

fn own_body(rows: &[ChangeRow], actor: Actor, seq: u32) -> Result<Vec<u8>, ClientError> {
    let own = rows.iter().find(|row| row.actor == actor && row.seq == seq);
    own.map(|row| row.body.clone()).ok_or(ClientError::OwnMissing)
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

#[cfg(test)]
mod tests;

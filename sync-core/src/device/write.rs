//! Writing: each action is checked by gate and policy, then durable before it is called saved.

use crate::device::copy::note_move;
use crate::device::{Device, DeviceError};
use crate::engine::authors::Loaded;
use crate::engine::client::{begun_key, cluster_of};
use crate::engine::numbers::number_of;
use crate::engine::own::{
    NEXT_CASE, NEXT_ORDINAL, NEXT_RECORD, counted, counter, counter32, row_of,
};
use crate::gate::copies::Sources;
use crate::gate::refusal::{IN_REVIEW, Refusal, TOO_MANY_AT_ONCE};
use crate::gate::{attached, permission, shape, size};
use crate::ids::{Actor, CaseId, ClusterId, EntryId, RecordId};
use crate::merge::resolve;
use crate::policy::{CaseContext, ClusterAction, decide_in_cluster};
use crate::protocol::message::DirectoryLine;
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::entry::Assertion;
use crate::record::envelope::{Envelope, Made, Origin};
use crate::record::fold::fold;
use crate::record::history::{History, encode_deps};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::{FACTS, Fact, fact_field};
use crate::record::value::Value;
use crate::store::{ChangeRow, Place, ReturnedRow, Shelf, Store, Write};
use crate::time::Timestamp;

/// How far the phone's clock was measured to be ahead of the server's.
pub(super) const CLOCK_AHEAD: &[u8] = b"clock ahead";

/// What was saved on this phone.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Saved {
    /// The case.
    pub case: CaseId,
    /// The record.
    pub record: RecordId,
    /// The entries added.
    pub entries: Vec<EntryId>,
}

/// A record to make.
#[derive(Clone, PartialEq, Debug)]
pub struct NewRecord {
    /// The case.
    pub case: CaseId,
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// The framework in whose words it is; empty for most.
    pub framework: String,
    /// What it begins with.
    pub entries: Vec<NewEntry>,
}

/// A change that was checked, and what is to be written of it.
struct Prepared {
    writes: Vec<Write>,
    actor: Actor,
    saved: Saved,
}

/// An assertion to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Which fact.
    pub fact: Fact,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// The value.
    pub value: Value,
    /// Why.
    pub reason: Option<String>,
    /// The framework whose words the value uses.
    pub framework: Option<String>,
    /// Whether only named people may see it: of an address in the protection record.
    pub confidential: bool,
}

impl Facts {
    /// An assertion about the record as a whole.
    pub fn new(fact: Fact, value: impl Into<Value>) -> Self {
        let (subject, value) = (String::new(), value.into());
        Self { fact, subject, value, reason: None, framework: None, confidential: false }
    }

    /// The same of a subject.
    #[must_use]
    pub fn of(self, subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), ..self }
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self }
    }

    /// The same in a framework's words.
    #[must_use]
    pub fn in_words_of(self, framework: &str) -> Self {
        Self { framework: Some(framework.to_owned()), ..self }
    }

    /// The same for named people only.
    #[must_use]
    pub fn confidential(self) -> Self {
        Self { confidential: true, ..self }
    }

    pub(super) fn entry(&self, replaces: Vec<EntryId>) -> NewEntry {
        let text = |text: &str| Some(Value::from(text)).filter(|_| !text.is_empty());
        let fields = [
            (fact_field::FACT, Some(Value::Int(self.fact.code().into()))),
            (fact_field::SUBJECT, text(&self.subject)),
            (fact_field::VALUE, Some(self.value.clone())),
            (fact_field::REASON, self.reason.as_deref().and_then(text)),
            (fact_field::FRAMEWORK, self.framework.as_deref().and_then(text)),
            (fact_field::CONFIDENTIAL, self.confidential.then_some(Value::Bool(true))),
        ];
        let fields = fields.into_iter().filter_map(|(code, value)| Some((code, value?)));
        let fields = fields.collect();
        NewEntry { collection: FACTS, fields, replaces, text: None }
    }
}

impl<S: Store> Device<S> {
    /// Begins a case in a cluster, with what is known of the child; its beginner is a provisional
    /// member of the team.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn begin_case(
        &mut self,
        cluster: ClusterId,
        mut entries: Vec<NewEntry>,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let begin = ClusterAction::BeginCase;
        let _ground =
            decide_in_cluster(&self.identity.principal, cluster, &begin).map_err(Refusal::from)?;
        let (case, n) = self.next_case()?;
        let user = self.identity.principal.user;
        let member = Facts::new(Fact::Member, "provisional").of(user.to_string());
        entries.insert(0, member.entry(Vec::new()));
        let line = begun_line(case, cluster, &entries);
        let bytes = minicbor::to_vec(&line).map_err(|_| DeviceError::UnknownCase)?;
        // Known before the record is, so that the policy finds its beginner; harmless alone.
        self.store.commit(&[
            Write::Set(Shelf::Directory, case.as_bytes().to_vec(), bytes.clone()),
            Write::Set(Shelf::Meta, begun_key(&case), bytes),
            counted(NEXT_CASE, u64::from(n) + 1),
        ])?;
        self.add(&Envelope::of_case(case, Compartment::Team), entries, now)
    }

    /// The id of the next case and its count.
    fn next_case(&self) -> Result<(CaseId, u32), DeviceError> {
        let (secret, actor) = (self.identity.key.to_bytes(), self.identity.actor);
        let mut n = counter32(&self.store, NEXT_CASE)?;
        // A copy of a phone that went on counts behind: another child's case must not be met.
        while cluster_of(&self.store, &CaseId::derive(&secret, &actor, n))?.is_some() {
            n += 1;
        }
        Ok((CaseId::derive(&secret, &actor, n), n))
    }

    /// The number of the next record, and what notes that it was given.
    pub(super) fn next_record(&self) -> Result<(u32, Write), DeviceError> {
        let (n, next) = self.record_after(counter32(&self.store, NEXT_RECORD)?)?;
        Ok((n, counted(NEXT_RECORD, u64::from(next))))
    }

    /// The number of the first record that is free from the `count`th on, and the count after it.
    fn record_after(&self, mut count: u32) -> Result<(u32, u32), DeviceError> {
        let (secret, actor) = (self.identity.key.to_bytes(), self.identity.actor);
        let mut n = number_of(&secret, count);
        // As with cases: what a copy that went on made by this name is here already.
        while self.store.record(&RecordId::derive(&actor, n))?.is_some() {
            count += 1;
            n = number_of(&secret, count);
        }
        Ok((n, count + 1))
    }

    pub(super) fn begun_here(&self, case: &CaseId) -> Result<bool, DeviceError> {
        Ok(self.store.item(Shelf::Meta, &begun_key(case))?.is_some())
    }

    /// Makes a record of a case.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn make(
        &mut self,
        case: CaseId,
        kind: Kind,
        compartment: Compartment,
        framework: &str,
        entries: Vec<NewEntry>,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let framework = framework.to_owned();
        self.make_one(NewRecord { case, kind, compartment, framework, entries }, now)
    }

    pub(super) fn make_one(
        &mut self,
        new: NewRecord,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        self.make_each(vec![new], now)?.pop().ok_or(DeviceError::UnknownCase)
    }

    /// Makes several records, all or none: of a visit to siblings, say.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn make_each(
        &mut self,
        all: Vec<NewRecord>,
        now: Timestamp,
    ) -> Result<Vec<Saved>, DeviceError> {
        self.make_with(all, now, |_| Vec::new())
    }

    /// The same, with what else is to be written of them in the same commit.
    pub(super) fn make_with(
        &mut self,
        all: Vec<NewRecord>,
        now: Timestamp,
        with: impl FnOnce(&[Saved]) -> Vec<Write>,
    ) -> Result<Vec<Saved>, DeviceError> {
        let (mut prepared, mut writes) = (Vec::with_capacity(all.len()), Vec::new());
        let mut next = counter32(&self.store, NEXT_RECORD)?;
        for new in all {
            let case = self.case_now(new.case)?;
            cluster_of(&self.store, &case)?.ok_or(DeviceError::UnknownCase)?;
            let (n, after) = self.record_after(next)?;
            next = after;
            let made = Made {
                kind: new.kind,
                creator: self.identity.actor,
                n,
                user: self.identity.principal.user,
                device: self.identity.device,
                framework: new.framework,
                at: now,
            };
            let compartment = new.compartment;
            let envelope = Envelope { case, compartment, origin: Origin::Made(made) };
            let edits = new.entries.into_iter().map(Edit::Add).collect();
            prepared.push(self.prepare(&envelope, edits, now, prepared.len() as u64)?);
        }
        writes.push(counted(NEXT_RECORD, u64::from(next)));
        let saved: Vec<Saved> = prepared.iter().map(|one| one.saved.clone()).collect();
        writes.extend(with(&saved));
        self.save(prepared, writes)
    }

    /// Adds entries to a record that the phone has, or to a case's own.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn add(
        &mut self,
        envelope: &Envelope,
        entries: Vec<NewEntry>,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        self.change(envelope, entries.into_iter().map(Edit::Add).collect(), Vec::new(), now)
    }

    /// Asserts a fact of a record in sight of all that the phone has: it replaces what stands, so
    /// an informed edit closes a routine disagreement. Of more than one assertion can replace the oldest go
    /// first, and the next assertion replaces the rest.
    ///
    /// # Errors
    /// [`DeviceError`]; nothing was saved.
    pub fn assert(
        &mut self,
        envelope: &Envelope,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let envelope = &self.envelope_now(envelope)?;
        let loaded = self.history(envelope)?;
        let folded = fold(&loaded.history, loaded.placed);
        let all: Vec<Assertion<'_>> =
            folded.entries.iter().filter_map(|entry| entry.assertion()).collect();
        let merging = self.merging(&envelope.case);
        let standing = resolve(facts.fact, &facts.subject, &all, None, &merging).standing;
        let oldest_first = standing.iter().rev().map(|assertion| assertion.entry.id);
        let mut replaces = loaded.history.within_reach(oldest_first);
        replaces.sort_unstable();
        let entry = facts.entry(replaces);
        self.add(envelope, vec![entry], now)
    }

    /// The envelope of a record that the phone has.
    ///
    /// # Errors
    /// [`DeviceError::Record`] for one that it has not, or that a newer version wrote.
    pub fn envelope(&self, record: &RecordId) -> Result<Envelope, DeviceError> {
        use crate::engine::authors::RecordError;
        let record = self.record_now(record)?;
        let row = self.store.record(&record)?.ok_or(RecordError::Unknown)?;
        Ok(Envelope::decode(&row.envelope).map_err(RecordError::from)?)
    }

    /// Makes one change, durable when this returns.
    pub(super) fn change(
        &mut self,
        envelope: &Envelope,
        edits: Vec<Edit>,
        with: Vec<Write>,
        now: Timestamp,
    ) -> Result<Saved, DeviceError> {
        let prepared = self.prepare(envelope, edits, now, 0)?;
        self.save(vec![prepared], with)?.pop().ok_or(DeviceError::UnknownCase)
    }

    /// Checks a change and says what is to be written; it is the `nth` of one commit.
    fn prepare(
        &self,
        envelope: &Envelope,
        edits: Vec<Edit>,
        now: Timestamp,
        nth: u64,
    ) -> Result<Prepared, DeviceError> {
        let envelope = &self.envelope_now(envelope)?;
        let mut loaded = self.history(envelope)?;
        let actor = self.writer(&loaded);
        self.none_in_review(envelope, actor)?;
        let edits = self.edits_now(&loaded.history, edits);
        let change = Change {
            actor,
            by: self.identity.principal.user,
            at: now,
            clock_ahead_ms: self.clock_ahead_ms()?,
            edits,
        };
        shape::check(envelope.kind(), &change)?;
        let (case, sources) = (self.context(envelope.case, now)?, self.sources(&change)?);
        attached::check(envelope, &change, self.parent(envelope, &change)?, &sources)?;
        let deps = self.permitted(&loaded.history, &change, (&case, &sources))?;
        let moved = note_move(&change, &envelope.id());
        let ordinal = counter(&self.store, NEXT_ORDINAL)? + nth;
        let (row, entries) = self.append(&mut loaded, change, (&deps, ordinal))?;
        let mut writes = vec![Write::PutRecord(row_of(envelope)), Write::PutChange(row)];
        writes.push(counted(NEXT_ORDINAL, ordinal + 1));
        writes.push(self.own_author(actor));
        writes.extend(moved);
        let saved = Saved { case: envelope.case, record: envelope.id(), entries };
        Ok(Prepared { writes, actor, saved })
    }

    /// What a change builds on, if its author may make it.
    fn permitted(
        &self,
        history: &History,
        change: &Change,
        (case, sources): (&CaseContext, &Sources),
    ) -> Result<Vec<usize>, DeviceError> {
        let principal = &self.identity.principal;
        let seen = history.implied_deps(&change.actor);
        permission::check(principal, case, history, change, &seen, sources)?;
        let deps = history.deps_for(change).ok_or_else(|| Refusal::new(TOO_MANY_AT_ONCE))?;
        if deps != seen {
            // The server judges by what the change says that it builds on, which is less here.
            permission::check(principal, case, history, change, &deps, sources)?;
        }
        Ok(deps)
    }

    /// Where the record is to which a change attaches; none if it is not here, or all of it came back.
    fn parent(
        &self,
        envelope: &Envelope,
        change: &Change,
    ) -> Result<Option<attached::Place>, DeviceError> {
        let Some(parent) = attached::parent_of(envelope.kind(), change) else { return Ok(None) };
        let row = self.store.record(&parent)?.filter(|_| parent != envelope.id());
        let begun = !self.store.changes(&parent)?.is_empty();
        let parent = row.filter(|_| begun).and_then(|row| Envelope::decode(&row.envelope).ok());
        Ok(parent.map(|parent| (parent.case, parent.compartment)))
    }

    /// Saves what was prepared, all in one commit.
    fn save(
        &mut self,
        prepared: Vec<Prepared>,
        with: Vec<Write>,
    ) -> Result<Vec<Saved>, DeviceError> {
        let (mut writes, mut saved, mut actors) = (Vec::new(), Vec::new(), Vec::new());
        for one in prepared {
            writes.extend(one.writes);
            actors.push(one.actor);
            saved.push(one.saved);
        }
        writes.extend(with);
        writes.extend(self.draft_goes());
        self.store.commit(&writes)?;
        for actor in actors {
            self.authors.add(actor, self.identity.principal.user);
        }
        Ok(saved)
    }

    /// An entry of one's own that waits for a reviewer keeps its number: nothing may be written after
    /// it in the record before it is released or given back.
    fn none_in_review(&self, envelope: &Envelope, actor: Actor) -> Result<(), DeviceError> {
        let record = envelope.id();
        let waits = |row: &ReturnedRow| {
            row.reason == IN_REVIEW && row.change.record == record && row.change.actor == actor
        };
        match self.store.returned()?.iter().any(waits) {
            true => Err(Refusal::new("own_in_review").into()),
            false => Ok(()),
        }
    }

    fn append(
        &self,
        loaded: &mut Loaded,
        change: Change,
        (deps, ordinal): (&[usize], u64),
    ) -> Result<(ChangeRow, Vec<EntryId>), DeviceError> {
        let history = &mut loaded.history;
        let (actor, record) = (change.actor, history.envelope().id());
        let seq = history.next_seq(&actor);
        let entries = change.added(seq).map(|(id, _)| id).collect();
        let (names, body) = (history.dep_names(deps), change.encode_body());
        size::check(history.envelope().kind(), &change, &body, &names)?;
        history.room_for(&change).map_err(Refusal::from)?;
        history.append(change, seq, Some(&names)).map_err(Refusal::from)?;
        let place = Place::Unsent(ordinal);
        let deps = Some(encode_deps(&names));
        Ok((ChangeRow { record, actor, seq, deps, body, place }, entries))
    }

    /// Who writes in a record: what waits there to be sent is continued by its own author, so that
    /// it travels in one piece.
    pub(super) fn writer(&self, loaded: &Loaded) -> Actor {
        let last = loaded.rows.iter().rfind(|row| row.is_unsent());
        last.map_or(self.identity.actor, |row| row.actor)
    }

    fn own_author(&self, actor: Actor) -> Write {
        let user = self.identity.principal.user;
        Write::Set(Shelf::Author, actor.as_bytes().to_vec(), user.as_bytes().to_vec())
    }

    fn clock_ahead_ms(&self) -> Result<i64, DeviceError> {
        let bytes = self.store.item(Shelf::Meta, CLOCK_AHEAD)?;
        let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        Ok(bytes.map_or(0, i64::from_be_bytes))
    }
}

/// The directory's line of a case that only this phone has.
fn begun_line(case: CaseId, cluster: ClusterId, entries: &[NewEntry]) -> DirectoryLine {
    let said = |fact: Fact| {
        entries.iter().filter(|entry| entry.collection == FACTS).find_map(|entry| {
            let field = |code: u8| entry.fields.iter().find(|(f, _)| *f == code).map(|(_, v)| v);
            let is = field(fact_field::FACT).and_then(Value::as_int) == Some(fact.code().into());
            field(fact_field::VALUE).and_then(Value::as_text).filter(|_| is).map(str::to_owned)
        })
    };
    let name = [said(Fact::GivenName), said(Fact::FamilyName)];
    DirectoryLine {
        case,
        cluster,
        name: name.into_iter().flatten().collect::<Vec<_>>().join(" "),
        school: said(Fact::School).unwrap_or_default(),
        ring: None,
        harm_since: None,
    }
}

#[cfg(test)]
mod tests;

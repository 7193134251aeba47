//! Writing again, under a fresh actor, what only this phone has and could not go as it was: its names
//! were taken by other work, or something before it in the record was not taken.
//!
//! What depends on nothing that is gone goes on, in the order in which it was written; the rest comes
//! back to its author. Everything of one page is one batch of writes.

mod actors;
mod lost;

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::authors::{self, Authors, RecordError};
use crate::engine::client::{ClientError, begun_key, moved_key, ordinal};
use crate::engine::mapping::{self, Names, Span};
use crate::engine::own::{Own, row_of};
use crate::engine::renames::Renames;
use crate::gate::{copies, size};
use crate::ids::{Actor, CaseId, EntryId, RecordId};
use crate::protocol::frame::PulledRecord;
use crate::protocol::message::DirectoryLine;
use crate::record::change::{Change, ElementId};
use crate::record::envelope::{Envelope, Made, Origin};
use crate::record::history::{ChangeName, History, encode_deps};
use crate::store::{ChangeRow, RecordRow, Shelf, Store, Write};

/// A change of a record.
pub(super) type Named = (RecordId, Actor, u32);

/// What is to become of a record's unsent work.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// Everything from this change on is written again.
    from: Option<ChangeName>,
    /// Whether the record's own name is taken, too.
    anew: bool,
    /// Changes that go back to their author, with the code of the reason.
    back: BTreeMap<ChangeName, String>,
    /// Others' changes that leave the record.
    lost: BTreeSet<ChangeName>,
}

impl Plan {
    fn takes_back(&self, row: &ChangeRow) -> bool {
        self.back.contains_key(&(row.actor, row.seq))
    }
}

/// What is written again on account of one page.
#[derive(Clone)]
pub(super) struct Rewriting<'a> {
    store: &'a dyn Store,
    authors: Authors,
    own: Own,
    /// The actor that what is written again has.
    fresh: Actor,
    /// The same of records whose names under it are taken, too, by their old names.
    others: BTreeMap<RecordId, Actor>,
    plans: BTreeMap<RecordId, Plan>,
    cases: BTreeSet<CaseId>,
    /// What the page says the server has: it keeps its name.
    pub(super) accepted: BTreeSet<Named>,
    renames: Renames,
    gone: BTreeSet<Named>,
    pub(super) done: Done,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    /// To be written.
    pub(super) writes: Vec<Write>,
    /// Records that changed.
    pub(super) touched: BTreeSet<RecordId>,
    /// Changes that have new names.
    pub(super) rewritten: usize,
    /// Changes that went back, with their reasons.
    pub(super) back: Vec<String>,
}

/// A record while it is written again.
struct Again {
    old: RecordId,
    envelope: Envelope,
    /// As it was, with all that the phone has.
    before: History,
    /// As it is to be.
    after: History,
    spans: Vec<Span>,
}

impl<'a> Rewriting<'a> {
    pub(super) fn new(store: &'a dyn Store, authors: Authors, own: Own) -> Self {
        let (plans, cases) = (BTreeMap::new(), BTreeSet::new());
        let (accepted, renames, gone) = (BTreeSet::new(), Renames::default(), BTreeSet::new());
        let (fresh, done) = (own.actor.next(&own.secret), Done::default());
        let others = BTreeMap::new();
        Self { store, authors, own, fresh, others, plans, cases, accepted, renames, gone, done }
    }

    /// A change goes back to its author; what follows it is written again.
    pub(super) fn give_back(&mut self, (record, actor, seq): Named, reason: String) {
        let plan = self.plans.entry(record).or_default();
        plan.from.get_or_insert((actor, seq));
        plan.back.insert((actor, seq), reason);
    }

    /// Other work has this change's name: it and what follows it is written again. Where it begins
    /// a record or a case, that is another one, too.
    pub(super) fn name_taken(
        &mut self,
        (record, actor, seq): Named,
        of_record: bool,
    ) -> Result<(), ClientError> {
        let Some(row) = self.store.record(&record)? else { return Ok(()) };
        let only_here = self.store.changes(&record)?.iter().all(ChangeRow::is_unsent);
        if of_record && !only_here {
            self.give_back((record, actor, seq), "id_taken".to_owned());
            return Ok(());
        }
        let made = Envelope::decode(&row.envelope).is_ok_and(|it| it.made().is_some());
        let begun = self.store.item(Shelf::Meta, &begun_key(&row.case))?.is_some();
        if only_here && begun && !made && seq == 1 {
            self.case_taken(row.case)?;
        }
        self.plans.entry(record).or_default().from.get_or_insert((actor, seq));
        Ok(())
    }

    /// Everything of a case that only this phone has is another case's.
    fn case_taken(&mut self, case: CaseId) -> Result<(), ClientError> {
        self.cases.insert(case);
        for record in self.store.records_of_case(&case)? {
            let rows = self.store.changes(&record.id)?;
            let Some(first) = rows.first() else { continue };
            if rows.iter().all(ChangeRow::is_unsent) {
                let plan = self.plans.entry(record.id).or_default();
                (plan.from, plan.anew) = (Some((first.actor, first.seq)), true);
            }
        }
        Ok(())
    }

    /// Whether a change is to be written again or given back.
    pub(super) fn takes(&self, row: &ChangeRow) -> bool {
        self.plans_for(&row.record)
    }

    /// From which change on a record's work is to be written again.
    pub(super) fn planned_from(&self, record: &RecordId) -> Option<ChangeName> {
        self.plans.get(record).and_then(|plan| plan.from)
    }

    /// Whether anything of a record is.
    pub(super) fn plans_for(&self, record: &RecordId) -> bool {
        self.plans.contains_key(record)
    }

    /// Whether anything is to be written again or given back.
    pub(super) fn is_needed(&self) -> bool {
        !self.plans.is_empty()
    }

    /// Does all of it, each record under the first fresh actor whose names are not taken either. A copy
    /// of this phone may have written some of it again before: that is the same work then, by the same
    /// name, and keeps it. Gives the fresh actors, the one to go on as last.
    pub(super) fn run(&mut self, pulled: &[PulledRecord]) -> Result<Vec<Actor>, ClientError> {
        loop {
            let mut attempt = self.clone();
            attempt.all()?;
            let Some(record) = attempt.collision(pulled) else {
                *self = attempt;
                return Ok(self.used());
            };
            self.give_way(&record)?;
        }
    }

    fn all(&mut self) -> Result<(), ClientError> {
        if !self.is_needed() {
            return Ok(());
        }
        self.name_cases()?;
        let plans = self.in_order()?;
        let mut envelopes = self.name_records(&plans)?;
        for (record, plan) in &plans {
            self.record(record, plan, envelopes.remove(record))?;
        }
        self.what_names_them(&plans)
    }

    fn name_cases(&mut self) -> Result<(), ClientError> {
        for case in std::mem::take(&mut self.cases) {
            let new = case.renamed(&self.own.secret, &self.fresh);
            let rename = self.renames.rename_case(&case, &new);
            let here = self.store.item(Shelf::Directory, case.as_bytes())?;
            let begun = self.store.item(Shelf::Meta, &begun_key(&case))?;
            let own = begun.filter(|line| !line.is_empty()).or_else(|| here.clone());
            let line = own.as_ref().and_then(|it| minicbor::decode::<DirectoryLine>(it).ok());
            let line = line.map(|line| minicbor::to_vec(DirectoryLine { case: new, ..line }));
            let line = line.and_then(Result::ok).ok_or(RecordError::Damaged("its case"))?;
            self.done.writes.extend([
                rename,
                Write::Set(Shelf::Directory, new.as_bytes().to_vec(), line.clone()),
                Write::Set(Shelf::Meta, begun_key(&new), line),
                Write::Remove(Shelf::Meta, begun_key(&case)),
            ]);
            // What an earlier page brought is the other case's, which is found by it.
            if here == own {
                self.done.writes.push(Write::Remove(Shelf::Directory, case.as_bytes().to_vec()));
            }
        }
        Ok(())
    }

    /// The plans as their records were first written to: what is named comes before what names it.
    fn in_order(&mut self) -> Result<Vec<(RecordId, Plan)>, ClientError> {
        let mut plans = Vec::new();
        for (record, mut plan) in std::mem::take(&mut self.plans) {
            let rows = self.store.changes(&record)?;
            let unsent = rows.iter().find(|row| row.is_unsent());
            plan.anew |= self.is_whole(&record, &plan)?;
            plans.push((unsent.map_or(0, |row| ordinal(row.place)), record, plan));
        }
        plans.sort_by_key(|(first, record, _)| (*first, *record));
        Ok(plans.into_iter().map(|(_, record, plan)| (record, plan)).collect())
    }

    /// Whether a plan is for all of a record that somebody made, from its first change on: who wrote
    /// that change made the record, so it is another one then.
    fn is_whole(&self, record: &RecordId, plan: &Plan) -> Result<bool, ClientError> {
        let Some(row) = self.store.record(record)? else { return Ok(false) };
        let made = Envelope::decode(&row.envelope).is_ok_and(|it| it.made().is_some());
        let rows = self.store.changes(record)?;
        let has = |row: &ChangeRow| self.accepted.contains(&(*record, row.actor, row.seq));
        let first = rows.first().map(|row| (row.actor, row.seq));
        let back = first.is_some_and(|first| plan.back.contains_key(&first));
        let here = rows.iter().all(|row| row.is_unsent() && !has(row));
        Ok(made && here && !back && first == plan.from)
    }

    /// New names for records whose own is taken.
    fn name_records(
        &mut self,
        plans: &[(RecordId, Plan)],
    ) -> Result<BTreeMap<RecordId, Envelope>, ClientError> {
        let mut envelopes = BTreeMap::new();
        for (record, _) in plans.iter().filter(|(_, plan)| plan.anew) {
            let Some(row) = self.store.record(record)? else { continue };
            let Ok(old) = Envelope::decode(&row.envelope) else { continue };
            let case = self.renames.case(&old.case);
            let origin = match old.origin {
                Origin::Case => Origin::Case,
                // The same number: each was given once on this phone, and a copy of it gives the same.
                Origin::Made(made) => {
                    let creator = self.actor_of(record);
                    Origin::Made(Made { creator, device: self.own.device, ..made })
                }
            };
            let new = Envelope { case, compartment: old.compartment, origin };
            let rename = self.renames.rename_record(record, &new.id());
            let bytes = Write::Reattach { from: *record, to: new.id() };
            self.done.writes.extend([rename, Write::PutRecord(row_of(&new)), bytes]);
            envelopes.insert(*record, new);
        }
        Ok(envelopes)
    }

    fn record(
        &mut self,
        record: &RecordId,
        plan: &Plan,
        anew: Option<Envelope>,
    ) -> Result<(), ClientError> {
        let Some(row) = self.store.record(record)? else { return Ok(()) };
        let (before, mut tail) = self.split(record, plan)?;
        self.done.touched.insert(*record);
        let lost = lost::with_all_after(&plan.lost, &before, &tail);
        let Some((known, whole)) = self.read(&row, (&before, &lost), &tail) else {
            // A newer app wrote in it: what cannot be read cannot be written again.
            for row in tail {
                let reason = plan.back.get(&(row.actor, row.seq)).cloned();
                self.back(&row, reason.unwrap_or_else(depends));
            }
            return Ok(());
        };
        let renamed = anew.is_some();
        tail.sort_by_key(|row| whole.index(&(row.actor, row.seq)));
        let envelope = anew.unwrap_or_else(|| known.envelope().clone());
        let after = if renamed { History::new(envelope.clone()) } else { known };
        let mut again = Again { old: *record, envelope, before: whole, after, spans: Vec::new() };
        self.leave_out(&mut again, &lost);
        // What began the record goes: without it, nothing of the record has a place.
        let back = before.is_empty() && tail.first().is_some_and(|row| plan.takes_back(row));
        let unbegun = back || (!lost.is_empty() && again.after.links().is_empty());
        for row in &tail {
            match plan.back.get(&(row.actor, row.seq)) {
                Some(reason) => self.lose(&mut again, row, reason.clone()),
                None if unbegun => self.lose(&mut again, row, depends()),
                None => self.change(&mut again, row),
            }
        }
        if renamed {
            self.done.writes.push(Write::DropRecord(*record));
        }
        Ok(())
    }

    /// A record's changes that stay as they are, and those after them.
    fn split(
        &self,
        record: &RecordId,
        plan: &Plan,
    ) -> Result<(Vec<ChangeRow>, Vec<ChangeRow>), ClientError> {
        let (mut before, mut tail) = (Vec::new(), Vec::new());
        for row in self.store.changes(record)? {
            let first = plan.from == Some((row.actor, row.seq));
            let has = self.accepted.contains(&(*record, row.actor, row.seq));
            match row.is_unsent() && !has && (first || !tail.is_empty()) {
                true => tail.push(row),
                false => before.push(row),
            }
        }
        Ok((before, tail))
    }

    /// The record with the first rows, without those that leave it, and with all.
    fn read(
        &self,
        row: &RecordRow,
        (before, lost): (&[ChangeRow], &BTreeSet<ChangeName>),
        tail: &[ChangeRow],
    ) -> Option<(History, History)> {
        let is_lost = |row: &ChangeRow| lost.contains(&(row.actor, row.seq));
        let (mut rest, stays): (Vec<_>, Vec<_>) = before.iter().cloned().partition(is_lost);
        rest.extend_from_slice(tail);
        let mut history = History::new(Envelope::decode(&row.envelope).ok()?);
        authors::append_all(&mut history, &self.authors, &stays).ok()?;
        let mut whole = history.clone();
        authors::append_all(&mut whole, &self.authors, &rest).ok()?;
        Some((history, whole))
    }

    fn change(&mut self, again: &mut Again, row: &ChangeRow) {
        let name = (row.actor, row.seq);
        let Some(index) = again.before.index(&name) else {
            return self.lose(again, row, depends());
        };
        let old = again.before.links()[index].clone();
        let pass = Pass { rewriting: self, spans: &again.spans };
        let Some(mapped) = mapping::map(&old.change, &again.old, &pass) else {
            return self.lose(again, row, depends());
        };
        let actor = self.actor_of(&again.old);
        let seq = again.after.next_seq(&actor);
        let change = Change { actor, ..mapped };
        let deps = self.deps(again, &old.deps);
        let body = change.encode_body();
        // Under other names it may take more room than it did.
        if let Err(why) = size::check(again.envelope.kind(), &change, &body, &deps) {
            return self.lose(again, row, why.0);
        }
        let moves = copies::moved_by(&change);
        let Ok(link) = again.after.append(change, seq, Some(&deps)) else {
            return self.lose(again, row, depends());
        };
        let now = Some(ElementId { counter: link.start_op, actor });
        let record = again.envelope.id();
        again.spans.push(Span {
            actor: row.actor,
            first: old.start_op,
            count: old.operations,
            now,
        });
        let rename = self.renames.rename_change((&again.old, &name), (&record, &(actor, seq)));
        let deps = Some(encode_deps(&deps));
        let change = ChangeRow { record, actor, seq, deps, body, place: row.place };
        let (record, actor, seq) = (row.record, row.actor, row.seq);
        self.done.writes.extend([rename, Write::Rename { record, actor, seq, change }]);
        let target = again.envelope.id().as_bytes().to_vec();
        let moved = moves.map(|source| Write::Set(Shelf::Meta, moved_key(&source), target));
        self.done.writes.extend(moved);
        self.done.touched.insert(again.envelope.id());
        self.done.rewritten += 1;
    }

    /// What the change builds on, without what is gone.
    fn deps(&self, again: &Again, old: &[usize]) -> Vec<ChangeName> {
        let mut open = old.to_vec();
        let mut names = BTreeSet::new();
        while let Some(index) = open.pop() {
            let link = &again.before.links()[index];
            let name = self.renames.change(&again.old, &link.name());
            match again.after.index(&name) {
                Some(_) => drop(names.insert(name)),
                None => open.extend(&link.deps),
            }
        }
        let actor = self.actor_of(&again.old);
        let last = again.after.next_seq(&actor) - 1;
        if last > 0 {
            names.insert((actor, last));
        }
        names.into_iter().collect()
    }

    fn lose(&mut self, again: &mut Again, row: &ChangeRow, reason: String) {
        if let Some(index) = again.before.index(&(row.actor, row.seq)) {
            let link = &again.before.links()[index];
            let (first, count) = (link.start_op, link.operations);
            again.spans.push(Span { actor: row.actor, first, count, now: None });
        }
        self.gone.insert((row.record, row.actor, row.seq));
        self.back(row, reason);
    }

    fn back(&mut self, row: &ChangeRow, reason: String) {
        let (record, actor, seq) = (row.record, row.actor, row.seq);
        self.done.back.push(reason.clone());
        self.done.writes.push(Write::Return { record, actor, seq, reason });
    }

    /// Unsent work elsewhere that names what was renamed names it anew.
    fn what_names_them(&mut self, plans: &[(RecordId, Plan)]) -> Result<(), ClientError> {
        if self.renames.is_empty() {
            return Ok(());
        }
        let mut others: Vec<RecordId> = Vec::new();
        for row in self.store.unsent(0, usize::MAX)? {
            let planned = plans.iter().any(|(record, _)| *record == row.record);
            if !planned && !others.contains(&row.record) {
                others.push(row.record);
            }
        }
        for record in others {
            if let Some(from) = self.first_naming(&record)? {
                let mut plan = Plan { from: Some(from), ..Plan::default() };
                plan.anew = self.is_whole(&record, &plan)?;
                let plans = [(record, plan)];
                let envelope = self.name_records(&plans)?.remove(&record);
                self.record(&record, &plans[0].1, envelope)?;
            }
        }
        Ok(())
    }

    fn first_naming(&self, record: &RecordId) -> Result<Option<ChangeName>, ClientError> {
        let Some(row) = self.store.record(record)? else { return Ok(None) };
        let Ok(envelope) = Envelope::decode(&row.envelope) else { return Ok(None) };
        let pass = Pass { rewriting: self, spans: &[] };
        for row in self.store.changes(record)? {
            if !row.is_unsent() || self.accepted.contains(&(*record, row.actor, row.seq)) {
                continue;
            }
            let user = self.own.user;
            let Ok(change) = Change::decode_body(envelope.kind(), row.actor, user, &row.body)
            else {
                return Ok(None);
            };
            if mapping::map(&change, record, &pass).as_ref() != Some(&change) {
                return Ok(Some((row.actor, row.seq)));
            }
        }
        Ok(None)
    }
}

/// The names of this page only: an older name may be somebody else's by now.
struct Pass<'a> {
    rewriting: &'a Rewriting<'a>,
    spans: &'a [Span],
}

impl Names for Pass<'_> {
    fn entry(&self, record: &RecordId, id: &EntryId) -> Option<EntryId> {
        let gone = self.rewriting.gone.contains(&(*record, id.actor, id.seq));
        (!gone).then(|| self.rewriting.renames.entry(record, id))
    }

    fn record(&self, id: &RecordId) -> RecordId {
        self.rewriting.renames.record(id)
    }

    fn case(&self, id: &CaseId) -> CaseId {
        self.rewriting.renames.case(id)
    }

    fn element(&self, id: &ElementId) -> Option<ElementId> {
        mapping::element(self.spans, id)
    }
}

fn depends() -> String {
    "depends_on_refused".to_owned()
}

//! Attested copies: what a change says that another record says is compared with that record, and
//! sharing or moving it must be the copier's to do.

use std::collections::{BTreeMap, BTreeSet};

use crate::framework::Catalogue;
use crate::gate::permission::facts_of;
use crate::gate::refusal::Refusal;
use crate::ids::{AgencyId, RecordId, UserId};
use crate::merge::{Context, resolve_all};
use crate::policy::{Action, CaseContext, Denied, Principal, decide};
use crate::record::change::{Change, Edit, NewEntry};
use crate::record::entry::Entry;
use crate::record::envelope::Envelope;
use crate::record::fold::{Folded, fold, fold_seen};
use crate::record::history::History;
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::AttestedCopy;
use crate::record::schema::{self, COPIES, DETAILS, FACTS, Fact, fact_field};
use crate::record::value::Value;
use crate::view::kinds::copied_text;

/// A record that is copied from, as whoever judges has it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The record.
    pub history: History,
    /// Its case.
    pub case: CaseContext,
    /// How long it had been there when it was copied, milliseconds.
    pub age_ms: i64,
    /// Whether it was re-homed before.
    pub moved: bool,
}

/// The sources that there are of what a change copies.
pub type Sources = BTreeMap<RecordId, Source>;

/// How a change with copies is to be judged further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copying {
    /// Like any other change.
    AsUsual,
    /// No further: it holds nothing but what its source says, and goes where its author may put that
    /// though they may not write there.
    Allowed,
}

/// The records that a change copies from.
#[must_use]
pub fn copied_from(change: &Change) -> BTreeSet<RecordId> {
    copies(change).map(|copy| copy.from).collect()
}

/// The record that a change withdraws by a copy of it.
#[must_use]
pub fn moved_by(change: &Change) -> Option<RecordId> {
    copies(change).find(|copy| copy.withdraws).map(|copy| copy.from)
}

/// Who made the record that a change withdraws by a copy of it.
#[must_use]
pub fn author_moved(change: &Change) -> Option<UserId> {
    copies(change).find(|copy| copy.withdraws).map(|copy| copy.original_by)
}

/// Checks what a change to `record` copies.
///
/// # Errors
/// [`Refusal`]. A source that the author may not read is answered like one that is not there.
pub fn check(
    principal: &Principal,
    record: &History,
    change: &Change,
    sources: &Sources,
) -> Result<Copying, Refusal> {
    let copied: Vec<_> = copies(change).collect();
    let holds_copies = adds(change).any(|entry| entry.collection == COPIES);
    let Some(first) = copied.first() else {
        return if holds_copies { refuse("wrong_copy") } else { Ok(Copying::AsUsual) };
    };
    let source = sources.get(&first.from).ok_or(Denied::NotFound)?;
    let (from, to) = (source.history.envelope(), record.envelope());
    may_copy(principal, source, to, first.withdraws)?;
    if from.kind() != to.kind() {
        return Err(Denied::WrongKind.into());
    }
    if !record.links().is_empty() {
        return refuse("copy_begins_a_record");
    }
    let seen = exact(&copied, source)?;
    if harm_is_left_out(&seen, change) {
        return refuse("harm_left_out");
    }
    let only_copied = change.edits.iter().all(|edit| is_of_source(edit, &seen));
    match only_copied && may_be_put(&seen, to, first.withdraws) {
        true => Ok(Copying::Allowed),
        false => Ok(Copying::AsUsual),
    }
}

/// Whether a change copies a record with what was fixed when that was made.
#[must_use]
pub fn keeps_details(change: &Change, sources: &Sources) -> bool {
    let fixed = adds(change).find(|entry| entry.collection == DETAILS);
    let source = copies(change).next().and_then(|copy| sources.get(&copy.from));
    let (Some(fixed), Some(source)) = (fixed, source) else { return false };
    let source = fold(&source.history, 0);
    details(&source).is_some_and(|details| details.fields == fixed.fields)
}

/// What to add beside the copies of a record, so that lists, dates and figures go on: what was fixed
/// when it was made, and what holds of it as a whole.
#[must_use]
pub fn carried(source: &Folded, because: &str) -> Vec<NewEntry> {
    let details = details(source).map(|entry| NewEntry {
        collection: DETAILS,
        fields: entry.fields.clone(),
        ..NewEntry::default()
    });
    let facts = facts_in_force(source).into_iter().map(|(fact, value)| {
        let fields = vec![
            (fact_field::FACT, Value::Int(fact.code().into())),
            (fact_field::VALUE, value),
            (fact_field::REASON, because.into()),
        ];
        NewEntry { collection: FACTS, fields, ..NewEntry::default() }
    });
    facts.chain(details).collect()
}

fn may_copy(
    principal: &Principal,
    source: &Source,
    to: &Envelope,
    withdraws: bool,
) -> Result<(), Refusal> {
    let (from, age_ms) = (source.history.envelope(), source.age_ms);
    let action = match withdraws {
        true => Action::Rehome { age_ms },
        false => Action::Share { to: to.compartment, age_ms },
    };
    let _ground = decide(principal, &source.case, Some(&facts_of(&source.history)), &action)?;
    if source.moved {
        return refuse("moved_elsewhere");
    }
    match (withdraws, from.case == to.case, from.compartment == to.compartment) {
        (false, false, _) => refuse("another_child"),
        (_, true, true) => refuse("same_place"),
        _ => Ok(()),
    }
}

/// The source as its copier had seen it, if the copies are what it then said, whole.
fn exact(copied: &[AttestedCopy], source: &Source) -> Result<Folded, Refusal> {
    let wrong = || Refusal::new("wrong_copy");
    let first = &copied[0];
    let version = first.version.as_ref().ok_or_else(wrong)?;
    let history = &source.history;
    let places: Option<Vec<_>> = version.names().iter().map(|name| history.index(name)).collect();
    let places = places.ok_or_else(|| Refusal::new("missing_dependency"))?;
    // What is withdrawn must go on whole: what others wrote meanwhile would be lost with it.
    if first.withdraws && history.past(&places).contains(&false) {
        return Err(Refusal::new("grown_meanwhile"));
    }
    let seen = fold_seen(history, 0, &history.past(&places));
    let made = seen.envelope.made().ok_or_else(wrong)?;
    let alike = |copy: &AttestedCopy| {
        (copy.from, &copy.version, copy.withdraws) == (first.from, &first.version, first.withdraws)
            && (copy.original_by, copy.original_at) == (made.user, made.at)
    };
    let text: String = copied.iter().map(|copy| copy.text.as_str()).collect();
    match copied.iter().all(alike) && text == copied_text(&seen) {
        true => Ok(seen),
        false => Err(wrong()),
    }
}

/// A copied alarm goes on ringing.
fn harm_is_left_out(source: &Folded, change: &Change) -> bool {
    let suspected = (Fact::HarmSuspected, Value::Bool(true));
    facts_in_force(source).contains(&suspected)
        && !adds(change).any(|entry| asserted(entry).as_ref() == Some(&suspected))
}

/// Whether the author may put a copy into a place in which they may not write: anything of a case
/// into its protection, a request to the agency that it asks.
fn may_be_put(source: &Folded, to: &Envelope, withdraws: bool) -> bool {
    match to.compartment {
        Compartment::Protection => withdraws && source.envelope.case == to.case,
        Compartment::Agency(agency) => !withdraws && asked(source) == Some(agency),
        Compartment::Team => false,
    }
}

/// The agency that a request asks.
fn asked(source: &Folded) -> Option<AgencyId> {
    let request = source.envelope.kind() == Kind::Request;
    let to = details(source).filter(|_| request)?.field(1)?.as_bytes()?;
    AgencyId::from_slice(to).ok()
}

fn is_of_source(edit: &Edit, source: &Folded) -> bool {
    let Edit::Add(entry) = edit else { return false };
    match entry.collection {
        COPIES => true,
        FACTS => asserted(entry).is_some_and(|said| facts_in_force(source).contains(&said)),
        DETAILS => details(source).is_some_and(|details| details.fields == entry.fields),
        _ => false,
    }
}

/// What was fixed when the record was made; some kinds have nothing of the sort.
fn details(source: &Folded) -> Option<&Entry> {
    let collection = schema::collection(source.envelope.kind(), DETAILS)?;
    let creator = source.envelope.made()?.creator;
    let fixed = collection.name == "details";
    let mut own = source.entries_of(DETAILS).filter(|it| fixed && it.id.actor == creator);
    own.next()
}

/// The values that hold of the record as a whole.
fn facts_in_force(source: &Folded) -> Vec<(Fact, Value)> {
    let catalogue = Catalogue::new();
    let resolved = resolve_all(&source.entries, &Context::new(&catalogue));
    let whole = resolved.iter().filter(|it| it.subject.is_empty());
    let one = whole.filter_map(|it| Some((it.fact, it.in_force.one()?.value.clone())));
    one.collect()
}

/// What an entry asserts of the record as a whole, in place of nothing.
fn asserted(entry: &NewEntry) -> Option<(Fact, Value)> {
    let field = |code: u8| entry.fields.iter().find(|(it, _)| *it == code).map(|(_, v)| v);
    let plain = entry.collection == FACTS && entry.replaces.is_empty();
    let whole = plain && field(fact_field::SUBJECT).is_none();
    let fact = field(fact_field::FACT).filter(|_| whole)?.as_int().and_then(Fact::from_code)?;
    Some((fact, field(fact_field::VALUE)?.clone()))
}

fn copies(change: &Change) -> impl Iterator<Item = AttestedCopy> {
    adds(change).filter_map(AttestedCopy::read_new)
}

fn adds(change: &Change) -> impl Iterator<Item = &NewEntry> {
    change.edits.iter().filter_map(|edit| match edit {
        Edit::Add(entry) => Some(entry),
        Edit::Splice { .. } => None,
    })
}

fn refuse<T>(code: &str) -> Result<T, Refusal> {
    Err(Refusal::new(code))
}

#[cfg(test)]
mod tests;

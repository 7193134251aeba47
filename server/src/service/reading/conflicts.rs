//! Disagreements that a person must settle: with their values for whoever may read the record, as a
//! number with its age for whoever may know no more.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sync_core::gate::permission::{may_settle, record_facts};
use sync_core::ids::{CaseId, RecordId};
use sync_core::merge::{Conflict, Severity, conflicts};
use sync_core::policy::{Action, decide};
use sync_core::record::fold::Folded;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::time::Timestamp;
use sync_core::view::header;

use super::Reader;
use crate::db::{self, Conn, Error};
use crate::service::histories::{self, CaseState};

/// A disagreement in a record that is open to the person.
#[derive(Clone, Debug)]
pub struct OpenConflict {
    /// The case.
    pub case: CaseId,
    /// The child's name.
    pub name: String,
    /// The record.
    pub record: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// Who it is for.
    pub compartment: Compartment,
    /// The values, what holds meanwhile, and why.
    pub conflict: Conflict,
    /// Whether the person may settle it.
    pub may_settle: bool,
}

/// Disagreements of which the person may know that they are there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CountedConflicts {
    /// The case.
    pub case: CaseId,
    /// Where.
    pub compartment: Compartment,
    /// How many.
    pub count: usize,
    /// When the oldest began: its second value, by its author's clock.
    pub since: Option<Timestamp>,
}

/// What waits to be settled.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// With values.
    pub open: Vec<OpenConflict>,
    /// Without.
    pub counted: Vec<CountedConflicts>,
}

/// What waits to be settled in the person's clusters.
///
/// # Errors
/// The database's failure.
pub fn inbox(conn: &mut Conn, reader: &Reader) -> Result<Inbox, Error> {
    let mut inbox = Inbox::default();
    for cluster in reader.clusters() {
        let world = reader.world(conn, &cluster)?;
        let mut cases: BTreeMap<CaseId, Option<CaseState>> = BTreeMap::new();
        for view in db::views::in_conflict(conn, &cluster)? {
            let state = match cases.entry(view.case) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(reader.visible(conn, &world, &view.case, &cluster)?)
                }
            };
            let Some(state) = state else { continue };
            inbox.add(conn, reader, state, &view.record)?;
        }
    }
    Ok(inbox)
}

/// What waits to be settled in one case.
///
/// # Errors
/// The database's failure.
pub fn of_records(reader: &Reader, state: &CaseState, records: &[Folded]) -> Vec<OpenConflict> {
    records.iter().flat_map(|folded| open(reader, state, folded)).collect()
}

impl Inbox {
    fn add(
        &mut self,
        conn: &mut Conn,
        reader: &Reader,
        state: &CaseState,
        record: &RecordId,
    ) -> Result<(), Error> {
        let Some(folded) = histories::folded(conn, record)? else { return Ok(()) };
        let facts = record_facts(&folded.envelope);
        let (who, context) = (&reader.principal, &state.context);
        let count = Action::SeeConflictCount { compartment: facts.compartment };
        if decide(who, context, Some(&facts), &Action::SeeConflict).is_ok() {
            self.open.extend(open(reader, state, &folded));
        } else if decide(who, context, None, &count).is_ok() {
            self.count(reader, state, &folded);
        }
        Ok(())
    }

    fn count(&mut self, reader: &Reader, state: &CaseState, folded: &Folded) {
        let safety = safety(reader, state, folded);
        let since = safety.iter().filter_map(began).min();
        let (case, compartment) = (state.context.case, folded.envelope.compartment);
        let same = |it: &&mut CountedConflicts| it.case == case && it.compartment == compartment;
        match self.counted.iter_mut().find(same) {
            Some(known) => {
                known.count += safety.len();
                known.since = known.since.into_iter().chain(since).min();
            }
            None => {
                let count = safety.len();
                self.counted.push(CountedConflicts { case, compartment, count, since });
            }
        }
    }
}

fn safety(reader: &Reader, state: &CaseState, folded: &Folded) -> Vec<Conflict> {
    let all = conflicts(&folded.entries, &reader.merging(state));
    all.into_iter().filter(|conflict| conflict.severity == Severity::Safety).collect()
}

/// A disagreement begins with its second value.
fn began(conflict: &Conflict) -> Option<Timestamp> {
    let mut said: Vec<_> = conflict.rivals.iter().map(|rival| rival.at).collect();
    said.sort_unstable();
    said.get(1).copied()
}

fn open(reader: &Reader, state: &CaseState, folded: &Folded) -> Vec<OpenConflict> {
    let merging = reader.merging(state);
    let team = state.team.as_ref().map(|team| header(team, &merging));
    let name = team.map(|team| team.name).unwrap_or_default();
    let envelope = &folded.envelope;
    let record = record_facts(envelope);
    safety(reader, state, folded)
        .into_iter()
        .map(|conflict| OpenConflict {
            case: envelope.case,
            name: name.clone(),
            record: envelope.id(),
            kind: envelope.kind(),
            compartment: envelope.compartment,
            may_settle: may_settle(&reader.principal, &state.context, &record, &conflict),
            conflict,
        })
        .collect()
}

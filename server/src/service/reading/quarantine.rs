//! Work that waits for a reviewer: with its words for whoever may decide about it, as a number with
//! its age for whoever may know no more.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sync_core::gate::permission::record_facts;
use sync_core::ids::{CaseId, ClusterId, RecordId};
use sync_core::policy::{Action, Principal, decide, sees_directory};
use sync_core::record::envelope::Envelope;
use sync_core::record::fold::fold;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::time::Timestamp;
use sync_core::view::{EntryView, RecordView, header};

use super::Reader;
use crate::db::quarantine::{Held, State};
use crate::db::{self, Conn, Error};
use crate::ingest::hold::{envelope_of, pushed_of, unbegun, with_held};
use crate::ingest::release::may_review;
use crate::service::histories::{self, CaseState};

/// Work that the person may decide about.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What is kept, and of whom.
    pub held: Held,
    /// The child's name.
    pub name: String,
    /// What the record is about.
    pub kind: Kind,
    /// Who the record is for.
    pub compartment: Compartment,
    /// What the changes say, in order; empty if they do not fit the record any more.
    pub entries: Vec<EntryView>,
}

/// Work of which the person may know that it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The case.
    pub case: CaseId,
    /// Where.
    pub compartment: Compartment,
    /// How many records.
    pub count: usize,
    /// When the oldest arrived.
    pub since: Timestamp,
}

/// Work of a cluster that nobody may decide about: whose case only its author, or somebody excluded,
/// could review. Governance sees that it is there and has somebody appointed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreviewable {
    /// The cluster; not even the case is told.
    pub cluster: ClusterId,
    /// How many records.
    pub count: usize,
    /// When the oldest arrived.
    pub since: Timestamp,
}

/// What waits.
#[derive(Clone, Debug, Default)]
pub struct Tray {
    /// With its words, oldest first.
    pub open: Vec<Waiting>,
    /// Without.
    pub counted: Vec<Counted>,
    /// Without reviewer, for information governance.
    pub unreviewable: Vec<Unreviewable>,
}

/// What waits in the person's clusters.
///
/// # Errors
/// The database's failure.
pub fn tray(conn: &mut Conn, reader: &Reader) -> Result<Tray, Error> {
    let mut tray = Tray::default();
    for cluster in reader.clusters() {
        let waiting = db::quarantine::waiting(conn, &cluster)?;
        if waiting.is_empty() {
            continue;
        }
        let world = reader.world(conn, &cluster)?;
        let governs = reader.governs(&cluster);
        let reviewers = governs.then(|| world.everybody.of(conn, &cluster)).transpose()?;
        let mut cases: BTreeMap<CaseId, Option<CaseState>> = BTreeMap::new();
        for held in waiting {
            let state = match cases.entry(held.case) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let (case, now) = (held.case, reader.now);
                    let known = histories::case_state(conn, &case, &cluster, &world, now)?;
                    new.insert(match known {
                        None => unbegun(conn, &world, &held)?,
                        known => known,
                    })
                }
            };
            let Some(state) = state else { continue };
            if let Some(reviewers) = &reviewers {
                tray.miss_reviewer(reviewers, state, &held)?;
            }
            if sees_directory(&reader.principal, &state.context) {
                tray.add(conn, reader, state, held)?;
            }
        }
    }
    Ok(tray)
}

impl Tray {
    fn add(
        &mut self,
        conn: &mut Conn,
        reader: &Reader,
        state: &CaseState,
        held: Held,
    ) -> Result<(), Error> {
        let envelope = envelope_of(&held)?;
        let compartment = envelope.compartment;
        if may_review(&reader.principal, &state.context, &envelope, &held) {
            let team = state.team.as_ref().map(|team| header(team, &reader.merging(state)));
            let name = team.map(|team| team.name).unwrap_or_default();
            let entries = entries(conn, reader, state, &held)?;
            let kind = envelope.kind();
            self.open.push(Waiting { held, name, kind, compartment, entries });
        } else if reader.principal.user != held.user && may_count(reader, state, compartment) {
            self.count(&held, compartment);
        }
        Ok(())
    }

    fn miss_reviewer(
        &mut self,
        reviewers: &[Principal],
        state: &CaseState,
        held: &Held,
    ) -> Result<(), Error> {
        let envelope = envelope_of(held)?;
        if reviewers.iter().any(|it| may_review(it, &state.context, &envelope, held)) {
            return Ok(());
        }
        match self.unreviewable.iter_mut().find(|it| it.cluster == held.cluster) {
            Some(known) => known.count += 1,
            None => {
                let (cluster, since) = (held.cluster, held.arrived_at);
                self.unreviewable.push(Unreviewable { cluster, count: 1, since });
            }
        }
        Ok(())
    }

    fn count(&mut self, held: &Held, compartment: Compartment) {
        let same = |it: &&mut Counted| it.case == held.case && it.compartment == compartment;
        match self.counted.iter_mut().find(same) {
            Some(known) => known.count += 1,
            None => {
                let (case, since) = (held.case, held.arrived_at);
                self.counted.push(Counted { case, compartment, count: 1, since });
            }
        }
    }
}

/// Whoever reviews the team's work knows how much waits elsewhere, too, and how long.
fn may_count(reader: &Reader, state: &CaseState, compartment: Compartment) -> bool {
    let team = record_facts(&Envelope::of_case(state.context.case, Compartment::Team));
    let may =
        |record, action: &Action| decide(&reader.principal, &state.context, record, action).is_ok();
    may(Some(&team), &Action::Review) && may(None, &Action::SeeConflictCount { compartment })
}

/// What kept changes say, read with what they build on.
fn entries(
    conn: &mut Conn,
    reader: &Reader,
    state: &CaseState,
    held: &Held,
) -> Result<Vec<EntryView>, Error> {
    let mut history = histories::history_of(conn, &envelope_of(held)?)?;
    for before in db::quarantine::of_author(conn, &held.record, &held.actor)? {
        let waits = before.state == State::Waiting && before.first_seq <= held.first_seq;
        if waits && let Some(longer) = with_held(&history, &pushed_of(&before)?, held.user) {
            history = longer;
        }
    }
    let folded = fold(&history, history.links().len());
    let seqs = held.first_seq..held.first_seq + held.length;
    let own =
        |entry: &EntryView| entry.id.actor == held.actor && seqs.contains(&(entry.id.seq as i32));
    let mut view = RecordView::of(&folded, &reader.merging(state));
    view.entries.retain(own);
    Ok(view.entries)
}

/// Parses the name of kept work, as the API writes it.
#[must_use]
pub fn parse_id(text: &str) -> Option<[u8; 16]> {
    text.parse::<RecordId>().ok().map(|id| *id.as_bytes())
}

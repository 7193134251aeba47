//! A cluster's two years: every few weeks its phones reach the server, each with a signed batch.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sync_core::ids::ClusterId;
use sync_core::protocol::frame::decode_push;
use sync_core::protocol::message::{Answer, Outcome};
use sync_core::record::envelope::Envelope;
use sync_core::time::Timestamp;

use super::case::Story;
use super::folder::Outbox;
use super::phones::{Phone, hand_out};
use super::places::Places;
use super::writing::Desk;
use super::{Job, LoadError, Loaded, Told};
use crate::db::{Conn, read_tx};
use crate::demo::Area;
use crate::ingest::Arrival;
use crate::ingest::commit::commit_group;
use crate::ingest::judge::judge;

/// How long a phone is out of reach.
const AWAY_MS: i64 = 28 * Timestamp::DAY_MS;

/// One cluster on its way into the database.
pub(super) struct ClusterLoad<'a> {
    job: &'a Job<'a>,
    area: &'a Area,
    cluster: ClusterId,
    conn: Conn,
    phones: BTreeMap<u32, Phone>,
    loaded: Loaded,
}

impl<'a> ClusterLoad<'a> {
    pub(super) fn begin(
        job: &'a Job<'a>,
        area: &'a Area,
        places: &Places,
        at: usize,
    ) -> Result<Self, LoadError> {
        let mut conn = Conn::open(job.address)?;
        let phones = hand_out(&mut conn, job, area, places, at)?;
        let (cluster, loaded) = (places.clusters[at], Loaded::default());
        Ok(Self { job, area, cluster, conn, phones, loaded })
    }

    /// Loads the cluster's cases. `report` is told how many events went in.
    pub(super) fn run(
        mut self,
        cases: &[Told],
        turn: &Mutex<()>,
        report: &dyn Fn(u64),
    ) -> Result<Loaded, LoadError> {
        let mut stories: Vec<Story> = cases.iter().map(Story::new).collect();
        self.loaded.cases = stories.len() as u64;
        while let Some(first) = stories.iter().filter_map(Story::next).min() {
            let until = first.plus_ms(AWAY_MS);
            let taken = stories.iter_mut().map(|story| story.take_up(until)).sum();
            let at = until.min(self.job.now);
            while self.round(&mut stories, at, turn, Story::write_run)? {}
            self.round(&mut stories, at, turn, Story::write_free)?;
            report(taken);
        }
        Ok(self.loaded)
    }

    /// Lets each story write, and pushes what was written; says whether there was anything.
    fn round(
        &mut self,
        stories: &mut [Story],
        at: Timestamp,
        turn: &Mutex<()>,
        write: fn(&mut Story, &mut Desk<'_>) -> Result<(), LoadError>,
    ) -> Result<bool, LoadError> {
        let outbox = Outbox::default();
        let mut desk = Desk { area: self.area, phones: &mut self.phones, outbox };
        stories.iter_mut().try_for_each(|story| write(story, &mut desk))?;
        let outbox = desk.outbox;
        let any = !outbox.is_empty();
        let mut arrivals = Vec::new();
        for (owner, records) in outbox.0 {
            if let Some(phone) = self.phones.get(&owner) {
                arrivals.extend(phone.push(records, self.cluster, at, self.job.entropy)?);
            }
        }
        self.commit(arrivals, turn)?;
        Ok(any)
    }

    fn commit(&mut self, arrivals: Vec<Arrival>, turn: &Mutex<()>) -> Result<(), LoadError> {
        let mut group = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            let rules = self.job.rules;
            let verdict = read_tx(&mut self.conn, |conn| judge(conn, rules, &arrival))?;
            group.push((arrival, verdict));
        }
        let answers = {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            commit_group(&mut self.conn, self.job.rules, &self.cluster, &group)?
        };
        for (answers, (arrival, _)) in answers.into_iter().zip(&group) {
            self.loaded.batches += 1;
            self.loaded.changes += count(&answers?, arrival)?;
        }
        Ok(())
    }
}

/// How many changes were taken: all, or what was invented breaks a rule.
fn count(answers: &[Answer], arrival: &Arrival) -> Result<u64, LoadError> {
    match answers.iter().find(|answer| answer.outcome != Outcome::Accepted) {
        Some(answer) => Err(LoadError::Refused(said_of(answer, arrival))),
        None => Ok(answers.len() as u64),
    }
}

/// Which change was not taken, and why: all of it is invented, so that it may be named.
fn said_of(answer: &Answer, arrival: &Arrival) -> String {
    let records = decode_push(&arrival.batch.frame).unwrap_or_default();
    let envelopes = records.iter().filter_map(|it| Envelope::decode(&it.envelope).ok());
    let envelope = envelopes.into_iter().find(|it| it.id() == answer.record);
    let kind = envelope.as_ref().map_or("record", |it| it.kind().name());
    let case = envelope.map(|it| it.case.to_string()).unwrap_or_default();
    format!(
        "{:?}, of change {} of a {kind} in case {case}, cluster {}, by {} at {}",
        answer.outcome,
        answer.seq,
        arrival.cluster(),
        arrival.user(),
        arrival.at.0,
    )
}

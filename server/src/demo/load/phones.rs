//! The phones of a cluster's people: each signs what its owner wrote.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use sync_core::engine::numbers::number_of;
use sync_core::ids::{Actor, CaseId, ClusterId, DeviceId, UserId};
use sync_core::limits::CHANGES_PER_BATCH;
use sync_core::policy::Principal;
use sync_core::protocol::batch::BatchDigest;
use sync_core::protocol::frame::{PushedRecord, encode_push};
use sync_core::protocol::message::Batch;
use sync_core::time::Timestamp;

use super::places::Places;
use super::{Job, LoadError};
use crate::app::Entropy;
use crate::db::devices::{Device, DeviceState};
use crate::db::{self, Conn, write_tx};
use crate::demo::Area;
use crate::ingest::Arrival;

/// A phone of one person. Who works in two clusters has one for each.
pub(super) struct Phone {
    pub(super) principal: Principal,
    pub(super) device: DeviceId,
    pub(super) actor: Actor,
    key: SigningKey,
    cases: u32,
    records: u32,
}

impl Phone {
    fn new(principal: &Principal, entropy: &Entropy) -> Result<Self, LoadError> {
        Ok(Self {
            principal: principal.clone(),
            device: DeviceId::from_bytes(entropy.bytes()?),
            actor: Actor::from_bytes(entropy.bytes()?),
            key: SigningKey::from_bytes(&entropy.bytes()?),
            cases: 0,
            records: 0,
        })
    }

    pub(super) fn user(&self) -> UserId {
        self.principal.user
    }

    /// The id of the next case that the phone begins.
    pub(super) fn next_case(&mut self) -> CaseId {
        self.cases += 1;
        CaseId::derive(&self.key.to_bytes(), &self.actor, self.cases)
    }

    /// The number of the next record that the phone makes.
    pub(super) fn next_record(&mut self) -> u32 {
        self.records += 1;
        number_of(&self.key.to_bytes(), self.records)
    }

    fn row(&self, since: Timestamp) -> Device {
        Device {
            id: self.device,
            user: self.user(),
            actor: self.actor,
            public_key: self.key.verifying_key().to_bytes(),
            name: "Phone of the invented area".to_owned(),
            state: DeviceState::Active,
            enrolled_at: since,
            last_seen_at: since,
            clock_offset_ms: None,
            desk_of: None,
        }
    }

    /// Signs records for a cluster: as many batches as their changes need.
    pub(super) fn push(
        &self,
        records: Vec<PushedRecord>,
        cluster: ClusterId,
        at: Timestamp,
        entropy: &Entropy,
    ) -> Result<Vec<Arrival>, LoadError> {
        let mut batches: Vec<Vec<PushedRecord>> = Vec::new();
        let mut room = 0;
        for record in records {
            let changes = record.changes.len();
            match batches.last_mut() {
                Some(batch) if changes <= room => batch.push(record),
                _ => {
                    batches.push(vec![record]);
                    room = CHANGES_PER_BATCH;
                }
            }
            room = room.saturating_sub(changes);
        }
        batches.iter().map(|records| self.sign(records, cluster, at, entropy)).collect()
    }

    fn sign(
        &self,
        records: &[PushedRecord],
        cluster: ClusterId,
        at: Timestamp,
        entropy: &Entropy,
    ) -> Result<Arrival, LoadError> {
        let (seed, id) = (entropy.bytes()?, entropy.bytes()?);
        let mut digest = BatchDigest::new(&cluster, seed);
        for record in records {
            digest.record(&record.envelope);
            for change in &record.changes {
                digest.change(&change.hash);
            }
        }
        let signature = digest.sign(&self.key);
        Ok(Arrival {
            principal: self.principal.clone(),
            device: self.device,
            actor: self.actor,
            public_key: self.key.verifying_key().to_bytes(),
            batch: Batch { cluster, frame: encode_push(records), seed, signature },
            at,
            id,
            acknowledged: 0,
            leaving: false,
            meter: crate::meter::Meter::default(),
        })
    }
}

/// Hands a phone to everybody who works in the cluster, by place among the practitioners.
pub(super) fn hand_out(
    conn: &mut Conn,
    job: &Job<'_>,
    area: &Area,
    places: &Places,
    cluster: usize,
) -> Result<BTreeMap<u32, Phone>, LoadError> {
    let here = places.people.iter().filter(|(at, _)| {
        let person = &area.practitioners[**at as usize];
        person.clusters.contains(&cluster) && person.clusters.len() < area.clusters.len()
    });
    let phones = here.map(|(at, who)| Ok((*at, Phone::new(who, job.entropy)?)));
    let phones = phones.collect::<Result<BTreeMap<_, _>, LoadError>>()?;
    write_tx(conn, |conn| {
        phones.values().try_for_each(|phone| db::devices::insert(conn, &phone.row(job.now)))
    })?;
    Ok(phones)
}

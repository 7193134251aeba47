//! What phones push, on its way into the log: judged before the cluster's lock, committed inside
//! it with access, directory and read models, many devices' batches in one transaction.

pub mod access;
mod alarm;
pub mod commit;
pub mod committer;
pub mod extract;
pub mod figures;
pub mod hold;
pub mod judge;
pub mod moves;
mod noted;
pub mod project;
pub mod recorder;
pub mod release;
pub mod sequencer;
pub mod sources;
pub mod taken_off;
mod told;
pub mod turns;
pub mod warnings;

use std::sync::Arc;

use crate::meter::Meter;
use crate::service::everybody::Everybody;
use sync_core::framework::Catalogue;
use sync_core::ids::{ClusterId, DeviceId, UserId};
use sync_core::policy::Principal;
use sync_core::protocol::message::Batch;
use sync_core::time::Timestamp;

/// A batch with who brought it, as the session says.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The person and their roles.
    pub principal: Principal,
    /// The phone.
    pub device: DeviceId,
    /// The actor of the phone's enrolment; it may have others.
    pub actor: sync_core::ids::Actor,
    /// The phone's key.
    pub public_key: [u8; 32],
    /// What it brought.
    pub batch: Batch,
    /// When it arrived.
    pub at: Timestamp,
    /// A random name for the batch.
    pub id: [u8; 16],
    /// The number up to which the phone had the cluster's log, as its cursor proves; zero if it
    /// has none. What was allowed there and is not now is kept for a reviewer.
    pub acknowledged: i64,
    /// Whether the phone was retired: whatever it brings waits for a reviewer.
    pub leaving: bool,
    /// Adds up what it costs.
    pub meter: Meter,
}

impl Arrival {
    /// The signer.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.principal.user
    }

    /// Whose log it is for.
    #[must_use]
    pub fn cluster(&self) -> ClusterId {
        self.batch.cluster
    }
}

/// What all of ingest shares.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The frameworks.
    pub catalogue: Arc<Catalogue>,
    /// Who works where.
    pub everybody: Everybody,
}

impl Rules {
    /// What these frameworks mean; nothing was read of a database yet.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, everybody: Everybody::default() }
    }
}

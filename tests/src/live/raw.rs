//! What no phone sends: exchanges made by the test itself under a phone's session, signed by its key.

use std::io::Read as _;

use ed25519_dalek::SigningKey;
use sync_core::device::https::Https;
use sync_core::device::transport::{Transport as _, TransportError};
use sync_core::device::{Enrolled, Session};
use sync_core::ids::{CaseId, ClusterId};
use sync_core::protocol::VERSION;
use sync_core::protocol::batch::BatchDigest;
use sync_core::protocol::frame::{PushedChange, PushedRecord, encode_push};
use sync_core::protocol::message::{Batch, Page, SyncRequest};
use sync_core::protocol::stream::{PageReader, encode_request};
use sync_core::record::change::Change;
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::history::History;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::time::Timestamp;

use super::{Failed, Phone};

/// A phone's session and key in the hands of a test.
pub struct Raw {
    /// What enrolment gave the phone.
    pub enrolled: Enrolled,
    token: String,
    https: Https,
}

impl Raw {
    /// Speaks as a phone does, over a connection of its own.
    ///
    /// # Errors
    /// If the phone's data does not open.
    pub fn of(phone: &Phone) -> Result<Self, Failed> {
        let store = phone.device()?.into_store();
        let enrolled = Enrolled::load(&store)?.ok_or("not enrolled")?;
        let session = Session::load(&store)?.ok_or("no session")?;
        let https = Https::of(&enrolled)?;
        Ok(Self { enrolled, token: session.access_token, https })
    }

    /// The user's cluster.
    ///
    /// # Errors
    /// If there is none.
    pub fn cluster(&self) -> Result<ClusterId, Failed> {
        Ok(self.enrolled.clusters.first().ok_or("no cluster")?.0)
    }

    /// A request that brings records to a cluster and asks for nothing.
    #[must_use]
    pub fn push(&self, cluster: ClusterId, records: &[PushedRecord]) -> SyncRequest {
        let seed = [9; 16];
        let mut digest = BatchDigest::new(&cluster, seed);
        for record in records {
            digest.record(&record.envelope);
            for change in &record.changes {
                digest.change(&change.hash);
            }
        }
        let signature = digest.sign(&SigningKey::from_bytes(&self.enrolled.key));
        let batch = Batch { cluster, frame: encode_push(records), seed, signature };
        SyncRequest { batches: vec![batch], ..nothing() }
    }

    /// A request that brings bytes in a frame's place, signed as if they held nothing.
    #[must_use]
    pub fn push_frame(&self, cluster: ClusterId, frame: Vec<u8>) -> SyncRequest {
        let digest = BatchDigest::new(&cluster, [9; 16]);
        let signature = digest.sign(&SigningKey::from_bytes(&self.enrolled.key));
        let batch = Batch { cluster, frame, seed: [9; 16], signature };
        SyncRequest { batches: vec![batch], ..nothing() }
    }

    /// Makes an exchange.
    ///
    /// # Errors
    /// What the server answers instead of pages.
    pub fn exchange(&mut self, request: &SyncRequest) -> Result<Vec<Page>, Failed> {
        Ok(pages(&self.body(&encode_request(request)?)?))
    }

    /// Sends bytes as they are; gives the answer's.
    ///
    /// # Errors
    /// What the server answers instead.
    pub fn body(&mut self, request: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut answer = self.https.exchange(&self.token, request)?;
        let mut bytes = Vec::new();
        answer.read_to_end(&mut bytes).map_err(|_| TransportError::Offline)?;
        Ok(bytes)
    }

    /// The envelope of the `n`th record that this phone makes.
    #[must_use]
    pub fn envelope(&self, case: CaseId, kind: Kind, n: u32) -> Envelope {
        let made = Made {
            kind,
            creator: self.enrolled.actor,
            n,
            user: self.enrolled.user,
            device: self.enrolled.device,
            framework: String::new(),
            at: Timestamp(1_790_000_000_000),
        };
        Envelope { case, compartment: Compartment::Team, origin: Origin::Made(made) }
    }

    /// A new record's first change, with its hash where this version can tell it.
    #[must_use]
    pub fn first(&self, envelope: &Envelope, change: Change) -> PushedRecord {
        let body = change.encode_body();
        let mut history = History::new(envelope.clone());
        let hash = history.append(change, 1, Some(&[])).map(|link| link.hash.prefix());
        self.opaque(envelope.encode(), body, hash.unwrap_or([7; 16]))
    }

    /// A new record's first change by its bytes.
    #[must_use]
    pub fn opaque(&self, envelope: Vec<u8>, body: Vec<u8>, hash: [u8; 16]) -> PushedRecord {
        let change = PushedChange { deps: Some(Vec::new()), hash, body };
        PushedRecord { envelope, actor: self.enrolled.actor, first_seq: 1, changes: vec![change] }
    }
}

/// A request that brings and asks for nothing.
#[must_use]
pub fn nothing() -> SyncRequest {
    SyncRequest {
        version: VERSION,
        cursors: Vec::new(),
        batches: Vec::new(),
        now: Timestamp(1_790_000_000_000),
        more: false,
        whole: false,
        stats: false,
        openings: Vec::new(),
        actors: None,
    }
}

/// The pages that are whole in an answer or its beginning.
#[must_use]
pub fn pages(bytes: &[u8]) -> Vec<Page> {
    let Ok(mut reader) = PageReader::new(bytes) else { return Vec::new() };
    std::iter::from_fn(|| reader.page().ok().flatten()).collect()
}

//! An area with everybody whom a workload names, on a database of its own.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use caseweave::app::Entropy;
use caseweave::db::devices::{Device as DeviceRow, DeviceState};
use caseweave::db::{self, Address, Conn, write_tx};
use caseweave::ingest::Rules;
use caseweave::passwords::{PasswordCost, Passwords};
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, NewUser, Post};
use ed25519_dalek::SigningKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sync_core::device::{Device, Enrolled, Session};
use sync_core::framework::Catalogue;
use sync_core::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use sync_core::policy::Principal;
use sync_core::store::Store;
use sync_core::time::Timestamp;

use crate::workload::WorkloadError;
use crate::workload::script::Names;

/// The name of the cluster.
pub const CLUSTER: &str = "Workload";
const AGENCY: &str = "social-work";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse of the workload";
/// The sign-in name of the cluster's lead.
pub const LEAD: &str = "lead";
/// The sign-in name of the one who is in the teams of the measured cases and writes nothing.
pub const READER: &str = "reader";
/// How many of the first cases the reader is in the teams of: the caseload of a first sync.
pub const READ_CASES: usize = 500;
/// Others who only read, with the cases that they are in the teams of: apart from the reader's, so that a
/// first sync does not grow by them.
pub const READERS: [(&str, Range<usize>); 2] =
    [("reader-of-10", 500..510), ("reader-of-1000", 510..1_510)];

/// An area with its database.
pub struct Area {
    /// The database.
    pub conn: Conn,
    /// What ingest needs.
    pub rules: Rules,
    /// The cluster.
    pub cluster: ClusterId,
    /// The server's clock.
    pub now: Timestamp,
    /// What workload and records call each other.
    pub names: Names,
    workers: BTreeMap<String, Worker>,
    phones: BTreeMap<DeviceId, Worker>,
    rng: ChaCha20Rng,
    password_hash: String,
}

/// A person with a phone.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The person and their roles.
    pub principal: Principal,
    /// The phone.
    pub device: DeviceId,
    /// Its actor.
    pub actor: Actor,
    /// Its key.
    pub key: SigningKey,
    /// How many records it has made.
    pub made: u32,
}

impl Area {
    /// A new area on an empty database.
    ///
    /// # Errors
    /// [`WorkloadError`]
    pub fn begin(
        address: &Address,
        workers: impl IntoIterator<Item = String>,
        now: Timestamp,
    ) -> Result<Self, WorkloadError> {
        let mut conn = Conn::open(address)?;
        db::migrate::migrate(&mut conn)?;
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let fresh = (bytes(&mut rng), bytes(&mut rng));
        let new = NewCluster { name: CLUSTER, jurisdiction: "scotland", authority: None, fresh };
        let cluster = write_tx(&mut conn, |conn| {
            accounts::add_agency(conn, now, (AGENCY, "Social work", false))?;
            accounts::add_cluster(conn, now, &new)
        })?;
        let rules = Rules::new(Arc::new(Catalogue::shipped()?));
        let (names, none) = (Names::default(), BTreeMap::new());
        let (workers_by_name, phones) = (BTreeMap::new(), none);
        let password_hash = hash(bytes(&mut rng))?;
        let cluster = cluster.id;
        let mut area = Self {
            conn,
            rules,
            cluster,
            now,
            names,
            workers: workers_by_name,
            phones,
            rng,
            password_hash,
        };
        let everybody = workers.into_iter().chain([LEAD.to_owned(), READER.to_owned()]);
        let everybody = everybody.chain(READERS.map(|(name, _)| name.to_owned()));
        for name in everybody {
            area.add_worker(&name)?;
        }
        Ok(area)
    }

    fn add_worker(&mut self, name: &str) -> Result<(), WorkloadError> {
        let role = if name == LEAD { Role::ClusterLead } else { Role::Practitioner };
        let fresh = self.random();
        let password_hash = self.password_hash.clone();
        let user = NewUser { name, sign_in: name, password_hash, phone: None, fresh };
        let post = Post { cluster: CLUSTER, agency: AGENCY, role };
        let now = self.now;
        write_tx(&mut self.conn, |conn| accounts::add_user(conn, now, &user, post))?;
        let agency = AgencyId::from_slug(AGENCY);
        let principal =
            Principal::new(UserId::from_bytes(fresh), agency).with(self.cluster, role.into());
        let worker = self.add_phone(principal)?;
        self.workers.insert(name.to_owned(), worker);
        Ok(())
    }

    fn add_phone(&mut self, principal: Principal) -> Result<Worker, WorkloadError> {
        let mut key = [0; 32];
        self.rng.fill_bytes(&mut key);
        let (device, actor) =
            (DeviceId::from_bytes(self.random()), Actor::from_bytes(self.random()));
        let worker =
            Worker { principal, device, actor, key: SigningKey::from_bytes(&key), made: 0 };
        let row = DeviceRow {
            id: device,
            user: worker.principal.user,
            actor,
            public_key: worker.key.verifying_key().to_bytes(),
            name: "Phone".to_owned(),
            state: DeviceState::Active,
            enrolled_at: self.now,
            last_seen_at: self.now,
            clock_offset_ms: None,
            desk_of: None,
        };
        write_tx(&mut self.conn, |conn| db::devices::insert(conn, &row))?;
        self.phones.insert(device, worker.clone());
        Ok(worker)
    }

    /// Enrols a further phone of a person on an empty store.
    ///
    /// # Errors
    /// [`WorkloadError`]
    pub fn enrol<S: Store>(
        &mut self,
        name: &str,
        mut store: S,
    ) -> Result<Device<S>, WorkloadError> {
        let principal = self.worker(name)?.principal.clone();
        let worker = self.add_phone(principal)?;
        let enrolled = Enrolled {
            server: "https://workload.test".to_owned(),
            authority: None,
            user: worker.principal.user,
            name: name.to_owned(),
            agency: worker.principal.agency,
            device: worker.device,
            actor: worker.actor,
            key: worker.key.to_bytes(),
            clusters: vec![(self.cluster, CLUSTER.to_owned())],
            roles: vec![(self.cluster, "practitioner".to_owned())],
            certificate: None,
        };
        enrolled.save(&Session::default(), &mut store)?;
        Ok(Device::open(store)?)
    }

    /// A person by their name in the workload.
    ///
    /// # Errors
    /// [`WorkloadError::Unknown`]
    pub fn worker(&mut self, name: &str) -> Result<&mut Worker, WorkloadError> {
        let unknown = || WorkloadError::Unknown { case: 0, what: name.to_owned() };
        self.workers.get_mut(name).ok_or_else(unknown)
    }

    /// A person's name in the workload; empty for one whom it does not name.
    #[must_use]
    pub fn name_of(&self, user: &UserId) -> String {
        let found = self.workers.iter().find(|(_, worker)| worker.principal.user == *user);
        found.map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// Whose phone this is.
    #[must_use]
    pub fn phone(&self, device: &DeviceId) -> Option<&Worker> {
        self.phones.get(device)
    }

    /// Sixteen random bytes, the same in every run.
    pub fn random(&mut self) -> [u8; 16] {
        bytes(&mut self.rng)
    }
}

/// What is kept of [`PASSWORD`]; nearly free to make and to check.
fn hash(salt: [u8; 16]) -> Result<String, WorkloadError> {
    let none = |_| WorkloadError::Unknown { case: 0, what: "a password's hash".to_owned() };
    let passwords = Passwords::new(PasswordCost::ForTests, &Entropy::system()).map_err(none)?;
    passwords.hash(PASSWORD, &salt).map_err(none)
}

fn bytes(rng: &mut ChaCha20Rng) -> [u8; 16] {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes
}

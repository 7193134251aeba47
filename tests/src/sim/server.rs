//! The real services over a database in memory, without a network around them.

mod answer;
mod office;

pub use answer::Answering;

use std::path::Path;
use std::sync::Arc;

use caseweave::db::devices::DeviceState;
use caseweave::db::migrate::migrate;
use caseweave::db::{self, Address, Conn};
use caseweave::ingest::commit::commit_group;
use caseweave::ingest::judge::judge;
use caseweave::ingest::{Arrival, Rules};
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, NewUser, Post};
use caseweave::service::contact;
use caseweave::service::histories::{CaseState, World, case_state};
use caseweave::service::pull::Tails;
use caseweave::service::pull::cursor::acknowledged;
use sync_core::device::Enrolled;
use sync_core::framework::Catalogue;
use sync_core::ids::{Actor, AgencyId, CaseId, ClusterId, DeviceId, UserId};
use sync_core::limits::PAGE_BYTES;
use sync_core::policy::Principal;
use sync_core::protocol::message::{Answer, Outcome, SyncRequest};
use sync_core::time::Timestamp;
use tempfile::TempDir;

use crate::sim::dice::Dice;
use crate::sim::plant::{self, Plant};
use crate::sim::promise::{Promise, Violation};

/// What the cluster is called.
pub const CLUSTER: &str = "Glen";

/// Somebody who works in the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Person {
    /// What they sign in with, and are called.
    pub name: &'static str,
    /// The slug of their agency.
    pub agency: &'static str,
    /// Their role.
    pub role: Role,
}

/// A server of one cluster.
pub struct Server {
    /// Its database.
    pub conn: Conn,
    /// What ingest shares.
    pub rules: Rules,
    /// The cluster.
    pub cluster: ClusterId,
    /// Bytes of one page before compression.
    page_bytes: usize,
    tails: Tails,
    cursor_key: [u8; 32],
    log_id: [u8; 16],
    dice: Dice,
    plant: Option<Plant>,
    /// Commits until it dies, if it does.
    commits_left: Option<u64>,
    /// The phone of somebody who is in no team.
    stranger: Option<DeviceId>,
    /// Its backup.
    copy: Option<Vec<u8>>,
    /// Where the database is since it was put back.
    place: Option<TempDir>,
}

impl Server {
    /// A server with a cluster, its agencies and people, and nothing in its log.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn new(
        dice: Dice,
        people: &[Person],
        plant: Option<Plant>,
        now: Timestamp,
    ) -> Result<Self, Violation> {
        let mut conn = Conn::open(&Address::Memory)?;
        migrate(&mut conn)?;
        Self::on(conn, dice, people, plant, now)
    }

    /// The same over an empty database at this program's schema.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn on(
        mut conn: Conn,
        mut dice: Dice,
        people: &[Person],
        plant: Option<Plant>,
        now: Timestamp,
    ) -> Result<Self, Violation> {
        let new = NewCluster {
            name: CLUSTER,
            jurisdiction: "scotland",
            authority: None,
            fresh: (dice.bytes(), dice.bytes()),
        };
        let cluster = accounts::add_cluster(&mut conn, now, &new)?.id;
        let mut agencies: Vec<&str> = people.iter().map(|person| person.agency).collect();
        agencies.sort_unstable();
        agencies.dedup();
        for agency in agencies {
            accounts::add_agency(&mut conn, now, (agency, agency, false))?;
        }
        for person in people {
            add_person(&mut conn, &mut dice, person, now)?;
        }
        let rules = Rules::new(Arc::new(Catalogue::shipped()?));
        let (cursor_key, log_id) = (dice.bytes(), dice.bytes());
        let (commits_left, stranger, copy, place) = (None, None, None, None);
        Ok(Self {
            conn,
            rules,
            cluster,
            page_bytes: PAGE_BYTES,
            tails: Tails::default(),
            cursor_key,
            log_id,
            dice,
            plant,
            commits_left,
            stranger,
            copy,
            place,
        })
    }

    /// From now on, its pages are so small.
    pub fn send_at_once(&mut self, bytes: usize) {
        self.page_bytes = bytes;
    }

    /// Enrols a phone of somebody.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn enrol(&mut self, name: &str, now: Timestamp) -> Result<Enrolled, Violation> {
        let user = db::users::by_sign_in(&mut self.conn, name)?.ok_or(db::Error::Missing)?;
        let posts = db::memberships::of_user(&mut self.conn, &user.id)?;
        let post = posts.first().ok_or(db::Error::Missing)?;
        let enrolled = Enrolled {
            server: String::new(),
            authority: None,
            user: user.id,
            name: user.display_name,
            agency: post.agency,
            device: DeviceId::from_bytes(self.dice.bytes()),
            actor: Actor::from_bytes(self.dice.bytes()),
            key: self.dice.bytes(),
            clusters: vec![(post.cluster, post.cluster_name.clone())],
            roles: posts.iter().map(|post| (post.cluster, post.role.to_string())).collect(),
            certificate: None,
        };
        let device = db::devices::Device {
            id: enrolled.device,
            user: enrolled.user,
            actor: enrolled.actor,
            public_key: enrolled.identity().key.verifying_key().to_bytes(),
            name: "phone".to_owned(),
            state: DeviceState::Active,
            enrolled_at: now,
            last_seen_at: now,
            clock_offset_ms: None,
            desk_of: None,
        };
        db::devices::insert(&mut self.conn, &device)?;
        Ok(enrolled)
    }

    /// Enrols the phone of somebody who is in no team.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn enrol_stranger(&mut self, name: &str, now: Timestamp) -> Result<Enrolled, Violation> {
        let enrolled = self.enrol(name, now)?;
        self.stranger = Some(enrolled.device);
        Ok(enrolled)
    }

    /// Copies the database, as a backup does.
    ///
    /// # Errors
    /// What is no SQLite database.
    pub fn back_up(&mut self) -> Result<(), Violation> {
        let Conn::Sqlite(conn) = &mut self.conn else {
            return Err(Violation::of(Promise::Working, "only SQLite is copied here"));
        };
        self.copy = Some(conn.serialize_database_to_buffer().try_as_slice()?.to_vec());
        Ok(())
    }

    /// Puts the copy in the database's place, if there is one; secrets outside it stay.
    ///
    /// # Errors
    /// A failure of the product, or of the disk.
    pub fn restore(&mut self) -> Result<bool, Violation> {
        let Some(copy) = &self.copy else { return Ok(false) };
        // In memory where there is such a place: a disk's syncs would be waited for in vain.
        let memory = Path::new("/dev/shm");
        let place = match memory.is_dir() {
            true => tempfile::tempdir_in(memory)?,
            false => tempfile::tempdir()?,
        };
        let file = place.path().join("server.sqlite");
        std::fs::write(&file, copy)?;
        self.conn = Conn::open(&Address::File(file))?;
        self.place = Some(place);
        Ok(true)
    }

    /// Whose a phone is.
    ///
    /// # Errors
    /// The database's failure.
    pub fn owner(&mut self, device: &DeviceId) -> Result<UserId, Violation> {
        let row = db::devices::by_id(&mut self.conn, device)?.ok_or(db::Error::Missing)?;
        Ok(row.user)
    }

    /// A person as the policy sees them now.
    ///
    /// # Errors
    /// The database's failure.
    pub fn principal(&mut self, user: UserId) -> Result<Principal, Violation> {
        let posts = db::memberships::of_user(&mut self.conn, &user)?;
        // Without a post there is no agency either, as the server's own sessions have it.
        let agency = posts.first().map_or(AgencyId::from_bytes([0; 16]), |post| post.agency);
        let nobody = Principal::new(user, agency);
        Ok(posts.iter().fold(nobody, |it, post| it.with(post.cluster, post.role.into())))
    }

    /// Whether a phone is in use.
    ///
    /// # Errors
    /// The database's failure.
    pub fn state_of(&mut self, device: &DeviceId) -> Result<DeviceState, Violation> {
        let row = db::devices::by_id(&mut self.conn, device)?.ok_or(db::Error::Missing)?;
        Ok(row.state)
    }

    /// A case as access depends on it now.
    ///
    /// # Errors
    /// The database's failure.
    pub fn case(&mut self, case: &CaseId, now: Timestamp) -> Result<Option<CaseState>, Violation> {
        let world = World::of(&mut self.conn, &self.rules.catalogue, &self.cluster)?;
        Ok(case_state(&mut self.conn, case, &self.cluster, &world, now)?)
    }

    /// From now on the server dies after so many commits; none: it lives.
    pub const fn lives_through(&mut self, commits: Option<u64>) {
        self.commits_left = commits;
    }

    /// Whether a bug is planted.
    #[must_use]
    pub fn has_plant(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    /// Whether the server is alive at its next commit, which it then makes.
    const fn commits(&mut self) -> bool {
        match &mut self.commits_left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }

    /// Judges what a request brings and commits it; none if the server died on the way.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn ingest(
        &mut self,
        device: &DeviceId,
        request: &SyncRequest,
        now: Timestamp,
    ) -> Result<Option<Vec<Answer>>, Violation> {
        let row = db::devices::by_id(&mut self.conn, device)?.ok_or(db::Error::Missing)?;
        let principal = self.principal(row.user)?;
        if let Some(claim) = &request.actors {
            if !self.commits() {
                return Ok(None);
            }
            contact::note_actors(&mut self.conn, &row, claim, now)?;
        }
        let mut answers = Vec::new();
        for batch in &request.batches {
            let arrival = Arrival {
                meter: Default::default(),
                leaving: false,
                principal: principal.clone(),
                device: *device,
                actor: row.actor,
                public_key: self.key_of(&row),
                batch: batch.clone(),
                at: now,
                id: self.dice.bytes(),
                acknowledged: acknowledged(
                    &request.cursors,
                    (&self.cursor_key, &self.log_id),
                    (&row.user, &batch.cluster),
                ),
            };
            match self.take(arrival)? {
                Some(done) => answers.extend(done),
                None => return Ok(None),
            }
        }
        self.apply_plants(&answers, now)?;
        Ok(Some(answers))
    }

    /// The key that a phone's batches are checked against.
    fn key_of(&self, phone: &db::devices::Device) -> [u8; 32] {
        match self.has_plant(Plant::AnyKey) && self.stranger == Some(phone.id) {
            true => plant::forger().verifying_key().to_bytes(),
            false => phone.public_key,
        }
    }

    /// Judges a batch and commits it; none if the server died before.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn take(&mut self, arrival: Arrival) -> Result<Option<Vec<Answer>>, Violation> {
        let verdict = judge(&mut self.conn, &self.rules, &arrival)?;
        if verdict.is_empty() {
            return Ok(Some(verdict.answers));
        }
        if !self.commits() {
            let early = self.has_plant(Plant::AnswerFirst);
            return Ok(early.then_some(verdict.answers));
        }
        let stale = match self.plant {
            Some(Plant::ViewStale) => plant::views(&mut self.conn, &self.cluster)?,
            _ => Vec::new(),
        };
        let group = [(arrival, verdict)];
        let mut answers = Vec::new();
        for answered in commit_group(&mut self.conn, &self.rules, &self.cluster, &group)? {
            answers.extend(answered?);
        }
        plant::put_view_back(&mut self.conn, &stale)?;
        Ok(Some(answers))
    }

    fn apply_plants(&mut self, answers: &[Answer], now: Timestamp) -> Result<(), Violation> {
        match self.plant {
            Some(Plant::ResendIsNew) => {
                let had = |answer: &&Answer| answer.outcome == Outcome::AlreadyHad;
                for answer in answers.iter().filter(had) {
                    plant::log_again(&mut self.conn, answer, now)?;
                }
                Ok(())
            }
            Some(Plant::GrantLate) => plant::keep_access(&mut self.conn, &self.cluster),
            _ => Ok(()),
        }
    }
}

fn add_person(
    conn: &mut Conn,
    dice: &mut Dice,
    person: &Person,
    now: Timestamp,
) -> Result<(), Violation> {
    let new = NewUser {
        name: person.name,
        sign_in: person.name,
        password_hash: String::from("nobody signs in here"),
        phone: None,
        fresh: dice.bytes(),
    };
    let post = Post { cluster: CLUSTER, agency: person.agency, role: person.role };
    accounts::add_user(conn, now, &new, post)?;
    Ok(())
}

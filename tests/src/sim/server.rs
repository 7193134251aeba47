//! The real services over a database in memory, without a network around them.

use std::sync::Arc;

use caseweave::db::migrate::migrate;
use caseweave::db::{self, Address, Conn};
use caseweave::ingest::commit::commit_group;
use caseweave::ingest::judge::judge;
use caseweave::ingest::{Arrival, Rules};
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, NewUser, Post};
use caseweave::service::contact;
use caseweave::service::histories::{CaseState, World, case_state};
use caseweave::service::pull::cursor::acknowledged;
use caseweave::service::pull::{Puller, Round};
use sync_core::device::Enrolled;
use sync_core::framework::Catalogue;
use sync_core::ids::{Actor, CaseId, ClusterId, DeviceId, UserId};
use sync_core::policy::Principal;
use sync_core::protocol::message::{Answer, Outcome, Page, SyncRequest};
use sync_core::time::Timestamp;

use crate::sim::dice::Dice;
use crate::sim::plant::{self, Plant};
use crate::sim::promise::Violation;

const CLUSTER: &str = "Glen";

/// Somebody who works in the cluster.
#[derive(Clone, Copy, Debug)]
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
    cursor_key: [u8; 32],
    log_id: [u8; 16],
    dice: Dice,
    plant: Option<Plant>,
}

impl Server {
    /// A server with a cluster, its agencies and people, and nothing in its log.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn new(
        mut dice: Dice,
        people: &[Person],
        plant: Option<Plant>,
        now: Timestamp,
    ) -> Result<Self, Violation> {
        let mut conn = Conn::open(&Address::Memory)?;
        migrate(&mut conn)?;
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
        let rules = Rules { catalogue: Arc::new(Catalogue::shipped()?) };
        let (cursor_key, log_id) = (dice.bytes(), dice.bytes());
        Ok(Self { conn, rules, cluster, cursor_key, log_id, dice, plant })
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
            state: db::devices::DeviceState::Active,
            enrolled_at: now,
            last_seen_at: now,
            clock_offset_ms: None,
            desk_of: None,
        };
        db::devices::insert(&mut self.conn, &device)?;
        Ok(enrolled)
    }

    /// A person as the policy sees them now.
    ///
    /// # Errors
    /// The database's failure.
    pub fn principal(&mut self, user: UserId) -> Result<Principal, Violation> {
        let posts = db::memberships::of_user(&mut self.conn, &user)?;
        let agency = posts.first().map(|post| post.agency).ok_or(db::Error::Missing)?;
        let nobody = Principal::new(user, agency);
        Ok(posts.iter().fold(nobody, |it, post| it.with(post.cluster, post.role.into())))
    }

    /// A case as access depends on it now.
    ///
    /// # Errors
    /// The database's failure.
    pub fn case(&mut self, case: &CaseId, now: Timestamp) -> Result<Option<CaseState>, Violation> {
        let world = World::of(&mut self.conn, &self.rules.catalogue, &self.cluster)?;
        Ok(case_state(&mut self.conn, case, &self.cluster, &world, now)?)
    }

    /// Judges what a request brings and, unless the server dies before, commits it.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn ingest(
        &mut self,
        device: &DeviceId,
        request: &SyncRequest,
        now: Timestamp,
        dies: bool,
    ) -> Result<Vec<Answer>, Violation> {
        let row = db::devices::by_id(&mut self.conn, device)?.ok_or(db::Error::Missing)?;
        let principal = self.principal(row.user)?;
        if let Some(claim) = &request.actors {
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
                public_key: row.public_key,
                batch: batch.clone(),
                at: now,
                id: self.dice.bytes(),
                acknowledged: acknowledged(
                    &request.cursors,
                    (&self.cursor_key, &self.log_id),
                    (&row.user, &batch.cluster),
                ),
            };
            let verdict = judge(&mut self.conn, &self.rules, &arrival)?;
            if dies {
                continue;
            }
            if verdict.is_empty() {
                answers.extend(verdict.answers);
            } else {
                let group = [(arrival, verdict)];
                let done = commit_group(&mut self.conn, &self.rules, &self.cluster, &group)?;
                for answered in done {
                    answers.extend(answered?);
                }
            }
        }
        self.apply_plants(&answers, now)?;
        Ok(answers)
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
            Some(Plant::CursorFirst | Plant::RivalDropped) | None => Ok(()),
        }
    }

    /// The pages that answer a request.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn pages(
        &mut self,
        device: &DeviceId,
        request: &SyncRequest,
        answers: Vec<Answer>,
        now: Timestamp,
    ) -> Result<Vec<Page>, Violation> {
        let row = db::devices::by_id(&mut self.conn, device)?.ok_or(db::Error::Missing)?;
        let puller = Puller {
            user: row.user,
            device: *device,
            cursor_key: self.cursor_key,
            log_id: self.log_id,
            fresh: [6; 16],
            whole: request.whole,
            catalogue: self.rules.catalogue.clone(),
        };
        let mut pages = Vec::new();
        let posts = db::memberships::of_user(&mut self.conn, &row.user)?;
        let asked = if request.more { &[] } else { request.cursors.as_slice() };
        let notes = contact::to_note(&mut self.conn, &puller, asked, &posts, now)?;
        contact::note(&mut self.conn, device, &notes)?;
        for asked in asked {
            let mut round = Round::begin(&mut self.conn, puller.clone(), asked, now)?;
            while let Some(page) = round.page(&mut self.conn, now)? {
                pages.push(page);
            }
        }
        if pages.is_empty() {
            pages.push(Page::new(self.cluster, now));
        }
        pages[0].answers = answers;
        Ok(pages)
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

//! What an office does at the server: posts begin and end, and somebody decides about work that came late.

use caseweave::db;
use caseweave::ingest::release::{ReviewError, Wish, review};
use caseweave::role::Role;
use caseweave::service::accounts::{self, Post};
use caseweave::service::audit::{Origin, Pen, Who};
use caseweave::service::posts;
use sync_core::time::Timestamp;

use super::{CLUSTER, Person, Server};
use crate::sim::promise::Violation;

impl Server {
    /// The roles that somebody has now.
    ///
    /// # Errors
    /// The database's failure.
    pub fn roles(&mut self, person: &Person) -> Result<Vec<Role>, Violation> {
        let user = db::users::by_sign_in(&mut self.conn, person.name)?.ok_or(db::Error::Missing)?;
        let posts = db::memberships::of_user(&mut self.conn, &user.id)?;
        Ok(posts.into_iter().map(|it| it.role).collect())
    }

    /// Somebody's post ends.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn end_post(
        &mut self,
        person: &Person,
        role: Role,
        now: Timestamp,
    ) -> Result<(), Violation> {
        let ending = posts::Ending { sign_in: person.name, cluster: CLUSTER, role };
        posts::end(&mut self.conn, now, None, ending)?;
        Ok(())
    }

    /// Somebody is given a post.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn give_post(
        &mut self,
        person: &Person,
        role: Role,
        now: Timestamp,
    ) -> Result<(), Violation> {
        let user = db::users::by_sign_in(&mut self.conn, person.name)?.ok_or(db::Error::Missing)?;
        let post = Post { cluster: CLUSTER, agency: person.agency, role };
        Ok(accounts::add_post(&mut self.conn, now, &user.id, post)?)
    }

    /// A post ends that somebody has, or is given to who has it not.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn turn_post(
        &mut self,
        person: &Person,
        role: Role,
        now: Timestamp,
    ) -> Result<(), Violation> {
        match self.roles(person)?.contains(&role) {
            true => self.end_post(person, role, now),
            false => self.give_post(person, role, now),
        }
    }

    /// The names of work that waits for a reviewer.
    ///
    /// # Errors
    /// The database's failure.
    pub fn held(&mut self) -> Result<Vec<[u8; 16]>, Violation> {
        let waiting = db::quarantine::waiting(&mut self.conn, &self.cluster)?;
        Ok(waiting.into_iter().map(|held| held.id).collect())
    }

    /// Somebody decides about kept work, if it is theirs to decide about and can be done.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn decide(
        &mut self,
        person: &Person,
        (id, wish): (&[u8; 16], Wish),
        now: Timestamp,
    ) -> Result<Result<(), ReviewError>, Violation> {
        let user = db::users::by_sign_in(&mut self.conn, person.name)?.ok_or(db::Error::Missing)?;
        let reviewer = self.principal(user.id)?;
        let mut pen = Pen::new(Who::of(&reviewer, None, Origin::Loopback), now, self.dice.bytes());
        let (reading, why) = ((&reviewer, &mut pen), (wish, "read and compared"));
        Ok(review(&mut self.conn, &self.rules, reading, id, why, now)?)
    }
}

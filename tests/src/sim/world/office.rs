//! What administrators do while work goes on: posts, marks on phones, and a database put back.

use caseweave::db::devices::DeviceState;
use caseweave::db::{self};
use caseweave::role::Role;
use caseweave::service::accounts::{self, Post};
use caseweave::service::{devices, posts};

use super::{PEOPLE, World};
use crate::sim::network::Fault;
use crate::sim::promise::Violation;
use crate::sim::server::{CLUSTER, Person};

/// What somebody may become for a while.
const OTHER_ROLES: [Role; 5] =
    [Role::Practitioner, Role::AgencyLead, Role::Deputy, Role::Duty, Role::Chief];

impl World {
    /// Somebody's post ends, comes back, or another is added to it.
    pub(super) fn move_post(&mut self) -> Result<(), Violation> {
        let person = *self.dice.pick(&PEOPLE).unwrap_or(&PEOPLE[0]);
        let has = self.roles(&person)?;
        self.coverage.fault(Fault::PostMoved);
        if self.dice.chance(50) {
            let other = self.dice.pick(&OTHER_ROLES).copied().unwrap_or(person.role);
            self.tell(|| format!("{} {other}", person.name));
            return match has.contains(&other) {
                true => self.end(&person, other),
                false => self.give(&person, other),
            };
        }
        self.tell(|| format!("{} {}", person.name, person.role));
        match has.contains(&person.role) {
            true => self.end(&person, person.role),
            false => self.give(&person, person.role),
        }
    }

    fn roles(&mut self, person: &Person) -> Result<Vec<Role>, Violation> {
        let conn = &mut self.server.conn;
        let user = db::users::by_sign_in(conn, person.name)?.ok_or(db::Error::Missing)?;
        Ok(db::memberships::of_user(conn, &user.id)?.into_iter().map(|it| it.role).collect())
    }

    fn end(&mut self, person: &Person, role: Role) -> Result<(), Violation> {
        let ending = posts::Ending { sign_in: person.name, cluster: CLUSTER, role };
        posts::end(&mut self.server.conn, self.now, None, ending)?;
        Ok(())
    }

    fn give(&mut self, person: &Person, role: Role) -> Result<(), Violation> {
        let conn = &mut self.server.conn;
        let user = db::users::by_sign_in(conn, person.name)?.ok_or(db::Error::Missing)?;
        let post = Post { cluster: CLUSTER, agency: person.agency, role };
        Ok(accounts::add_post(conn, self.now, &user.id, post)?)
    }

    /// A phone is marked, or the mark is taken back.
    pub(super) fn mark(&mut self, n: usize) -> Result<(), Violation> {
        let device = self.phones[n].device.identity().device;
        let state = match self.server.state_of(&device)? {
            DeviceState::Active if self.dice.chance(50) => DeviceState::Retired,
            DeviceState::Active => DeviceState::Stolen,
            DeviceState::Retired | DeviceState::Stolen => DeviceState::Active,
        };
        self.coverage.fault(Fault::Marked);
        self.tell(|| state.as_str().to_owned());
        self.set_state(n, state)
    }

    fn set_state(&mut self, n: usize, state: DeviceState) -> Result<(), Violation> {
        let id = self.phones[n].device.identity().device;
        let conn = &mut self.server.conn;
        let device = db::devices::by_id(conn, &id)?.ok_or(db::Error::Missing)?;
        devices::set_state(conn, &device, state, None, self.now)?.map(drop).map_err(|error| {
            Violation::of(crate::sim::promise::Promise::Working, error.to_string())
        })
    }

    /// Everybody has the post that they began with, and no phone is marked.
    pub(super) fn put_in_order(&mut self) -> Result<(), Violation> {
        for person in PEOPLE {
            let has = self.roles(&person)?;
            if !has.contains(&person.role) {
                self.give(&person, person.role)?;
            }
            for other in has.into_iter().filter(|role| *role != person.role) {
                self.end(&person, other)?;
            }
        }
        (0..self.phones.len()).try_for_each(|n| self.set_state(n, DeviceState::Active))
    }

    /// A copy of the server's database, as a backup is.
    pub(super) fn back_up_server(&mut self) -> Result<(), Violation> {
        self.server.back_up()?;
        self.model.back_up();
        Ok(())
    }

    /// The copy takes the database's place: the phones learn it from its log.
    pub(super) fn restore_server(&mut self) -> Result<(), Violation> {
        if self.options.put_back && self.server.restore()? {
            self.coverage.fault(Fault::ServerRestored);
            self.model.note_server_restored(&self.phones)?;
        }
        Ok(())
    }
}

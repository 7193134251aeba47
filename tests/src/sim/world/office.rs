//! What an office does while work goes on: posts, marks on phones, decisions about late work, and a database
//! put back.

use caseweave::db;
use caseweave::db::devices::DeviceState;
use caseweave::ingest::release::{ReviewError, Wish};
use caseweave::role::Role;
use caseweave::service::devices;

use super::{PEOPLE, World};
use crate::sim::network::Fault;
use crate::sim::promise::Violation;
use crate::sim::server::Person;

/// What somebody may become for a while.
const OTHER_ROLES: [Role; 5] =
    [Role::Practitioner, Role::AgencyLead, Role::Deputy, Role::Duty, Role::Chief];

impl World {
    /// Somebody's post ends, comes back, or another is added to it.
    pub(super) fn move_post(&mut self) -> Result<(), Violation> {
        let person = *self.dice.pick(&PEOPLE).unwrap_or(&PEOPLE[0]);
        self.coverage.fault(Fault::PostMoved);
        let role = self.other_role(&person);
        self.tell(|| format!("{} {role}", person.name));
        self.server.turn_post(&person, role, self.now)
    }

    /// The role that somebody began with, or another that they may become for a while.
    pub(super) fn other_role(&mut self, person: &Person) -> Role {
        match self.dice.chance(50) {
            true => self.dice.pick(&OTHER_ROLES).copied().unwrap_or(person.role),
            false => person.role,
        }
    }

    /// A reviewer decides about some of what waits, if anybody may.
    pub(super) fn review(&mut self) -> Result<(), Violation> {
        let held = self.server.held()?;
        let Some(id) = self.dice.pick(&held).copied() else { return Ok(()) };
        let (wish, fault) = match self.dice.chance(60) {
            true => (Wish::Release, Fault::Released),
            false => (Wish::GiveBack, Fault::GivenBack),
        };
        let first = self.dice.below(PEOPLE.len() as u64) as usize;
        for person in PEOPLE.iter().cycle().skip(first).take(PEOPLE.len()) {
            match self.server.decide(person, (&id, wish), self.now)? {
                Ok(()) => {
                    self.coverage.fault(fault);
                    self.tell(|| format!("{} {wish:?}", person.name));
                    return self.model.read_log(&mut self.server);
                }
                Err(ReviewError::NotOpen) => {}
                Err(error) => {
                    self.tell(|| error.code().to_owned());
                    return Ok(());
                }
            }
        }
        Ok(())
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
            let has = self.server.roles(&person)?;
            if !has.contains(&person.role) {
                self.server.give_post(&person, person.role, self.now)?;
            }
            for other in has.into_iter().filter(|role| *role != person.role) {
                self.server.end_post(&person, other, self.now)?;
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

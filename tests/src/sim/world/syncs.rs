//! What passes between a phone and the server, with and without faults.

use caseweave::db::devices::DeviceState;
use sync_core::device::DeviceError;
use sync_core::device::sync::{SyncControl, SyncError};
use sync_core::device::transport::TransportError;
use sync_core::engine::client::ClientError;

use super::{PEOPLE, TRIES, World, owner};
use crate::sim::checkers::{self, Entitlement};
use crate::sim::network::{Fault, Line, Meanwhile, Mishap, Tap};
use crate::sim::plant::Plant;
use crate::sim::promise::{Promise, Violation};

impl World {
    /// Syncs a phone. What the mishap explains is no violation.
    pub(super) fn sync(&mut self, n: usize, mishap: Option<Mishap>) -> Result<(), Violation> {
        let (synced, happened) = self.try_sync(n, mishap)?;
        match synced {
            // What overtook the answer is in the next.
            Ok(()) if happened == Some(Fault::Overtaken) => self.sync_through(n),
            Ok(()) => self.settled(n),
            Err(SyncError::Device(DeviceError::Client(ClientError::Gap))) => Ok(()),
            Err(_) if mishap.is_some_and(|it| it.fault.is_seen()) => Ok(()),
            // A marked phone is turned away, and keeps what it has.
            Err(SyncError::Transport(TransportError::Retired | TransportError::Stolen)) => Ok(()),
            Err(error) => {
                Err(Violation::of(Promise::Working, format!("phone {n} cannot sync: {error}")))
            }
        }
    }

    /// What came of it, and what happened of the mishap.
    fn try_sync(
        &mut self,
        n: usize,
        mishap: Option<Mishap>,
    ) -> Result<(Result<(), SyncError>, Option<Fault>), Violation> {
        let loses_power = mishap.is_some_and(|it| it.fault == Fault::PowerInSync);
        if loses_power {
            let outage = self.outage();
            self.phones[n].plan_outage(outage);
        }
        let overtaken = mishap.is_some_and(|it| it.fault == Fault::Overtaken);
        let meanwhile = if overtaken { self.meanwhile(n)? } else { None };
        let phone = &mut self.phones[n];
        let clock = phone.clock(self.now);
        let device = phone.device.identity().device;
        let who = self.server.principal(phone.device.identity().principal.user)?;
        let mut line = Line {
            server: &mut self.server,
            device,
            now: self.now,
            mishap,
            meanwhile,
            strays: &mut phone.strays,
            model: &mut self.model,
            who,
            coverage: &mut self.coverage,
            happened: None,
            broken: None,
        };
        let dice = &mut self.dice;
        let control = SyncControl::new();
        let synced = phone.device.sync(&mut line, &|| clock, &mut || dice.bytes(), control);
        let (happened, broken) = (line.happened, line.broken);
        if let Some(broken) = broken {
            return Err(broken);
        }
        if let Some(fault) = happened {
            self.coverage.fault(fault);
        }
        let unanswered = matches!(happened, Some(Fault::RequestCut | Fault::AnswerLost));
        if unanswered && self.options.plant == Some(Plant::ForgetsUnsent) {
            self.phones[n].forget_unsent()?;
        }
        self.restore_power(n, Fault::PowerInSync)?;
        Ok((synced.map(drop), happened))
    }

    /// What will overtake an answer to a phone: another's work, or a post that ends or begins.
    fn meanwhile(&mut self, n: usize) -> Result<Option<Meanwhile>, Violation> {
        if self.dice.chance(50) {
            let anybody = *self.dice.pick(&PEOPLE).unwrap_or(&PEOPLE[0]);
            let person = if self.dice.chance(70) { owner(n) } else { anybody };
            let role = self.other_role(&person);
            self.tell(|| format!("{} {role}", person.name));
            return Ok(Some(Meanwhile::PostTurns(person, role)));
        }
        let others: Vec<usize> = (0..self.phones.len()).filter(|other| *other != n).collect();
        let Some(other) = self.dice.pick(&others).copied() else { return Ok(None) };
        self.tell(|| format!("phone {other}"));
        self.request_of(other)
    }

    /// What a phone sends that hears no answer, unless it is turned away.
    fn request_of(&mut self, n: usize) -> Result<Option<Meanwhile>, Violation> {
        let device = self.phones[n].device.identity().device;
        if self.server.state_of(&device)? != DeviceState::Active {
            return Ok(None);
        }
        let (phone, dice, mut tap) = (&mut self.phones[n], &mut self.dice, Tap::default());
        let clock = phone.clock(self.now);
        let sent = phone.device.sync(&mut tap, &|| clock, &mut || dice.bytes(), SyncControl::new());
        match (tap.0, sent) {
            (Some(body), Err(SyncError::Transport(TransportError::Offline))) => {
                phone.strays.push(body.clone());
                Ok(Some(Meanwhile::Arrives(device, body)))
            }
            (_, Err(error)) => Err(error.into()),
            (_, Ok(_)) => Ok(None),
        }
    }

    /// After a sync that went through.
    fn settled(&mut self, n: usize) -> Result<(), Violation> {
        self.model.note_met(n);
        let mut allowed = Entitlement::new(&mut self.server, self.now);
        checkers::holdings(n, &self.phones[n], &self.model, &mut allowed)?;
        self.coverage.checked(Promise::Entitled);
        self.coverage.checked(Promise::Complete);
        Ok(())
    }

    pub(super) fn sync_through(&mut self, n: usize) -> Result<(), Violation> {
        for _ in 0..TRIES {
            match self.try_sync(n, None)?.0 {
                Ok(()) => return self.settled(n),
                Err(SyncError::Device(DeviceError::Client(ClientError::Gap))) => {}
                Err(error) => {
                    let what = format!("phone {n} cannot sync: {error}");
                    return Err(Violation::of(Promise::Working, what));
                }
            }
        }
        let what = format!("phone {n} asks for the whole again and again");
        Err(Violation::of(Promise::Working, what))
    }
}

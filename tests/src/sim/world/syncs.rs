//! What passes between a phone and the server, with and without faults.

use sync_core::device::DeviceError;
use sync_core::device::sync::{SyncControl, SyncError};
use sync_core::device::transport::TransportError;
use sync_core::engine::client::ClientError;

use super::{TRIES, World};
use crate::sim::checkers::{self, Entitlement};
use crate::sim::network::{Fault, Line, Mishap};
use crate::sim::plant::Plant;
use crate::sim::promise::{Promise, Violation};

impl World {
    /// Syncs a phone. What the mishap explains is no violation.
    pub(super) fn sync(&mut self, n: usize, mishap: Option<Mishap>) -> Result<(), Violation> {
        match self.try_sync(n, mishap)? {
            Ok(()) => self.settled(n),
            Err(SyncError::Device(DeviceError::Client(ClientError::Gap))) => Ok(()),
            Err(_) if mishap.is_some() => Ok(()),
            // A marked phone is turned away, and keeps what it has.
            Err(SyncError::Transport(TransportError::Retired | TransportError::Stolen)) => Ok(()),
            Err(error) => {
                Err(Violation::of(Promise::Working, format!("phone {n} cannot sync: {error}")))
            }
        }
    }

    fn try_sync(
        &mut self,
        n: usize,
        mishap: Option<Mishap>,
    ) -> Result<Result<(), SyncError>, Violation> {
        let loses_power = mishap.is_some_and(|it| it.fault == Fault::PowerInSync);
        if loses_power {
            let outage = self.outage();
            self.phones[n].plan_outage(outage);
        }
        let phone = &mut self.phones[n];
        let clock = phone.clock(self.now);
        let device = phone.device.identity().device;
        let who = self.server.principal(phone.device.identity().principal.user)?;
        let mut line = Line {
            server: &mut self.server,
            device,
            now: self.now,
            mishap,
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
        Ok(synced.map(drop))
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
            match self.try_sync(n, None)? {
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

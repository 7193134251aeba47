//! Waiting for the server in short steps, so that nobody waits for ever: between them whoever asked for
//! the sync may stop it, and a body that stays silent too long is given up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Error, Timeout};

use crate::device::sync::Stop;
use crate::limits::{BODY_SILENCE_MS, WAIT_STEP_MS};

/// What connections wait for, and how long. Clones are one.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    stop: Arc<Mutex<Stop>>,
    /// How long a body may be silent.
    silence: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self::of_silence(Duration::from_millis(BODY_SILENCE_MS))
    }
}

impl Waits {
    /// Waits that end after such a silence.
    pub(super) fn of_silence(silence: Duration) -> Self {
        Self { stop: Arc::default(), silence }
    }

    /// Asks another one from now on.
    pub(super) fn stop_when(&self, stop: &Stop) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop.clone();
    }

    fn unless_stopped(&self) -> Result<(), Error> {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Not "interrupted": whoever reads to an end would try again.
        if stop.is_asked() { Err(Error::Io(std::io::Error::other("stopped"))) } else { Ok(()) }
    }
}

impl<In: Transport> Connector<In> for Waits {
    type Out = Patient<In>;

    fn connect(
        &self,
        _details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Patient<In>>, Error> {
        self.unless_stopped()?;
        Ok(chained.map(|inner| Patient { inner, waits: self.clone() }))
    }
}

/// A connection that is waited for in steps.
#[derive(Debug)]
pub(super) struct Patient<T> {
    inner: T,
    waits: Waits,
}

impl<T: Transport> Patient<T> {
    /// How long to wait at most: only a body has no time of its own.
    fn at_most(&self, timeout: NextTimeout) -> (Duration, Timeout) {
        match timeout.after.is_not_happening() {
            true => (self.waits.silence, Timeout::RecvBody),
            false => (*timeout.after, timeout.reason),
        }
    }
}

impl<T: Transport> Transport for Patient<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.waits.unless_stopped()?;
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let (began, (at_most, reason)) = (Instant::now(), self.at_most(timeout));
        loop {
            self.waits.unless_stopped()?;
            let left = at_most.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(Error::Timeout(reason));
            }
            let step = left.min(Duration::from_millis(WAIT_STEP_MS));
            match self.inner.await_input(NextTimeout { after: step.into(), ..timeout }) {
                Err(Error::Timeout(_)) => {}
                came => return came,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

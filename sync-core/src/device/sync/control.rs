//! How whoever asked for a sync watches it and ends it early: a button, a clock, an app that goes to
//! the background.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::device::sync::{Changed, SyncReport};

/// What is asked whether a sync is to stop. Clones are one: any thread may keep one of them. Once it has
/// said so it says so for ever, so that each sync wants a new one.
#[derive(Clone)]
pub struct Stop {
    asked: Arc<dyn Fn() -> bool + Send + Sync>,
    stopped: Arc<AtomicBool>,
}

impl Stop {
    /// Stops as soon as `asked` says so, or [`Stop::now`] was called. It is asked between pages and, by
    /// [`crate::device::https::Https`], some times a second while nothing comes: it must answer at once.
    /// A time budget is a clock that is looked at here.
    #[must_use]
    pub fn when(asked: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { asked: Arc::new(asked), stopped: Arc::default() }
    }

    /// Stops when [`Stop::now`] is called on it or a clone of it.
    #[must_use]
    pub fn never() -> Self {
        Self::when(|| false)
    }

    /// Stops, from whichever thread.
    pub fn now(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        if !self.stopped.load(Ordering::Relaxed) && (self.asked)() {
            self.now();
        }
        self.stopped.load(Ordering::Relaxed)
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::never()
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

/// How far a sync is, after a page was stored.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// All that the sync did so far.
    pub report: &'a SyncReport,
    /// Changes that are still to come, about.
    pub left: u64,
    /// What this page changed: screens that show any of it are to be read anew.
    pub changed: &'a Changed,
}

/// Who watches a sync and what may stop it. Nobody and nothing, unless it is said.
#[derive(Default)]
pub struct SyncControl<'a> {
    stop: Stop,
    progress: Option<&'a mut dyn FnMut(&Progress<'_>)>,
}

impl<'a> SyncControl<'a> {
    /// Nobody watches and nothing stops it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells `progress` after each page. What it is told is stored: it stands if the sync fails later.
    #[must_use]
    pub fn watched(self, progress: &'a mut dyn FnMut(&Progress<'_>)) -> Self {
        Self { progress: Some(progress), ..self }
    }

    /// Lets `stop` end the sync.
    #[must_use]
    pub fn stopped_by(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// What may stop it.
    pub(super) const fn stop(&self) -> &Stop {
        &self.stop
    }

    pub(super) fn tell(&mut self, progress: &Progress<'_>) {
        if let Some(told) = &mut self.progress {
            told(progress);
        }
    }
}

#[cfg(test)]
mod tests;

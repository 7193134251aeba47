//! What ends one exchange: kept by whoever may want to end it, handed to the exchange that it is for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sync_core::device::sync::Stop;

/// Ends the exchange that it is given to, also one that has not begun yet; and no other. Each exchange
/// wants a new one.
#[derive(uniffi::Object, Debug, Default)]
pub struct SyncStop(Stop);

#[uniffi::export]
impl SyncStop {
    /// One that was not used yet.
    #[uniffi::constructor]
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Ends the exchange, from whichever thread.
    pub fn stop(&self) {
        self.0.now();
    }
}

/// What ends an exchange: its time, or whoever has `given`.
pub(crate) fn of(budget_ms: Option<u64>, given: Option<Arc<SyncStop>>) -> Stop {
    let budget = budget_ms.map(Duration::from_millis);
    let until = budget.and_then(|budget| Instant::now().checked_add(budget));
    Stop::when(move || {
        until.is_some_and(|until| Instant::now() >= until)
            || given.as_ref().is_some_and(|given| given.0.is_asked())
    })
}

//! A phone's turn: what one phone pushes is judged one push at a time, so that no phone ever holds the
//! gate, however often it asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sync_core::ids::DeviceId;
use sync_core::limits::PUSHES_PER_DEVICE;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::db::Error;

/// How long a phone's push waits for the one before it.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// Whose turn it is. Clones share it; it holds only phones that are pushing now.
#[derive(Clone, Default)]
pub struct Turns {
    devices: Arc<Mutex<BTreeMap<DeviceId, Queue>>>,
}

struct Queue {
    turn: Arc<Semaphore>,
    there: usize,
}

impl Turns {
    /// Waits for the phone's turn; it lasts until the value is dropped.
    ///
    /// # Errors
    /// [`Error::Busy`] if enough of the phone's pushes wait already, or none ended in ten seconds.
    pub async fn take(&self, device: &DeviceId) -> Result<Turn, Error> {
        let (turn, place) = self.stand_in(device)?;
        let own = tokio::time::timeout(TURN_WAIT, turn.acquire_owned()).await;
        let own = own.ok().and_then(Result::ok).ok_or(Error::Busy)?;
        Ok(Turn { _own: own, _place: place })
    }

    fn stand_in(&self, device: &DeviceId) -> Result<(Arc<Semaphore>, Place), Error> {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Queue { turn: Arc::new(Semaphore::new(1)), there: 0 };
        let queue = devices.entry(*device).or_insert_with(new);
        if queue.there >= PUSHES_PER_DEVICE {
            return Err(Error::Busy);
        }
        queue.there += 1;
        Ok((Arc::clone(&queue.turn), Place { turns: self.clone(), device: *device }))
    }

    #[cfg(test)]
    fn phones(&self) -> usize {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A turn under way.
pub struct Turn {
    _own: OwnedSemaphorePermit,
    _place: Place,
}

/// A place in the queue of a phone.
struct Place {
    turns: Turns,
    device: DeviceId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut devices = self.turns.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = devices.get_mut(&self.device) {
            queue.there -= 1;
            if queue.there == 0 {
                devices.remove(&self.device);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_phone_has_one_turn_at_a_time_and_few_that_wait() {
        let (turns, one, other) =
            (Turns::default(), DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        let first = turns.take(&one).await.unwrap();
        let waiting = turns.clone();
        let second = tokio::spawn(async move { waiting.take(&one).await.map(drop) });
        tokio::task::yield_now().await;
        assert!(matches!(turns.take(&one).await, Err(Error::Busy)), "no more wait than that");
        assert!(turns.take(&other).await.is_ok(), "another phone is not in their way");
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap().unwrap();
        assert_eq!(turns.phones(), 0, "nothing stays behind");
    }
}

//! Whose turn it is: a phone's pushes are judged one at a time, a person's questions answered a few at a
//! time, so that nobody ever holds the gate or the database, however often they ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::db::Error;

/// How long one waits for the turn of those before.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// Turns of those who ask, each known by a key. Clones share them; only who asks now is remembered.
#[derive(Clone)]
pub struct Turns<K: Ord + Copy> {
    queues: Arc<Mutex<BTreeMap<K, Queue>>>,
    at_once: usize,
    there: usize,
}

struct Queue {
    turns: Arc<Semaphore>,
    there: usize,
}

impl<K: Ord + Copy> Turns<K> {
    /// Of one key `at_once` have a turn; with those that wait for one there are `there` at most.
    #[must_use]
    pub fn new(at_once: usize, there: usize) -> Self {
        Self { queues: Arc::default(), at_once, there }
    }

    /// Waits for a turn; it lasts until the value is dropped. Give it to the work itself: whoever hangs
    /// up does not end what they began.
    ///
    /// # Errors
    /// [`Error::Busy`] if enough of the key wait already, or none ended in ten seconds.
    pub async fn take(&self, key: &K) -> Result<Turn<K>, Error> {
        let (turns, place) = self.stand_in(key)?;
        let own = tokio::time::timeout(TURN_WAIT, turns.acquire_owned()).await;
        let own = own.ok().and_then(Result::ok).ok_or(Error::Busy)?;
        Ok(Turn { _own: own, _place: place })
    }

    fn stand_in(&self, key: &K) -> Result<(Arc<Semaphore>, Place<K>), Error> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Queue { turns: Arc::new(Semaphore::new(self.at_once)), there: 0 };
        let queue = queues.entry(*key).or_insert_with(new);
        if queue.there >= self.there {
            return Err(Error::Busy);
        }
        queue.there += 1;
        Ok((Arc::clone(&queue.turns), Place { turns: self.clone(), key: *key }))
    }

    #[cfg(test)]
    fn known(&self) -> usize {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A turn under way.
pub struct Turn<K: Ord + Copy> {
    _own: OwnedSemaphorePermit,
    _place: Place<K>,
}

/// A place in the queue of a key.
struct Place<K: Ord + Copy> {
    turns: Turns<K>,
    key: K,
}

impl<K: Ord + Copy> Drop for Place<K> {
    fn drop(&mut self) {
        let mut queues = self.turns.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(&self.key) {
            queue.there -= 1;
            if queue.there == 0 {
                queues.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::ids::DeviceId;

    #[tokio::test]
    async fn a_phone_has_one_turn_at_a_time_and_few_that_wait() {
        let (turns, one, other) =
            (Turns::new(1, 2), DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        let first = turns.take(&one).await.unwrap();
        let waiting = turns.clone();
        let second = tokio::spawn(async move { waiting.take(&one).await.map(drop) });
        tokio::task::yield_now().await;
        assert!(matches!(turns.take(&one).await, Err(Error::Busy)), "no more wait than that");
        assert!(turns.take(&other).await.is_ok(), "another phone is not in their way");
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap().unwrap();
        assert_eq!(turns.known(), 0, "nothing stays behind");
    }
}

//! Who is told what changed.

use std::sync::{Arc, Mutex};

use crate::phone::locked;
use crate::platform::ChangeListener;

/// All who listen to a phone, in the order in which they came.
#[derive(Clone, Default)]
pub(crate) struct Ears(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    next: u64,
    all: Vec<(u64, Arc<dyn ChangeListener>)>,
}

impl Ears {
    pub(crate) fn add(&self, listener: Arc<dyn ChangeListener>) -> Arc<Listening> {
        let mut heard = locked(&self.0);
        heard.next += 1;
        let number = heard.next;
        heard.all.push((number, listener));
        Arc::new(Listening { ears: self.clone(), number })
    }

    pub(crate) fn clear(&self) {
        let gone = std::mem::take(&mut locked(&self.0).all);
        // Outside the lock: what an app does when it goes is not known here.
        drop(gone);
    }

    /// Tells everybody; never while anything is held, since whoever hears may ask the phone at once.
    pub(crate) fn tell(&self, cases: &[String]) {
        let all = locked(&self.0).all.clone();
        for (_, listener) in all {
            listener.changed(cases.to_vec());
        }
    }

    fn remove(&self, number: u64) {
        let mut heard = locked(&self.0);
        let at = heard.all.iter().position(|(other, _)| *other == number);
        let gone = at.map(|at| heard.all.remove(at));
        drop(heard);
        drop(gone);
    }
}

/// One who listens. Letting go of it changes nothing: say [`Listening::stop`].
#[derive(uniffi::Object)]
pub struct Listening {
    ears: Ears,
    number: u64,
}

#[uniffi::export]
impl Listening {
    /// Tells this one no more; the others hear on. May be said twice, and of a phone that is closed.
    pub fn stop(&self) {
        self.ears.remove(self.number);
    }
}

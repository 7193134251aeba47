//! One user's phone: opened, exchanged, watched, closed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use sync_core::device::https::Https;
use sync_core::device::part;
use sync_core::device::sync::{self, Holds, Stop, SyncControl, SyncError};
use sync_core::device::{Device, Enrolled, Lease};
use sync_core::ids::CaseId;
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::time::Timestamp;

use crate::ears::{Ears, Listening};
use crate::error::PhoneError;
use crate::home;
use crate::platform::{ChangeListener, Clock, LogSink, SyncWatcher, SystemClock};
use crate::records::{SignIn, SyncProgress, SyncSummary};
use crate::stop::{self, SyncStop};

type Core = Device<SqliteStore>;

/// One user's phone. Keep one; safe to call from any thread. Reading and writing go on while an exchange
/// waits for the server.
#[derive(uniffi::Object)]
pub struct Phone {
    /// None once it is erased or closed.
    device: Mutex<Option<Core>>,
    database: PathBuf,
    clock: Arc<dyn Clock>,
    log: Option<Arc<dyn LogSink>>,
    listeners: Ears,
    /// What stops the exchange under way.
    stop: Mutex<Stop>,
    exchanging: Mutex<()>,
}

#[uniffi::export]
impl Phone {
    /// Opens the encrypted data of a user who has enrolled with a key that the app keeps itself, 32 bytes.
    /// [`crate::PhoneHome`] is for everybody else.
    ///
    /// # Errors
    /// [`PhoneError`] for a wrong key, a damaged, full or newer file; nothing is overwritten.
    #[uniffi::constructor(default(clock = None))]
    pub fn open_with_key(
        path: String,
        key: Vec<u8>,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Arc<Self>, PhoneError> {
        let key: [u8; 32] =
            key.try_into().map_err(|_| crate::input::bad("the key must have 32 bytes"))?;
        let database = PathBuf::from(path);
        let store = SqliteStore::open(&database, &Key::new(key))?;
        let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
        Self::over(Device::open(store)?, database, clock, None)
    }

    /// Exchanges with the server until nothing is left to send, then makes lists and search ready. Blocks:
    /// call it from a background thread. `budget_ms` ends it cleanly in time, as a background task must;
    /// `stop` ends it at once, even if it was said before this began. The next one goes on.
    ///
    /// # Errors
    /// [`PhoneError::Stopped`] is no failure. What was stored is stored.
    #[uniffi::method(default(budget_ms = None, watcher = None, stop = None))]
    pub fn sync(
        &self,
        budget_ms: Option<u64>,
        watcher: Option<Arc<dyn SyncWatcher>>,
        stop: Option<Arc<SyncStop>>,
    ) -> Result<SyncSummary, PhoneError> {
        let stop = stop::of(budget_ms, stop);
        let _alone = self.alone(&stop)?;
        let done = self.exchange(&stop, watcher.as_deref());
        self.say(&match &done {
            Ok(summary) => format!("exchanged: {} pages", summary.pages),
            Err(error) => format!("exchange ended: {}", error.code()),
        });
        // What the exchange came to is heard first: that the phone was stolen, above all.
        let tidied = self.tidy(&stop);
        done.and_then(|summary| tidied.map(|()| summary))
    }

    /// Waits until the server has something for this phone, or `seconds` are over, of which the server takes
    /// 50 at most; gives whether there is something. For an open screen that shows what others write as
    /// they write it: exchange, wait, exchange again. Blocks; every other call goes on meanwhile. `stop`
    /// ends it at once.
    ///
    /// # Errors
    /// [`PhoneError::Stopped`] is no failure. [`PhoneError::Offline`] and [`PhoneError::Busy`] are a reason
    /// to wait a little before the next try.
    #[uniffi::method(default(stop = None))]
    pub fn wait_for_news(
        &self,
        seconds: u32,
        stop: Option<Arc<SyncStop>>,
    ) -> Result<bool, PhoneError> {
        let mut https = Https::of(&self.enrolled()?).map_err(SyncError::from)?;
        Ok(sync::wait(&mut Shared(self), &mut https, &stop::of(None, stop), seconds)?)
    }

    /// Ends the exchange under way, from whichever thread, and the fetching of an attachment. Does nothing
    /// if there is none: one that is only about to begin is ended by the [`SyncStop`] that it was given.
    pub fn stop_sync(&self) {
        locked(&self.stop).now();
    }

    /// Makes lists and search ready without an exchange; does little if little changed.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn make_ready(&self) -> Result<(), PhoneError> {
        self.tidy(&Stop::never())
    }

    /// Tells `listener` from now on which cases to show anew, until [`Listening::stop`].
    pub fn listen(&self, listener: Arc<dyn ChangeListener>) -> Arc<Listening> {
        self.listeners.add(listener)
    }

    /// Tells nobody any more.
    pub fn stop_listening(&self) {
        self.listeners.clear();
    }

    /// Lets the user in again whose session is over, with a new one-time code; blocks. Nothing else on the
    /// phone changes.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn sign_in_again(&self, code: String, sign_in: SignIn) -> Result<(), PhoneError> {
        let enrolled = self.enrolled()?;
        let mut https = Https::of(&enrolled)?;
        let mut who = sign_in.credentials();
        who.code = code;
        // The server keeps the name that it knows; it only wants one.
        who.device_name = "this phone".to_owned();
        self.with(|device| device.sign_in_again(&mut https, &who))
    }

    /// Ends the session on this phone. Nothing else goes: what is unsent waits, and writing goes on.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn sign_out(&self) -> Result<(), PhoneError> {
        self.with(|device| device.sign_out())
    }

    /// Hands a phone back that was retired or reported stolen ([`PhoneError::Retired`],
    /// [`PhoneError::Stolen`]): what only it has goes to the server, everything on it is erased, the key
    /// first, and the server is told. Blocks. Says what the person is to know.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing is erased before all is handed over. What somebody began to write on a retired
    /// phone is to be saved or thrown away first ([`PhoneError::Other`] says so). Opening goes on with what
    /// was cut short.
    pub fn hand_back(&self) -> Result<String, PhoneError> {
        let enrolled = self.enrolled()?;
        let mut https = Https::of(&enrolled)?;
        let mut salts = salts()?;
        let now = || self.now();
        // Closed before its files go.
        let parting = self.with_last(|device| device.leave(&mut https, &now, &mut salts))?;
        self.close();
        let mut remains = home::Remains::of(&self.database);
        let note = home::note(&self.database);
        let tell = &mut part::tell_by_https;
        let parted = part::part(&note, (&enrolled, &parting), &mut remains, tell)?;
        Ok(parted.to_string())
    }

    /// Closes the phone: every later call says [`PhoneError::Closed`]. Nothing is lost by not calling it.
    pub fn close(&self) {
        self.stop_sync();
        self.stop_listening();
        drop(locked(&self.device).take());
    }
}

impl Phone {
    pub(crate) fn over(
        device: Core,
        database: PathBuf,
        clock: Arc<dyn Clock>,
        log: Option<Arc<dyn LogSink>>,
    ) -> Result<Arc<Self>, PhoneError> {
        let phone = Self {
            device: Mutex::new(Some(device)),
            database,
            clock,
            log,
            listeners: Ears::default(),
            stop: Mutex::default(),
            exchanging: Mutex::default(),
        };
        // The lease of a phone that never had contact runs from now.
        let now = phone.now();
        phone.with(|device| device.lease(now))?;
        Ok(Arc::new(phone))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms())
    }

    /// Does something with the device; nobody else does meanwhile.
    pub(crate) fn with<T, E>(
        &self,
        work: impl FnOnce(&mut Core) -> Result<T, E>,
    ) -> Result<T, PhoneError>
    where
        PhoneError: From<E>,
    {
        let mut device = locked(&self.device);
        let device = device.as_mut().ok_or(PhoneError::Closed)?;
        Ok(work(device)?)
    }

    /// Does the last thing with the device, and closes it in the same hold: whoever waits for it finds it closed,
    /// and is not told that something was saved which is erased with the rest. If it fails, nothing is closed.
    pub(crate) fn with_last<T, E>(
        &self,
        work: impl FnOnce(&mut Core) -> Result<T, E>,
    ) -> Result<T, PhoneError>
    where
        PhoneError: From<E>,
    {
        let mut held = locked(&self.device);
        let done = work(held.as_mut().ok_or(PhoneError::Closed)?)?;
        drop(held.take());
        Ok(done)
    }

    /// Shows something, unless the phone was without contact for longer than it may: then reading locks,
    /// and writing goes on.
    pub(crate) fn show<T, E>(
        &self,
        work: impl FnOnce(&mut Core) -> Result<T, E>,
    ) -> Result<T, PhoneError>
    where
        PhoneError: From<E>,
    {
        let now = self.now();
        self.with::<T, PhoneError>(|device| match device.lease(now)? {
            Lease::Open { .. } => Ok(work(device)?),
            Lease::Over { since } => Err(PhoneError::LeaseOver { since_ms: since.0 }),
        })
    }

    /// Tells whoever shows these cases; never while the device is held.
    pub(crate) fn tell_changed(&self, cases: impl IntoIterator<Item = CaseId>) {
        let cases: Vec<String> = cases.into_iter().map(|case| case.to_string()).collect();
        if !cases.is_empty() {
            self.listeners.tell(&cases);
        }
    }

    /// The only exchange, which `stop` ends.
    pub(crate) fn alone(&self, stop: &Stop) -> Result<MutexGuard<'_, ()>, PhoneError> {
        let alone = match self.exchanging.try_lock() {
            Ok(alone) => alone,
            // Its holder panicked: nobody exchanges any more.
            Err(TryLockError::Poisoned(left)) => left.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(PhoneError::Busy),
        };
        *locked(&self.stop) = stop.clone();
        Ok(alone)
    }

    pub(crate) fn enrolled(&self) -> Result<Enrolled, PhoneError> {
        self.with(|device| Enrolled::load(device.store()))?.ok_or(PhoneError::NotEnrolled)
    }

    fn exchange(
        &self,
        stop: &Stop,
        watcher: Option<&dyn SyncWatcher>,
    ) -> Result<SyncSummary, PhoneError> {
        let mut https = Https::of(&self.enrolled()?).map_err(SyncError::from)?;
        let (mut salts, clock) = (salts()?, || self.now());
        let mut tell = |progress: &sync::Progress<'_>| {
            self.tell_changed(progress.changed.cases.iter().copied());
            if let Some(watcher) = watcher {
                watcher.progress(SyncProgress::of(progress));
            }
        };
        let control = SyncControl::new().watched(&mut tell).stopped_by(stop.clone());
        let mut shared = Shared(self);
        let done = sync::sync(&mut shared, &mut https, &clock, &mut salts, control);
        let done = SyncSummary::from(done?);
        self.send_attachments(&mut https, stop)?;
        Ok(done)
    }

    fn tidy(&self, stop: &Stop) -> Result<(), PhoneError> {
        loop {
            if stop.is_asked() {
                return Ok(());
            }
            // A few records at a time, so that whoever writes meanwhile waits for no more than those.
            let mut more = false;
            self.with(|device| {
                device.tidy(&mut |tidied| {
                    more = tidied.more;
                    false
                })
            })?;
            if !more {
                return Ok(());
            }
        }
    }

    pub(crate) fn say(&self, line: &str) {
        if let Some(log) = &self.log {
            log.log(line.to_owned());
        }
    }
}

/// The device behind its lock, free while the server is waited for.
pub(crate) struct Shared<'a>(pub(crate) &'a Phone);

impl Holds for Shared<'_> {
    type Store = SqliteStore;

    fn with<T>(&mut self, work: impl FnOnce(&mut Core) -> T) -> Option<T> {
        locked(&self.0.device).as_mut().map(work)
    }
}

/// A lock whose holder panicked left the device as it was before: its state is the store's.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sixteen random bytes.
pub(crate) fn random() -> Result<[u8; 16], PhoneError> {
    let mut bytes = [0; 16];
    let none = |_| PhoneError::Other { reason: "this phone gives no random bytes".to_owned() };
    getrandom::fill(&mut bytes).map_err(none)?;
    Ok(bytes)
}

/// Random bytes for each batch's salts, drawn before anything is sent. Should the system fail later,
/// the last ones are counted on: still unknown to anybody and never the same twice.
fn salts() -> Result<impl FnMut() -> [u8; 16], PhoneError> {
    let mut last = random()?;
    Ok(move || {
        let mut next = u128::from_be_bytes(last).wrapping_add(1).to_be_bytes();
        // On failure the counted-on bytes stand.
        let _ = getrandom::fill(&mut next);
        last = next;
        next
    })
}

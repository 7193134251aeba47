//! Who may knock how often; and bounds of the server's alone: what it keeps in memory, how many records an
//! export holds, what a school's file may be. How often each kind of knock may come, and the other
//! bounds, are in `sync_core::limits`.
//!
//! Each kind of knock is counted where nobody can use it up for somebody else: a password by account and
//! address together and by address, never by account alone; a phone by itself, once its key or session has
//! shown which it is.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use governor::clock::Clock as Ticking;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest, Sha256};
use sync_core::ids::{DeviceId, UserId};
use sync_core::limits::{
    ADDRESS_SIGN_INS, ATTACHMENT_PIECES, DEVICE_EXCHANGES, Knocks, LIMITED_KEYS, SIGN_INS, UNPROVED,
};

use crate::app::Clock;

/// Cases kept in brief in memory, some 20 KB each: those of a dozen leads, or of a small authority.
pub const BRIEFS_KEPT: usize = 5_000;
/// Numbers of a log among which what is new for a phone is sought in memory, 40 bytes each; twice as many are
/// kept. A cluster of 200 phones takes some 3,000 a day.
pub const TAIL_NUMBERS: i64 = 8_192;
/// Logs of which these are kept: a busy server's clusters, 20 MB at most.
pub const TAILS_KEPT: usize = 32;
/// Kilobytes of a SQLite file that a connection keeps which reads: the index by which a first sync of hundreds of
/// cases finds its changes. Whatever another writes makes it forget them.
pub const READER_CACHE_KB: u32 = 8_000;
/// Connections that read a SQLite file beyond one for each core, for those that wait for the disk: more would
/// wait for a core, and each keeps what it read.
pub const READERS_BEYOND_CORES: usize = 3;
/// Kilobytes that the one keeps that writes: a group of commits without a write before its time, and what they read.
pub const WRITER_CACHE_KB: u32 = 16_000;
/// Clusters of which it is kept who works there: some 30 KB each.
pub const CLUSTERS_KNOWN: usize = 256;
/// Records in one file of an agency's own: a busy agency's term in one cluster, some 20 MB. Who needs more
/// asks for shorter periods.
pub const EXPORTED_RECORDS: usize = 2_000;
/// Bounds of files from schools' systems.
pub mod imports {
    /// Bytes of one row of a table: a hundred times what a row of a roll has.
    pub const ROW_BYTES: usize = 16 * 1024;
    /// Columns of a table: exports of "everything" have about two hundred.
    pub const COLUMNS: usize = 500;
    /// Bytes of a name, a school or a cause: as long as any name elsewhere.
    pub const TEXT_BYTES: usize = 200;
    /// Bytes of a pupil's number: the longest in use has 13.
    pub const NUMBER_BYTES: usize = 40;
    /// Rows in one transaction: a server that serves meanwhile waits for it, some 50 ms.
    pub const BATCH: usize = 1_000;
    /// Half days in one term or year, at most: two on every day of a year.
    pub const HALF_DAYS: u16 = 732;
    /// Days that a file of marks may reach over: two school years; a bit is kept for each half day.
    pub const DAYS: usize = 800;
    /// Terms that a file of marks may reach over: two school years of six.
    pub const TERMS: usize = 12;
    /// Bytes of a mapping or a calendar: people write them by hand.
    pub const HAND_BYTES: u64 = 256 * 1024;
    /// Bytes of one name, text or comment in an XML file.
    pub const XML_TOKEN: usize = 64 * 1024;
    /// Elements within elements: the Common Transfer File has eight.
    pub const XML_DEPTH: usize = 32;
    /// Elements of one pupil in an XML file: results of every key stage are about a thousand.
    pub const XML_ELEMENTS: usize = 20_000;
    /// Refused rows that are shown where no report was asked for.
    pub const SHOWN: u64 = 20;
    /// Imports that a list shows, newest first.
    pub const LISTED: i64 = 100;
    /// Cases looked at in one transaction for whether they name a pupil: each is read whole.
    pub const CASES: usize = 25;
}

/// Too often. Try again after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too often: try again in {seconds} s")]
pub struct TooOften {
    /// From when it is worth trying again.
    pub seconds: u32,
}

/// Where a request comes from: an IPv4 address, or the network of an IPv6 one, of which one household
/// has more addresses than could be counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place([u8; 8]);

impl Place {
    /// The place of an address; those that are not known are one.
    #[must_use]
    pub fn of(address: Option<IpAddr>) -> Self {
        let mut place = [0; 8];
        match address.map(|it| it.to_canonical()) {
            Some(IpAddr::V4(v4)) => place[..4].copy_from_slice(&v4.octets()),
            Some(IpAddr::V6(v6)) => place.copy_from_slice(&v6.octets()[..8]),
            None => {}
        }
        Self(place)
    }
}

/// Counts knocks; its memory is bounded.
pub struct Limits {
    accounts: Counter<[u8; 16]>,
    addresses: Counter<Place>,
    unproved: Counter<Place>,
    devices: Counter<DeviceId>,
    attachments: Counter<UserId>,
}

impl Limits {
    /// Nobody has knocked yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self {
            accounts: Counter::new(SIGN_INS, clock),
            addresses: Counter::new(ADDRESS_SIGN_INS, clock),
            unproved: Counter::new(UNPROVED, clock),
            devices: Counter::new(DEVICE_EXCHANGES, clock),
            attachments: Counter::new(ATTACHMENT_PIECES, clock),
        }
    }

    /// A password for an account, there or not, from a place.
    ///
    /// # Errors
    /// [`TooOften`]: nothing is to be looked up.
    pub fn sign_in(&self, sign_in: &str, place: Place) -> Result<(), TooOften> {
        self.addresses.count(place)?;
        self.accounts.count(name(sign_in, &place.0))
    }

    /// An attempt to sign in of which it is not known yet for whom, from a place.
    ///
    /// # Errors
    /// [`TooOften`]: nothing is to be asked.
    pub fn sign_in_outside(&self, place: Place) -> Result<(), TooOften> {
        self.addresses.count(place)
    }

    /// A password for an account from a browser that was signed in to it before: nobody else counts.
    ///
    /// # Errors
    /// [`TooOften`]
    pub fn sign_in_known(&self, sign_in: &str, browser: &[u8; 32]) -> Result<(), TooOften> {
        self.accounts.count(name(sign_in, browser))
    }

    /// A person's own password or code, from a session of theirs.
    ///
    /// # Errors
    /// [`TooOften`]
    pub fn own_password(&self, user: &UserId) -> Result<(), TooOften> {
        self.accounts.count(*user.as_bytes())
    }

    /// A request in the name of a phone whose signature it does not bear, from a place.
    ///
    /// # Errors
    /// [`TooOften`]
    pub fn unproved(&self, place: Place) -> Result<(), TooOften> {
        self.unproved.count(place)
    }

    /// Bytes of an attachment, brought or asked for.
    ///
    /// # Errors
    /// [`TooOften`]
    pub fn attachment(&self, user: &UserId) -> Result<(), TooOften> {
        self.attachments.count(*user)
    }

    /// A request of a phone that has shown which it is.
    ///
    /// # Errors
    /// [`TooOften`]
    pub fn device(&self, device: &DeviceId) -> Result<(), TooOften> {
        self.devices.count(*device)
    }
}

/// Of one size, whatever was typed.
fn name(sign_in: &str, place: &[u8]) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update((place.len() as u64).to_be_bytes());
    digest.update(place);
    digest.update(crate::service::sessions::normalise(sign_in));
    let digest: [u8; 32] = digest.finalize().into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// The server's clock for the counting crate: time since 1970.
#[derive(Clone)]
struct Ticks(Clock);

impl Ticking for Ticks {
    type Instant = Duration;
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.now().0.try_into().unwrap_or_default())
    }
}

type Store<K> = HashMapStateStore<Option<K>>;

/// Counts one kind of knock by key. Once there are too many keys, new ones are counted together.
struct Counter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<Option<K>, Store<K>, Ticks, NoOpMiddleware<Duration>>,
    clock: Ticks,
    /// When keys that are at rest were last forgotten, milliseconds since 1970.
    swept: AtomicI64,
}

/// How often keys at rest are looked for at most, milliseconds: it passes over all of them.
const SWEEP_MS: i64 = 1_000;

impl<K: Hash + Eq + Clone> Counter<K> {
    fn new(knocks: Knocks, clock: &Clock) -> Self {
        let clock = Ticks(clock.clone());
        let every = Duration::from_millis(u64::from(knocks.one_per_ms.get()));
        let quota = Quota::with_period(every).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        let quota = quota.allow_burst(knocks.at_once);
        let limiter = RateLimiter::new(quota, Store::default(), clock.clone());
        Self { limiter, clock, swept: AtomicI64::new(0) }
    }

    fn count(&self, key: K) -> Result<(), TooOften> {
        let key = if self.has_room() { Some(key) } else { None };
        self.limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            TooOften { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
        })
    }

    /// Whether a key more can be counted by itself.
    fn has_room(&self) -> bool {
        if self.limiter.len() < LIMITED_KEYS {
            return true;
        }
        let now = self.clock.0.now().0;
        if now.saturating_sub(self.swept.swap(now, Ordering::Relaxed)) >= SWEEP_MS {
            self.limiter.retain_recent();
        }
        self.limiter.len() < LIMITED_KEYS
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::time::Timestamp;

    use super::*;

    fn limits() -> (Limits, Arc<AtomicI64>) {
        let now = Arc::new(AtomicI64::new(1_795_000_000_000));
        let told = Arc::clone(&now);
        (Limits::new(&Clock::new(move || Timestamp(told.load(Ordering::SeqCst)))), now)
    }

    fn place(last: u8) -> Place {
        Place::of(Some(IpAddr::from([192, 0, 2, last])))
    }

    /// Guesses until it is too often.
    fn exhaust(limits: &Limits, sign_in: &str, place: Place) -> TooOften {
        (0..=SIGN_INS.at_once.get()).find_map(|_| limits.sign_in(sign_in, place).err()).unwrap()
    }

    #[test]
    fn a_stranger_who_guesses_locks_themselves_out_and_nobody_else() {
        let (limits, now) = limits();
        let wait = exhaust(&limits, "Iona ", place(1));
        assert!(limits.sign_in("iona", place(1)).is_err(), "however it is spelt");
        assert!(limits.sign_in("iona", place(2)).is_ok(), "she signs in from where she is");
        assert!(limits.sign_in("ross", place(1)).is_ok(), "a colleague at the same address does");
        assert!(limits.sign_in_known("iona", &[7; 32]).is_ok(), "her own browser does there, too");
        now.fetch_add(i64::from(wait.seconds) * 1000, Ordering::SeqCst);
        assert!(limits.sign_in("iona", place(1)).is_ok(), "for as long as was said");
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let (limits, _) = limits();
        let tried = (0..ADDRESS_SIGN_INS.at_once.get() + 1)
            .filter(|n| limits.sign_in(&format!("worker {n}"), place(1)).is_ok())
            .count();
        assert_eq!(tried, ADDRESS_SIGN_INS.at_once.get() as usize);
        assert!(limits.sign_in("worker 0", place(2)).is_ok());
    }

    #[test]
    fn addresses_of_one_network_are_one_place() {
        let of = |text: &str| Place::of(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
    }

    #[test]
    fn memory_is_bounded_and_what_is_at_rest_is_forgotten() {
        let (limits, now) = limits();
        for n in 0..LIMITED_KEYS as u128 + 500 {
            let _ = limits.device(&DeviceId::from_bytes(n.to_be_bytes()));
        }
        assert!(limits.devices.limiter.len() <= LIMITED_KEYS + 1);
        let stranger = DeviceId::from_bytes([0xff; 16]);
        let _ = (0..DEVICE_EXCHANGES.at_once.get()).find(|_| limits.device(&stranger).is_err());
        assert!(limits.device(&stranger).is_err(), "those who find no room are counted together");
        now.fetch_add(10 * 60 * 1000, Ordering::SeqCst);
        assert!(limits.device(&stranger).is_ok());
        assert!(limits.devices.limiter.len() < 10);
    }
}

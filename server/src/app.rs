//! What every request handler is given: built once, outside the web server's workers.

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use metrics_exporter_prometheus::PrometheusHandle;
use sync_core::framework::{Catalogue, FrameworkError};
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use crate::db::{self, Address, Conn, Db};
use crate::ingest::Rules;
use crate::ingest::committer::Committer;
use crate::ingest::turns::Turns;
use crate::limits::Limits;
use crate::passwords::{HashFailed, MAX_BYTES, PasswordCost, Passwords};
use crate::service::secrets::{self, Secrets};
use crate::service::{Refusal, sessions};
use crate::telemetry;

/// Tells the time; a test hands in its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// This machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// A clock of the caller's.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// The machine could give no random bytes; nothing that must be secret is made without them.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("this machine gives no random bytes")]
pub struct NoEntropy;

type Fill = dyn Fn(&mut [u8]) -> Result<(), NoEntropy> + Send + Sync;

/// Gives random bytes; a test hands in its own.
#[derive(Clone)]
pub struct Entropy(Arc<Fill>);

impl Entropy {
    /// The operating system's random bytes.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|bytes| getrandom::fill(bytes).map_err(|_| NoEntropy))
    }

    /// A source of the caller's.
    pub fn new(fill: impl Fn(&mut [u8]) -> Result<(), NoEntropy> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` fresh bytes.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoEntropy> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes)?;
        Ok(bytes)
    }
}

/// What a server is made of, besides its database.
pub struct Parts {
    /// Tells the time.
    pub clock: Clock,
    /// Gives random bytes.
    pub entropy: Entropy,
    /// How dear a password hash is.
    pub password_cost: PasswordCost,
    /// Connections to the database, at most.
    pub connections: usize,
    /// Whether phones that ask are told what their exchange cost.
    pub stats: bool,
}

impl Default for Parts {
    /// A real server's: the machine's clock and random bytes, dear passwords.
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            entropy: Entropy::system(),
            password_cost: PasswordCost::Owasp,
            connections: 8,
            stats: false,
        }
    }
}

/// Everything a handler may use. Clones share it.
#[derive(Clone)]
pub struct AppState {
    /// The doors to the database.
    pub db: Db,
    /// Tells the time.
    pub clock: Clock,
    /// Gives random bytes.
    pub entropy: Entropy,
    /// The server's keys.
    pub secrets: Arc<Secrets>,
    /// Hashes and checks passwords off the request threads.
    pub passwords: Passwords,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
    /// What merging and judging go by.
    pub rules: Rules,
    /// Whether phones that ask are told what their exchange cost.
    pub stats: bool,
    /// Who may knock how often.
    pub limits: Arc<Limits>,
    /// Which phones are pushing.
    pub turns: Turns,
    committer: Arc<OnceLock<Committer>>,
}

impl AppState {
    /// Builds the state over a database whose schema is current; makes the server's secrets if this
    /// is its first start.
    ///
    /// # Errors
    /// [`StartError`] in an administrator's words.
    pub fn new(address: Address, mut first: Conn, parts: Parts) -> Result<Self, StartError> {
        let fresh = secrets::Fresh::draw(&parts.entropy)?;
        let secrets = secrets::load_or_make(&mut first, parts.clock.now(), &fresh)?;
        Ok(Self {
            db: Db::new(address, first, parts.connections),
            passwords: Passwords::new(parts.password_cost, &parts.entropy)?,
            limits: Arc::new(Limits::new(&parts.clock)),
            turns: Turns::default(),
            clock: parts.clock,
            entropy: parts.entropy,
            secrets: Arc::new(secrets),
            metrics: telemetry::metrics(),
            rules: Rules { catalogue: Arc::new(Catalogue::shipped()?) },
            stats: parts.stats,
            committer: Arc::default(),
        })
    }

    /// The way into the log; begins its work on the runtime that first asks.
    #[must_use]
    pub fn committer(&self) -> &Committer {
        self.committer.get_or_init(|| Committer::start(self.db.clone(), self.rules.clone()))
    }

    /// Who this is, or one refusal for an unknown name and a wrong password, after the same work.
    ///
    /// # Errors
    /// [`CheckFailed`] if nobody can say.
    pub async fn check_password(
        &self,
        sign_in: String,
        password: String,
    ) -> Result<Result<UserId, Refusal>, CheckFailed> {
        if sign_in.len() > SIGN_IN_BYTES || password.len() > MAX_BYTES {
            return Ok(Err(Refusal::SignInFailed));
        }
        let known = self.db.read(move |conn| sessions::credentials(conn, &sign_in)).await?;
        let (user, hash) = known.unzip();
        let right = self.passwords.check(password, hash).await?;
        Ok(user.filter(|_| right).ok_or(Refusal::SignInFailed))
    }
}

/// Longest sign-in name that is looked up, bytes.
const SIGN_IN_BYTES: usize = 200;

/// Why a password could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckFailed {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// Hashing failed.
    #[error(transparent)]
    Hash(#[from] HashFailed),
}

/// Why a server could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// A shipped framework cannot be read.
    #[error(transparent)]
    Framework(#[from] FrameworkError),
    /// Hashing failed at start.
    #[error(transparent)]
    Passwords(#[from] HashFailed),
}

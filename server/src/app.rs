//! What every request handler is given: built once, outside the web server's workers.

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use metrics_exporter_prometheus::PrometheusHandle;
use sync_core::framework::{Catalogue, FrameworkError};
use sync_core::ids::{DeviceId, UserId};
use sync_core::limits::{PUSHES_PER_DEVICE, READS_AT_ONCE, READS_PER_PERSON};
use sync_core::policy::Principal;
use sync_core::time::Timestamp;

use crate::blobs::{Blobs, Files};
use crate::db::{self, Address, Conn, Db};
use crate::ingest::Rules;
use crate::ingest::committer::Committer;
use crate::ingest::recorder::Recorder;
use crate::ingest::turns::Turns;
use crate::limits::Limits;
use crate::outside::Outside;
use crate::passwords::{HashFailed, MAX_BYTES, PasswordCost, Passwords};
use crate::service::audit::note::Written;
use crate::service::audit::{Act, Note, Origin, Pen, Seen, Who};
use crate::service::pull::{Tails, Told};
use crate::service::reading::Reader;
use crate::service::reading::brief::Briefs;
use crate::service::secrets::{self, Secrets};
use crate::service::{Refusal, second_factor, sessions};
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

/// What a server is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum ServerRole {
    /// Records of its clusters, for phones and browsers.
    #[default]
    Cluster,
    /// Figures of a whole authority, collected from servers of clusters: nothing of a child.
    Authority,
}

/// What a server is made of, besides its database.
pub struct Parts {
    /// What it is there for.
    pub role: ServerRole,
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
    /// The outside sign-in, if there is one.
    pub outside: Option<Outside>,
    /// Where the bytes of attachments rest.
    pub blobs: Arc<dyn Blobs>,
}

impl Default for Parts {
    /// A real server's: the machine's clock and random bytes, dear passwords.
    fn default() -> Self {
        Self {
            role: ServerRole::Cluster,
            clock: Clock::system(),
            entropy: Entropy::system(),
            password_cost: PasswordCost::Owasp,
            connections: 8,
            stats: false,
            outside: None,
            blobs: Arc::new(Files::new("caseweave-data/attachments".into())),
        }
    }
}

/// Everything a handler may use. Clones share it.
#[derive(Clone)]
pub struct AppState {
    /// What this server is there for.
    pub role: ServerRole,
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
    pub pushing: Turns<DeviceId>,
    /// Who is reading.
    pub reading: Turns<UserId>,
    /// The outside sign-in, if there is one.
    pub outside: Option<Outside>,
    /// Where the bytes of attachments rest.
    pub blobs: Arc<dyn Blobs>,
    /// Random bytes of this run of the server: a server that is put back to an older copy of itself
    /// names nothing anew that it named before.
    pub run: [u8; 16],
    /// Which phones are bringing bytes.
    pub bringing: Turns<DeviceId>,
    /// Cases in brief, as they were read before.
    pub briefs: Briefs,
    /// What phones were last told of people.
    pub told: Told,
    /// The newest numbers of logs.
    pub tails: Tails,
    committer: Arc<OnceLock<Committer>>,
    recorder: Arc<OnceLock<Recorder>>,
}

/// Who asks for something: what a session says.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The person and their roles.
    pub principal: Principal,
    /// Their phone, if they ask with one.
    pub device: Option<DeviceId>,
    /// From where.
    pub origin: Origin,
}

impl AppState {
    /// Builds the state over a database whose schema is current; makes the server's secrets if this
    /// is its first start.
    ///
    /// # Errors
    /// [`StartError`] in an administrator's words.
    pub fn new(address: Address, mut first: Conn, parts: Parts) -> Result<Self, StartError> {
        let fresh = secrets::Fresh::draw(&parts.entropy)?;
        let run = parts.entropy.bytes()?;
        let secrets = secrets::load_or_make(&mut first, parts.clock.now(), &fresh)?;
        Ok(Self {
            role: parts.role,
            db: Db::new(address, first, parts.connections),
            passwords: Passwords::new(parts.password_cost, &parts.entropy)?,
            limits: Arc::new(Limits::new(&parts.clock)),
            pushing: Turns::new(1, PUSHES_PER_DEVICE),
            reading: Turns::new(READS_AT_ONCE, READS_PER_PERSON),
            clock: parts.clock,
            entropy: parts.entropy,
            secrets: Arc::new(secrets),
            metrics: telemetry::metrics(),
            rules: Rules::new(Arc::new(Catalogue::shipped()?)),
            stats: parts.stats,
            outside: parts.outside,
            blobs: parts.blobs,
            run,
            told: Told::default(),
            tails: Tails::default(),
            bringing: Turns::new(1, PUSHES_PER_DEVICE),
            briefs: Briefs::default(),
            committer: Arc::default(),
            recorder: Arc::default(),
        })
    }

    /// The way into the log; begins its work on the runtime that first asks, and ends with that.
    #[must_use]
    pub fn committer(&self) -> &Committer {
        self.committer.get_or_init(|| {
            Committer::start(self.db.clone(), self.rules.clone(), self.recorder().clone())
        })
    }

    /// The way into the audit; begins its work on the runtime that first asks, and ends with that.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        self.recorder.get_or_init(|| Recorder::start(self.db.clone()))
    }

    /// A pen for what somebody does at one request.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn pen(&self, who: Who) -> Result<Pen, NoEntropy> {
        Ok(Pen::new(who, self.clock.now(), self.entropy.bytes()?))
    }

    /// Reads on somebody's behalf and gives what was read once it is written down in the audit: the
    /// only way to a [`Reader`].
    ///
    /// # Errors
    /// [`ShowError`]; nothing is shown then.
    pub async fn show<T, F>(&self, asking: Asking, work: F) -> Result<T, ShowError>
    where
        F: FnOnce(&mut Conn, &Reader) -> Result<Seen<T>, db::Error> + Send + 'static,
        T: Send + 'static,
    {
        let mut pen = self.pen(asking.who())?;
        let turn = self.reading.take(&asking.principal.user).await?;
        let reader = self.reader(asking);
        let answer = move |conn: &mut Conn| {
            let _turn = turn;
            work(conn, &reader)
        };
        let seen = self.db.read(answer).await?;
        let rows = seen.notes().iter().flat_map(|note| pen.rows(note)).collect();
        let receipt = self.recorder().record(rows).await.map_err(|_| ShowError::NotNoted)?;
        Ok(seen.open(receipt))
    }

    /// Does something on somebody's behalf, in one transaction with its row in the audit.
    ///
    /// # Errors
    /// [`ShowError`]; nothing was done then.
    pub async fn act<T, F>(&self, asking: Asking, work: F) -> Result<T, ShowError>
    where
        F: FnOnce(&mut Conn, &Reader, &mut Pen) -> Result<Written<T>, db::Error> + Send + 'static,
        T: Send + 'static,
    {
        let mut pen = self.pen(asking.who())?;
        let reader = self.reader(asking);
        let written = self.db.write(move |conn| work(conn, &reader, &mut pen)).await?;
        Ok(written.into_inner())
    }

    fn reader(&self, asking: Asking) -> Reader {
        Reader::new(asking.principal, self.rules.catalogue.clone(), self.clock.now())
            .sharing(self.briefs.clone())
    }

    /// Writes down what needs no transaction of its own.
    ///
    /// # Errors
    /// [`ShowError`] if it could not be.
    pub async fn note(&self, who: Who, note: Note) -> Result<(), ShowError> {
        let rows = self.pen(who)?.rows(&note);
        let _ = self.recorder().record(rows).await.map_err(|_| ShowError::NotNoted)?;
        Ok(())
    }

    /// Who this is, or one refusal for an unknown name, a wrong password and a wrong code, after the same
    /// work; the refusal is written down.
    ///
    /// # Errors
    /// [`CheckFailed`] if nobody can say.
    pub async fn check_password(
        &self,
        given: Given,
        origin: Origin,
    ) -> Result<Result<UserId, Refusal>, CheckFailed> {
        let mut who = Who { origin, ..Who::default() };
        let mut note = Note::of(Act::SignIn);
        let Given { sign_in, password, code } = given;
        if sign_in.len() <= SIGN_IN_BYTES && password.len() <= MAX_BYTES {
            let work = move |conn: &mut Conn| {
                let known = sessions::credentials(conn, &sign_in)?;
                let who = known.as_ref().map(|(user, _)| Who::known(conn, user, origin));
                Ok::<_, db::Error>((known, who.transpose()?))
            };
            let (known, known_who) = self.db.read(work).await?;
            let (user, hash) = known.unzip();
            let right = self.passwords.check(password, hash).await?;
            if let Some(user) = user.filter(|_| right) {
                if self.check_code(user, code.unwrap_or_default()).await? {
                    return Ok(Ok(user));
                }
                note = note.with("code");
            }
            who = known_who.unwrap_or(who);
        }
        let refusal = Refusal::SignInFailed;
        self.note(who, note.refused(refusal.code())).await?;
        Ok(Err(refusal))
    }

    /// Whether this is the person's password, without a word to anybody.
    ///
    /// # Errors
    /// [`CheckFailed`] if nobody can say.
    pub async fn is_password_of(
        &self,
        user: UserId,
        password: String,
    ) -> Result<bool, CheckFailed> {
        let known = self.db.read(move |conn| db::users::by_id(conn, &user)).await?;
        let hash = known.filter(|user| user.active).map(|user| user.password_hash);
        Ok(self.passwords.check(password, hash).await?)
    }

    async fn check_code(&self, user: UserId, code: String) -> Result<bool, CheckFailed> {
        let (now, secrets) = (self.clock.now(), self.secrets.clone());
        let work = move |conn: &mut Conn| second_factor::check(conn, now, &secrets, (&user, &code));
        Ok(self.db.write(work).await?)
    }
}

/// What somebody shows to sign in.
pub struct Given {
    /// Their sign-in name.
    pub sign_in: String,
    /// Their password.
    pub password: String,
    /// The code of their app, if they have one.
    pub code: Option<String>,
}

/// Longest sign-in name that is looked up, bytes.
const SIGN_IN_BYTES: usize = 200;

impl Asking {
    /// The same for the audit.
    #[must_use]
    pub fn who(&self) -> Who {
        Who::of(&self.principal, self.device, self.origin)
    }
}

/// Why something was not shown or done.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The audit could not be written: what it does not know of is not shown.
    #[error("the audit cannot be written")]
    NotNoted,
}

/// Why a password could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckFailed {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// Hashing failed.
    #[error(transparent)]
    Hash(#[from] HashFailed),
    /// The refusal could not be written down.
    #[error(transparent)]
    Note(#[from] ShowError),
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

//! What an operator types. Every command says in one sentence what stopped it; what the operator
//! can mend ends with code 2, what they cannot with code 1.

pub mod agency;
pub mod cluster;
pub mod contribution;
pub mod demo_data;
pub mod device;
pub mod edition;
pub mod framework;
pub mod import;
pub mod key;
pub mod migrate;
pub mod openapi;
pub mod output;
pub mod reckon;
pub mod serve;
pub mod source;
pub mod user;

use clap::{Parser, Subcommand};
use sync_core::ids::{DeviceId, UserId};

use crate::app::{AppState, Parts, StartError};
use crate::config::{CommonArgs, Config, ConfigError, ServeArgs};
use crate::db::migrate::{SchemaState, schema_state};
use crate::db::{self, Address, Conn};
use crate::demo::load::LoadError;
use crate::ingest::taken_off::TakenOff;
use crate::outside::servers::CollectAllError;
use crate::service::accounts::AccountError;
use crate::service::audit::{Act, Note, Who, chain};
use crate::service::collecting::CollectError;
use crate::service::contributions::ContributionError;
use crate::service::devices::MarkError;
use crate::service::editions::EditionError;
use crate::service::imports::ImportError;
use crate::telemetry;
use crate::tls::TlsError;

/// Offline-first records of multi-agency children's teams.
#[derive(Parser)]
#[command(name = "caseweave", version)]
pub struct Cli {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve phones and browsers.
    Serve(ServeArgs),
    /// Bring the database to this version.
    Migrate,
    /// People and their posts.
    #[command(subcommand)]
    User(user::Command),
    /// Phones and enrolment codes.
    #[command(subcommand)]
    Device(device::Command),
    /// Agencies.
    #[command(subcommand)]
    Agency(agency::Command),
    /// Clusters.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Local practice: stages, forms, words, clocks.
    #[command(subcommand)]
    Framework(framework::Command),
    /// Published figures of a period.
    #[command(subcommand)]
    Edition(edition::Command),
    /// Print the key by which other servers know this one.
    Key,
    /// What this server counts for the authority's own server.
    #[command(subcommand)]
    Contribution(contribution::Command),
    /// On an authority's own server: the servers of clusters it collects from.
    #[command(subcommand)]
    Source(source::Command),
    /// On an authority's own server: collect from the servers of clusters now.
    Collect(source::CollectArgs),
    /// Roll, attendance and exclusions from schools' systems.
    #[command(subcommand)]
    Import(import::Command),
    /// Fill an empty database with an invented area, for demos and measurements.
    DemoData(demo_data::Args),
    /// Check logs and the audit: every hash, the chains, and that each record can be opened.
    Verify(reckon::VerifyArgs),
    /// Make everything that follows from the log again.
    Rebuild(reckon::RebuildArgs),
    /// Print the description of the interface.
    Openapi,
}

/// What stopped a command.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nothing is where the settings point.
    #[error("there is no database at {0}: check --data or DATABASE_URL")]
    NoDatabase(std::path::PathBuf),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// Something the command names.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A phone.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// An edition.
    #[error(transparent)]
    Edition(#[from] EditionError),
    /// Counting for the authority's own server.
    #[error(transparent)]
    Contribution(#[from] ContributionError),
    /// Collecting.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// Servers that were asked and of which something is wrong; it was printed.
    #[error("of {all} servers {wrong} gave no more; what was taken stays")]
    Collected {
        /// Of how many something is wrong.
        wrong: usize,
        /// How many were asked.
        all: usize,
    },
    /// An invented area that could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A school's file.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A check found something; it was printed.
    #[error("not in order: {0} findings")]
    Wrong(usize),
    /// Putting the server together.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address to listen on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file for the bound address.
    #[error("cannot write {path}: {reason}")]
    AddressFile {
        /// The file.
        path: std::path::PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A folder for files.
    #[error("cannot write into {path}: {reason}")]
    Unwritten {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file in which the audit's ends are kept.
    #[error("the file audit-ends of the data folder cannot be read: {0}")]
    Kept(std::io::Error),
    /// A password that is too short, too long or not given.
    #[error("a password has at least 10 and at most 1024 letters; give it on standard input")]
    Password,
    /// The server ended by itself.
    #[error("the server stopped: {0}")]
    Stopped(std::io::Error),
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Wrong(_)
            | Self::Collected { .. }
            | Self::Stopped(_)
            | Self::Start(StartError::Entropy(_) | StartError::Passwords(_)) => 1,
            _ => 2,
        }
    }
}

impl From<CollectAllError> for Failure {
    fn from(error: CollectAllError) -> Self {
        match error {
            CollectAllError::Collect(error) => error.into(),
            CollectAllError::Tls(error) => error.into(),
            CollectAllError::Db(error) => error.into(),
        }
    }
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// [`Failure`]: one sentence and an exit code.
    pub fn run(self) -> Result<(), Failure> {
        if matches!(self.command, Command::Openapi) {
            openapi::run();
            return Ok(());
        }
        let config = Config::new(&self.common)?;
        telemetry::start_logs(config.log_format);
        match self.command {
            Command::Serve(args) => serve::run(&config, args),
            Command::Migrate => migrate::run(&config),
            Command::User(command) => user::run(&config, command),
            Command::Device(command) => device::run(&config, command),
            Command::Agency(command) => agency::run(&config, command),
            Command::Cluster(command) => cluster::run(&config, command),
            Command::Framework(command) => framework::run(&config, &command),
            Command::Edition(command) => edition::run(&config, command),
            Command::Key => key::run(&config),
            Command::Contribution(command) => contribution::run(&config, command),
            Command::Source(command) => source::run(&config, command),
            Command::Collect(args) => source::collect(&config, &args),
            Command::Import(command) => import::run(&config, command),
            Command::DemoData(args) => demo_data::run(&config, &args),
            Command::Verify(args) => reckon::verify(&config, &args),
            Command::Rebuild(args) => reckon::rebuild(&config, &args),
            Command::Openapi => Ok(()),
        }
    }
}

/// The database at this program's schema: brought to it if it is this machine's own file. A shared
/// PostgreSQL is migrated by `caseweave migrate` only, when its operator decides.
fn open_database(address: &Address) -> Result<Conn, db::Error> {
    let mut conn = Conn::open(address)?;
    match schema_state(&mut conn)? {
        SchemaState::Current => {}
        _ if address.is_sqlite() => {
            db::migrate::migrate(&mut conn)?;
        }
        SchemaState::New | SchemaState::Older => return Err(db::Error::SchemaOlder),
    }
    Ok(conn)
}

/// As [`open`], for a command that checks what is there: a mistyped folder must not become an empty
/// database in good order.
fn open_existing(config: &Config) -> Result<(Conn, AppState), Failure> {
    match &config.database {
        Address::File(path) if !path.exists() => Err(Failure::NoDatabase(path.clone())),
        _ => open(config),
    }
}

/// A connection and what a command needs beside it.
fn open(config: &Config) -> Result<(Conn, AppState), Failure> {
    let state =
        AppState::new(config.database.clone(), open_database(&config.database)?, Parts::default())?;
    Ok((Conn::open(&config.database)?, state))
}

/// As [`act`], for what may change who is taken off. What was kept of that outside the database holds first, should
/// the database have been put back to a backup; and is kept again afterwards.
fn act_on_taken_off<T, E: From<db::Error>>(
    config: &Config,
    (conn, state): (&mut Conn, &AppState),
    work: impl FnOnce(&mut Conn) -> Result<(T, Vec<Note>), E>,
) -> Result<T, Failure>
where
    Failure: From<E>,
{
    take_off_again(config, (&mut *conn, state))?;
    let done = act((&mut *conn, state), work)?;
    TakenOff::of(conn)?.keep(&config.data).map_err(Failure::Kept)?;
    Ok(done)
}

/// A database put back to a backup lets in again whom it did not know to be taken off: that is done again.
fn take_off_again(config: &Config, (conn, state): (&mut Conn, &AppState)) -> Result<(), Failure> {
    let kept = TakenOff::kept(&config.data).map_err(Failure::Kept)?;
    let (phones, people) = act((conn, state), |conn| {
        let (phones, people) = kept.apply(conn, state.clock.now())?;
        let phone = |id: &DeviceId| Note::of(Act::ChangeDevice).about(*id.as_bytes());
        let person = |id: &UserId| Note::of(Act::ChangeRole).about(*id.as_bytes());
        let notes = phones.iter().map(phone).chain(people.iter().map(person));
        let notes = notes.map(|note| note.with("again, after a restore")).collect();
        Ok::<_, Failure>(((phones.len(), people.len()), notes))
    })?;
    if phones + people > 0 {
        tracing::warn!(phones, people, "taken off again: the database is older than its journal");
    }
    Ok(())
}

/// Writes down what the operator does, in one transaction with it, and links it.
fn act<T, E: From<db::Error>>(
    (conn, state): (&mut Conn, &AppState),
    work: impl FnOnce(&mut Conn) -> Result<(T, Vec<Note>), E>,
) -> Result<T, Failure>
where
    Failure: From<E>,
{
    let mut pen = state.pen(Who::operator()).map_err(StartError::from)?;
    let done = db::write_tx(conn, |conn| {
        let (done, notes) = work(conn)?;
        notes.iter().try_for_each(|note| pen.write(conn, note))?;
        Ok::<_, E>(done)
    })?;
    chain::link_all(conn, &state.secrets.audit_key, state.clock.now())?;
    Ok(done)
}

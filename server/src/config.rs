//! What an operator may set: by flag, by environment variable, or left at its default. Read and
//! judged once, at the start.

mod outside;

pub use outside::OutsideArgs;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::ServerRole;
use crate::db::Address;
use crate::outside::SettingsError;
use crate::telemetry::LogFormat;
use crate::tls::CertificateFiles;

/// What every command takes.
#[derive(clap::Args, Clone)]
pub struct CommonArgs {
    /// Folder of the SQLite file and the development authority.
    #[arg(long, global = true, env = "CASEWEAVE_DATA", default_value = "./caseweave-data")]
    pub data: PathBuf,
    /// postgres://... or a SQLite file; by default a SQLite file in the data folder.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// File that holds the database's URL, so that its password is in no environment.
    #[arg(long, global = true, env = "DATABASE_URL_FILE", conflicts_with = "database_url")]
    pub database_url_file: Option<PathBuf>,
    /// How logs are written to standard error.
    #[arg(long, global = true, env = "CASEWEAVE_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What `serve` takes.
#[derive(clap::Args, Clone)]
pub struct ServeArgs {
    /// What the server is there for: records of clusters, or an authority's figures collected from them.
    #[arg(long, env = "CASEWEAVE_ROLE", default_value = "cluster")]
    pub role: ServerRole,
    /// With --role authority, how often figures are collected, minutes; 0 leaves it to `caseweave collect`.
    #[arg(long, env = "CASEWEAVE_COLLECT_MINUTES", default_value_t = 60,
          value_parser = clap::value_parser!(u16).range(0..=10_080))]
    pub collect_minutes: u16,
    /// Address to listen on; port 0 takes any free port.
    #[arg(long, env = "CASEWEAVE_LISTEN", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// File to write the bound address to.
    #[arg(long)]
    pub address_file: Option<PathBuf>,
    /// Certificate with its chain, PEM; by default one of a development authority.
    #[arg(long, env = "CASEWEAVE_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long, env = "CASEWEAVE_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Authority of phones' certificates, PEM: phones without one of it are refused. Browsers need none.
    #[arg(long, env = "CASEWEAVE_CLIENT_CA")]
    pub client_ca: Option<PathBuf>,
    /// Connections to the database, at most; to a SQLite file a writer, and no more readers than cores and three.
    #[arg(long, env = "CASEWEAVE_CONNECTIONS", default_value_t = 8,
          value_parser = clap::value_parser!(u16).range(1..=200))]
    pub connections: u16,
    /// Tell phones that ask what their exchange cost this server. For measuring only: what it costs
    /// can tell of records that a phone may not see.
    #[arg(long, env = "CASEWEAVE_STATS")]
    pub stats: bool,
    /// The outside sign-in.
    #[command(flatten)]
    pub outside: OutsideArgs,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// One of certificate and key is missing.
    #[error("--tls-cert and --tls-key belong together: give both or neither")]
    HalfCertificate,
    /// One of issuer and client id is missing.
    #[error("--oidc-issuer and --oidc-client-id belong together: give both or neither")]
    HalfOutside,
    /// A file of a setting cannot be read.
    #[error("{path}: {reason}")]
    SettingFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file of a secret holds none.
    #[error("{0}: there is no secret in this file")]
    NoSecret(PathBuf),
    /// The outside sign-in.
    #[error(transparent)]
    Outside(#[from] SettingsError),
    /// The file with the database's URL cannot be read.
    #[error("{path}: {reason}")]
    UrlFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The data folder cannot be made.
    #[error("the data folder {folder} cannot be used: {reason}")]
    DataFolder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The database's address is of no kind we know.
    #[error("DATABASE_URL must begin with postgres:// or sqlite:, or be a path")]
    DatabaseUrl,
}

/// What every command runs with.
#[derive(Clone)]
pub struct Config {
    /// Folder of the SQLite file and the development authority.
    pub data: PathBuf,
    /// Where the database is.
    pub database: Address,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Whether commands answer in JSON.
    pub json: bool,
}

impl Config {
    /// Judges the arguments and makes the data folder, for its owner only.
    ///
    /// # Errors
    /// [`ConfigError`] in an operator's words.
    pub fn new(args: &CommonArgs) -> Result<Self, ConfigError> {
        make_folder(&args.data)
            .map_err(|reason| ConfigError::DataFolder { folder: args.data.clone(), reason })?;
        Ok(Self {
            database: database(args)?,
            data: args.data.clone(),
            log_format: args.log_format,
            json: args.json,
        })
    }
}

impl fmt::Display for Config {
    /// Without passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data {}, database {:?}", self.data.display(), self.database)
    }
}

/// What `serve` runs with.
#[derive(Clone)]
pub struct ServeConfig {
    /// What the server is there for.
    pub role: ServerRole,
    /// How often figures are collected; never if none is said.
    pub collect_every: Option<Duration>,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// File to write the bound address to.
    pub address_file: Option<PathBuf>,
    /// The operator's certificate; none for the development authority's.
    pub certificate: Option<CertificateFiles>,
    /// The authority of phones' certificates; none if phones need none.
    pub client_authority: Option<PathBuf>,
    /// Connections to the database, at most.
    pub connections: usize,
    /// Whether phones that ask are told what their exchange cost.
    pub stats: bool,
    /// What was said of an outside sign-in.
    pub outside: OutsideArgs,
}

impl ServeConfig {
    /// Judges the arguments.
    ///
    /// # Errors
    /// [`ConfigError`] in an operator's words.
    pub fn new(args: ServeArgs) -> Result<Self, ConfigError> {
        let certificate = match (args.tls_cert, args.tls_key) {
            (Some(certificate), Some(key)) => Some(CertificateFiles { certificate, key }),
            (None, None) => None,
            _ => return Err(ConfigError::HalfCertificate),
        };
        let minutes = u64::from(args.collect_minutes);
        Ok(Self {
            role: args.role,
            collect_every: (minutes > 0).then(|| Duration::from_secs(minutes * 60)),
            listen: args.listen,
            address_file: args.address_file,
            certificate,
            client_authority: args.client_ca,
            connections: usize::from(args.connections),
            stats: args.stats,
            outside: args.outside,
        })
    }
}

fn database(args: &CommonArgs) -> Result<Address, ConfigError> {
    let read = |path: &PathBuf| {
        let failed = |reason| ConfigError::UrlFile { path: path.clone(), reason };
        std::fs::read_to_string(path).map_err(failed)
    };
    let kept = args.database_url_file.as_ref().map(read).transpose()?;
    let given = kept.as_deref().or(args.database_url.as_deref()).map(str::trim);
    let Some(url) = given.filter(|url| !url.is_empty()) else {
        return Ok(Address::File(args.data.join("caseweave.sqlite")));
    };
    match (Address::parse(url), url.contains("://")) {
        (Address::File(_), true) if !url.starts_with("sqlite:") => Err(ConfigError::DatabaseUrl),
        // A database that is gone when the command ends is never what an operator means.
        (Address::Memory, _) => Err(ConfigError::DatabaseUrl),
        (address, _) => Ok(address),
    }
}

fn make_folder(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(data: PathBuf, database_url: Option<&str>) -> CommonArgs {
        let database_url = database_url.map(str::to_owned);
        let log_format = LogFormat::Text;
        CommonArgs { data, database_url, database_url_file: None, log_format, json: false }
    }

    #[test]
    fn a_configuration_prints_itself_without_passwords() {
        let folder = tempfile::tempdir().unwrap();
        let url = "postgres://office:hunter2@db.example/cases?password=hunter3";
        let config = Config::new(&args(folder.path().to_owned(), Some(url))).unwrap();
        let shown = config.to_string();
        assert!(shown.contains("db.example/cases"), "{shown}");
        assert!(!shown.contains("hunter") && !shown.contains("office"), "{shown}");
    }

    #[test]
    fn what_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let read = |url| Config::new(&args(folder.to_owned(), url)).map(|config| config.database);
        assert!(matches!(read(Some("mysql://x/y")), Err(ConfigError::DatabaseUrl)));
        assert!(matches!(read(Some(":memory:")), Err(ConfigError::DatabaseUrl)));
        let default = Address::File(folder.join("caseweave.sqlite"));
        assert_eq!(read(None).ok(), Some(default));
        assert_eq!(read(Some("sqlite:a.db")).ok(), Some(Address::File("a.db".into())));
    }

    #[test]
    fn a_database_url_may_stand_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "postgres://office:hunter2@db.example/cases\n").unwrap();
        let read = |file: PathBuf| {
            let args = args(folder.path().to_owned(), None);
            Config::new(&CommonArgs { database_url_file: Some(file), ..args })
        };
        let config = read(file).unwrap();
        assert!(matches!(&config.database, Address::Postgres(url) if url.ends_with("/cases")));
        assert!(!config.to_string().contains("hunter"));
        assert!(matches!(read("nowhere".into()), Err(ConfigError::UrlFile { .. })));
    }
}

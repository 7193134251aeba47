//! A `caseweave serve` of the test's own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use caseweave::db::Address;
use power_cut::{Disk, Forget};
use rand_core::Rng;
use serde_json::Value;
use tempfile::TempDir;

use super::{Failed, Phone, binary, preload};

/// How long a server may take to answer after its start.
const START: Duration = Duration::from_secs(60);

const CLUSTER: &str = "Glen";

/// A server process with a database of its own, ended with its value.
pub struct Server {
    folder: TempDir,
    database: Option<String>,
    process: Option<Child>,
    address: Option<SocketAddr>,
    cluster: String,
    /// Flags of `serve` beside those that every test needs.
    flags: Vec<String>,
    /// How much it logs; `info` if nothing is said.
    verbosity: Option<&'static str>,
    /// The disk that its data folder is on, if the power of that can be cut.
    disk: Option<Disk>,
    /// What phones take for its address, if something stands before it.
    front: Option<SocketAddr>,
}

/// Somebody who works in a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Staff {
    /// Sign-in name and name on screens.
    pub name: &'static str,
    /// The agency's slug.
    pub agency: &'static str,
    /// The role.
    pub role: &'static str,
}

impl Server {
    /// Starts a server on SQLite, or on the PostgreSQL database at `database`.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(database: Option<String>) -> Result<Self, Failed> {
        Self::start_with(database, &[], None)
    }

    /// Starts a server with further flags of `serve`, logging as `RUST_LOG` would say.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_with(
        database: Option<String>,
        flags: &[&str],
        verbosity: Option<&'static str>,
    ) -> Result<Self, Failed> {
        let mut server = Self::new(database, CLUSTER)?;
        server.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        server.verbosity = verbosity;
        if server.database.is_some() {
            server.run(&["migrate"], "")?;
        }
        server.run(&["cluster", "add", "--name", CLUSTER, "--authority", "The Shire"], "")?;
        server.serve()?;
        Ok(server)
    }

    /// A server that serves nothing yet, with clusters of an authority.
    ///
    /// # Errors
    /// If they cannot be added.
    pub fn of_clusters(authority: &str, clusters: &[&str], flags: &[&str]) -> Result<Self, Failed> {
        let mut server = Self::new(None, clusters.first().ok_or("no cluster")?)?;
        server.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        for name in clusters {
            server.run(&["cluster", "add", "--name", name, "--authority", authority], "")?;
        }
        Ok(server)
    }

    /// Starts a server that is measured, over the database that `fill` makes with a cluster: a SQLite
    /// file, or an empty PostgreSQL database.
    ///
    /// # Errors
    /// If it is not filled or does not start.
    pub fn over(
        cluster: &str,
        database: Option<String>,
        fill: impl FnOnce(&Address) -> Result<(), Failed>,
    ) -> Result<Self, Failed> {
        let mut server = Self::new(database, cluster)?;
        server.flags = vec!["--stats".to_owned()];
        fs::create_dir_all(server.data())?;
        let file = || Address::File(server.data().join("caseweave.sqlite"));
        let address = server.database.as_deref().map_or_else(file, Address::parse);
        fill(&address)?;
        server.serve()?;
        Ok(server)
    }

    /// Starts a server on SQLite whose power can be cut, maybe with a planted bug.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_on_disk(planted: Option<Forget>) -> Result<Self, Failed> {
        let mut server = Self::new(None, CLUSTER)?;
        let disk = Disk::new(&server.data(), &server.folder.path().join("durable"))?;
        server.disk = Some(disk.planted(planted));
        server.run(&["cluster", "add", "--name", CLUSTER, "--authority", "The Shire"], "")?;
        server.serve()?;
        Ok(server)
    }

    fn new(database: Option<String>, cluster: &str) -> Result<Self, Failed> {
        let (folder, cluster) = (TempDir::new()?, cluster.to_owned());
        let (process, address, flags) = (None, None, Vec::new());
        let (verbosity, disk, front) = (None, None, None);
        Ok(Self { folder, database, process, address, cluster, flags, verbosity, disk, front })
    }

    /// Another process on the same database, with the same certificates.
    ///
    /// # Errors
    /// If it does not start.
    pub fn beside(&self) -> Result<Self, Failed> {
        let mut other = Self::new(self.database.clone(), &self.cluster)?;
        fs::create_dir_all(other.data())?;
        for file in fs::read_dir(self.data())?.flatten().filter(|it| it.path().is_file()) {
            fs::copy(file.path(), other.data().join(file.file_name()))?;
        }
        other.flags.clone_from(&self.flags);
        other.serve()?;
        Ok(other)
    }

    /// From now on phones enrol with this address, at which something passes them on.
    pub fn stands_behind(&mut self, front: SocketAddr) {
        self.front = Some(front);
    }

    /// Asks the server to end, as an update does, and waits until it has.
    ///
    /// # Errors
    /// If there is none to end, or it does not end well.
    pub fn end(&mut self) -> Result<(), Failed> {
        let mut child = self.process.take().ok_or("the server is not running")?;
        Command::new("kill").arg(child.id().to_string()).status()?;
        if child.wait()?.success() { Ok(()) } else { Err("the server did not end well".into()) }
    }

    /// Serves, on the address it had before if it had one.
    ///
    /// # Errors
    /// If it does not answer in time.
    pub fn serve(&mut self) -> Result<(), Failed> {
        let file = self.folder.path().join("address");
        let _ = fs::remove_file(&file);
        let listen = self.address.map_or("127.0.0.1:0".to_owned(), |address| address.to_string());
        let log = fs::File::options().create(true).append(true).open(self.log())?;
        let child = self
            .command()?
            .args(["serve", "--listen", &listen, "--address-file"])
            .arg(&file)
            .args(&self.flags)
            .envs(self.verbosity.map(|level| ("RUST_LOG", level)))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        self.process = Some(child);
        let began = Instant::now();
        while began.elapsed() < START {
            if let Ok(text) = fs::read_to_string(&file) {
                self.address = Some(text.trim().parse()?);
                return Ok(());
            }
            if self.process.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_)))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the server does not start: {}", fs::read_to_string(self.log())?).into())
    }

    /// What it has logged.
    ///
    /// # Errors
    /// If it never ran.
    pub fn said(&self) -> Result<String, Failed> {
        Ok(fs::read_to_string(self.log())?)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Cuts the power of the killed server's disk.
    ///
    /// # Errors
    /// If it has no disk of its own.
    pub fn cut_power(&self, dice: &mut impl Rng) -> Result<(), Failed> {
        Ok(self.disk.as_ref().ok_or("the server has no disk of its own")?.cut(dice)?)
    }

    /// Ends the server at once.
    ///
    /// # Errors
    /// If there is none to end.
    pub fn kill(&mut self) -> Result<(), Failed> {
        let mut child = self.process.take().ok_or("the server is not running")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Processor time that the process's threads have had, seconds.
    ///
    /// # Errors
    /// If it does not run, or the system does not say.
    pub fn cpu_s(&self) -> Result<f64, Failed> {
        let pid = self.process.as_ref().ok_or("the server is not running")?.id();
        let mut spent = 0;
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            // A thread may be gone meanwhile.
            let text = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            spent += text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(0_u64);
        }
        Ok(spent as f64 / 1e9)
    }

    /// The most memory that the process has held, megabytes.
    ///
    /// # Errors
    /// If it does not run, or the system does not say.
    pub fn peak_mb(&self) -> Result<u64, Failed> {
        let pid = self.process.as_ref().ok_or("the server is not running")?.id();
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        Ok(kilobytes.ok_or("no peak")?.parse::<u64>()? / 1024)
    }

    /// Where it serves.
    ///
    /// # Errors
    /// If it never did.
    pub fn address(&self) -> Result<SocketAddr, Failed> {
        Ok(self.address.ok_or("the server has no address")?)
    }

    /// The certificate of its development authority.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.data().join("ca.pem")
    }

    /// The URL of its PostgreSQL database, if it is on one.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder that phones of this test may live in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self) -> Result<Command, Failed> {
        let mut command = Command::new(binary("caseweave")?);
        command.arg("--data").arg(self.data()).arg("--json").stdin(Stdio::null());
        command.env_remove("DATABASE_URL");
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        if let Some(disk) = &self.disk {
            command.envs(disk.environment(&preload()?));
        }
        Ok(command)
    }

    /// Runs a command of the server's and reads its JSON.
    ///
    /// # Errors
    /// What it said, if it failed.
    pub fn run(&self, arguments: &[&str], input: &str) -> Result<Value, Failed> {
        let mut command = self.command()?;
        command.args(arguments);
        super::phone::output(&mut command, input)
    }

    /// Adds people, with the agencies they need, each with an enrolled phone.
    ///
    /// # Errors
    /// What failed.
    pub fn staff(&self, staff: &[Staff]) -> Result<Vec<Phone>, Failed> {
        staff.iter().map(|one| self.hire(one, &self.cluster)).collect()
    }

    /// Adds somebody in a cluster, with the agency they need and an enrolled phone.
    ///
    /// # Errors
    /// What failed.
    pub fn hire(&self, staff: &Staff, cluster: &str) -> Result<Phone, Failed> {
        let Staff { name, agency, role } = *staff;
        // The agency may be there already.
        let _ = self.run(&["agency", "add", "--slug", agency, "--name", agency], "");
        let password = format!("correct horse {name}");
        let arguments = [
            "user",
            "add",
            "--name",
            name,
            "--sign-in",
            name,
            "--cluster",
            cluster,
            "--agency",
            agency,
            "--role",
            role,
            "--password-stdin",
        ];
        self.run(&arguments, &password)?;
        let code = self.run(&["device", "code", "--user", name], "")?;
        let code = code["code"].as_str().ok_or("no code")?;
        let phone = Phone::new(self.folder().join("phones").join(name), name);
        let server = format!("https://{}", self.front.map_or_else(|| self.address(), Ok)?);
        let authority = self.authority().display().to_string();
        let enrol = [
            "enrol",
            "--server",
            &server,
            "--authority",
            &authority,
            "--code",
            code,
            "--sign-in",
            name,
            "--password-stdin",
        ];
        phone.ask(&enrol, &password)?;
        Ok(phone)
    }

    /// The log and everything made from it are as they should be.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), Failed> {
        // Each prints a line of JSON for every chain and cluster; the exit code says it all.
        for arguments in [["verify"].as_slice(), &["rebuild", "--check"]] {
            let mut command = self.command()?;
            super::phone::text(command.args(arguments), "")?;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

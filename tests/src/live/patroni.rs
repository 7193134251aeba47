//! Three machines with PostgreSQL, one of them the primary, which Patroni chooses: as a region would run it,
//! here as processes of the test's own. A machine can die at once, and come back.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::Failed;
use super::processes::{Signal, called, children, signal, state};

/// One more than what may die at once, and one more that commits wait for.
const MACHINES: usize = 3;
/// How long they may take to agree about a primary and to have its log.
const PATIENCE: Duration = Duration::from_secs(180);

/// Machines that keep one database, ended with their value.
pub struct Patroni {
    folder: TempDir,
    password: String,
    owner: Option<(u32, u32)>,
    etcd: Child,
    etcd_port: u16,
    machines: Vec<Machine>,
    waits: bool,
}

/// A PostgreSQL server with what watches over it.
struct Machine {
    name: String,
    port: u16,
    asked_at: u16,
    folder: PathBuf,
    patroni: Option<Child>,
}

impl Patroni {
    /// Starts them and waits until commits are on two machines. If `waits` is not so, the primary
    /// acknowledges what no other machine has: a bug on purpose.
    ///
    /// # Errors
    /// If Patroni, etcd or PostgreSQL are not there, or do not start.
    pub fn start(waits: bool) -> Result<Self, Failed> {
        let (folder, owner) = (TempDir::new()?, owner()?);
        fs::create_dir(folder.path().join("etcd"))?;
        let (etcd_port, peers) = (free_port()?, free_port()?);
        let etcd = etcd(folder.path(), etcd_port, peers).spawn()?;
        let mut machines = Vec::new();
        for n in 1..=MACHINES {
            let (name, port, asked_at) = (format!("machine{n}"), free_port()?, free_port()?);
            let folder = folder.path().join(&name);
            fs::create_dir(&folder)?;
            machines.push(Machine { name, port, asked_at, folder, patroni: None });
        }
        let password = "correct horse of a test".replace(' ', "-");
        let mut house = Self { folder, password, owner, etcd, etcd_port, machines, waits };
        house.give_away()?;
        for n in 0..MACHINES {
            house.bring_back(n)?;
        }
        house.wait_until_whole()?;
        Ok(house)
    }

    /// Where the database is, whichever machine is the primary.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> =
            self.machines.iter().map(|it| format!("127.0.0.1:{}", it.port)).collect();
        let hosts = hosts.join(",");
        let wish = "target_session_attrs=read-write&connect_timeout=3";
        format!("postgres://caseweave:{}@{hosts}/postgres?{wish}", self.password)
    }

    /// Which machine is the primary now, as the others see it.
    ///
    /// # Errors
    /// If nobody says so.
    pub fn primary(&self) -> Result<usize, Failed> {
        let members = self.members().ok_or("no machine answers")?;
        let leads = |it: &&Value| it["role"] == "leader" && it["state"] == "running";
        let name = members.iter().find(leads).ok_or("there is no primary")?["name"].clone();
        let found = self.machines.iter().position(|it| name == it.name.as_str());
        found.ok_or_else(|| "a primary of another name".into())
    }

    /// From now on the other machines get nothing of the primary's, until it dies.
    ///
    /// # Errors
    /// If a process cannot be held.
    pub fn hold_back(&self, primary: usize) -> Result<(), Failed> {
        let senders = self.machines.get(primary).ok_or("no such machine")?.senders();
        senders.into_iter().try_for_each(|pid| signal(pid, Signal::Stop))
    }

    /// The machine loses its power: everything on it ends at once.
    ///
    /// # Errors
    /// If there was nothing to end.
    pub fn kill(&mut self, machine: usize) -> Result<(), Failed> {
        self.machines.get_mut(machine).ok_or("no such machine")?.kill()
    }

    /// Only its PostgreSQL dies; what watches over it does not start it again before another is the primary.
    ///
    /// # Errors
    /// If there was nothing to end.
    pub fn kill_postgres(&self, machine: usize) -> Result<(), Failed> {
        self.machines.get(machine).ok_or("no such machine")?.kill_postgres()
    }

    /// The machine starts again, if it is off.
    ///
    /// # Errors
    /// If it does not.
    pub fn bring_back(&mut self, machine: usize) -> Result<(), Failed> {
        let settings = settings_text(&self.settings(machine)?, self.waits);
        let owner = self.owner;
        let machine = self.machines.get_mut(machine).ok_or("no such machine")?;
        if machine.patroni.is_some() {
            return Ok(());
        }
        let file = machine.folder.join("patroni.yml");
        fs::write(&file, settings)?;
        let log = fs::File::options().create(true).append(true).open(machine.log())?;
        let mut patroni = Command::new("patroni");
        patroni.arg(&file).current_dir(&machine.folder).stdin(Stdio::null());
        patroni.stdout(log.try_clone()?).stderr(log);
        if let Some((user, group)) = owner {
            patroni.uid(user).gid(group);
        }
        machine.patroni = Some(patroni.spawn()?);
        Ok(())
    }

    /// Waits until another machine than `before` is the primary; which, and what it took.
    ///
    /// # Errors
    /// If none becomes it.
    pub fn wait_for_another(&self, before: usize) -> Result<(usize, Duration), Failed> {
        let began = Instant::now();
        self.wait_for("another primary", || {
            let primary = self.primary().ok().filter(|it| *it != before)?;
            Some((primary, began.elapsed()))
        })
    }

    /// Waits until every machine runs, and commits are on two of them.
    ///
    /// # Errors
    /// If that takes too long.
    pub fn wait_until_whole(&self) -> Result<(), Failed> {
        let runs = |it: &Value| it["state"] == "running" || it["state"] == "streaming";
        self.wait_for("three machines that agree", || {
            let members = self.members()?;
            let leads = members.iter().any(|it| it["role"] == "leader");
            let follows = members.iter().filter(|it| it["role"] == "sync_standby").count();
            let whole = members.len() == MACHINES && members.iter().all(runs) && leads;
            (whole && (follows > 0 || !self.waits)).then_some(())
        })
    }

    fn wait_for<T>(&self, what: &str, mut is_so: impl FnMut() -> Option<T>) -> Result<T, Failed> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(so) = is_so() {
                return Ok(so);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("there is no {what} in {PATIENCE:?}: {}", self.said()).into())
    }

    /// What the machines say of themselves and each other.
    fn members(&self) -> Option<Vec<Value>> {
        let asked = self.machines.iter().filter(|it| it.patroni.is_some());
        asked
            .filter_map(|it| cluster(it.asked_at).ok())
            .find_map(|it| it["members"].as_array().cloned())
    }

    /// The end of each machine's log.
    fn said(&self) -> String {
        let last = |it: &Machine| {
            let text = fs::read_to_string(it.log()).unwrap_or_default();
            let lines: Vec<_> = text.lines().rev().take(5).collect();
            format!("{}: {}", it.name, lines.join(" | "))
        };
        self.machines.iter().map(last).collect::<Vec<_>>().join("\n")
    }

    fn settings(&self, machine: usize) -> Result<Settings<'_>, Failed> {
        let machine = self.machines.get(machine).ok_or("no such machine")?;
        let (etcd, password) = (self.etcd_port, self.password.as_str());
        Ok(Settings { machine, etcd, password, programs: programs()? })
    }

    /// PostgreSQL refuses to run as root: its folders are another's.
    fn give_away(&self) -> Result<(), Failed> {
        let Some((user, group)) = self.owner else { return Ok(()) };
        chown(self.folder.path(), Some(user), Some(group))?;
        for machine in &self.machines {
            chown(&machine.folder, Some(user), Some(group))?;
        }
        Ok(())
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        for machine in &mut self.machines {
            let _ = machine.kill();
        }
        let _ = self.etcd.kill();
        let _ = self.etcd.wait();
    }
}

impl Machine {
    fn log(&self) -> PathBuf {
        self.folder.join("patroni.log")
    }

    fn postgres(&self) -> Option<u32> {
        let text = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// What sends its log to the others.
    fn senders(&self) -> Vec<u32> {
        let own = self.postgres().map(children).unwrap_or_default();
        own.into_iter().filter(|pid| called(*pid).contains("walsender")).collect()
    }

    fn kill(&mut self) -> Result<(), Failed> {
        let mut patroni = self.patroni.take().ok_or("the machine is off")?;
        let worked = children(patroni.id());
        patroni.kill()?;
        patroni.wait()?;
        worked.into_iter().for_each(|pid| drop(signal(pid, Signal::Kill)));
        self.kill_postgres()
    }

    fn kill_postgres(&self) -> Result<(), Failed> {
        let Some(postgres) = self.postgres() else { return Ok(()) };
        let all: Vec<_> = children(postgres).into_iter().chain([postgres]).collect();
        // What has ended by itself since is no matter.
        all.iter().for_each(|pid| drop(signal(*pid, Signal::Kill)));
        let began = Instant::now();
        while all.iter().any(|pid| !matches!(state(*pid), None | Some('Z'))) {
            if began.elapsed() > PATIENCE {
                return Err("processes of PostgreSQL that do not end".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// What a machine is told.
struct Settings<'a> {
    machine: &'a Machine,
    etcd: u16,
    password: &'a str,
    programs: PathBuf,
}

fn settings_text(settings: &Settings<'_>, waits: bool) -> String {
    let Settings { machine, etcd, password, programs } = settings;
    let Machine { name, port, asked_at, folder, .. } = machine;
    let (folder, programs) = (folder.display(), programs.display());
    format!(
        "scope: caseweave
name: {name}
restapi: {{listen: '127.0.0.1:{asked_at}', connect_address: '127.0.0.1:{asked_at}'}}
etcd3: {{host: '127.0.0.1:{etcd}'}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 3
    maximum_lag_on_failover: 104857600
    primary_start_timeout: 0
    synchronous_mode: {waits}
    synchronous_mode_strict: {waits}
    postgresql:
      use_pg_rewind: true
      parameters: {{max_connections: 100, wal_log_hints: 'on', wal_keep_size: 256MB}}
  initdb: [encoding: UTF8, locale: C, data-checksums]
postgresql:
  listen: 127.0.0.1:{port}
  connect_address: 127.0.0.1:{port}
  data_dir: {folder}/data
  bin_dir: {programs}
  pgpass: {folder}/pgpass
  authentication:
    superuser: {{username: caseweave, password: {password}}}
    replication: {{username: replicator, password: {password}}}
  parameters: {{unix_socket_directories: '{folder}'}}
  pg_hba:
    - host all all 127.0.0.1/32 scram-sha-256
    - host replication replicator 127.0.0.1/32 scram-sha-256
    - local all all scram-sha-256
"
    )
}

fn etcd(folder: &Path, port: u16, peers: u16) -> Command {
    let (clients, peers) =
        (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peers}"));
    let mut etcd = Command::new("etcd");
    etcd.arg("--data-dir").arg(folder.join("etcd"));
    etcd.args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients]);
    etcd.args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers]);
    etcd.args(["--initial-cluster", &format!("default={peers}")]);
    etcd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    etcd
}

fn cluster(port: u16) -> Result<Value, Failed> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2))).build().into();
    let mut answer = agent.get(format!("http://127.0.0.1:{port}/cluster")).call()?;
    Ok(serde_json::from_str(&answer.body_mut().read_to_string()?)?)
}

fn free_port() -> Result<u16, Failed> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The folder of PostgreSQL's programs.
fn programs() -> Result<PathBuf, Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let said = Command::new(root.join("scripts/postgres")).arg("which").output()?;
    if !said.status.success() {
        return Err("there is no PostgreSQL on this machine".into());
    }
    Ok(PathBuf::from(String::from_utf8(said.stdout)?.trim()))
}

/// Who runs PostgreSQL, where this process is root: user and group.
fn owner() -> Result<Option<(u32, u32)>, Failed> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|it| it.starts_with("postgres:"));
    let mut parts = line.ok_or("there is no user postgres")?.split(':').skip(2);
    let mut number = || parts.next().and_then(|it| it.parse().ok());
    Ok(number().zip(number()))
}

//! The databases that a test runs on.

use system_tests::live::{Failed, Server};

/// Runs a test on each database that is there.
pub(super) fn on_each(test: impl Fn(Server) -> Result<(), Failed>) -> Result<(), Failed> {
    test(Server::start(None)?)?;
    if let Some(database) = Database::make()? {
        test(Server::start(Some(database.url.clone()))?)?;
    }
    Ok(())
}

/// What a test says that needs PostgreSQL and has none.
const NO_POSTGRES: &str = "this test needs PostgreSQL and CASEWEAVE_TEST_POSTGRES names none: run it by \
                           `scripts/test system-pg`, or under `scripts/postgres run`";

/// Runs a test on PostgreSQL alone: what several processes share cannot be a file. Without one it fails, so
/// that what was not tried is never counted as passed.
pub(super) fn on_postgres(test: impl Fn(Server) -> Result<(), Failed>) -> Result<(), Failed> {
    let database = Database::make()?.ok_or(NO_POSTGRES)?;
    test(Server::start(Some(database.url.clone()))?)
}

/// A PostgreSQL database of the test's own, dropped with its value.
pub(super) struct Database {
    maintenance: String,
    name: String,
    /// Where it is.
    pub(super) url: String,
}

impl Database {
    /// A new one, if there is a server for it.
    pub(super) fn make() -> Result<Option<Self>, Failed> {
        let Ok(maintenance) = std::env::var("CASEWEAVE_TEST_POSTGRES") else { return Ok(None) };
        let unique = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        let name = format!("e2e_{}_{unique}", std::process::id());
        let (server, _) = maintenance.rsplit_once('/').ok_or("no database in the URL")?;
        let url = format!("{server}/{name}");
        let database = Self { maintenance, name, url };
        database.psql(&format!("CREATE DATABASE {}", database.name))?;
        Ok(Some(database))
    }

    fn psql(&self, sql: &str) -> Result<(), Failed> {
        let mut psql = std::process::Command::new("psql");
        let done = psql.args(["-q", "-d", &self.maintenance, "-c", sql]).status()?;
        if done.success() { Ok(()) } else { Err("psql failed".into()) }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.psql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

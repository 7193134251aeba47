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

/// Runs a test on PostgreSQL, if it is there: what several processes share cannot be a file.
pub(super) fn on_postgres(test: impl Fn(Server) -> Result<(), Failed>) -> Result<(), Failed> {
    match Database::make()? {
        Some(database) => test(Server::start(Some(database.url.clone()))?),
        None => Ok(()),
    }
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

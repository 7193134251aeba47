//! A server with the workload's history, and people who get phones.

use std::fs;
use std::path::Path;
use std::time::Duration;

use caseweave::db::Conn;
use sync_core::device::enrol::{Credentials, EnrolError, Fresh, enrol};
use sync_core::device::https::Https;
use sync_core::device::{Address, Device, Enrolled};
use sync_core::store::sqlite::{Key, SqliteStore};
use sync_core::time::Timestamp;

use crate::live::{Failed, Server};
use crate::workload::area::{Area, CLUSTER, PASSWORD};
use crate::workload::format::Workload;
use crate::workload::load;
use crate::workload::phone::KEY;

/// Told what is being done.
pub type Say<'a> = dyn FnMut(&str) + 'a;

/// A server over the workload's history.
pub struct Ground {
    /// The server.
    pub server: Server,
    /// What workload and records call each other. Its clock stands at the end of the history.
    pub area: Area,
    /// The workload.
    pub workload: Workload,
}

impl Ground {
    /// Loads the history and serves: on SQLite, or on an empty PostgreSQL database.
    ///
    /// # Errors
    /// If it cannot be loaded, or does not start.
    pub fn lay(
        workload: Workload,
        database: Option<String>,
        say: &mut Say<'_>,
    ) -> Result<Self, Failed> {
        let edits = workload.cases.iter().flat_map(|case| &case.edits);
        let last = Timestamp(edits.map(|edit| edit.t).max().unwrap_or_default());
        let mut laid = None;
        let server = Server::over(CLUSTER, database, |address| {
            let mut area = Area::begin(address, load::people(&workload), last)?;
            let all = workload.cases.len();
            let mut progress = |done: usize| say(&format!("{done} of {all} cases loaded"));
            load::load(&mut area, &workload.cases, &mut progress)?;
            // From here on the file is the server's alone.
            area.conn = Conn::open(&caseweave::db::Address::Memory)?;
            laid = Some(area);
            Ok(())
        })?;
        let area = laid.ok_or("nothing was loaded")?;
        Ok(Self { server, area, workload })
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub fn database(&self) -> &'static str {
        if self.server.database().is_some() { "postgres" } else { "sqlite" }
    }

    /// Enrols a further phone of a person, in a file that is not there yet.
    ///
    /// # Errors
    /// If the server does not let it in.
    pub fn enrol(&self, name: &str, file: &Path) -> Result<(), Failed> {
        let code = self.server.run(&["device", "code", "--user", name], "")?;
        let who = Credentials {
            code: code["code"].as_str().ok_or("no code")?.to_owned(),
            sign_in: name.to_owned(),
            password: PASSWORD.to_owned(),
            app_code: None,
            device_name: "Phone".to_owned(),
        };
        let to = self.address()?;
        let fresh = Fresh { key: random()?, actor: random()? };
        let (mut store, mut https) = (SqliteStore::open(file, &Key::new(KEY))?, Https::to(&to)?);
        loop {
            match enrol(&mut store, &mut https, &to, &who, fresh) {
                // All come from one address: more than a whole office at once.
                Err(EnrolError::TooOften) => std::thread::sleep(Duration::from_secs(1)),
                done => return done.map(drop).map_err(Into::into),
            }
        }
    }

    fn address(&self) -> Result<Address, Failed> {
        Ok(Address {
            server: format!("https://{}", self.server.address()?),
            authority: Some(fs::read_to_string(self.server.authority())?),
            certificate: None,
        })
    }
}

/// A phone that is open, with its way to the server.
///
/// # Errors
/// If it does not open.
pub fn open(file: &Path) -> Result<(Device<SqliteStore>, Https), Failed> {
    let store = SqliteStore::open(file, &Key::new(KEY))?;
    let enrolled = Enrolled::load(&store)?.ok_or("this phone is nobody's")?;
    Ok((Device::open(store)?, Https::of(&enrolled)?))
}

fn random<const N: usize>() -> Result<[u8; N], Failed> {
    Ok(caseweave::app::Entropy::system().bytes()?)
}

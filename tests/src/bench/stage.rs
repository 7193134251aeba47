//! The evening of the workload's day: every phone has written without signal, none has synced. Each run
//! begins from a copy of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::ground::{Ground, Say, open};
use crate::live::Failed;
use crate::workload::day;
use crate::workload::format::Day;

/// Where a server keeps outside its database how far its audit goes: put back with it, or what is right
/// would look like an audit that was cut.
const ENDS: &str = "audit-ends";

/// The phones of a day, and how to begin their evening again.
pub struct Stage<'a> {
    /// The server and the workload.
    pub ground: &'a mut Ground,
    folder: PathBuf,
    devices: usize,
}

impl<'a> Stage<'a> {
    /// Enrols the phones of the first `devices` days, gives each its first copy, and lets each have its
    /// day.
    ///
    /// # Errors
    /// If a phone does not get in, or cannot play its day.
    pub fn set(
        ground: &'a mut Ground,
        folder: &Path,
        devices: usize,
        say: &mut Say<'_>,
    ) -> Result<Self, Failed> {
        let devices = devices.min(ground.workload.days.len());
        for (n, day) in ground.workload.days.iter().take(devices).enumerate() {
            let file = folder.join(kept(n));
            ground.enrol(&day.by, &file)?;
            let (mut phone, mut https) = open(&file)?;
            super::sync(&mut phone, &mut https)?;
            day::play(&mut ground.area, &mut phone, &ground.workload.cases, day)?;
            if n % 20 == 19 {
                say(&format!("{} of {devices} phones have had their day", n + 1));
            }
        }
        let mut stage = Self { ground, folder: folder.to_owned(), devices };
        stage.keep_server()?;
        Ok(stage)
    }

    /// The days of the phones.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.ground.workload.days[..self.devices]
    }

    /// Whether an evening can be begun again: a server's file can be put back, a PostgreSQL database is
    /// not.
    #[must_use]
    pub fn can_repeat(&self) -> bool {
        self.ground.server.database().is_none()
    }

    /// Puts the server back to the evening.
    ///
    /// # Errors
    /// If it does not start.
    pub fn again(&mut self) -> Result<(), Failed> {
        if !self.can_repeat() {
            return Ok(());
        }
        self.ground.server.kill()?;
        put(&self.folder.join("evening.sqlite"), &self.database())?;
        fs::copy(self.folder.join(ENDS), self.ground.server.data().join(ENDS))?;
        self.ground.server.serve()
    }

    /// The file of a phone as it was in the evening, for one run.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub fn phone(&self, n: usize) -> Result<PathBuf, Failed> {
        let file = self.folder.join(format!("run-{n}.db"));
        put(&self.folder.join(kept(n)), &file)?;
        Ok(file)
    }

    /// Keeps the server's file, which stands still meanwhile.
    fn keep_server(&mut self) -> Result<(), Failed> {
        if !self.can_repeat() {
            return Ok(());
        }
        self.ground.server.kill()?;
        put(&self.database(), &self.folder.join("evening.sqlite"))?;
        fs::copy(self.ground.server.data().join(ENDS), self.folder.join(ENDS))?;
        self.ground.server.serve()
    }

    fn database(&self) -> PathBuf {
        self.ground.server.data().join("caseweave.sqlite")
    }
}

fn kept(n: usize) -> String {
    format!("evening-{n}.db")
}

/// Puts a database with what stands beside it in the place of another. The index of a journal is made
/// anew by whoever opens it.
fn put(from: &Path, to: &Path) -> Result<(), Failed> {
    for end in ["", "-wal", "-check", "-shm"] {
        let (from, to) = (beside(from, end), beside(to, end));
        if end != "-shm" && from.exists() {
            fs::copy(from, to)?;
        } else if to.exists() {
            fs::remove_file(to)?;
        }
    }
    Ok(())
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

//! Whom a restored backup must not let in again: phones that were retired or stolen, and people who left.
//! Kept in a file outside the database, and done again when a server starts on an older one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

use crate::db::devices::DeviceState;
use crate::db::{self, Conn, Error};
use crate::files;
use crate::service::accounts::{self, AccountError};
use crate::service::devices;

/// The name of the file, beside the server's other files.
const KEPT: &str = "taken-off";

/// Who was taken off.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TakenOff {
    devices: BTreeMap<DeviceId, DeviceState>,
    left: BTreeSet<UserId>,
}

impl TakenOff {
    /// Those of whom the database knows.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of(conn: &mut Conn) -> Result<Self, Error> {
        let devices = db::devices::taken_off(conn)?.into_iter().collect();
        Ok(Self { devices, left: db::users::left(conn)?.into_iter().collect() })
    }

    /// Puts a new file in the place of the old one, if that says something else.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(&self, folder: &Path) -> std::io::Result<()> {
        let devices = self.devices.iter().map(|(id, state)| format!("{} {id}\n", state.as_str()));
        let left = self.left.iter().map(|id| format!("left {id}\n"));
        let text: String = devices.chain(left).collect();
        let file = folder.join(KEPT);
        if std::fs::read_to_string(&file).is_ok_and(|known| known == text) {
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        files::replace(&file, text.as_bytes(), files::OWN)
    }

    /// What the file says; nobody where no server has run yet.
    ///
    /// # Errors
    /// What the system says; a line that no server wrote.
    pub fn kept(folder: &Path) -> std::io::Result<Self> {
        let text = match std::fs::read_to_string(folder.join(KEPT)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let mut kept = Self::default();
        for line in text.lines() {
            kept.add(line).ok_or(std::io::ErrorKind::InvalidData)?;
        }
        Ok(kept)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        let (how, id) = line.split_once(' ')?;
        match how {
            "left" => drop(self.left.insert(id.parse().ok()?)),
            "retired" => drop(self.devices.insert(id.parse().ok()?, DeviceState::Retired)),
            "stolen" => drop(self.devices.insert(id.parse().ok()?, DeviceState::Stolen)),
            _ => return None,
        }
        Some(())
    }

    /// Takes them off again where an older database lets them in; gives the phones and the people.
    ///
    /// # Errors
    /// The database's failure.
    pub fn apply(
        &self,
        conn: &mut Conn,
        now: Timestamp,
    ) -> Result<(Vec<DeviceId>, Vec<UserId>), AccountError> {
        let (mut phones, mut people) = (Vec::new(), Vec::new());
        for (id, state) in &self.devices {
            let Some(device) = db::devices::by_id(conn, id)? else { continue };
            if device.state == DeviceState::Active {
                // One that was erased is not active.
                let _ = devices::set_state(conn, &device, *state, None, now)?;
                phones.push(*id);
            }
        }
        for id in &self.left {
            if db::users::by_id(conn, id)?.is_some_and(|user| user.active) {
                accounts::leave(conn, now, id)?;
                people.push(*id);
            }
        }
        Ok((phones, people))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(TakenOff::kept(folder.path()).unwrap(), TakenOff::default());
        let devices = [(1, DeviceState::Stolen), (2, DeviceState::Retired)];
        let devices = devices.map(|(n, state)| (DeviceId::from_bytes([n; 16]), state)).into();
        let taken = TakenOff { devices, left: [UserId::from_bytes([3; 16])].into() };
        taken.keep(folder.path()).unwrap();
        assert_eq!(TakenOff::kept(folder.path()).unwrap(), taken);
        std::fs::write(folder.path().join(KEPT), "let everybody in\n").unwrap();
        assert!(TakenOff::kept(folder.path()).is_err());
    }
}

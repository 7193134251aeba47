//! The end of a phone that was retired or reported stolen: everything on it is erased, then the server
//! is told. A note beside the data, written before anything is erased, lets whatever is interrupted go
//! on with the next command.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sync_core::device::https::Https;
use sync_core::device::{Enrolled, OwnCertificate, Parting};
use sync_core::ids::{Actor, DeviceId};
use sync_core::protocol::surrender::Receipt;
use sync_core::store::sqlite::SqliteStore;

use crate::failure::Failure;
use crate::home::Home;

/// What is left of a phone until the server knows that it was erased.
#[derive(Serialize, Deserialize)]
struct Note {
    server: String,
    authority: Option<String>,
    /// What the phone shows the server, if it must: kept until the server has heard.
    #[serde(default)]
    certificate: Option<OwnCertificate>,
    device: DeviceId,
    /// The order's name, spelt like any id.
    order: Actor,
    /// The signature, in four parts that are spelt like ids.
    signature: [Actor; 4],
    /// What the person is told.
    words: String,
}

/// Erases the phone after its work was handed over, and tells the server. Ends in words.
pub(crate) fn part(home: &Home, enrolled: &Enrolled, parting: &Parting) -> Failure {
    let note = Note::new(enrolled, parting);
    match note.write(&path(home)) {
        Ok(()) => finish(home, &note),
        Err(error) => Failure::file(&path(home), &error),
    }
}

/// Goes on with a parting that was interrupted; none if there was none.
pub(crate) fn resume(home: &Home) -> Option<Failure> {
    let text = match fs::read_to_string(path(home)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return Some(Failure::file(&path(home), &error)),
    };
    let note = match serde_json::from_str(&text) {
        Ok(note) => note,
        Err(_) => return Some(Failure::unclear("this phone's data is damaged")),
    };
    Some(match home.lock() {
        Ok(_lock) => finish(home, &note),
        Err(failure) => failure,
    })
}

fn finish(home: &Home, note: &Note) -> Failure {
    if let Err(failure) = erase(home) {
        return failure;
    }
    let heard = note.tell().is_ok() && fs::remove_file(path(home)).is_ok();
    let mut words = note.words.clone();
    if !heard {
        words.push_str(" The office has not heard of it yet: it is told with the next command.");
    }
    Failure::Erased(words)
}

/// The key first: without it the rest cannot be read.
fn erase(home: &Home) -> Result<(), Failure> {
    for name in ["phone.key", "phone.key-new"] {
        let file = home.dir().join(name);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::file(&file, &error));
            }
            _ => {}
        }
    }
    SqliteStore::erase(&home.data())?;
    sync_folder(home.dir()).map_err(|error| Failure::file(home.dir(), &error))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn path(home: &Home) -> PathBuf {
    home.dir().join("phone.erased")
}

impl Note {
    fn new(enrolled: &Enrolled, parting: &Parting) -> Self {
        let Receipt { device, order, signature } = &parting.receipt;
        let quarter = |n: usize| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&signature[16 * n..16 * (n + 1)]);
            Actor::from_bytes(bytes)
        };
        Self {
            server: enrolled.server.clone(),
            authority: enrolled.authority.clone(),
            certificate: enrolled.certificate.clone(),
            device: *device,
            order: Actor::from_bytes(*order),
            signature: [quarter(0), quarter(1), quarter(2), quarter(3)],
            words: words(parting),
        }
    }

    /// Whole or not at all, before anything is erased.
    fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("erased-new");
        let mut options = File::options();
        let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(serde_json::to_string(self)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    }

    fn tell(&self) -> Result<(), Failure> {
        let mut signature = [0; 64];
        for (bytes, quarter) in signature.chunks_exact_mut(16).zip(&self.signature) {
            bytes.copy_from_slice(quarter.as_bytes());
        }
        let receipt = Receipt { device: self.device, order: *self.order.as_bytes(), signature };
        Ok(Https::new(&self.server, self.authority.as_deref(), self.certificate.as_ref())?
            .confirm(&receipt)?)
    }
}

/// A person is told what became of their work; whoever holds a stolen phone, nothing.
fn words(parting: &Parting) -> String {
    if parting.at_once {
        return "This phone was erased. If it is yours, please ring your office.".to_owned();
    }
    let mut words = String::from("This phone was retired.");
    let held = parting.report.held;
    if held > 0 {
        words.push_str(&format!(" Unsent work was handed over: {held} wait for a reviewer."));
    }
    if parting.handed_over > 0 {
        let count = parting.handed_over;
        words.push_str(&format!(" Returned work: {count} are kept at the server, for you alone."));
    }
    words.push_str(" Everything on this phone was erased.");
    words
}

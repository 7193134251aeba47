//! The end of a phone that was retired or reported stolen: everything on it is erased, the key first,
//! then the server is told. A note beside the data, written before anything is erased, lets whatever is
//! interrupted go on at the next start. Each step may be repeated.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::device::transport::TransportError;
use crate::device::{Address, Enrolled, Parting};
use crate::ids::{Actor, DeviceId};
use crate::protocol::surrender::Receipt;
use crate::store::StoreError;

/// What is erased of a phone. No store may be open on it.
pub trait Remains {
    /// Erases the key of the store, wherever the platform keeps it; does nothing if it is gone. Without
    /// it the rest cannot be read.
    ///
    /// # Errors
    /// If it may still be there: nothing else is erased then.
    fn erase_key(&mut self) -> Result<(), StoreError>;

    /// Erases the store's files and whatever else the app has of cases: previews, caches, notifications.
    /// Does nothing if they are gone. The note is not among them.
    ///
    /// # Errors
    /// If some may still be there: the server is not told then.
    fn erase_data(&mut self) -> Result<(), StoreError>;
}

/// Tells the server at an address that the phone was erased, such as [`tell_by_https`].
pub type Tell<'a> = &'a mut dyn FnMut(&Address, &Receipt) -> Result<(), TransportError>;

/// Why a phone is not erased yet. Begin again with [`resume`].
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The note cannot be read or written: nothing was erased.
    #[error("this phone cannot note that it is to be erased: {0}")]
    Note(#[source] io::Error),
    /// The note is not what was written.
    #[error("this phone's data is damaged")]
    Damaged,
    /// The key or the data may still be there.
    #[error(transparent)]
    Erase(#[from] StoreError),
}

/// A phone that is erased. Its text says so to whoever holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parted {
    /// What the person is told: of what became of their work; of a stolen phone, nothing.
    pub words: String,
    /// Whether the server knows. If not, [`resume`] tells it at the next start.
    pub heard: bool,
}

impl fmt::Display for Parted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        match self.heard {
            true => Ok(()),
            false => f.write_str(
                " The office has not heard of it yet: it is told when the app is opened again.",
            ),
        }
    }
}

/// What is left of a phone until the server knows that it was erased.
#[derive(Serialize, Deserialize)]
struct Note {
    #[serde(flatten)]
    to: Address,
    device: DeviceId,
    /// The order's name, spelt like any id.
    order: Actor,
    /// The signature, in four parts that are spelt like ids.
    signature: [Actor; 4],
    /// What the person is told.
    words: String,
}

/// Erases a phone whose work was handed over ([`crate::device::Device::leave`]), and tells the server.
/// `note` is a file beside the data that nothing else uses.
///
/// # Errors
/// [`PartError`]; [`resume`] goes on if the note was written, else the next sync begins again.
pub fn part(
    note: &Path,
    (enrolled, parting): (&Enrolled, &Parting),
    remains: &mut dyn Remains,
    tell: Tell<'_>,
) -> Result<Parted, PartError> {
    let noted = Note::new(enrolled, parting);
    noted.write(note).map_err(PartError::Note)?;
    finish(note, &noted, remains, tell)
}

/// Goes on with a parting that was interrupted; none if there was none. To be called at every start,
/// before the store is opened.
///
/// # Errors
/// [`PartError`]
pub fn resume(
    note: &Path,
    remains: &mut dyn Remains,
    tell: Tell<'_>,
) -> Result<Option<Parted>, PartError> {
    let text = match fs::read(note) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(PartError::Note(error)),
    };
    let noted = serde_json::from_slice(&text).map_err(|_| PartError::Damaged)?;
    finish(note, &noted, remains, tell).map(Some)
}

/// Tells a server by HTTPS.
///
/// # Errors
/// [`TransportError`]
#[cfg(feature = "https")]
pub fn tell_by_https(to: &Address, receipt: &Receipt) -> Result<(), TransportError> {
    crate::device::https::Https::to(to)?.confirm(receipt)
}

fn finish(
    path: &Path,
    note: &Note,
    remains: &mut dyn Remains,
    tell: Tell<'_>,
) -> Result<Parted, PartError> {
    remains.erase_key()?;
    remains.erase_data()?;
    let told = tell(&note.to, &note.receipt());
    let heard = told.is_ok() && fs::remove_file(path).is_ok();
    Ok(Parted { words: note.words.clone(), heard })
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
            to: Address::of(enrolled),
            device: *device,
            order: Actor::from_bytes(*order),
            signature: [quarter(0), quarter(1), quarter(2), quarter(3)],
            words: words(parting),
        }
    }

    fn receipt(&self) -> Receipt {
        let mut signature = [0; 64];
        for (bytes, quarter) in signature.chunks_exact_mut(16).zip(&self.signature) {
            bytes.copy_from_slice(quarter.as_bytes());
        }
        Receipt { device: self.device, order: *self.order.as_bytes(), signature }
    }

    /// Whole or not at all, before anything is erased.
    fn write(&self, path: &Path) -> io::Result<()> {
        let new = beside(path);
        let mut file = private().open(&new)?;
        file.write_all(serde_json::to_string(self)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-new");
    name.into()
}

/// A new file that its owner alone reads: it names a server and may hold the key of a certificate.
fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes it durable which files a folder has. To be called after files were erased.
///
/// # Errors
/// What the system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // A name without a folder is of the folder in which one is.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
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

#[cfg(test)]
mod tests;

//! Where sealed bytes rest outside the database. What they are, and whose, no store knows.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// A name that tells nothing.
pub type Name = [u8; 16];

/// A place for sealed bytes. A name has a beginning that grows, then it is whole and never changes.
pub trait Blobs: Send + Sync {
    /// How many bytes there are under a name, whole or not.
    ///
    /// # Errors
    /// The machine's failure, as everywhere here.
    fn length(&self, name: &Name) -> io::Result<u64>;

    /// Writes on at a place; what was there from there on is gone.
    ///
    /// # Errors
    /// As [`Blobs::length`].
    fn append(&self, name: &Name, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Bytes from a place on, as many as there are.
    ///
    /// # Errors
    /// As [`Blobs::length`].
    fn read(&self, name: &Name, at: u64, length: usize) -> io::Result<Vec<u8>>;

    /// From now on it is whole: it survives a power cut. Does nothing if it is.
    ///
    /// # Errors
    /// As [`Blobs::length`].
    fn finish(&self, name: &Name) -> io::Result<()>;

    /// Takes a beginning away.
    ///
    /// # Errors
    /// As [`Blobs::length`].
    fn drop_part(&self, name: &Name) -> io::Result<()>;
}

/// Files in a folder, 256 folders of them; several servers may share it.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Files in `folder`, which is made when the first one comes.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn whole(&self, name: &Name) -> PathBuf {
        let name = crate::hex::encode(name);
        self.folder.join(&name[..2]).join(&name[2..])
    }

    fn part(&self, name: &Name) -> PathBuf {
        self.whole(name).with_extension("part")
    }

    /// What there is.
    fn open(&self, name: &Name) -> io::Result<Option<File>> {
        for path in [self.part(name), self.whole(name)] {
            match File::open(path) {
                Ok(file) => return Ok(Some(file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

impl Blobs for Files {
    fn length(&self, name: &Name) -> io::Result<u64> {
        self.open(name)?.map_or(Ok(0), |file| Ok(file.metadata()?.len()))
    }

    fn append(&self, name: &Name, at: u64, bytes: &[u8]) -> io::Result<()> {
        let path = self.part(name);
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        file.set_len(at)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    fn read(&self, name: &Name, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = self.open(name)?.ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::with_capacity(length);
        file.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn finish(&self, name: &Name) -> io::Result<()> {
        let (part, whole) = (self.part(name), self.whole(name));
        if part.exists() {
            File::open(&part)?.sync_all()?;
            fs::rename(&part, &whole)?;
        } else if !whole.exists() {
            return Err(io::ErrorKind::NotFound.into());
        }
        // The name itself must survive, too, and the folders that it is in: any of them may be new.
        whole.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        File::open(&self.folder)?.sync_all()?;
        self.folder.parent().map_or(Ok(()), sync_around)
    }

    fn drop_part(&self, name: &Name) -> io::Result<()> {
        match fs::remove_file(self.part(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Keeps the names in the folder around ours.
fn sync_around(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(folder) {
        // Whoever may not read it was given ours, and made nothing there.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        opened => match opened?.sync_all() {
            // Of a kind that cannot be synced: nothing was made there.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            done => done,
        },
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_grows_and_then_never_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (blobs, name) = (Files::new(folder.path().join("a")), [0xAB; 16]);
        assert_eq!(blobs.length(&name).unwrap(), 0);
        assert!(blobs.finish(&name).is_err());
        blobs.append(&name, 0, b"first").unwrap();
        blobs.append(&name, 3, b"ty").unwrap();
        assert_eq!(blobs.read(&name, 0, 99).unwrap(), b"firty");
        blobs.finish(&name).unwrap();
        blobs.finish(&name).unwrap();
        assert_eq!(
            (blobs.length(&name).unwrap(), blobs.read(&name, 3, 1).unwrap()),
            (5, b"t".to_vec())
        );
        blobs.drop_part(&name).unwrap();
        assert_eq!(blobs.length(&name).unwrap(), 5, "only a beginning is taken away");
    }

    #[test]
    fn what_is_around_a_folder_named_without_one_is_where_the_server_runs() {
        sync_around(Path::new("blobs").parent().unwrap()).unwrap();
    }
}

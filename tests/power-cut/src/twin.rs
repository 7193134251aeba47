//! The twin of a folder: what of it is durable.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::names::{self, Act};

/// The environment variable with the folder that is watched.
pub const FOLDER: &str = "CASEWEAVE_POWER_CUT_FOLDER";
/// The environment variable with the folder of its twin.
pub const TWIN: &str = "CASEWEAVE_POWER_CUT_TWIN";
/// The environment variable with a planted bug, see [`Forget`].
pub const FORGET: &str = "CASEWEAVE_POWER_CUT_FORGET";

/// What is compared and copied at once.
const PAGE: usize = 4096;

/// A planted bug: syncs that the program makes and the disk never hears of. A test that lets it pass
/// proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forget {
    /// Those of databases and their logs: what `synchronous=OFF` is to a disk.
    Databases,
    /// Those of folders, after a renaming for instance.
    Folders,
}

impl Forget {
    /// Its word in the environment.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Databases => "databases",
            Self::Folders => "folders",
        }
    }
}

/// What of a folder is durable. Several threads and processes may use one.
#[derive(Clone, Debug)]
pub struct Twin {
    folder: PathBuf,
    twin: PathBuf,
    forget: Option<String>,
}

impl Twin {
    /// The twin in `twin` of the folder `folder`; makes both.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(folder: &Path, twin: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        fs::create_dir_all(twin.join("durable"))?;
        Ok(Self { folder: folder.canonicalize()?, twin: twin.canonicalize()?, forget: None })
    }

    /// The twin that the environment names, if it does.
    #[must_use]
    pub fn of_environment() -> Option<Self> {
        let (folder, twin) = (std::env::var_os(FOLDER)?, std::env::var_os(TWIN)?);
        let mut it = Self::new(folder.as_ref(), twin.as_ref()).ok()?;
        it.forget = std::env::var(FORGET).ok();
        Some(it)
    }

    /// The name below the folder of what is at `path`, which may not be there; none if it is elsewhere.
    #[must_use]
    pub fn name_of(&self, path: &Path) -> Option<PathBuf> {
        if path == self.folder {
            return Some(PathBuf::new());
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(parent.strip_prefix(&self.folder).ok()?.join(path.file_name()?))
    }

    /// What has this name was synced. One that is not there any more is nobody's.
    ///
    /// # Errors
    /// What the system says.
    pub fn synced(&self, name: &Path) -> io::Result<()> {
        let live = self.folder.join(name);
        let Ok(found) = fs::metadata(&live) else { return Ok(()) };
        if self.forgets(name, found.is_dir()) {
            return Ok(());
        }
        let _lock = self.lock()?;
        if found.is_dir() { self.synced_folder(name) } else { self.synced_file(name) }
    }

    fn forgets(&self, name: &Path, is_folder: bool) -> bool {
        let name = name.to_string_lossy();
        let is_database = [".db", ".sqlite", "-wal"].iter().any(|end| name.ends_with(end));
        match self.forget.as_deref() {
            Some("databases") => is_database,
            Some("folders") => is_folder,
            _ => false,
        }
    }

    fn synced_file(&self, name: &Path) -> io::Result<()> {
        self.settle_names(|act| act.names().contains(&name))?;
        copy_changed(&self.folder.join(name), &self.durable(name))
    }

    /// What happened to names in the folder is durable; of new files, the name alone.
    fn synced_folder(&self, name: &Path) -> io::Result<()> {
        self.settle_names(|act| match act {
            Act::Rename { to, .. } => to.parent() == Some(name),
            Act::Remove { name: removed, .. } => removed.parent() == Some(name),
        })?;
        for entry in fs::read_dir(self.folder.join(name))? {
            let entry = entry?;
            let durable = self.durable(&name.join(entry.file_name()));
            if entry.file_type().is_ok_and(|kind| kind.is_file()) && !durable.exists() {
                make(&durable)?;
            }
        }
        Ok(())
    }

    /// Makes the acts durable that are meant, and those before them on which they rest.
    fn settle_names(&self, is_meant: impl Fn(&Act) -> bool) -> io::Result<()> {
        let acts = self.pending()?;
        let mut names = BTreeSet::new();
        let (mut settled, mut left) = (Vec::new(), Vec::new());
        for act in acts.into_iter().rev() {
            if is_meant(&act) || act.touches(&names) {
                names.extend(act.names().into_iter().map(Path::to_owned));
                settled.push(act);
            } else {
                left.push(act);
            }
        }
        if settled.is_empty() {
            return Ok(());
        }
        left.reverse();
        settled.iter().rev().try_for_each(|act| self.apply(act))?;
        // Last: what is applied twice, since a kill came before this, does nothing.
        names::write(&self.list(), &left)
    }

    /// Does to the durable names what was done to the others. Doing it again changes nothing.
    pub(crate) fn apply(&self, act: &Act) -> io::Result<()> {
        match act {
            Act::Remove { name, .. } => remove(&self.durable(name)),
            Act::Rename { synced: true, from, to, .. } => {
                make_room(&self.durable(to))?;
                match fs::rename(self.durable(from), self.durable(to)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                }
            }
            // The name without what is in the file.
            Act::Rename { to, .. } => make(&self.durable(to)),
        }
    }

    /// Renames by `act`, which says whether it could.
    ///
    /// # Errors
    /// What the system says of the twin.
    pub fn renames(&self, from: &Path, to: &Path, act: impl FnOnce() -> bool) -> io::Result<()> {
        let _lock = self.lock()?;
        let Ok(file) = fs::symlink_metadata(self.folder.join(from)) else {
            act();
            return Ok(());
        };
        let (inode, synced) = (file.ino(), self.durable(from).exists());
        self.does(&Act::Rename { inode, synced, from: from.into(), to: to.into() }, act)
    }

    /// Removes a name by `act`, which says whether it could.
    ///
    /// # Errors
    /// What the system says of the twin.
    pub fn removes(&self, name: &Path, act: impl FnOnce() -> bool) -> io::Result<()> {
        let _lock = self.lock()?;
        let Ok(file) = fs::symlink_metadata(self.folder.join(name)) else {
            act();
            return Ok(());
        };
        self.does(&Act::Remove { inode: file.ino(), name: name.into() }, act)
    }

    fn does(&self, what: &Act, act: impl FnOnce() -> bool) -> io::Result<()> {
        let before = names::begin(&self.list(), what)?;
        names::end(&self.list(), before, act())
    }

    /// What was done to names and is not durable.
    pub(crate) fn pending(&self) -> io::Result<Vec<Act>> {
        names::read(&self.list(), &self.folder)
    }

    /// Where the durable content of a file is.
    pub(crate) fn durable(&self, name: &Path) -> PathBuf {
        self.twin.join("durable").join(name)
    }

    /// Where the list of names is that are not durable.
    pub(crate) fn list(&self) -> PathBuf {
        self.twin.join("names")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.twin
    }

    /// Waits until no other thread or process is at the twin. A kill frees it.
    fn lock(&self) -> io::Result<File> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.twin.join("lock"))?;
        file.lock()?;
        Ok(file)
    }
}

/// Makes `to` say what `from` says by writing the pages that differ: a kill in between leaves some old
/// and some new, as a power cut would.
fn copy_changed(from: &Path, to: &Path) -> io::Result<()> {
    let new = match fs::read(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    make_room(to)?;
    let file = File::options().create(true).truncate(false).read(true).write(true).open(to)?;
    let mut old = vec![0; usize::try_from(file.metadata()?.len()).unwrap_or_default()];
    file.read_exact_at(&mut old, 0)?;
    for (at, page) in new.chunks(PAGE).enumerate() {
        let at = at * PAGE;
        if old.get(at..at + page.len()) != Some(page) {
            file.write_all_at(page, at as u64)?;
        }
    }
    file.set_len(new.len() as u64)
}

fn make(path: &Path) -> io::Result<()> {
    make_room(path)?;
    fs::write(path, b"")
}

fn make_room(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Removes the file at `path` if there is one.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

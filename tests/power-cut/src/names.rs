//! What was renamed and removed and is not durable yet: a list of lines in a file of its own.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The line after one whose act has been done.
const DONE: &str = "done";

/// Something done to names. All names are below the folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// A file got another name, maybe in the place of another file.
    Rename {
        /// Which file it is.
        inode: u64,
        /// Whether anything of its content was durable.
        synced: bool,
        /// The name it had.
        from: PathBuf,
        /// The name it has.
        to: PathBuf,
    },
    /// A name was removed.
    Remove {
        /// Which file it was.
        inode: u64,
        /// The name.
        name: PathBuf,
    },
}

impl Act {
    /// The names that it changes.
    pub(crate) fn names(&self) -> Vec<&Path> {
        match self {
            Self::Rename { from, to, .. } => vec![from, to],
            Self::Remove { name, .. } => vec![name],
        }
    }

    pub(crate) fn touches(&self, names: &BTreeSet<PathBuf>) -> bool {
        self.names().iter().any(|name| names.contains(*name))
    }

    /// Whether the files below `folder` look as after it: a kill may come between word and deed.
    fn is_done(&self, folder: &Path) -> bool {
        let inode = |name: &Path| fs::symlink_metadata(folder.join(name)).map(|file| file.ino());
        match self {
            Self::Rename { inode: moved, to, .. } => inode(to).is_ok_and(|found| found == *moved),
            Self::Remove { inode: gone, name } => inode(name).map_or(true, |found| found != *gone),
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Rename { inode, synced, from, to } => {
                format!("rename\t{inode}\t{synced}\t{}\t{}\n", from.display(), to.display())
            }
            Self::Remove { inode, name } => format!("remove\t{inode}\t{}\n", name.display()),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let parts: Vec<&str> = line.split('\t').collect();
        match parts[..] {
            ["rename", inode, synced, from, to] => Some(Self::Rename {
                inode: inode.parse().ok()?,
                synced: synced.parse().ok()?,
                from: from.into(),
                to: to.into(),
            }),
            ["remove", inode, name] => {
                Some(Self::Remove { inode: inode.parse().ok()?, name: name.into() })
            }
            _ => None,
        }
    }
}

/// The list in the file at `path`, without what was begun and not done below `folder`.
pub(crate) fn read(path: &Path, folder: &Path) -> io::Result<Vec<Act>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let mut acts: Vec<(Act, bool)> = Vec::new();
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        match (line, acts.last_mut()) {
            (DONE, Some(last)) => last.1 = true,
            _ => acts.push((Act::parse(line).ok_or(io::ErrorKind::InvalidData)?, false)),
        }
    }
    acts.retain(|(act, told)| *told || act.is_done(folder));
    Ok(acts.into_iter().map(|(act, _)| act).collect())
}

/// Adds an act before it is done; gives the length to go back to if it cannot be done.
pub(crate) fn begin(path: &Path, act: &Act) -> io::Result<u64> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let before = file.metadata()?.len();
    file.write_all(act.line().as_bytes())?;
    Ok(before)
}

/// Says that the last act was done, or takes it back to `before`.
pub(crate) fn end(path: &Path, before: u64, done: bool) -> io::Result<()> {
    let mut file = File::options().append(true).open(path)?;
    if done { file.write_all(format!("{DONE}\n").as_bytes()) } else { file.set_len(before) }
}

/// Puts a list in the place of the one that is there.
pub(crate) fn write(path: &Path, acts: &[Act]) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, acts.iter().map(|act| act.line() + DONE + "\n").collect::<String>())?;
    fs::rename(new, path)
}

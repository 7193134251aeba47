//! What a power cut leaves of the files below a folder.
//!
//! A kill leaves every write that a program made. A power cut leaves what was synced; of the rest,
//! any part, in any order. A program that runs with the library of `preload` keeps a *twin* of the
//! folder: what its syncs have made durable ([`Twin`]). After a kill, [`Disk::cut`] makes of the
//! folder and its twin a disk as a power cut may leave it.
//!
//! The rules are those of a file system with a journal of names, such as ext4, at their strictest:
//! syncing a file makes its content durable and the name it has; syncing a folder makes durable what
//! was made, renamed and removed in it. Unsynced content comes in sectors, each or none, and may come
//! after the name of its file.

mod disk;
mod names;
#[cfg(test)]
mod tests;
mod twin;

pub use disk::Disk;
pub use twin::{FOLDER, FORGET, Forget, TWIN, Twin};

//! The key of a phone's data, and a small file beside it that tells a wrong key from damage.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::files;

/// 32 random bytes that open one phone's data. Wiped when dropped; never shown.
pub struct Key([u8; 32]);

impl Key {
    /// The key made of these bytes, which must be random: they are used as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The statement that opens a database with this key; wiped when dropped.
    pub(super) fn statement(&self) -> Zeroizing<String> {
        self.pragma("key")
    }

    /// The statement that writes an open database anew under this key; wiped when dropped.
    pub(super) fn rekey_statement(&self) -> Zeroizing<String> {
        self.pragma("rekey")
    }

    /// The bytes, to be sealed.
    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn pragma(&self, name: &str) -> Zeroizing<String> {
        // Room for all of it at once: a string that grows leaves copies behind.
        let mut sql = Zeroizing::new(String::with_capacity(96));
        sql.push_str("PRAGMA ");
        sql.push_str(name);
        sql.push_str(" = \"x'");
        for byte in &self.0 {
            for half in [byte >> 4, byte & 15] {
                sql.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
            }
        }
        sql.push_str("'\"");
        sql
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(redacted)")
    }
}

/// What the file beside a database says about a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// The database was last opened with it.
    Right,
    /// The database was last opened with another.
    Wrong,
    /// There is no such file, or not a whole one.
    Unknown,
}

/// Judges `key` by the file beside the database at `path`.
pub(super) fn judge(path: &Path, key: &Key) -> Verdict {
    let Ok(stored) = fs::read(check_path(path)) else {
        return Verdict::Unknown;
    };
    match digest(key) {
        Some(mac) if mac.clone().verify_slice(&stored).is_ok() => Verdict::Right,
        _ if stored.len() == 32 => Verdict::Wrong,
        _ => Verdict::Unknown,
    }
}

/// Writes the file beside the database, so that later a wrong key is known for one. It holds a
/// keyed digest of a fixed text and nothing else.
pub(super) fn remember(path: &Path, key: &Key) -> io::Result<()> {
    let Some(mac) = digest(key) else {
        return Ok(());
    };
    files::replace(&check_path(path), &mac.finalize().into_bytes())
}

/// Forgets which key the database was last opened with, before that changes: without the file, the
/// old key is not taken for the right one and the data for damaged.
pub(super) fn forget(path: &Path) -> io::Result<()> {
    files::remove(&check_path(path))?;
    files::sync_folder(path)
}

/// The file that tells a wrong key from damage.
pub(super) fn check_path(path: &Path) -> PathBuf {
    files::beside(path, "-check")
}

fn digest(key: &Key) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).ok()?;
    mac.update(b"caseweave phone key check 1");
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_shown_and_its_statement_is_whole() {
        let key = Key::new(std::array::from_fn(|at| at as u8 * 8));
        assert_eq!(format!("{key:?}"), "Key(redacted)");
        let sql = key.statement();
        assert!(sql.starts_with("PRAGMA key = \"x'000810") && sql.ends_with("f8'\""));
        assert!(sql.len() == 82 && sql.capacity() == 96, "{}", sql.len());
    }

    #[test]
    fn a_key_is_judged_by_what_was_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("phone.db");
        let (key, other) = (Key::new([1; 32]), Key::new([2; 32]));
        assert_eq!(judge(&path, &key), Verdict::Unknown);
        remember(&path, &key).unwrap();
        assert_eq!((judge(&path, &key), judge(&path, &other)), (Verdict::Right, Verdict::Wrong));
        fs::write(check_path(&path), b"short").unwrap();
        assert_eq!(judge(&path, &key), Verdict::Unknown);
    }
}

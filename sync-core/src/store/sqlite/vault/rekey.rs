//! The change of a database's key: the keys file names both, the database is written anew in one
//! transaction, the keys file names the new one. Whatever moment a kill hits, one of the two opens the
//! database, and which one says how far it had come.

use std::path::Path;

use rusqlite::Connection;

use super::super::{ALONE, SETTINGS, connect, key, unlock};
use super::{Fresh, Key, Opened, VaultError, has_data, not_of_this_vault, of_io};
use crate::store::StoreError;

/// Changes the key of the database at `path` to `new`.
pub(super) fn change(
    path: &Path,
    opened: Opened,
    new: &Key,
    fresh: &Fresh,
) -> Result<(), VaultError> {
    let Opened { file, kek, current, .. } = opened;
    let file = file.with_next(&kek, new, fresh)?;
    if !has_data(path)? {
        return file.with_next_only().write(path);
    }
    // From here on nobody else can open it; whoever has it open now is in the way, and nothing changed.
    let conn = alone(path, &current)?.ok_or_else(not_of_this_vault)?;
    file.write(path)?;
    match rewrite(path, conn, new) {
        Ok(()) => file.with_next_only().write(path),
        // What the next opening would have to do is taken back, where it is certain that it can be.
        Err(error) => {
            if opens(path, &current)? {
                file.without_next().write(path)?;
            }
            Err(error)
        }
    }
}

/// Finishes a change that was cut short, and says which key the database has.
pub(super) fn settle(path: &Path, opened: Opened) -> Result<Key, VaultError> {
    let Opened { file, current, next, .. } = opened;
    let Some(next) = next else { return Ok(current) };
    if !has_data(path)? {
        return Err(StoreError::Damaged("its file is gone or empty".to_owned()).into());
    }
    if !opens(path, &next)? {
        let conn = alone(path, &current)?.ok_or_else(not_of_this_vault)?;
        if let Err(error) = rewrite(path, conn, &next) {
            // A full phone must still be read; the next opening tries again.
            return if opens(path, &current)? { Ok(current) } else { Err(error) };
        }
    }
    match file.with_next_only().write(path) {
        Ok(()) | Err(VaultError::Store(StoreError::Full)) => Ok(next),
        Err(error) => Err(error),
    }
}

/// Writes the database anew under `new`. In the write-ahead log this is one transaction like any
/// other: until its last frame is on the disk every reader finds the old pages, and the old key opens
/// them; from then on the new pages, even where the log was not yet copied into the file.
pub(super) fn rewrite(path: &Path, conn: Connection, new: &Key) -> Result<(), VaultError> {
    // The old key will not open it any more, and must not make that look like damage.
    key::forget(path).map_err(|error| of_io(&error))?;
    empty_log(&conn)?;
    let written = conn.execute_batch(&new.rekey_statement()).map_err(StoreError::from);
    // Old pages under the old key go with it.
    let emptied = written.and_then(|()| empty_log(&conn));
    drop(conn);
    // The cipher does not say whether its transaction went through, nor why not: want of room for
    // the data once more is what stops it.
    match opens(path, new)? {
        true => Ok(emptied?),
        false => Err(StoreError::Full.into()),
    }
}

/// Whether `key` is the one of the database.
pub(super) fn opens(path: &Path, key: &Key) -> Result<bool, VaultError> {
    Ok(alone(path, key)?.is_some())
}

/// The database for this process alone, without an index of the log that another one could share;
/// none if `key` is not its own, or its first page is damaged.
pub(super) fn alone(path: &Path, key: &Key) -> Result<Option<Connection>, StoreError> {
    let conn = connect(path)?;
    unlock(&conn, key)?;
    conn.execute_batch(ALONE)?;
    let read = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    match read.map_err(StoreError::from) {
        Err(StoreError::Damaged(_)) => Ok(None),
        Err(error) => Err(error),
        Ok(()) => {
            conn.execute_batch(SETTINGS)?;
            Ok(Some(conn))
        }
    }
}

/// Copies the log into the file and cuts it to nothing.
fn empty_log(conn: &Connection) -> Result<(), StoreError> {
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
}

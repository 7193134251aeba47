//! What proofs ask of a file, and the bug that they plant in it. In no build that ships.

use std::path::Path;

use super::{Key, SqliteStore, connect, unlock};
use crate::store::StoreError;

pub(super) const VERSION_1: &str = include_str!("version_1.sql");

impl SqliteStore {
    /// Plants a bug: from now on nothing makes a commit durable.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn forget_to_sync(&self) -> Result<(), StoreError> {
        Ok(self.conn.execute_batch("PRAGMA synchronous = OFF")?)
    }

    /// Whether the file is whole, page by page.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn is_sound(&self) -> Result<bool, StoreError> {
        let said: String = self.conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        Ok(said == "ok")
    }

    /// Writes a file of version 1 at `path` with so many unsent changes beside the first one, all of it
    /// in the one file.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn write_version_1(path: &Path, key: &Key, changes: u64) -> Result<(), StoreError> {
        let conn = connect(path)?;
        unlock(&conn, key)?;
        conn.execute_batch(VERSION_1)?;
        let sql = format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {changes})
             INSERT INTO changes SELECT id, randomblob(16), n, 2, n, NULL, randomblob(400)
             FROM n, records"
        );
        Ok(conn.execute_batch(&sql)?)
    }
}

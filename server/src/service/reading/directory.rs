//! Finding a case by name: who to ring, and nothing of what is in it.

use sync_core::protocol::message::DirectoryLine;

use super::Reader;
use crate::db::{self, Conn, Error};

/// Lines in one answer: whoever gets so many must say more of the name.
pub const LINES: usize = 50;

/// Cases whose child's name holds `name`, upper and lower case alike, by name; those that the
/// person may find, at most [`LINES`].
///
/// # Errors
/// The database's failure.
pub fn find(conn: &mut Conn, reader: &Reader, name: &str) -> Result<Vec<DirectoryLine>, Error> {
    let wanted = name.trim().to_lowercase();
    let mut found = Vec::new();
    for cluster in reader.clusters() {
        let world = reader.world(conn, &cluster)?;
        for bytes in db::directory::findable(conn, &reader.principal.user, &cluster)? {
            let line: DirectoryLine =
                minicbor::decode(&bytes).map_err(|_| Error::Corrupt("line"))?;
            let named = line.name.to_lowercase().contains(&wanted);
            if named && reader.visible(conn, &world, &line.case, &cluster)?.is_some() {
                found.push(line);
            }
        }
    }
    found.sort_by(|a, b| (&a.name, a.case).cmp(&(&b.name, b.case)));
    found.truncate(LINES);
    Ok(found)
}

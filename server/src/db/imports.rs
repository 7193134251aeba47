//! What was taken over from schools' systems, and how far.

use diesel::prelude::*;
use sync_core::ids::ClusterId;
use sync_core::time::Timestamp;

use super::schema_roll::imports;
use super::{Conn, Error};
use crate::on_backend;

/// What came of the rows of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Counts {
    /// Were not known before.
    pub added: i64,
    /// Were known otherwise.
    pub changed: i64,
    /// Were known like this.
    pub unchanged: i64,
    /// Could not be taken.
    pub refused: i64,
    /// Are known but not in the file; nothing was done to them.
    pub missing: i64,
}

/// One import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// Its id.
    pub id: [u8; 16],
    /// Into which cluster.
    pub cluster: ClusterId,
    /// `roll`, `attendance`, `exclusions`.
    pub kind: String,
    /// The SHA-256 of the file.
    pub digest: [u8; 32],
    /// When it was begun first.
    pub began_at: Timestamp,
    /// When it was whole; none: it was stopped on its way.
    pub ended_at: Option<Timestamp>,
    /// The last line of the file that was seen to.
    pub line: i64,
    /// What came of the rows.
    pub counts: Counts,
}

type Row = ((Vec<u8>, Vec<u8>, String, Vec<u8>, i64, Option<i64>, i64), (i64, i64, i64, i64, i64));

type Columns = (
    (
        imports::id,
        imports::cluster_id,
        imports::kind,
        imports::digest,
        imports::began_at,
        imports::ended_at,
        imports::line,
    ),
    (imports::added, imports::changed, imports::unchanged, imports::refused, imports::missing),
);

const COLUMNS: Columns = (
    (
        imports::id,
        imports::cluster_id,
        imports::kind,
        imports::digest,
        imports::began_at,
        imports::ended_at,
        imports::line,
    ),
    (imports::added, imports::changed, imports::unchanged, imports::refused, imports::missing),
);

fn from_row((head, counts): Row) -> Result<Import, Error> {
    let (id, cluster, kind, digest, began_at, ended_at, line) = head;
    let (added, changed, unchanged, refused, missing) = counts;
    Ok(Import {
        id: id.try_into().map_err(|_| Error::Corrupt("id"))?,
        cluster: ClusterId::from_slice(&cluster)?,
        kind,
        digest: digest.try_into().map_err(|_| Error::Corrupt("digest"))?,
        began_at: Timestamp(began_at),
        ended_at: ended_at.map(Timestamp),
        line,
        counts: Counts { added, changed, unchanged, refused, missing },
    })
}

/// Adds an import.
///
/// # Errors
/// The database's failure.
pub fn insert(conn: &mut Conn, import: &Import) -> Result<(), Error> {
    let row = (
        imports::id.eq(import.id.as_slice()),
        imports::cluster_id.eq(import.cluster.as_bytes().as_slice()),
        imports::kind.eq(&import.kind),
        imports::digest.eq(import.digest.as_slice()),
        imports::began_at.eq(import.began_at.0),
        imports::ended_at.eq(import.ended_at.map(|at| at.0)),
        imports::line.eq(import.line),
        imports::added.eq(import.counts.added),
        imports::changed.eq(import.counts.changed),
        imports::unchanged.eq(import.counts.unchanged),
        imports::refused.eq(import.counts.refused),
        imports::missing.eq(import.counts.missing),
    );
    on_backend!(conn, c => diesel::insert_into(imports::table).values(row).execute(c))?;
    Ok(())
}

/// Notes how far an import is.
///
/// # Errors
/// The database's failure.
pub fn update(conn: &mut Conn, import: &Import) -> Result<(), Error> {
    let set = (
        imports::ended_at.eq(import.ended_at.map(|at| at.0)),
        imports::line.eq(import.line),
        imports::added.eq(import.counts.added),
        imports::changed.eq(import.counts.changed),
        imports::unchanged.eq(import.counts.unchanged),
        imports::refused.eq(import.counts.refused),
        imports::missing.eq(import.counts.missing),
    );
    on_backend!(conn, c => diesel::update(imports::table.find(import.id.as_slice()))
        .set(set)
        .execute(c))?;
    Ok(())
}

/// The import of a file that was stopped on its way.
///
/// # Errors
/// The database's failure.
pub fn stopped(
    conn: &mut Conn,
    (cluster, kind): (&ClusterId, &str),
    digest: &[u8; 32],
) -> Result<Option<Import>, Error> {
    let row: Option<Row> = on_backend!(conn, c => imports::table
        .filter(imports::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(imports::kind.eq(kind).and(imports::digest.eq(digest.as_slice())))
        .filter(imports::ended_at.is_null())
        .order(imports::began_at.desc())
        .select(COLUMNS)
        .first(c))
    .optional()?;
    row.map(from_row).transpose()
}

/// The newest imports, newest first.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn, cluster: Option<&ClusterId>, most: i64) -> Result<Vec<Import>, Error> {
    let mut found = imports::table.into_boxed();
    if let Some(cluster) = cluster {
        found = found.filter(imports::cluster_id.eq(cluster.as_bytes().to_vec()));
    }
    let rows: Vec<Row> = found
        .order((imports::began_at.desc(), imports::id))
        .limit(most)
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(from_row).collect()
}

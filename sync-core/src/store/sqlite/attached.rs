//! What records have attached, as rows. Triggers let go of chunks that no record has any more.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

use super::{SqliteStore, rows};
use crate::ids::RecordId;
use crate::store::{AttachedRow, Bytes, BytesId, StoreError};

pub(super) fn attach(conn: &Connection, row: &AttachedRow) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO attached (record, digest, length, state) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET digest = excluded.digest, length = excluded.length,
             state = excluded.state",
    )?;
    statement.execute(params![row.record.as_bytes(), row.digest, row.length, row.bytes as u8])?;
    Ok(())
}

pub(super) fn put_chunk(
    conn: &Connection,
    digest: &BytesId,
    n: u32,
    bytes: &[u8],
) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO chunks (digest, n, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
    )?;
    statement.execute(params![digest, n, bytes])?;
    Ok(())
}

pub(super) fn deliver(conn: &Connection, record: &RecordId) -> Result<(), Error> {
    let here = "UPDATE attached SET state = 0 WHERE record = ?1";
    conn.prepare_cached(here)?.execute([record.as_bytes()])?;
    let gone = "DELETE FROM attached WHERE record = ?1
        AND NOT EXISTS (SELECT 1 FROM records WHERE id = ?1)";
    conn.prepare_cached(gone)?.execute([record.as_bytes()])?;
    Ok(())
}

pub(super) fn reattach(conn: &Connection, from: &RecordId, to: &RecordId) -> Result<(), Error> {
    let names = [from.as_bytes(), to.as_bytes()];
    let room = "DELETE FROM attached WHERE record = ?2 AND ?1 <> ?2
        AND EXISTS (SELECT 1 FROM attached WHERE record = ?1)";
    conn.prepare_cached(room)?.execute(names)?;
    let name = "UPDATE attached SET record = ?2 WHERE record = ?1";
    conn.prepare_cached(name)?.execute(names)?;
    Ok(())
}

pub(super) fn detach(conn: &Connection, record: &RecordId) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM attached WHERE record = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}

pub(super) fn of_record(
    store: &SqliteStore,
    record: &RecordId,
) -> Result<Option<AttachedRow>, StoreError> {
    let sql = "SELECT record, digest, length, state FROM attached WHERE record = ?1";
    Ok(store.cached(sql)?.query_row([record.as_bytes()], row_of).optional()?)
}

pub(super) fn unsent(store: &SqliteStore) -> Result<Vec<AttachedRow>, StoreError> {
    let sql = "SELECT record, digest, length, state FROM attached WHERE state = 2 ORDER BY record";
    let mut statement = store.cached(sql)?;
    let found = statement.query_map([], row_of)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn row_of(row: &Row<'_>) -> Result<AttachedRow, Error> {
    let digest = row.get_ref(1)?.as_blob()?.try_into();
    let bytes = match row.get(3)? {
        0 => Bytes::Here,
        1 => Bytes::Coming,
        2 => Bytes::Unsent,
        other => return Err(Error::IntegralValueOutOfRange(3, other)),
    };
    Ok(AttachedRow {
        record: rows::id(row, 0, RecordId::from_slice)?,
        digest: digest.map_err(|_| Error::InvalidColumnType(1, "digest".into(), Type::Blob))?,
        length: row.get(2)?,
        bytes,
    })
}

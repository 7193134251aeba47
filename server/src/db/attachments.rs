//! What there is of the bytes of attachments, which rest elsewhere.

use diesel::prelude::*;
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use super::schema_log::attachments::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// The bytes of one attachment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Their digest.
    pub digest: [u8; 32],
    /// How many.
    pub bytes: u32,
    /// What makes their name and key.
    pub salt: [u8; 32],
    /// Whether they are whole.
    pub arrived: bool,
}

type Columns = (Vec<u8>, i64, Vec<u8>, Option<i64>);

/// The bytes of a record's attachment, as far as any came.
///
/// # Errors
/// The database's failure, as everywhere here.
pub fn get(conn: &mut Conn, record: &RecordId) -> Result<Option<Row>, Error> {
    let own = dsl::attachments.filter(dsl::record_id.eq(record.as_bytes().as_slice()));
    let columns = (dsl::digest, dsl::bytes, dsl::salt, dsl::arrived_at);
    let row: Option<Columns> = on_backend!(conn, c => own.select(columns).first(c)).optional()?;
    row.map(from_columns).transpose()
}

fn from_columns((digest, bytes, salt, arrived_at): Columns) -> Result<Row, Error> {
    let corrupt = || Error::Corrupt("attachment");
    Ok(Row {
        digest: digest.try_into().map_err(|_| corrupt())?,
        bytes: bytes.try_into().map_err(|_| corrupt())?,
        salt: salt.try_into().map_err(|_| corrupt())?,
        arrived: arrived_at.is_some(),
    })
}

/// Notes that bytes are on their way.
///
/// # Errors
/// [`Error::Taken`] if that is known.
pub fn begin(conn: &mut Conn, record: &RecordId, row: &Row, now: Timestamp) -> Result<(), Error> {
    let new = (
        dsl::record_id.eq(record.as_bytes().as_slice()),
        dsl::digest.eq(row.digest.as_slice()),
        dsl::bytes.eq(i64::from(row.bytes)),
        dsl::salt.eq(row.salt.as_slice()),
        dsl::begun_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::attachments).values(new).execute(c))?;
    Ok(())
}

/// Notes that bytes are whole.
///
/// # Errors
/// The database's failure.
pub fn arrived(conn: &mut Conn, record: &RecordId, now: Timestamp) -> Result<(), Error> {
    let own = dsl::attachments.filter(dsl::record_id.eq(record.as_bytes().as_slice()));
    on_backend!(conn, c => diesel::update(own).set(dsl::arrived_at.eq(now.0)).execute(c))?;
    Ok(())
}

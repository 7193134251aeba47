//! What the database's errors mean to a phone. Its own texts are not passed on: they can hold paths
//! and values.

use rusqlite::ffi::{
    SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE, code_to_str,
};
use rusqlite::{Error, ErrorCode};

use crate::store::{NO_RECORD, StoreError};

const NO_ROOM: [i32; 2] = [SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE];

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::SqliteFailure(failure, _) => of_code(failure),
            Error::FromSqlConversionFailure(..)
            | Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..) => {
                Self::Damaged("a row is not what was written".to_owned())
            }
            _ => Self::Io("the database could not be asked".to_owned()),
        }
    }
}

fn of_code(failure: rusqlite::ffi::Error) -> StoreError {
    let said = code_to_str(failure.extended_code).to_owned();
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full,
        // A write or the journal's index that the system does not take: a quota, a largest file, or a
        // full disk where the database does not call it so.
        _ if NO_ROOM.contains(&failure.extended_code) => StoreError::Full,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(said),
        ErrorCode::ConstraintViolation if failure.extended_code == SQLITE_CONSTRAINT_FOREIGNKEY => {
            StoreError::Damaged(NO_RECORD.to_owned())
        }
        ErrorCode::ConstraintViolation => StoreError::Damaged(said),
        _ => StoreError::Io(said),
    }
}

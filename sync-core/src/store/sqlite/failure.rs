//! What the database's errors mean to a phone. Its own texts are not passed on: they can hold paths
//! and values.

use rusqlite::ffi::{SQLITE_CONSTRAINT_FOREIGNKEY, code_to_str};
use rusqlite::{Error, ErrorCode};

use crate::store::{NO_RECORD, StoreError};

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
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(said),
        ErrorCode::ConstraintViolation if failure.extended_code == SQLITE_CONSTRAINT_FOREIGNKEY => {
            StoreError::Damaged(NO_RECORD.to_owned())
        }
        ErrorCode::ConstraintViolation => StoreError::Damaged(said),
        _ => StoreError::Io(said),
    }
}

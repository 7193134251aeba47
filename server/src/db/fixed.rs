//! Bytes of one length, read without a place of their own each: a first sync reads hundreds of thousands.

use diesel::FromSqlRow;
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Binary;
use diesel::sqlite::{Sqlite, SqliteValue};

/// A column that always holds `N` bytes.
#[derive(Clone, Copy, Debug, FromSqlRow)]
pub(super) struct Fixed<const N: usize>(pub(super) [u8; N]);

/// An id, as every table has it.
pub(super) type Id = Fixed<16>;

impl<const N: usize> FromSql<Binary, Sqlite> for Fixed<N> {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_blob().try_into()?))
    }
}

impl<const N: usize> FromSql<Binary, Pg> for Fixed<N> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.as_bytes().try_into()?))
    }
}

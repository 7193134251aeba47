//! Bringing a database to this program's schema, and refusing what this program does not know.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::MigrationHarness;

use super::{Conn, Error};
use crate::on_backend;

/// How a database's schema stands to this program's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SchemaState {
    /// Nothing is there yet.
    New,
    /// Some steps are missing.
    Older,
    /// Ready.
    Current,
}

/// Looks at the schema; changes nothing.
///
/// # Errors
/// [`Error::SchemaNewer`] or [`Error::SchemaUnknown`] for a database this program must not touch.
pub fn schema_state(conn: &mut Conn) -> Result<SchemaState, Error> {
    let tables = count_tables(conn, "")?;
    let ledger = count_tables(conn, "AND name = '__diesel_schema_migrations'")?;
    match (tables, ledger) {
        (0, _) => return Ok(SchemaState::New),
        (_, 0) => return Err(Error::SchemaUnknown),
        _ => {}
    }
    let known = known_steps(conn)?;
    let applied = applied_steps(conn)?;
    match (applied.is_subset(&known), applied.len()) {
        (false, _) => Err(Error::SchemaNewer),
        (true, 0) => Ok(SchemaState::New),
        (true, n) if n < known.len() => Ok(SchemaState::Older),
        (true, _) => Ok(SchemaState::Current),
    }
}

/// Applies the missing steps, each in its own transaction; says how many there were. Several
/// processes may call it at once.
///
/// # Errors
/// As [`schema_state`], and [`Error::Migrate`] for a step that failed.
pub fn migrate(conn: &mut Conn) -> Result<usize, Error> {
    if let Conn::Pg(c) = conn {
        c.batch_execute("SELECT pg_advisory_lock(7310)")?;
    }
    let applied = schema_state(conn).and_then(|_| apply(conn));
    if let Conn::Pg(c) = conn {
        c.batch_execute("SELECT pg_advisory_unlock(7310)")?;
    }
    applied
}

fn apply(conn: &mut Conn) -> Result<usize, Error> {
    let applied = match conn {
        Conn::Sqlite(c) => c.run_pending_migrations(caseweave_migrations::SQLITE).map(|v| v.len()),
        Conn::Pg(c) => c.run_pending_migrations(caseweave_migrations::POSTGRES).map(|v| v.len()),
    };
    applied.map_err(|error| Error::Migrate(error.to_string()))
}

fn known_steps(conn: &Conn) -> Result<BTreeSet<String>, Error> {
    let names = match conn {
        Conn::Sqlite(_) => names::<diesel::sqlite::Sqlite, _>(&caseweave_migrations::SQLITE),
        Conn::Pg(_) => names::<diesel::pg::Pg, _>(&caseweave_migrations::POSTGRES),
    };
    names.map_err(|error| Error::Migrate(error.to_string()))
}

fn names<DB, S>(source: &S) -> diesel::migration::Result<BTreeSet<String>>
where
    DB: diesel::backend::Backend,
    S: MigrationSource<DB>,
{
    let steps: Vec<Box<dyn Migration<DB>>> = source.migrations()?;
    Ok(steps.iter().map(|step| step.name().version().to_string()).collect())
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Read by hand: the library's own way first tries to make the table, which a read-only
/// transaction refuses.
fn applied_steps(conn: &mut Conn) -> Result<BTreeSet<String>, Error> {
    let query = "SELECT version FROM __diesel_schema_migrations";
    let steps: Vec<Step> = on_backend!(conn, c => diesel::sql_query(query).load(c))?;
    Ok(steps.into_iter().map(|step| step.version).collect())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count_tables(conn: &mut Conn, and: &str) -> Result<i64, Error> {
    let tables = match conn {
        Conn::Sqlite(_) => {
            "(SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%')"
        }
        Conn::Pg(_) => {
            "(SELECT table_name AS name FROM information_schema.tables \
             WHERE table_schema = current_schema())"
        }
    };
    let query = format!("SELECT count(*) AS n FROM {tables} AS t WHERE true {and}");
    let count: Count = on_backend!(conn, c => diesel::sql_query(query).get_result(c))?;
    Ok(count.n)
}

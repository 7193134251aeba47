//! What the same work comes to without us: the engine given changes that it need not doubt, the database
//! given rows that somebody else has thought of.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sync_core::record::document::engine_change;
use sync_core::record::history::History;

use crate::live::Failed;

/// A copy of a database that nobody writes in meanwhile.
///
/// # Errors
/// The database's failure.
pub(super) fn copy(file: &Path, to: &Path) -> Result<(), Failed> {
    let conn = Connection::open(file)?;
    conn.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

/// How long the engine takes to apply histories' changes, which are made beforehand.
///
/// # Errors
/// If it does not.
pub(super) fn apply(histories: &[History]) -> Result<Duration, Failed> {
    let mut took = Duration::ZERO;
    for history in histories {
        let mut changes = vec![history.envelope().genesis()];
        changes.extend(history.links().iter().map(|link| engine_change(history, link)));
        let began = Instant::now();
        let mut document = automerge::Automerge::new();
        document.apply_changes(changes)?;
        took += began.elapsed();
    }
    Ok(took)
}

/// How long it takes to write what a database has beyond an older copy of itself into that copy, in so many
/// transactions, each as durable as the server's. A row that was written several times is written once.
///
/// # Errors
/// The database's failure.
pub(super) fn insert_again(
    file: &Path,
    before: &Path,
    transactions: usize,
) -> Result<Duration, Failed> {
    let rows = rows_beyond(file, before)?;
    let mut conn = Connection::open(before)?;
    // Rows come as tables have them, not as they refer to each other.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;
         PRAGMA foreign_keys = OFF;",
    )?;
    let together = rows.len().div_ceil(transactions.max(1)).max(1);
    let began = Instant::now();
    for group in rows.chunks(together) {
        let tx = conn.transaction()?;
        for (table, row) in group {
            tx.prepare_cached(table)?.execute(params_from_iter(row))?;
        }
        tx.commit()?;
    }
    Ok(began.elapsed())
}

/// Rows with the statement that writes each.
type Rows = Vec<(String, Vec<Value>)>;

/// Every row of every table that is not in the copy as it is, table after table dealt out in turns, as
/// commits write them.
fn rows_beyond(file: &Path, before: &Path) -> Result<Rows, Failed> {
    let conn = Connection::open(file)?;
    conn.execute("ATTACH ?1 AS before", [before.to_string_lossy()])?;
    let mut placed = Vec::new();
    for table in tables(&conn)? {
        let mut found = conn.prepare(&format!(
            "SELECT * FROM main.\"{table}\" EXCEPT SELECT * FROM before.\"{table}\""
        ))?;
        let width = found.column_count();
        let marks = vec!["?"; width].join(", ");
        let statement = format!("INSERT OR REPLACE INTO \"{table}\" VALUES ({marks})");
        let rows = found.query_map([], |row| (0..width).map(|n| row.get(n)).collect())?;
        let rows = rows.collect::<Result<Vec<Vec<Value>>, _>>()?;
        let many = rows.len().max(1) as f64;
        let place = |(n, row)| (n as f64 / many, statement.clone(), row);
        placed.extend(rows.into_iter().enumerate().map(place));
    }
    placed.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
    Ok(placed.into_iter().map(|(_, statement, row)| (statement, row)).collect())
}

fn tables(conn: &Connection) -> Result<Vec<String>, Failed> {
    let mut all = conn.prepare(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names = all.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

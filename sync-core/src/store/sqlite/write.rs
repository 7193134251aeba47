//! One [`Write`] as statements. A place is further the smaller its `state`.

use rusqlite::{Connection, Error, params};

use crate::ids::{Actor, CaseId, RecordId, ScopeId};
use crate::store::sqlite::attached;
use crate::store::sqlite::rows::columns_of;
use crate::store::{ChangeRow, Place, RecordRow, Shelf, Write};

/// Does writes within the caller's transaction.
pub(super) fn apply_all(conn: &Connection, writes: &[Write]) -> Result<(), Error> {
    let mut words = Words::default();
    for write in writes {
        if !matches!(write, Write::Index { .. } | Write::Set(..) | Write::Remove(..)) {
            words.put(conn)?;
        }
        apply(conn, write, &mut words)?;
    }
    words.put(conn)
}

fn apply<'a>(conn: &Connection, write: &'a Write, words: &mut Words<'a>) -> Result<(), Error> {
    match write {
        Write::PutRecord(row) => put_record(conn, row),
        Write::PutChange(row) => put_change(conn, row),
        Write::Move { record, actor, seq, place } => move_on(conn, record, actor, *seq, *place),
        Write::Return { record, actor, seq, reason } => {
            give_back(conn, record, actor, *seq, reason)
        }
        Write::Rename { record, actor, seq, change } => rename(conn, record, actor, *seq, change),
        Write::Displace { record, actor, seq, deps, place } => {
            displace(conn, record, actor, *seq, deps, *place)
        }
        Write::ForgetReturned(id) => forget_returned(conn, *id),
        Write::Rejudge { id, reason } => rejudge(conn, *id, reason),
        Write::DropScope(scope) => drop_scope(conn, scope),
        Write::DropRecord(record) => drop_record(conn, record),
        Write::Index { case, record, words: text } => words.index(conn, case, record, text),
        Write::Unindex(record) => unindex(conn, record),
        Write::Attach(row) => attached::attach(conn, row),
        Write::PutChunk { digest, n, bytes } => attached::put_chunk(conn, digest, *n, bytes),
        Write::Deliver(record) => attached::deliver(conn, record),
        Write::Reattach { from, to } => attached::reattach(conn, from, to),
        Write::Detach(record) => attached::detach(conn, record),
        Write::Set(shelf, key, value) => set_item(conn, *shelf, key, value),
        Write::Remove(shelf, key) => remove_item(conn, *shelf, key),
    }
}

fn put_record(conn: &Connection, row: &RecordRow) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO records (id, case_id, scope, kind, envelope) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?;
    let (id, case, scope) = (row.id.as_bytes(), row.case.as_bytes(), row.scope.as_bytes());
    statement.execute(params![id, case, scope, row.kind, row.envelope])?;
    Ok(())
}

fn put_change(conn: &Connection, row: &ChangeRow) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO changes (record, actor, seq, state, ord, deps, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET state = excluded.state, ord = excluded.ord
         WHERE excluded.state < state",
    )?;
    let (record, actor) = (row.record.as_bytes(), row.actor.as_bytes());
    let (state, ord) = columns_of(row.place);
    statement.execute(params![record, actor, row.seq, state, ord, row.deps, row.body])?;
    Ok(())
}

fn move_on(
    conn: &Connection,
    record: &RecordId,
    actor: &Actor,
    seq: u32,
    place: Place,
) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "UPDATE changes SET state = ?4, ord = ?5
         WHERE record = ?1 AND actor = ?2 AND seq = ?3 AND state > ?4",
    )?;
    let (state, ord) = columns_of(place);
    statement.execute(params![record.as_bytes(), actor.as_bytes(), seq, state, ord])?;
    Ok(())
}

fn give_back(
    conn: &Connection,
    record: &RecordId,
    actor: &Actor,
    seq: u32,
    reason: &str,
) -> Result<(), Error> {
    let mut keep = conn.prepare_cached(
        "INSERT INTO returned (record, case_id, scope, kind, envelope,
             actor, seq, state, ord, deps, body, reason)
         SELECT id, case_id, scope, kind, envelope, actor, seq, state, ord, deps, body, ?4
         FROM changes JOIN records ON id = record
         WHERE record = ?1 AND actor = ?2 AND seq = ?3",
    )?;
    keep.execute(params![record.as_bytes(), actor.as_bytes(), seq, reason])?;
    let mut take =
        conn.prepare_cached("DELETE FROM changes WHERE record = ?1 AND actor = ?2 AND seq = ?3")?;
    take.execute(params![record.as_bytes(), actor.as_bytes(), seq])?;
    Ok(())
}

fn rename(
    conn: &Connection,
    record: &RecordId,
    actor: &Actor,
    seq: u32,
    change: &ChangeRow,
) -> Result<(), Error> {
    let mut take = conn.prepare_cached(
        "DELETE FROM changes WHERE record = ?1 AND actor = ?2 AND seq = ?3 AND state = 2",
    )?;
    match take.execute(params![record.as_bytes(), actor.as_bytes(), seq])? {
        0 => Ok(()),
        _ => put_change(conn, change),
    }
}

fn displace(
    conn: &Connection,
    record: &RecordId,
    actor: &Actor,
    seq: u32,
    deps: &[u8],
    place: Place,
) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "UPDATE changes SET state = ?4, ord = ?5, deps = ?6
         WHERE record = ?1 AND actor = ?2 AND seq = ?3",
    )?;
    let (state, ord) = columns_of(place);
    statement.execute(params![record.as_bytes(), actor.as_bytes(), seq, state, ord, deps])?;
    Ok(())
}

fn forget_returned(conn: &Connection, id: u64) -> Result<(), Error> {
    // A number past the signed range was never given out.
    if let Ok(id) = i64::try_from(id) {
        conn.prepare_cached("DELETE FROM returned WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

fn rejudge(conn: &Connection, id: u64, reason: &str) -> Result<(), Error> {
    if let Ok(id) = i64::try_from(id) {
        let mut statement = conn.prepare_cached("UPDATE returned SET reason = ?2 WHERE id = ?1")?;
        statement.execute(params![id, reason])?;
    }
    Ok(())
}

fn drop_scope(conn: &Connection, scope: &ScopeId) -> Result<(), Error> {
    let mut sent = conn.prepare_cached(
        "DELETE FROM changes WHERE state < 2
         AND record IN (SELECT id FROM records WHERE scope = ?1)",
    )?;
    sent.execute([scope.as_bytes()])?;
    let mut bare = conn.prepare_cached(
        "DELETE FROM records WHERE scope = ?1
         AND NOT EXISTS (SELECT 1 FROM changes WHERE record = records.id)",
    )?;
    bare.execute([scope.as_bytes()])?;
    Ok(())
}

fn drop_record(conn: &Connection, record: &RecordId) -> Result<(), Error> {
    let mut sent = conn.prepare_cached("DELETE FROM changes WHERE record = ?1 AND state < 2")?;
    sent.execute([record.as_bytes()])?;
    let mut bare = conn.prepare_cached(
        "DELETE FROM records WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM changes WHERE record = ?1)",
    )?;
    bare.execute([record.as_bytes()])?;
    Ok(())
}

/// Words on their way into the index, one record after the other and nothing between: each statement that
/// could be taken back alone makes the index write down what it has so far, as a part of its own that is to
/// be merged later.
#[derive(Default)]
struct Words<'a> {
    waiting: Vec<(RecordId, i64, &'a str)>,
}

impl<'a> Words<'a> {
    fn index(
        &mut self,
        conn: &Connection,
        case: &CaseId,
        record: &RecordId,
        words: &'a str,
    ) -> Result<(), Error> {
        let listed = "DELETE FROM unindexed WHERE case_id = ?1 AND record = ?2";
        conn.prepare_cached(listed)?.execute([case.as_bytes(), record.as_bytes()])?;
        self.waiting.retain(|(waiting, ..)| waiting != record);
        let before = "DELETE FROM indexed WHERE record = ?1";
        conn.prepare_cached(before)?.execute([record.as_bytes()])?;
        if words.is_empty() {
            return Ok(());
        }
        let known = "INSERT INTO indexed (record) SELECT id FROM records WHERE id = ?1";
        if conn.prepare_cached(known)?.execute([record.as_bytes()])? == 1 {
            self.waiting.push((*record, conn.last_insert_rowid(), words));
        }
        Ok(())
    }

    fn put(&mut self, conn: &Connection) -> Result<(), Error> {
        for (_, id, text) in self.waiting.drain(..) {
            let keep = "INSERT INTO words (rowid, text) VALUES (?1, ?2)";
            conn.prepare_cached(keep)?.execute(params![id, text])?;
        }
        Ok(())
    }
}

fn unindex(conn: &Connection, record: &RecordId) -> Result<(), Error> {
    let list = "INSERT INTO unindexed SELECT case_id, id FROM records WHERE id = ?1
        ON CONFLICT DO NOTHING";
    conn.prepare_cached(list)?.execute([record.as_bytes()])?;
    Ok(())
}

fn set_item(conn: &Connection, shelf: Shelf, key: &[u8], value: &[u8]) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO items (shelf, key, value) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET value = excluded.value",
    )?;
    statement.execute(params![shelf as u8, key, value])?;
    Ok(())
}

fn remove_item(conn: &Connection, shelf: Shelf, key: &[u8]) -> Result<(), Error> {
    let mut statement = conn.prepare_cached("DELETE FROM items WHERE shelf = ?1 AND key = ?2")?;
    statement.execute(params![shelf as u8, key])?;
    Ok(())
}

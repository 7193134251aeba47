//! The tables of a phone's database and how a file of an older app comes up to date.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::StoreError;

/// The steps from an empty file to this version, in order. A step that has shipped never changes:
/// what is new is a new step. The file's `user_version` counts the steps it has had.
///
/// A change's place is `state` (0 placed, 1 accepted, 2 unsent) and `ord`. The key is the change's
/// name, not its place: moving one then rewrites no key, and a record is still one range of it.
const STEPS: &[&str] = &[
    "CREATE TABLE records (
        id BLOB PRIMARY KEY NOT NULL,
        case_id BLOB NOT NULL,
        scope BLOB NOT NULL,
        kind INTEGER NOT NULL,
        envelope BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX records_of_case ON records (case_id);
    CREATE INDEX records_of_scope ON records (scope);
    CREATE TABLE changes (
        record BLOB NOT NULL REFERENCES records (id),
        actor BLOB NOT NULL,
        seq INTEGER NOT NULL,
        state INTEGER NOT NULL,
        ord INTEGER NOT NULL,
        deps BLOB,
        body BLOB NOT NULL,
        PRIMARY KEY (record, actor, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE returned (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        record BLOB NOT NULL,
        case_id BLOB NOT NULL,
        scope BLOB NOT NULL,
        kind INTEGER NOT NULL,
        envelope BLOB NOT NULL,
        actor BLOB NOT NULL,
        seq INTEGER NOT NULL,
        state INTEGER NOT NULL,
        ord INTEGER NOT NULL,
        deps BLOB,
        body BLOB NOT NULL,
        reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE items (
        shelf INTEGER NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (shelf, key)
    ) STRICT, WITHOUT ROWID;",
    // Every exchange asks for unsent work: without this it reads the whole history.
    "CREATE INDEX unsent ON changes (ord, record) WHERE state = 2;",
    // Words to find records by. The triggers see to it that no writer can forget the index: whatever
    // moves in a record takes its words away in the same transaction and lists it.
    "CREATE TABLE unindexed (
        case_id BLOB NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (case_id, record)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE indexed (id INTEGER PRIMARY KEY, record BLOB NOT NULL UNIQUE) STRICT;
    CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
    CREATE TRIGGER index_goes AFTER DELETE ON indexed
        BEGIN DELETE FROM words WHERE rowid = OLD.id; END;
    CREATE TRIGGER record_listed AFTER INSERT ON unindexed
        BEGIN DELETE FROM indexed WHERE record = NEW.record; END;
    CREATE TRIGGER change_came AFTER INSERT ON changes BEGIN
        INSERT INTO unindexed SELECT case_id, id FROM records WHERE id = NEW.record
        ON CONFLICT DO NOTHING; END;
    CREATE TRIGGER change_moved AFTER UPDATE ON changes BEGIN
        INSERT INTO unindexed SELECT case_id, id FROM records WHERE id = NEW.record
        ON CONFLICT DO NOTHING; END;
    CREATE TRIGGER change_went AFTER DELETE ON changes BEGIN
        INSERT INTO unindexed SELECT case_id, id FROM records WHERE id = OLD.record
        ON CONFLICT DO NOTHING; END;
    CREATE TRIGGER record_went AFTER DELETE ON records BEGIN
        INSERT INTO unindexed VALUES (OLD.case_id, OLD.id) ON CONFLICT DO NOTHING; END;
    INSERT INTO unindexed SELECT case_id, id FROM records;",
    // The bytes of attachments, kept by their digest in rows of a chunk each.
    // `state` is as of `Bytes`. What nobody has any more goes by itself, whoever forgets it.
    "CREATE TABLE attached (
        record BLOB PRIMARY KEY NOT NULL,
        digest BLOB NOT NULL,
        length INTEGER NOT NULL,
        state INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX attached_digest ON attached (digest);
    CREATE TABLE chunks (
        digest BLOB NOT NULL,
        n INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (digest, n)
    ) STRICT;
    CREATE TRIGGER attached_went AFTER DELETE ON attached BEGIN
        DELETE FROM chunks WHERE digest = OLD.digest
        AND NOT EXISTS (SELECT 1 FROM attached WHERE digest = OLD.digest); END;
    CREATE TRIGGER attached_otherwise AFTER UPDATE OF digest ON attached BEGIN
        DELETE FROM chunks WHERE digest = OLD.digest
        AND NOT EXISTS (SELECT 1 FROM attached WHERE digest = OLD.digest); END;
    CREATE TRIGGER attached_with_record AFTER DELETE ON records BEGIN
        DELETE FROM attached WHERE record = OLD.id AND state < 2; END;",
    // Rows lie in the order in which they came; the keys that they are found by are small. Sorted by key,
    // which is random, each page of a first sync wrote nearly the whole file anew.
    "CREATE TABLE records_as_they_came (
        id BLOB PRIMARY KEY NOT NULL,
        case_id BLOB NOT NULL,
        scope BLOB NOT NULL,
        kind INTEGER NOT NULL,
        envelope BLOB NOT NULL
    ) STRICT;
    CREATE TABLE changes_as_they_came (
        record BLOB NOT NULL REFERENCES records_as_they_came (id),
        actor BLOB NOT NULL,
        seq INTEGER NOT NULL,
        state INTEGER NOT NULL,
        ord INTEGER NOT NULL,
        deps BLOB,
        body BLOB NOT NULL,
        PRIMARY KEY (record, actor, seq)
    ) STRICT;
    INSERT INTO records_as_they_came SELECT id, case_id, scope, kind, envelope FROM records;
    INSERT INTO changes_as_they_came
        SELECT record, actor, seq, state, ord, deps, body FROM changes;
    DROP TABLE changes;
    DROP TABLE records;
    ALTER TABLE records_as_they_came RENAME TO records;
    ALTER TABLE changes_as_they_came RENAME TO changes;
    CREATE INDEX records_of_case ON records (case_id);
    CREATE INDEX records_of_scope ON records (scope);
    CREATE INDEX unsent ON changes (ord, record) WHERE state = 2;
    CREATE TRIGGER change_came AFTER INSERT ON changes BEGIN
        INSERT INTO unindexed SELECT case_id, id FROM records WHERE id = NEW.record
        ON CONFLICT DO NOTHING; END;
    CREATE TRIGGER change_moved AFTER UPDATE ON changes BEGIN
        INSERT INTO unindexed SELECT case_id, id FROM records WHERE id = NEW.record
        ON CONFLICT DO NOTHING; END;
    CREATE TRIGGER change_went AFTER DELETE ON changes BEGIN
        INSERT INTO unindexed SELECT case_id, id FROM records WHERE id = OLD.record
        ON CONFLICT DO NOTHING; END;
    CREATE TRIGGER record_went AFTER DELETE ON records BEGIN
        INSERT INTO unindexed VALUES (OLD.case_id, OLD.id) ON CONFLICT DO NOTHING; END;
    CREATE TRIGGER attached_with_record AFTER DELETE ON records BEGIN
        DELETE FROM attached WHERE record = OLD.id AND state < 2; END;",
];

/// The version that this app writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Brings the file to [`VERSION`], all steps in one transaction.
pub(super) fn bring_up(conn: &mut Connection) -> Result<(), StoreError> {
    if version(conn)? == VERSION {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again: another process may have been faster.
    let found = version(&tx)?;
    if found > VERSION {
        return Err(StoreError::NewerSchema { found, supported: VERSION });
    }
    let had = usize::try_from(found)
        .map_err(|_| StoreError::Damaged("its version is no number of steps".to_owned()))?;
    for step in &STEPS[had..] {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    Ok(tx.commit()?)
}

fn version(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

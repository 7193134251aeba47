use std::panic::{AssertUnwindSafe, catch_unwind};

use caseweave::db::migrate::{SchemaState, migrate, schema_state};
use caseweave::db::{self, Address, Conn, Error, savepoint, write_tx};
use diesel::connection::SimpleConnection;
use sync_core::time::Timestamp;

use crate::support::{START, servers};

fn run(conn: &mut Conn, sql: &str) {
    match conn {
        Conn::Sqlite(c) => c.batch_execute(sql),
        Conn::Pg(c) => c.batch_execute(sql),
    }
    .unwrap();
}

fn store(conn: &mut Conn, name: &str) -> Result<(), Error> {
    db::secrets::insert(conn, name, b"x", START)
}

fn is_there(conn: &mut Conn, name: &str) -> bool {
    db::secrets::get(conn, name).unwrap().is_some()
}

#[test]
fn a_transaction_is_kept_whole_or_not_at_all() {
    for server in servers() {
        let mut conn = server.conn();
        let failed: Result<(), Error> = write_tx(&mut conn, |conn| {
            store(conn, "undone by an error")?;
            Err(Error::Missing)
        });
        assert!(matches!(failed, Err(Error::Missing)));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            write_tx(&mut conn, |conn| -> Result<(), Error> {
                store(conn, "undone by a panic")?;
                panic!("on purpose")
            })
        }));
        assert!(panicked.is_err());
        let kept: Result<(), Error> = write_tx(&mut conn, |conn| {
            store(conn, "outer")?;
            let inner: Result<(), Error> = savepoint(conn, |conn| {
                store(conn, "undone by a savepoint")?;
                Err(Error::Missing)
            });
            assert!(inner.is_err());
            savepoint(conn, |conn| store(conn, "inner"))
        });
        kept.unwrap();
        for name in ["outer", "inner"] {
            assert!(is_there(&mut conn, name), "{name}");
        }
        for how in ["an error", "a panic", "a savepoint"] {
            assert!(!is_there(&mut conn, &format!("undone by {how}")), "{how}");
        }
    }
}

#[actix_web::test]
async fn a_panic_in_the_pool_is_an_answer_and_the_pool_goes_on() {
    for server in servers() {
        for _ in 0..6 {
            let lost: Result<(), Error> = server.state.db.write(|_| panic!("on purpose")).await;
            assert!(matches!(lost, Err(Error::TaskLost)));
        }
        let well: Result<(), Error> = server.state.db.write(|conn| store(conn, "after")).await;
        well.unwrap();
    }
}

#[actix_web::test]
async fn many_writers_that_read_first_all_get_their_turn() {
    for server in servers() {
        let db = &server.state.db;
        let writers = (0..40).map(|n| {
            db.write(move |conn| -> Result<(), Error> {
                is_there(conn, "x");
                store(conn, &format!("writer {n}"))
            })
        });
        for written in futures_util::future::join_all(writers).await {
            written.unwrap();
        }
    }
}

#[test]
fn a_database_this_program_does_not_know_is_left_alone() {
    for server in servers() {
        let mut conn = server.conn();
        assert_eq!(schema_state(&mut conn).unwrap(), SchemaState::Current);
        assert_eq!(migrate(&mut conn).unwrap(), 0);
        run(&mut conn, "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        assert!(matches!(schema_state(&mut conn), Err(Error::SchemaNewer)));
        assert!(matches!(migrate(&mut conn), Err(Error::SchemaNewer)));
        run(&mut conn, "DELETE FROM __diesel_schema_migrations");
        assert_eq!(schema_state(&mut conn).unwrap(), SchemaState::New);
        run(&mut conn, "DROP TABLE __diesel_schema_migrations");
        assert!(matches!(migrate(&mut conn), Err(Error::SchemaUnknown)));
    }
}

#[test]
fn what_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.sqlite");
    std::fs::write(&file, "Dear parents, ".repeat(500)).unwrap();
    let Err(Error::Open(why)) = Conn::open(&Address::File(file)) else { panic!("it was opened") };
    assert!(why.contains("letter.sqlite"), "{why}");
    let missing = folder.path().join("no").join("such.sqlite");
    assert!(matches!(Conn::open(&Address::File(missing)), Err(Error::Open(_))));
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.sqlite");
    let mut conn = Conn::open(&Address::File(file.clone())).unwrap();
    migrate(&mut conn).unwrap();
    db::authorities::insert(&mut conn, [1; 16], "East Lothian", Timestamp(0)).unwrap();
    for name in ["a.sqlite", "a.sqlite-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

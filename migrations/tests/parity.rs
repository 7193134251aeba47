//! SQLite and PostgreSQL must hold the same steps and come to the same tables and columns.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::MigrationHarness;

/// Table -> column -> type and whether it may be null.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

#[test]
fn both_sides_have_the_same_steps() {
    let sqlite: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> =
        caseweave_migrations::SQLITE.migrations().unwrap();
    let postgres: Vec<Box<dyn Migration<diesel::pg::Pg>>> =
        caseweave_migrations::POSTGRES.migrations().unwrap();
    let sqlite: Vec<_> = sqlite.iter().map(|step| step.name().to_string()).collect();
    let postgres: Vec<_> = postgres.iter().map(|step| step.name().to_string()).collect();
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
}

#[test]
fn both_texts_say_the_same_tables() {
    let sqlite = tables_in_text("sqlite");
    assert!(sqlite.contains_key("clusters"));
    assert_eq!(sqlite, tables_in_text("postgres"));
}

#[test]
fn sqlite_holds_what_its_text_says() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.run_pending_migrations(caseweave_migrations::SQLITE).unwrap();
    assert_eq!(tables_in_sqlite(&mut conn), tables_in_text("sqlite"));
}

#[test]
fn sqlite_can_be_taken_back_to_nothing() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.run_pending_migrations(caseweave_migrations::SQLITE).unwrap();
    conn.revert_all_migrations(caseweave_migrations::SQLITE).unwrap();
    assert_eq!(tables_in_sqlite(&mut conn), Tables::new());
}

/// Runs only against a server named by `CASEWEAVE_TEST_POSTGRES`, in a schema of its own.
#[test]
fn postgres_holds_what_its_text_says() {
    let Ok(url) = std::env::var("CASEWEAVE_TEST_POSTGRES") else { return };
    let mut conn = PgConnection::establish(&url).unwrap();
    let schema = format!("parity_{}", std::process::id());
    conn.batch_execute(&format!("CREATE SCHEMA {schema}; SET search_path TO {schema}")).unwrap();
    conn.run_pending_migrations(caseweave_migrations::POSTGRES).unwrap();
    let found = tables_in_postgres(&mut conn);
    conn.revert_all_migrations(caseweave_migrations::POSTGRES).unwrap();
    let left = tables_in_postgres(&mut conn);
    conn.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).unwrap();
    assert_eq!(found, tables_in_text("postgres"));
    assert_eq!(left, Tables::new());
}

/// What the up steps of one side create or add, read from their text in order.
fn tables_in_text(side: &str) -> Tables {
    let mut steps: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(side))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("up.sql"))
        .collect();
    steps.sort();
    let mut tables = Tables::new();
    for step in steps {
        for statement in statements(&fs::read_to_string(step).unwrap()) {
            read_statement(&statement, &mut tables);
        }
    }
    tables
}

fn statements(text: &str) -> Vec<String> {
    let code: Vec<_> = text.lines().map(|line| line.split("--").next().unwrap()).collect();
    let code = code.join(" ");
    code.split(';').map(|s| s.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn read_statement(statement: &str, tables: &mut Tables) {
    if let Some(rest) = statement.strip_prefix("CREATE TABLE ") {
        let (name, body) = rest.split_once('(').unwrap();
        let body = body.rsplit_once(')').unwrap().0;
        let columns = top_level_parts(body).into_iter().filter_map(|part| column(&part)).collect();
        tables.insert(name.trim().to_owned(), columns);
    } else if let Some(rest) = statement.strip_prefix("ALTER TABLE ") {
        alter(rest, tables);
    } else if let Some(name) = statement.strip_prefix("DROP TABLE ") {
        tables.remove(name.trim());
    }
}

/// A step adds columns, changes what a column may say, or moves a table that it made again into place.
fn alter(rest: &str, tables: &mut Tables) {
    let (name, rest) = rest.split_once(' ').unwrap();
    if let Some(part) = rest.strip_prefix("ADD COLUMN ") {
        let (column, kind) = column(part).unwrap();
        tables.get_mut(name).unwrap().insert(column, kind);
    } else if let Some(new) = rest.strip_prefix("RENAME TO ") {
        let table = tables.remove(name).unwrap();
        tables.insert(new.to_owned(), table);
    } else {
        let of_check = ["ADD CONSTRAINT ", "DROP CONSTRAINT "];
        assert!(of_check.iter().any(|it| rest.starts_with(it)), "a new sort of step: {rest}");
    }
}

/// Splits at the commas that stand in no brackets.
fn top_level_parts(body: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in body.chars() {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        match parts.last_mut() {
            Some(part) if letter != ',' || depth > 0 => part.push(letter),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn column(part: &str) -> Option<(String, (String, bool))> {
    let part = part.trim();
    let (name, rest) = part.split_once(' ')?;
    let constraint = ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"].contains(&name);
    let kind = rest.split([' ', '(']).next()?;
    let nullable = !rest.contains("NOT NULL");
    (!constraint).then(|| (name.to_owned(), (common_type(kind), nullable)))
}

/// One name for a type both databases have under two.
fn common_type(kind: &str) -> String {
    match kind.to_uppercase().as_str() {
        "BLOB" | "BYTEA" => "bytes".to_owned(),
        other => other.to_lowercase(),
    }
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

fn tables_in_sqlite(conn: &mut SqliteConnection) -> Tables {
    let query = "SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, \
                 NOT c.\"notnull\" AS nullable FROM sqlite_master m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' \
                 AND m.name <> '__diesel_schema_migrations'";
    collect(diesel::sql_query(query).load(conn).unwrap())
}

fn tables_in_postgres(conn: &mut PgConnection) -> Tables {
    let query = "SELECT table_name::text, column_name::text, data_type::text AS kind, \
                 is_nullable = 'YES' AS nullable FROM information_schema.columns \
                 WHERE table_schema = current_schema() \
                 AND table_name <> '__diesel_schema_migrations'";
    collect(diesel::sql_query(query).load(conn).unwrap())
}

fn collect(columns: Vec<Column>) -> Tables {
    let mut tables = Tables::new();
    for column in columns {
        let kind = (common_type(&column.kind), column.nullable);
        tables.entry(column.table_name).or_default().insert(column.column_name, kind);
    }
    tables
}

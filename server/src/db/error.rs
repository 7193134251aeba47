//! What can go wrong with the database, in an administrator's words.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// A failure of the database. Its text never holds a value that was stored or asked for; that of its source may.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique value is taken.
    #[error("that name or key is already taken")]
    Taken,
    /// A row that must be there is not.
    #[error("there is no such thing")]
    Missing,
    /// A stored value is not what this program wrote.
    #[error("the database holds a {0} that this program did not write")]
    Corrupt(&'static str),
    /// A newer program, beside this one or before it, wrote what this one cannot read.
    #[error("the database holds something that only a newer caseweave reads")]
    Newer,
    /// Every connection stayed in use for too long.
    #[error("the database is busy")]
    Busy,
    /// A worker of the database was lost to a panic; its transaction was rolled back.
    #[error("a database task ended unexpectedly")]
    TaskLost,
    /// The database could not be opened.
    #[error("cannot open the database: {0}")]
    Open(String),
    /// The schema is older than this program.
    #[error("the database is older than this program: run `caseweave migrate`")]
    SchemaOlder,
    /// The schema is newer than this program.
    #[error("the database was written by a newer caseweave: use that version or restore a backup")]
    SchemaNewer,
    /// Tables are there that no caseweave made.
    #[error("the database holds tables of another program")]
    SchemaUnknown,
    /// A step of the schema failed; nothing of it was kept.
    #[error("cannot bring the database to this version: {0}")]
    Migrate(String),
    /// The database refused a query.
    #[error("the database refused a query: {}", cause(.0))]
    Query(#[source] Diesel),
}

/// What SQLite says of its file and its disk, in words of its own.
const OF_THE_FILE: [&str; 5] = [
    "database or disk is full",
    "disk I/O error",
    "database disk image is malformed",
    "attempt to write a readonly database",
    "unable to open database file",
];

/// The kind of a refusal, and which table and rule: the database's own words may quote what was asked for.
fn cause(refused: &Diesel) -> String {
    let Diesel::DatabaseError(kind, said) = refused else {
        let words = format!("{refused:?}");
        return words.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
    };
    let known = OF_THE_FILE.iter().find(|words| said.message().starts_with(**words)).copied();
    let named = [known, said.table_name(), said.constraint_name()].into_iter().flatten();
    named.fold(format!("{kind:?}"), |cause, name| format!("{cause}, {name}"))
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Taken,
            Diesel::NotFound => Self::Missing,
            // SQLite's own words, the same in every language: another process writes for too long.
            Diesel::DatabaseError(_, said) if said.message().starts_with("database is locked") => {
                Self::Busy
            }
            other => Self::Query(other),
        }
    }
}

impl From<sync_core::ids::NotAnId> for Error {
    fn from(_: sync_core::ids::NotAnId) -> Self {
        Self::Corrupt("id")
    }
}

impl From<crate::role::NotARole> for Error {
    fn from(_: crate::role::NotARole) -> Self {
        Self::Corrupt("role")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: DatabaseErrorKind, said: &str) -> String {
        Error::from(Diesel::DatabaseError(kind, Box::new(said.to_owned()))).to_string()
    }

    #[test]
    fn a_refusal_is_told_without_what_was_asked_for() {
        let said = "invalid input syntax for type uuid: \"Isla Kerr\"";
        assert_eq!(
            refused(DatabaseErrorKind::Unknown, said),
            "the database refused a query: Unknown"
        );
        let unread = Diesel::DeserializationError("Isla Kerr is no number".into());
        let told = Error::from(unread).to_string();
        assert_eq!(told, "the database refused a query: DeserializationError");
    }

    #[test]
    fn an_operator_hears_of_a_full_disk() {
        let told = refused(DatabaseErrorKind::Unknown, "database or disk is full");
        assert_eq!(told, "the database refused a query: Unknown, database or disk is full");
    }
}

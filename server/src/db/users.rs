//! People with a sign-in.

use diesel::prelude::*;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use super::log::limit_wait;
use super::schema::users::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// What they type to sign in, in lower case.
    pub sign_in: String,
    /// What others see.
    pub display_name: String,
    /// An Argon2id hash with its parameters.
    pub password_hash: String,
    /// Whom to ring about a child.
    pub phone: Option<String>,
    /// False once they left: nothing of theirs is deleted.
    pub active: bool,
}

type Row = (Vec<u8>, String, String, String, Option<String>, String);
type Columns =
    (dsl::id, dsl::sign_in, dsl::display_name, dsl::password_hash, dsl::phone, dsl::state);
const COLUMNS: Columns =
    (dsl::id, dsl::sign_in, dsl::display_name, dsl::password_hash, dsl::phone, dsl::state);

fn from_row(row: Row) -> Result<User, Error> {
    let (id, sign_in, display_name, password_hash, phone, state) = row;
    let id = UserId::from_slice(&id)?;
    Ok(User { id, sign_in, display_name, password_hash, phone, active: state == "active" })
}

/// Everybody, by sign-in name.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn) -> Result<Vec<User>, Error> {
    let rows: Vec<Row> =
        on_backend!(conn, c => dsl::users.order(dsl::sign_in).select(COLUMNS).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// Everybody who left.
///
/// # Errors
/// The database's failure.
pub fn left(conn: &mut Conn) -> Result<Vec<UserId>, Error> {
    let found = dsl::users.filter(dsl::state.ne("active")).select(dsl::id);
    let ids: Vec<Vec<u8>> = on_backend!(conn, c => found.load(c))?;
    ids.iter().map(|id| Ok(UserId::from_slice(id)?)).collect()
}

/// The person who signs in with this name (in lower case).
///
/// # Errors
/// The database's failure.
pub fn by_sign_in(conn: &mut Conn, sign_in: &str) -> Result<Option<User>, Error> {
    let row = on_backend!(conn, c => dsl::users.filter(dsl::sign_in.eq(sign_in))
        .select(COLUMNS)
        .first(c))
    .optional()?;
    row.map(from_row).transpose()
}

/// The person of this id.
///
/// # Errors
/// The database's failure.
pub fn by_id(conn: &mut Conn, id: &UserId) -> Result<Option<User>, Error> {
    let found = dsl::users.filter(dsl::id.eq(id.as_bytes().as_slice()));
    on_backend!(conn, c => found.select(COLUMNS).first(c)).optional()?.map(from_row).transpose()
}

/// Keeps others from giving the person posts, or marking them as left, until the transaction ends: what is read
/// of their posts from here on stands. SQLite's one writer does so anyway. Taken before any cluster's lock.
///
/// # Errors
/// [`Error::Busy`] if somebody else holds it for too long, or the connection broke meanwhile; the database's
/// failure.
pub fn lock(conn: &mut Conn, id: &UserId) -> Result<(), Error> {
    let Conn::Pg(pg) = conn else { return Ok(()) };
    limit_wait(pg)?;
    let found = dsl::users.filter(dsl::id.eq(id.as_bytes().as_slice())).select(dsl::id);
    // Not `for_update`: that would wait for, and keep waiting, whoever writes a row that names the person.
    let taken = found.for_no_key_update().load::<Vec<u8>>(pg);
    // As with a cluster's lock, whatever fails here is told as busy.
    taken.map(drop).map_err(|_| Error::Busy)
}

/// Adds a person.
///
/// # Errors
/// [`Error::Taken`] for a sign-in name that is in use.
pub fn insert(conn: &mut Conn, user: &User, now: Timestamp) -> Result<(), Error> {
    let row = (
        dsl::id.eq(user.id.as_bytes().as_slice()),
        dsl::sign_in.eq(&user.sign_in),
        dsl::display_name.eq(&user.display_name),
        dsl::password_hash.eq(&user.password_hash),
        dsl::phone.eq(&user.phone),
        dsl::state.eq(if user.active { "active" } else { "left" }),
        dsl::created_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::users).values(row).execute(c))?;
    Ok(())
}

/// Marks that a person left: no sign-in and no session of theirs works from now on.
///
/// # Errors
/// [`Error::Missing`] if there is no such person.
pub fn set_left(conn: &mut Conn, id: &UserId) -> Result<(), Error> {
    let found = dsl::users.filter(dsl::id.eq(id.as_bytes().as_slice()));
    match on_backend!(conn, c => diesel::update(found).set(dsl::state.eq("left")).execute(c))? {
        0 => Err(Error::Missing),
        _ => Ok(()),
    }
}

/// Gives a person another password, by its hash.
///
/// # Errors
/// [`Error::Missing`] if there is no such person.
pub fn set_password(conn: &mut Conn, id: &UserId, hash: &str) -> Result<(), Error> {
    let found = dsl::users.filter(dsl::id.eq(id.as_bytes().as_slice()));
    match on_backend!(conn, c => diesel::update(found).set(dsl::password_hash.eq(hash)).execute(c))?
    {
        0 => Err(Error::Missing),
        _ => Ok(()),
    }
}

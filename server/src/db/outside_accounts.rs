//! Accounts of another server's with which people sign in here.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use super::schema_identity::outside_accounts::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// Whose account this is.
///
/// # Errors
/// The database's failure, as everywhere here.
pub fn holder(conn: &mut Conn, issuer: &str, subject: &str) -> Result<Option<UserId>, Error> {
    let found = dsl::outside_accounts.find((issuer, subject)).select(dsl::user_id);
    let user: Option<Vec<u8>> = on_backend!(conn, c => found.first(c)).optional()?;
    Ok(user.map(|user| UserId::from_slice(&user)).transpose()?)
}

/// From now on this account is that person's.
///
/// # Errors
/// [`Error::Taken`] if it is somebody's already.
pub fn insert(
    conn: &mut Conn,
    (issuer, subject): (&str, &str),
    user: &UserId,
    now: Timestamp,
) -> Result<(), Error> {
    let row = (
        dsl::issuer.eq(issuer),
        dsl::subject.eq(subject),
        dsl::user_id.eq(user.as_bytes().as_slice()),
        dsl::linked_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::outside_accounts).values(row).execute(c))?;
    Ok(())
}

/// Takes all accounts of a person away; how many there were.
///
/// # Errors
/// The database's failure.
pub fn remove_of_user(conn: &mut Conn, user: &UserId) -> Result<usize, Error> {
    let own = dsl::user_id.eq(user.as_bytes().as_slice());
    Ok(on_backend!(conn, c => diesel::delete(dsl::outside_accounts.filter(own)).execute(c))?)
}

/// Everybody who has an account there.
///
/// # Errors
/// The database's failure.
pub fn holders(conn: &mut Conn) -> Result<BTreeSet<UserId>, Error> {
    let users: Vec<Vec<u8>> =
        on_backend!(conn, c => dsl::outside_accounts.select(dsl::user_id).load(c))?;
    users.iter().map(|id| Ok(UserId::from_slice(id)?)).collect()
}

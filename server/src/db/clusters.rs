//! Clusters: a secondary school, its primaries and the area team around them.

use diesel::prelude::*;
use sync_core::ids::ClusterId;
use sync_core::time::Timestamp;

use super::schema::authorities;
use super::schema::clusters::dsl;
use super::text::column;
use super::{Conn, Error};
use crate::on_backend;

/// A cluster as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Its name.
    pub name: String,
    /// "scotland", "england"...
    pub jurisdiction: String,
    /// What PostgreSQL's advisory lock of this cluster's log is taken on.
    pub lock_key: i64,
}

type Row = (Vec<u8>, String, String, i64);
const COLUMNS: (dsl::id, dsl::name, dsl::jurisdiction, dsl::lock_key) =
    (dsl::id, dsl::name, dsl::jurisdiction, dsl::lock_key);

fn from_row((id, name, jurisdiction, lock_key): Row) -> Result<Cluster, Error> {
    Ok(Cluster { id: ClusterId::from_slice(&id)?, name, jurisdiction, lock_key })
}

/// Every cluster of this server, by name.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn) -> Result<Vec<Cluster>, Error> {
    let rows: Vec<Row> =
        on_backend!(conn, c => dsl::clusters.order(dsl::name).select(COLUMNS).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The cluster of this name.
///
/// # Errors
/// The database's failure.
pub fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Cluster>, Error> {
    let row = on_backend!(conn, c => dsl::clusters
        .filter(dsl::name.eq(column(name)))
        .select(COLUMNS)
        .first(c))
    .optional()?;
    row.map(from_row).transpose()
}

/// The name of the authority that a cluster belongs to, and whose law it stands under; none of a
/// cluster that is not here.
///
/// # Errors
/// The database's failure.
pub fn practice(conn: &mut Conn, cluster: &ClusterId) -> Result<Option<(String, String)>, Error> {
    let found = dsl::clusters
        .inner_join(authorities::table.on(authorities::id.eq(dsl::authority_id)))
        .filter(dsl::id.eq(cluster.as_bytes().as_slice()))
        .select((authorities::name, dsl::jurisdiction));
    Ok(on_backend!(conn, c => found.first(c)).optional()?)
}

/// Adds a cluster with an empty log: its first number is 1, its chain begins with zeros.
///
/// # Errors
/// [`Error::Taken`] for a name that is in use.
pub fn insert(
    conn: &mut Conn,
    cluster: &Cluster,
    authority: [u8; 16],
    now: Timestamp,
) -> Result<(), Error> {
    let row = (
        dsl::id.eq(cluster.id.as_bytes().as_slice()),
        dsl::authority_id.eq(authority.as_slice()),
        dsl::name.eq(&cluster.name),
        dsl::jurisdiction.eq(&cluster.jurisdiction),
        dsl::lock_key.eq(cluster.lock_key),
        dsl::next_number.eq(1_i64),
        dsl::chain_head.eq([0_u8; 32].as_slice()),
        dsl::created_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::clusters).values(row).execute(c))?;
    Ok(())
}

/// The lock key the next cluster takes.
///
/// # Errors
/// The database's failure.
pub fn next_lock_key(conn: &mut Conn) -> Result<i64, Error> {
    let last: Option<i64> =
        on_backend!(conn, c => dsl::clusters.select(diesel::dsl::max(dsl::lock_key)).first(c))?;
    Ok(last.unwrap_or(0) + 1)
}

/// The clusters of an authority, by name.
///
/// # Errors
/// The database's failure.
pub fn of_authority(conn: &mut Conn, authority: &[u8; 16]) -> Result<Vec<Cluster>, Error> {
    let found = dsl::clusters.filter(dsl::authority_id.eq(authority.as_slice()));
    let rows: Vec<Row> = on_backend!(conn, c => found.order(dsl::name).select(COLUMNS).load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The authority of a cluster.
///
/// # Errors
/// [`Error::Missing`] if there is no such cluster.
pub fn authority_of(conn: &mut Conn, cluster: &ClusterId) -> Result<[u8; 16], Error> {
    let found = dsl::clusters.find(cluster.as_bytes().as_slice()).select(dsl::authority_id);
    let id: Vec<u8> = on_backend!(conn, c => found.first(c))?;
    id.try_into().map_err(|_| Error::Corrupt("id"))
}

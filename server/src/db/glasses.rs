//! Cases that somebody opened beyond what they are granted: by breaking the glass, or on a request.

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, UserId};
use sync_core::policy::Door;
use sync_core::time::Timestamp;

use super::schema_audit::glasses::dsl;
use super::{Conn, Error};
use crate::on_backend;

/// One opening.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glass {
    /// Its name: a digest over everything else, so that the audit's row of it fixes its reason, too.
    pub id: [u8; 16],
    /// The case's cluster.
    pub cluster: ClusterId,
    /// The case.
    pub case: CaseId,
    /// Who opened it.
    pub user: UserId,
    /// By which right.
    pub door: Door,
    /// Why, in that person's words; the reference of a request.
    pub reason: String,
    /// Random bytes in its name: a reason cannot be guessed from it.
    pub salt: [u8; 16],
    /// From when.
    pub begun_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

/// How a door is stored; none for the right that needs no opening.
#[must_use]
pub const fn door_code(door: Door) -> Option<&'static str> {
    match door {
        Door::Standing => None,
        Door::Glass => Some("glass"),
        Door::Request => Some("request"),
    }
}

type Row = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, String, String, Vec<u8>, i64, i64);

fn from_row(row: Row) -> Result<Glass, Error> {
    let (id, cluster, case, user, door, reason, salt, begun_at, ends_at) = row;
    let doors = [Door::Glass, Door::Request];
    let known = doors.into_iter().find(|it| door_code(*it) == Some(door.as_str()));
    Ok(Glass {
        id: id.try_into().map_err(|_| Error::Corrupt("id"))?,
        cluster: ClusterId::from_slice(&cluster)?,
        case: CaseId::from_slice(&case)?,
        user: UserId::from_slice(&user)?,
        door: known.ok_or(Error::Corrupt("door"))?,
        reason,
        salt: salt.try_into().map_err(|_| Error::Corrupt("salt"))?,
        begun_at: Timestamp(begun_at),
        ends_at: Timestamp(ends_at),
    })
}

/// Adds an opening.
///
/// # Errors
/// The database's failure.
pub fn insert(conn: &mut Conn, glass: &Glass) -> Result<(), Error> {
    let row = (
        dsl::id.eq(glass.id.as_slice()),
        dsl::cluster_id.eq(glass.cluster.as_bytes().as_slice()),
        dsl::case_id.eq(glass.case.as_bytes().as_slice()),
        dsl::user_id.eq(glass.user.as_bytes().as_slice()),
        dsl::door.eq(door_code(glass.door).ok_or(Error::Corrupt("door"))?),
        dsl::reason.eq(&glass.reason),
        dsl::salt.eq(glass.salt.as_slice()),
        dsl::begun_at.eq(glass.begun_at.0),
        dsl::ends_at.eq(glass.ends_at.0),
    );
    on_backend!(conn, c => diesel::insert_into(dsl::glasses).values(row).execute(c))?;
    Ok(())
}

/// What a person has open of a case at a moment, the last opened first.
///
/// # Errors
/// The database's failure.
pub fn open(
    conn: &mut Conn,
    user: &UserId,
    case: &CaseId,
    now: Timestamp,
) -> Result<Vec<Glass>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => dsl::glasses
        .filter(dsl::user_id.eq(user.as_bytes().as_slice()))
        .filter(dsl::case_id.eq(case.as_bytes().as_slice()))
        .filter(dsl::begun_at.le(now.0))
        .filter(dsl::ends_at.gt(now.0))
        .order((dsl::begun_at.desc(), dsl::id))
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The glasses that were broken in a cluster since a moment, newest first; requests are not told.
///
/// # Errors
/// The database's failure.
pub fn broken_since(
    conn: &mut Conn,
    cluster: &ClusterId,
    since: Timestamp,
) -> Result<Vec<Glass>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => dsl::glasses
        .filter(dsl::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(dsl::door.eq("glass"))
        .filter(dsl::begun_at.ge(since.0))
        .order((dsl::begun_at.desc(), dsl::id))
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

/// The opening of this name.
///
/// # Errors
/// The database's failure.
pub fn by_id(conn: &mut Conn, id: &[u8; 16]) -> Result<Option<Glass>, Error> {
    let row: Option<Row> =
        on_backend!(conn, c => dsl::glasses.find(id.as_slice()).first(c)).optional()?;
    row.map(from_row).transpose()
}

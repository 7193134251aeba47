//! What visitors must know of each case's household, and who is told.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, UserId};
use sync_core::record::kind::Compartment;

use super::schema_log::{access, warnings};
use super::{Conn, Error};
use crate::on_backend;

/// A case's warnings, as stored; none if there never was anything to warn of.
///
/// # Errors
/// The database's failure.
pub fn of_case(conn: &mut Conn, case: &CaseId) -> Result<Option<Vec<u8>>, Error> {
    let found = warnings::table.find(case.as_bytes().as_slice()).select(warnings::line);
    Ok(on_backend!(conn, c => found.first(c)).optional()?)
}

/// Sets a case's warnings.
///
/// # Errors
/// The database's failure.
pub fn put(
    conn: &mut Conn,
    case: &CaseId,
    cluster: &ClusterId,
    number: i64,
    line: &[u8],
) -> Result<(), Error> {
    let found = warnings::table.find(case.as_bytes().as_slice());
    let set = (warnings::number.eq(number), warnings::line.eq(line));
    if on_backend!(conn, c => diesel::update(found).set(set).execute(c))? > 0 {
        return Ok(());
    }
    let scope = Compartment::Team.scope(case);
    let row = (
        warnings::case_id.eq(case.as_bytes().as_slice()),
        warnings::cluster_id.eq(cluster.as_bytes().as_slice()),
        warnings::scope_id.eq(scope.as_bytes().as_slice()),
        warnings::number.eq(number),
        warnings::line.eq(line),
    );
    on_backend!(conn, c => diesel::insert_into(warnings::table).values(row).execute(c))?;
    Ok(())
}

/// What a user is sent of warnings that changed, or that came into their sight, within (base, up to]:
/// those after `after`, in order, as stored. Whoever's grant is frozen is told of what changes later.
///
/// # Errors
/// The database's failure.
pub fn to_send(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    (base, up_to): (i64, i64),
    after: i64,
    limit: i64,
) -> Result<Vec<(CaseId, i64, Vec<u8>)>, Error> {
    // Where no access began, only what changed is sent: no need to look at what was sent before.
    let began = super::access::began(conn, user, cluster, (base, up_to))?;
    let after = if began { after } else { after.max(base) };
    let later = diesel::alias!(access as later);
    let followed = later
        .filter(later.field(access::user_id).eq(access::user_id))
        .filter(later.field(access::scope_id).eq(access::scope_id))
        .filter(later.field(access::since).gt(access::since));
    let changed = warnings::number.gt(base);
    let granted = access::since.gt(base).and(access::since.le(up_to));
    let open = access::until.is_null().and(changed.or(granted));
    let frozen =
        access::ended.eq("frozen").assume_not_null().and(access::since.le(base)).and(changed);
    let rows: Vec<(Vec<u8>, i64, Vec<u8>)> = on_backend!(conn, c => warnings::table
        .inner_join(access::table.on(access::scope_id.eq(warnings::scope_id)))
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(warnings::number.gt(after).and(warnings::number.le(up_to)))
        .filter(open.or(access::until.is_not_null().and(frozen)))
        .filter(not(exists(followed)))
        .order(warnings::number)
        .limit(limit)
        .select((warnings::case_id, warnings::number, warnings::line))
        .load(c))?;
    rows.into_iter().map(|(case, n, line)| Ok((CaseId::from_slice(&case)?, n, line))).collect()
}

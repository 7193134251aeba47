//! Which pupil each case is about, and who is sent an extract of the roll with it.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sync_core::ids::{CaseId, ClusterId, UserId};
use sync_core::record::kind::Compartment;

use super::roll::RowId;
use super::schema_log::access;
use super::schema_roll::extracts;
use super::{Conn, Error};
use crate::on_backend;

/// A case's pupil, as far as known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Linked {
    /// The case.
    pub case: CaseId,
    /// The pupil; none since the case names nobody on the roll any more.
    pub pupil: Option<RowId>,
    /// The number at which that changed.
    pub number: i64,
}

type Row = (Vec<u8>, Option<Vec<u8>>, i64);

fn from_row((case, pupil, number): Row) -> Result<Linked, Error> {
    let id = |bytes: Vec<u8>| bytes.try_into().map_err(|_| Error::Corrupt("id"));
    Ok(Linked { case: CaseId::from_slice(&case)?, pupil: pupil.map(id).transpose()?, number })
}

/// The pupil that a case is linked to.
///
/// # Errors
/// The database's failure.
pub fn pupil_of(conn: &mut Conn, case: &CaseId) -> Result<Option<RowId>, Error> {
    let found = extracts::table.find(case.as_bytes().as_slice());
    let columns = (extracts::case_id, extracts::pupil_id, extracts::number);
    let row: Option<Row> = on_backend!(conn, c => found.select(columns).first(c)).optional()?;
    Ok(row.map(from_row).transpose()?.and_then(|linked| linked.pupil))
}

/// The other cases that are linked to a pupil.
///
/// # Errors
/// The database's failure.
pub fn linked_elsewhere(
    conn: &mut Conn,
    pupil: &RowId,
    case: &CaseId,
) -> Result<Vec<CaseId>, Error> {
    let found: Vec<Vec<u8>> = on_backend!(conn, c => extracts::table
        .filter(extracts::pupil_id.eq(pupil.as_slice()))
        .filter(extracts::case_id.ne(case.as_bytes().as_slice()))
        .select(extracts::case_id)
        .load(c))?;
    found.iter().map(|id| Ok(CaseId::from_slice(id)?)).collect()
}

/// The cases of a cluster that are linked to nobody.
///
/// # Errors
/// The database's failure.
pub fn unlinked(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<CaseId>, Error> {
    let linked: Vec<Vec<u8>> = on_backend!(conn, c => extracts::table
        .filter(extracts::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(extracts::pupil_id.is_not_null())
        .select(extracts::case_id)
        .load(c))?;
    let linked: BTreeSet<Vec<u8>> = linked.into_iter().collect();
    let all = super::records::cases_of(conn, cluster)?;
    Ok(all.into_iter().filter(|case| !linked.contains(case.as_bytes().as_slice())).collect())
}

/// Links a case to a pupil, or to nobody.
///
/// # Errors
/// The database's failure.
pub fn put(conn: &mut Conn, cluster: &ClusterId, linked: &Linked) -> Result<(), Error> {
    let found = extracts::table.find(linked.case.as_bytes().as_slice());
    let pupil = linked.pupil.as_ref().map(<[u8; 16]>::as_slice);
    let set = (extracts::pupil_id.eq(pupil), extracts::number.eq(linked.number));
    if on_backend!(conn, c => diesel::update(found).set(set).execute(c))? > 0 {
        return Ok(());
    }
    let scope = Compartment::Team.scope(&linked.case);
    let row = (
        extracts::case_id.eq(linked.case.as_bytes().as_slice()),
        extracts::cluster_id.eq(cluster.as_bytes().as_slice()),
        extracts::scope_id.eq(scope.as_bytes().as_slice()),
        extracts::pupil_id.eq(pupil),
        extracts::number.eq(linked.number),
    );
    on_backend!(conn, c => diesel::insert_into(extracts::table).values(row).execute(c))?;
    Ok(())
}

/// What a user is sent of links that moved, or that came into their sight, within (base, up to]:
/// those after `after`, in order.
///
/// # Errors
/// The database's failure.
pub fn to_send(
    conn: &mut Conn,
    (user, cluster): (&UserId, &ClusterId),
    (base, up_to): (i64, i64),
    after: i64,
    limit: i64,
) -> Result<Vec<Linked>, Error> {
    // Where no access began, only what moved is sent: no need to look at what was sent before.
    let began = super::access::began(conn, user, cluster, (base, up_to))?;
    let after = if began { after } else { after.max(base) };
    let moved = extracts::number.gt(base);
    let granted = access::since.gt(base).and(access::since.le(up_to));
    let rows = on_backend!(conn, c => extracts::table
        .inner_join(access::table.on(access::scope_id.eq(extracts::scope_id)))
        .filter(access::user_id.eq(user.as_bytes().as_slice()))
        .filter(access::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(access::until.is_null())
        .filter(extracts::number.gt(after).and(extracts::number.le(up_to)))
        .filter(moved.or(granted))
        .order(extracts::number)
        .limit(limit)
        .select((extracts::case_id, extracts::pupil_id, extracts::number))
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

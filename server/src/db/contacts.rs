//! What each phone was known to have when it was last sent anything.

use diesel::prelude::*;
use sync_core::ids::{AgencyId, ClusterId, DeviceId};
use sync_core::time::Timestamp;

use super::schema::device_contacts::dsl;
use super::{Conn, Error};
use crate::on_backend;
use crate::role::Role;

/// A phone's last contact with a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The highest number up to which it was ever known to have the log.
    pub acknowledged: i64,
    /// When it was last sent anything.
    pub seen_at: Timestamp,
    /// The agency that its user worked for then.
    pub agency: AgencyId,
    /// What its user did in the cluster then.
    pub roles: Vec<Role>,
}

/// A phone's last contact, if there was one.
///
/// # Errors
/// The database's failure.
pub fn of(
    conn: &mut Conn,
    device: &DeviceId,
    cluster: &ClusterId,
) -> Result<Option<Contact>, Error> {
    let key = (device.as_bytes().as_slice(), cluster.as_bytes().as_slice());
    let columns = (dsl::acknowledged, dsl::seen_at, dsl::agency_id, dsl::roles);
    let found = dsl::device_contacts.find(key).select(columns);
    let row: Option<(i64, i64, Vec<u8>, String)> =
        on_backend!(conn, c => found.first(c)).optional()?;
    let contact = |(acknowledged, seen_at, agency, roles): (i64, i64, Vec<u8>, String)| {
        Ok(Contact {
            acknowledged,
            seen_at: Timestamp(seen_at),
            agency: AgencyId::from_slice(&agency)?,
            roles: roles.split_whitespace().map(str::parse).collect::<Result<_, _>>()?,
        })
    };
    row.map(contact).transpose()
}

/// Notes a contact in place of the one before.
///
/// # Errors
/// The database's failure.
pub fn put(
    conn: &mut Conn,
    device: &DeviceId,
    cluster: &ClusterId,
    contact: &Contact,
) -> Result<(), Error> {
    let roles: Vec<&str> = contact.roles.iter().map(|role| role.as_str()).collect();
    let said = (
        dsl::acknowledged.eq(contact.acknowledged),
        dsl::seen_at.eq(contact.seen_at.0),
        dsl::agency_id.eq(contact.agency.as_bytes().as_slice()),
        dsl::roles.eq(roles.join(" ")),
    );
    let (of_device, of_cluster) = (
        dsl::device_id.eq(device.as_bytes().as_slice()),
        dsl::cluster_id.eq(cluster.as_bytes().as_slice()),
    );
    let (acknowledged, seen_at, agency, roles) = said.clone();
    let row = (of_device, of_cluster, acknowledged, seen_at, agency, roles);
    on_backend!(conn, c => diesel::insert_into(dsl::device_contacts)
        .values(row)
        .on_conflict((dsl::device_id, dsl::cluster_id))
        .do_update()
        .set(said)
        .execute(c))?;
    Ok(())
}

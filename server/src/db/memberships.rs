//! Who does what in which cluster, for which agency.

use diesel::prelude::*;
use sync_core::ids::{AgencyId, ClusterId, UserId};
use sync_core::time::Timestamp;

use super::schema::{agencies, clusters, memberships, people_stamp, users};
use super::schema_posts::post_history as history;
use super::{Conn, Error};
use crate::on_backend;
use crate::role::Role;

/// One role of one person in one cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// The cluster.
    pub cluster: ClusterId,
    /// The cluster's name.
    pub cluster_name: String,
    /// The agency the person works for.
    pub agency: AgencyId,
    /// The agency's slug.
    pub agency_slug: String,
    /// The agency's name.
    pub agency_name: String,
    /// What the person does there.
    pub role: Role,
}

type Row = (Vec<u8>, String, Vec<u8>, String, String, String);

/// A person's memberships, by the clusters' names and then by role.
///
/// # Errors
/// The database's failure.
pub fn of_user(conn: &mut Conn, user: &UserId) -> Result<Vec<Membership>, Error> {
    let rows: Vec<Row> = on_backend!(conn, c => memberships::table
        .inner_join(clusters::table)
        .inner_join(agencies::table)
        .filter(memberships::user_id.eq(user.as_bytes().as_slice()))
        .order((clusters::name, memberships::role))
        .select((
            clusters::id,
            clusters::name,
            agencies::id,
            agencies::slug,
            agencies::name,
            memberships::role,
        ))
        .load(c))?;
    rows.into_iter().map(from_row).collect()
}

fn from_row(row: Row) -> Result<Membership, Error> {
    let (cluster, cluster_name, agency, agency_slug, agency_name, role) = row;
    Ok(Membership {
        cluster: ClusterId::from_slice(&cluster)?,
        cluster_name,
        agency: AgencyId::from_slice(&agency)?,
        agency_slug,
        agency_name,
        role: role.parse()?,
    })
}

/// Gives a person a role in a cluster.
///
/// # Errors
/// [`Error::Taken`] if they hold it already.
pub fn insert(
    conn: &mut Conn,
    user: &UserId,
    (cluster, agency, role): (&ClusterId, &AgencyId, Role),
    now: Timestamp,
) -> Result<(), Error> {
    let row = (
        memberships::user_id.eq(user.as_bytes().as_slice()),
        memberships::cluster_id.eq(cluster.as_bytes().as_slice()),
        memberships::agency_id.eq(agency.as_bytes().as_slice()),
        memberships::role.eq(role.as_str()),
        memberships::created_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(memberships::table).values(row).execute(c))?;
    Ok(())
}

/// Takes a role in a cluster from a person; whether they held it.
///
/// # Errors
/// The database's failure.
pub fn remove(
    conn: &mut Conn,
    user: &UserId,
    (cluster, role): (&ClusterId, Role),
) -> Result<bool, Error> {
    let held = memberships::user_id
        .eq(user.as_bytes().as_slice())
        .and(memberships::cluster_id.eq(cluster.as_bytes().as_slice()))
        .and(memberships::role.eq(role.as_str()));
    Ok(on_backend!(conn, c => diesel::delete(memberships::table.filter(held)).execute(c))? > 0)
}

/// One role of one person of a cluster, as colleagues see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Post {
    /// The person.
    pub user: UserId,
    /// Their name on screens.
    pub name: String,
    /// Where to ring.
    pub phone: Option<String>,
    /// Their agency.
    pub agency: AgencyId,
    /// The agency's name.
    pub agency_name: String,
    /// Whether the agency's name is itself sensitive.
    pub sensitive: bool,
    /// What they do there.
    pub role: Role,
}

/// Everybody who works in a cluster, by id and role.
///
/// # Errors
/// The database's failure.
pub fn of_cluster(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<Post>, Error> {
    type Row = (Vec<u8>, String, Option<String>, Vec<u8>, String, bool, String);
    let rows: Vec<Row> = on_backend!(conn, c => memberships::table
        .inner_join(users::table)
        .inner_join(agencies::table)
        .filter(memberships::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(users::state.eq("active"))
        .order((users::id, memberships::role))
        .select((
            users::id,
            users::display_name,
            users::phone,
            agencies::id,
            agencies::name,
            agencies::sensitive,
            memberships::role,
        ))
        .load(c))?;
    let post = |(user, name, phone, agency, agency_name, sensitive, role): Row| {
        Ok(Post {
            user: UserId::from_slice(&user)?,
            name,
            phone,
            agency: AgencyId::from_slice(&agency)?,
            agency_name,
            sensitive,
            role: role.parse()?,
        })
    };
    rows.into_iter().map(post).collect()
}

/// Everybody who holds a post in a cluster. Whoever left the service altogether holds theirs still: somebody
/// must see to their phones.
///
/// # Errors
/// The database's failure.
pub fn holders(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<UserId>, Error> {
    let rows: Vec<Vec<u8>> = on_backend!(conn, c => memberships::table
        .filter(memberships::cluster_id.eq(cluster.as_bytes().as_slice()))
        .select(memberships::user_id)
        .distinct()
        .load(c))?;
    rows.iter().map(|id| Ok(UserId::from_slice(id)?)).collect()
}

/// The agency for which a user works in a cluster; none if they have no post there.
///
/// # Errors
/// The database's failure.
pub fn agency_in(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
) -> Result<Option<AgencyId>, Error> {
    let found = memberships::table
        .filter(memberships::user_id.eq(user.as_bytes().as_slice()))
        .filter(memberships::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order(memberships::role)
        .select(memberships::agency_id);
    let agency: Option<Vec<u8>> = on_backend!(conn, c => found.first(c)).optional()?;
    Ok(agency.map(|agency| AgencyId::from_slice(&agency)).transpose()?)
}

/// A number that is another whenever anybody came, left or is called something else, in any cluster. None is
/// given twice, not even by a database that was put back to an older copy of itself.
///
/// # Errors
/// The database's failure.
pub fn stamp(conn: &mut Conn) -> Result<i64, Error> {
    Ok(on_backend!(conn, c => people_stamp::table.select(people_stamp::stamp).first(c))?)
}

/// The posts that a cluster's people have in other clusters.
///
/// # Errors
/// The database's failure.
pub fn elsewhere(
    conn: &mut Conn,
    cluster: &ClusterId,
) -> Result<Vec<(UserId, ClusterId, Role)>, Error> {
    let (here, also) = diesel::alias!(memberships as here, memberships as also);
    let rows: Vec<(Vec<u8>, Vec<u8>, String)> = on_backend!(conn, c => also
        .inner_join(here.on(here.field(memberships::user_id).eq(also.field(memberships::user_id))))
        .filter(here.field(memberships::cluster_id).eq(cluster.as_bytes().as_slice()))
        .filter(also.field(memberships::cluster_id).ne(cluster.as_bytes().as_slice()))
        .select(also.fields((memberships::user_id, memberships::cluster_id, memberships::role)))
        .distinct()
        .load(c))?;
    let post = |(user, cluster, role): (Vec<u8>, Vec<u8>, String)| {
        Ok((UserId::from_slice(&user)?, ClusterId::from_slice(&cluster)?, role.parse()?))
    };
    rows.into_iter().map(post).collect()
}

/// Somebody who works or worked in a cluster, as records name them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Colleague {
    /// The person.
    pub user: UserId,
    /// Their name on screens.
    pub name: String,
    /// Where to ring; nobody answers there once they left.
    pub phone: Option<String>,
    /// Their agency.
    pub agency: AgencyId,
    /// The agency's name.
    pub agency_name: String,
    /// Whether the agency's name is itself sensitive.
    pub sensitive: bool,
}

/// Everybody who has or had a post in a cluster, each once an agency: records go on naming who wrote
/// them after a post has ended.
///
/// # Errors
/// The database's failure.
pub fn colleagues(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<Colleague>, Error> {
    type Row = (Vec<u8>, String, Option<String>, String, Vec<u8>, String, bool);
    let rows: Vec<Row> = on_backend!(conn, c => history::table
        .inner_join(users::table)
        .inner_join(agencies::table)
        .filter(history::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order((users::id, agencies::id))
        .select((
            users::id,
            users::display_name,
            users::phone,
            users::state,
            agencies::id,
            agencies::name,
            agencies::sensitive,
        ))
        .distinct()
        .load(c))?;
    let colleague = |(user, name, phone, state, agency, agency_name, sensitive): Row| {
        Ok(Colleague {
            user: UserId::from_slice(&user)?,
            name,
            phone: phone.filter(|_| state == "active"),
            agency: AgencyId::from_slice(&agency)?,
            agency_name,
            sensitive,
        })
    };
    rows.into_iter().map(colleague).collect()
}

/// The agency of everybody who works in a cluster.
///
/// # Errors
/// The database's failure.
pub fn agencies_of_cluster(
    conn: &mut Conn,
    cluster: &ClusterId,
) -> Result<Vec<(UserId, AgencyId)>, Error> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = on_backend!(conn, c => memberships::table
        .inner_join(users::table)
        .filter(memberships::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(users::state.eq("active"))
        .select((memberships::user_id, memberships::agency_id))
        .load(c))?;
    let ids = |(user, agency): &(Vec<u8>, Vec<u8>)| {
        Ok((UserId::from_slice(user)?, AgencyId::from_slice(agency)?))
    };
    rows.iter().map(ids).collect()
}

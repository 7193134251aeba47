//! Posts that wait for a second person, and who held which post from when to when.

use diesel::prelude::*;
use sync_core::ids::{AgencyId, ClusterId, UserId};
use sync_core::time::Timestamp;

use super::schema_posts::{post_history as history, post_proposals as proposals};
use super::{Conn, Error};
use crate::on_backend;
use crate::role::Role;

/// A post that somebody proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its name.
    pub id: [u8; 16],
    /// Who is to have it.
    pub user: UserId,
    /// Where.
    pub cluster: ClusterId,
    /// For which agency.
    pub agency: AgencyId,
    /// As what.
    pub role: Role,
    /// Who proposed it; nobody for the server's own command.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Whether it was decided.
    pub decided: bool,
}

type Row = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, String, Option<Vec<u8>>, i64, Option<bool>);

macro_rules! columns {
    () => {
        (
            proposals::id,
            proposals::user_id,
            proposals::cluster_id,
            proposals::agency_id,
            proposals::role,
            proposals::proposed_by,
            proposals::proposed_at,
            proposals::confirmed,
        )
    };
}

fn from_row((id, user, cluster, agency, role, by, at, confirmed): Row) -> Result<Proposal, Error> {
    Ok(Proposal {
        id: id.try_into().map_err(|_| Error::Corrupt("proposal"))?,
        user: UserId::from_slice(&user)?,
        cluster: ClusterId::from_slice(&cluster)?,
        agency: AgencyId::from_slice(&agency)?,
        role: role.parse()?,
        by: by.map(|id| UserId::from_slice(&id)).transpose()?,
        at: Timestamp(at),
        decided: confirmed.is_some(),
    })
}

/// Proposes a post.
///
/// # Errors
/// The database's failure, as everywhere here.
pub fn propose(conn: &mut Conn, proposal: &Proposal) -> Result<(), Error> {
    let row = (
        proposals::id.eq(proposal.id.as_slice()),
        proposals::user_id.eq(proposal.user.as_bytes().as_slice()),
        proposals::cluster_id.eq(proposal.cluster.as_bytes().as_slice()),
        proposals::agency_id.eq(proposal.agency.as_bytes().as_slice()),
        proposals::role.eq(proposal.role.as_str()),
        proposals::proposed_by.eq(proposal.by.as_ref().map(|by| by.as_bytes().as_slice())),
        proposals::proposed_at.eq(proposal.at.0),
    );
    on_backend!(conn, c => diesel::insert_into(proposals::table).values(row).execute(c))?;
    Ok(())
}

/// The proposal of this name.
///
/// # Errors
/// The database's failure.
pub fn by_id(conn: &mut Conn, id: &[u8; 16]) -> Result<Option<Proposal>, Error> {
    let found = proposals::table.filter(proposals::id.eq(id.as_slice())).select(columns!());
    on_backend!(conn, c => found.first::<Row>(c)).optional()?.map(from_row).transpose()
}

/// What waits in a cluster, oldest first.
///
/// # Errors
/// The database's failure.
pub fn waiting(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<Proposal>, Error> {
    let rows = on_backend!(conn, c => proposals::table
        .filter(proposals::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(proposals::decided_at.is_null())
        .order((proposals::proposed_at, proposals::id))
        .select(columns!())
        .load::<Row>(c))?;
    rows.into_iter().map(from_row).collect()
}

/// Notes what the second person decided. False if somebody had decided before.
///
/// # Errors
/// The database's failure.
pub fn decide(
    conn: &mut Conn,
    id: &[u8; 16],
    (by, confirmed): (&UserId, bool),
    now: Timestamp,
) -> Result<bool, Error> {
    let open = proposals::id.eq(id.as_slice()).and(proposals::decided_at.is_null());
    let set = (
        proposals::decided_by.eq(by.as_bytes().as_slice()),
        proposals::decided_at.eq(now.0),
        proposals::confirmed.eq(confirmed),
    );
    Ok(on_backend!(conn, c => diesel::update(proposals::table.filter(open)).set(set).execute(c))?
        > 0)
}

/// Notes that a post is held from a number of the cluster's log on.
///
/// # Errors
/// The database's failure.
pub fn began(
    conn: &mut Conn,
    user: &UserId,
    (cluster, agency, role): (&ClusterId, &AgencyId, Role),
    (number, now): (i64, Timestamp),
) -> Result<(), Error> {
    // It ended and begins again while the log stood still: it was held throughout.
    let same = history::user_id
        .eq(user.as_bytes().as_slice())
        .and(history::cluster_id.eq(cluster.as_bytes().as_slice()))
        .and(history::role.eq(role.as_str()))
        .and(history::from_number.eq(number));
    let open = (
        history::until_number.eq(None::<i64>),
        history::until_at.eq(None::<i64>),
        history::agency_id.eq(agency.as_bytes().as_slice()),
    );
    if on_backend!(conn, c => diesel::update(history::table.filter(same)).set(open).execute(c))? > 0
    {
        return Ok(());
    }
    let row = (
        history::user_id.eq(user.as_bytes().as_slice()),
        history::cluster_id.eq(cluster.as_bytes().as_slice()),
        history::agency_id.eq(agency.as_bytes().as_slice()),
        history::role.eq(role.as_str()),
        history::from_number.eq(number),
        history::from_at.eq(now.0),
    );
    on_backend!(conn, c => diesel::insert_into(history::table).values(row).execute(c))?;
    Ok(())
}

/// Notes that one post of a person's in a cluster is held no more from a number of its log on.
///
/// # Errors
/// The database's failure.
pub fn ended_one(
    conn: &mut Conn,
    user: &UserId,
    (cluster, role): (&ClusterId, Role),
    (number, now): (i64, Timestamp),
) -> Result<(), Error> {
    let open = history::user_id
        .eq(user.as_bytes().as_slice())
        .and(history::cluster_id.eq(cluster.as_bytes().as_slice()))
        .and(history::role.eq(role.as_str()))
        .and(history::until_at.is_null());
    let set = (history::until_number.eq(number), history::until_at.eq(now.0));
    on_backend!(conn, c => diesel::update(history::table.filter(open)).set(set).execute(c))?;
    Ok(())
}

/// Notes that a person's posts in a cluster are held no more from a number of its log on.
///
/// # Errors
/// The database's failure.
pub fn ended(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    (number, now): (i64, Timestamp),
) -> Result<(), Error> {
    let open = history::user_id
        .eq(user.as_bytes().as_slice())
        .and(history::cluster_id.eq(cluster.as_bytes().as_slice()))
        .and(history::until_at.is_null());
    let set = (history::until_number.eq(number), history::until_at.eq(now.0));
    on_backend!(conn, c => diesel::update(history::table.filter(open)).set(set).execute(c))?;
    Ok(())
}

/// The roles that a person held in a cluster when its log had got to `number`.
///
/// # Errors
/// The database's failure.
pub fn held_at(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    number: i64,
) -> Result<Vec<Role>, Error> {
    let rows: Vec<(String, Option<i64>)> = on_backend!(conn, c => history::table
        .filter(history::user_id.eq(user.as_bytes().as_slice()))
        .filter(history::cluster_id.eq(cluster.as_bytes().as_slice()))
        .filter(history::from_number.le(number))
        .order(history::role)
        .select((history::role, history::until_number))
        .load(c))?;
    let held = rows.into_iter().filter(|(_, until)| until.is_none_or(|until| until > number));
    held.map(|(role, _)| Ok(role.parse()?)).collect()
}

/// A post that somebody holds or held in a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldPost {
    /// Whose.
    pub user: UserId,
    /// For which agency.
    pub agency: AgencyId,
    /// As what.
    pub role: Role,
    /// Since when.
    pub from: Timestamp,
    /// Until when, if it ended.
    pub until: Option<Timestamp>,
}

/// Every post that anybody holds or held in a cluster, oldest first.
///
/// # Errors
/// The database's failure.
pub fn of_cluster(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<HeldPost>, Error> {
    type Row = (Vec<u8>, Vec<u8>, String, i64, Option<i64>);
    let rows: Vec<Row> = on_backend!(conn, c => history::table
        .filter(history::cluster_id.eq(cluster.as_bytes().as_slice()))
        .order((history::from_at, history::user_id, history::role))
        .select((
            history::user_id,
            history::agency_id,
            history::role,
            history::from_at,
            history::until_at,
        ))
        .load(c))?;
    let post = |(user, agency, role, from, until): Row| {
        Ok(HeldPost {
            user: UserId::from_slice(&user)?,
            agency: AgencyId::from_slice(&agency)?,
            role: role.parse()?,
            from: Timestamp(from),
            until: until.map(Timestamp),
        })
    };
    rows.into_iter().map(post).collect()
}

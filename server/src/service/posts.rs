//! Giving posts. Those that open many records, or that decide about other people's, take two people:
//! one proposes, an administrator who is neither the first nor whom it is about confirms. Nobody gives
//! themselves any: who may end posts and give them could let themselves in to cases.

use std::collections::BTreeSet;

use sync_core::ids::{ClusterId, UserId};
use sync_core::policy::{Principal, may_confirm_post, may_end_post, may_propose_post, takes_two};
use sync_core::time::Timestamp;

use super::accounts::{self, AccountError, Post};
use crate::db::posts::Proposal;
use crate::db::{self, Conn, Error};
use crate::role::Role;

/// Administrators of a cluster from which on the server's own command only proposes: before, there is
/// nobody who could confirm what another one proposed.
const ADMINS_FOR_TWO: usize = 2;

/// What became of a post.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// It is held.
    Held,
    /// It waits for a second person, under this name.
    Proposed([u8; 16]),
}

/// A proposal with names for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The proposal.
    pub proposal: Proposal,
    /// Who is to have the post.
    pub person: String,
    /// Who proposed it; nobody for a command on the server.
    pub proposer: Option<String>,
    /// The cluster's name.
    pub cluster: String,
}

/// Gives a post for the server's own command: the first ones of a cluster at once.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn give_by_command(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    post: Post<'_>,
    fresh: [u8; 16],
) -> Result<Given, AccountError> {
    let cluster = cluster_of(conn, &post)?;
    db::users::lock(conn, user)?;
    // Two commands at once would each find that there are not two who could agree.
    accounts::lock_all(conn, user, &cluster)?;
    if !takes_two(post.role.into()) || admins(conn, &cluster)?.len() < ADMINS_FOR_TWO {
        accounts::add_post(conn, now, user, post)?;
        return Ok(Given::Held);
    }
    propose(conn, now, None, (user, &cluster, post), fresh)
}

/// Gives or proposes a post for an administrator of the cluster; tells to whom and where, too.
///
/// # Errors
/// [`AccountError`]; [`AccountError::NotYours`] for anybody else, [`AccountError::OwnPost`] for a post of
/// their own.
pub fn give(
    conn: &mut Conn,
    now: Timestamp,
    by: &Principal,
    (sign_in, post): (&str, Post<'_>),
    fresh: [u8; 16],
) -> Result<(Given, UserId, ClusterId), AccountError> {
    let known = db::clusters::by_name(conn, post.cluster)?.map(|it| it.id);
    let cluster = known.filter(|cluster| may_propose_post(by, *cluster).is_ok());
    let cluster = cluster.ok_or(AccountError::NotYours)?;
    let user = db::users::by_sign_in(conn, &super::sessions::normalise(sign_in))?;
    let user = user.filter(|user| user.active).ok_or(AccountError::Unknown("person"))?.id;
    if user == by.user {
        return Err(AccountError::OwnPost);
    }
    if takes_two(post.role.into()) {
        let given = propose(conn, now, Some(by.user), (&user, &cluster, post), fresh)?;
        return Ok((given, user, cluster));
    }
    accounts::add_post(conn, now, &user, post)?;
    Ok((Given::Held, user, cluster))
}

fn propose(
    conn: &mut Conn,
    now: Timestamp,
    by: Option<UserId>,
    (user, cluster, post): (&UserId, &ClusterId, Post<'_>),
    id: [u8; 16],
) -> Result<Given, AccountError> {
    accounts::lock_active(conn, user)?;
    let agency = accounts::agency_for(conn, user, &post)?;
    let posts = db::memberships::of_user(conn, user)?;
    let held = posts.iter().any(|held| held.cluster == *cluster && held.role == post.role);
    let asked = db::posts::waiting(conn, cluster)?;
    let same = |it: &Proposal| it.user == *user && it.role == post.role;
    if held || asked.iter().any(same) {
        return Err(AccountError::Taken("a role of this person, or a proposal of it"));
    }
    let (user, cluster, role) = (*user, *cluster, post.role);
    let proposal = Proposal { id, user, cluster, agency, role, by, at: now, decided: false };
    db::posts::propose(conn, &proposal)?;
    Ok(Given::Proposed(id))
}

/// What waits in the clusters that a person administers; for a command on the server, in all.
///
/// # Errors
/// The database's failure.
pub fn waiting(conn: &mut Conn, reader: Option<&Principal>) -> Result<Vec<Shown>, Error> {
    let mut shown = Vec::new();
    for cluster in db::clusters::list(conn)? {
        if reader.is_some_and(|reader| may_propose_post(reader, cluster.id).is_err()) {
            continue;
        }
        for proposal in db::posts::waiting(conn, &cluster.id)? {
            let person = name(conn, &proposal.user)?;
            let proposer = proposal.by.map(|by| name(conn, &by)).transpose()?;
            shown.push(Shown { proposal, person, proposer, cluster: cluster.name.clone() });
        }
    }
    Ok(shown)
}

/// Decides about a proposal as the second person; gives the cluster that it is about. Whoever proposed it may
/// still take it back.
///
/// # Errors
/// [`AccountError::NotYours`] for a proposal that is not there or not this person's to decide about;
/// [`AccountError::Decided`] if somebody was faster.
pub fn decide(
    conn: &mut Conn,
    now: Timestamp,
    by: &Principal,
    (id, confirmed): (&[u8; 16], bool),
) -> Result<ClusterId, AccountError> {
    let proposal = db::posts::by_id(conn, id)?.ok_or(AccountError::NotYours)?;
    db::users::lock(conn, &proposal.user)?;
    let allowed = match confirmed {
        true => may_confirm_post(by, proposal.cluster, proposal.user, proposal.by),
        false => may_propose_post(by, proposal.cluster),
    };
    if allowed.is_err() {
        return Err(AccountError::NotYours);
    }
    if proposal.decided || !db::posts::decide(conn, id, (&by.user, confirmed), now)? {
        return Err(AccountError::Decided);
    }
    let Proposal { user, cluster, agency, role, .. } = proposal;
    if confirmed {
        let person = db::users::by_id(conn, &user)?;
        person.filter(|person| person.active).ok_or(AccountError::Unknown("person"))?;
        // They may have been given a post of another agency since it was proposed.
        if db::memberships::of_user(conn, &user)?.iter().any(|held| held.agency != agency) {
            return Err(AccountError::OtherAgency);
        }
        accounts::hold(conn, now, &user, (&cluster, &agency, role))?;
    }
    Ok(cluster)
}

/// A post that is to end.
#[derive(Clone, Copy)]
pub struct Ending<'a> {
    /// What its holder types to sign in.
    pub sign_in: &'a str,
    /// The cluster's name.
    pub cluster: &'a str,
    /// The role.
    pub role: Role,
}

/// Ends a post at once, for an administrator of the cluster or for the server's own command; gives whose
/// it was and where. Their other posts stand; nothing of theirs is deleted.
///
/// # Errors
/// [`AccountError`]; [`AccountError::NotYours`] for anybody else, and for the last administrator's own
/// post.
pub fn end(
    conn: &mut Conn,
    now: Timestamp,
    by: Option<&Principal>,
    ending: Ending<'_>,
) -> Result<(UserId, ClusterId), AccountError> {
    let Ending { sign_in, cluster, role } = ending;
    let known = db::clusters::by_name(conn, cluster)?.map(|it| it.id);
    let open = |it: &ClusterId| by.is_none_or(|by| may_propose_post(by, *it).is_ok());
    let cluster = match (known.filter(open), by) {
        (Some(cluster), _) => cluster,
        (None, Some(_)) => return Err(AccountError::NotYours),
        (None, None) => return Err(AccountError::Unknown("cluster")),
    };
    let user = db::users::by_sign_in(conn, &super::sessions::normalise(sign_in))?;
    let user = user.ok_or(AccountError::Unknown("person"))?.id;
    db::users::lock(conn, &user)?;
    // Else two administrators could each end their own post while they still see the other one's.
    accounts::lock_all(conn, &user, &cluster)?;
    if let Some(by) = by {
        let there = admins(conn, &cluster)?;
        let may = may_end_post(by, cluster, (user, role.into()), there.len());
        // Somebody may have ended their own post since they asked: of two, each could end the other one's.
        if may.is_err() || !there.contains(&by.user) {
            return Err(AccountError::NotYours);
        }
    }
    accounts::let_go(conn, now, &user, (&cluster, role))?;
    Ok((user, cluster))
}

fn cluster_of(conn: &mut Conn, post: &Post<'_>) -> Result<ClusterId, AccountError> {
    let cluster = db::clusters::by_name(conn, post.cluster)?;
    Ok(cluster.ok_or(AccountError::Unknown("cluster"))?.id)
}

fn admins(conn: &mut Conn, cluster: &ClusterId) -> Result<BTreeSet<UserId>, Error> {
    let posts = db::memberships::of_cluster(conn, cluster)?.into_iter();
    Ok(posts.filter(|post| post.role == Role::Admin).map(|post| post.user).collect())
}

fn name(conn: &mut Conn, user: &UserId) -> Result<String, Error> {
    Ok(db::users::by_id(conn, user)?.map(|user| user.display_name).unwrap_or_default())
}

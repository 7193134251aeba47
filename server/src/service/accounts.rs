//! What an administrator sets up: clusters, agencies, people and their roles.

use std::collections::BTreeSet;

use sync_core::ids::{AgencyId, ClusterId, UserId};
use sync_core::time::Timestamp;

use super::devices;
use super::sessions::normalise;
use crate::db::agencies::Agency;
use crate::db::clusters::Cluster;
use crate::db::users::User;
use crate::db::{self, Conn, Error};
use crate::ingest::commit::refresh_cluster;
use crate::role::Role;

/// Why something could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A name in the request means nothing here.
    #[error("there is no {0} of that name")]
    Unknown(&'static str),
    /// A name or role that must be free is taken.
    #[error("there is already such {0}")]
    Taken(&'static str),
    /// No such thing, or not this person's to decide about: the same for both.
    #[error("there is nothing here that is open to you")]
    NotYours,
    /// Somebody decided before.
    #[error("somebody has decided about this already")]
    Decided,
    /// A person works for one agency.
    #[error("this person works for another agency")]
    OtherAgency,
    /// Nobody lets themselves in.
    #[error("nobody gives themselves a post: ask another administrator")]
    OwnPost,
    /// Several authorities: which is meant must be said.
    #[error("this server has several authorities: say which with --authority")]
    WhichAuthority,
    /// A text that is empty, too long or has signs it must not have.
    #[error("the {0} is empty, too long or has signs that are not allowed")]
    BadText(&'static str),
    /// The database's failure.
    #[error(transparent)]
    Db(#[from] Error),
}

/// Longest name of anything, in bytes.
const NAME_BYTES: usize = 200;

/// A cluster to set up.
pub struct NewCluster<'a> {
    /// Its name.
    pub name: &'a str,
    /// "scotland", "england"...
    pub jurisdiction: &'a str,
    /// Its authority, made if it is not there; the only one of the server if not said.
    pub authority: Option<&'a str>,
    /// Random bytes: the cluster's id and the authority's.
    pub fresh: ([u8; 16], [u8; 16]),
}

/// Sets up a cluster with an empty log.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn add_cluster(
    conn: &mut Conn,
    now: Timestamp,
    input: &NewCluster<'_>,
) -> Result<Cluster, AccountError> {
    let name = text(input.name, "name")?;
    let jurisdiction = slug(input.jurisdiction, "jurisdiction")?;
    let authority = authority(conn, now, input)?;
    let cluster = Cluster {
        id: ClusterId::from_bytes(input.fresh.0),
        name,
        jurisdiction,
        lock_key: db::clusters::next_lock_key(conn)?,
    };
    db::clusters::insert(conn, &cluster, authority, now).map_err(taken("a cluster"))?;
    Ok(cluster)
}

fn authority(
    conn: &mut Conn,
    now: Timestamp,
    input: &NewCluster<'_>,
) -> Result<[u8; 16], AccountError> {
    let known = db::authorities::list(conn)?;
    let found = match input.authority {
        Some(name) => known.iter().find(|(_, known)| known == name.trim()),
        None if known.len() > 1 => return Err(AccountError::WhichAuthority),
        None => known.first(),
    };
    if let Some((id, _)) = found {
        return Ok(*id);
    }
    let name = text(input.authority.unwrap_or("Authority"), "authority")?;
    db::authorities::insert(conn, input.fresh.1, &name, now)?;
    Ok(input.fresh.1)
}

/// Sets up an agency; its id follows from `slug`.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn add_agency(
    conn: &mut Conn,
    now: Timestamp,
    (agency_slug, name, sensitive): (&str, &str, bool),
) -> Result<Agency, AccountError> {
    let agency_slug = slug(agency_slug, "slug")?;
    let id = AgencyId::from_slug(&agency_slug);
    let agency = Agency { id, slug: agency_slug, name: text(name, "name")?, sensitive };
    db::agencies::insert(conn, &agency, now).map_err(taken("an agency"))?;
    Ok(agency)
}

/// A person to set up, with a first role.
pub struct NewUser<'a> {
    /// What others see.
    pub name: &'a str,
    /// What they type to sign in.
    pub sign_in: &'a str,
    /// The hash of their first password.
    pub password_hash: String,
    /// Whom to ring about a child.
    pub phone: Option<&'a str>,
    /// Random bytes of their id.
    pub fresh: [u8; 16],
}

/// Where a person works and as what.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// The agency's slug.
    pub agency: &'a str,
    /// The role.
    pub role: Role,
}

/// Sets up a person in their first post.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn add_user(
    conn: &mut Conn,
    now: Timestamp,
    input: &NewUser<'_>,
    post: Post<'_>,
) -> Result<User, AccountError> {
    let user = add_person(conn, now, input)?;
    add_post(conn, now, &user.id, post)?;
    Ok(user)
}

/// Sets up a person without a post.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn add_person(
    conn: &mut Conn,
    now: Timestamp,
    input: &NewUser<'_>,
) -> Result<User, AccountError> {
    let user = User {
        id: UserId::from_bytes(input.fresh),
        sign_in: text(&normalise(input.sign_in), "sign-in name")?,
        display_name: text(input.name, "name")?,
        password_hash: input.password_hash.clone(),
        phone: input.phone.map(|phone| text(phone, "phone number")).transpose()?,
        active: true,
    };
    db::users::insert(conn, &user, now).map_err(taken("a sign-in name"))?;
    Ok(user)
}

/// Gives a person one more post at once; everybody works for one agency. Whether one person may do
/// that is for [`super::posts`] to say.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn add_post(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    post: Post<'_>,
) -> Result<(), AccountError> {
    lock_active(conn, user)?;
    let cluster =
        db::clusters::by_name(conn, post.cluster)?.ok_or(AccountError::Unknown("cluster"))?;
    let agency = agency_for(conn, user, &post)?;
    hold(conn, now, user, (&cluster.id, &agency, post.role))
}

/// The agency that a post is for: that of the person's other posts. Only under the person's lock.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub(super) fn agency_for(
    conn: &mut Conn,
    user: &UserId,
    post: &Post<'_>,
) -> Result<AgencyId, AccountError> {
    let agency =
        db::agencies::by_slug(conn, post.agency)?.ok_or(AccountError::Unknown("agency"))?;
    let posts = db::memberships::of_user(conn, user)?;
    match posts.iter().any(|held| held.agency != agency.id) {
        true => Err(AccountError::OtherAgency),
        false => Ok(agency.id),
    }
}

/// From now on a person holds a post. Only under the person's lock.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub(super) fn hold(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    (cluster, agency, role): (&ClusterId, &AgencyId, Role),
) -> Result<(), AccountError> {
    lock_all(conn, user, cluster)?;
    let number = db::log::head(conn, cluster)?.0;
    db::memberships::insert(conn, user, (cluster, agency, role), now)
        .map_err(taken("a role of this person"))?;
    db::posts::began(conn, user, (cluster, agency, role), (number, now))?;
    refresh_cluster(conn, cluster, now)?;
    Ok(refresh_others(conn, now, user, cluster)?)
}

/// Locks a person who is still here.
///
/// # Errors
/// [`AccountError::Unknown`] for whoever left, also while this waited for the lock.
pub(super) fn lock_active(conn: &mut Conn, user: &UserId) -> Result<(), AccountError> {
    db::users::lock(conn, user)?;
    let person = db::users::by_id(conn, user)?.filter(|person| person.active);
    person.map(drop).ok_or(AccountError::Unknown("person"))
}

/// Locks a cluster and the person's others, in the order in which everybody locks several. Only under the
/// person's lock.
///
/// # Errors
/// The database's failure.
pub(super) fn lock_all(conn: &mut Conn, user: &UserId, cluster: &ClusterId) -> Result<(), Error> {
    let posts = db::memberships::of_user(conn, user)?;
    let all: BTreeSet<_> = posts.into_iter().map(|post| post.cluster).chain([*cluster]).collect();
    all.iter().try_for_each(|cluster| db::log::lock(conn, cluster))
}

/// From now on a person holds a post no more. Only under the person's lock.
///
/// # Errors
/// [`AccountError::Unknown`] if they did not hold it.
pub(super) fn let_go(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    (cluster, role): (&ClusterId, Role),
) -> Result<(), AccountError> {
    lock_all(conn, user, cluster)?;
    if !db::memberships::remove(conn, user, (cluster, role))? {
        return Err(AccountError::Unknown("post of this person"));
    }
    let number = db::log::head(conn, cluster)?.0;
    db::posts::ended_one(conn, user, (cluster, role), (number, now))?;
    refresh_cluster(conn, cluster, now)?;
    Ok(refresh_others(conn, now, user, cluster)?)
}

/// Some posts keep their holder from every case, wherever it is.
fn refresh_others(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    cluster: &ClusterId,
) -> Result<(), Error> {
    let posts = db::memberships::of_user(conn, user)?;
    let others: BTreeSet<_> = posts.into_iter().map(|post| post.cluster).collect();
    let mut others = others.iter().filter(|other| *other != cluster);
    others.try_for_each(|other| refresh_cluster(conn, other, now))
}

/// Ends a person's work here. Nothing of theirs is deleted; nothing more is sent to them; their phones
/// are retired.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn leave(conn: &mut Conn, now: Timestamp, user: &UserId) -> Result<(), AccountError> {
    // First, since it locks the person: whoever gives them a post now is heard before or not at all.
    db::users::set_left(conn, user)?;
    let posts = db::memberships::of_user(conn, user)?;
    devices::retire_all(conn, user, now)?;
    let clusters: BTreeSet<_> = posts.into_iter().map(|post| post.cluster).collect();
    clusters.iter().try_for_each(|cluster| {
        db::log::lock(conn, cluster)?;
        let number = db::log::head(conn, cluster)?.0;
        db::posts::ended(conn, user, cluster, (number, now))?;
        Ok(refresh_cluster(conn, cluster, now)?)
    })
}

fn taken(what: &'static str) -> impl Fn(Error) -> AccountError {
    move |error| match error {
        Error::Taken => AccountError::Taken(what),
        other => AccountError::Db(other),
    }
}

/// A name that somebody typed, as it is kept.
pub(super) fn text(given: &str, what: &'static str) -> Result<String, AccountError> {
    let given = given.trim();
    let fits = !given.is_empty() && given.len() <= NAME_BYTES;
    let clean = !given.chars().any(char::is_control);
    if fits && clean { Ok(given.to_owned()) } else { Err(AccountError::BadText(what)) }
}

fn slug(given: &str, what: &'static str) -> Result<String, AccountError> {
    let given = text(given, what)?;
    let plain = given.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if plain { Ok(given) } else { Err(AccountError::BadText(what)) }
}

//! Who works where and as what, for whoever looks after people: posts held and posts that ended, who has
//! a second factor, and what is missing in a cluster. No case is looked at.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::ids::{AgencyId, ClusterId, UserId};
use sync_core::policy::{ClusterAction, decide_in_cluster};
use sync_core::time::Timestamp;

use super::reading::Reader;
use crate::db::agencies::Agency;
use crate::db::clusters::Cluster;
use crate::db::{self, Conn, Error};
use crate::role::Role;

/// Somebody who has or had a post where the reader looks after people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their name on screens.
    pub name: String,
    /// What they type to sign in.
    pub sign_in: String,
    /// Where to ring.
    pub phone: Option<String>,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether an app gives them codes.
    pub second_factor: bool,
    /// Whether they sign in with an account of the authority's.
    pub outside: bool,
    /// Their posts there, oldest first.
    pub posts: Vec<Post>,
}

/// A post.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Post {
    /// Where.
    pub cluster: ClusterId,
    /// The cluster's name.
    pub cluster_name: String,
    /// For which agency.
    pub agency: AgencyId,
    /// The agency's name.
    pub agency_name: String,
    /// As what.
    pub role: Role,
    /// Since when.
    pub from: Timestamp,
    /// Until when, if it ended.
    pub until: Option<Timestamp>,
}

impl Person {
    /// The posts that they hold now: none once they left.
    pub fn held(&self) -> impl Iterator<Item = &Post> {
        self.posts.iter().filter(|post| self.active && post.until.is_none())
    }

    /// The posts that ended, or that ended as they left.
    pub fn ended(&self) -> impl Iterator<Item = &Post> {
        self.posts.iter().filter(|post| !self.active || post.until.is_some())
    }
}

/// The people of some clusters, with what those are.
#[derive(Clone, Debug)]
pub struct People {
    /// The clusters, by name.
    pub clusters: Vec<Cluster>,
    /// Every agency of the server, by slug.
    pub agencies: Vec<Agency>,
    /// Everybody, by name.
    pub people: Vec<Person>,
}

/// Everybody of the clusters that the reader looks after; none for whoever looks after none.
///
/// # Errors
/// The database's failure.
pub fn of_reader(conn: &mut Conn, reader: &Reader) -> Result<Option<People>, Error> {
    let clusters = administered(conn, reader)?;
    if clusters.is_empty() {
        return Ok(None);
    }
    let agencies = db::agencies::list(conn)?;
    let mut posts = posts(conn, &clusters, &agencies)?;
    let factors = db::second_factors::confirmed(conn)?;
    let outside = db::outside_accounts::holders(conn)?;
    let users = db::users::list(conn)?.into_iter();
    let mut people: Vec<_> = users
        .filter_map(|user| {
            Some(Person {
                posts: posts.remove(&user.id)?,
                second_factor: factors.contains(&user.id),
                outside: outside.contains(&user.id),
                id: user.id,
                name: user.display_name,
                sign_in: user.sign_in,
                phone: user.phone,
                active: user.active,
            })
        })
        .collect();
    people.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Some(People { clusters, agencies, people }))
}

/// The clusters that the reader looks after, by name.
///
/// # Errors
/// The database's failure.
pub fn administered(conn: &mut Conn, reader: &Reader) -> Result<Vec<Cluster>, Error> {
    let may = |it: &Cluster| {
        decide_in_cluster(&reader.principal, it.id, &ClusterAction::Administer).is_ok()
    };
    Ok(db::clusters::list(conn)?.into_iter().filter(may).collect())
}

fn posts(
    conn: &mut Conn,
    clusters: &[Cluster],
    agencies: &[Agency],
) -> Result<BTreeMap<UserId, Vec<Post>>, Error> {
    let names: BTreeMap<_, _> = agencies.iter().map(|it| (it.id, it.name.as_str())).collect();
    let mut all: BTreeMap<UserId, Vec<Post>> = BTreeMap::new();
    for cluster in clusters {
        for held in db::posts::of_cluster(conn, &cluster.id)? {
            all.entry(held.user).or_default().push(Post {
                cluster: cluster.id,
                cluster_name: cluster.name.clone(),
                agency: held.agency,
                agency_name: names.get(&held.agency).copied().unwrap_or_default().to_owned(),
                role: held.role,
                from: held.from,
                until: held.until,
            });
        }
    }
    Ok(all)
}

/// Posts without which something in a cluster is done by nobody.
const NEEDED: [Role; 5] =
    [Role::ClusterLead, Role::Deputy, Role::Duty, Role::Designated, Role::Governance];

/// The area team of a cluster.
#[derive(Clone, Debug)]
pub struct Team<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Who holds which post beyond a practitioner's, by role and name.
    pub posts: Vec<(Role, &'a Person, &'a Post)>,
    /// Each agency with people here: how many, and whether one of them leads it.
    pub agencies: Vec<InTeam<'a>>,
    /// Posts that nobody holds.
    pub missing: Vec<Role>,
}

/// An agency in an area team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InTeam<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its people.
    pub people: usize,
    /// Whether somebody leads it.
    pub led: bool,
}

impl People {
    /// Somebody of them.
    #[must_use]
    pub fn find(&self, id: &UserId) -> Option<&Person> {
        self.people.iter().find(|it| it.id == *id)
    }

    /// Everybody's posts of now in a cluster.
    fn held_in<'a>(
        &'a self,
        cluster: &'a ClusterId,
    ) -> impl Iterator<Item = (&'a Person, &'a Post)> {
        let held = self.people.iter().flat_map(|who| who.held().map(move |post| (who, post)));
        held.filter(|(_, post)| post.cluster == *cluster)
    }

    /// The area team of each cluster.
    #[must_use]
    pub fn teams(&self) -> Vec<Team<'_>> {
        self.clusters.iter().map(|cluster| self.team(cluster)).collect()
    }

    fn team<'a>(&'a self, cluster: &'a Cluster) -> Team<'a> {
        let held: Vec<_> = self.held_in(&cluster.id).collect();
        let mut posts: Vec<_> = held.iter().map(|(who, post)| (post.role, *who, *post)).collect();
        posts.retain(|(role, ..)| *role != Role::Practitioner);
        posts.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        let holds = |role: &Role| held.iter().any(|(_, post)| post.role == *role);
        let agencies = self.agencies.iter().filter_map(|it| in_team(&held, it));
        Team {
            cluster,
            posts,
            agencies: agencies.collect(),
            missing: NEEDED.into_iter().filter(|role| !holds(role)).collect(),
        }
    }

    /// How many people of the reader's clusters work for an agency now, and in how many of them.
    #[must_use]
    pub fn size_of(&self, agency: &AgencyId) -> (usize, usize) {
        let held = self.people.iter().flat_map(|who| who.held().map(move |post| (who.id, post)));
        let own = held.filter(|(_, post)| post.agency == *agency);
        let (people, clusters): (BTreeSet<_>, BTreeSet<_>) =
            own.map(|(who, post)| (who, post.cluster)).unzip();
        (people.len(), clusters.len())
    }
}

fn in_team<'a>(held: &[(&Person, &Post)], agency: &'a Agency) -> Option<InTeam<'a>> {
    let own: Vec<_> = held.iter().filter(|(_, post)| post.agency == agency.id).collect();
    let people: BTreeSet<_> = own.iter().map(|(who, _)| who.id).collect();
    let led = own.iter().any(|(_, post)| post.role == Role::AgencyLead);
    (!own.is_empty()).then_some(InTeam { name: &agency.name, people: people.len(), led })
}

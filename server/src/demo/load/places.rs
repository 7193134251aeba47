//! The area's authority, clusters, agencies and people, as an administrator would set them up.

use std::collections::BTreeMap;

use sync_core::ids::{AgencyId, ClusterId, UserId};
use sync_core::policy::Principal;

use super::{Job, LoadError};
use crate::db::{self, Conn};
use crate::demo::people::Agency;
use crate::demo::{Area, Practitioner, people};
use crate::role::Role;
use crate::service::accounts::{self, NewCluster, NewUser, Post};

/// Who is who in the database.
pub(super) struct Places {
    /// The clusters, in the area's order.
    pub(super) clusters: Vec<ClusterId>,
    /// Those who sign in, by their place among the area's practitioners.
    pub(super) people: BTreeMap<u32, Principal>,
}

/// Somebody to try the server as.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct SignIn {
    /// What they sign in as.
    pub sign_in: String,
    /// Their name.
    pub name: String,
    /// What they are.
    pub job: &'static str,
    /// In which cluster; none for those who serve the whole authority.
    pub cluster: Option<String>,
}

/// Sets everybody up. Call it in one transaction.
pub(super) fn set_up(conn: &mut Conn, job: &Job<'_>, area: &Area) -> Result<Places, LoadError> {
    if !db::clusters::list(conn)?.is_empty() || !db::users::list(conn)?.is_empty() {
        return Err(LoadError::NotEmpty);
    }
    for agency in Agency::ALL {
        accounts::add_agency(conn, job.now, (agency.slug(), agency.name(), false))?;
    }
    let mut places = Places { clusters: Vec::new(), people: BTreeMap::new() };
    for cluster in &area.clusters {
        let fresh = (job.entropy.bytes()?, job.entropy.bytes()?);
        let authority = Some(area.name);
        let new = NewCluster { name: &cluster.name, jurisdiction: "scotland", authority, fresh };
        places.clusters.push(accounts::add_cluster(conn, job.now, &new)?.id);
    }
    for (at, person) in (0_u32..).zip(&area.practitioners) {
        if let Some(role) = role(person.role) {
            let principal = employ(conn, job, area, (person, role), &places.clusters)?;
            places.people.insert(at, principal);
        }
    }
    Ok(places)
}

fn employ(
    conn: &mut Conn,
    job: &Job<'_>,
    area: &Area,
    (person, role): (&Practitioner, Role),
    clusters: &[ClusterId],
) -> Result<Principal, LoadError> {
    let fresh = job.entropy.bytes()?;
    let name = person.name();
    let user = NewUser {
        name: &name,
        sign_in: &person.login,
        password_hash: job.password_hash.to_owned(),
        phone: None,
        fresh,
    };
    let agency = person.agency.slug();
    let post = |at: usize| Post { cluster: &area.clusters[at].name, agency, role };
    let (id, (first, more)) = (UserId::from_bytes(fresh), split(&person.clusters));
    accounts::add_user(conn, job.now, &user, post(first))?;
    let mut principal = Principal::new(id, AgencyId::from_slug(agency));
    for at in more {
        accounts::add_post(conn, job.now, &id, post(*at))?;
    }
    for at in &person.clusters {
        principal = principal.with(clusters[*at], role.into());
    }
    Ok(principal)
}

/// Everybody works somewhere.
fn split(clusters: &[usize]) -> (usize, &[usize]) {
    clusters.split_first().map_or((0, &[]), |(first, more)| (*first, more))
}

/// The post that goes with a role. A designated officer has none here: they read only what they are named
/// to, allegations against adults have no kind of record yet, and the invented area names them to nothing.
const fn role(role: people::Role) -> Option<Role> {
    Some(match role {
        people::Role::FieldWorker | people::Role::NamedPerson => Role::Practitioner,
        people::Role::AgencyLead => Role::AgencyLead,
        people::Role::ClusterLead => Role::ClusterLead,
        people::Role::Deputy => Role::Deputy,
        people::Role::DutyOfficer => Role::Duty,
        people::Role::ChiefOfficer => Role::Chief,
        people::Role::InformationGovernance => Role::Governance,
        people::Role::Administrator => Role::Admin,
        people::Role::DesignatedOfficer => return None,
    })
}

impl Places {
    /// One person of each sort: of the first cluster, then of the authority.
    pub(super) fn sign_ins(&self, area: &Area) -> Vec<SignIn> {
        let mut shown: Vec<SignIn> = Vec::new();
        let here = |person: &Practitioner| person.clusters.contains(&0);
        for at in self.people.keys() {
            let person = &area.practitioners[*at as usize];
            let known = shown.iter().any(|it| it.job == person.job);
            if here(person) && !known {
                let everywhere = person.clusters.len() == area.clusters.len();
                shown.push(SignIn {
                    sign_in: person.login.clone(),
                    name: person.name(),
                    job: person.job,
                    cluster: (!everywhere).then(|| area.clusters[0].name.clone()),
                });
            }
        }
        shown
    }
}

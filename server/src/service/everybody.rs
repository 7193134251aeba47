//! Who works in each cluster, with all their posts, as it was last read: good while nobody anywhere came,
//! left or was called something else. The database's own triggers give the stamp that says so, and none twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::{ClusterId, UserId};
use sync_core::policy::{Membership, Principal};

use crate::db::{self, Conn, Error};
use crate::limits::CLUSTERS_KNOWN;

/// Everybody of the clusters that somebody asked about. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Everybody(Arc<Mutex<BTreeMap<ClusterId, Read>>>);

/// Everybody of a cluster, and the stamp at which they were read.
type Read = (i64, Arc<Vec<Principal>>);

impl Everybody {
    /// Everybody who works in a cluster, with all their roles: one elsewhere may keep them from every case.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of(&self, conn: &mut Conn, cluster: &ClusterId) -> Result<Arc<Vec<Principal>>, Error> {
        let stamp = db::memberships::stamp(conn)?;
        if let Some((_, people)) = self.kept().get(cluster).filter(|(then, _)| *then == stamp) {
            return Ok(Arc::clone(people));
        }
        let people = Arc::new(read(conn, cluster)?);
        // Of a database that is put back, the older stamp must find those who were there then.
        if db::memberships::stamp(conn)? != stamp {
            return Ok(people);
        }
        let mut kept = self.kept();
        if kept.len() >= CLUSTERS_KNOWN && !kept.contains_key(cluster) {
            // Each is read again by whoever needs it.
            kept.clear();
        }
        kept.insert(*cluster, (stamp, Arc::clone(&people)));
        Ok(people)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<ClusterId, Read>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<Principal>, Error> {
    let mut all: BTreeMap<UserId, Principal> = BTreeMap::new();
    for post in db::memberships::of_cluster(conn, cluster)? {
        let principal =
            all.entry(post.user).or_insert_with(|| Principal::new(post.user, post.agency));
        principal.memberships.push(Membership { cluster: *cluster, role: post.role.into() });
    }
    for (user, cluster, role) in db::memberships::elsewhere(conn, cluster)? {
        if let Some(principal) = all.get_mut(&user) {
            principal.memberships.push(Membership { cluster, role: role.into() });
        }
    }
    Ok(all.into_values().collect())
}

//! Invented phones for this module's tests.

use crate::device::{Enrolled, Session};
use crate::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use crate::store::memory::MemoryStore;

/// The store of a phone on which Iona of health has enrolled, with one role in each cluster.
pub(super) fn enrolled(role: &str, clusters: &[ClusterId]) -> MemoryStore {
    let enrolled = Enrolled {
        server: "https://127.0.0.1:9".into(),
        authority: None,
        user: UserId::from_bytes([2; 16]),
        name: "Iona".into(),
        agency: AgencyId::from_slug("health"),
        device: DeviceId::from_bytes([3; 16]),
        actor: Actor::from_bytes([4; 16]),
        key: [5; 32],
        clusters: clusters.iter().map(|cluster| (*cluster, "Glen".to_owned())).collect(),
        roles: clusters.iter().map(|cluster| (*cluster, role.to_owned())).collect(),
        certificate: None,
    };
    let mut store = MemoryStore::default();
    enrolled.save(&Session::default(), &mut store).unwrap();
    store
}

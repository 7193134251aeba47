//! Whose phone it is, until when it may be read, and what only it has.

use sync_core::device::{Enrolled, Lease};
use sync_core::ids::{AgencyId, ClusterId, UserId};
use sync_core::protocol::message::PersonLine;
use sync_core::store::Store as _;

use crate::error::PhoneError;
use crate::phone::Phone;
use crate::records::{Myself, OnlyHere, OwnCluster};

#[uniffi::export]
impl Phone {
    /// The user, whom they work for and where, and until when this phone may be read without contact. Never
    /// locked.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn who_am_i(&self) -> Result<Myself, PhoneError> {
        let enrolled = self.enrolled()?;
        let now = self.now();
        let (lease, colleagues, signed_in) = self.with(|device| {
            let colleagues = device.colleagues()?;
            Ok::<_, PhoneError>((device.lease(now)?, colleagues, device.is_signed_in()?))
        })?;
        let (Lease::Open { until } | Lease::Over { since: until }) = lease;
        Ok(Myself {
            agency: agency(&colleagues, &enrolled.user, &enrolled.agency),
            clusters: clusters(&enrolled),
            user_id: enrolled.user.to_string(),
            name: enrolled.name,
            agency_id: enrolled.agency.to_string(),
            device_id: enrolled.device.to_string(),
            server: enrolled.server,
            reads_until_ms: until.0,
            signed_in,
        })
    }

    /// What only this phone has, with the bytes of photos and recordings.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn only_here_counts(&self) -> Result<OnlyHere, PhoneError> {
        let (count, attached) = self.with(|device| {
            Ok::<_, PhoneError>((device.only_here()?, device.store().unsent_attached()?))
        })?;
        Ok(OnlyHere {
            changes: count.changes,
            records: count.records,
            attachments: count.attachments,
            attachment_bytes: attached.iter().map(|row| u64::from(row.length)).sum(),
        })
    }
}

fn agency(people: &[PersonLine], user: &UserId, agency: &AgencyId) -> Option<String> {
    let own = people.iter().find(|line| line.user == *user && line.agency == *agency);
    own.map(|line| line.agency_name.clone())
}

fn clusters(enrolled: &Enrolled) -> Vec<OwnCluster> {
    let roles = |id: ClusterId| {
        let here = enrolled.roles.iter().filter(move |(cluster, _)| *cluster == id);
        here.map(|(_, role)| role.clone()).collect()
    };
    let cluster = |(id, name): &(ClusterId, String)| OwnCluster {
        cluster_id: id.to_string(),
        name: name.clone(),
        roles: roles(*id),
    };
    enrolled.clusters.iter().map(cluster).collect()
}

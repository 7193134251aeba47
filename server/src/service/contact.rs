//! What a phone tells of itself with every exchange: the actors that it writes as, and how much of the
//! log it has.

use ed25519_dalek::VerifyingKey;
use sync_core::ids::{AgencyId, ClusterId, DeviceId};
use sync_core::limits::{ACTORS_PER_CLAIM, ACTORS_PER_DEVICE};
use sync_core::policy::Principal;
use sync_core::protocol::batch::is_claimed;
use sync_core::protocol::message::{ActorClaim, ClusterCursor};
use sync_core::time::Timestamp;

use super::pull::{self, Puller};
use crate::db::contacts::Contact;
use crate::db::devices::Device;
use crate::db::memberships::Membership;
use crate::db::{self, Conn, Error};
use crate::role::Role;

/// How stale the note of a phone's last contact may grow before it is written again, milliseconds: an
/// exchange that brings nothing should rarely cost a write.
const CONTACT_NOTE_MS: i64 = 60 * 1000;

/// Notes the actors that a phone signs to write as. What it does not prove, what another phone writes
/// as, and what goes past its number, is left out: work under it is refused as not the phone's.
///
/// # Errors
/// The database's failure.
pub fn note_actors(
    conn: &mut Conn,
    device: &Device,
    claim: &ActorClaim,
    now: Timestamp,
) -> Result<(), Error> {
    let key = VerifyingKey::from_bytes(&device.public_key).ok();
    let proven = key.is_some_and(|key| is_claimed(&device.id, claim, &key));
    if !proven || claim.actors.len() > ACTORS_PER_CLAIM {
        return Ok(());
    }
    for actor in &claim.actors {
        let room = db::actors::count(conn, &device.id)? < ACTORS_PER_DEVICE as i64;
        if room && db::actors::device_of(conn, actor)?.is_none() {
            db::actors::insert(conn, actor, &device.id, now)?;
        }
    }
    Ok(())
}

/// Whether all actors of a claim are known: most claims say nothing new.
///
/// # Errors
/// The database's failure.
pub fn knows_actors(conn: &mut Conn, claim: &ActorClaim) -> Result<bool, Error> {
    for actor in claim.actors.iter().take(ACTORS_PER_CLAIM) {
        if db::actors::device_of(conn, actor)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A contact to be noted.
pub type Note = (ClusterId, Contact);

/// What is new about a phone's contact with the clusters that it asks for; nothing where the last note
/// is fresh.
///
/// # Errors
/// The database's failure.
pub fn to_note(
    conn: &mut Conn,
    puller: &Puller,
    asked: &[ClusterCursor],
    posts: &[Membership],
    now: Timestamp,
) -> Result<Vec<Note>, Error> {
    let mut notes = Vec::new();
    for cursor in asked {
        let here: Vec<_> = posts.iter().filter(|it| it.cluster == cursor.cluster).collect();
        let Some(post) = here.first() else { continue };
        let proven = pull::proven(conn, puller, cursor)?;
        let before = db::contacts::of(conn, &puller.device, &cursor.cluster)?;
        let highest = before.as_ref().map_or(0, |it| it.acknowledged).max(proven);
        let roles: Vec<Role> = here.iter().map(|it| it.role).collect();
        let new = Contact { acknowledged: highest, seen_at: now, agency: post.agency, roles };
        if before.is_none_or(|it| differs(&it, &new)) {
            notes.push((cursor.cluster, new));
        }
    }
    Ok(notes)
}

fn differs(before: &Contact, new: &Contact) -> bool {
    let same = Contact { seen_at: before.seen_at, ..new.clone() } == *before;
    !same || new.seen_at.since_ms(before.seen_at) >= CONTACT_NOTE_MS
}

/// Notes contacts. Never backwards: two exchanges of one phone may cross.
///
/// # Errors
/// The database's failure.
pub fn note(conn: &mut Conn, device: &DeviceId, notes: &[Note]) -> Result<(), Error> {
    for (cluster, contact) in notes {
        let before = db::contacts::of(conn, device, cluster)?;
        let highest = before.map_or(0, |it| it.acknowledged).max(contact.acknowledged);
        let contact = Contact { acknowledged: highest, ..contact.clone() };
        db::contacts::put(conn, device, cluster, &contact)?;
    }
    Ok(())
}

/// A person as they were in a cluster at their phone's last contact.
#[must_use]
pub fn then(now: &Principal, cluster: ClusterId, contact: &Contact) -> Principal {
    let agency: AgencyId = contact.agency;
    let roles = contact.roles.iter();
    roles.fold(Principal::new(now.user, agency), |it, role| it.with(cluster, (*role).into()))
}

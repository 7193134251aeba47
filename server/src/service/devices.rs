//! Phones that were retired or reported stolen: who marks them, what they hand over, the order to
//! erase and its receipt. A desk is listed among them, and to mark it signs its browser out.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use sync_core::ids::{ClusterId, DeviceId, UserId};
use sync_core::limits::{KEPT_PIECES, UNTRUSTED_MESSAGES};
use sync_core::policy::{Principal, may_clear_stolen, may_count_untrusted, may_mark_device};
use sync_core::protocol::surrender::{EraseOrder, HandedOver, Receipt, Sealed};
use sync_core::time::Timestamp;

use super::secrets::Secrets;
use super::{Answer, Refusal, page_sessions};
use crate::db::devices::{Device, DeviceState};
use crate::db::leaving::{self, Kept, Mark, Order, Untrusted};
use crate::db::{self, Conn, Error};

/// Why a phone was not marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// No such phone, or not this person's to mark: the same for both.
    #[error("there is no such phone")]
    NotOpen,
    /// Whoever took it may have its user's password, too.
    #[error(
        "ask your lead or an administrator to take this back: whoever took the phone may be you"
    )]
    NotByItsUser,
    /// It was erased: nothing can be taken back.
    #[error("this phone was erased already; it has to be enrolled anew")]
    Erased,
    /// A desk lasts as long as somebody is signed in.
    #[error("this is a desk: sign in again with the browser to have a new one")]
    Desk,
}

/// A phone as it is shown to whoever may mark it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The phone; a desk that is over is shown as retired.
    pub device: Device,
    /// Whose it is.
    pub owner: String,
    /// How it was marked, in order.
    pub marks: Vec<Mark>,
    /// The order to erase it, if it was given; of several the one that was followed.
    pub order: Option<Order>,
}

/// The phones that a person may mark: their own, and those of whoever holds a post in a cluster that they
/// lead or administer. Where a post has ended, nobody there may mark a phone of its holder any more.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn, reader: &Principal, now: Timestamp) -> Result<Vec<Shown>, Error> {
    let clusters: BTreeSet<_> = reader.memberships.iter().map(|it| it.cluster).collect();
    let mut owners = BTreeSet::from([reader.user]);
    for cluster in clusters {
        if may_mark_device(reader, NOBODY, &[cluster]).is_ok() {
            owners.extend(db::memberships::holders(conn, &cluster)?);
        }
    }
    let mut shown = Vec::new();
    for owner in owners {
        for device in db::devices::of_user(conn, &owner)? {
            shown.push(show(conn, device, now)?);
        }
    }
    Ok(shown)
}

/// Nobody's id: what may be done to a phone whoever owns it.
const NOBODY: UserId = UserId::from_bytes([0; 16]);

/// A phone with what is known of it.
///
/// # Errors
/// The database's failure.
pub fn show(conn: &mut Conn, mut device: Device, now: Timestamp) -> Result<Shown, Error> {
    if let Some(session) = &device.desk_of
        && !page_sessions::lasts(conn, now, session)?
    {
        device.state = DeviceState::Retired;
    }
    let owner = db::users::by_id(conn, &device.user)?.map(|it| it.display_name).unwrap_or_default();
    let marks = leaving::marks_of(conn, &device.id)?;
    let orders = leaving::orders_of(conn, &device.id)?;
    let followed = orders.iter().find(|order| order.erased_at.is_some()).or(orders.last());
    let order = followed.copied();
    Ok(Shown { device, owner, marks, order })
}

/// Marks a phone for somebody who may. Doing it again changes nothing; it can be taken back until
/// the phone was erased.
///
/// # Errors
/// The database's failure outside, the reason inside; then nothing happened.
pub fn mark(
    conn: &mut Conn,
    by: &Principal,
    device: &DeviceId,
    state: DeviceState,
    now: Timestamp,
) -> Result<Result<Shown, MarkError>, Error> {
    let Some(device) = db::devices::by_id(conn, device)? else {
        return Ok(Err(MarkError::NotOpen));
    };
    let posts = db::memberships::of_user(conn, &device.user)?;
    let clusters: Vec<ClusterId> = posts.iter().map(|post| post.cluster).collect();
    if may_mark_device(by, device.user, &clusters).is_err() {
        return Ok(Err(MarkError::NotOpen));
    }
    let clears = device.state == DeviceState::Stolen && state != DeviceState::Stolen;
    if clears && may_clear_stolen(by, device.user, &clusters).is_err() {
        return Ok(Err(MarkError::NotByItsUser));
    }
    set_state(conn, &device, state, Some(by.user), now)
}

/// Marks a phone for a person who may, or for a command on the server.
///
/// # Errors
/// As [`mark`].
pub fn set_state(
    conn: &mut Conn,
    device: &Device,
    state: DeviceState,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<Result<Shown, MarkError>, Error> {
    let changed = Device { state, ..device.clone() };
    if let Some(session) = &device.desk_of {
        return end_desk(conn, (device, session), state, by, now);
    }
    if device.state == state {
        return Ok(Ok(show(conn, changed, now)?));
    }
    let orders = leaving::orders_of(conn, &device.id)?;
    if orders.iter().any(|order| order.erased_at.is_some()) {
        return Ok(Err(MarkError::Erased));
    }
    db::devices::set_state(conn, &device.id, state)?;
    leaving::insert_mark(conn, &device.id, &Mark { state, by, at: now })?;
    match state {
        DeviceState::Active => db::sessions::resume_of_device(conn, &device.id)?,
        DeviceState::Retired => db::sessions::end_of_device(conn, &device.id, now)?,
        DeviceState::Stolen => {
            db::sessions::end_of_device(conn, &device.id, now)?;
            // A browser on the phone may be signed in; which one is not known.
            db::page_sessions::end_of_user(conn, &device.user, now)?;
        }
    }
    Ok(Ok(show(conn, changed, now)?))
}

/// Signs out the browser that a desk is of; where the desk is in a thief's hands, every browser of the
/// person.
fn end_desk(
    conn: &mut Conn,
    (device, session): (&Device, &[u8; 32]),
    state: DeviceState,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<Result<Shown, MarkError>, Error> {
    let lasts = page_sessions::lasts(conn, now, session)?;
    match state {
        DeviceState::Active if lasts => {}
        DeviceState::Active => return Ok(Err(MarkError::Desk)),
        DeviceState::Retired => db::page_sessions::end(conn, session, now)?,
        DeviceState::Stolen => db::page_sessions::end_of_user(conn, &device.user, now)?,
    }
    if lasts && state != DeviceState::Active {
        leaving::insert_mark(conn, &device.id, &Mark { state, by, at: now })?;
    }
    Ok(Ok(show(conn, device.clone(), now)?))
}

/// Retires every phone of somebody who leaves: what only the phones have comes in.
///
/// # Errors
/// The database's failure.
pub fn retire_all(conn: &mut Conn, user: &UserId, now: Timestamp) -> Result<(), Error> {
    for device in db::devices::of_user(conn, user)? {
        if device.state == DeviceState::Active {
            // A phone that was erased is not active.
            let _ = set_state(conn, &device, DeviceState::Retired, None, now)?;
        }
    }
    Ok(())
}

/// The phone that speaks, if the message bears its signature.
///
/// # Errors
/// The database's failure.
pub fn speaks(conn: &mut Conn, sealed: &Sealed) -> Result<Option<Device>, Error> {
    let known = phone(conn, &sealed.device)?;
    Ok(known.filter(|device| sealed.is_signed_by(&device.public_key)))
}

/// Whether a phone that speaks under its own key is marked; others have nothing to surrender.
///
/// # Errors
/// [`Refusal::DeviceActive`]
pub const fn must_be_marked(device: &Device) -> Result<(), Refusal> {
    match device.state {
        DeviceState::Active => Err(Refusal::DeviceActive),
        DeviceState::Retired | DeviceState::Stolen => Ok(()),
    }
}

/// Keeps returned work of a retired phone for its author; gives the names of what is kept. What finds
/// no room stays on the phone.
///
/// # Errors
/// The database's failure.
pub fn keep(
    conn: &mut Conn,
    device: &Device,
    returned: &[HandedOver],
    now: Timestamp,
) -> Result<Vec<u64>, Error> {
    let there = usize::try_from(leaving::count_kept(conn, &device.id)?).unwrap_or(usize::MAX);
    let room = KEPT_PIECES.saturating_sub(there);
    for piece in returned.iter().take(room) {
        let kept = Kept {
            id: name(&[device.id.as_bytes(), &piece.frame, piece.reason.as_bytes()]),
            user: device.user,
            device: device.id,
            frame: piece.frame.clone(),
            reason: piece.reason.clone(),
            arrived_at: now,
        };
        leaving::keep(conn, &kept)?;
    }
    Ok(returned.iter().take(room).map(|piece| piece.id).collect())
}

/// The order to erase: the one that was given before, or a fresh one.
///
/// # Errors
/// The database's failure.
pub fn order(
    conn: &mut Conn,
    device: &Device,
    fresh: [u8; 16],
    now: Timestamp,
) -> Result<EraseOrder, Error> {
    let at_once = device.state == DeviceState::Stolen;
    let given = leaving::orders_of(conn, &device.id)?.last().map(|order| order.id);
    let id = match given {
        Some(id) => id,
        None => {
            leaving::insert_order(conn, &fresh, &device.id, now)?;
            fresh
        }
    };
    Ok(EraseOrder { id, at_once })
}

/// The phone that a receipt is of, if it bears that phone's signature.
///
/// # Errors
/// The database's failure.
pub fn proved(conn: &mut Conn, receipt: &Receipt) -> Result<Option<Device>, Error> {
    let known = phone(conn, &receipt.device)?;
    Ok(known.filter(|device| receipt.is_signed_by(&device.public_key)))
}

/// The phone of this id: a desk has nothing to surrender, and nothing to erase.
fn phone(conn: &mut Conn, id: &DeviceId) -> Result<Option<Device>, Error> {
    Ok(db::devices::by_id(conn, id)?.filter(|device| device.desk_of.is_none()))
}

/// Notes that a phone was erased. Repeated, it changes nothing.
///
/// # Errors
/// The database's failure.
pub fn confirm(conn: &mut Conn, receipt: &Receipt, now: Timestamp) -> Answer<()> {
    let Some(device) = proved(conn, receipt)? else { return Ok(Err(Refusal::SessionEnded)) };
    let orders = leaving::orders_of(conn, &device.id)?;
    if !orders.iter().any(|order| order.id == receipt.order) {
        return Ok(Err(Refusal::SessionEnded));
    }
    // Taken back after the order went out: the phone is gone all the same.
    if device.state == DeviceState::Active {
        let _ = set_state(conn, &device, DeviceState::Retired, None, now)?;
    }
    leaving::confirm(conn, &receipt.order, &receipt.signature, now)?;
    Ok(Ok(()))
}

/// Keeps what a stolen phone sent, unjudged, as far as there is room.
///
/// # Errors
/// The database's failure.
pub fn keep_untrusted(
    conn: &mut Conn,
    device: &DeviceId,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    let count = leaving::count_untrusted(conn, device)?.count;
    if bytes.is_empty() || count >= UNTRUSTED_MESSAGES {
        return Ok(());
    }
    let id = name(&[device.as_bytes(), &count.to_be_bytes(), bytes]);
    leaving::keep_untrusted(conn, &id, device, bytes, now)
}

/// Keeps what came under the token of a phone that is marked as stolen; of any other, nothing.
///
/// # Errors
/// The database's failure.
pub fn keep_if_stolen(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    (token, bytes): (&str, &[u8]),
) -> Result<(), Error> {
    let claims = secrets.tokens.check(token, now);
    let Some(id) = claims.and_then(|claims| claims.device) else { return Ok(()) };
    match db::devices::by_id(conn, &id)? {
        Some(device) if device.state == DeviceState::Stolen => {
            keep_untrusted(conn, &id, bytes, now)
        }
        _ => Ok(()),
    }
}

/// What stolen phones sent, for information governance: that it is there, and when it came.
///
/// # Errors
/// The database's failure.
pub fn untrusted(conn: &mut Conn, reader: &Principal) -> Result<Vec<(DeviceId, Untrusted)>, Error> {
    let mut found = Vec::new();
    let clusters: BTreeSet<_> = reader.memberships.iter().map(|it| it.cluster).collect();
    let mut owners = BTreeSet::new();
    for cluster in clusters {
        if may_count_untrusted(reader, cluster).is_ok() {
            let people = db::memberships::colleagues(conn, &cluster)?;
            owners.extend(people.into_iter().map(|it| it.user));
        }
    }
    for owner in owners {
        for device in db::devices::of_user(conn, &owner)? {
            let untrusted = leaving::count_untrusted(conn, &device.id)?;
            if untrusted.count > 0 {
                found.push((device.id, untrusted));
            }
        }
    }
    Ok(found)
}

/// A name made of what it names.
fn name(parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    digest.first_chunk().copied().unwrap_or_default()
}

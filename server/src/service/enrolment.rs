//! Enrolling a phone: a one-time code, the person's password, the phone's own key.

use ed25519_dalek::VerifyingKey;
use sync_core::ids::{Actor, DeviceId, UserId};
use sync_core::time::Timestamp;

use super::refresh::{self, Pair};
use super::secrets::Secrets;
use super::sessions::{Person, person};
use super::{Answer, Refusal, codes};
use crate::db::devices::{Device, DeviceState};
use crate::db::enrolment_codes::EnrolmentCode;
use crate::db::{self, Conn, Error};

/// What a phone brings to be enrolled; the person's password was right.
#[derive(Clone)]
pub struct Enrolment {
    /// Whose phone it is.
    pub user: UserId,
    /// The code as it was typed.
    pub code: String,
    /// The phone's Ed25519 key.
    pub public_key: [u8; 32],
    /// The actor it writes as.
    pub actor: Actor,
    /// What its user calls it.
    pub device_name: String,
}

/// Random bytes for the rows of an enrolment.
#[derive(Clone, Copy)]
pub struct Fresh {
    /// The device's id.
    pub device: [u8; 16],
    /// The session's id.
    pub session: [u8; 16],
}

/// An enrolled phone and how it goes on.
#[derive(Clone)]
pub struct Enrolled {
    /// The phone's id.
    pub device: DeviceId,
    /// Its user.
    pub person: Person,
    /// Its tokens.
    pub tokens: Pair,
}

/// Enrols a phone, lets one in again whose session is over, or answers again when the same phone repeats
/// an enrolment whose answer was lost.
///
/// # Errors
/// The database's failure.
pub fn enrol(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    input: &Enrolment,
    fresh: &Fresh,
) -> Answer<Enrolled> {
    if !is_sound(&input.public_key) {
        return Ok(Err(Refusal::BadKey));
    }
    let hash = secrets.code_hash(&codes::normalise(&input.code));
    let code = db::enrolment_codes::by_hash(conn, &hash)?.filter(|code| code.user == input.user);
    let Some(code) = code else { return Ok(Err(Refusal::CodeUnknown)) };
    if now >= code.expires_at {
        return Ok(Err(Refusal::CodeExpired));
    }
    let device = match device_for(conn, now, (&hash, &code), input, fresh)? {
        Ok(device) => device,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(person) = person(conn, &input.user)? else { return Ok(Err(Refusal::SignInFailed)) };
    let tokens = refresh::begin(conn, now, secrets, &device, fresh.session)?;
    Ok(Ok(Enrolled { device: device.id, person, tokens }))
}

/// Whether signatures under this key prove anything: a point of small order would fit them all.
fn is_sound(key: &[u8; 32]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| !key.is_weak())
}

fn device_for(
    conn: &mut Conn,
    now: Timestamp,
    (hash, code): (&[u8; 32], &EnrolmentCode),
    input: &Enrolment,
    fresh: &Fresh,
) -> Answer<Device> {
    let known = db::devices::by_actor_or_key(conn, &input.actor, &input.public_key)?;
    match (code.used, known) {
        (Some(used), Some(known)) if used == known.id && is_same(&known, input) => Ok(Ok(known)),
        (Some(_), _) => Ok(Err(Refusal::CodeUsed)),
        // A phone whose session ended or was revoked: its user goes on with what is on it.
        (None, Some(known)) if known.user == input.user && is_same(&known, input) => {
            match db::enrolment_codes::mark_used(conn, hash, &known.id, now)? {
                true => Ok(Ok(known)),
                false => Err(Error::Taken),
            }
        }
        (None, Some(_)) => Ok(Err(Refusal::DeviceKnown)),
        (None, None) => {
            let device = new_device(now, input, fresh.device);
            db::devices::insert(conn, &device)?;
            match db::enrolment_codes::mark_used(conn, hash, &device.id, now)? {
                true => Ok(Ok(device)),
                // Another phone was faster; failing undoes the row just made.
                false => Err(Error::Taken),
            }
        }
    }
}

fn is_same(known: &Device, input: &Enrolment) -> bool {
    // A desk's key is its browser's: no phone goes on with it.
    known.desk_of.is_none()
        && known.actor == input.actor
        && known.public_key == input.public_key
        && known.state == DeviceState::Active
}

fn new_device(now: Timestamp, input: &Enrolment, id: [u8; 16]) -> Device {
    Device {
        id: DeviceId::from_bytes(id),
        user: input.user,
        actor: input.actor,
        public_key: input.public_key,
        name: input.device_name.clone(),
        state: DeviceState::Active,
        enrolled_at: now,
        last_seen_at: now,
        clock_offset_ms: None,
        desk_of: None,
    }
}

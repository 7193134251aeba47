//! Who somebody is, by their sign-in and by their access token.

use sync_core::ids::{AgencyId, UserId};
use sync_core::policy::Principal;
use sync_core::time::Timestamp;

use super::secrets::Secrets;
use super::tokens::{Access, Claims};
use super::{Answer, Refusal};
use crate::db::devices::{Device, DeviceState};
use crate::db::memberships::Membership;
use crate::db::sessions::SessionRow;
use crate::db::text::column;
use crate::db::{self, Conn, Error};

/// A person as they are shown to themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// What others see.
    pub display_name: String,
    /// Where they work and as what.
    pub memberships: Vec<Membership>,
}

impl Person {
    /// The person as the policy sees them.
    #[must_use]
    pub fn principal(&self) -> Principal {
        let agency = self.memberships.first().map(|it| it.agency);
        let principal = Principal::new(self.id, agency.unwrap_or(AgencyId::from_bytes([0; 16])));
        self.memberships
            .iter()
            .fold(principal, |principal, it| principal.with(it.cluster, it.role.into()))
    }
}

/// Who makes a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The person.
    pub person: Person,
    /// The session.
    pub session: [u8; 16],
    /// The phone, unless it is a sign-in with a password alone. Active.
    pub device: Option<Device>,
}

/// The id and stored password hash of who signs in with this name, if they may.
///
/// # Errors
/// The database's failure.
pub fn credentials(conn: &mut Conn, sign_in: &str) -> Result<Option<(UserId, String)>, Error> {
    let user = db::users::by_sign_in(conn, &normalise(sign_in))?;
    Ok(user.filter(|user| user.active).map(|user| (user.id, user.password_hash)))
}

/// The one spelling of a sign-in name. What no name can have in it makes it nobody's.
#[must_use]
pub fn normalise(sign_in: &str) -> String {
    column(&sign_in.trim().to_lowercase()).into_owned()
}

/// Begins a session without a phone for somebody whose password was right.
///
/// # Errors
/// The database's failure.
pub fn sign_in(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    user: &UserId,
    fresh_session: [u8; 16],
) -> Answer<(Person, Access)> {
    let Some(person) = person(conn, user)? else { return Ok(Err(Refusal::SignInFailed)) };
    let session = SessionRow {
        id: fresh_session,
        user: *user,
        device: None,
        started_at: now,
        revoked: false,
    };
    db::sessions::insert(conn, &session)?;
    let claims = Claims { user: *user, session: fresh_session, device: None };
    let access = secrets.tokens.issue(&claims, now).ok_or(Error::Corrupt("signing key"))?;
    Ok(Ok((person, access)))
}

/// Who bears this token now: the session must stand, the person be here, the phone be active.
///
/// # Errors
/// The database's failure.
pub fn identify(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    token: &str,
) -> Answer<Identity> {
    let Some(claims) = secrets.tokens.check(token, now) else {
        return Ok(Err(Refusal::SessionEnded));
    };
    let Some(session) = db::sessions::by_id(conn, &claims.session)? else {
        return Ok(Err(Refusal::SessionEnded));
    };
    if session.user != claims.user || session.device != claims.device {
        return Ok(Err(Refusal::SessionEnded));
    }
    let device = match standing(conn, &session)? {
        Ok(device) => device,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(person) = person(conn, &session.user)? else {
        return Ok(Err(Refusal::SessionEnded));
    };
    Ok(Ok(Identity { person, session: session.id, device }))
}

/// The session's phone, if the session stands and the phone is active. A phone that must surrender
/// or erase is told so even when its session was revoked.
pub(super) fn standing(conn: &mut Conn, session: &SessionRow) -> Answer<Option<Device>> {
    let device = match &session.device {
        Some(id) => Some(db::devices::by_id(conn, id)?.ok_or(Error::Corrupt("session"))?),
        None => None,
    };
    Ok(match device.as_ref().map(|device| device.state) {
        Some(DeviceState::Retired) => Err(Refusal::DeviceRetired),
        Some(DeviceState::Stolen) => Err(Refusal::DeviceStolen),
        Some(DeviceState::Active) | None if session.revoked => Err(Refusal::SessionRevoked),
        Some(DeviceState::Active) | None => Ok(device),
    })
}

/// Whether a session that began a request still stands.
///
/// # Errors
/// The database's failure.
pub fn stands(conn: &mut Conn, session: &[u8; 16]) -> Result<bool, Error> {
    let Some(session) = db::sessions::by_id(conn, session)? else { return Ok(false) };
    let here = db::users::by_id(conn, &session.user)?.is_some_and(|user| user.active);
    Ok(here && standing(conn, &session)?.is_ok())
}

/// The person of a session that began a request, as they are by now; why not, if it stands no more.
///
/// # Errors
/// The database's failure.
pub fn still(conn: &mut Conn, session: &[u8; 16]) -> Answer<Person> {
    let Some(session) = db::sessions::by_id(conn, session)? else {
        return Ok(Err(Refusal::SessionEnded));
    };
    if let Err(refusal) = standing(conn, &session)? {
        return Ok(Err(refusal));
    }
    Ok(person(conn, &session.user)?.ok_or(Refusal::SessionEnded))
}

/// A person who is here, with their memberships.
///
/// # Errors
/// The database's failure.
pub fn person(conn: &mut Conn, id: &UserId) -> Result<Option<Person>, Error> {
    let Some(user) = db::users::by_id(conn, id)?.filter(|user| user.active) else {
        return Ok(None);
    };
    let memberships = db::memberships::of_user(conn, id)?;
    Ok(Some(Person { id: user.id, display_name: user.display_name, memberships }))
}

/// The person whose phone was retired, with the posts that they have, or had when they left.
///
/// # Errors
/// The database's failure.
pub fn leaver(conn: &mut Conn, id: &UserId) -> Result<Person, Error> {
    let user = db::users::by_id(conn, id)?.ok_or(Error::Corrupt("device"))?;
    let memberships = db::memberships::of_user(conn, id)?;
    Ok(Person { id: user.id, display_name: user.display_name, memberships })
}

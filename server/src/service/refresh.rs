//! Keeping a phone's session alive. A refresh token is exchanged once, by the phone's own key; it is
//! computed from its session and its time, so that a repeat after a lost answer gets the same one, and a
//! server that was put back to a backup knows those again that it gave since. Only a wrong key, or a token
//! whose successor was used, revokes; nothing is ever deleted.

use ed25519_dalek::{Signature, VerifyingKey};
use sync_core::ids::DeviceId;
use sync_core::time::Timestamp;

use super::secrets::{Secrets, issued_at};
use super::sessions::{person, standing};
use super::tokens::{Access, Claims};
use super::{Answer, Refusal};
use crate::db::devices::{Device, DeviceState};
use crate::db::refresh_tokens::RefreshToken;
use crate::db::sessions::SessionRow;
use crate::db::{self, Conn, Error};

/// How long a refresh token is good for, milliseconds: a summer's leave and some illness.
pub const REFRESH_MS: i64 = 60 * Timestamp::DAY_MS;

/// What a phone signs to refresh, followed by the token's 32 bytes.
pub const SIGNED_PREFIX: &[u8] = b"caseweave refresh v1";

/// An access token and the refresh token after it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// For requests.
    pub access: Access,
    /// For the next refresh.
    pub refresh: [u8; 32],
}

/// A phone's request for new tokens.
#[derive(Clone)]
pub struct Refresh {
    /// The refresh token.
    pub token: [u8; 32],
    /// The phone that says it is.
    pub device: DeviceId,
    /// Its signature over [`SIGNED_PREFIX`] and the token.
    pub signature: [u8; 64],
}

/// Begins a session on `device` with its first tokens.
///
/// # Errors
/// The database's failure.
pub fn begin(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    device: &Device,
    session: [u8; 16],
) -> Result<Pair, Error> {
    let row = SessionRow {
        id: session,
        user: device.user,
        device: Some(device.id),
        started_at: now,
        revoked: false,
    };
    db::sessions::insert(conn, &row)?;
    let token = secrets.refresh_token(&session, now);
    keep(conn, secrets, &session, &token)?;
    pair(now, secrets, &row, token)
}

/// Exchanges a refresh token. A refusal may come with a revocation, which the caller must commit.
///
/// # Errors
/// The database's failure.
pub fn refresh(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    input: &Refresh,
) -> Answer<Pair> {
    let hash = secrets.token_hash(&input.token);
    let known = match db::refresh_tokens::by_hash(conn, &hash)? {
        None => put_back(conn, secrets, input)?,
        known => known,
    };
    let Some(token) = known else { return Ok(Err(of_no_session(conn, input)?)) };
    let session =
        db::sessions::by_id(conn, &token.session)?.ok_or(Error::Corrupt("refresh token"))?;
    if !is_told(conn, &session, input)? {
        return Ok(Err(Refusal::SessionEnded));
    }
    let device = match standing(conn, &session)? {
        Ok(device) => device.ok_or(Error::Corrupt("refresh token"))?,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(why) = misuse(&device, &token, input) {
        db::sessions::revoke(conn, &session.id, why, now)?;
        return Ok(Err(Refusal::SessionRevoked));
    }
    if now >= token.expires_at || person(conn, &session.user)?.is_none() {
        return Ok(Err(Refusal::SessionEnded));
    }
    exchange(conn, now, secrets, (&session, &hash, &token), input).map(Ok)
}

/// The phone that a request is of, if it bears that phone's signature: nobody else can make one.
///
/// # Errors
/// The database's failure.
pub fn proved(conn: &mut Conn, input: &Refresh) -> Result<Option<Device>, Error> {
    let known = db::devices::by_id(conn, &input.device)?;
    Ok(known.filter(|device| is_signed(device, input)))
}

/// A token that this server gave to the phone that shows it, though the database does not know it: it was put
/// back to a backup from before. It is known again, and the same rules hold for it as for any other.
fn put_back(
    conn: &mut Conn,
    secrets: &Secrets,
    input: &Refresh,
) -> Result<Option<RefreshToken>, Error> {
    let Some(device) = proved(conn, input)? else { return Ok(None) };
    let issued_at = issued_at(&input.token);
    for session in db::sessions::of_device(conn, (&device.user, &device.id))? {
        if secrets.refresh_token(&session, issued_at) != input.token {
            continue;
        }
        let latest = db::refresh_tokens::latest_of(conn, &session)?;
        let is_kept = keep(conn, secrets, &session, &input.token)?;
        let known = db::refresh_tokens::by_hash(conn, &secrets.token_hash(&input.token))?;
        // A later one has come before it; unless it is this one's own, of a request at the same time.
        let is_reused = is_kept && latest >= Some(issued_at);
        return Ok(
            known.map(|it| RefreshToken { successor_used: it.successor_used || is_reused, ..it })
        );
    }
    Ok(None)
}

/// What a token of no session is answered: a phone that must surrender or erase is told so all the same.
fn of_no_session(conn: &mut Conn, input: &Refresh) -> Result<Refusal, Error> {
    let state = proved(conn, input)?.map(|device| device.state);
    Ok(match state {
        Some(DeviceState::Retired) => Refusal::DeviceRetired,
        Some(DeviceState::Stolen) => Refusal::DeviceStolen,
        Some(DeviceState::Active) | None => Refusal::SessionEnded,
    })
}

/// Whether whoever asks may learn what became of the phone: of a marked one, only the phone itself.
fn is_told(conn: &mut Conn, session: &SessionRow, input: &Refresh) -> Result<bool, Error> {
    let Some(id) = &session.device else { return Ok(true) };
    let device = db::devices::by_id(conn, id)?.ok_or(Error::Corrupt("session"))?;
    Ok(device.state == DeviceState::Active || is_signed(&device, input))
}

/// Why a request shows that the token is in the wrong hands.
fn misuse(device: &Device, token: &RefreshToken, input: &Refresh) -> Option<&'static str> {
    if input.device != device.id || !is_signed(device, input) {
        Some("wrong key")
    } else if token.successor_used {
        Some("token reused")
    } else {
        None
    }
}

fn is_signed(device: &Device, input: &Refresh) -> bool {
    let message = [SIGNED_PREFIX, &input.token].concat();
    let signature = Signature::from_bytes(&input.signature);
    VerifyingKey::from_bytes(&device.public_key)
        .is_ok_and(|key| key.verify_strict(&message, &signature).is_ok())
}

fn exchange(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    (session, hash, token): (&SessionRow, &[u8; 32], &RefreshToken),
    input: &Refresh,
) -> Result<Pair, Error> {
    let mut issued_at = now.max(token.issued_at.plus_ms(1));
    // Of two that come at once, one stores the successor; both are answered with it.
    if !token.used && db::refresh_tokens::mark_used(conn, hash, &session.id, now)? {
        keep(conn, secrets, &session.id, &secrets.refresh_token(&session.id, issued_at))?;
        db::devices::touch(conn, &input.device, now)?;
    } else {
        let next = db::refresh_tokens::next_after(conn, &session.id, token.issued_at)?;
        issued_at = next.ok_or(Error::Corrupt("refresh token"))?;
        // Its row may be of another token, as the program before this one computed it.
        keep(conn, secrets, &session.id, &secrets.refresh_token(&session.id, issued_at))?;
    }
    pair(now, secrets, session, secrets.refresh_token(&session.id, issued_at))
}

fn keep(
    conn: &mut Conn,
    secrets: &Secrets,
    session: &[u8; 16],
    token: &[u8; 32],
) -> Result<bool, Error> {
    let issued_at = issued_at(token);
    let times = (issued_at, issued_at.plus_ms(REFRESH_MS));
    db::refresh_tokens::keep(conn, &secrets.token_hash(token), session, times)
}

fn pair(
    now: Timestamp,
    secrets: &Secrets,
    session: &SessionRow,
    refresh: [u8; 32],
) -> Result<Pair, Error> {
    let claims = Claims { user: session.user, session: session.id, device: session.device };
    let access = secrets.tokens.issue(&claims, now).ok_or(Error::Corrupt("signing key"))?;
    Ok(Pair { access, refresh })
}

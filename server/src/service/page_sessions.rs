//! Who uses the pages with a browser: from a sign-in until they sign out, do nothing for a while, or
//! have been here for a working day.
//!
//! A browser holds one random token in its cookie and nothing else. The server stores a hash of it;
//! what a form must carry is computed from it, so that a form is good in its own session only.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sync_core::ids::UserId;
use sync_core::limits::{PAGE_SESSION_IDLE_MS, PAGE_SESSION_MS, PAGE_SESSION_NOTE_MS};
use sync_core::time::Timestamp;

use super::sessions::{Person, normalise, person};
use crate::db::page_sessions::PageSessionRow;
use crate::db::{self, Conn, Error};

/// What a browser holds. Compared by hash in the database only.
#[derive(Clone)]
pub struct Token(pub [u8; 32]);

/// Somebody who is signed in to the pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visitor {
    /// The person, as they are in the database now.
    pub person: Person,
    /// Whether the note of the last use should be written again ([`note_use`]).
    pub note_is_stale: bool,
}

/// Why a browser's session is not good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// Nobody signed in with it, or they signed out or left.
    Unknown,
    /// Nothing happened for too long, or it is a day old.
    TimedOut,
}

impl Token {
    /// What the server keeps of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(b"caseweave page session");
        digest.update(self.0);
        digest.finalize().into()
    }

    /// What follows from the token for one purpose, and tells nothing of it.
    pub(super) fn mac(&self, purpose: &[u8]) -> Hmac<Sha256> {
        let mut padded = [0; 64];
        padded[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&padded.into());
        mac.update(purpose);
        mac
    }

    fn form_mac(&self) -> Hmac<Sha256> {
        self.mac(b"caseweave form")
    }

    /// What every form of this browser's carries.
    #[must_use]
    pub fn form_code(&self) -> [u8; 32] {
        self.form_mac().finalize().into_bytes().into()
    }

    /// Whether a form is this browser's; the time it takes says nothing about how nearly.
    #[must_use]
    pub fn is_form_code(&self, given: &[u8]) -> bool {
        self.form_mac().verify_slice(given).is_ok()
    }
}

/// Begins a session for somebody whose password was right; nobody if they have left meanwhile.
///
/// # Errors
/// The database's failure.
pub fn begin(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    fresh: &Token,
) -> Result<Option<Person>, Error> {
    let Some(person) = person(conn, user)? else { return Ok(None) };
    db::page_sessions::insert(conn, &fresh.hash(), user, now)?;
    Ok(Some(person))
}

/// Whether this browser was signed in under this name before, whatever became of the session: its
/// name for counting, if so.
///
/// # Errors
/// The database's failure.
pub fn was_signed_in(
    conn: &mut Conn,
    token: &Token,
    sign_in: &str,
) -> Result<Option<[u8; 32]>, Error> {
    let hash = token.hash();
    let Some(session) = db::page_sessions::by_hash(conn, &hash)? else { return Ok(None) };
    let user = db::users::by_id(conn, &session.user)?;
    let same = user.is_some_and(|user| user.sign_in == normalise(sign_in));
    Ok(same.then_some(hash))
}

/// Who holds this token now.
///
/// # Errors
/// The database's failure.
pub fn identify(
    conn: &mut Conn,
    now: Timestamp,
    token: &Token,
) -> Result<Result<Visitor, Gone>, Error> {
    let found = db::page_sessions::by_hash(conn, &token.hash())?;
    let Some(session) = found else { return Ok(Err(Gone::Unknown)) };
    if let Some(gone) = gone(&session, now) {
        return Ok(Err(gone));
    }
    let note_is_stale = now.since_ms(session.last_used_at) >= PAGE_SESSION_NOTE_MS;
    let person = person(conn, &session.user)?;
    Ok(person.map(|person| Visitor { person, note_is_stale }).ok_or(Gone::Unknown))
}

/// Whether a session lasts.
///
/// # Errors
/// The database's failure.
pub(super) fn lasts(conn: &mut Conn, now: Timestamp, hash: &[u8; 32]) -> Result<bool, Error> {
    let session = db::page_sessions::by_hash(conn, hash)?;
    Ok(session.is_some_and(|session| gone(&session, now).is_none()))
}

/// Why a session is over, if it is.
fn gone(session: &PageSessionRow, now: Timestamp) -> Option<Gone> {
    let idle = now.since_ms(session.last_used_at) >= PAGE_SESSION_IDLE_MS;
    let old = now.since_ms(session.started_at) >= PAGE_SESSION_MS;
    match session.ended {
        true => Some(Gone::Unknown),
        false => (idle || old).then_some(Gone::TimedOut),
    }
}

/// Notes that the session is used.
///
/// # Errors
/// The database's failure.
pub fn note_use(conn: &mut Conn, now: Timestamp, token: &Token) -> Result<(), Error> {
    db::page_sessions::note_use(conn, &token.hash(), now)
}

/// Ends the session, if there is one.
///
/// # Errors
/// The database's failure.
pub fn end(conn: &mut Conn, now: Timestamp, token: &Token) -> Result<(), Error> {
    db::page_sessions::end(conn, &token.hash(), now)
}

/// Ends what a person is signed in to with other browsers.
///
/// # Errors
/// The database's failure.
pub fn end_others(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    token: &Token,
) -> Result<(), Error> {
    db::page_sessions::end_others(conn, user, &token.hash(), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_good_in_its_own_session_only() {
        let (own, other) = (Token([1; 32]), Token([2; 32]));
        assert!(own.is_form_code(&own.form_code()));
        assert!(!own.is_form_code(&other.form_code()));
        assert!(!own.is_form_code(&[]));
        assert!(!own.is_form_code(&own.form_code()[..31]));
        assert_ne!(own.form_code(), own.hash());
    }
}

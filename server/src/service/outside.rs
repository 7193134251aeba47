//! Signing in with an account of another server's: what ties an attempt to the browser that began it,
//! and whose account it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::Mac;
use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use super::accounts::AccountError;
use super::page_sessions::Token;
use crate::db::{self, Conn, Error};

/// Longest way on that is carried to the other server and back, bytes.
const NEXT_BYTES: usize = 1_000;
/// Longest name of an account, bytes: the specification's 255 letters of one byte.
const SUBJECT_BYTES: usize = 255;

const STATE: &[u8] = b"caseweave outside state";
const NONCE: &[u8] = b"caseweave outside nonce";
const VERIFIER: &[u8] = b"caseweave outside verifier";

/// An attempt to sign in. All of it follows from what the browser holds, so that nothing is stored and
/// no other browser can end it.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What the other server hands back: a proof, and where the browser was going.
    pub state: String,
    /// What the other server must say in its token.
    pub nonce: String,
    /// What shows that who exchanges the code began the attempt.
    pub verifier: String,
}

impl Attempt {
    /// The attempt of a browser that was going to `next`.
    #[must_use]
    pub fn begin(token: &Token, next: &str) -> Self {
        let next = if next.len() <= NEXT_BYTES { next } else { "/" };
        let proof = token.mac(STATE).chain_update(next).finalize().into_bytes();
        let derived = |purpose| BASE64.encode(token.mac(purpose).finalize().into_bytes());
        Self {
            state: format!("{}.{}", BASE64.encode(proof), BASE64.encode(next)),
            nonce: derived(NONCE),
            verifier: derived(VERIFIER),
        }
    }

    /// The attempt that came back with this state, and where the browser was going; none if another
    /// browser began it.
    #[must_use]
    pub fn back(token: &Token, state: &str) -> Option<(Self, String)> {
        let (proof, next) = state.split_once('.')?;
        let (proof, next) = (BASE64.decode(proof).ok()?, BASE64.decode(next).ok()?);
        token.mac(STATE).chain_update(&next).verify_slice(&proof).ok()?;
        let next = String::from_utf8(next).ok()?;
        Some((Self::begin(token, &next), next))
    }
}

/// An account of another server's, proved.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Who vouches for it.
    pub issuer: String,
    /// Its name there, which nobody else ever gets.
    pub subject: String,
}

/// Whose account it is.
///
/// # Errors
/// The database's failure.
pub fn holder(conn: &mut Conn, account: &Account) -> Result<Option<UserId>, Error> {
    db::outside_accounts::holder(conn, &account.issuer, &account.subject)
}

/// Links an account with a person; they may have several. With `only`, their password is good for
/// nothing from now on.
///
/// # Errors
/// [`AccountError`] in an administrator's words.
pub fn link(
    conn: &mut Conn,
    now: Timestamp,
    user: &UserId,
    (account, only): (&Account, bool),
) -> Result<(), AccountError> {
    let Account { issuer, subject } = account;
    let fits = !subject.is_empty() && subject.len() <= SUBJECT_BYTES;
    if !fits || subject.chars().any(char::is_control) {
        return Err(AccountError::BadText("subject"));
    }
    db::outside_accounts::insert(conn, (issuer, subject), user, now).map_err(
        |error| match error {
            Error::Taken => AccountError::Taken("an account, and it is linked"),
            other => AccountError::Db(other),
        },
    )?;
    match only {
        true => Ok(db::users::set_password(conn, user, NO_PASSWORD)?),
        false => Ok(()),
    }
}

/// Takes a person's accounts away, and ends what they are signed in to with a browser.
///
/// # Errors
/// [`AccountError::Unknown`] if there were none.
pub fn unlink(conn: &mut Conn, now: Timestamp, user: &UserId) -> Result<(), AccountError> {
    match db::outside_accounts::remove_of_user(conn, user)? {
        0 => Err(AccountError::Unknown("linked account")),
        _ => Ok(db::page_sessions::end_of_user(conn, user, now)?),
    }
}

/// Stored in place of a hash for who has no password: no hash begins like this.
pub const NO_PASSWORD: &str = "none";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_its_browsers_only_and_goes_on_where_it_was_going() {
        let (own, other) = (Token([1; 32]), Token([2; 32]));
        let attempt = Attempt::begin(&own, "/caseload?harm=on");
        let (back, next) = Attempt::back(&own, &attempt.state).unwrap();
        assert_eq!(next, "/caseload?harm=on");
        assert!(back == attempt && attempt.verifier.len() == 43);
        assert!(Attempt::back(&other, &attempt.state).is_none());
        let elsewhere = BASE64.encode("//evil.example");
        let proof = attempt.state.split('.').next().unwrap();
        for changed in [format!("{proof}.{elsewhere}"), format!(".{elsewhere}"), String::new()] {
            assert!(Attempt::back(&own, &changed).is_none(), "{changed}");
        }
        let all = [&attempt.nonce, &attempt.verifier, &attempt.state];
        let forms = BASE64.encode(own.form_code());
        assert!(all.iter().all(|it| !it.contains(&forms)) && attempt.nonce != attempt.verifier);
        let long = Attempt::begin(&own, &"/x".repeat(NEXT_BYTES));
        assert_eq!(Attempt::back(&own, &long.state).unwrap().1, "/");
    }
}

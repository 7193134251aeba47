//! Codes of an app beside the password (RFC 6238): six digits, new every thirty seconds.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use sync_core::ids::UserId;
use sync_core::limits::{CODE_TRIES, CODE_WAIT_MAX_MS, CODE_WAIT_MS};
use sync_core::time::Timestamp;
use totp_rs::{Builder, Secret, Totp};

use super::secrets::Secrets;
use crate::db::second_factors::Factor;
use crate::db::{self, Conn, Error};

/// Bytes of a secret: what the specification recommends.
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;

/// Random bytes of a factor.
#[derive(Clone, Copy)]
pub struct Fresh {
    /// The secret.
    pub secret: [u8; SECRET_BYTES],
    /// Under which it is sealed.
    pub nonce: [u8; 12],
}

/// How far a person's factor is.
#[derive(Clone, PartialEq, Eq)]
pub enum State {
    /// They have none.
    None,
    /// This secret is shown; no code of it has come yet.
    Begun([u8; SECRET_BYTES]),
    /// A code is asked for at each sign-in.
    Confirmed,
}

/// How far a person's factor is.
///
/// # Errors
/// The database's failure.
pub fn state(conn: &mut Conn, secrets: &Secrets, user: &UserId) -> Result<State, Error> {
    Ok(match db::second_factors::get(conn, user)? {
        None => State::None,
        Some(factor) if factor.confirmed => State::Confirmed,
        Some(factor) => State::Begun(open(secrets, user, &factor.sealed)?),
    })
}

/// Makes a person a secret, which counts for nothing until a code confirms it. False if they have a
/// confirmed one: that must be taken away first.
///
/// # Errors
/// The database's failure.
pub fn begin(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    (user, fresh): (&UserId, &Fresh),
) -> Result<bool, Error> {
    if db::second_factors::get(conn, user)?.is_some_and(|factor| factor.confirmed) {
        return Ok(false);
    }
    let sealed = seal(secrets, user, fresh)?;
    db::second_factors::begin(conn, user, &sealed, now)?;
    Ok(true)
}

/// From now on a code is asked for, if this one is right.
///
/// # Errors
/// The database's failure.
pub fn confirm(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    (user, code): (&UserId, &str),
) -> Result<bool, Error> {
    match db::second_factors::get(conn, user)? {
        Some(factor) if !factor.confirmed => {
            let right = judge(conn, now, secrets, (user, &factor, code))?;
            if right {
                db::second_factors::confirm(conn, user, now)?;
            }
            Ok(right)
        }
        _ => Ok(false),
    }
}

/// No code is asked for any more, if this one is right.
///
/// # Errors
/// The database's failure.
pub fn remove(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    (user, code): (&UserId, &str),
) -> Result<bool, Error> {
    let Some(factor) = db::second_factors::get(conn, user)? else { return Ok(false) };
    let right = judge(conn, now, secrets, (user, &factor, code))?;
    if right {
        db::second_factors::remove(conn, user)?;
    }
    Ok(right)
}

/// Whether somebody whose password was right may go on: they have no factor, or this is a code of it.
/// Who does not know the password never gets here, and so cannot keep anybody out.
///
/// # Errors
/// The database's failure.
pub fn check(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    (user, code): (&UserId, &str),
) -> Result<bool, Error> {
    match db::second_factors::get(conn, user)?.filter(|factor| factor.confirmed) {
        Some(factor) => judge(conn, now, secrets, (user, &factor, code)),
        None => Ok(true),
    }
}

/// Whether a code is right, was not taken before and does not come too soon after wrong ones.
fn judge(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    (user, factor, code): (&UserId, &Factor, &str),
) -> Result<bool, Error> {
    let code: String = code.chars().filter(|sign| !sign.is_whitespace()).collect();
    if code.is_empty() || now.since_ms(factor.wrong_at) < wait_ms(factor.wrong) {
        return Ok(false);
    }
    let totp = totp(&open(secrets, user, &factor.sealed)?)?;
    let seconds = u64::try_from(now.0.div_euclid(1000)).unwrap_or_default();
    let step = totp.check(&code, seconds).and_then(|step| i64::try_from(step).ok());
    if let Some(step) = step
        && db::second_factors::take(conn, user, step)?
    {
        return Ok(true);
    }
    db::second_factors::count_wrong(conn, user, now)?;
    Ok(false)
}

/// How long nothing is taken after so many wrong codes, milliseconds: twice as long each time, never
/// for ever.
fn wait_ms(wrong: i64) -> i64 {
    match wrong - CODE_TRIES {
        more if more < 0 => 0,
        more => CODE_WAIT_MS.saturating_mul(1 << more.min(16)).min(CODE_WAIT_MAX_MS),
    }
}

/// The secret as a person types it into an app.
#[must_use]
pub fn spelt(secret: &[u8; SECRET_BYTES]) -> String {
    Secret::new_stack(*secret).to_base32()
}

/// The secret as an app reads it from a picture or a link.
#[must_use]
pub fn link(secret: &[u8; SECRET_BYTES], sign_in: &str) -> String {
    let name: String = form_urlencoded::byte_serialize(sign_in.as_bytes()).collect();
    let name = name.replace('+', "%20");
    format!("otpauth://totp/Caseweave:{name}?secret={}&issuer=Caseweave", spelt(secret))
}

/// The code of a moment, for tests and for who must show one.
///
/// # Errors
/// [`Error::Corrupt`] for a secret that is none.
pub fn code_at(secret: &[u8; SECRET_BYTES], now: Timestamp) -> Result<String, Error> {
    let seconds = u64::try_from(now.0.div_euclid(1000)).unwrap_or_default();
    Ok(totp(secret)?.generate(seconds).to_string())
}

fn totp(secret: &[u8; SECRET_BYTES]) -> Result<Totp, Error> {
    let builder = Builder::new().with_secret(Secret::new_stack(*secret)).with_skew(1);
    let step = STEP_SECONDS.unsigned_abs();
    builder.with_step_duration(step).build().map_err(|_| Error::Corrupt("second factor"))
}

fn seal(secrets: &Secrets, user: &UserId, fresh: &Fresh) -> Result<Vec<u8>, Error> {
    let payload = Payload { msg: &fresh.secret, aad: user.as_bytes() };
    let sealed = cipher(secrets).encrypt(&Nonce::from(fresh.nonce), payload);
    let sealed = sealed.map_err(|_| Error::Corrupt("second factor"))?;
    Ok([fresh.nonce.as_slice(), &sealed].concat())
}

fn open(secrets: &Secrets, user: &UserId, sealed: &[u8]) -> Result<[u8; SECRET_BYTES], Error> {
    let opened = sealed.split_first_chunk::<12>().and_then(|(nonce, sealed)| {
        let payload = Payload { msg: sealed, aad: user.as_bytes() };
        cipher(secrets).decrypt(&Nonce::from(*nonce), payload).ok()?.try_into().ok()
    });
    opened.ok_or(Error::Corrupt("second factor"))
}

fn cipher(secrets: &Secrets) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(secrets.factor_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_specification() {
        let secret = *b"12345678901234567890";
        // RFC 6238, appendix B, the last six digits.
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
        {
            assert_eq!(code_at(&secret, Timestamp(seconds * 1000)).unwrap(), code);
        }
        assert_eq!(spelt(&secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let link = link(&secret, "iona macleod");
        assert!(link.starts_with("otpauth://totp/Caseweave:iona%20macleod?secret=GEZD"), "{link}");
    }

    #[test]
    fn one_who_guesses_codes_waits_longer_and_longer_but_never_for_ever() {
        let waits: Vec<_> = (0..CODE_TRIES + 3).map(wait_ms).collect();
        assert!(waits[..CODE_TRIES as usize].iter().all(|wait| *wait == 0));
        assert_eq!(
            waits[CODE_TRIES as usize..],
            [CODE_WAIT_MS, CODE_WAIT_MS * 2, CODE_WAIT_MS * 4]
        );
        assert_eq!(wait_ms(i64::MAX), CODE_WAIT_MAX_MS);
    }
}

//! One-time enrolment codes: short enough to be read out over the telephone.

use sync_core::ids::UserId;
use sync_core::time::Timestamp;

use super::secrets::Secrets;
use crate::db::{self, Conn, Error};

/// How long a code is good for, milliseconds.
pub const CODE_MS: i64 = Timestamp::DAY_MS;

/// Digits and letters that are not mistaken for one another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code as its owner reads it, once.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedCode {
    /// Ten signs in two groups: 50 random bits.
    pub code: String,
    /// From when it is of no use.
    pub expires_at: Timestamp,
}

/// Makes a code with which `user` may enrol one phone.
///
/// # Errors
/// [`Error::Missing`] for nobody, or somebody who left.
pub fn issue(
    conn: &mut Conn,
    now: Timestamp,
    secrets: &Secrets,
    user: &UserId,
    fresh: &[u8; 10],
) -> Result<IssuedCode, Error> {
    let known = db::users::by_id(conn, user)?;
    known.filter(|user| user.active).ok_or(Error::Missing)?;
    let signs: String =
        fresh.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let expires_at = now.plus_ms(CODE_MS);
    db::enrolment_codes::insert(conn, &secrets.code_hash(&signs), user, (now, expires_at))?;
    let (first, second) = signs.split_at(5);
    Ok(IssuedCode { code: format!("{first}-{second}"), expires_at })
}

/// The code as it is hashed: however it was typed.
#[must_use]
pub fn normalise(typed: &str) -> String {
    let signs = typed.chars().filter(|sign| sign.is_ascii_alphanumeric()).take(32);
    signs
        .map(|sign| match sign.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            'U' => 'V',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        assert_eq!(super::normalise(" a1b2c-3d4eo "), "A1B2C3D4E0");
        assert_eq!(super::normalise("A1B2C3D4E0"), super::normalise("ALB2C 3D4EO"));
    }
}

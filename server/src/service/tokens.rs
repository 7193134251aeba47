//! Access tokens: signed, ten minutes long, short enough for a 600-byte exchange.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sync_core::ids::{DeviceId, UserId};
use sync_core::time::Timestamp;

/// How long an access token is good for, milliseconds.
pub const ACCESS_MS: i64 = 10 * 60 * 1000;

const AUDIENCE: &str = "cw";
/// What stands before an Ed25519 seed in PKCS #8.
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Whom a token names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claims {
    /// The person.
    pub user: UserId,
    /// The session.
    pub session: [u8; 16],
    /// The phone, unless it is a sign-in with a password alone.
    pub device: Option<DeviceId>,
}

/// A token and its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// The token, about 240 bytes.
    pub token: String,
    /// From when it is refused.
    pub expires_at: Timestamp,
}

/// `s`: user, session and device, 16 bytes each, in base64url; the rest as JWT names them.
#[derive(Serialize, Deserialize)]
struct Body {
    s: String,
    exp: i64,
    aud: String,
}

/// Signs and checks access tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// With the key grown from `seed`.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        let pkcs8 = [PKCS8_PREFIX.as_slice(), seed].concat();
        let public = SigningKey::from_bytes(seed).verifying_key();
        // The only algorithm there is: a header that names another is refused before any key.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        // The end is compared with the caller's clock below, to the millisecond.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_ed_der(&pkcs8),
            decoding: DecodingKey::from_ed_der(public.as_bytes()),
            validation,
        }
    }

    /// A token for `claims` from `now` on. `None` only if the signer fails.
    #[must_use]
    pub fn issue(&self, claims: &Claims, now: Timestamp) -> Option<Access> {
        // Whole seconds, as JWT has them; rounded down, so that no token lives longer than said.
        let exp = now.plus_ms(ACCESS_MS).0.div_euclid(1000);
        let body = Body { s: names(claims), exp, aud: AUDIENCE.to_owned() };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = None;
        let token = jsonwebtoken::encode(&header, &body, &self.encoding).ok()?;
        Some(Access { token, expires_at: Timestamp(exp.saturating_mul(1000)) })
    }

    /// Whom `token` names, if this server signed it and it has not ended.
    #[must_use]
    pub fn check(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let body = self.signed(token)?;
        let alive = now.0 < body.exp.saturating_mul(1000);
        alive.then(|| read_names(&body.s)).flatten()
    }

    /// Whether this server signed it, ended or not.
    #[must_use]
    pub fn is_ours(&self, token: &str) -> bool {
        self.signed(token).is_some()
    }

    fn signed(&self, token: &str) -> Option<Body> {
        let data = jsonwebtoken::decode::<Body>(token, &self.decoding, &self.validation);
        data.ok().map(|data| data.claims)
    }
}

fn names(claims: &Claims) -> String {
    let mut bytes = claims.user.as_bytes().to_vec();
    bytes.extend(claims.session);
    bytes.extend(claims.device.iter().flat_map(|device| device.as_bytes()));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_names(text: &str) -> Option<Claims> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (user, rest) = bytes.split_at_checked(16)?;
    let (session, device) = rest.split_at_checked(16)?;
    let device = if device.is_empty() { None } else { Some(DeviceId::from_slice(device).ok()?) };
    Some(Claims { user: UserId::from_slice(user).ok()?, session: session.try_into().ok()?, device })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            user: UserId::from_bytes([1; 16]),
            session: [2; 16],
            device: Some(DeviceId::from_bytes([3; 16])),
        }
    }

    #[test]
    fn a_token_names_its_bearer_until_its_end() {
        let tokens = Tokens::new(&[9; 32]);
        let now = Timestamp(1_800_000_000_500);
        let access = tokens.issue(&claims(), now).unwrap();
        assert!(access.token.len() < 250, "{} bytes", access.token.len());
        assert_eq!(tokens.check(&access.token, now), Some(claims()));
        assert_eq!(tokens.check(&access.token, access.expires_at), None);
        assert!(tokens.is_ours(&access.token), "also when it has ended");
        assert!(access.expires_at <= now.plus_ms(ACCESS_MS));
        let without = Claims { device: None, ..claims() };
        let access = tokens.issue(&without, now).unwrap();
        assert_eq!(tokens.check(&access.token, now), Some(without));
    }

    #[test]
    fn nobody_elses_token_and_no_other_algorithm_is_taken() {
        let tokens = Tokens::new(&[9; 32]);
        let now = Timestamp(1_800_000_000_000);
        let foreign = Tokens::new(&[8; 32]).issue(&claims(), now).unwrap();
        assert_eq!(tokens.check(&foreign.token, now), None);
        assert!(!tokens.is_ours(&foreign.token));

        // Signed with the public key as if it were a shared secret: the classic swap.
        let public = SigningKey::from_bytes(&[9; 32]).verifying_key();
        let body =
            |aud: &str| Body { s: names(&claims()), exp: 1_900_000_000, aud: aud.to_owned() };
        let secret = EncodingKey::from_secret(public.as_bytes());
        let swapped = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &body("cw"), &secret);
        assert_eq!(tokens.check(&swapped.unwrap(), now), None);

        let header = Header::new(Algorithm::EdDSA);
        let right = jsonwebtoken::encode(&header, &body("cw"), &tokens.encoding).unwrap();
        assert_eq!(tokens.check(&right, now), Some(claims()));
        let other = jsonwebtoken::encode(&header, &body("else"), &tokens.encoding).unwrap();
        assert_eq!(tokens.check(&other, now), None);
    }
}

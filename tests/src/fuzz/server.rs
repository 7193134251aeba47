//! Bytes that only the server reads: what lets somebody in, and where a phone says it stands.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caseweave::api::identity::{EnrolRequest, TokenRequest};
use caseweave::service::codes::normalise;
use caseweave::service::pull::cursor::Cursor;
use caseweave::service::tokens::Tokens;
use ed25519_dalek::{Signer, SigningKey};
use sync_core::ids::{ClusterId, UserId};
use sync_core::time::Timestamp;

/// The invented server's key and clock.
pub(super) const SEED: [u8; 32] = [9; 32];
pub(super) const NOW: Timestamp = Timestamp(1_800_000_000_000);
static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::new(&SEED));

/// Sealed bytes are opened, and the same read as if the seal had been right.
pub(super) fn cursor(bytes: &[u8]) -> bool {
    let whose = (&UserId::from_bytes([1; 16]), &ClusterId::from_bytes([2; 16]));
    assert_eq!(Cursor::open(bytes, &SEED, &[3; 16], whose), None, "nobody sealed this");
    let Ok(cursor) = Cursor::decode(bytes) else { return false };
    assert_eq!(cursor.encode(), bytes, "a cursor has one spelling");
    let sealed = cursor.seal(&SEED, &[3; 16], whose, &[4; 16]);
    assert_eq!(Cursor::open(&sealed, &SEED, &[3; 16], whose), Some(cursor));
    true
}

/// A header and a body with a line between them, as they come and signed by the server's own key.
pub(super) fn access_token(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(TOKENS.check(&text, NOW), None, "nobody signed this");
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n').map(|it| URL_SAFE_NO_PAD.encode(it));
    let (Some(header), Some(body)) = (parts.next(), parts.next()) else { return false };
    let said = format!("{header}.{body}");
    let signature = SigningKey::from_bytes(&SEED).sign(said.as_bytes()).to_bytes();
    let token = format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature));
    TOKENS.check(&token, NOW).is_some()
}

pub(super) fn refresh_token(bytes: &[u8]) -> bool {
    serde_json::from_slice::<TokenRequest>(bytes).is_ok_and(|request| request.parse().is_ok())
}

pub(super) fn enrolment(bytes: &[u8]) -> bool {
    serde_json::from_slice::<EnrolRequest>(bytes).is_ok_and(|request| request.parse().is_ok())
}

pub(super) fn enrolment_code(bytes: &[u8]) -> bool {
    let typed = String::from_utf8_lossy(bytes);
    let code = normalise(&typed);
    assert!(code.len() <= 32 && code.bytes().all(|sign| sign.is_ascii_alphanumeric()));
    assert_eq!(normalise(&code), code, "a code stays what it is");
    !code.is_empty()
}

//! The server's own keys, made at its first start and kept in its database.

use std::fmt;

use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sync_core::ids::RecordId;
use sync_core::time::Timestamp;

use super::tokens::Tokens;
use crate::app::{Entropy, NoEntropy};
use crate::db::{self, Conn, Error, write_tx};

/// Fresh bytes for secrets that are not there yet.
pub struct Fresh {
    token_seed: [u8; 32],
    refresh_key: [u8; 32],
    code_key: [u8; 32],
    cursor_key: [u8; 32],
    log_id: [u8; 16],
    audit_seed: [u8; 32],
    factor_key: [u8; 32],
    attachment_key: [u8; 32],
    figures_seed: [u8; 32],
}

impl Fresh {
    /// Draws them all.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn draw(entropy: &Entropy) -> Result<Self, NoEntropy> {
        Ok(Self {
            token_seed: entropy.bytes()?,
            refresh_key: entropy.bytes()?,
            code_key: entropy.bytes()?,
            cursor_key: entropy.bytes()?,
            log_id: entropy.bytes()?,
            audit_seed: entropy.bytes()?,
            factor_key: entropy.bytes()?,
            attachment_key: entropy.bytes()?,
            figures_seed: entropy.bytes()?,
        })
    }
}

/// The server's keys.
pub struct Secrets {
    /// Signs and checks access tokens.
    pub tokens: Tokens,
    /// Seals cursors.
    pub cursor_key: [u8; 32],
    /// Names this server's logs, also after a restore: that a log is another is told by its chain.
    pub log_id: [u8; 16],
    /// Signs the ends of the audit's chains.
    pub audit_key: SigningKey,
    /// By which other servers know this one: signs the figures that it gives, and its own certificate.
    pub figures_key: SigningKey,
    /// Seals the secrets of people's apps.
    pub factor_key: [u8; 32],
    refresh_key: [u8; 32],
    code_key: [u8; 32],
    attachment_key: [u8; 32],
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(***)")
    }
}

/// Reads the secrets; stores `fresh` ones where none are.
///
/// # Errors
/// The database's failure; [`Error::Corrupt`] for a secret of the wrong size.
pub fn load_or_make(conn: &mut Conn, now: Timestamp, fresh: &Fresh) -> Result<Secrets, Error> {
    match write_tx(conn, |conn| load(conn, now, fresh)) {
        // Another process made them in the same moment: read what it made.
        Err(Error::Taken) => write_tx(conn, |conn| load(conn, now, fresh)),
        other => other,
    }
}

fn load(conn: &mut Conn, now: Timestamp, fresh: &Fresh) -> Result<Secrets, Error> {
    let token_seed = one(conn, "token_seed", &fresh.token_seed, now)?;
    Ok(Secrets {
        tokens: Tokens::new(&token_seed),
        refresh_key: one(conn, "refresh_key", &fresh.refresh_key, now)?,
        code_key: one(conn, "code_key", &fresh.code_key, now)?,
        cursor_key: one(conn, "cursor_key", &fresh.cursor_key, now)?,
        log_id: one(conn, "log_id", &fresh.log_id, now)?,
        audit_key: SigningKey::from_bytes(&one(conn, "audit_seed", &fresh.audit_seed, now)?),
        figures_key: SigningKey::from_bytes(&one(conn, "figures_seed", &fresh.figures_seed, now)?),
        factor_key: one(conn, "factor_key", &fresh.factor_key, now)?,
        attachment_key: one(conn, "attachment_key", &fresh.attachment_key, now)?,
    })
}

fn one<const N: usize>(
    conn: &mut Conn,
    name: &str,
    fresh: &[u8; N],
    now: Timestamp,
) -> Result<[u8; N], Error> {
    match db::secrets::get(conn, name)? {
        Some(bytes) => bytes.try_into().map_err(|_| Error::Corrupt("secret")),
        None => {
            db::secrets::insert(conn, name, fresh, now)?;
            Ok(*fresh)
        }
    }
}

impl Secrets {
    /// The refresh token that `session` was given at `issued_at`, which are its first eight bytes: always the
    /// same, so that a refresh whose answer was lost is answered the same again.
    #[must_use]
    pub fn refresh_token(&self, session: &[u8; 16], issued_at: Timestamp) -> [u8; 32] {
        let time = issued_at.0.to_be_bytes();
        let message = [session.as_slice(), &time].concat();
        let mut token = keyed(&self.refresh_key, b"caseweave refresh token", &message);
        token[..8].copy_from_slice(&time);
        token
    }

    /// What is stored of a refresh token.
    #[must_use]
    pub fn token_hash(&self, token: &[u8; 32]) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(b"caseweave refresh token");
        digest.update(token);
        digest.finalize().into()
    }

    /// The name and the key of the bytes of an attachment. Whoever has the files alone can tell neither
    /// whose they are nor which are equal.
    #[must_use]
    pub fn of_attachment(
        &self,
        record: &RecordId,
        digest: &[u8; 32],
        salt: &[u8; 32],
    ) -> ([u8; 16], [u8; 32]) {
        let whose = [record.as_bytes().as_slice(), digest, salt].concat();
        let name = keyed(&self.attachment_key, b"caseweave attachment name", &whose);
        let key = keyed(&self.attachment_key, b"caseweave attachment key", &whose);
        (name.first_chunk().copied().unwrap_or_default(), key)
    }

    /// What is stored of an enrolment code: keyed, because a code is short enough to be guessed
    /// from a plain hash.
    #[must_use]
    pub fn code_hash(&self, code: &str) -> [u8; 32] {
        keyed(&self.code_key, b"caseweave enrolment code", code.as_bytes())
    }
}

/// When a refresh token says that it was given. Of one that is not this server's it says nothing.
#[must_use]
pub fn issued_at(token: &[u8; 32]) -> Timestamp {
    Timestamp(i64::from_be_bytes(token.first_chunk().copied().unwrap_or_default()))
}

fn keyed(key: &[u8; 32], name: &[u8], message: &[u8]) -> [u8; 32] {
    // A key of the hash's own block size or less is taken as it is.
    let mut padded = [0; 64];
    padded[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&padded.into());
    mac.update(name);
    mac.update(message);
    mac.finalize().into_bytes().into()
}

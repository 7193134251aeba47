//! Passwords: Argon2id off the request threads, a few at a time, the same work for a person who is
//! known and one who is not.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::app::{Entropy, NoEntropy};

/// Shortest password that is accepted for a new account, in characters.
pub const MIN_CHARS: usize = 10;
/// Longest password that is looked at, bytes: what is longer is wrong without being hashed.
pub const MAX_BYTES: usize = 1024;
/// Hashes at a time: each takes a core and 19 MB for about 20 ms.
const AT_A_TIME: usize = 4;

/// Whether a new password is long enough, and not so long that it would never be looked at.
#[must_use]
pub fn is_acceptable(password: &str) -> bool {
    password.chars().count() >= MIN_CHARS && password.len() <= MAX_BYTES
}

/// How dear a hash is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordCost {
    /// OWASP's parameters for Argon2id: 19 MiB, two passes, one lane.
    Owasp,
    /// Nearly free. Never for real accounts.
    ForTests,
}

/// A hash could not be made.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashFailed;

impl From<NoEntropy> for HashFailed {
    fn from(_: NoEntropy) -> Self {
        Self
    }
}

/// Hashes and checks passwords. Clones share the turns.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// Checked in place of an unknown person's, so that both take the same time.
    decoy: Arc<str>,
}

impl Passwords {
    /// Sets up hashing at `cost`.
    ///
    /// # Errors
    /// [`HashFailed`] if not even the decoy can be hashed.
    pub fn new(cost: PasswordCost, entropy: &Entropy) -> Result<Self, HashFailed> {
        let params = match cost {
            PasswordCost::Owasp => Params::new(19 * 1024, 2, 1, None),
            PasswordCost::ForTests => Params::new(8, 1, 1, None),
        };
        let params = params.map_err(|_| HashFailed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, &entropy.bytes::<16>()?, &entropy.bytes()?)?.into();
        Ok(Self { argon2, turns: Arc::new(Semaphore::new(AT_A_TIME)), decoy })
    }

    /// The hash to store for a new password. Blocks for about 20 ms.
    ///
    /// # Errors
    /// [`HashFailed`].
    pub fn hash(&self, password: &str, salt: &[u8; 16]) -> Result<String, HashFailed> {
        hash(&self.argon2, password.as_bytes(), salt)
    }

    /// The hash to store, made off the request threads in its turn.
    ///
    /// # Errors
    /// [`HashFailed`].
    pub async fn make(&self, password: String, salt: [u8; 16]) -> Result<String, HashFailed> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| HashFailed)?;
        let passwords = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            passwords.hash(&password, &salt)
        });
        task.await.map_err(|_| HashFailed)?
    }

    /// Whether `password` is the one `stored` was made of; `None` for a person nobody knows does
    /// the same work and says no.
    ///
    /// # Errors
    /// [`HashFailed`] if the check itself was lost.
    pub async fn check(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, HashFailed> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| HashFailed)?;
        let passwords = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            // Who has no password is refused after the same work, too.
            let stored = stored.filter(|stored| PasswordHash::new(stored).is_ok());
            let known = stored.is_some();
            passwords.matches(&password, stored.as_deref().unwrap_or(&passwords.decoy)) && known
        });
        task.await.map_err(|_| HashFailed)
    }

    fn matches(&self, password: &str, stored: &str) -> bool {
        let Ok(stored) = PasswordHash::new(stored) else { return false };
        password.len() <= MAX_BYTES
            && self.argon2.verify_password(password.as_bytes(), &stored).is_ok()
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8], salt: &[u8; 16]) -> Result<String, HashFailed> {
    let hash: PasswordHash =
        argon2.hash_password_with_salt(password, salt).map_err(|_| HashFailed)?;
    Ok(hash.to_string())
}

//! What a vault is locked with, and the key that is made of it.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::VaultError;
use crate::limits::{
    PIN_CHARS, PIN_LANES, PIN_MEMORY_KIB, PIN_MEMORY_KIB_MAX, PIN_PASSES, PIN_PASSES_MAX,
};
use crate::store::StoreError;

/// 32 random bytes that the platform's key store keeps for this app on this phone alone. Wiped when
/// dropped; never shown.
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret made of these bytes, which must be random: they are used as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// A PIN or a passphrase, as it was typed. Wiped when dropped; never shown.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// The PIN that was typed. Whether it is a good one is asked when it becomes a lock.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether it is too short, one character repeated, or a run up or down, past 9 and 0 too.
    fn is_weak(&self) -> bool {
        let pairs = || self.0.chars().zip(self.0.chars().skip(1));
        self.0.chars().count() < PIN_CHARS
            || pairs().all(|(a, b)| a == b)
            || pairs().all(|(a, b)| follows(a, b))
            || pairs().all(|(a, b)| follows(b, a))
    }
}

/// Whether a run goes on from `a` to `b`.
fn follows(a: char, b: char) -> bool {
    match (a.to_digit(10), b.to_digit(10)) {
        (Some(a), Some(b)) => (a + 1) % 10 == b,
        _ => u32::from(a) + 1 == u32::from(b),
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

/// What opens a vault.
#[derive(Debug)]
pub enum Lock {
    /// The phone itself, to whoever gets past its own screen lock.
    Platform(Secret),
    /// What the user knows. Where the platform has a key store, [`Lock::Both`] is the better one: a
    /// copy of the folder is then of no use.
    Pin(Pin),
    /// What the user knows, on this phone.
    Both {
        /// The phone's.
        secret: Secret,
        /// The user's.
        pin: Pin,
    },
}

impl Lock {
    pub(super) const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Platform(secret) | Self::Both { secret, .. } => Some(secret),
            Self::Pin(_) => None,
        }
    }

    pub(super) const fn pin(&self) -> Option<&Pin> {
        match self {
            Self::Pin(pin) | Self::Both { pin, .. } => Some(pin),
            Self::Platform(_) => None,
        }
    }

    /// Refuses a PIN that others try first; to be asked before anything is done that cannot be repeated.
    ///
    /// # Errors
    /// [`VaultError::WeakPin`]
    pub fn refuse_weak(&self) -> Result<(), VaultError> {
        match self.pin() {
            Some(pin) if pin.is_weak() => Err(VaultError::WeakPin),
            _ => Ok(()),
        }
    }
}

/// How dear a try of a PIN is: Argon2id's parameters, as the keys file has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub(super) struct Cost {
    #[n(0)]
    memory_kib: u32,
    #[n(1)]
    passes: u32,
    #[n(2)]
    lanes: u32,
}

impl Cost {
    /// What this app asks for.
    pub(super) const NOW: Self =
        Self { memory_kib: PIN_MEMORY_KIB, passes: PIN_PASSES, lanes: PIN_LANES };

    fn params(&self) -> Option<Params> {
        let bearable = self.memory_kib <= PIN_MEMORY_KIB_MAX && self.passes <= PIN_PASSES_MAX;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32));
        params.ok().filter(|_| bearable)
    }

    /// A key made of the PIN, slowly.
    fn stretch(&self, pin: &Pin, salt: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let params = self.params().ok_or(VaultError::Damaged)?;
        let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut stretched = Zeroizing::new([0; 32]);
        let (typed, memory) = (pin.0.as_bytes(), memory.as_mut_slice());
        argon2
            .hash_password_into_with_memory(typed, salt, stretched.as_mut_slice(), memory)
            .map_err(|_| StoreError::Io("the PIN could not be tried".to_owned()))?;
        Ok(stretched)
    }
}

/// A keyed digest that shows later whether a secret is the same one. It tells nothing of it: the
/// secret is random and long.
pub(super) type Tag = minicbor::bytes::ByteArray<32>;

/// Which parts of a lock a vault needs, and what they are measured by.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) enum Needs {
    #[n(0)]
    Platform(#[n(0)] Tag),
    #[n(1)]
    Pin(#[n(0)] Cost),
    #[n(2)]
    Both(#[n(0)] Tag, #[n(1)] Cost),
}

impl Needs {
    /// What `lock` has, at the cost of this app.
    pub(super) fn of(lock: &Lock, salt: &[u8; 16]) -> Self {
        match lock {
            Lock::Platform(secret) => Self::Platform(tag(secret, salt)),
            Lock::Pin(_) => Self::Pin(Cost::NOW),
            Lock::Both { secret, .. } => Self::Both(tag(secret, salt), Cost::NOW),
        }
    }

    /// What a try of the PIN costs; none if no PIN is needed.
    pub(super) const fn cost(&self) -> Option<&Cost> {
        match self {
            Self::Platform(_) => None,
            Self::Pin(cost) | Self::Both(_, cost) => Some(cost),
        }
    }

    /// Whether the platform's secret is the one it was locked with, or none is needed.
    pub(super) fn fits_secret(&self, secret: Option<&Secret>, salt: &[u8; 16]) -> bool {
        match (self, secret) {
            (Self::Pin(_), _) => true,
            (Self::Platform(tag) | Self::Both(tag, _), Some(secret)) => {
                tag_of(secret, salt).verify_slice(tag.as_slice()).is_ok()
            }
            _ => false,
        }
    }
}

/// The key that seals the database's keys.
pub(super) struct Kek(Zeroizing<[u8; 32]>);

impl Kek {
    /// The key for `needs`, of what `lock` has of them; slow where a PIN is needed.
    pub(super) fn derive(needs: &Needs, lock: &Lock, salt: &[u8; 16]) -> Result<Self, VaultError> {
        let (kind, has_secret, cost) = match needs {
            Needs::Platform(_) => (b"p", true, None),
            Needs::Pin(cost) => (b"k", false, Some(cost)),
            Needs::Both(_, cost) => (b"b", true, Some(cost)),
        };
        // What is not needed stays zero; the kind keeps the three apart.
        let mut parts = Zeroizing::new([0; 64]);
        if has_secret {
            parts[..32].copy_from_slice(&lock.secret().ok_or(VaultError::WrongDevice)?.0);
        }
        if let Some(cost) = cost {
            let pin = lock.pin().ok_or(VaultError::PinNeeded)?;
            parts[32..].copy_from_slice(cost.stretch(pin, salt)?.as_slice());
        }
        let mac = keyed(&parts, &[b"caseweave phone vault 1", kind, salt]);
        Ok(Self(Zeroizing::new(mac.finalize().into_bytes().into())))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A digest under a key of one block.
pub(super) fn keyed(key: &[u8; 64], said: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new(key.into());
    said.iter().for_each(|part| mac.update(part));
    mac
}

fn tag(secret: &Secret, salt: &[u8; 16]) -> Tag {
    let tag: [u8; 32] = tag_of(secret, salt).finalize().into_bytes().into();
    tag.into()
}

fn tag_of(secret: &Secret, salt: &[u8; 16]) -> Hmac<Sha256> {
    let mut key = Zeroizing::new([0; 64]);
    key[..32].copy_from_slice(&secret.0);
    keyed(&key, &[b"caseweave platform secret 1", salt])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_that_others_try_first_are_weak() {
        let weak = |typed: &str| Pin::new(typed.to_owned()).is_weak();
        let bad = ["", "12345", "000000", "aaaaaaa", "123456", "654321", "678901", "3210987"];
        for typed in bad.into_iter().chain(["abcdef", "éééééé"]) {
            assert!(weak(typed), "{typed}");
        }
        for typed in ["123457", "112233", "193728", "correct horse", "éàüöäè", "99999a"] {
            assert!(!weak(typed), "{typed}");
        }
    }

    #[test]
    fn a_lock_is_not_shown() {
        let both = Lock::Both { secret: Secret::new([7; 32]), pin: Pin::new("193728".into()) };
        let shown = format!("{both:?}");
        assert!(!shown.contains("193728") && !shown.contains('7'), "{shown}");
    }

    #[test]
    fn a_try_of_a_pin_costs_a_moment() {
        let pin = Pin::new("193728".to_owned());
        let began = std::time::Instant::now();
        let stretched = Cost::NOW.stretch(&pin, &[1; 16]).unwrap();
        println!("one try of a PIN: {:?}", began.elapsed());
        assert!(began.elapsed().as_millis() < 3_000);
        assert_ne!(*stretched, *Cost::NOW.stretch(&pin, &[2; 16]).unwrap(), "the salt counts");
    }

    #[test]
    fn a_file_cannot_ask_for_the_whole_phone() {
        let dear = Cost { memory_kib: PIN_MEMORY_KIB_MAX + 1, ..Cost::NOW };
        let slow = Cost { passes: PIN_PASSES_MAX + 1, ..Cost::NOW };
        let none = Cost { memory_kib: 0, passes: 0, lanes: 0 };
        assert!(Cost::NOW.params().is_some());
        assert_eq!([dear, slow, none].map(|cost| cost.params().is_some()), [false; 3]);
    }
}

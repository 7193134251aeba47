//! The keys file: what a lock must fit, whose data it is, and the database's keys, sealed. While a key
//! is being changed there are two.
//!
//! A digest of all of it stands at its end, in every version to come: it tells damage from a wrong
//! PIN, which the seal cannot.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::Mac;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::lock::{Kek, Lock, Needs, Secret, keyed};
use super::{Key, Opened, VaultError, files, of_io};
use crate::ids::UserId;
use crate::store::StoreError;

/// The version that this app writes.
const VERSION: u32 = 1;
/// Bytes of the digest at the end.
const DIGEST: usize = 32;

/// Random bytes for one writing of a keys file; never used twice.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// For what the lock is made into.
    pub salt: [u8; 16],
    /// For the seal.
    pub nonce: [u8; 12],
}

/// The way to the server.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Contact {
    /// Its address.
    #[n(0)]
    pub server: String,
    /// The certificate of its authority in PEM, public or not: no other is trusted.
    #[n(1)]
    pub authority: Option<String>,
}

/// What can be read without a key. The seals hold only with the header that they were made with.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub(super) struct Header {
    #[n(0)]
    pub(super) needs: Needs,
    #[n(1)]
    salt: ByteArray<16>,
    #[n(2)]
    owner_salt: ByteArray<16>,
    #[n(3)]
    owner: ByteArray<32>,
    #[n(4)]
    pub(super) contact: Contact,
}

impl Header {
    pub(super) fn belongs_to(&self, user: &UserId) -> bool {
        owner_mac(user, &self.owner_salt).verify_slice(self.owner.as_slice()).is_ok()
    }

    pub(super) fn fits_secret(&self, secret: Option<&Secret>) -> bool {
        self.needs.fits_secret(secret, &self.salt)
    }
}

/// A key under a seal.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
struct Sealed {
    #[n(0)]
    nonce: ByteArray<12>,
    #[n(1)]
    key: ByteVec,
}

/// The file but for its digest.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Body {
    #[n(0)]
    version: u32,
    #[n(1)]
    header: ByteVec,
    #[n(2)]
    current: Sealed,
    #[n(3)]
    next: Option<Sealed>,
}

/// What every version's body begins with.
#[derive(Decode)]
#[cbor(map)]
struct Versioned {
    #[n(0)]
    version: u32,
}

/// A keys file as it was read or will be written.
pub(super) struct KeysFile {
    pub(super) header: Header,
    body: Body,
}

/// Where the keys of the database at `path` are.
pub(super) fn path_of(path: &Path) -> PathBuf {
    files::beside(path, "-keys")
}

impl KeysFile {
    /// A file for one key.
    pub(super) fn new(
        lock: &Lock,
        key: &Key,
        (user, contact): (&UserId, &Contact),
        fresh: &Fresh,
    ) -> Result<Self, VaultError> {
        let owner: [u8; 32] = owner_mac(user, &fresh.salt).finalize().into_bytes().into();
        let header = Header {
            needs: Needs::of(lock, &fresh.salt),
            salt: fresh.salt.into(),
            owner_salt: fresh.salt.into(),
            owner: owner.into(),
            contact: contact.clone(),
        };
        Self::sealed(header, lock, (key, None), fresh)
    }

    /// The same keys, owner and contact under another lock.
    pub(super) fn locked_anew(
        &self,
        lock: &Lock,
        keys: (&Key, Option<&Key>),
        fresh: &Fresh,
    ) -> Result<Self, VaultError> {
        let needs = Needs::of(lock, &fresh.salt);
        let header = Header { needs, salt: fresh.salt.into(), ..self.header.clone() };
        Self::sealed(header, lock, keys, fresh)
    }

    fn sealed(
        header: Header,
        lock: &Lock,
        (current, next): (&Key, Option<&Key>),
        fresh: &Fresh,
    ) -> Result<Self, VaultError> {
        let kek = Kek::derive(&header.needs, lock, &fresh.salt)?;
        let bytes = minicbor::to_vec(&header).map_err(|_| not_sealed())?;
        // One key seals two: never with the same nonce.
        let mut other = fresh.nonce;
        other[0] ^= 1;
        let current = seal(&kek, fresh.nonce, &bytes, current)?;
        let next = next.map(|key| seal(&kek, other, &bytes, key)).transpose()?;
        let body = Body { version: VERSION, header: bytes.into(), current, next };
        Ok(Self { header, body })
    }

    /// The file with the key that is to come beside the present one.
    pub(super) fn with_next(
        mut self,
        kek: &Kek,
        next: &Key,
        fresh: &Fresh,
    ) -> Result<Self, VaultError> {
        self.body.next = Some(seal(kek, fresh.nonce, &self.body.header, next)?);
        Ok(self)
    }

    /// The file with the key that was to come, alone: the change is made.
    pub(super) fn with_next_only(mut self) -> Self {
        if let Some(next) = self.body.next.take() {
            self.body.current = next;
        }
        self
    }

    /// The file with the present key alone: the change is taken back.
    pub(super) fn without_next(mut self) -> Self {
        self.body.next = None;
        self
    }

    /// Opens the seals with what `lock` has, which must be all that is needed; none if the lock is
    /// not the one.
    pub(super) fn open(self, lock: &Lock) -> Result<Option<Opened>, VaultError> {
        let kek = Kek::derive(&self.header.needs, lock, &self.header.salt)?;
        let Some(current) = unseal(&kek, &self.body.header, &self.body.current) else {
            return Ok(None);
        };
        let next = self.body.next.as_ref();
        let next = next.map(|next| unseal(&kek, &self.body.header, next));
        // The seal beside it held: this one must, too.
        let next = next.map(|next| next.ok_or(VaultError::Damaged)).transpose()?;
        Ok(Some(Opened { file: self, kek, current, next }))
    }

    pub(super) fn read(path: &Path) -> Result<Self, VaultError> {
        match fs::read(path_of(path)) {
            Ok(bytes) => Self::parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(VaultError::Missing),
            Err(error) => Err(of_io(&error).into()),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let (body, digest) = bytes.split_last_chunk::<DIGEST>().ok_or(VaultError::Damaged)?;
        if Sha256::digest(body).as_slice() != digest {
            return Err(VaultError::Damaged);
        }
        let Versioned { version } = decode(body)?;
        if version > VERSION {
            let (found, supported) = (version.into(), VERSION.into());
            return Err(StoreError::NewerSchema { found, supported }.into());
        }
        let body: Body = decode(body)?;
        Ok(Self { header: decode(&body.header)?, body })
    }

    /// Puts it in the place of the one that is there; durable when this returns.
    pub(super) fn write(&self, path: &Path) -> Result<(), VaultError> {
        let mut bytes = minicbor::to_vec(&self.body).map_err(|_| not_sealed())?;
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        Ok(files::replace(&path_of(path), &bytes).map_err(|error| of_io(&error))?)
    }
}

fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, VaultError> {
    minicbor::decode(bytes).map_err(|_| VaultError::Damaged)
}

fn owner_mac(user: &UserId, salt: &[u8; 16]) -> hmac::Hmac<Sha256> {
    let mut key = [0; 64];
    key[..16].copy_from_slice(salt);
    keyed(&key, &[b"caseweave owner of a phone 1", user.as_bytes()])
}

fn seal(kek: &Kek, nonce: [u8; 12], about: &[u8], key: &Key) -> Result<Sealed, VaultError> {
    let payload = Payload { msg: key.bytes().as_slice(), aad: about };
    let sealed = cipher(kek).encrypt(&Nonce::from(nonce), payload).map_err(|_| not_sealed())?;
    Ok(Sealed { nonce: nonce.into(), key: sealed.into() })
}

fn unseal(kek: &Kek, about: &[u8], sealed: &Sealed) -> Option<Key> {
    let payload = Payload { msg: &sealed.key, aad: about };
    let key = cipher(kek).decrypt(&Nonce::from(*sealed.nonce), payload).ok()?;
    let key = Zeroizing::new(key);
    Some(Key::new(key.as_slice().try_into().ok()?))
}

fn cipher(kek: &Kek) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(kek.bytes().into())
}

fn not_sealed() -> VaultError {
    StoreError::Io("the key could not be sealed".to_owned()).into()
}

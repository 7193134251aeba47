//! The signature over a batch: by the phone's key, over a salted digest of each change.
//!
//! The salt hides a change's content from its digest once an erasure has removed the salt: the
//! log's chain runs over salted digests, so it stays provable when the content is gone.

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::ids::{Actor, ClusterId, DeviceId};
use crate::protocol::message::ActorClaim;

/// The salt of the `n`th change of a batch, from the batch's random seed.
#[must_use]
pub fn salt(seed: &[u8; 16], n: u32) -> [u8; 16] {
    let mut salt = [0; 16];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(seed) {
        mac.update(b"caseweave salt 1");
        mac.update(&n.to_be_bytes());
        salt.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    }
    salt
}

/// The digest that stands for a change in signatures and in the log's chain: over the first bytes of
/// its hash, as the push names them, so that a signature can be checked before anything is decoded.
#[must_use]
pub fn salted_digest(salt: &[u8; 16], hash: &[u8; 16]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"caseweave change 1");
    digest.update(salt);
    digest.update(hash);
    digest.finalize().into()
}

/// What a batch's signature is over, collected record by record: the digest of each record's
/// envelope, then the salted digest of each of its changes. It holds no content, so a log can keep it
/// and anybody with the phone's key can check the signature for ever.
#[derive(Clone)]
pub struct BatchDigest {
    cluster: ClusterId,
    seed: [u8; 16],
    changes: u32,
    signed: Vec<u8>,
}

impl BatchDigest {
    /// An empty batch for a cluster.
    #[must_use]
    pub const fn new(cluster: &ClusterId, seed: [u8; 16]) -> Self {
        Self { cluster: *cluster, seed, changes: 0, signed: Vec::new() }
    }

    /// The next record's envelope.
    pub fn record(&mut self, envelope: &[u8]) {
        self.signed.extend(Sha256::digest(envelope));
    }

    /// The record's next change; gives its salt and salted digest.
    pub fn change(&mut self, hash: &[u8; 16]) -> ([u8; 16], [u8; 32]) {
        let salt = salt(&self.seed, self.changes);
        let salted = salted_digest(&salt, hash);
        self.changes += 1;
        self.signed.extend(salted);
        (salt, salted)
    }

    /// Signs the batch.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> [u8; 64] {
        key.sign(&message(&self.cluster, &self.signed)).to_bytes()
    }

    /// The digests that the signature is over, 32 bytes each.
    #[must_use]
    pub fn into_signed(self) -> Vec<u8> {
        self.signed
    }
}

/// Whether `key` signed a batch of these digests for this cluster.
#[must_use]
pub fn is_signed(
    cluster: &ClusterId,
    signed: &[u8],
    key: &VerifyingKey,
    signature: &[u8; 64],
) -> bool {
    key.verify(&message(cluster, signed), &Signature::from_bytes(signature)).is_ok()
}

/// A phone's word on the actors that it writes as, signed.
#[must_use]
pub fn claim(device: &DeviceId, actors: Vec<Actor>, key: &SigningKey) -> ActorClaim {
    let signature = key.sign(&claim_message(device, &actors)).to_bytes();
    ActorClaim { actors, signature }
}

/// Whether the phone with this key says so of itself.
#[must_use]
pub fn is_claimed(device: &DeviceId, claim: &ActorClaim, key: &VerifyingKey) -> bool {
    let message = claim_message(device, &claim.actors);
    key.verify(&message, &Signature::from_bytes(&claim.signature)).is_ok()
}

fn claim_message(device: &DeviceId, actors: &[Actor]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"caseweave actors 1");
    digest.update(device.as_bytes());
    actors.iter().for_each(|actor| digest.update(actor.as_bytes()));
    digest.finalize().into()
}

fn message(cluster: &ClusterId, signed: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"caseweave batch 1");
    digest.update(cluster.as_bytes());
    digest.update(signed);
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_batch_only() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let batch = |cluster: u8, hash: u8| {
            let mut batch = BatchDigest::new(&ClusterId::from_bytes([cluster; 16]), [1; 16]);
            batch.record(b"envelope");
            batch.change(&[hash; 16]);
            batch
        };
        let signature = batch(1, 2).sign(&key);
        let holds = |cluster: u8, hash: u8, key: &SigningKey| {
            let signed = batch(cluster, hash).into_signed();
            let cluster = ClusterId::from_bytes([cluster; 16]);
            is_signed(&cluster, &signed, &key.verifying_key(), &signature)
        };
        assert!(holds(1, 2, &key));
        assert!(!holds(1, 3, &key));
        assert!(!holds(2, 2, &key));
        assert!(!holds(1, 2, &SigningKey::from_bytes(&[6; 32])));
    }

    #[test]
    fn actors_are_claimed_by_their_own_phone_only() {
        let (key, other) = (SigningKey::from_bytes(&[5; 32]), SigningKey::from_bytes(&[6; 32]));
        let device = |n: u8| DeviceId::from_bytes([n; 16]);
        let said = claim(&device(1), vec![Actor::from_bytes([2; 16])], &key);
        assert!(is_claimed(&device(1), &said, &key.verifying_key()));
        assert!(!is_claimed(&device(2), &said, &key.verifying_key()));
        assert!(!is_claimed(&device(1), &said, &other.verifying_key()));
        let more = ActorClaim { actors: vec![Actor::from_bytes([3; 16])], ..said };
        assert!(!is_claimed(&device(1), &more, &key.verifying_key()));
    }

    #[test]
    fn salts_differ_by_change_and_seed() {
        assert_ne!(salt(&[1; 16], 0), salt(&[1; 16], 1));
        assert_ne!(salt(&[1; 16], 0), salt(&[2; 16], 0));
    }
}

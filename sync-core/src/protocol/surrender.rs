//! What a phone says that was retired or reported stolen. It has no session any more: it speaks under
//! its own key, so that no token that ran out keeps its user's work on it.

use std::io::{self, Read};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::ids::{ClusterId, DeviceId};
use crate::limits::{REQUEST_BYTES, REQUEST_INFLATED_BYTES};
use crate::protocol::message::{Answer, ClusterCursor, SyncRequest};
use crate::protocol::stream::{StreamError, inflate_head, pack, unpack};

/// What a message's signature is over, before the message.
const SURRENDER: &[u8] = b"caseweave surrender v1";
/// Bytes of a message that surely hold its first field.
const HEAD_BYTES: usize = 64;
/// What a receipt's signature is over, before phone and order.
const ERASED: &[u8] = b"caseweave erased v1";

/// What only this phone has, as far as one message holds it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Surrender {
    /// Unsent work, as in any exchange, with the cursors that say what the phone had heard.
    #[n(0)]
    pub request: SyncRequest,
    /// Returned work.
    #[n(1)]
    pub returned: Vec<HandedOver>,
    /// What is left on the phone after this message that the server has not answered for. None: the
    /// phone asks to be told what to do.
    #[n(2)]
    pub left: u64,
}

/// A piece of returned work.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct HandedOver {
    /// Its name on the phone.
    #[n(0)]
    pub id: u64,
    /// The change in its record ([`crate::protocol::frame::encode_push`]); its hash is not told.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub frame: Vec<u8>,
    /// The code of the reason why it came back.
    #[n(2)]
    pub reason: String,
}

/// A [`Surrender`] under the phone's signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Sealed {
    /// The phone.
    #[n(0)]
    pub device: DeviceId,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    message: Vec<u8>,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl Sealed {
    /// Signs a message.
    ///
    /// # Errors
    /// If memory fails.
    pub fn new(
        device: DeviceId,
        key: &SigningKey,
        message: &Surrender,
    ) -> Result<Self, StreamError> {
        let message = minicbor::to_vec(message);
        let message = message.map_err(|error| StreamError::Cut(io::Error::other(error)))?;
        let signature = key.sign(&[SURRENDER, &message].concat()).to_bytes();
        Ok(Self { device, message, signature })
    }

    /// The bytes for the way.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        pack(self)
    }

    /// The phone that a message says it is of, from its first bytes: little is inflated for that.
    ///
    /// # Errors
    /// [`StreamError`]
    pub fn device_of(bytes: &[u8]) -> Result<DeviceId, StreamError> {
        let head = inflate_head(bytes, HEAD_BYTES)?;
        let mut decoder = minicbor::Decoder::new(&head);
        let is_first = decoder.map().is_ok() && matches!(decoder.u8(), Ok(0));
        let device = decoder.decode().map_err(|_| StreamError::Damaged)?;
        if is_first { Ok(device) } else { Err(StreamError::Damaged) }
    }

    /// Reads what a phone sent, whoever it is.
    ///
    /// # Errors
    /// [`StreamError`]
    pub fn unpack(bytes: &[u8]) -> Result<Self, StreamError> {
        unpack(bytes, REQUEST_INFLATED_BYTES)
    }

    /// Whether the phone with this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &[u8; 32]) -> bool {
        is_signed(key, &[SURRENDER, &self.message].concat(), &self.signature)
    }

    /// The message.
    ///
    /// # Errors
    /// [`StreamError::Damaged`]
    pub fn message(&self) -> Result<Surrender, StreamError> {
        minicbor::decode(&self.message).map_err(|_| StreamError::Damaged)
    }
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Surrendered {
    /// What became of each pushed change.
    #[n(0)]
    pub answers: Vec<Answer>,
    /// The returned work that the server has now.
    #[n(1)]
    pub kept: Vec<u64>,
    /// What the phone is to do.
    #[n(2)]
    pub erase: Option<EraseOrder>,
    /// Clusters whose log is another one than the phone's cursors are of: the server was restored from a
    /// backup. The phone sends its own work again before there is an order.
    #[n(3)]
    #[cbor(default)]
    pub anew: Vec<ClusterId>,
    /// Where the phone stands now that the server has what it brought: a server that loses that again has
    /// another log. None of a cluster in [`Surrendered::anew`].
    #[n(4)]
    #[cbor(default)]
    pub stands: Vec<ClusterCursor>,
}

impl Surrendered {
    /// The bytes for the way.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        pack(self)
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`StreamError`]
    pub fn unpack(body: impl Read) -> Result<Self, StreamError> {
        unpack(body.take(REQUEST_BYTES as u64), REQUEST_INFLATED_BYTES)
    }
}

/// The order to erase everything on the phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct EraseOrder {
    /// Its name.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// Whether nothing is waited for: the phone was reported stolen.
    #[n(1)]
    pub at_once: bool,
}

/// That everything on a phone was erased. It is made before, for the key goes too, and sent after.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// The phone.
    #[n(0)]
    pub device: DeviceId,
    /// The order that it followed.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub order: [u8; 16],
    /// The signature of the phone's key.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl Receipt {
    /// Signs a receipt.
    #[must_use]
    pub fn new(device: DeviceId, key: &SigningKey, order: [u8; 16]) -> Self {
        let signature = key.sign(&erased(&device, &order)).to_bytes();
        Self { device, order, signature }
    }

    /// Whether the phone with this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &[u8; 32]) -> bool {
        is_signed(key, &erased(&self.device, &self.order), &self.signature)
    }
}

fn erased(device: &DeviceId, order: &[u8; 16]) -> Vec<u8> {
    [ERASED, device.as_bytes(), order].concat()
}

fn is_signed(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_messages_phone_is_read_from_its_head() {
        let (device, key) = (DeviceId::from_bytes([2; 16]), SigningKey::from_bytes(&[1; 32]));
        let request = SyncRequest {
            version: 1,
            cursors: Vec::new(),
            batches: Vec::new(),
            now: crate::time::Timestamp(0),
            more: false,
            whole: false,
            stats: false,
            actors: None,
            openings: Vec::new(),
        };
        let message = Surrender { request, returned: Vec::new(), left: 0 };
        let sealed = Sealed::new(device, &key, &message).unwrap().pack().unwrap();
        assert_eq!(Sealed::device_of(&sealed).unwrap(), device);
        assert!(Sealed::device_of(&sealed[..8]).is_err());
        assert!(Sealed::device_of(b"no stream").is_err());
        let bomb = zstd::stream::encode_all(vec![0; 1 << 22].as_slice(), 3).unwrap();
        assert!(matches!(Sealed::device_of(&bomb), Err(StreamError::Damaged)));
    }

    #[test]
    fn an_answer_of_before_says_nothing_of_another_log() {
        let before = minicbor::decode::<Surrendered>(&[0xa2, 0x00, 0x80, 0x01, 0x80]);
        assert_eq!(before.unwrap(), Surrendered::default());
        let cluster = ClusterId::from_bytes([7; 16]);
        let stands = ClusterCursor { cluster, cursor: vec![1], held: Vec::new() };
        let told =
            Surrendered { anew: vec![cluster], stands: vec![stands], ..Surrendered::default() };
        assert_eq!(Surrendered::unpack(told.pack().unwrap().as_slice()).unwrap(), told);
    }

    #[test]
    fn a_receipt_holds_for_its_phone_key_and_order_only() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let public = key.verifying_key().to_bytes();
        let receipt = Receipt::new(DeviceId::from_bytes([2; 16]), &key, [3; 16]);
        assert!(receipt.is_signed_by(&public));
        assert!(
            !receipt.is_signed_by(&SigningKey::from_bytes(&[4; 32]).verifying_key().to_bytes())
        );
        let other = DeviceId::from_bytes([5; 16]);
        assert!(!Receipt { device: other, ..receipt.clone() }.is_signed_by(&public));
        assert!(!Receipt { order: [6; 16], ..receipt }.is_signed_by(&public));
    }
}

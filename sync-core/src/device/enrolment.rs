//! Who uses the phone's database, as the server confirmed it, and the session with that server.

use ed25519_dalek::SigningKey;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::device::DeviceError;
use crate::engine::client::Identity;
use crate::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use crate::policy::{Principal, Role};
use crate::store::{Shelf, Store, StoreError, Write};

const ENROLLED: &[u8] = b"enrolled";
const SESSION: &[u8] = b"session";

/// A certificate that the phone shows the server, where one is asked for, and its key, in PEM. Not the
/// key that the phone signs with.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct OwnCertificate {
    /// The certificate with its chain.
    #[n(0)]
    pub chain: String,
    /// Its private key.
    #[n(1)]
    pub key: String,
}

/// Where a server is, and what is shown and trusted there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Its address, such as `https://caseweave.example:8443`.
    pub server: String,
    /// The certificate of the authority that its own is from, in PEM; without it no server is trusted.
    pub authority: Option<String>,
    /// What the phone shows it, if it must.
    #[serde(default)]
    pub certificate: Option<OwnCertificate>,
}

impl Address {
    /// The server that a phone is enrolled at.
    #[must_use]
    pub fn of(enrolled: &Enrolled) -> Self {
        let Enrolled { server, authority, certificate, .. } = enrolled.clone();
        Self { server, authority, certificate }
    }
}

/// What enrolment gave the phone. The signing key never leaves it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enrolled {
    /// The server's address.
    #[n(0)]
    pub server: String,
    /// The certificate of the authority that the server's own is from, in PEM; without it no server is trusted.
    #[n(1)]
    pub authority: Option<String>,
    /// The user.
    #[n(2)]
    pub user: UserId,
    /// The name on screens.
    #[n(3)]
    pub name: String,
    /// The user's agency.
    #[n(4)]
    pub agency: AgencyId,
    /// The phone.
    #[n(5)]
    pub device: DeviceId,
    /// Its actor.
    #[n(6)]
    pub actor: Actor,
    /// Its signing key.
    #[n(7)]
    #[cbor(with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// Clusters with their names.
    #[n(8)]
    pub clusters: Vec<(ClusterId, String)>,
    /// Roles by cluster.
    #[n(9)]
    pub roles: Vec<(ClusterId, String)>,
    /// What the phone shows the server, if it must.
    #[n(10)]
    pub certificate: Option<OwnCertificate>,
}

/// The session with the server.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Session {
    /// What requests carry; good for minutes.
    #[n(0)]
    pub access_token: String,
    /// What a new one is got with.
    #[n(1)]
    pub refresh_token: String,
}

impl Enrolled {
    /// Reads it from the store.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn load(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let bytes = store.item(Shelf::Meta, ENROLLED)?;
        let damaged = |_| StoreError::Damaged("enrolment".into());
        bytes.map(|bytes| minicbor::decode(&bytes).map_err(damaged)).transpose()
    }

    /// Writes it, with the first session, in one commit.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn save(&self, session: &Session, store: &mut dyn Store) -> Result<(), DeviceError> {
        store.commit(&[self.write()?, session.write()?])?;
        Ok(())
    }

    pub(super) fn write(&self) -> Result<Write, StoreError> {
        Ok(Write::Set(Shelf::Meta, ENROLLED.to_vec(), encoded(self)?))
    }

    /// The user and keys as the engine needs them.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let principal = Principal::new(self.user, self.agency);
        let roles = self
            .roles
            .iter()
            .filter_map(|(cluster, role)| Some((*cluster, role.parse::<Role>().ok()?)));
        Identity {
            principal: roles
                .fold(principal, |principal, (cluster, role)| principal.with(cluster, role)),
            name: self.name.clone(),
            device: self.device,
            actor: self.actor,
            key: SigningKey::from_bytes(&self.key),
        }
    }
}

impl Session {
    /// The refresh token's bytes; none if there is no session.
    pub(super) fn token_bytes(&self) -> Option<[u8; 32]> {
        let (high, low) = self.refresh_token.split_at_checked(32)?;
        let half = |text: &str| text.parse::<Actor>().ok().map(|half| *half.as_bytes());
        [half(high)?, half(low)?].concat().try_into().ok()
    }

    /// Reads it from the store.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn load(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let bytes = store.item(Shelf::Meta, SESSION)?;
        let damaged = |_| StoreError::Damaged("session".into());
        bytes.map(|bytes| minicbor::decode(&bytes).map_err(damaged)).transpose()
    }

    /// How to write it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn write(&self) -> Result<Write, StoreError> {
        Ok(Write::Set(Shelf::Meta, SESSION.to_vec(), encoded(self)?))
    }
}

/// How the session ends on the phone.
pub(super) fn signed_out() -> Write {
    Write::Remove(Shelf::Meta, SESSION.to_vec())
}

fn encoded<T: Encode<()>>(value: &T) -> Result<Vec<u8>, StoreError> {
    minicbor::to_vec(value).map_err(|_| StoreError::Damaged("memory".into()))
}

//! Enrolment: an empty store becomes a person's phone. One whose session is over is let in again, with
//! all that is on it, and one that signs out keeps all but its session.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::device::enrolment::{Address, Enrolled, Session, signed_out};
use crate::device::transport::TransportError;
use crate::device::{Device, DeviceError};
use crate::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use crate::store::{Shelf, Store, StoreError, Write};

/// Key and actor of an enrolment whose answer has not come: a repeat must use the same.
const ENROLLING: &[u8] = b"phone enrolling";

/// What a person types to be let in.
#[derive(Clone)]
pub struct Credentials {
    /// The one-time code, however it is spelt. Letting in again takes a new one.
    pub code: String,
    /// The sign-in name.
    pub sign_in: String,
    /// The password. It is sent and never kept.
    pub password: String,
    /// The code of the person's app, if they have set one up.
    pub app_code: Option<String>,
    /// What the user calls the phone; not empty.
    pub device_name: String,
}

/// Random bytes for a phone that is new, from the platform's source for secrets.
#[derive(Clone, Copy)]
pub struct Fresh {
    /// Its signing key.
    pub key: [u8; 32],
    /// Its actor.
    pub actor: [u8; 16],
}

/// What the server is asked.
#[derive(Serialize)]
pub struct EnrolAsk {
    /// The one-time code.
    pub code: String,
    /// The sign-in name.
    pub sign_in: String,
    /// The password.
    pub password: String,
    /// The phone's public key: 64 hexadecimal digits.
    pub public_key: String,
    /// Its actor.
    pub actor: Actor,
    /// What the user calls it.
    pub device_name: String,
    /// The code of the person's app.
    pub app_code: Option<String>,
}

/// What the server answers.
#[derive(Deserialize)]
pub struct EnrolAnswer {
    /// The phone's name at the server.
    pub device: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Their name on screens.
    pub display_name: String,
    /// Whom they work for; none for somebody without a post.
    pub agency: Option<AgencyAnswer>,
    /// Where they work.
    pub clusters: Vec<ClusterAnswer>,
    /// What requests carry.
    pub access_token: String,
    /// What a new one is got with.
    pub refresh_token: String,
}

/// An agency, as the server answers.
#[derive(Deserialize)]
pub struct AgencyAnswer {
    /// The agency.
    pub id: AgencyId,
}

/// A cluster, as the server answers.
#[derive(Deserialize)]
pub struct ClusterAnswer {
    /// The cluster.
    pub id: ClusterId,
    /// Its name on screens.
    pub name: String,
    /// What the person does in it, by name.
    pub roles: Vec<String>,
}

/// The way to a server for whoever has no session there.
pub trait Reception {
    /// Asks to be let in. Safe to repeat if the answer is lost.
    ///
    /// # Errors
    /// [`EnrolError`]
    fn enrol(&mut self, asked: &EnrolAsk) -> Result<EnrolAnswer, EnrolError>;
}

/// Why nobody was let in. What is on the phone is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// The server does not know the name, or the password or the app's code is another.
    #[error("the sign-in name or the password is not right")]
    SignIn,
    /// There is no such one-time code for this person.
    #[error(
        "the server refused: There is no such enrolment code for you. Check what you typed, or ask \
         for another."
    )]
    CodeUnknown,
    /// Another phone was enrolled with this code.
    #[error("the server refused: This enrolment code was used already. Ask for another.")]
    CodeUsed,
    /// The code's time is over.
    #[error("the server refused: This enrolment code is too old. Ask for another.")]
    CodeExpired,
    /// The server knows the phone as another person's, or as one that was retired or stolen.
    #[error("the server refused: This phone is enrolled already.")]
    PhoneKnown,
    /// The phone holds another person's data: that person's work must not get into other hands.
    #[error("this phone is somebody's already: it cannot become another person's")]
    AnothersPhone,
    /// The account has no post in any agency.
    #[error("this account has no post in any agency")]
    NoPost,
    /// What was typed cannot be the address of a server: nothing was sent.
    #[error(
        "the server's address must begin with https:// and its name, such as \
         https://caseweave.example:8443"
    )]
    NoAddress,
    /// It was tried too often.
    #[error("that was tried too often: wait a little and try again")]
    TooOften,
    /// The way to the server, or another no of it.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EnrolError {
    /// The error of a code that the server answers; none for one that has no name here.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "sign_in_failed" => Some(Self::SignIn),
            "code_unknown" => Some(Self::CodeUnknown),
            "code_used" => Some(Self::CodeUsed),
            "code_expired" => Some(Self::CodeExpired),
            "device_known" => Some(Self::PhoneKnown),
            "too_often" => Some(Self::TooOften),
            _ => None,
        }
    }
}

/// The phone's own secrets.
struct Own {
    key: [u8; 32],
    actor: Actor,
}

/// Makes a store a person's phone, or lets the phone in again that it is. `fresh` is used by a phone
/// that is new. Safe to repeat after any failure, with other random bytes, too.
///
/// # Errors
/// [`EnrolError`]; the store has no session then that it had not before.
pub fn enrol(
    store: &mut dyn Store,
    way: &mut dyn Reception,
    to: &Address,
    who: &Credentials,
    fresh: Fresh,
) -> Result<Enrolled, EnrolError> {
    let before = Enrolled::load(store)?;
    let own = match &before {
        Some(before) => Own { key: before.key, actor: before.actor },
        None => own(store, fresh)?,
    };
    let answer = way.enrol(&own.ask(who))?;
    if before.is_some_and(|before| before.user != answer.user) {
        return Err(EnrolError::AnothersPhone);
    }
    let (enrolled, session) = own.enrolled(to, answer)?;
    let begun = Write::Remove(Shelf::Meta, ENROLLING.to_vec());
    store.commit(&[enrolled.write()?, session.write()?, begun])?;
    Ok(enrolled)
}

impl<S: Store> Device<S> {
    /// Lets the user in again whose session is over, with a new one-time code, at the server that the
    /// phone is enrolled at. Nothing else on the phone changes.
    ///
    /// # Errors
    /// [`EnrolError`]
    pub fn sign_in_again(
        &mut self,
        way: &mut dyn Reception,
        who: &Credentials,
    ) -> Result<(), EnrolError> {
        let (key, actor) = (self.identity.key.to_bytes(), *self.first_actor.as_bytes());
        let enrolled = Enrolled::load(&self.store)?;
        let enrolled =
            enrolled.ok_or(EnrolError::Store(StoreError::Damaged("enrolment".into())))?;
        let to = Address::of(&enrolled);
        let enrolled = enrol(&mut self.store, way, &to, who, Fresh { key, actor })?;
        self.identity = enrolled.identity();
        self.clusters = enrolled.clusters.into_iter().collect();
        Ok(self.read_again()?)
    }

    /// Ends the session on this phone. Nothing else goes: what is unsent waits, reading and writing go
    /// on, and the next sync says [`TransportError::SignedOut`].
    ///
    /// # Errors
    /// [`DeviceError::Store`]
    pub fn sign_out(&mut self) -> Result<(), DeviceError> {
        Ok(self.store.commit(&[signed_out()])?)
    }

    /// Whether there is a session. It may be over at the server all the same.
    ///
    /// # Errors
    /// [`DeviceError::Store`]
    pub fn is_signed_in(&self) -> Result<bool, DeviceError> {
        Ok(Session::load(&self.store)?.is_some())
    }
}

/// The phone's key and actor, made at the first try and kept: the server answers a repeat whose answer
/// was lost only if it is the same phone that asks.
fn own(store: &mut dyn Store, fresh: Fresh) -> Result<Own, StoreError> {
    if let Some(kept) = store.item(Shelf::Meta, ENROLLING)? {
        return Own::read(&kept).ok_or_else(|| StoreError::Damaged("enrolling".into()));
    }
    let own = Own { key: fresh.key, actor: Actor::from_bytes(fresh.actor) };
    let bytes = [own.key.as_slice(), own.actor.as_bytes()].concat();
    store.commit(&[Write::Set(Shelf::Meta, ENROLLING.to_vec(), bytes)])?;
    Ok(own)
}

impl Own {
    fn read(kept: &[u8]) -> Option<Self> {
        let (key, actor) = kept.split_at_checked(32)?;
        Some(Self { key: key.try_into().ok()?, actor: Actor::from_slice(actor).ok()? })
    }

    fn ask(&self, who: &Credentials) -> EnrolAsk {
        let public = SigningKey::from_bytes(&self.key).verifying_key();
        let Credentials { code, sign_in, password, app_code, device_name } = who.clone();
        EnrolAsk {
            code,
            sign_in,
            password,
            public_key: public.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
            actor: self.actor,
            device_name,
            app_code,
        }
    }

    fn enrolled(
        &self,
        to: &Address,
        answer: EnrolAnswer,
    ) -> Result<(Enrolled, Session), EnrolError> {
        let agency = answer.agency.ok_or(EnrolError::NoPost)?.id;
        let roles = answer.clusters.iter().flat_map(|it| it.roles.iter().map(|role| (it.id, role)));
        let roles = roles.map(|(cluster, role)| (cluster, role.clone())).collect();
        let Address { server, authority, certificate } = to.clone();
        let enrolled = Enrolled {
            server,
            authority,
            user: answer.user,
            name: answer.display_name,
            agency,
            device: answer.device,
            actor: self.actor,
            key: self.key,
            clusters: answer.clusters.into_iter().map(|it| (it.id, it.name)).collect(),
            roles,
            certificate,
        };
        let EnrolAnswer { access_token, refresh_token, .. } = answer;
        Ok((enrolled, Session { access_token, refresh_token }))
    }
}

#[cfg(test)]
mod tests;

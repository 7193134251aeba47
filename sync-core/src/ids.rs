//! Names of things. Every id is 16 random or derived bytes behind its own type, written as 32
//! lower-case hexadecimal digits; parsing is the only way in from text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A text that is not an id: says what was expected, never repeats what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 32 hexadecimal digits are expected")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] #[cbor(with = "minicbor::bytes")] [u8; 16]);

        impl $name {
            /// The id made of these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The id's 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// The id in a row's or frame's bytes.
            ///
            /// # Errors
            /// [`NotAnId`] unless there are exactly 16 bytes.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, NotAnId> {
                bytes.try_into().map(Self).map_err(|_| NotAnId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_hex(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// Who writes into documents: random per installation and user, fresh after a restore.
    Actor
);
id!(
    /// A person with a sign-in.
    UserId
);
id!(
    /// An enrolled phone of one user.
    DeviceId
);
id!(
    /// A secondary school, its primaries and the area team around them.
    ClusterId
);
id!(
    /// Education, health, social work, police, a charity...
    AgencyId
);
id!(
    /// One child's case.
    CaseId
);
id!(
    /// One document: a visit, a plan, an assessment, a case's record in a compartment.
    RecordId
);
id!(
    /// What access is granted to: a compartment of a case ([`ScopeId::of`]).
    ScopeId
);

impl AgencyId {
    /// The id of the agency an authority calls `slug` ("health", "social-work"): the same in every
    /// cluster, so that one agency's work meets across clusters.
    #[must_use]
    pub fn from_slug(slug: &str) -> Self {
        Self(derive("agency", &[slug.as_bytes()]))
    }
}

impl Actor {
    /// The actor that a phone goes on as when this one's numbers turn out to be taken. Derived from
    /// the phone's own secret: nobody else can tell, and a copy of the phone goes on as the same, so
    /// that what both write again has the same name.
    #[must_use]
    pub fn next(&self, secret: &[u8; 32]) -> Self {
        Self(derive("next actor", &[secret, &self.0]))
    }
}

impl CaseId {
    /// The id that a case takes whose own turned out to be another child's, from the phone's secret
    /// like the first.
    #[must_use]
    pub fn renamed(&self, secret: &[u8; 32], actor: &Actor) -> Self {
        Self(derive("renamed case", &[secret, &actor.0, &self.0]))
    }

    /// The id of the `n`th case that a phone begins as `creator`. Derived from the phone's secret:
    /// nobody else can take it first, or ask whether there is such a case; and a copy of the phone
    /// gives the same.
    #[must_use]
    pub fn derive(secret: &[u8; 32], creator: &Actor, n: u32) -> Self {
        Self(derive("case", &[secret, &creator.0, &n.to_be_bytes()]))
    }
}

impl RecordId {
    /// The id of the record that `creator` gave the number `n`.
    #[must_use]
    pub fn derive(creator: &Actor, n: u32) -> Self {
        Self(derive("record", &[&creator.0, &n.to_be_bytes()]))
    }

    /// The id of a case's own record in a compartment. Nobody makes it, so two people cannot make
    /// two.
    #[must_use]
    pub fn of_case(scope: &ScopeId) -> Self {
        Self(derive("case record", &[&scope.0]))
    }
}

impl ScopeId {
    /// The scope of `compartment` (its canonical bytes) in `case`.
    #[must_use]
    pub fn of(case: &CaseId, compartment: &[u8]) -> Self {
        Self(derive("scope", &[&case.0, compartment]))
    }
}

/// The `n`th entry that one change adds to a record; later changes name it by this.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntryId {
    /// Who added it.
    pub actor: Actor,
    /// The change of that actor in that record, from 1.
    pub seq: u32,
    /// The entry within the change, from 0.
    pub n: u16,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.actor, self.seq, self.n)
    }
}

impl FromStr for EntryId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut parts = text.split('-');
        let mut next = || parts.next().ok_or(NotAnId);
        let (actor, seq, n) = (next()?, next()?, next()?);
        let id = Self {
            actor: actor.parse()?,
            seq: seq.parse().map_err(|_| NotAnId)?,
            n: n.parse().map_err(|_| NotAnId)?,
        };
        // One spelling an id: "1" and "01" must not both name it.
        if id.to_string() == text { Ok(id) } else { Err(NotAnId) }
    }
}

impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The hash of a change: SHA-256 of its chunk as the document engine defines it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeHash(pub [u8; 32]);

impl ChangeHash {
    /// The first 16 bytes: what a push names so that a resend is recognised.
    #[must_use]
    pub fn prefix(&self) -> [u8; 16] {
        let mut prefix = [0; 16];
        prefix.copy_from_slice(&self.0[..16]);
        prefix
    }
}

impl fmt::Debug for ChangeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..6].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// 16 bytes derived from `parts` under a name, so that ids of different sorts never meet.
fn derive(name: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update(b"caseweave ");
    digest.update(name.as_bytes());
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&digest.finalize()[..16]);
    id
}

fn parse_hex(text: &str) -> Result<[u8; 16], NotAnId> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return Err(NotAnId);
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Ok(bytes)
}

fn hex_digit(digit: u8) -> Result<u8, NotAnId> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NotAnId),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote_and_nothing_else() {
        let id = CaseId::derive(&[9; 32], &Actor::from_bytes([7; 16]), 3);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("".parse::<CaseId>(), Err(NotAnId));
        assert_eq!(id.to_string().to_uppercase().parse::<CaseId>(), Err(NotAnId));
    }

    #[test]
    fn derived_ids_of_different_sorts_never_meet() {
        let actor = Actor::from_bytes([7; 16]);
        let case = |n| CaseId::derive(&[9; 32], &actor, n);
        assert_ne!(case(1).0, RecordId::derive(&actor, 1).0);
        assert_ne!(case(1), case(2));
    }

    #[test]
    fn who_sees_an_actor_cannot_tell_the_ids_of_its_cases() {
        let (actor, fresh) = (Actor::from_bytes([7; 16]), Actor::from_bytes([8; 16]));
        let case = |secret: u8| CaseId::derive(&[secret; 32], &actor, 1);
        assert_eq!(case(1), case(1), "a copy of the phone gives the same");
        assert_ne!(case(1), case(2));
        let renamed = |secret: u8| case(1).renamed(&[secret; 32], &fresh);
        assert_ne!(renamed(1), renamed(2));
        assert_eq!(case(1).to_string(), "6de7ebd35e02aac39b7fe41c51f88e83");
    }

    #[test]
    fn an_entry_has_one_spelling() {
        let id = EntryId { actor: Actor::from_bytes([1; 16]), seq: 4, n: 2 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(format!("{}-04-2", id.actor).parse::<EntryId>(), Err(NotAnId));
        assert!(format!("{id}-0").parse::<EntryId>().is_err());
    }
}

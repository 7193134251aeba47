//! What is fixed about a record when it is made, and the first change that both ends compute from it.
//!
//! The envelope is sent once, under its batch's signature, and never changes. The genesis change
//! holds the containers of the kind's schema and nothing else; it is never sent and never judged.

use std::num::NonZeroU64;

use automerge::legacy::{Key, ObjectId, Op, OpType};
use automerge::{ActorId, Change as EngineChange, ExpandedChange, ObjType};
use sha2::{Digest, Sha256};

use crate::codec::{DecodeError, Reader, Writer};
use crate::ids::{Actor, CaseId, DeviceId, RecordId, ScopeId, UserId};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::collections;
use crate::time::Timestamp;

/// The schema version that this library writes.
pub const SCHEMA: u64 = 1;
const FRAMEWORK_BYTES: usize = 80;

/// What is fixed about a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// Its case.
    pub case: CaseId,
    /// Who it is for.
    pub compartment: Compartment,
    /// How it came to be.
    pub origin: Origin,
}

/// How a record came to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A case's own record in a compartment: computed from both, made by nobody, lest two people
    /// make two. The first signed change says who and when.
    Case,
    /// Somebody made it.
    Made(Made),
}

/// Who made a record, as what, and when by their clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// What it is about.
    pub kind: Kind,
    /// The creator's actor.
    pub creator: Actor,
    /// The number that the creator's phone gave it, from 1; with the actor it gives the id. It says
    /// nothing of how many others there are.
    pub n: u32,
    /// The creator.
    pub user: UserId,
    /// On which phone.
    pub device: DeviceId,
    /// The framework and version in force for it; may be empty.
    pub framework: String,
    /// When, by the creator's clock.
    pub at: Timestamp,
}

/// The part of an envelope that every version reads since the first, whatever the record's kind.
///
/// Frozen: what is not read here in this version never will be, since older phones rely on it. An
/// envelope of another schema or compartment travels with its id beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The record's id.
    pub id: RecordId,
    /// Its case.
    pub case: CaseId,
    /// What access to it is granted through.
    pub scope: ScopeId,
    /// Its kind's code, which may be of a newer version.
    pub kind: u8,
}

impl Head {
    /// Reads the beginning of an envelope.
    ///
    /// # Errors
    /// [`DecodeError::Unknown`] for another schema or compartment.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.uint()? != SCHEMA {
            return Err(DecodeError::Unknown("a record's version"));
        }
        let kind = reader.byte()?;
        let case = CaseId::from_bytes(reader.array()?);
        let compartment = Compartment::read(&mut reader)?;
        let id = match Kind::from_code(kind) {
            Some(Kind::Case) => compartment.case_record(&case),
            _ => {
                let creator = Actor::from_bytes(reader.array()?);
                RecordId::derive(
                    &creator,
                    reader.uint_to(u32::MAX.into(), "a record's number")? as u32,
                )
            }
        };
        Ok(Self { id, case, scope: compartment.scope(&case), kind })
    }
}

impl Envelope {
    /// The envelope of a case's own record.
    #[must_use]
    pub fn of_case(case: CaseId, compartment: Compartment) -> Self {
        Self { case, compartment, origin: Origin::Case }
    }

    /// The record's id, computed.
    #[must_use]
    pub fn id(&self) -> RecordId {
        match &self.origin {
            Origin::Case => self.compartment.case_record(&self.case),
            Origin::Made(made) => RecordId::derive(&made.creator, made.n),
        }
    }

    /// What the record is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.origin {
            Origin::Case => Kind::Case,
            Origin::Made(made) => made.kind,
        }
    }

    /// What access to it is granted through.
    #[must_use]
    pub fn scope(&self) -> ScopeId {
        self.compartment.scope(&self.case)
    }

    /// Who made it; nobody makes a case's own record.
    #[must_use]
    pub fn made(&self) -> Option<&Made> {
        match &self.origin {
            Origin::Case => None,
            Origin::Made(made) => Some(made),
        }
    }

    /// The frozen bytes: what is signed, sent, stored and hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.uint(SCHEMA).byte(self.kind().code()).fixed(self.case.as_bytes());
        self.compartment.write(&mut writer);
        if let Origin::Made(made) = &self.origin {
            writer
                .fixed(made.creator.as_bytes())
                .uint(made.n.into())
                .fixed(made.user.as_bytes())
                .fixed(made.device.as_bytes())
                .text(&made.framework)
                .int(made.at.0);
        }
        writer.finish()
    }

    /// Reads what [`Envelope::encode`] wrote, all of it.
    ///
    /// # Errors
    /// [`DecodeError::Unknown`] for a schema, kind or compartment from the future.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.uint()? != SCHEMA {
            return Err(DecodeError::Unknown("a record's version"));
        }
        let kind = Kind::from_code(reader.byte()?).ok_or(DecodeError::Unknown("a kind"))?;
        let case = CaseId::from_bytes(reader.array()?);
        let compartment = Compartment::read(&mut reader)?;
        let origin = match kind {
            Kind::Case => Origin::Case,
            kind => Origin::Made(read_made(kind, &mut reader)?),
        };
        reader.end()?;
        Ok(Self { case, compartment, origin })
    }

    /// The digest that the genesis change's actor comes from.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(b"caseweave envelope 1");
        digest.update(self.encode());
        digest.finalize().into()
    }

    /// The actor of the genesis change: nobody's.
    #[must_use]
    pub fn genesis_actor(&self) -> Actor {
        let mut actor = [0; 16];
        actor.copy_from_slice(&self.digest()[..16]);
        Actor::from_bytes(actor)
    }

    /// The names of the genesis containers, in the order of their operations.
    pub(crate) fn containers(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = collections(self.kind()).map(|c| c.name).collect();
        names.push("more");
        names.sort_unstable();
        names
    }

    /// The genesis change in the document engine's form.
    #[must_use]
    pub fn genesis(&self) -> EngineChange {
        let operations = self.containers().into_iter().map(|name| Op {
            action: OpType::Make(ObjType::Map),
            obj: ObjectId::Root,
            key: Key::Map(name.into()),
            pred: Vec::new().into(),
            insert: false,
        });
        EngineChange::from(ExpandedChange {
            operations: operations.collect(),
            actor_id: ActorId::from(self.genesis_actor().as_bytes()),
            hash: None,
            seq: 1,
            start_op: NonZeroU64::MIN,
            time: 0,
            message: None,
            deps: Vec::new(),
            extra_bytes: Vec::new(),
            author: None,
        })
    }
}

fn read_made(kind: Kind, reader: &mut Reader<'_>) -> Result<Made, DecodeError> {
    let creator = Actor::from_bytes(reader.array()?);
    let n = reader.uint_to(u32::MAX.into(), "a record's number")?;
    if n == 0 {
        return Err(DecodeError::Malformed("a record's number"));
    }
    Ok(Made {
        kind,
        creator,
        n: n as u32,
        user: UserId::from_bytes(reader.array()?),
        device: DeviceId::from_bytes(reader.array()?),
        framework: reader.text(FRAMEWORK_BYTES, "a framework's name")?.to_owned(),
        at: Timestamp(reader.int()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AgencyId;

    #[test]
    fn the_beginning_says_of_any_kind_what_the_whole_says_of_a_known_one() {
        let made = |kind| Made {
            kind,
            creator: Actor::from_bytes([1; 16]),
            n: 300,
            user: UserId::from_bytes([2; 16]),
            device: DeviceId::from_bytes([3; 16]),
            framework: "east-lothian".into(),
            at: Timestamp(5),
        };
        let case = CaseId::from_bytes([4; 16]);
        let agency = Compartment::Agency(AgencyId::from_slug("health"));
        for compartment in [Compartment::Team, agency, Compartment::Protection] {
            for kind in Kind::ALL {
                let envelope = match kind {
                    Kind::Case => Envelope::of_case(case, compartment),
                    kind => Envelope { case, compartment, origin: Origin::Made(made(kind)) },
                };
                let mut bytes = envelope.encode();
                let (id, scope) = (envelope.id(), envelope.scope());
                let head = Head { id, case, scope, kind: kind.code() };
                assert_eq!(Head::read(&bytes), Ok(head));
                bytes[1] = 200;
                let newer = Head::read(&bytes);
                assert!(kind == Kind::Case || newer == Ok(Head { kind: 200, ..head }));
                bytes[0] = 2;
                assert!(matches!(Head::read(&bytes), Err(DecodeError::Unknown(_))));
            }
        }
    }

    #[test]
    fn compartments_of_later_versions_are_not_in_what_is_frozen() {
        let mut bytes = Envelope::of_case(CaseId::from_bytes([4; 16]), Compartment::Team).encode();
        bytes[18] = 4;
        assert!(matches!(Head::read(&bytes), Err(DecodeError::Unknown(_))));
    }
}

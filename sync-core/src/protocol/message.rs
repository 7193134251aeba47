//! The messages around the frames. Fields have numbers and unknown ones are skipped, so that a
//! newer end can say more to an older one.

use minicbor::{Decode, Encode};

use crate::ids::{Actor, AgencyId, CaseId, ClusterId, RecordId, ScopeId, UserId};
use crate::time::Timestamp;
use crate::view::{Extract, Warnings};

/// What a phone asks and brings.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct SyncRequest {
    /// The protocol version that the phone speaks.
    #[n(0)]
    pub version: u16,
    /// Where it stands in each cluster's log.
    #[n(1)]
    pub cursors: Vec<ClusterCursor>,
    /// What only it has: one signed batch a cluster.
    #[n(2)]
    pub batches: Vec<Batch>,
    /// Its clock, so that both ends learn the difference.
    #[n(3)]
    pub now: Timestamp,
    /// Whether it has more to push: the answer then holds answers only.
    #[n(4)]
    pub more: bool,
    /// Whether it lost its copy and needs everything again, its own work included.
    #[n(5)]
    pub whole: bool,
    /// Whether it wants to know what the exchange costs the server.
    #[n(6)]
    #[cbor(default)]
    pub stats: bool,
    /// The actors that it writes as since its enrolment's was not its own any more.
    #[n(7)]
    pub actors: Option<ActorClaim>,
    /// What was opened on the phone since it last told, for the audit; a server that does not know it
    /// skips it and is told again.
    #[n(8)]
    #[cbor(default)]
    pub openings: Vec<Opening>,
}

/// A case, or one record of it, that was opened on the phone.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Opening {
    /// Ascending on one phone: what is told twice is known by it.
    #[n(0)]
    pub number: u64,
    /// The case.
    #[n(1)]
    pub case: CaseId,
    /// The record, if it was opened by itself.
    #[n(2)]
    pub record: Option<RecordId>,
    /// When, by the phone's clock.
    #[n(3)]
    pub at: Timestamp,
}

/// A phone says as whom it writes: fresh actors, for numbers that nothing else has.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ActorClaim {
    /// The actors.
    #[n(0)]
    pub actors: Vec<Actor>,
    /// The phone's signature ([`crate::protocol::batch::claim`]).
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// Where a phone stands in one cluster's log.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ClusterCursor {
    /// The cluster.
    #[n(0)]
    pub cluster: ClusterId,
    /// The server's own sealed bytes; empty at first.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub cursor: Vec<u8>,
    /// Where it stood before it asked for the whole again: what it may still hold. Empty otherwise.
    #[n(2)]
    #[cbor(default, with = "minicbor::bytes")]
    pub held: Vec<u8>,
}

/// Changes for one cluster under one signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Batch {
    /// The cluster.
    #[n(0)]
    pub cluster: ClusterId,
    /// The changes ([`crate::protocol::frame::encode_push`]).
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub frame: Vec<u8>,
    /// Random bytes that the salts come from; the server keeps the salts and forgets this.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub seed: [u8; 16],
    /// The device's signature ([`crate::protocol::batch`]).
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// What became of one pushed change.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// Its record.
    #[n(0)]
    pub record: RecordId,
    /// Its author.
    #[n(1)]
    pub actor: Actor,
    /// Its number.
    #[n(2)]
    pub seq: u32,
    /// What became of it.
    #[n(3)]
    pub outcome: Outcome,
}

/// What became of a pushed change.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Outcome {
    /// In the log, for good.
    #[n(0)]
    Accepted,
    /// It was in the log already: an earlier answer was lost.
    #[n(1)]
    AlreadyHad,
    /// Not judged: something that it builds on has not arrived. Keep it and push again.
    #[n(2)]
    Needs,
    /// Not taken, with the stable code of the reason.
    #[n(3)]
    Refused(#[n(0)] String),
    /// It builds on something that was not taken.
    #[n(4)]
    DependsOnRefused,
    /// Kept apart for a reviewer, with the stable code of the reason.
    #[n(5)]
    Quarantined(#[n(0)] String),
    /// This server does not know a part of it yet. Keep it and push again later.
    #[n(6)]
    NotYet,
}

/// What a reviewer decided about changes that were kept apart.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Decided {
    /// Their record.
    #[n(0)]
    pub record: RecordId,
    /// Their author.
    #[n(1)]
    pub actor: Actor,
    /// The first one's number.
    #[n(2)]
    pub first_seq: u32,
    /// How many.
    #[n(3)]
    pub count: u32,
    /// The reviewer's words to the author, if they are given back; none if they are in the log now.
    #[n(4)]
    pub given_back: Option<String>,
}

/// A person that others may meet in a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct PersonLine {
    /// The person.
    #[n(0)]
    pub user: UserId,
    /// The name on screens.
    #[n(1)]
    pub name: String,
    /// The agency.
    #[n(2)]
    pub agency: AgencyId,
    /// The agency's name.
    #[n(3)]
    pub agency_name: String,
    /// The role in the cluster, by name.
    #[n(4)]
    pub role: String,
    /// Where to ring.
    #[n(5)]
    pub phone: String,
    /// The cluster.
    #[n(6)]
    pub cluster: ClusterId,
    /// Whether the person has left it. Sent of the reader alone, as the whole list: a list that is sent is whole,
    /// so a phone keeps as gone whoever is not in it any more.
    #[n(7)]
    pub gone: bool,
}

/// A case as those may find it who may not read it: a name, a school and whom to ring.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, serde::Serialize)]
#[cbor(map)]
pub struct DirectoryLine {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Its cluster.
    #[n(1)]
    pub cluster: ClusterId,
    /// The child's name.
    #[n(2)]
    pub name: String,
    /// School or nursery.
    #[n(3)]
    pub school: String,
    /// Whom to ring: lead professional or named person.
    #[n(4)]
    pub ring: Option<UserId>,
    /// When harm was suspected, without content.
    #[n(5)]
    pub harm_since: Option<Timestamp>,
}

/// What a visitor to a case's household must know, for those who are in its team or were until consent
/// was withheld.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct WarningLine {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The warnings; empty since there is nothing to warn of any more.
    #[n(1)]
    pub warnings: Warnings,
}

/// What the pupil roll says of a case's child, for those who may read the team's records.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ExtractLine {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The extract; none if the case names nobody on the roll any more.
    #[n(1)]
    pub extract: Option<Extract>,
}

/// A part of an answer: stored whole, in one transaction, with its cursor.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Page {
    /// Whose log it is from.
    #[n(0)]
    pub cluster: ClusterId,
    /// Where the phone stands after it.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub cursor: Vec<u8>,
    /// The server's clock.
    #[n(2)]
    pub now: Timestamp,
    /// What became of what was pushed.
    #[n(3)]
    pub answers: Vec<Answer>,
    /// Everybody who works in the cluster, if anything about anybody changed; else nobody.
    #[n(4)]
    pub people: Vec<PersonLine>,
    /// Cases to find that are new or changed.
    #[n(5)]
    pub directory: Vec<DirectoryLine>,
    /// Cases that are to be found no longer.
    #[n(6)]
    pub hidden: Vec<CaseId>,
    /// Scopes that may be read no longer: the copy goes, unsent work stays.
    #[n(7)]
    pub dropped: Vec<ScopeId>,
    /// Scopes of which nothing later comes; what was delivered stays.
    #[n(8)]
    pub frozen: Vec<ScopeId>,
    /// Changes ([`crate::protocol::frame::encode_pull`]).
    #[n(9)]
    #[cbor(with = "minicbor::bytes")]
    pub frame: Vec<u8>,
    /// The first bytes of a digest over the hashes of the frame's changes, in order: what the phone
    /// computes later must come to the same.
    #[n(10)]
    #[cbor(with = "minicbor::bytes")]
    pub receipt: Vec<u8>,
    /// How many more changes wait, roughly: for a progress bar.
    #[n(11)]
    pub left: u64,
    /// Scopes whose freeze ended.
    #[n(12)]
    pub thawed: Vec<ScopeId>,
    /// Extracts of the pupil roll that are new or changed.
    #[n(14)]
    #[cbor(default)]
    pub extracts: Vec<ExtractLine>,
    /// What reviewers decided about this phone's work.
    #[n(13)]
    pub decided: Option<Vec<Decided>>,
    /// The page's number in its round, from 1: after a cut, the round goes on with the next one.
    #[n(15)]
    #[cbor(default)]
    pub number: u32,
    /// The server's processor time for the exchange, microseconds: a page of its own at the end, from
    /// a server that was started to be measured, to a phone that asks.
    #[n(16)]
    pub server_cpu_us: Option<u64>,
    /// The framework of the cluster's authority, with the people: the words of whoever names none.
    #[n(17)]
    pub framework: Option<String>,
    /// Whether the log is another one than the cursor's: the server was restored from a backup. The
    /// round sends everything; what it does not bring of the phone's own is to be sent again.
    #[n(18)]
    #[cbor(default)]
    pub anew: bool,
    /// Up to which number the audit has what was opened on the phone.
    #[n(19)]
    pub noted: Option<u64>,
    /// Warnings that are new or changed.
    #[n(20)]
    #[cbor(default)]
    pub warnings: Vec<WarningLine>,
}

impl Page {
    /// A page of a cluster that brings nothing yet.
    #[must_use]
    pub fn new(cluster: ClusterId, now: Timestamp) -> Self {
        Self {
            cluster,
            cursor: Vec::new(),
            now,
            answers: Vec::new(),
            people: Vec::new(),
            directory: Vec::new(),
            hidden: Vec::new(),
            dropped: Vec::new(),
            frozen: Vec::new(),
            frame: Vec::new(),
            receipt: Vec::new(),
            left: 0,
            thawed: Vec::new(),
            extracts: Vec::new(),
            decided: None,
            number: 0,
            server_cpu_us: None,
            framework: None,
            noted: None,
            anew: false,
            warnings: Vec::new(),
        }
    }
}

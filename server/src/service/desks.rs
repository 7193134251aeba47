//! Desks: what signs for somebody with a browser, so that what they decide at a page goes into the log
//! like a phone's work.
//!
//! A desk's key, actor and id follow from the token in the browser's cookie. The server keeps a hash of
//! the token and the public key: it can sign for a person only while their browser presents the token,
//! and the key is forgotten with the request. A desk lasts as long as its browser's session, brings
//! nothing by the phones' ways, and has no copy of anything. Each run of the server has desks of its own:
//! put back to an older copy of itself, it gives no change the name of one that phones have already.

use ed25519_dalek::SigningKey;
use hmac::Mac;
use sync_core::gate::refusal::{Refusal, TOO_MANY_AT_ONCE};
use sync_core::gate::size;
use sync_core::ids::{Actor, ClusterId, DeviceId, EntryId, UserId};
use sync_core::policy::Principal;
use sync_core::protocol::batch::BatchDigest;
use sync_core::protocol::frame::{PushedChange, PushedRecord, encode_push};
use sync_core::protocol::message::Batch;
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::history::History;
use sync_core::time::Timestamp;

use super::audit::{Act, Note, Pen};
use super::page_sessions::{self, Gone, Token};
use crate::db::devices::{Device, DeviceState};
use crate::db::{self, Conn, Error};
use crate::ingest::Arrival;
use crate::meter::Meter;

/// What a desk is called in the list of phones.
pub const NAME: &str = "Desk (browser)";

/// The desk of a browser whose session lasts; gone with the request.
pub struct Desk {
    device: Device,
    /// Made of zeros when it is dropped.
    key: SigningKey,
}

/// A decision, signed.
pub struct Signed {
    /// On its way to the log, as a phone's batch comes.
    pub arrival: Arrival,
    /// The first entry that it adds.
    pub entry: EntryId,
}

/// What a person decided about a record.
pub struct Decision {
    /// Where its case is.
    pub cluster: ClusterId,
    /// The record as they saw it.
    pub history: History,
    /// What they add.
    pub entries: Vec<NewEntry>,
}

/// What a desk follows from.
#[derive(Clone)]
pub struct Seed {
    /// What the browser holds.
    pub token: Token,
    /// Random bytes of this run of the server.
    pub run: [u8; 16],
}

impl Seed {
    /// The id of the desk, whether there is one yet or not.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId::from_bytes(self.half(b"caseweave desk id"))
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.whole(b"caseweave desk key"))
    }

    fn actor(&self) -> Actor {
        Actor::from_bytes(self.half(b"caseweave desk actor"))
    }

    fn whole(&self, purpose: &[u8]) -> [u8; 32] {
        let mut mac = self.token.mac(purpose);
        mac.update(&self.run);
        mac.finalize().into_bytes().into()
    }

    fn half(&self, purpose: &[u8]) -> [u8; 16] {
        self.whole(purpose).first_chunk().copied().unwrap_or_default()
    }
}

/// The desk of a browser whose session lasts; registered, with a row in the audit, if it is the first
/// time that it signs.
///
/// # Errors
/// The database's failure.
pub fn open(
    conn: &mut Conn,
    pen: &mut Pen,
    now: Timestamp,
    seed: &Seed,
) -> Result<Result<Desk, Gone>, Error> {
    let visitor = match page_sessions::identify(conn, now, &seed.token)? {
        Ok(visitor) => visitor,
        Err(gone) => return Ok(Err(gone)),
    };
    let device = match db::devices::by_id(conn, &seed.id())? {
        Some(known) => known,
        None => register(conn, pen, seed, visitor.person.id, now)?,
    };
    db::devices::touch(conn, &device.id, now)?;
    Ok(Ok(Desk { device, key: seed.key() }))
}

fn register(
    conn: &mut Conn,
    pen: &mut Pen,
    seed: &Seed,
    user: UserId,
    now: Timestamp,
) -> Result<Device, Error> {
    let device = Device {
        id: seed.id(),
        user,
        actor: seed.actor(),
        public_key: seed.key().verifying_key().to_bytes(),
        name: NAME.to_owned(),
        state: DeviceState::Active,
        enrolled_at: now,
        last_seen_at: now,
        clock_offset_ms: None,
        desk_of: Some(seed.token.hash()),
    };
    db::devices::insert(conn, &device)?;
    pen.write(conn, &Note::of(Act::Enrol).about(*device.id.as_bytes()).with("desk"))?;
    Ok(device)
}

impl Desk {
    /// Signs a decision as one change of its record. `fresh` are random bytes: for salts, and the
    /// batch's name.
    ///
    /// # Errors
    /// [`Refusal`] for what has no room in the record or in one change.
    pub fn sign(
        &self,
        principal: Principal,
        decision: Decision,
        now: Timestamp,
        (seed, id): ([u8; 16], [u8; 16]),
    ) -> Result<Signed, Refusal> {
        let Decision { cluster, mut history, entries } = decision;
        let actor = self.device.actor;
        let edits = entries.into_iter().map(Edit::Add).collect();
        let change = Change { actor, by: principal.user, at: now, clock_ahead_ms: 0, edits };
        let seq = history.next_seq(&actor);
        let entry = change.added(seq).next().map(|(id, _)| id);
        let entry = entry.ok_or_else(|| Refusal::new("missing_field"))?;
        let pushed = pushed(&mut history, change, seq)?;
        let batch = self.batch(cluster, pushed, seed);
        let arrival = Arrival {
            principal,
            device: self.device.id,
            actor,
            public_key: self.device.public_key,
            batch,
            at: now,
            id,
            // What a desk signs is of this moment: nothing of it is judged by what held earlier.
            acknowledged: i64::MAX,
            leaving: false,
            meter: Meter::default(),
        };
        Ok(Signed { arrival, entry })
    }

    fn batch(&self, cluster: ClusterId, pushed: PushedRecord, seed: [u8; 16]) -> Batch {
        let mut digest = BatchDigest::new(&cluster, seed);
        digest.record(&pushed.envelope);
        for change in &pushed.changes {
            digest.change(&change.hash);
        }
        let signature = digest.sign(&self.key);
        Batch { cluster, frame: encode_push(&[pushed]), seed, signature }
    }
}

/// A change as a phone would push it.
fn pushed(history: &mut History, change: Change, seq: u32) -> Result<PushedRecord, Refusal> {
    let (envelope, actor) = (history.envelope().encode(), change.actor);
    let deps = history.deps_for(&change).ok_or_else(|| Refusal::new(TOO_MANY_AT_ONCE))?;
    let (deps, body) = (history.dep_names(&deps), change.encode_body());
    size::check(history.envelope().kind(), &change, &body, &deps)?;
    history.room_for(&change)?;
    let hash = history.append(change, seq, Some(&deps))?.hash.prefix();
    let changes = vec![PushedChange { deps: Some(deps), hash, body }];
    Ok(PushedRecord { envelope, actor, first_seq: seq, changes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(token: u8, run: u8) -> Seed {
        Seed { token: Token([token; 32]), run: [run; 16] }
    }

    #[test]
    fn what_is_stored_of_a_desk_tells_nothing_of_its_key() {
        let own = seed(1, 1);
        let key = own.key().to_bytes();
        for other in [seed(2, 1), seed(1, 2)] {
            assert_ne!(key, other.key().to_bytes());
            assert_ne!(own.id(), other.id());
            assert_ne!(own.actor(), other.actor());
        }
        assert_ne!(key, own.token.hash());
        assert_ne!(key, own.token.form_code());
        assert_ne!(key[..16], *own.id().as_bytes());
        assert_ne!(key[..16], *own.actor().as_bytes());
    }
}

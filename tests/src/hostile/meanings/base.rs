//! A record to attack, and ways to write to it that no phone has.

use sync_core::codec::Writer;
use sync_core::ids::{Actor, CaseId, DeviceId, EntryId, UserId};
use sync_core::protocol::frame::{PushedChange, PushedRecord};
use sync_core::record::change::{Change, Edit, ElementId, NewEntry, Run};
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::history::History;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::schema::{FACTS, Fact, TEXTS, fact_field};
use sync_core::time::Timestamp;

/// When everything here was written.
pub(super) const AT: Timestamp = Timestamp(1_790_000_000_000);
/// The joint text of the base's first change.
const TEXT: &str = "Rowan sleeps well.";

/// A record to attack: an assessment with a joint text and a review point.
pub struct Base {
    /// The record as the server has it.
    pub history: History,
    /// Its author, who attacks.
    pub actor: Actor,
    /// The author's user.
    pub user: UserId,
    /// What brings its first change.
    pub first: PushedRecord,
}

impl Base {
    /// A base in the hands of an author on a phone.
    ///
    /// # Panics
    /// If the base itself is not taken.
    #[must_use]
    pub fn new(actor: Actor, user: UserId, device: DeviceId, case: CaseId) -> Self {
        let framework = "east-lothian".to_owned();
        let kind = Kind::Assessment;
        let made = Made { kind, creator: actor, n: 901, user, device, framework, at: AT };
        let compartment = Compartment::Team;
        let envelope = Envelope { case, compartment, origin: Origin::Made(made) };
        let mut history = History::new(envelope.clone());
        let edits = vec![Edit::Add(text(TEXT)), Edit::Add(review_point(Vec::new()))];
        let change = Change { actor, by: user, at: AT, clock_ahead_ms: 0, edits };
        let body = change.encode_body();
        let hash = history.append(change, 1, Some(&[])).map(|link| link.hash.prefix());
        let hash = hash.unwrap_or_default();
        let changes = vec![PushedChange { deps: Some(Vec::new()), hash, body }];
        let first = PushedRecord { envelope: envelope.encode(), actor, first_seq: 1, changes };
        Self { history, actor, user, first }
    }

    /// Something honest in the same record: it must still take it.
    #[must_use]
    pub fn honest(&self) -> PushedRecord {
        let end = self.element(TEXT.chars().count() as u64);
        let runs = vec![Run::Insert { after: Some(end), text: " Ó, gu math!".into() }];
        self.says(vec![Edit::Splice { entry: self.entry(0), runs }])
    }

    pub(super) fn entry(&self, n: u16) -> EntryId {
        EntryId { actor: self.actor, seq: 1, n }
    }

    /// The `n`th character of the text, from 1.
    pub(super) fn element(&self, n: u64) -> ElementId {
        let place = self.history.entry(&self.entry(0));
        let object = place.and_then(|place| place.text).unwrap_or_default();
        ElementId { counter: object + n, actor: self.actor }
    }

    pub(super) fn own(&self) -> Vec<(Actor, u32)> {
        vec![(self.actor, 1)]
    }

    /// The author's next change, with its right hash where the record would take it.
    pub(super) fn says(&self, edits: Vec<Edit>) -> PushedRecord {
        self.says_at(2, &self.own(), edits)
    }

    pub(super) fn says_at(
        &self,
        seq: u32,
        deps: &[(Actor, u32)],
        edits: Vec<Edit>,
    ) -> PushedRecord {
        let (actor, by) = (self.actor, self.user);
        let change = Change { actor, by, at: AT, clock_ahead_ms: 0, edits };
        self.sends(seq, deps, change)
    }

    pub(super) fn sends(&self, seq: u32, deps: &[(Actor, u32)], change: Change) -> PushedRecord {
        let body = change.encode_body();
        let mut trial = self.history.clone();
        let hash = trial.append(change, seq, Some(deps)).map(|link| link.hash.prefix());
        let changes =
            vec![PushedChange { deps: Some(deps.to_vec()), hash: hash.unwrap_or([7; 16]), body }];
        PushedRecord {
            envelope: self.first.envelope.clone(),
            actor: self.actor,
            first_seq: seq,
            changes,
        }
    }

    /// A change whose body is bytes.
    pub(super) fn body(&self, body: Vec<u8>) -> PushedRecord {
        let changes = vec![PushedChange { deps: Some(self.own()), hash: [7; 16], body }];
        let (envelope, actor) = (self.first.envelope.clone(), self.actor);
        PushedRecord { envelope, actor, first_seq: 2, changes }
    }

    /// A body whose one edit is bytes.
    pub(super) fn edit(&self, write: impl Fn(&mut Writer)) -> PushedRecord {
        let mut writer = Writer::new();
        writer.int(AT.0).int(0).uint(1);
        write(&mut writer);
        self.body(writer.finish())
    }

    /// A body that edits the joint text by runs that are bytes.
    pub(super) fn runs(&self, write: impl Fn(&mut Writer)) -> PushedRecord {
        self.edit(|writer| {
            writer.byte(0).byte(0).uint(1).uint(0);
            write(writer);
        })
    }
}

pub(super) fn text(words: &str) -> NewEntry {
    let fields = vec![(1, "safe".into())];
    NewEntry { collection: TEXTS, fields, text: Some(words.into()), ..NewEntry::default() }
}

pub(super) fn review_point(replaces: Vec<EntryId>) -> NewEntry {
    let fact = i64::from(Fact::ReviewPoint.code()).into();
    let fields = vec![(fact_field::FACT, fact), (fact_field::VALUE, "2026-12-01".into())];
    NewEntry { collection: FACTS, fields, replaces, text: None }
}

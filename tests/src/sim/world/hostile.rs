//! A stranger's phone: somebody of the cluster who is in no team sends what was damaged, stolen, signed by
//! another key, or is not theirs to write. Nothing of it may be in the log, and no answer tells more than one
//! about a record that nobody has.

use caseweave::service::histories;
use sync_core::device::sync::SyncControl;
use sync_core::ids::{Actor, CaseId, ClusterId, DeviceId};
use sync_core::limits::REQUEST_INFLATED_BYTES;
use sync_core::protocol::VERSION;
use sync_core::protocol::batch::BatchDigest;
use sync_core::protocol::frame::{PushedRecord, decode_push, encode_push};
use sync_core::protocol::message::{Batch, Outcome, SyncRequest};
use sync_core::protocol::stream::{decode_request, encode_request};
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::history::History;
use sync_core::record::kinds::case::CaseFacts;

use super::World;
use crate::hostile::honest::next_change;
use crate::sim::checkers::{self, Entitlement};
use crate::sim::network::{Fault, Tap};
use crate::sim::plant;
use crate::sim::promise::{Promise, Violation};

impl World {
    /// One try.
    pub(super) fn attack(&mut self) -> Result<(), Violation> {
        self.coverage.fault(Fault::Hostile);
        match self.dice.below(4) {
            0 => self.damaged(),
            1 => self.stolen(),
            2 => self.forged(),
            _ => self.not_theirs(),
        }
    }

    /// A request of somebody's, changed or cut on its way: it is not read, or what it brings is not
    /// taken; whatever is taken of it was signed by its phone.
    fn damaged(&mut self) -> Result<(), Violation> {
        let n = self.dice.below(self.phones.len() as u64) as usize;
        let strays = self.phones[n].strays.clone();
        let Some(mut body) = self.dice.pick(&strays).cloned() else { return Ok(()) };
        let at = self.dice.below(body.len() as u64) as usize;
        match self.dice.chance(30) {
            true => body.truncate(at),
            false => body[at] ^= 1 << self.dice.below(8),
        }
        self.tell(|| format!("damaged, of phone {n}"));
        let Ok(request) = decode_request(&body, REQUEST_INFLATED_BYTES) else { return Ok(()) };
        // How many bytes it has, and so what is hit, depends on clocks: where it is read all the same, it may
        // bring a server that was put back what it lost, and with other clocks not.
        if self.options.compare_clocks {
            return Ok(());
        }
        let device = self.phones[n].device.identity().device;
        self.send(&device, &request).map(drop)
    }

    /// A request of somebody's under the stranger's session: the batch is not the stranger's, and a cursor
    /// of another opens nothing.
    fn stolen(&mut self) -> Result<(), Violation> {
        let n = self.dice.below(self.phones.len() as u64) as usize;
        let strays = self.phones[n].strays.clone();
        let Some(body) = self.dice.pick(&strays) else { return Ok(()) };
        self.tell(|| format!("stolen, of phone {n}"));
        let request = decode_request(body, REQUEST_INFLATED_BYTES)?;
        self.brings_nothing(&request)
    }

    /// A case that the stranger begins, signed by another key than their phone's.
    fn forged(&mut self) -> Result<(), Violation> {
        let (cluster, now) = (self.server.cluster, self.now);
        let facts = CaseFacts { given_name: Some("nobody".to_owned()), ..CaseFacts::default() };
        self.stranger.device.begin_case(cluster, facts.entries(), now)?;
        let (mut tap, dice) = (Tap::default(), &mut self.dice);
        let sent =
            self.stranger.device.sync(&mut tap, &|| now, &mut || dice.bytes(), SyncControl::new());
        let (Some(body), true) = (tap.0, sent.is_err()) else { return Ok(()) };
        let mut request = decode_request(&body, REQUEST_INFLATED_BYTES)?;
        for batch in &mut request.batches {
            let pushed = decode_push(&batch.frame)?;
            batch.signature = digest(&pushed, (&cluster, batch.seed)).sign(&plant::forger());
        }
        self.tell(|| "forged".to_owned());
        self.brings_nothing(&request)
    }

    /// A well-made and well-signed change of a record that the stranger may not write to, and one of a
    /// record that there is not: the answers are the same.
    fn not_theirs(&mut self) -> Result<(), Violation> {
        let envelopes: Vec<_> = self.model.envelopes().values().cloned().collect();
        let Some(envelope) = self.dice.pick(&envelopes).cloned() else { return Ok(()) };
        let user = self.stranger.device.identity().principal.user;
        let who = self.server.principal(user)?;
        let reads = Entitlement::new(&mut self.server, self.now).reads(&who, &envelope)?;
        let history = histories::history_of(&mut self.server.conn, &envelope)?;
        self.tell(|| format!("not theirs, {}", envelope.kind().name()));
        let dice = self.dice.clone();
        let request = self.change_of(&history);
        let hidden = self.outcomes(&request)?;
        // Under a case's id that nobody has, a change begins that case.
        let Origin::Made(made) = &envelope.origin else { return Ok(()) };
        let creator = Actor::from_bytes(self.dice.bytes());
        let made = Made { creator, ..made.clone() };
        let (case, origin) = (CaseId::from_bytes(self.dice.bytes()), Origin::Made(made));
        self.dice = dice;
        let nowhere = Envelope { case, origin, ..envelope };
        let request = self.change_of(&History::new(nowhere));
        let unknown = self.outcomes(&request)?;
        if reads || hidden == unknown {
            return Ok(());
        }
        let what = format!("a stranger is answered {hidden:?}, and {unknown:?} where nothing is");
        Err(Violation::of(Promise::Entitled, what))
    }

    fn change_of(&mut self, history: &History) -> SyncRequest {
        let identity = self.stranger.device.identity().clone();
        let author = (identity.actor, identity.principal.user);
        let seen = vec![false; history.links().len()];
        let pushed = vec![next_change(history, author, Some(&seen), &mut self.dice)];
        let (cluster, seed) = (self.server.cluster, self.dice.bytes());
        let signature = digest(&pushed, (&cluster, seed)).sign(&identity.key);
        let frame = encode_push(&pushed);
        SyncRequest {
            version: VERSION,
            cursors: Vec::new(),
            batches: vec![Batch { cluster, frame, seed, signature }],
            now: self.now,
            more: true,
            whole: false,
            stats: false,
            actors: None,
            openings: Vec::new(),
        }
    }

    fn outcomes(&mut self, request: &SyncRequest) -> Result<Vec<Outcome>, Violation> {
        let before = self.log_length()?;
        let device = self.stranger.device.identity().device;
        let outcomes = self.send(&device, request)?;
        self.unchanged(before)?;
        Ok(outcomes)
    }

    fn brings_nothing(&mut self, request: &SyncRequest) -> Result<(), Violation> {
        self.outcomes(request).map(drop)
    }

    fn log_length(&mut self) -> Result<usize, Violation> {
        self.model.read_log(&mut self.server)?;
        Ok(self.model.log().len())
    }

    fn unchanged(&mut self, before: usize) -> Result<(), Violation> {
        let now = self.log_length()?;
        if now == before {
            return Ok(());
        }
        let what = format!("the log has {} changes that a stranger sent", now - before);
        Err(Violation::of(Promise::Once, what))
    }

    /// Lets a request arrive under a phone's session; what goes back is for its user's eyes only.
    fn send(
        &mut self,
        device: &DeviceId,
        request: &SyncRequest,
    ) -> Result<Vec<Outcome>, Violation> {
        // The same bytes may be read otherwise than they were written, never more of them.
        encode_request(request)?;
        let cluster = self.server.cluster;
        let known = |it: &Batch| it.cluster == cluster;
        let request = SyncRequest {
            batches: request.batches.iter().filter(|it| known(it)).cloned().collect(),
            cursors: request.cursors.iter().filter(|it| it.cluster == cluster).cloned().collect(),
            ..request.clone()
        };
        let answers = self.server.ingest(device, &request, self.now)?.unwrap_or_default();
        let outcomes = answers.iter().map(|answer| answer.outcome.clone()).collect();
        let pages = self.server.pages(device, &request, answers, self.now)?.unwrap_or_default();
        self.model.read_log(&mut self.server)?;
        let user = self.server.owner(device)?;
        let who = self.server.principal(user)?;
        let mut allowed = Entitlement::new(&mut self.server, self.now);
        checkers::wire(&pages, &who, &self.model, &mut allowed)?;
        self.coverage.checked(Promise::Entitled);
        self.coverage.checked(Promise::Once);
        Ok(outcomes)
    }
}

fn digest(pushed: &[PushedRecord], (cluster, seed): (&ClusterId, [u8; 16])) -> BatchDigest {
    let mut digest = BatchDigest::new(cluster, seed);
    for record in pushed {
        digest.record(&record.envelope);
        for change in &record.changes {
            digest.change(&change.hash);
        }
    }
    digest
}

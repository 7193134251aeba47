//! Honest bytes for every target, a few kilobytes each: what phones and server write, and nothing
//! that names a person.

use ed25519_dalek::SigningKey;
use sync_core::ids::{CaseId, ClusterId, DeviceId, UserId};
use sync_core::protocol::batch::BatchDigest;
use sync_core::protocol::frame::{
    PulledChange, PulledRecord, PushedRecord, encode_pull, encode_push,
};
use sync_core::protocol::message::{Answer, Batch, ClusterCursor, Outcome, Page, SyncRequest};
use sync_core::protocol::stream::{PageWriter, encode_request, receipt};
use sync_core::record::history::{History, encode_deps};
use sync_core::record::kind::Kind;

use super::core::AUTHOR;
use super::gate::record;
use super::server::{NOW, SEED};
use crate::hostile::honest::{Scene, next_change, person};
use crate::sim::dice::Dice;
use caseweave::hex;
use caseweave::service::pull::cursor::{Cursor, Offset};
use caseweave::service::tokens::{Claims, Tokens};

/// Longest seed, bytes: a fuzzer learns more from short ones.
const SEED_BYTES: usize = 4 * 1024;
/// Seeds of one target.
const SEEDS: usize = 12;
const CLUSTER: ClusterId = ClusterId::from_bytes([2; 16]);

/// What honest people push, one story after another.
fn pushes() -> impl Iterator<Item = PushedRecord> {
    (0..40).map(|seed| {
        let mut dice = Dice::new(seed, 3);
        let mut scene = Scene::new(&mut dice);
        (0..3).map(|_| scene.step(&mut dice).1).last().unwrap_or_else(|| scene.step(&mut dice).1)
    })
}

fn short(seeds: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    seeds.filter(|seed| seed.len() <= SEED_BYTES).take(SEEDS).collect()
}

pub(super) fn change_bodies() -> Vec<Vec<u8>> {
    short((0..40).filter_map(|seed| {
        let history = record(seed);
        let place = Kind::ALL.iter().position(|kind| *kind == history.envelope().kind())?;
        // By one author, whatever the target says of who wrote it.
        let next = next_change(&history, AUTHOR, None, &mut Dice::new(seed, 4));
        let body = next.changes.into_iter().next()?.body;
        Some([vec![place as u8], body].concat())
    }))
}

pub(super) fn push_frames() -> Vec<Vec<u8>> {
    short(pushes().map(|pushed| encode_push(&[pushed])))
}

/// A record as a page brings it.
fn pulled(history: &History) -> PulledRecord {
    let changes = history.links().iter().map(|link| PulledChange {
        actor: link.change.actor,
        user: link.change.by,
        seq: link.seq,
        deps: Some(encode_deps(&history.dep_names(&link.deps))),
        body: (link.seq != 2).then(|| link.change.encode_body()),
    });
    PulledRecord {
        record: history.envelope().id(),
        envelope: Some(history.envelope().encode()),
        first_position: 1,
        changes: changes.take(4).collect(),
    }
}

pub(super) fn pull_frames() -> Vec<Vec<u8>> {
    short((0..30).filter_map(|seed| encode_pull(&[pulled(&record(seed))]).ok()))
}

fn some_pages() -> impl Iterator<Item = Page> {
    (0..30).filter_map(|seed| {
        let history = record(seed);
        let link = history.links().first()?;
        let answer = Answer {
            record: history.envelope().id(),
            actor: link.change.actor,
            seq: link.seq,
            outcome: [Outcome::Accepted, Outcome::Refused("not_in_team".into())][seed as usize % 2]
                .clone(),
        };
        let frame = encode_pull(&[pulled(&history)]).ok()?;
        let receipt = receipt(history.links().iter().map(|link| &link.hash));
        let hidden = vec![CaseId::from_bytes([5; 16])];
        let page = Page::new(CLUSTER, NOW);
        Some(Page { answers: vec![answer], frame, receipt, hidden, number: 1, ..page })
    })
}

pub(super) fn pages() -> Vec<Vec<u8>> {
    short(some_pages().filter_map(|page| minicbor::to_vec(&page).ok()))
}

pub(super) fn page_streams() -> Vec<Vec<u8>> {
    short(some_pages().filter_map(|page| {
        let mut writer = PageWriter::new();
        let first = writer.page(&page).ok()?;
        Some([first, writer.finish().ok()?].concat())
    }))
}

fn some_requests() -> impl Iterator<Item = SyncRequest> {
    let key = SigningKey::from_bytes(&SEED);
    pushes().map(move |pushed| {
        let seed = [6; 16];
        let mut signing = BatchDigest::new(&CLUSTER, seed);
        signing.record(&pushed.envelope);
        for change in &pushed.changes {
            signing.change(&change.hash);
        }
        let signature = signing.sign(&key);
        let batch = Batch { cluster: CLUSTER, frame: encode_push(&[pushed]), seed, signature };
        SyncRequest {
            version: sync_core::protocol::VERSION,
            cursors: vec![ClusterCursor {
                cluster: CLUSTER,
                cursor: vec![7; 90],
                held: Vec::new(),
            }],
            batches: vec![batch],
            now: NOW,
            more: false,
            whole: false,
            stats: false,
            actors: None,
            openings: Vec::new(),
        }
    })
}

pub(super) fn requests() -> Vec<Vec<u8>> {
    short(some_requests().filter_map(|request| minicbor::to_vec(&request).ok()))
}

pub(super) fn request_streams() -> Vec<Vec<u8>> {
    short(some_requests().filter_map(|request| encode_request(&request).ok()))
}

pub(super) fn envelopes() -> Vec<Vec<u8>> {
    short((0..30).map(|seed| record(seed).envelope().encode()))
}

/// The shipped ones, which are longer than a seed should be, without their longer lists.
pub(super) fn frameworks() -> Vec<Vec<u8>> {
    let shipped = [
        include_str!("../../../frameworks/four-stage-neighbour.toml"),
        include_str!("../../../frameworks/east-lothian.toml"),
        include_str!("../../../frameworks/england-caf.toml"),
    ];
    let readable = |text: &&str| super::core::framework(text.as_bytes());
    shipped.iter().filter_map(|text| beginnings(text).find(readable)).map(Vec::from).collect()
}

/// Ever shorter beginnings of a file, none longer than a seed, each ending before a section.
fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.match_indices("\n[").map(|(at, _)| at + 1).chain([text.len()]);
    let mut ends: Vec<usize> = ends.filter(|end| *end <= SEED_BYTES).collect();
    ends.reverse();
    ends.into_iter().map(|end| &text[..end])
}

pub(super) fn cursors() -> Vec<Vec<u8>> {
    let offsets = [
        Offset::Start,
        Offset::Directory(7),
        Offset::Extracts(8),
        Offset::Warnings(8),
        Offset::Granted(2, 5, 4),
        Offset::New(900),
    ];
    let cursor = |offset| Cursor { base: 7, up_to: 900, offset, ..Cursor::default() };
    offsets.map(|offset| cursor(offset).encode()).into()
}

pub(super) fn access_tokens() -> Vec<Vec<u8>> {
    let tokens = Tokens::new(&SEED);
    let user = UserId::from_bytes([1; 16]);
    let devices = [None, Some(DeviceId::from_bytes([3; 16]))];
    let claims = devices.map(|device| Claims { user, session: [2; 16], device });
    let issued = claims.iter().filter_map(|claims| tokens.issue(claims, NOW));
    issued.filter_map(|access| readable_parts(&access.token)).collect()
}

/// Header and body of a token, with a line between them.
fn readable_parts(token: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let (header, body) = (parts.next()??, parts.next()??);
    Some([header, b"\n".to_vec(), body].concat())
}

pub(super) fn refresh_tokens() -> Vec<Vec<u8>> {
    let device = DeviceId::from_bytes([3; 16]);
    let body = serde_json::json!({
        "refresh_token": hex::encode(&[4; 32]),
        "device": device.to_string(),
        "signature": hex::encode(&[5; 64]),
    });
    vec![body.to_string().into_bytes()]
}

pub(super) fn enrolments() -> Vec<Vec<u8>> {
    let body = serde_json::json!({
        "code": "A1B2C-3D4E0",
        "sign_in": "somebody",
        "password": "an invented password",
        "public_key": hex::encode(&[4; 32]),
        "actor": AUTHOR.0.to_string(),
        "device_name": "School phone é",
    });
    vec![body.to_string().into_bytes()]
}

pub(super) fn enrolment_codes() -> Vec<Vec<u8>> {
    ["A1B2C-3D4E0", " alb2c 3d4eo ", "ſ٣-UIL"].map(|code| code.as_bytes().to_vec()).into()
}

/// The next honest push to each record of the target.
pub(super) fn gate_pushes() -> Vec<Vec<u8>> {
    short((0..12_u8).map(|n| {
        let history = record(u64::from(n) % 6);
        let author = (sync_core::ids::Actor::from_bytes([0x70 + n; 16]), person(n % 4));
        let next = next_change(&history, author, None, &mut Dice::new(n.into(), 5));
        [vec![n % 6, n % 4, n & 1], encode_push(&[next])].concat()
    }))
}

/// Throws of the dice.
pub(super) fn meanings() -> Vec<Vec<u8>> {
    (0..6)
        .map(|seed| {
            let mut dice = Dice::new(seed, 6);
            let throws: Vec<u8> = (0..60).flat_map(|_| dice.bytes::<16>()).collect();
            throws
        })
        .collect()
}

//! Bytes of attachments: from the phone that made the record to whoever may read it, and nowhere else.

use std::fs;
use std::path::Path;

use actix_web::test::TestRequest;
use caseweave::role::Role;
use serde_json::{Value as Json, json};
use sync_core::device::Attached;
use sync_core::gate::media;
use sync_core::ids::{CaseId, RecordId};
use sync_core::limits::{CHUNK_BYTES, CHUNKS_PER_PIECE};
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Digest;
use sync_core::record::kinds::attachment::{AttachmentDraft, AttachmentSort};
use sync_core::record::schema::Fact;
use sync_core::store::{Store as _, Write};

use crate::audit::{rows, since};
use crate::support::{START, TestServer, servers};
use crate::worker::Worker;

/// What the camera put beside the picture.
const PLACE: &[u8] = b"57.4778N 4.2247W";

/// A PNG of so many bytes of picture.
fn photo(bytes: usize) -> Vec<u8> {
    let chunk = |name: &[u8; 4], inside: &[u8]| {
        [&(inside.len() as u32).to_be_bytes(), name.as_slice(), inside, &[0; 4]].concat()
    };
    let picture: Vec<u8> = (0..bytes).map(|n| (n * n / 7) as u8).collect();
    let words = chunk(b"tEXt", PLACE);
    let all = [chunk(b"IHDR", &[0; 13]), words, chunk(b"IDAT", &picture), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), all.concat()].concat()
}

/// A photo of a record, on the worker's phone.
pub(crate) fn attach(worker: &mut Worker, record: &RecordId) -> RecordId {
    let photo = photo(150_000);
    worker.phone().attach(record, AttachmentSort::Photo, &photo, None, START).unwrap().record
}

fn bytes(worker: &mut Worker, record: &RecordId) -> Vec<u8> {
    match worker.phone().attachment(record).unwrap() {
        Attached::Here(bytes) => bytes,
        Attached::NotHere { .. } => panic!("it is not here"),
    }
}

async fn put(
    worker: &Worker,
    server: &TestServer,
    at: (&RecordId, usize),
    piece: &[u8],
) -> (u16, Json) {
    let uri = format!("/v1/attachments/{}?from={}", at.0, at.1);
    let header = ("Authorization", format!("Bearer {}", worker.token));
    let request = TestRequest::put().uri(&uri).insert_header(header).set_payload(piece.to_vec());
    let (status, answer) = server.send(request).await;
    (status.as_u16(), answer)
}

async fn get(worker: &Worker, server: &TestServer, path: &str) -> (u16, Vec<u8>) {
    let header = ("Authorization", format!("Bearer {}", worker.token));
    let uri = format!("/v1/attachments/{path}");
    let (status, body) = server.send_raw(TestRequest::get().uri(&uri).insert_header(header)).await;
    (status.as_u16(), body)
}

/// Sends what a phone has of an attachment.
pub(crate) async fn send(worker: &mut Worker, server: &TestServer, record: &RecordId) {
    let bytes = bytes(worker, record);
    for (n, piece) in bytes.chunks(CHUNK_BYTES * 2).enumerate() {
        let (status, answer) = put(worker, server, (record, n * CHUNK_BYTES * 2), piece).await;
        assert_eq!(status, 200, "{answer}");
    }
}

/// A case with a visit for the team and a photo of it, both with the server but for the photo's bytes.
async fn begun(server: &TestServer) -> (Worker, CaseId, RecordId) {
    let mut mairi = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
    let case = mairi.begin("Rowan", "Kerr");
    let visit = mairi.visit(case, "A bruise.", START);
    let record = attach(&mut mairi, &visit);
    mairi.sync(server).await;
    (mairi, case, record)
}

/// Whether a text is in any file of a folder.
fn is_in_files(folder: &Path, text: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        match path.is_dir() {
            true => is_in_files(&path, text),
            false => fs::read(path).unwrap().windows(text.len()).any(|window| window == text),
        }
    })
}

#[actix_web::test]
async fn bytes_come_in_pieces_and_go_to_whoever_may_read_their_record() {
    for server in servers() {
        let (mut mairi, case, record) = begun(&server).await;
        let bytes = bytes(&mut mairi, &record);
        let path = record.to_string();
        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let neil = Worker::new(&server, "Neil", "police", Role::Practitioner).await;
        assert_eq!(get(&lead, &server, &path).await.0, 409, "not arrived");
        assert_eq!(get(&neil, &server, &path).await.0, 404);

        let wrong = put(&mairi, &server, (&record, 0), &bytes[..1_000]).await;
        assert_eq!((wrong.0, &wrong.1["error"]["code"]), (409, &json!("wrong_place")));
        let first = put(&mairi, &server, (&record, 0), &bytes[..CHUNK_BYTES]).await;
        assert_eq!(first, (200, json!({ "received": CHUNK_BYTES })));
        let again = put(&mairi, &server, (&record, 0), &bytes[..CHUNK_BYTES]).await;
        assert_eq!(again, first, "a repeat is told how far it is");
        let gap = put(&mairi, &server, (&record, 2 * CHUNK_BYTES), &bytes[2 * CHUNK_BYTES..]).await;
        assert_eq!(gap.0, 409);
        let far = get(&mairi, &server, &format!("{record}/received")).await;
        assert_eq!(serde_json::from_slice::<Json>(&far.1).unwrap()["received"], CHUNK_BYTES);
        assert_eq!(get(&lead, &server, &path).await.0, 409, "a part is nothing");

        let before = rows(&server);
        let last = put(&mairi, &server, (&record, CHUNK_BYTES), &bytes[CHUNK_BYTES..]).await;
        assert_eq!(last, (200, json!({ "received": bytes.len() })));
        assert_eq!(put(&mairi, &server, (&record, 0), &bytes[..CHUNK_BYTES]).await, last);
        let brought = since(&server, &before);
        assert_eq!(brought.len(), 1);
        assert_eq!((brought[0].act.as_str(), brought[0].case), ("bring_attachment", Some(case)));

        let before = rows(&server);
        assert_eq!(get(&lead, &server, &path).await, (200, bytes.clone()));
        let opened = since(&server, &before);
        assert_eq!((opened.len(), opened[0].act.as_str()), (1, "open_attachment"));
        assert_eq!((opened[0].user, opened[0].record), (Some(lead.user), Some(record)));
        let rest = get(&lead, &server, &format!("{record}?from=100001")).await;
        assert_eq!(rest, (200, bytes[100_001..].to_vec()));
        assert_eq!(get(&neil, &server, &path).await, get(&neil, &server, &"ee".repeat(16)).await);

        lead.sync(&server).await;
        lead.say_of(case, Compartment::Team, (Fact::Member, neil.user), "member");
        lead.sync(&server).await;
        assert_eq!(get(&neil, &server, &path).await.0, 200, "by the policy of now");
        lead.say_of(case, Compartment::Team, (Fact::Member, neil.user), "left");
        lead.sync(&server).await;
        assert_eq!(get(&neil, &server, &path).await.0, 404);
    }
}

#[actix_web::test]
async fn only_the_phone_that_made_the_record_brings_its_bytes() {
    for server in servers() {
        let (mut mairi, case, record) = begun(&server).await;
        let bytes = bytes(&mut mairi, &record);
        let lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let who = ("Mairi", "health", Role::Practitioner);
        let second = Worker::enrolled(&server, mairi.user, who).await;
        for other in [&lead, &second] {
            let before = rows(&server);
            assert_eq!(put(other, &server, (&record, 0), &bytes[..CHUNK_BYTES]).await.0, 404);
            let refused = &since(&server, &before)[0];
            assert_eq!((refused.outcome.as_str(), refused.case), ("not_found", Some(case)));
            assert_eq!(get(other, &server, &format!("{record}/received")).await.0, 404);
        }
        let large = vec![0; CHUNK_BYTES * CHUNKS_PER_PIECE + 1];
        assert_eq!(put(&mairi, &server, (&record, 0), &large).await.0, 413);
    }
}

#[actix_web::test]
async fn other_bytes_than_the_records_are_not_kept() {
    for server in servers() {
        let (mut mairi, case, record) = begun(&server).await;
        let mut wrong = bytes(&mut mairi, &record);
        wrong[100] ^= 1;
        let refused = put(&mairi, &server, (&record, 0), &wrong).await;
        assert_eq!((refused.0, &refused.1["error"]["code"]), (409, &json!("other_bytes")));
        let far = get(&mairi, &server, &format!("{record}/received")).await;
        assert_eq!(serde_json::from_slice::<Json>(&far.1).unwrap()["received"], 0);
        send(&mut mairi, &server, &record).await;

        // An app that leaves in where a photo was taken signs for it, and is refused all the same.
        let (parent, unclean) = (mairi.visit(case, "Again.", START), photo(1_000));
        assert!(!media::is_clean(AttachmentSort::Photo, &unclean));
        let (sort, digest) = (AttachmentSort::Photo, Digest::of(&unclean));
        let bytes = unclean.len() as u32;
        let draft = AttachmentDraft { parent, sort, digest, bytes, caption: None };
        let record = mairi.make(case, Compartment::Team, &draft);
        mairi.sync(&server).await;
        let refused = put(&mairi, &server, (&record, 0), &unclean).await;
        assert_eq!(refused.1["error"]["code"], "other_bytes");
        assert!(!is_in_files(server.files.path(), PLACE));
    }
}

#[actix_web::test]
async fn files_tell_neither_what_they_hold_nor_which_are_equal() {
    for server in servers() {
        let (mut mairi, case, first) = begun(&server).await;
        let visit = mairi.visit(case, "The same photo.", START);
        let second = attach(&mut mairi, &visit);
        mairi.sync(&server).await;
        send(&mut mairi, &server, &first).await;
        send(&mut mairi, &server, &second).await;
        let bytes = bytes(&mut mairi, &first);
        for at in (0..bytes.len() - 64).step_by(20_000) {
            assert!(!is_in_files(server.files.path(), &bytes[at..at + 64]));
        }
        let mut contents = Vec::new();
        for folder in fs::read_dir(server.files.path()).unwrap() {
            for file in fs::read_dir(folder.unwrap().path()).unwrap() {
                contents.push(fs::read(file.unwrap().path()).unwrap()[..1_000].to_vec());
            }
        }
        assert_eq!(contents.len(), 2);
        assert_ne!(contents[0], contents[1]);
    }
}

#[actix_web::test]
async fn what_is_attached_to_nothing_comes_back() {
    for server in servers() {
        let (mut mairi, case, _) = begun(&server).await;
        let visit = mairi.visit(case, "Never sent.", START);
        let record = attach(&mut mairi, &visit);
        // An app that sends a photo of what it does not send.
        let mut store = mairi.copy();
        let row = store.changes(&visit).unwrap().remove(0);
        let (actor, seq, reason) = (row.actor, row.seq, "kept".to_owned());
        store.commit(&[Write::Return { record: visit, actor, seq, reason }]).unwrap();
        mairi.restore(&store);
        assert_eq!(mairi.exchange(&server).await.returned, 1);
        let returned = mairi.phone().returned().unwrap();
        let photo = returned.iter().find(|it| it.record == record).unwrap();
        assert_eq!(photo.reason, "wrong_parent");
        assert_eq!(get(&mairi, &server, &record.to_string()).await.0, 404);
    }
}

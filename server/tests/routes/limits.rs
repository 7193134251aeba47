use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use caseweave::role::Role;
use serde_json::json;
use sync_core::ids::RecordId;
use sync_core::limits::REQUEST_BYTES;
use sync_core::record::change::{Change, Edit};
use sync_core::record::kind::Kind;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::visit::Narrative;
use sync_core::store::memory::MemoryStore;
use sync_core::store::{Shelf, Store as _, Write};

use crate::support::{START, assert_refused, servers};
use crate::worker::Worker;

#[actix_web::test]
async fn a_body_that_is_too_large_is_refused() {
    for server in servers() {
        let large = json!({ "sign_in": "x".repeat(REQUEST_BYTES), "password": "" });
        assert_refused(server.post("/v1/sign-in", &large).await, 413, "too_large");
    }
}

#[actix_web::test]
async fn a_body_of_the_wrong_form_is_refused_without_an_echo() {
    for server in servers() {
        let wrong = server.post("/v1/sign-in", &json!({ "sign_in": 7, "secret": "x" })).await;
        assert!(!wrong.1.to_string().contains("secret"));
        assert_refused(wrong, 400, "bad_request");
        let plain = TestRequest::post().uri("/v1/sign-in").set_payload("{}");
        assert_refused(server.send(plain).await, 415, "not_json");
    }
}

#[actix_web::test]
async fn where_nothing_of_the_interface_is_the_answer_is_json() {
    for server in servers() {
        for path in ["/v1", "/v1/nothing", "/v1/sign-in"] {
            let nowhere = server.send(TestRequest::get().uri(path)).await;
            assert_refused(nowhere, 404, "not_found");
        }
    }
}

#[actix_web::test]
async fn a_password_as_long_as_a_book_costs_no_hash() {
    for server in servers() {
        let body = json!({ "sign_in": "ada", "password": "x".repeat(5000) });
        let answer = server.post("/v1/sign-in", &body).await;
        assert_eq!(answer.0, StatusCode::UNAUTHORIZED);
        assert_refused(answer, 401, "sign_in_failed");
    }
}

/// What an app saved without looking and no server reads comes back to its author; what else they wrote goes.
#[actix_web::test]
async fn a_change_that_no_server_reads_comes_back_and_the_rest_goes() {
    for server in servers() {
        let mut worker = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = worker.begin("Rowan", "Kerr");
        worker.sync(&server).await;
        let mut store = worker.copy();
        let record = worker.visit(case, "A very long visit.", START);
        saved_without_looking(&mut worker, &record, &mut store);
        worker.restore(&store);
        worker.visit(case, "A short visit.", START);
        let report = worker.exchange(&server).await;
        assert_eq!((report.accepted, report.returned, report.waiting), (1, 1, 0), "{report:?}");
        let returned = worker.phone().returned().unwrap();
        assert_eq!(returned[0].reason, "too_long");
        let words: usize = returned[0].words.iter().map(String::len).sum();
        assert!(words > 300_000, "{words} bytes are there to be read");
        assert_eq!(worker.phone().only_here().unwrap().changes, 0);
    }
}

/// Puts a record into a copy of the phone's data with more words than one change may have.
fn saved_without_looking(worker: &mut Worker, record: &RecordId, store: &mut MemoryStore) {
    let own = worker.phone().identity().clone();
    let made = worker.phone().store();
    let row = made.record(record).unwrap().unwrap();
    let mut change = made.changes(record).unwrap().remove(0);
    let user = own.principal.user;
    let read = Change::decode_body(Kind::Visit, own.actor, user, &change.body).unwrap();
    let more = (0..5).map(|_| Edit::Add(Narrative { text: "x".repeat(60_000) }.entry()));
    let edits = read.edits.iter().cloned().chain(more).collect();
    change.body = Change { edits, ..read }.encode_body();
    let counters = made.items(Shelf::Meta).unwrap().into_iter();
    let counters = counters.map(|(key, value)| Write::Set(Shelf::Meta, key, value));
    let writes = [Write::PutRecord(row), Write::PutChange(change)].into_iter().chain(counters);
    store.commit(&writes.collect::<Vec<_>>()).unwrap();
}

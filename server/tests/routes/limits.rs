use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;
use sync_core::limits::REQUEST_BYTES;

use crate::support::{assert_refused, servers};

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

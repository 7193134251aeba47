use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caseweave::db;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestServer, assert_refused, servers};

async fn sign_in(server: &TestServer, name: &str, password: &str) -> (StatusCode, Value) {
    server.post("/v1/sign-in", &json!({ "sign_in": name, "password": password })).await
}

#[actix_web::test]
async fn a_person_signs_in_without_a_phone() {
    for server in servers() {
        let (status, answer) = sign_in(&server, " ADA ", PASSWORD).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let (status, me) = server.get("/v1/me", answer["access_token"].as_str().unwrap()).await;
        assert_eq!((status, &me["display_name"]), (StatusCode::OK, &json!("Ada Morrison")));
    }
}

#[actix_web::test]
async fn unknown_wrong_and_left_look_alike() {
    for server in servers() {
        let wrong = sign_in(&server, "ada", "not the password").await;
        let unknown = sign_in(&server, "nobody", PASSWORD).await;
        assert_eq!(wrong, unknown);
        assert_refused(wrong, 401, "sign_in_failed");

        let (_, answer) = sign_in(&server, "ada", PASSWORD).await;
        db::users::set_left(&mut server.conn(), &server.ada).unwrap();
        assert_refused(sign_in(&server, "ada", PASSWORD).await, 401, "sign_in_failed");
        let gone = server.get("/v1/me", answer["access_token"].as_str().unwrap()).await;
        assert_refused(gone, 401, "session_ended");
    }
}

#[actix_web::test]
async fn a_token_must_be_there_and_ours() {
    for server in servers() {
        let none = server.send(TestRequest::get().uri("/v1/me")).await;
        assert_refused(none, 401, "no_token");
        assert_refused(server.get("/v1/me", "nonsense").await, 401, "session_ended");
    }
}

#[actix_web::test]
async fn a_token_that_names_another_algorithm_is_refused() {
    for server in servers() {
        let (_, answer) = sign_in(&server, "ada", PASSWORD).await;
        let token = answer["access_token"].as_str().unwrap();
        let mut parts = token.splitn(3, '.');
        let (header, body, signature) =
            (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        assert_eq!(URL_SAFE_NO_PAD.decode(header).unwrap(), br#"{"alg":"EdDSA"}"#);
        for algorithm in ["none", "HS256", "RS256", "ES256"] {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm }).to_string());
            for signature in [signature, ""] {
                let swapped = format!("{header}.{body}.{signature}");
                assert_refused(server.get("/v1/me", &swapped).await, 401, "session_ended");
            }
        }
    }
}

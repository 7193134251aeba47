//! Who may knock how often, and tokens that are not what they say.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::test::TestRequest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caseweave::db;
use caseweave::service::tokens::{Claims, Tokens};
use serde_json::{Value, json};
use sync_core::ids::DeviceId;
use sync_core::limits::{DEVICE_EXCHANGES, REQUEST_INFLATED_BYTES, SIGN_INS, UNPROVED};
use sync_core::protocol::VERSION;
use sync_core::protocol::message::SyncRequest;
use sync_core::protocol::surrender::{Sealed, Surrender};

use crate::support::{PASSWORD, START, TestServer, assert_refused, servers};

fn sign_in(name: &str, password: &str, from: &str) -> TestRequest {
    let body = json!({ "sign_in": name, "password": password });
    let peer = format!("{from}:40000").parse().unwrap();
    TestRequest::post().uri("/v1/sign-in").peer_addr(peer).set_json(body)
}

#[actix_web::test]
async fn guessing_ends_where_the_guesser_is_and_tells_nothing() {
    for server in servers() {
        for name in ["ada", "nobody"] {
            for _ in 0..SIGN_INS.at_once.get() {
                let guess = server.send(sign_in(name, "a wrong password", "192.0.2.1")).await;
                assert_refused(guess, 401, "sign_in_failed");
            }
            let (status, headers, body) =
                server.send_whole(sign_in(name, PASSWORD, "192.0.2.1")).await;
            assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(headers.get(RETRY_AFTER).unwrap(), "30", "{name}");
            assert!(String::from_utf8_lossy(&body).contains("too_often"));
        }
        let (status, _) = server.send(sign_in("ada", PASSWORD, "192.0.2.2")).await;
        assert_eq!(status, StatusCode::OK, "she is not locked out by others");
        server.pass(30_000);
        let (status, _) = server.send(sign_in("ada", PASSWORD, "192.0.2.1")).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn an_enrolled_phone_is_not_locked_out_by_who_guesses_its_users_password() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        for _ in 0..SIGN_INS.at_once.get() * 2 {
            let body = json!({ "sign_in": "ada", "password": "a wrong password" });
            server.post("/v1/sign-in", &body).await;
        }
        let token = &enrolled["refresh_token"];
        let refresh = server.post("/v1/token", &phone.refresh(token, &enrolled["device"])).await;
        assert_eq!(refresh.0, StatusCode::OK, "from the same address");
    }
}

#[actix_web::test]
async fn a_phone_that_never_stops_asking_is_told_to_wait() {
    for server in servers() {
        let (_, enrolled) = server.enrolled().await;
        let header =
            ("Authorization", format!("Bearer {}", enrolled["access_token"].as_str().unwrap()));
        let ask = || TestRequest::post().uri("/v1/sync").insert_header(header.clone());
        let mut told = None;
        for n in 0..DEVICE_EXCHANGES.at_once.get() + 1 {
            let (status, _) = server.send_raw(ask().set_payload("?")).await;
            if status == StatusCode::TOO_MANY_REQUESTS {
                told = Some(n);
            }
        }
        assert_eq!(told, Some(DEVICE_EXCHANGES.at_once.get()));
    }
}

/// A request in the name of a phone, by whoever does not have its key.
fn forged(enrolled: &Value, path: &str) -> TestRequest {
    let request = TestRequest::post().uri(path);
    let device = &enrolled["device"];
    match path {
        "/v1/token" => request.set_json(json!({
            "refresh_token": "0a".repeat(32), "device": device, "signature": "0c".repeat(64),
        })),
        "/v1/erased" => request.set_json(json!({
            "device": device, "order": "0a".repeat(16), "signature": "0c".repeat(64),
        })),
        _ => request.set_payload(surrender(&device.as_str().unwrap().parse().unwrap(), 99)),
    }
}

/// A phone's last message, under a key.
fn surrender(device: &DeviceId, key: u8) -> Vec<u8> {
    let request = SyncRequest {
        version: VERSION,
        cursors: Vec::new(),
        batches: Vec::new(),
        now: START,
        more: false,
        whole: false,
        stats: false,
        actors: None,
        openings: Vec::new(),
    };
    let message = Surrender { request, returned: Vec::new(), left: 0 };
    let key = ed25519_dalek::SigningKey::from_bytes(&[key; 32]);
    Sealed::new(*device, &key, &message).unwrap().pack().unwrap()
}

#[actix_web::test]
async fn a_stranger_at_a_phones_address_stops_no_phone_and_writes_nothing_in_its_users_name() {
    for path in ["/v1/token", "/v1/erased", "/v1/surrender"] {
        for server in servers() {
            let (phone, enrolled) = server.enrolled().await;
            let peer = "192.0.2.1:40000".parse().unwrap();
            let before = crate::audit::rows(&server);
            let mut told = Vec::new();
            for _ in 0..UNPROVED.at_once.get() + 20 {
                let (status, _) = server.send_raw(forged(&enrolled, path).peer_addr(peer)).await;
                told.push(status.as_u16());
            }
            let allowed = UNPROVED.at_once.get() as usize;
            assert!(told[..allowed].iter().all(|status| *status == 401), "{path}: {told:?}");
            assert!(told[allowed..].iter().all(|status| *status == 429), "{path}: {told:?}");
            let new = crate::audit::since(&server, &before);
            assert!(new.len() <= allowed, "{path}: {} rows", new.len());
            assert!(new.iter().all(|row| row.user.is_none() && row.device.is_none()), "{path}");

            let token = &enrolled["refresh_token"];
            let refresh = phone.refresh(token, &enrolled["device"]);
            let refresh = TestRequest::post().uri("/v1/token").peer_addr(peer).set_json(refresh);
            let (status, answer) = server.send(refresh).await;
            assert_eq!(status, StatusCode::OK, "the phone behind the same address: {answer}");
            let device = enrolled["device"].as_str().unwrap().parse().unwrap();
            let own = TestRequest::post().uri("/v1/surrender").peer_addr(peer);
            let own = own.set_payload(surrender(&device, 1));
            assert_refused(server.send(own).await, 409, "device_active");
        }
    }
}

#[actix_web::test]
async fn a_phone_that_proves_itself_is_counted_by_itself() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let refresh = phone.refresh(&json!("0b".repeat(32)), &enrolled["device"]);
        let mut told = None;
        for n in 0..=DEVICE_EXCHANGES.at_once.get() {
            // From another address each time: that is no way round it.
            let peer = format!("192.0.{}.{}:40000", n / 200, n % 200).parse().unwrap();
            let request = TestRequest::post().uri("/v1/token").peer_addr(peer);
            let (status, _) = server.send(request.set_json(&refresh)).await;
            if status == StatusCode::TOO_MANY_REQUESTS {
                told = Some(n);
            }
        }
        assert_eq!(told, Some(DEVICE_EXCHANGES.at_once.get()));
    }
}

#[actix_web::test]
async fn what_a_stranger_sends_is_not_inflated() {
    for server in servers() {
        let stranger = DeviceId::from_bytes([9; 16]);
        let sealed = surrender(&stranger, 9);
        let request = || TestRequest::post().uri("/v1/surrender");
        assert_refused(server.send(request().set_payload(sealed)).await, 401, "session_ended");
        // A bomb under an unknown phone's name is refused by its head, not for its size.
        let mut bomb = vec![0xa3, 0x00];
        bomb.extend(minicbor::to_vec(stranger).unwrap());
        bomb.resize(2 * REQUEST_INFLATED_BYTES, 0);
        let bomb = zstd::stream::encode_all(bomb.as_slice(), 3).unwrap();
        assert_refused(server.send(request().set_payload(bomb)).await, 401, "session_ended");
    }
}

/// Each token is refused, whatever is wrong with it, in the same words.
#[actix_web::test]
async fn tokens_that_are_not_what_they_say_are_refused_alike() {
    for server in servers() {
        let (_, one) = server.enrolled().await;
        let real = one["access_token"].as_str().unwrap().to_owned();
        let now = server.state.clock.now();
        let claims = server.state.secrets.tokens.check(&real, now).unwrap();
        let issue = |claims: &Claims| server.state.secrets.tokens.issue(claims, now).unwrap().token;
        let elsewhere = Tokens::new(&[9; 32]).issue(&claims, now).unwrap().token;
        let other_phone = Claims { device: Some(DeviceId::from_bytes([8; 16])), ..claims };
        let no_phone = Claims { device: None, ..claims };
        let other_user = Claims { user: sync_core::ids::UserId::from_bytes([7; 16]), ..claims };
        let no_session = Claims { session: [6; 16], ..claims };
        let rows = [
            ("nonsense", "nonsense".to_owned()),
            ("none", with_algorithm(&real, "none", true)),
            ("none without a signature", with_algorithm(&real, "none", false)),
            ("a shared secret", with_algorithm(&real, "HS256", true)),
            ("another curve", with_algorithm(&real, "ES256", true)),
            ("another server's", elsewhere),
            ("another phone's", issue(&other_phone)),
            ("of no phone", issue(&no_phone)),
            ("another person's", issue(&other_user)),
            ("of no session", issue(&no_session)),
            ("changed", changed(&real)),
        ];
        for (what, token) in rows {
            for path in ["/v1/me", "/v1/caseload", "/v1/devices"] {
                let (status, body) = server.get(path, &token).await;
                let code = &body["error"]["code"];
                assert_eq!((status.as_u16(), code), (401, &json!("session_ended")), "{what}");
            }
        }
        assert_eq!(server.get("/v1/me", &real).await.0, StatusCode::OK);
        replayed_later(&server, &claims, &real).await;
    }
}

/// A genuine token after its end, and after its session was revoked.
async fn replayed_later(server: &TestServer, claims: &Claims, real: &str) {
    let now = server.state.clock.now();
    db::sessions::revoke(&mut server.conn(), &claims.session, "a test", now).unwrap();
    assert_refused(server.get("/v1/me", real).await, 401, "session_revoked");
    server.pass(caseweave::service::tokens::ACCESS_MS);
    assert_refused(server.get("/v1/me", real).await, 401, "session_ended");
}

fn with_algorithm(token: &str, algorithm: &str, signed: bool) -> String {
    let mut parts = token.splitn(3, '.').skip(1);
    let (body, signature) = (parts.next().unwrap(), parts.next().unwrap());
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm }).to_string());
    format!("{header}.{body}.{}", if signed { signature } else { "" })
}

/// The same token with a later end.
fn changed(token: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let body = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    body["exp"] = json!(4_000_000_000_i64);
    let body = URL_SAFE_NO_PAD.encode(body.to_string());
    format!("{}.{body}.{}", parts[0], parts[2])
}

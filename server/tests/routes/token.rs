use actix_web::http::StatusCode;
use caseweave::db;
use caseweave::db::devices::DeviceState;
use caseweave::service::refresh::REFRESH_MS;
use serde_json::{Value, json};

use crate::support::{Phone, TestServer, assert_refused, servers};

async fn refresh(
    server: &TestServer,
    phone: &Phone,
    token: &Value,
    of: &Value,
) -> (StatusCode, Value) {
    server.post("/v1/token", &phone.refresh(token, &of["device"])).await
}

#[actix_web::test]
async fn a_refresh_rotates_and_its_repeat_gets_the_same() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let first = &enrolled["refresh_token"];
        server.pass(11 * 60 * 1000);
        let old = server.get("/v1/me", enrolled["access_token"].as_str().unwrap()).await;
        assert_refused(old, 401, "session_ended");

        let (status, second) = refresh(&server, &phone, first, &enrolled).await;
        assert_eq!(status, StatusCode::OK, "{second}");
        assert_ne!(&second["refresh_token"], first);
        let (status, _) = server.get("/v1/me", second["access_token"].as_str().unwrap()).await;
        assert_eq!(status, StatusCode::OK);

        let (status, repeat) = refresh(&server, &phone, first, &enrolled).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(repeat["refresh_token"], second["refresh_token"]);
    }
}

#[actix_web::test]
async fn reuse_after_the_successor_was_used_ends_the_session() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let first = &enrolled["refresh_token"];
        let (_, second) = refresh(&server, &phone, first, &enrolled).await;
        let (_, third) = refresh(&server, &phone, &second["refresh_token"], &enrolled).await;
        // The second's own repeat is still honest.
        let (_, again) = refresh(&server, &phone, &second["refresh_token"], &enrolled).await;
        assert_eq!(again["refresh_token"], third["refresh_token"]);

        let reuse = refresh(&server, &phone, first, &enrolled).await;
        assert_refused(reuse, 401, "session_revoked");
        let newest = refresh(&server, &phone, &third["refresh_token"], &enrolled).await;
        assert_refused(newest, 401, "session_revoked");
        let access = server.get("/v1/me", third["access_token"].as_str().unwrap()).await;
        assert_refused(access, 401, "session_revoked");
    }
}

/// As the database was before it gave the tokens that followed the first.
fn put_back(server: &TestServer) {
    for sql in [
        "DELETE FROM refresh_tokens WHERE issued_at > (SELECT MIN(issued_at) FROM refresh_tokens)",
        "UPDATE refresh_tokens SET used_at = NULL, successor_used_at = NULL",
    ] {
        server.tamper(sql).unwrap();
    }
}

#[actix_web::test]
async fn a_token_that_a_backup_does_not_know_goes_on_by_the_same_rules() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let mut given = vec![enrolled["refresh_token"].clone()];
        for _ in 0..3 {
            let (status, next) = refresh(&server, &phone, given.last().unwrap(), &enrolled).await;
            assert_eq!(status, StatusCode::OK, "{next}");
            given.push(next["refresh_token"].clone());
        }
        put_back(&server);
        let thief = refresh(&server, &Phone::new(9), &given[3], &enrolled).await;
        assert_refused(thief, 401, "session_ended");

        // Two at once, and a third that asks again after the answer was lost.
        let (one, two) = tokio::join!(
            refresh(&server, &phone, &given[3], &enrolled),
            refresh(&server, &phone, &given[3], &enrolled),
        );
        assert_eq!((one.0, two.0), (StatusCode::OK, StatusCode::OK), "{} {}", one.1, two.1);
        let (_, again) = refresh(&server, &phone, &given[3], &enrolled).await;
        for other in [&two.1, &again] {
            assert_eq!(other["refresh_token"], one.1["refresh_token"]);
        }
        let (status, _) = server.get("/v1/me", one.1["access_token"].as_str().unwrap()).await;
        assert_eq!(status, StatusCode::OK);

        // An earlier one that is not known either is in the wrong hands, as it would have been.
        let copied = refresh(&server, &phone, &given[2], &enrolled).await;
        assert_refused(copied, 401, "session_revoked");
        let newest = refresh(&server, &phone, &one.1["refresh_token"], &enrolled).await;
        assert_refused(newest, 401, "session_revoked");
    }
}

#[actix_web::test]
async fn a_stolen_phone_is_told_so_by_a_server_that_does_not_know_its_token() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let (_, second) = refresh(&server, &phone, &enrolled["refresh_token"], &enrolled).await;
        let device = enrolled["device"].as_str().unwrap().parse().unwrap();
        db::devices::set_state(&mut server.conn(), &device, DeviceState::Stolen).unwrap();
        for unknown in [&second["refresh_token"], &json!("00".repeat(32))] {
            put_back(&server);
            let told = refresh(&server, &phone, unknown, &enrolled).await;
            assert_refused(told, 403, "device_stolen");
            let other = refresh(&server, &Phone::new(9), unknown, &enrolled).await;
            assert_refused(other, 401, "session_ended");
        }
    }
}

#[actix_web::test]
async fn a_wrong_key_ends_the_session() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let thief = Phone::new(9);
        let stolen = refresh(&server, &thief, &enrolled["refresh_token"], &enrolled).await;
        assert_refused(stolen, 401, "session_revoked");
        let honest = refresh(&server, &phone, &enrolled["refresh_token"], &enrolled).await;
        assert_refused(honest, 401, "session_revoked");
    }
}

#[actix_web::test]
async fn an_unknown_or_old_token_is_just_over() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let unknown = refresh(&server, &phone, &json!("00".repeat(32)), &enrolled).await;
        assert_refused(unknown, 401, "session_ended");
        server.pass(REFRESH_MS);
        let old = refresh(&server, &phone, &enrolled["refresh_token"], &enrolled).await;
        assert_refused(old, 401, "session_ended");
    }
}

#[actix_web::test]
async fn a_stolen_or_retired_phone_is_refused_at_once() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let device = enrolled["device"].as_str().unwrap().parse().unwrap();
        for (state, code) in
            [(DeviceState::Retired, "device_retired"), (DeviceState::Stolen, "device_stolen")]
        {
            db::devices::set_state(&mut server.conn(), &device, state).unwrap();
            let access = server.get("/v1/me", enrolled["access_token"].as_str().unwrap()).await;
            assert_refused(access, 403, code);
            let token = refresh(&server, &phone, &enrolled["refresh_token"], &enrolled).await;
            assert_refused(token, 403, code);
        }
    }
}

#[actix_web::test]
async fn two_refreshes_at_once_get_the_same_successor() {
    for server in servers() {
        let (phone, enrolled) = server.enrolled().await;
        let token = &enrolled["refresh_token"];
        let (one, two) = tokio::join!(
            refresh(&server, &phone, token, &enrolled),
            refresh(&server, &phone, token, &enrolled),
        );
        assert_eq!((one.0, two.0), (StatusCode::OK, StatusCode::OK), "{} {}", one.1, two.1);
        assert_eq!(one.1["refresh_token"], two.1["refresh_token"]);
    }
}

#[actix_web::test]
async fn a_token_that_nobody_here_signed_is_refused_and_written_down_in_nobodys_name() {
    for server in servers() {
        let (_, enrolled) = server.enrolled().await;
        let good = enrolled["access_token"].as_str().unwrap();
        let mut parts: Vec<&str> = good.split('.').collect();
        let none = "eyJhbGciOiJub25lIn0";
        let unsigned = format!("{none}.{}.", parts[1]);
        let swapped = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", parts[1], parts[2]);
        let other = caseweave::service::tokens::Tokens::new(&[42; 32]);
        let claims = server.state.secrets.tokens.check(good, server.state.clock.now()).unwrap();
        let signed_anew = other.issue(&claims, server.state.clock.now()).unwrap().token;
        let turned: String = parts[2].chars().rev().collect();
        parts[2] = &turned;
        for forged in [unsigned, swapped, signed_anew, parts.join(".")] {
            let before = crate::audit::rows(&server);
            assert_refused(server.get("/v1/me", &forged).await, 401, "session_ended");
            let new = crate::audit::since(&server, &before);
            let [row] = &new[..] else { panic!("{new:?}") };
            assert_eq!(
                (row.act.as_str(), row.outcome.as_str(), row.user),
                ("session", "forged", None)
            );
        }
        let before = crate::audit::rows(&server);
        for _ in 0..150 {
            server.get("/v1/me", "a.b.c").await;
        }
        let new = crate::audit::since(&server, &before).len();
        assert!(new < 110, "{new} rows of one stranger");
    }
}

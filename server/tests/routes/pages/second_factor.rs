use actix_web::http::StatusCode;
use caseweave::db;
use caseweave::service::second_factor::{self, State, code_at};
use serde_json::json;
use sync_core::limits::{CODE_TRIES, CODE_WAIT_MAX_MS, CODE_WAIT_MS};

use super::browser::{Browser, Shown};
use crate::support::{PASSWORD, Phone, TestServer, assert_refused, servers};

/// A step of the codes, milliseconds.
const STEP: i64 = 30_000;

async fn send(browser: &mut Browser<'_>, wish: &str, given: &str) -> Shown {
    let form_code = browser.get("/second-factor").await.form_code();
    let form = [("form_code", form_code.as_str()), ("wish", wish), ("given", given)];
    browser.post("/second-factor", &form).await
}

fn secret(server: &TestServer) -> [u8; 20] {
    let state = second_factor::state(&mut server.conn(), &server.state.secrets, &server.ada);
    match state.unwrap() {
        State::Begun(secret) => secret,
        State::None | State::Confirmed => panic!("no secret is shown"),
    }
}

fn code(server: &TestServer, secret: &[u8; 20]) -> String {
    code_at(secret, server.state.clock.now()).unwrap()
}

/// Ada sets up an app.
async fn set_up(server: &TestServer) -> [u8; 20] {
    let mut browser = Browser::of(server, "Ada").await;
    assert_eq!(send(&mut browser, "begin", PASSWORD).await.status, 303);
    let secret = secret(server);
    let right = code(server, &secret);
    assert_eq!(send(&mut browser, "confirm", &right).await.status, 303);
    server.pass(STEP);
    secret
}

async fn sign_in(browser: &mut Browser<'_>, password: &str, code: &str) -> Shown {
    let form_code = browser.get("/sign-in").await.form_code();
    let form = [
        ("form_code", form_code.as_str()),
        ("sign_in", "ada"),
        ("password", password),
        ("code", code),
        ("next", "/"),
    ];
    browser.post("/sign-in", &form).await
}

#[actix_web::test]
async fn an_app_is_set_up_with_the_password_shown_as_a_picture_and_confirmed() {
    for server in servers() {
        let mut browser = Browser::of(&server, "Ada").await;
        browser.get("/second-factor").await.says(&["Set it up", "Your password"]);
        let wrong = send(&mut browser, "begin", "not the password").await;
        assert_eq!(wrong.status, 422);
        wrong.says(&["The password is wrong"]);
        wrong.says_nothing_of(&["<svg", "otpauth"]);

        assert_eq!(send(&mut browser, "begin", PASSWORD).await.location(), "/second-factor");
        let secret = secret(&server);
        let spelt = second_factor::spelt(&secret);
        let groups: Vec<_> = spelt.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        let shown = browser.get("/second-factor").await;
        shown.says(&[
            "<svg",
            &groups.join(" "),
            &format!("otpauth://totp/Caseweave:ada?secret={spelt}"),
        ]);
        shown.says_nothing_of(&["style=", "<script"]);
        assert_eq!(sign_in(&mut Browser::new(&server), PASSWORD, "").await.status, 303, "not yet");

        assert_eq!(send(&mut browser, "confirm", "000000").await.status, 422);
        let right = code(&server, &secret);
        assert_eq!(send(&mut browser, "confirm", &right).await.status, 303);
        let done = browser.get("/second-factor").await;
        done.says(&["An app is set up"]);
        done.says_nothing_of(&[&spelt, "<svg"]);
        let again = send(&mut browser, "begin", PASSWORD).await;
        assert_eq!(again.status, 303);
        browser.get("/second-factor").await.says(&["An app is set up"]);
    }
}

#[actix_web::test]
async fn whoever_has_an_app_signs_in_and_enrols_with_its_code_only() {
    for server in servers() {
        let secret = set_up(&server).await;
        let mut browser = Browser::new(&server);
        let right = code(&server, &secret);
        let refusals = [
            sign_in(&mut browser, PASSWORD, "").await,
            sign_in(&mut browser, PASSWORD, "123").await,
            sign_in(&mut browser, "not the password", &right).await,
        ];
        for refused in refusals {
            assert_eq!(refused.status, 422);
            refused.says(&[
                "The sign-in name, the password or the code is wrong",
                "Code from your app",
            ]);
        }
        let body = json!({ "sign_in": "ada", "password": PASSWORD });
        assert_refused(server.post("/v1/sign-in", &body).await, 401, "sign_in_failed");
        let phone = Phone::new(1);
        let mut enrol = phone.enrol(&server.code(&server.ada));
        assert_refused(server.post("/v1/enrol", &enrol).await, 401, "sign_in_failed");

        let spaced = format!("{} {}", &right[..3], &right[3..]);
        assert_eq!(
            sign_in(&mut browser, PASSWORD, &spaced).await.status,
            303,
            "however it is typed"
        );
        let again = sign_in(&mut Browser::new(&server), PASSWORD, &right).await;
        assert_eq!(again.status, 422, "a code is good once");
        server.pass(STEP);
        let body =
            json!({ "sign_in": "ada", "password": PASSWORD, "code": code(&server, &secret) });
        assert_eq!(server.post("/v1/sign-in", &body).await.0, StatusCode::OK);
        server.pass(STEP);
        enrol["app_code"] = json!(code(&server, &secret));
        assert_eq!(server.post("/v1/enrol", &enrol).await.0, StatusCode::OK);
    }
}

#[actix_web::test]
async fn a_code_of_the_step_before_or_after_is_good_and_one_further_off_is_not() {
    for server in servers() {
        let secret = set_up(&server).await;
        server.pass(10 * STEP);
        let now = server.state.clock.now();
        for (off, status) in [(-2, 422), (2, 422), (-1, 303), (0, 303), (1, 303), (-1, 422)] {
            let code = code_at(&secret, now.plus_ms(off * STEP)).unwrap();
            let shown = sign_in(&mut Browser::new(&server), PASSWORD, &code).await;
            assert_eq!(shown.status, status, "{off}");
        }
    }
}

#[actix_web::test]
async fn strangers_cannot_keep_somebody_out_and_guesses_after_the_password_wait_but_end() {
    for server in servers() {
        let secret = set_up(&server).await;
        for n in 0..20 {
            // Without the password nothing is counted against her.
            let body = json!({ "sign_in": "ada", "password": "a guess", "code": "000000" });
            let peer = format!("192.0.2.{n}:40000").parse().unwrap();
            let request = actix_web::test::TestRequest::post().uri("/v1/sign-in");
            server.send(request.peer_addr(peer).set_json(body)).await;
        }
        let right = code(&server, &secret);
        assert_eq!(sign_in(&mut Browser::new(&server), PASSWORD, &right).await.status, 303);

        server.pass(10 * STEP);
        for _ in 0..=CODE_TRIES {
            assert_eq!(sign_in(&mut Browser::new(&server), PASSWORD, "000000").await.status, 422);
            server.pass(1);
        }
        server.pass(CODE_WAIT_MS / 2);
        let early = code(&server, &secret);
        assert_eq!(
            sign_in(&mut Browser::new(&server), PASSWORD, &early).await.status,
            422,
            "it waits"
        );
        server.pass(CODE_WAIT_MAX_MS);
        let later = code(&server, &secret);
        assert_eq!(sign_in(&mut Browser::new(&server), PASSWORD, &later).await.status, 303);
    }
}

#[actix_web::test]
async fn an_app_is_taken_away_with_a_code_of_it_and_its_secret_is_sealed() {
    for server in servers() {
        let secret = set_up(&server).await;
        let factor = db::second_factors::get(&mut server.conn(), &server.ada).unwrap().unwrap();
        assert!(!factor.sealed.windows(20).any(|part| part == secret), "it is sealed");
        let mut browser = Browser::new(&server);
        let right = code(&server, &secret);
        assert_eq!(sign_in(&mut browser, PASSWORD, &right).await.status, 303);
        assert_eq!(send(&mut browser, "remove", &right).await.status, 422, "it was used");
        server.pass(STEP);
        let right = code(&server, &secret);
        assert_eq!(send(&mut browser, "remove", &right).await.status, 303);
        browser.get("/second-factor").await.says(&["Set it up"]);
        assert_eq!(sign_in(&mut Browser::new(&server), PASSWORD, "").await.status, 303);
    }
}

use actix_web::http::header::SET_COOKIE;
use sync_core::limits::{PAGE_SESSION_IDLE_MS, PAGE_SESSION_MS};

use super::browser::Browser;
use crate::support::{PASSWORD, assert_refused, servers};

#[actix_web::test]
async fn a_person_signs_in_and_out_with_a_browser() {
    for server in servers() {
        let mut browser = Browser::new(&server);
        let first = browser.get("/").await;
        assert_eq!((first.status, first.location()), (303, "/sign-in?"));
        let before = browser.get("/sign-in").await;
        let token = browser.cookie.clone().unwrap();

        let wrong = browser.sign_in("ada", "not the password").await;
        let unknown = browser.sign_in("ada <b>", PASSWORD).await;
        assert_eq!((wrong.status, unknown.status), (422, 422));
        wrong.says(&["There is a problem", "The sign-in name, the password or the code is wrong"]);
        unknown.says(&["There is a problem", "value=\"ada &#60;b&#62;\""]);
        wrong.says_nothing_of(&["not the password"]);
        assert_eq!(browser.get("/").await.status, 303);

        let right = browser.sign_in(" ADA ", PASSWORD).await;
        assert_eq!((right.status, right.location()), (303, "/"));
        assert_ne!(browser.cookie, Some(token), "a token from before is good for nothing");
        assert_ne!(browser.get("/").await.form_code(), before.form_code());
        browser.get("/").await.says(&["Signed in as Ada Morrison", "What needs you today"]);

        let (kept, form_code) = (browser.cookie.clone(), browser.get("/").await.form_code());
        let out = browser.post("/sign-out", &[("form_code", &form_code)]).await;
        assert_eq!((out.status, out.location(), browser.cookie.take()), (303, "/sign-in", None));
        browser.cookie = kept;
        assert_eq!(browser.get("/").await.status, 303, "a stolen cookie is good for nothing now");
    }
}

#[actix_web::test]
async fn the_cookie_is_for_this_server_over_tls_and_for_no_script() {
    for server in servers() {
        let mut browser = Browser::new(&server);
        for shown in [browser.get("/sign-in").await, browser.sign_in("ada", PASSWORD).await] {
            let cookie = shown.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
            let (pair, rules) = cookie.split_once("; ").unwrap();
            assert!(pair.starts_with("__Host-caseweave=") && pair.len() > 80, "{pair}");
            assert_eq!(rules, "Path=/; Secure; HttpOnly; SameSite=Lax");
        }
    }
}

#[actix_web::test]
async fn somebody_goes_on_where_they_were_going_and_nowhere_else() {
    for server in servers() {
        let mut browser = Browser::new(&server);
        let sent = browser.get("/caseload?harm=on").await;
        assert_eq!(sent.location(), "/sign-in?next=%2Fcaseload%3Fharm%3Don");
        let page = browser.get(sent.location()).await;
        page.says(&["name=\"next\" value=\"/caseload?harm=on\""]);
        for (next, to) in [("/caseload?harm=on", "/caseload?harm=on"), ("//evil.example", "/")] {
            let form_code = browser.get("/sign-in").await.form_code();
            let form = [
                ("form_code", form_code.as_str()),
                ("sign_in", "ada"),
                ("password", PASSWORD),
                ("next", next),
            ];
            assert_eq!(browser.post("/sign-in", &form).await.location(), to);
        }
    }
}

#[actix_web::test]
async fn whoever_sends_a_form_goes_on_to_its_page() {
    for server in servers() {
        let mut browser = Browser::new(&server);
        for (path, next) in [
            ("/password", "/sign-in?next=%2Fpassword"),
            ("/cases/0a/glass", "/sign-in?next=%2Fcases%2F0a%2Fglass"),
            ("/holds/0a", "/sign-in?next=%2Fholds%2F0a"),
            // At these addresses there is no page.
            ("/alarms/0a", "/sign-in?"),
            ("/to-review/0a", "/sign-in?"),
            ("/sign-out", "/sign-in?"),
        ] {
            assert_eq!(browser.post(path, &[]).await.location(), next, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_form_of_another_session_changes_nothing() {
    for server in servers() {
        let (mut ada, mut other) = (Browser::of(&server, "Ada").await, Browser::new(&server));
        let foreign = other.get("/sign-in").await.form_code();
        for code in [foreign.as_str(), "", "zz", &"0".repeat(64)] {
            let out = ada.post("/sign-out", &[("form_code", code)]).await;
            assert_eq!(out.status, 403, "{code}");
            out.says(&["This form cannot be used", "Nothing was changed"]);
        }
        assert_eq!(ada.get("/").await.status, 200);

        // Nor can anybody be signed in by a form from elsewhere.
        let form = [
            ("form_code", foreign.as_str()),
            ("sign_in", "ada"),
            ("password", PASSWORD),
            ("next", "/"),
        ];
        let mut without = Browser::new(&server);
        assert_eq!(without.post("/sign-in", &form).await.status, 403);
        let more = [form.as_slice(), &[("more", "x")]].concat();
        assert_eq!(other.post("/sign-in", &more).await.status, 400);
        let long = "x".repeat(20_000);
        let long = [form[0], ("sign_in", long.as_str()), form[2], form[3]];
        assert_eq!(other.post("/sign-in", &long).await.status, 400);
    }
}

#[actix_web::test]
async fn a_session_ends_when_nothing_happens_and_after_a_working_day() {
    for server in servers() {
        let mut browser = Browser::of(&server, "Ada").await;
        server.pass(PAGE_SESSION_IDLE_MS - 1);
        assert_eq!(browser.get("/caseload").await.status, 200);
        server.pass(PAGE_SESSION_IDLE_MS);
        let idle = browser.get("/caseload").await;
        assert_eq!(idle.location(), "/sign-in?next=%2Fcaseload&ended=yes");
        browser.get(idle.location()).await.says(&["You were signed out"]);

        let mut browser = Browser::of(&server, "Ada").await;
        let step = PAGE_SESSION_IDLE_MS / 2;
        for _ in 1..PAGE_SESSION_MS / step {
            server.pass(step);
            assert_eq!(browser.get("/").await.status, 200);
        }
        server.pass(step);
        assert_eq!(browser.get("/").await.location(), "/sign-in?ended=yes");
    }
}

#[actix_web::test]
async fn who_has_left_is_signed_out_at_once() {
    for server in servers() {
        let mut browser = Browser::of(&server, "Ada").await;
        caseweave::db::users::set_left(&mut server.conn(), &server.ada).unwrap();
        assert_eq!(browser.get("/").await.status, 303);
        assert_eq!(browser.sign_in("ada", PASSWORD).await.status, 422);
    }
}

#[actix_web::test]
async fn a_browsers_session_is_no_phones_and_a_phones_is_no_browsers() {
    for server in servers() {
        let mut browser = Browser::of(&server, "Ada").await;
        let token = browser.cookie.clone().unwrap();
        let token = token.strip_prefix("__Host-caseweave=").unwrap();
        assert_refused(server.get("/v1/me", token).await, 401, "session_ended");

        let (_, enrolled) = server.enrolled().await;
        for name in ["access_token", "refresh_token"] {
            browser.cookie = Some(format!("__Host-caseweave={}", enrolled[name].as_str().unwrap()));
            assert_eq!(browser.get("/").await.status, 303, "{name}");
        }
    }
}

#[actix_web::test]
async fn every_answer_says_what_a_browser_must_not_do() {
    for server in servers() {
        let mut browser = Browser::of(&server, "Ada").await;
        for path in ["/", "/caseload", "/cases/0a", "/sign-in", "/nowhere", "/v1/nowhere"] {
            let shown = browser.get(path).await;
            assert_eq!(shown.header("x-content-type-options"), "nosniff");
            assert_eq!(shown.header("cache-control"), "no-store");
            if path.starts_with("/v1/") {
                // For programs: nothing there is a page, and phones pay for every byte.
                continue;
            }
            let policy = shown.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; style-src 'self';"),
                "{path}: {policy}"
            );
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
            for (name, value) in [
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("strict-transport-security", "max-age=31536000"),
            ] {
                assert_eq!(shown.header(name), value, "{path}: {name}");
            }
            shown.says_nothing_of(&["<script", "style=\"", "onclick"]);
        }
        browser.get("/nowhere").await.says(&["Page not found"]);
        let page = browser.get("/sign-in").await;
        let (_, styles) = page.body.split_once("rel=\"stylesheet\" href=\"").unwrap();
        let styles = browser.get(styles.split('"').next().unwrap()).await;
        assert_eq!(
            (styles.status, styles.header("content-type")),
            (200, "text/css; charset=utf-8")
        );
        assert!(styles.header("cache-control").contains("immutable"));
        assert_eq!(browser.get("/assets/styles-0.css").await.status, 404);
    }
}

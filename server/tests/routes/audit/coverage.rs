//! Every route and every page leaves a row, but for those of this list.

use std::collections::BTreeSet;

use actix_web::test::TestRequest;
use caseweave::db::write_tx;
use caseweave::role::Role;
use caseweave::service::accounts::{self, Post};
use caseweave::web::PAGES;
use serde_json::{Value as Json, json};

use super::{Area, rows, since};
use crate::pages::Browser;
use crate::support::{PASSWORD, Phone, START, TestServer, servers};
use crate::worker::Worker;

/// What shows nothing of anybody, with the reason.
const SILENT: &[(&str, &str, &str)] = &[
    ("get", "/healthz", "says that the process is there"),
    ("get", "/readyz", "says that the database is there"),
    ("get", "/metrics", "counts requests"),
    ("get", "/v1/me", "shows a person to themselves"),
    ("get", "/v1/sync/wait", "says whether to ask, and nothing else"),
    ("post", "/v1/surrender", "of a marked phone only: leaves a row once its signature is good"),
    ("get", "/sign-in", "an empty form"),
    (
        "get",
        "/sign-in/outside",
        "not there without an outside sign-in; the live tests read its rows",
    ),
    ("get", "/sign-in/back", "not there without an outside sign-in; the live tests read its rows"),
    ("get", "/password", "an empty form"),
    ("get", "/second-factor", "shows a person's own secret to themselves; making it leaves a row"),
    ("get", "/cases/{case}/glass", "an empty form, the same for every case"),
    ("get", "/export", "an empty form"),
    ("get", "/assets/{name}", "styles"),
];

fn is_silent(method: &str, path: &str) -> bool {
    SILENT.iter().any(|(known, at, _)| (*known, *at) == (method, path))
}

/// Every route of the interface by method and path.
fn routes() -> BTreeSet<(String, String)> {
    let document = serde_json::to_value(caseweave::openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Json)| {
        let methods: Vec<_> = item.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(|method| (method, path.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

fn body(server: &TestServer, path: &str) -> Json {
    match path {
        "/v1/enrol" => Phone::new(200).enrol(&server.code(&server.ada)),
        "/v1/sign-in" => json!({ "sign_in": "ada", "password": PASSWORD }),
        "/v1/erased" => json!({
            "device": "0b".repeat(16), "order": "0a".repeat(16), "signature": "0c".repeat(64),
        }),
        "/v1/devices/{id}/mark" => json!({ "state": "retired" }),
        "/v1/posts" => json!({
            "sign_in": "ada", "cluster": "Preston Lodge", "agency": "health", "role": "duty",
        }),
        "/v1/posts/end" => json!({ "sign_in": "ada", "cluster": "Preston Lodge", "role": "duty" }),
        "/v1/token" => json!({
            "refresh_token": "0a".repeat(32), "device": "0b".repeat(16), "signature": "0c".repeat(64),
        }),
        _ => json!({ "reason": "Somebody must look at this." }),
    }
}

fn query(area: &Area, path: &str) -> String {
    match path {
        "/v1/directory" => "?name=kerr".to_owned(),
        "/v1/contributions" => "?after=0".to_owned(),
        "/v1/handover" => format!("?from={}", area.member.user),
        _ => String::new(),
    }
}

#[actix_web::test]
async fn every_route_leaves_a_row_of_who_asked() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        for (method, pattern) in routes().iter().filter(|(method, path)| !is_silent(method, path)) {
            let before = rows(&server);
            if pattern == "/v1/sync" {
                area.member.visit(area.case, "Rowan waved.", START);
                area.member.sync(&server).await;
            } else {
                let path = pattern.replace("{case}", &area.case.to_string());
                let path = path.replace("{record}", &"0d".repeat(16));
                let path = path.replace("{id}", &"0d".repeat(16)) + &query(&area, pattern);
                let request = match method.as_str() {
                    "get" => TestRequest::get().uri(&path),
                    "put" => TestRequest::put().uri(&path).set_payload("bytes"),
                    _ => TestRequest::post().uri(&path).set_json(body(&server, pattern)),
                };
                let header = ("Authorization", format!("Bearer {}", area.lead.token));
                let (status, _) = server.send_raw(request.insert_header(header)).await;
                assert!(status.as_u16() < 500 && status != 400, "{method} {path}: {status}");
            }
            let new = since(&server, &before);
            assert!(
                !new.is_empty(),
                "{method} {pattern} shows or does something and leaves no row"
            );
            let named = new.iter().all(|row| row.user.is_some());
            let unknown =
                ["/v1/token", "/v1/erased", "/v1/contributions"].contains(&pattern.as_str());
            assert!(named || unknown, "{method} {pattern}: {new:?}");
        }
    }
}

#[actix_web::test]
async fn every_page_leaves_a_row_of_who_looked() {
    for server in servers() {
        let area = Area::new(&server).await;
        let record = sync_core::record::kind::Compartment::Team.case_record(&area.case);
        let signed_in = Browser::of(&server, "Lena").await.cookie;
        // Signing out comes last: it ends the session of all the others.
        let mut pages: Vec<_> =
            PAGES.iter().filter(|(method, at)| !is_silent(method, at)).collect();
        pages.sort_by_key(|(_, path)| *path == "/sign-out");
        for (method, pattern) in pages {
            let mut browser = Browser::new(&server);
            browser.cookie.clone_from(&signed_in);
            let form_code = browser.get("/").await.form_code();
            let before = rows(&server);
            let path = pattern.replace("{case}", &area.case.to_string());
            let path =
                path.replace("{record}", &record.to_string()).replace("{id}", &"0d".repeat(16));
            let path = path.replace("{measure}", "children-at-stage");
            let path = path.replace("{entry}", &format!("{}-1-0", "0a".repeat(16)));
            let mut form = vec![("form_code", form_code.as_str())];
            match *pattern {
                "/sign-in" => form.extend([("sign_in", "lena"), ("password", "no"), ("next", "/")]),
                "/sign-out" | "/alarms/{id}" => {}
                "/password" => form.extend([("old", "no"), ("new", "no"), ("again", "no")]),
                "/second-factor" => form.extend([("wish", "begin"), ("given", "no")]),
                "/to-settle/{record}" => {
                    form.extend([("fact", "stage"), ("shown", ""), ("reason", "So.")]);
                }
                "/devices/{id}" => form.push(("state", "retired")),
                "/to-review/{id}" => form.extend([("reason", "So."), ("decision", "release")]),
                _ => form.push(("reason", "Somebody must look at this.")),
            }
            let shown = match *method {
                "get" => browser.get(&path).await,
                _ => browser.post(&path, &form).await,
            };
            assert!(shown.status < 500 && shown.status != 400, "{method} {path}: {}", shown.status);
            let new = since(&server, &before);
            assert!(
                !new.is_empty(),
                "{method} {pattern} shows or does something and leaves no row"
            );
            assert!(new.iter().all(|row| row.user == Some(area.lead.user)), "{method} {pattern}");
        }
    }
}

#[test]
fn nothing_is_silent_that_is_not_there() {
    let routes = routes();
    for (method, path, _) in SILENT {
        let is_route = routes.contains(&((*method).to_owned(), (*path).to_owned()));
        assert!(is_route || PAGES.contains(&(method, path)), "{method} {path}");
    }
}

#[actix_web::test]
async fn names_that_go_to_a_phone_are_written_down_though_no_record_goes() {
    for server in servers() {
        let area = Area::new(&server).await;
        let before = rows(&server);
        let user = server.add_worker("Neil", "neil", "police", Role::Practitioner);
        let mut neil =
            Worker::enrolled(&server, user, ("Neil", "police", Role::Practitioner)).await;
        assert_eq!(neil.phone().directory().unwrap().len(), 1);
        let pulls: Vec<_> =
            since(&server, &before).into_iter().filter(|it| it.act == "pull").collect();
        let [pull] = &pulls[..] else { panic!("one exchange, one row: {pulls:?}") };
        assert_eq!(
            (pull.user, pull.amount, pull.detail.as_str()),
            (Some(user), Some(0), "directory 1")
        );
        // Somebody who may read everything from now on is sent old records, without one new change.
        let post = Post { cluster: "Preston Lodge", agency: "police", role: Role::ClusterLead };
        write_tx(&mut server.conn(), |conn| accounts::add_post(conn, START, &user, post)).unwrap();
        let before = rows(&server);
        neil.sync(&server).await;
        assert!(neil.shown(area.case).contains("tower of bricks"));
        let pulls = since(&server, &before).into_iter().filter(|it| it.act == "pull");
        assert!(pulls.map(|it| it.amount).eq([Some(2)]));
    }
}

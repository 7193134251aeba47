//! Every route of the interface's description, asked by everybody: who is answered how, that what
//! may not be seen is answered like what is not there, and whose answers hold whose words.

#[path = "matrix/crowd.rs"]
mod crowd;
#[path = "matrix/rows.rs"]
mod rows;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderValue;
use actix_web::test::{self, TestRequest};
use caseweave::build_app;
use caseweave::web::PAGES;

use crate::support::servers;
use crowd::{Crowd, SECRETS, WHO};
use rows::{ROWS, Row};

/// An answer as whoever asked can see it.
#[derive(PartialEq, Eq, Debug)]
struct Whole {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Whole {
    async fn of(answer: ServiceResponse<impl MessageBody>) -> Self {
        let status = answer.status().as_u16();
        let words = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let all = answer.headers().iter().map(|(name, value)| (name.to_string(), words(value)));
        // A request's number is random for everybody.
        let mut headers: Vec<_> = all.filter(|(name, _)| name != "x-request-id").collect();
        headers.sort();
        let body = String::from_utf8_lossy(&test::read_body(answer).await).into_owned();
        Self { status, headers, body }
    }
}

fn request(row: &Row, path: &str, token: Option<&str>) -> TestRequest {
    let request = match row.method {
        "get" => TestRequest::get(),
        "post" => TestRequest::post(),
        "put" => TestRequest::put(),
        other => panic!("a method without a row: {other}"),
    };
    let request = match row.body {
        "" => request,
        body => {
            request.insert_header(("Content-Type", "application/json")).set_payload(body.to_owned())
        }
    };
    let request = request.uri(path);
    match token {
        Some(token) => request.insert_header(("Authorization", format!("Bearer {token}"))),
        None => request,
    }
}

#[test]
fn every_route_of_the_description_has_its_row() {
    let document = serde_json::to_value(caseweave::openapi::document()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let is = |row: &&Row| row.route == path && row.method == method;
            assert!(ROWS.iter().any(|row| is(&row)), "no row says who may: {method} {path}");
        }
    }
}

/// The first test is of statuses; the second that a person learns nothing by guessing ids.
#[actix_web::test]
async fn each_route_answers_everybody_as_the_table_says_and_guesses_alike() {
    for server in servers() {
        let crowd = Crowd::new(&server).await;
        let app = test::init_service(build_app(server.state.clone())).await;
        let mut asked = 0;
        for row in ROWS {
            for who in WHO.chars().filter(|who| row.is_asked_by(*who)) {
                let path = crowd.path(row.path);
                let answer = Whole::of(
                    test::call_service(&app, request(row, &path, crowd.token(who)).to_request())
                        .await,
                )
                .await;
                let expected = row.expects(who);
                assert_eq!(
                    answer.status, expected,
                    "{who} {} {}: {answer:?}",
                    row.method, row.path
                );
                asked += 1;
                if row.is_open_to(who) || !row.names_something() {
                    continue;
                }
                for nothing in crowd.guesses(row.path) {
                    let unknown = Whole::of(
                        test::call_service(
                            &app,
                            request(row, &nothing, crowd.token(who)).to_request(),
                        )
                        .await,
                    )
                    .await;
                    assert_eq!(answer, unknown, "{who} {} {}", row.method, row.path);
                    asked += 1;
                }
            }
        }
        assert!(asked > 800, "{asked} requests: the table has shrunk");
    }
}

#[actix_web::test]
async fn whose_words_are_in_whose_answers() {
    for server in servers() {
        let crowd = Crowd::new(&server).await;
        let app = test::init_service(build_app(server.state.clone())).await;
        let mut found: Vec<(char, &str)> = Vec::new();
        for who in WHO.chars().filter(|who| *who != '-') {
            for row in ROWS.iter().filter(|row| row.method == "get") {
                let path = crowd.path(row.path);
                let answer = Whole::of(
                    test::call_service(&app, request(row, &path, crowd.token(who)).to_request())
                        .await,
                )
                .await;
                crowd.judge_words(who, &path, &answer.body, &mut found);
            }
            let cookie = crowd.cookie(&server, who).await;
            for (_, page) in PAGES.iter().filter(|(method, _)| *method == "get") {
                for path in crowd.pages(page) {
                    let asking = TestRequest::get().uri(&path);
                    let asking = asking.insert_header(("Cookie", cookie.clone()));
                    let shown =
                        Whole::of(test::call_service(&app, asking.to_request()).await).await;
                    crowd.judge_words(who, &path, &shown.body, &mut found);
                }
            }
        }
        for (words, readers) in SECRETS {
            for reader in readers.chars() {
                assert!(found.contains(&(reader, words)), "{reader} never saw {words}");
            }
        }
    }
}

#[actix_web::test]
async fn a_page_that_may_not_be_seen_is_the_page_of_what_is_not_there() {
    for server in servers() {
        let crowd = Crowd::new(&server).await;
        let app = test::init_service(build_app(server.state.clone())).await;
        for who in WHO.chars().filter(|who| *who != '-') {
            let cookie = crowd.cookie(&server, who).await;
            for (_, page) in
                PAGES.iter().filter(|(method, it)| *method == "get" && it.contains('{'))
            {
                let mut answers = Vec::new();
                for path in crowd.hidden_pages(page) {
                    let asking = TestRequest::get().uri(&path);
                    let asking = asking.insert_header(("Cookie", cookie.clone()));
                    let answer = test::call_service(&app, asking.to_request()).await;
                    answers.push(Whole::of(answer).await);
                }
                // The form that breaks a glass is the same for every case, and for none.
                let form = page.ends_with("/glass");
                let open = who == 'm' && page.starts_with("/cases") && !form;
                for answer in &answers[1..] {
                    assert_eq!(*answer == answers[0], !open, "{who} {page}: {answer:?}");
                }
            }
        }
    }
}

//! What a server of clusters counts for the authority's own, and to whom it is given.

use actix_web::test::TestRequest;
use caseweave::app::ServerRole;
use caseweave::db::{self, write_tx};
use caseweave::hex;
use caseweave::role::Role;
use caseweave::service::audit::{Pen, Who};
use caseweave::service::collecting::{self, Gives, NewSource, Trouble};
use caseweave::service::contributions::{
    self, Contribution, ContributionError, Counting, Given, is_signed,
};
use caseweave::service::editions::{self, Closing, Edition};
use caseweave::web::{OF_AUTHORITY, PAGES};
use serde_json::json;
use sync_core::record::schema::Fact;

use crate::pages::Browser;
use crate::support::{PASSWORD, START, TestServer, assert_refused, servers};
use crate::worker::Worker;

/// A server of clusters and an authority's own, each on a database of its own.
pub(crate) fn pairs() -> Vec<(TestServer, TestServer)> {
    let authority = |mut server: TestServer| {
        server.state.role = ServerRole::Authority;
        server
    };
    servers().into_iter().zip(servers().into_iter().map(authority)).collect()
}

pub(crate) fn key_of(server: &TestServer) -> [u8; 32] {
    server.state.secrets.figures_key.verifying_key().to_bytes()
}

pub(crate) fn pen(server: &TestServer) -> Pen {
    server.state.pen(Who::operator()).unwrap()
}

/// Lets the authority's server collect, and tells it where.
fn acquaint(cluster: &TestServer, authority: &TestServer) -> db::sources::Source {
    let key = hex::encode(&key_of(authority));
    write_tx(&mut cluster.conn(), |conn| contributions::allow(conn, START, None, (&key, "East")))
        .unwrap();
    let key = hex::encode(&key_of(cluster));
    let new = NewSource {
        authority: None,
        name: "East",
        address: "https://east.example",
        trusted: "-----BEGIN CERTIFICATE-----",
        key: &key,
        fresh: [9; 16],
    };
    write_tx(&mut authority.conn(), |conn| collecting::add(conn, START, &new)).unwrap().0
}

fn make(server: &TestServer, period: &str) -> Result<Contribution, ContributionError> {
    let counting = Counting { authority: None, period, to: None };
    let (now, key) = (server.state.clock.now(), &server.state.secrets.figures_key);
    write_tx(&mut server.conn(), |conn| contributions::make(conn, now, key, counting))
}

pub(crate) fn close(server: &TestServer, period: &str) -> Edition {
    let closing = Closing { authority: None, period, to: None, without: &[] };
    let (now, catalogue) = (server.state.clock.now(), &server.state.rules.catalogue);
    write_tx(&mut server.conn(), |conn| {
        editions::close(conn, now, catalogue, closing, &mut |_, _| ())
    })
    .unwrap()
}

/// The server of clusters, asked in this process with a key that it knows.
struct Here<'a>(&'a TestServer, [u8; 32]);

impl Gives for Here<'_> {
    fn after(&self, number: i64) -> Result<Given, Trouble> {
        let (key, mut pen) = (&self.0.state.secrets.figures_key, pen(self.0));
        let asked = (&self.1, number);
        let given =
            write_tx(&mut self.0.conn(), |conn| contributions::give(conn, &mut pen, key, asked));
        given.unwrap().map(|given| given.into_inner()).ok_or(Trouble::NotAllowed)
    }
}

async fn seven_children(server: &TestServer) -> Worker {
    let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
    let cases: Vec<_> = (0..7).map(|n| lead.begin(&format!("Child {n}"), "Kerr")).collect();
    for case in &cases {
        lead.say(*case, Fact::Stage, "1");
    }
    lead.sync(server).await;
    lead
}

#[actix_web::test]
async fn what_is_collected_makes_the_edition_that_one_server_would_publish() {
    for (cluster, authority) in pairs() {
        let source = acquaint(&cluster, &authority);
        let mut lead = seven_children(&cluster).await;
        for period in ["Autumn", "Winter"] {
            let made = make(&cluster, period).unwrap();
            assert_eq!(make(&cluster, period).unwrap(), made, "a period is counted once");
            let here = Here(&cluster, key_of(&authority));
            let collect = || {
                let (conn, how) = (&mut authority.conn(), (START, &mut pen(&authority)));
                let took = collecting::collect(conn, (&source, &here), how, &mut |_, _| ());
                took.unwrap().new
            };
            assert_eq!((collect(), collect()), (1, 0), "asked twice, it changes nothing");
            let (there, here) = (close(&authority, period), close(&cluster, period));
            assert_eq!(there.tables, here.tables);
            assert_eq!((there.after, there.to, there.late), (here.after, here.to, vec![]));
            for n in 0..6 {
                lead.begin(&format!("Child {n} of {period}"), "Muir");
            }
            lead.sync(&cluster).await;
            for server in [&cluster, &authority] {
                server.pass(sync_core::time::Timestamp::DAY_MS);
            }
            lead.go_on(&cluster);
        }
        let all = write_tx(&mut cluster.conn(), |conn| contributions::list(conn, None)).unwrap();
        let text = serde_json::to_string(&all).unwrap();
        assert!(!text.contains("Kerr") && !text.contains("Child"), "{text}");
        let key = hex::encode(&key_of(&authority));
        let rows = crate::audit::rows(&cluster);
        let given = rows.iter().filter(|row| row.act == "give_figures" && row.amount.is_none());
        let given = given.filter(|row| row.detail == "number 2").count();
        assert!(given > 0, "that it left is written down");
        assert!(
            rows.iter().any(|row| row.subject.map(|it| hex::encode(&it)) == Some(key[..32].into()))
        );
        assert!(crate::audit::rows(&authority).iter().any(|row| row.act == "collect_figures"));
    }
}

#[actix_web::test]
async fn contributions_are_signed_numbered_and_chained() {
    for (cluster, authority) in pairs() {
        assert!(matches!(make(&cluster, "Autumn"), Err(ContributionError::Nobody)));
        acquaint(&cluster, &authority);
        let (first, second) =
            (make(&cluster, "Autumn").unwrap(), make(&cluster, "Winter").unwrap());
        assert_eq!((first.number, second.number), (1, 2));
        assert_eq!((first.server.as_str(), first.authority.as_str()), ("East", "East Lothian"));
        let here = Here(&cluster, key_of(&authority));
        let given = here.after(0).unwrap();
        assert_eq!(given.last, 2);
        let sealed = given.contribution.unwrap();
        assert_eq!(second.before, hex::encode(&contributions::digest(&sealed.body)));
        let signature = hex::decode(&sealed.signature).unwrap();
        assert!(is_signed(&key_of(&cluster), &sealed.body, &signature));
        assert!(!is_signed(&key_of(&authority), &sealed.body, &signature));
        let other = sealed.body.replace("\"number\":1", "\"number\":2");
        assert!(!is_signed(&key_of(&cluster), &other, &signature));

        let other_day =
            Counting { authority: None, period: "Winter", to: "2026-01-01".parse().ok() };
        let key = &cluster.state.secrets.figures_key;
        let refused =
            write_tx(&mut cluster.conn(), |conn| contributions::make(conn, START, key, other_day));
        assert!(matches!(refused, Err(ContributionError::OtherDay(_))));
        let back = Counting { period: "Spring", ..other_day };
        let refused =
            write_tx(&mut cluster.conn(), |conn| contributions::make(conn, START, key, back));
        assert!(matches!(refused, Err(ContributionError::BadDay)));

        assert_eq!(Here(&cluster, [7; 32]).after(0), Err(Trouble::NotAllowed));
        write_tx(&mut cluster.conn(), |conn| contributions::forbid(conn, None)).unwrap();
        assert_eq!(here.after(0), Err(Trouble::NotAllowed));
    }
}

#[actix_web::test]
async fn nobody_who_is_signed_in_is_given_figures_and_a_stranger_fills_no_audit() {
    for server in servers() {
        let chief = Worker::desk(&server, "Chiara", Role::Chief).await;
        let before = crate::audit::rows(&server);
        let answer = server.get("/v1/contributions?after=0", &chief.token).await;
        assert_refused(answer, 403, "not_the_authority");
        let new = crate::audit::since(&server, &before);
        let [row] = &new[..] else { panic!("one row: {new:?}") };
        assert_eq!((row.act.as_str(), row.outcome.as_str()), ("give_figures", "not_the_authority"));
        for _ in 0..200 {
            server.send(TestRequest::get().uri("/v1/contributions?after=0")).await;
        }
        let answer = server.send(TestRequest::get().uri("/v1/contributions?after=0")).await;
        assert_refused(answer, 429, "too_often");
        assert!(crate::audit::since(&server, &before).len() <= 100);
    }
}

#[actix_web::test]
async fn an_authoritys_server_has_no_address_of_records_phones_or_their_exchanges() {
    for (_, server) in pairs() {
        server.add_user("Chiara", "chiara", Role::Chief);
        server.add_worker("Lena", "lena", "education", Role::ClusterLead);
        let document = serde_json::to_value(caseweave::openapi::document()).unwrap();
        let has = ["/healthz", "/readyz", "/metrics", "/v1/sign-in", "/v1/me", "/v1/audit"];
        let has = |path: &str| {
            has.contains(&path) || path.starts_with("/v1/posts") || path == "/v1/audit.csv"
        };
        let mut missing = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let asked = match method.as_str() {
                    "get" => TestRequest::get(),
                    "put" => TestRequest::put(),
                    _ => TestRequest::post().set_json(json!({})),
                };
                let at = format!("{}?after=0&seconds=0", path.replace(['{', '}'], ""));
                let (status, body) = server.send_raw(asked.uri(&at)).await;
                assert_eq!(status != 404, has(path), "{method} {path}: {status}");
                let nothing = String::from_utf8_lossy(&body).contains("nothing at this address");
                assert_eq!(nothing, !has(path), "{method} {path}");
                missing += usize::from(nothing);
            }
        }
        assert!(missing > 25, "{missing}");
        for who in ["Chiara", "Lena"] {
            let mut browser = Browser::of(&server, who).await;
            let unknown = browser.get("/nowhere").await;
            for (method, path) in PAGES.iter().filter(|(_, path)| !OF_AUTHORITY.contains(path)) {
                let at = path.replace(['{', '}'], "");
                let shown = match *method {
                    "get" => browser.get(&at).await,
                    _ => browser.post(&at, &[]).await,
                };
                assert_eq!((shown.status, shown.body), (404, unknown.body.clone()), "{who} {path}");
            }
        }
        let mut chief = Browser::new(&server);
        assert_eq!(chief.sign_in("chiara", PASSWORD).await.status, 303);
        chief.get("/editions").await.says(&["Nothing has been published yet."]);
    }
}

#[actix_web::test]
async fn records_and_collected_figures_never_lie_in_one_database() {
    for (cluster, authority) in pairs() {
        acquaint(&cluster, &authority);
        let fits = |server: &TestServer, role| collecting::fits(&mut server.conn(), role).is_ok();
        assert!(fits(&authority, ServerRole::Authority) && !fits(&authority, ServerRole::Cluster));
        assert!(fits(&cluster, ServerRole::Cluster) && fits(&cluster, ServerRole::Authority));
        seven_children(&cluster).await;
        assert!(!fits(&cluster, ServerRole::Authority));
    }
}

#[actix_web::test]
async fn the_database_itself_lets_nobody_change_or_delete_a_contribution() {
    for (cluster, authority) in pairs() {
        let source = acquaint(&cluster, &authority);
        make(&cluster, "Autumn").unwrap();
        let here = Here(&cluster, key_of(&authority));
        let how = (START, &mut pen(&authority));
        collecting::collect(&mut authority.conn(), (&source, &here), how, &mut |_, _| ()).unwrap();
        for (server, table) in [(&cluster, "contributions"), (&authority, "collected")] {
            for change in [format!("UPDATE {table} SET body = ''"), format!("DELETE FROM {table}")]
            {
                assert!(server.tamper(&change).is_err(), "{change}");
            }
        }
    }
}

//! What was opened on a phone is told with the next exchange.

use actix_web::test::TestRequest;
use caseweave::db::{self, write_tx};
use caseweave::role::Role;
use caseweave::service::accounts::{self, NewCluster, Post};
use caseweave::service::posts::{self, Ending};
use sync_core::ids::UserId;
use sync_core::protocol::VERSION;
use sync_core::protocol::message::{Opening, SyncRequest};
use sync_core::protocol::stream::encode_request;
use sync_core::time::Timestamp;

use super::{Area, link, rows};
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

#[actix_web::test]
async fn what_a_phone_opened_offline_is_written_down_once_with_its_own_time() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.case;
        let morning = START.plus_ms(-3_600_000);
        for at in [morning, START] {
            area.member.phone().open_case(case, at).unwrap();
        }
        let record = sync_core::record::kind::Compartment::Team.case_record(&case);
        area.member.phone().open_record(&record, START).unwrap();
        assert_eq!(area.member.phone().untold().unwrap(), 2, "one a case and day");
        area.member.sync(&server).await;
        assert_eq!(area.member.phone().untold().unwrap(), 0);
        area.member.sync(&server).await;
        let told = rows(&server);
        let told: Vec<_> = told.iter().filter(|row| row.act == "read_offline").collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|row| row.user == Some(area.member.user) && row.device.is_some()));
        assert_eq!((told[0].case, told[0].record), (Some(case), None));
        assert_eq!((told[0].claimed_at, told[0].at), (Some(morning), START));
        assert_eq!((told[1].record, told[1].claimed_at), (Some(record), Some(START)));
        area.member.phone().open_case(case, START.plus_ms(Timestamp::DAY_MS)).unwrap();
        assert_eq!(area.member.phone().untold().unwrap(), 1, "another day");
    }
}

/// The answer to an exchange was lost: the phone tells again, and nothing is written down twice.
#[actix_web::test]
async fn what_is_told_twice_is_written_down_once() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.member.phone().open_case(area.case, START).unwrap();
        area.member.exchange_cut(&server).await;
        assert_eq!(area.member.phone().untold().unwrap(), 1);
        area.member.sync(&server).await;
        assert_eq!(area.member.phone().untold().unwrap(), 0);
        let told = rows(&server).into_iter().filter(|row| row.act == "read_offline").count();
        assert_eq!(told, 1);
    }
}

fn add_elsewhere(server: &TestServer) {
    let cluster = NewCluster {
        name: "Ross High",
        jurisdiction: "scotland",
        authority: None,
        fresh: ([3; 16], [4; 16]),
    };
    let add = |conn: &mut _| accounts::add_cluster(conn, START, &cluster);
    write_tx(&mut server.conn(), add).unwrap();
}

/// A practitioner of health goes from the test's cluster to the other one.
fn go_elsewhere(server: &TestServer, user: UserId, sign_in: &str) {
    let role = Role::Practitioner;
    let there = Post { cluster: "Ross High", agency: "health", role };
    let here = Ending { sign_in, cluster: "Preston Lodge", role };
    write_tx(&mut server.conn(), |conn| {
        accounts::add_post(conn, START, &user, there)?;
        posts::end(conn, START, None, here)
    })
    .unwrap();
}

#[actix_web::test]
async fn what_was_opened_in_a_cluster_that_one_has_left_is_shown_where_the_case_is() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.case;
        area.member.phone().open_case(case, START).unwrap();
        add_elsewhere(&server);
        go_elsewhere(&server, area.member.user, "mairi");
        area.member.sync(&server).await;
        link(&server);
        let path = format!("/v1/audit?case={case}&act=read_offline");
        let found = area.governance.read(&server, &path).await;
        assert_eq!(found["rows"].as_array().unwrap().len(), 1, "{found}");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_phone_writes_into_no_audit_of_a_cluster_in_which_it_never_was() {
    for server in servers() {
        let area = Area::new(&server).await;
        add_elsewhere(&server);
        let kirsty = server.add_worker("Kirsty", "kirsty", "health", Role::Practitioner);
        go_elsewhere(&server, kirsty, "kirsty");
        let who = ("Kirsty", "health", Role::Practitioner);
        let mut kirsty = Worker::enrolled(&server, kirsty, who).await;
        let case = kirsty.begin("Ross", "Young");
        kirsty.sync(&server).await;
        let opening = Opening { number: 1, case, record: None, at: START };
        let request = SyncRequest {
            version: VERSION,
            cursors: Vec::new(),
            batches: Vec::new(),
            now: START,
            more: true,
            whole: false,
            stats: false,
            actors: None,
            openings: vec![opening],
        };
        let header = ("Authorization", format!("Bearer {}", area.member.token));
        let told = TestRequest::post().uri("/v1/sync").insert_header(header);
        let told = told.set_payload(encode_request(&request).unwrap());
        assert_eq!(server.send_raw(told).await.0, 200);
        let here = rows(&server).into_iter().filter(|row| row.act == "read_offline");
        let here: Vec<_> = here.map(|row| (row.user, row.case)).collect();
        assert_eq!(here, [(Some(area.member.user), Some(case))], "where its user works");
        let mut conn = server.conn();
        let there = db::clusters::by_name(&mut conn, "Ross High").unwrap().unwrap().id;
        let there = db::audit::from_number(&mut conn, &there, 1, 1_000).unwrap();
        assert!(!there.is_empty() && there.iter().all(|it| it.row.user != Some(area.member.user)));
        assert_in_order(&server);
    }
}

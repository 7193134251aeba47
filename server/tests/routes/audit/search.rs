//! The audit for information governance, and for nobody else.

use actix_web::test::TestRequest;
use caseweave::role::Role;
use serde_json::{Value as Json, json};
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;

use super::{Area, link};
use crate::pages::Browser;
use crate::support::{START, TestServer, assert_refused, servers};
use crate::worker::Worker;

async fn found(server: &TestServer, who: &Worker, query: &str) -> Vec<Json> {
    link(server);
    let answer = who.read(server, &format!("/v1/audit?{query}")).await;
    answer["rows"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn governance_finds_who_saw_a_case_and_its_own_looking_is_written_down() {
    for server in servers() {
        let area = Area::new(&server).await;
        area.lead.read(&server, &area.path("")).await;
        area.colleague.get(&server, &area.path("")).await;
        let case = format!("case={}", area.case);
        let rows = found(&server, &area.governance, &case).await;
        let opened: Vec<_> = rows
            .iter()
            .filter(|row| row["act"] == "open_case")
            .map(|row| (row["by"]["name"].as_str().unwrap(), row["outcome"].as_str().unwrap()))
            .collect();
        assert!(opened.contains(&("Lena", "done")) && opened.contains(&("Coll", "not_found")));
        let by_user = format!("user={}&act=open_case", area.lead.user);
        assert_eq!(found(&server, &area.governance, &by_user).await.len(), 1);
        let own = found(&server, &area.governance, "act=read_audit").await;
        assert_eq!(own.len(), 2, "{own:?}");
        assert!(own.iter().any(|row| row["case"] == area.case.to_string()));
        let text = json!(found(&server, &area.governance, "").await).to_string();
        for child in ["Rowan", "Kerr", "bricks"] {
            assert!(!text.contains(child), "{child}");
        }
        for query in ["act=nothing", "after=1", "case=0a", "who=me"] {
            let refused = area.governance.get(&server, &format!("/v1/audit?{query}")).await;
            assert_refused(refused, 400, "bad_request");
        }
        let later = format!("from={}", server.state.clock.now().0 + 1);
        assert_eq!(found(&server, &area.governance, &later).await, Vec::<Json>::new());
    }
}

#[actix_web::test]
async fn a_page_goes_on_where_the_one_before_ended() {
    for server in servers() {
        let area = Area::new(&server).await;
        for _ in 0..7 {
            server.pass(1);
            area.lead.read(&server, &area.path("")).await;
        }
        link(&server);
        let base = format!("/v1/audit?user={}&act=open_case&limit=3", area.lead.user);
        let (mut seen, mut path) = (Vec::new(), base.clone());
        loop {
            let page = area.governance.read(&server, &path).await;
            seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["at"].as_i64()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{base}&after={next}");
        }
        assert_eq!(seen.len(), 7);
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    }
}

#[actix_web::test]
async fn nobody_else_reads_the_audit_and_the_attempt_is_written_down() {
    for server in servers() {
        let area = Area::new(&server).await;
        let admin = Worker::desk(&server, "Adam", Role::Admin).await;
        let chief = Worker::desk(&server, "Chiara", Role::Chief).await;
        for who in [&area.lead, &area.member, &area.duty, &admin, &chief] {
            for path in ["/v1/audit", "/v1/audit.csv"] {
                assert_refused(who.get(&server, path).await, 403, "not_your_role");
            }
        }
        let tried = found(&server, &area.governance, "act=read_audit").await;
        assert_eq!(tried.len(), 5);
        assert!(tried.iter().all(|row| row["outcome"] == "not_your_role"));
    }
}

/// The member, who is named for that, excludes the officer from the case.
async fn exclude_officer(server: &TestServer, area: &mut Area) {
    let (member, officer) = (area.member.user, area.governance.user);
    area.lead.say_of(area.case, Compartment::Protection, (Fact::Named, member), true);
    area.lead.sync(server).await;
    area.member.sync(server).await;
    area.member.say_of(area.case, Compartment::Protection, (Fact::Excluded, officer), true);
    area.member.sync(server).await;
}

#[actix_web::test]
async fn an_excluded_officer_sees_no_row_of_the_case() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let query = format!("case={}", area.case);
        area.lead.read(&server, &area.path("")).await;
        assert!(!found(&server, &area.governance, &query).await.is_empty());
        exclude_officer(&server, &mut area).await;
        area.lead.read(&server, &area.path("")).await;
        assert_eq!(found(&server, &area.governance, &query).await, Vec::<Json>::new());
        let all = json!(found(&server, &area.governance, "").await).to_string();
        assert!(!all.contains(&area.case.to_string()));
        let other = Worker::desk(&server, "Gwen", Role::Governance).await;
        assert!(!found(&server, &other, &query).await.is_empty());
    }
}

#[actix_web::test]
async fn an_excluded_officer_is_led_on_to_no_row_that_they_may_not_see() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        exclude_officer(&server, &mut area).await;
        server.pass(1);
        let from = server.state.clock.now();
        // What the officer may see stands between what they may not.
        let case = area.path("");
        for path in [&*case, "/v1/caseload", &case, "/v1/caseload", &case] {
            area.lead.read(&server, path).await;
            server.pass(1);
        }
        link(&server);
        let to = server.state.clock.now();
        let base = format!("/v1/audit?from={}&to={}&limit=1", from.0, to.0);
        let (mut seen, mut path) = (Vec::new(), base.clone());
        loop {
            let page = area.governance.read(&server, &path).await;
            let rows = page["rows"].as_array().unwrap();
            assert_eq!(rows.len(), 1, "{path} leads to a row");
            seen.push(rows[0]["act"].as_str().unwrap().to_owned());
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{base}&after={next}");
        }
        assert_eq!(seen, ["caseload", "caseload"]);
        let hidden = format!("/v1/audit?from={}&to={}&limit=1", from.0, from.0 + 1);
        let page = area.governance.read(&server, &hidden).await;
        assert_eq!((&page["rows"], &page["next"]), (&json!([]), &Json::Null));
    }
}

/// Whoever may not know of a record is told nothing, and that they tried is found where the record is.
#[actix_web::test]
async fn what_was_tried_on_a_record_is_found_by_its_case() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let record = area.member.visit(area.case, "Rowan waved.", START);
        area.member.sync(&server).await;
        let coll = &area.colleague;
        let header = ("Authorization", format!("Bearer {}", coll.token));
        let bring = TestRequest::put().uri(&format!("/v1/attachments/{record}"));
        let bring = bring.insert_header(header).set_payload("bytes");
        assert_refused(server.send(bring).await, 404, "not_found");
        let hear = format!("/v1/alarms/{record}/hear");
        assert_refused(coll.post(&server, &hear, &json!({})).await, 404, "not_found");
        let mut browser = Browser::of(&server, "Coll").await;
        let settled = format!("/to-settle/{record}/{}-1-0", "0a".repeat(16));
        assert_eq!(browser.get(&settled).await.status, 404);
        let form_code = browser.get("/").await.form_code();
        let form = [
            ("form_code", form_code.as_str()),
            ("fact", "stage"),
            ("shown", ""),
            ("reason", "So."),
        ];
        assert_eq!(browser.post(&format!("/to-settle/{record}"), &form).await.status, 404);

        let query = format!("case={}&user={}", area.case, coll.user);
        let tried = found(&server, &area.governance, &query).await;
        let tried = tried.iter().filter(|row| row["record"] == record.to_string());
        let mut tried: Vec<_> =
            tried.map(|row| (row["act"].as_str().unwrap(), &row["outcome"])).collect();
        tried.sort_by_key(|(act, _)| *act);
        let acts = ["bring_attachment", "hear_alarm", "open_record", "open_record"];
        let refused = json!("not_found");
        assert_eq!(tried, acts.map(|act| (act, &refused)));
        exclude_officer(&server, &mut area).await;
        assert_eq!(found(&server, &area.governance, &query).await, Vec::<Json>::new());
        let all = json!(found(&server, &area.governance, "").await).to_string();
        assert!(!all.contains(&record.to_string()));
    }
}

#[actix_web::test]
async fn the_audit_leaves_as_a_file_that_a_spreadsheet_reads() {
    for server in servers() {
        let area = Area::new(&server).await;
        area.lead.read(&server, &area.path("")).await;
        link(&server);
        let request = TestRequest::get()
            .uri("/v1/audit.csv?act=open_case")
            .insert_header(("Authorization", format!("Bearer {}", area.governance.token)));
        let (status, headers, body) = server.send_whole(request).await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(status.as_u16(), 200, "{text}");
        assert_eq!(headers.get("content-type").unwrap(), "text/csv; charset=utf-8");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("\"When\",\"Who\",\"Agency\""));
        let case = area.case.to_string();
        for said in ["\"Lena\"", "\"open_case\"", "\"as cluster_lead\"", &case] {
            assert!(lines[1].contains(said), "{said} in {}", lines[1]);
        }
        let taken = found(&server, &area.governance, "act=export").await;
        assert_eq!((taken.len(), &taken[0]["amount"]), (1, &json!(1)));
    }
}

#[actix_web::test]
async fn strangers_and_revoked_phones_are_refused_alike_and_found_in_the_audit() {
    for server in servers() {
        let area = Area::new(&server).await;
        let nowhere = format!("/v1/cases/{}", sync_core::ids::CaseId::from_bytes([9; 16]));
        let nothing = area.colleague.get(&server, &nowhere).await;
        assert_eq!(area.colleague.get(&server, &area.path("")).await, nothing);
        assert_eq!(area.duty.get(&server, &area.path("/chronology")).await, nothing);
        let sql = "UPDATE devices SET state = 'stolen' WHERE user_id = (SELECT id FROM users WHERE \
                   sign_in = 'coll')";
        server.tamper(sql).unwrap();
        let stolen = area.colleague.get(&server, &area.path("")).await;
        assert_refused(stolen, 403, "device_stolen");
        let rows = found(&server, &area.governance, &format!("user={}", area.colleague.user)).await;
        let of = |act: &str| rows.iter().filter(|row| row["act"] == act).collect::<Vec<_>>();
        assert_eq!(of("open_case").len(), 2);
        assert!(of("open_case").iter().all(|row| row["outcome"] == "not_found"));
        assert_eq!(of("session")[0]["outcome"], "device_stolen");
        assert!(of("session")[0]["device"].is_string());
    }
}

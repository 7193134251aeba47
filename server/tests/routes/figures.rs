use caseweave::db::{self, write_tx};
use caseweave::measures::catalogue::WAITING;
use caseweave::role::Role;
use caseweave::service::editions::{self, Closing, EditionError, Shown};
use serde_json::{Value as Json, json};
use sync_core::ids::CaseId;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;

use crate::support::{START, TestServer, assert_refused, servers};
use crate::worker::{Worker, assert_in_order};

/// A lead who begins cases, some of them at the lowest stage.
async fn lead_with_cases(server: &TestServer, all: usize, staged: usize) -> (Worker, Vec<CaseId>) {
    let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
    let cases: Vec<_> = (0..all).map(|n| lead.begin(&format!("Child {n:02}"), "Kerr")).collect();
    lead.sync(server).await;
    let framework = server.state.rules.catalogue.editions("east-lothian").next().unwrap();
    let stage = framework.stages[0].code.clone();
    for case in &cases[..staged] {
        lead.say(*case, Fact::Stage, stage.as_str());
    }
    lead.sync(server).await;
    (lead, cases)
}

#[actix_web::test]
async fn a_caseload_comes_in_parts_and_holds_what_is_ones_own() {
    for server in servers() {
        let (lead, cases) = lead_with_cases(&server, 5, 0).await;
        let member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let mut found = Vec::new();
        let mut path = "/v1/caseload?limit=2".to_owned();
        loop {
            let part = lead.read(&server, &path).await;
            let lines = part["cases"].as_array().unwrap();
            assert!(lines.len() <= 2);
            found.extend(lines.iter().map(|it| it["case"].as_str().unwrap().to_owned()));
            let Some(next) = part["next"].as_str() else { break };
            path = format!("/v1/caseload?limit=2&after={next}");
        }
        assert_eq!(found, cases.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(member.read(&server, "/v1/caseload").await, json!({ "cases": [] }));
        let elsewhere = format!("/v1/caseload?cluster={}", CaseId::from_bytes([9; 16]));
        assert_refused(lead.get(&server, &elsewhere).await, 404, "not_found");
    }
}

#[actix_web::test]
async fn a_lead_reads_exact_figures_and_others_what_is_theirs() {
    for server in servers() {
        let (mut lead, cases) = lead_with_cases(&server, 4, 3).await;
        let user = lead.user.as_bytes().to_vec();
        lead.say(cases[0], Fact::LeadProfessional, Value::Bytes(user));
        lead.say(cases[1], Fact::CaseState, "closed");
        lead.sync(&server).await;
        let summary = lead.read(&server, "/v1/summary").await;
        let figures = &summary["clusters"][0];
        assert_eq!(figures["scope"], "cluster");
        assert_eq!(figures["open_cases"], 3);
        let by_stage: Vec<(&Json, &Json)> = figures["by_stage"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (&it["label"], &it["cases"]))
            .collect();
        let expected = [(json!("No stage recorded"), json!(1)), (json!("Stage 1"), json!(2))];
        assert_eq!(by_stage, expected.each_ref().map(|(label, cases)| (label, cases)));
        assert_eq!(figures["unallocated"], 2);
        assert_eq!(summary["editions"], json!([]));

        let member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let own = member.read(&server, "/v1/summary").await;
        assert_eq!(
            (&own["clusters"][0]["scope"], &own["clusters"][0]["open_cases"]),
            (&json!("caseload"), &json!(0))
        );
        let admin = Worker::desk(&server, "Adam", Role::Admin).await;
        assert_refused(admin.get(&server, "/v1/summary").await, 403, "not_your_role");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn nobody_waits_for_a_lead_professional_any_more_once_the_work_is_given_out() {
    for server in servers() {
        let (mut lead, cases) = lead_with_cases(&server, 3, 3).await;
        let waiting = |server: &TestServer| {
            let mut conn = server.conn();
            let cluster = db::clusters::list(&mut conn).unwrap()[0].id;
            let sums = db::figures::sums(&mut conn, &cluster, WAITING, (i32::MIN, i32::MAX));
            sums.unwrap().iter().map(|sum| sum.counted).sum::<i64>()
        };
        for given_out in 0..=cases.len() {
            if let Some(n) = given_out.checked_sub(1) {
                let user = Value::Bytes(lead.user.as_bytes().to_vec());
                lead.say(cases[n], Fact::LeadProfessional, user);
                lead.sync(&server).await;
            }
            let left = cases.len() - given_out;
            let summary = lead.read(&server, "/v1/summary").await;
            assert_eq!(summary["clusters"][0]["unallocated"], left);
            assert_eq!(waiting(&server), left as i64, "the measure says the same");
            let lines = lead.read(&server, "/v1/caseload").await;
            let lines = lines["cases"].as_array().unwrap();
            let without = lines.iter().filter(|it| it["lead_professional"].is_null());
            assert_eq!(without.count(), left, "each can be found");
        }
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_chief_officer_reads_editions_only_and_they_never_change() {
    for server in servers() {
        let (mut lead, cases) = lead_with_cases(&server, 7, 7).await;
        let chief = Worker::desk(&server, "Chiara", Role::Chief).await;
        let empty = json!({ "clusters": [], "editions": [] });
        assert_eq!(chief.read(&server, "/v1/summary").await, empty);
        let close = |period: &str| {
            let catalogue = &server.state.rules.catalogue;
            write_tx(&mut server.conn(), |conn| {
                let closing = Closing { authority: None, period, to: None, without: &[] };
                editions::close(conn, START, catalogue, closing, &mut |_, _| ())
            })
        };
        close("Autumn").unwrap();
        let first = chief.read(&server, "/v1/summary").await;
        let table = &first["editions"][0]["tables"][0];
        assert_eq!(table["id"], "children-at-stage");
        let cells = json!(["7", "0", "0", "0", "7"]);
        assert_eq!(table["rows"][0], json!({ "label": "Preston Lodge", "cells": cells }));
        assert_eq!(table["rows"][1], json!({ "label": "All clusters", "cells": cells }));

        // A shielded child and a closed case are in no count: five are too few to publish.
        lead.say(cases[0], Fact::Shielded, true);
        lead.say(cases[1], Fact::CaseState, "closed");
        lead.sync(&server).await;
        let second = close("Winter").unwrap();
        let hidden = |row: &editions::Row| row.cells.last() == Some(&Shown::Hidden);
        assert!(second.tables[0].rows.iter().all(hidden), "{:?}", second.tables[0]);
        assert!(!second.tables[0].reasons.is_empty());
        assert!(matches!(close("Autumn"), Err(EditionError::Closed)));
        let both = chief.read(&server, "/v1/summary").await;
        let autumn = both["editions"].as_array().unwrap().iter();
        let autumn: Vec<_> = autumn.filter(|it| it["period"] == "Autumn").collect();
        assert_eq!(autumn, [&first["editions"][0]]);
        let tampered = server.tamper("UPDATE editions SET figures = '{}'");
        assert!(tampered.is_err() && server.tamper("DELETE FROM editions").is_err());
        assert_refused(chief.get(&server, "/v1/caseload").await, 404, "not_found");
    }
}

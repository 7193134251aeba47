use caseweave::role::Role;
use serde_json::json;
use sync_core::ids::{AgencyId, CaseId};
use sync_core::limits::CASES_PER_PAGE;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution;
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::request::{RequestDecision, RequestDraft};
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;

use super::browser::{Browser, Shown};
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

/// The children of a caseload's page, by given name.
fn names(shown: &Shown) -> Vec<String> {
    assert_eq!(shown.status, 200, "{}", shown.body);
    let rows = shown.body.split("<th scope=\"row\" role=\"rowheader\">").skip(1);
    let name = |row: &str| {
        let (_, after) = row.split_once("\">").unwrap();
        after.split(' ').next().unwrap().to_owned()
    };
    rows.map(name).collect()
}

/// Five cases, each with something of its own.
async fn lead_with_cases(server: &TestServer) -> Worker {
    let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
    let mut deputy = Worker::new(server, "Dugald", "education", Role::Deputy).await;
    let given = ["Ailsa", "Blair", "Catriona", "Douglas", "Eilidh"];
    let cases: Vec<CaseId> = given.iter().map(|name| lead.begin(name, "Kerr")).collect();
    lead.sync(server).await;
    deputy.sync(server).await;
    let user = lead.user.as_bytes().to_vec();
    for case in &cases[1..] {
        lead.say(*case, Fact::LeadProfessional, Value::Bytes(user.clone()));
    }
    lead.say(cases[1], Fact::School, "Port Seton & Co");
    // What an earlier visit agreed on is superseded by the next; what was answered is not due.
    for (at, next) in [(START.plus_ms(-1), "2026-11-02"), (START, "2027-01-01")] {
        let visit: VisitDraft =
            serde_json::from_value(json!({ "at": at, "next_contact": next })).unwrap();
        lead.make(cases[1], Compartment::Team, &visit);
    }
    let request: RequestDraft = serde_json::from_value(json!({
        "to": AgencyId::from_slug("health"), "reason": "Sleep", "response_due": "2026-11-03",
    }))
    .unwrap();
    let record = lead.make(cases[1], Compartment::Team, &request);
    let envelope = lead.phone().envelope(&record).unwrap();
    let decision = RequestDecision { decision: "Yes".into(), reasons: None };
    lead.phone().add(&envelope, vec![decision.entry()], START).unwrap();
    lead.say(cases[2], Fact::Stage, "1");
    deputy.say(cases[2], Fact::Stage, "2");
    let mut row = PlanRow::new("Sleep", "A bed");
    row.due = Some("2026-11-01".parse().unwrap());
    let plan = PlanDraft { rows: vec![row], review_date: None, copy_holders: Vec::new() };
    lead.make(cases[3], Compartment::Team, &plan);
    lead.say(cases[4], Fact::CaseState, "closed");
    lead.sync(server).await;
    deputy.sync(server).await;
    lead
}

#[actix_web::test]
async fn each_filter_finds_its_own() {
    for server in servers() {
        let _lead = lead_with_cases(&server).await;
        let mut browser = Browser::of(&server, "Lena").await;
        let open = ["Ailsa", "Blair", "Catriona", "Douglas"];
        let table: &[(&str, &[&str])] = &[
            ("", &open),
            ("?stage=&school=&cluster=", &open),
            ("?unallocated=on", &["Ailsa"]),
            ("?school=Port+Seton+%26+Co", &["Blair"]),
            ("?stage=east-lothian%3A2", &["Catriona"]),
            ("?stage=east-lothian%3A1", &[]),
            ("?disputed=on", &["Catriona"]),
            ("?overdue=on", &["Douglas"]),
            ("?closed=on", &["Ailsa", "Blair", "Catriona", "Douglas", "Eilidh"]),
            ("?overdue=on&disputed=on", &[]),
            ("?harm=on", &[]),
            ("?page=2", &[]),
            ("?page=many", &open),
            ("?made=up", &open),
        ];
        for (query, expected) in table {
            let shown = browser.get(&format!("/caseload{query}")).await;
            assert_eq!(&names(&shown), expected, "{query}");
        }
        let shown = browser.get("/caseload?overdue=on").await;
        shown.says(&[
            "1 child",
            "Douglas Kerr",
            "Action in the plan: overdue since 1 November 2026",
        ]);
        shown.says(&["id=\"box-overdue\" name=\"overdue\" value=\"on\" checked"]);
        assert_eq!(browser.get("/caseload?cluster=nowhere").await.status, 404);
        assert_in_order(&server);
        assert_eq!(browser.get("/caseload?stage=1&stage=2").await.status, 400);
    }
}

#[actix_web::test]
async fn a_long_caseload_comes_in_pages() {
    for server in servers() {
        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        for n in 0..CASES_PER_PAGE + 1 {
            lead.begin(&format!("Child{n:03}"), "Kerr");
        }
        lead.sync(&server).await;
        let mut browser = Browser::of(&server, "Lena").await;
        let first = browser.get("/caseload?unallocated=on").await;
        assert_eq!(names(&first).len(), CASES_PER_PAGE);
        first.says(&["1 to 50 of 51 children", "Next page"]);
        let next = "/caseload?unallocated=on&page=2";
        first.says(&[&next.replace('&', "&#38;")]);
        let second = browser.get(next).await;
        assert_eq!(names(&second), [format!("Child{CASES_PER_PAGE:03}")]);
        second.says(&["51 to 51 of 51 children", "Previous page"]);
        second.says_nothing_of(&["Next page"]);
    }
}

#[actix_web::test]
async fn a_practitioners_caseload_is_their_own() {
    for server in servers() {
        let _lead = lead_with_cases(&server).await;
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        member.begin("Finlay", "Kerr");
        member.sync(&server).await;
        let mut browser = Browser::of(&server, "Mairi").await;
        assert_eq!(names(&browser.get("/caseload?closed=on").await), ["Finlay"]);
        browser.get("/").await.says(&["1 open case", "in your caseload"]);
    }
}

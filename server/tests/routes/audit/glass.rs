//! Breaking the glass, and governance on a request.

use serde_json::{Value as Json, json};
use sync_core::ids::CaseId;
use sync_core::limits::{GLASS_MS, REQUEST_MS};
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;

use super::{Area, rows, since};
use crate::support::{TestServer, assert_refused, servers};
use crate::worker::Worker;

const REASON: &str = "Rowan was found alone at the station.";

async fn opened(server: &TestServer, who: &Worker, area: &Area) -> (u16, Json) {
    let body = json!({ "reason": REASON });
    let (status, answer) = who.post(server, &area.path("/glass"), &body).await;
    (status.as_u16(), answer)
}

#[actix_web::test]
async fn a_glass_opens_the_teams_records_for_two_hours_and_the_team_is_told() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        for who in [&area.colleague, &area.duty] {
            assert_refused(who.get(&server, &area.path("")).await, 404, "not_found");
        }
        let before = rows(&server);
        for who in [&area.colleague, &area.duty] {
            let (status, answer) = opened(&server, who, &area).await;
            assert_eq!((status, &answer["door"]), (200, &json!("glass")), "{answer}");
            let shown = who.read(&server, &area.path("")).await;
            assert_eq!(shown["header"]["name"], "Rowan Kerr");
            assert_eq!(shown["open_until"], answer["open_until"]);
            assert!(shown["records"].to_string().contains("tower of bricks"));
            who.read(&server, &area.path("/chronology")).await;
            // Opened to look at, not to work in: in no list of theirs.
            let lines = who.read(&server, "/v1/caseload").await;
            assert_eq!(lines["cases"], json!([]));
        }
        let after = since(&server, &before);
        let of = |act: &str| after.iter().filter(|row| row.act == act).collect::<Vec<_>>();
        assert_eq!(of("break_glass").len(), 2);
        let opened_by: Vec<_> = of("open_case").iter().map(|row| row.detail.as_str()).collect();
        assert_eq!(opened_by, ["as glass"; 4]);
        assert!(after.iter().all(|row| !format!("{row:?}").contains("station")), "no reason");

        for who in [&area.member, &area.lead] {
            let told = who.read(&server, "/v1/notices").await;
            let told = told["glasses"].as_array().unwrap();
            let by: Vec<_> = told.iter().map(|it| it["by"]["name"].as_str().unwrap()).collect();
            assert!(by.contains(&"Coll") && by.contains(&"Duncan"), "{by:?}");
            assert_eq!(told[0]["reason"], REASON);
        }
        let own = area.colleague.read(&server, "/v1/notices").await;
        assert_eq!(own["glasses"], json!([]), "who is outside is not told of others");

        // Never on a phone, and over after two hours.
        area.colleague.sync(&server).await;
        assert!(area.colleague.phone().case(area.case, true).is_err());
        server.pass(GLASS_MS - 1);
        area.colleague.go_on(&server);
        area.colleague.read(&server, &area.path("")).await;
        server.pass(1);
        assert_refused(area.colleague.get(&server, &area.path("")).await, 404, "not_found");
    }
}

#[actix_web::test]
async fn the_glass_says_nothing_of_what_somebody_may_not_know_of() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let body = json!({ "reason": REASON });
        let guessed = format!("/v1/cases/{}/glass", CaseId::from_bytes([9; 16]));
        let nothing = area.colleague.post(&server, &guessed, &body).await;
        assert_eq!(nothing.0, 404);
        let no_id = area.colleague.post(&server, "/v1/cases/no-id/glass", &body).await;
        assert_eq!(no_id, nothing);

        // A reason that is missing is asked for only where there is something to open.
        let unsaid = json!({ "reason": " " });
        let refused = area.colleague.post(&server, &area.path("/glass"), &unsaid).await;
        assert_refused(refused, 400, "no_reason");
        assert_eq!(area.colleague.post(&server, &guessed, &unsaid).await, nothing);
        let member = area.member.post(&server, &area.path("/glass"), &body).await;
        assert_refused(member, 409, "already_open");

        // Open now; excluded or shielded later, it is closed at once and looks like nothing.
        assert_eq!(opened(&server, &area.colleague, &area).await.0, 200);
        area.colleague.read(&server, &area.path("")).await;
        let protection = Compartment::Protection;
        let (member, colleague) = (area.member.user, area.colleague.user);
        area.lead.say_of(area.case, protection, (Fact::Named, member), true);
        area.lead.sync(&server).await;
        area.member.sync(&server).await;
        area.member.say_of(area.case, protection, (Fact::Excluded, colleague), true);
        area.member.sync(&server).await;
        let again = area.colleague.post(&server, &area.path("/glass"), &body).await;
        assert_eq!(again, nothing, "excluded");
        let read = area.colleague.get(&server, &area.path("")).await;
        assert_refused(read, 404, "not_found");

        area.member.say(area.case, Fact::Shielded, true);
        area.member.sync(&server).await;
        assert_eq!(area.duty.post(&server, &area.path("/glass"), &body).await, nothing);
        let told = area.colleague.read(&server, "/v1/notices").await;
        assert_eq!(told["glasses"], json!([]));
        let refused: Vec<_> = rows(&server)
            .into_iter()
            .filter(|row| row.act == "break_glass" && row.outcome != "done")
            .map(|row| row.outcome)
            .collect();
        assert_eq!(refused.iter().filter(|it| *it == "not_found").count(), 4, "{refused:?}");
    }
}

#[actix_web::test]
async fn governance_reads_the_whole_case_on_a_request_and_no_team_is_told() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        assert_refused(area.governance.get(&server, &area.path("")).await, 404, "not_found");
        let body = json!({ "reason": "Access request 2026-114" });
        let answer = area.governance.post(&server, &area.path("/glass"), &body).await;
        assert_eq!((answer.0.as_u16(), &answer.1["door"]), (200, &json!("request")));
        let shown = area.governance.read(&server, &area.path("")).await;
        assert!(shown["records"].to_string().contains("tower of bricks"));
        let told = area.member.read(&server, "/v1/notices").await;
        assert_eq!(told["glasses"], json!([]));
        let all = rows(&server);
        let opened = all.iter().find(|row| row.act == "open_on_request").unwrap();
        assert_eq!((opened.user, opened.case), (Some(area.governance.user), Some(area.case)));
        assert!(all.iter().any(|row| row.act == "open_case" && row.detail == "as governance"));
        server.pass(REQUEST_MS);
        area.governance.renew(&server);
        assert_refused(area.governance.get(&server, &area.path("")).await, 404, "not_found");
    }
}

use caseweave::role::Role;
use serde_json::{Value as Json, json};
use sync_core::device::Facts;
use sync_core::ids::{AgencyId, CaseId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Assert;
use sync_core::record::kinds::case::{CaseFacts, Identifier};
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;

use crate::pages::Browser;
use crate::support::{PASSWORD, START, TestServer, assert_refused, servers};
use crate::worker::{Worker, assert_in_order};

/// A lead, her deputy, a member of the team, a colleague outside it, and a case of theirs.
struct Area {
    lead: Worker,
    deputy: Worker,
    member: Worker,
    colleague: Worker,
    case: CaseId,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let deputy = Worker::new(server, "Dugald", "education", Role::Deputy).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let colleague = Worker::new(server, "Coll", "police", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(server).await;
        let mut area = Self { lead, deputy, member, colleague, case };
        area.all_sync(server).await;
        area
    }

    async fn all_sync(&mut self, server: &TestServer) {
        let people = [&mut self.lead, &mut self.deputy, &mut self.member, &mut self.colleague];
        for worker in people {
            worker.sync(server).await;
        }
    }

    /// Lead and deputy give rival stages, neither with sight of the other's.
    async fn rival_stages(&mut self, server: &TestServer) {
        let stages = stages(server);
        self.lead.say(self.case, Fact::Stage, stages[0].as_str());
        self.deputy.say(self.case, Fact::Stage, stages[1].as_str());
        self.lead.sync(server).await;
        self.deputy.sync(server).await;
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/cases/{}{rest}", self.case)
    }
}

/// The codes of the authority's stages, lowest first.
fn stages(server: &TestServer) -> Vec<String> {
    let framework = server.state.rules.catalogue.editions("east-lothian").next().unwrap();
    framework.stages.iter().map(|stage| stage.code.clone()).collect()
}

#[actix_web::test]
async fn a_case_reads_alike_online_and_on_an_equally_entitled_phone() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.rival_stages(&server).await;
        area.member.visit(area.case, "Rowan showed me the drawings on the wall.", START);
        area.member.sync(&server).await;
        area.lead.sync(&server).await;
        let online = area.lead.read(&server, &area.path("")).await;
        let case = area.case;
        let phone = serde_json::to_value(area.lead.phone().case(case, true).unwrap()).unwrap();
        assert_eq!(online["records"], phone["records"]);
        assert_eq!(online["header"]["name"], "Rowan Kerr");
        assert_eq!(online["header"]["stage"], json!([stages(&server)[1]]));
        assert_eq!(online["header"]["stage_disputed"], true);
        assert_eq!(names(&online["people"]), ["Dugald", "Lena", "Mairi"]);
        assert_in_order(&server);
    }
}

/// Both ends rank by the framework of the cluster's authority where nobody named one.
#[actix_web::test]
async fn stages_that_name_no_framework_are_ranked_by_the_authoritys() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let (case, team) = (area.case, Envelope::of_case(area.case, Compartment::Team));
        for (worker, stage) in [(&mut area.lead, "3"), (&mut area.deputy, "1")] {
            worker.phone().assert(&team, &Facts::new(Fact::Stage, stage), START).unwrap();
        }
        area.all_sync(&server).await;
        area.all_sync(&server).await;
        let online = area.lead.read(&server, &area.path("")).await;
        assert_eq!(online["header"]["stage"], json!(["3"]));
        assert_eq!(online["header"]["stage_disputed"], true);
        assert_eq!(area.lead.phone().framework_of(&case), Some("east-lothian"));
        let phone = serde_json::to_value(area.lead.phone().case(case, true).unwrap()).unwrap();
        assert_eq!(online["records"], phone["records"]);
        assert_in_order(&server);
    }
}

/// A day counts from arrival to the copy's time, which a clock set back does not move before the
/// phone's last contact.
#[actix_web::test]
async fn an_author_moves_a_record_for_a_day_by_a_clock_that_cannot_be_set_back() {
    const HOUR_MS: i64 = 3_600_000;
    for server in servers() {
        let mut area = Area::new(&server).await;
        let other = area.member.begin("Rory", "Kerr");
        let words = ["Rory drew a boat.", "Rory drew a house."];
        let [first, second] = words.map(|text| area.member.visit(area.case, text, START));
        area.member.sync(&server).await;
        server.pass(30 * HOUR_MS);
        area.member.go_on(&server);
        // Written an hour later without signal, sent the next day.
        let (at, team) = (START.plus_ms(HOUR_MS), Compartment::Team);
        area.member.phone().rehome(&first, other, team, "wrong child", at).unwrap();
        area.member.sync(&server).await;
        area.member.phone().rehome(&second, other, team, "wrong child", at).unwrap();
        assert_eq!(
            area.member.exchange(&server).await.returned,
            1,
            "the phone was in contact since"
        );
        assert_eq!(area.member.phone().returned().unwrap()[0].reason, "ask_the_lead");
        let case = area.member.read(&server, &area.path("")).await;
        let records = case["records"].as_array().unwrap();
        let moved = records.iter().filter(|it| it.get("moved_to").is_some());
        let moved: Vec<_> = moved.map(|it| it["id"].clone()).collect();
        assert_eq!(moved, [json!(first.to_string())]);
        assert_in_order(&server);
    }
}

fn names(people: &Json) -> Vec<&str> {
    let mut names: Vec<_> =
        people.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[actix_web::test]
async fn what_is_not_there_and_what_is_not_yours_are_one_answer() {
    for server in servers() {
        let area = Area::new(&server).await;
        let chief = Worker::desk(&server, "Chiara", Role::Chief).await;
        let admin = Worker::desk(&server, "Adam", Role::Admin).await;
        let nowhere = CaseId::from_bytes([9; 16]);
        for rest in ["", "/chronology"] {
            let unknown = area.lead.get(&server, &format!("/v1/cases/{nowhere}{rest}")).await;
            for (who, path) in [
                (&area.colleague, area.path(rest)),
                (&chief, area.path(rest)),
                (&admin, area.path(rest)),
                (&area.lead, format!("/v1/cases/no-id{rest}")),
            ] {
                assert_eq!(who.get(&server, &path).await, unknown);
            }
            assert_refused(unknown, 404, "not_found");
        }
        let path = format!("/v1/caseload?after={}", area.case);
        let gone = format!("/v1/caseload?after={nowhere}");
        assert_eq!(chief.get(&server, &path).await, chief.get(&server, &gone).await);
    }
}

#[actix_web::test]
async fn the_directory_finds_a_name_for_those_who_may_know_and_for_nobody_else() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let chief = Worker::desk(&server, "Chiara", Role::Chief).await;
        let found = area.colleague.read(&server, "/v1/directory?name=kER").await;
        assert_eq!(found["cases"][0]["name"], "Rowan Kerr");
        assert_eq!(found["cases"][0]["ring"]["name"], "Mairi");
        let none = json!({ "cases": [] });
        assert_eq!(area.colleague.read(&server, "/v1/directory?name=nobody").await, none);
        assert_eq!(chief.read(&server, "/v1/directory?name=kerr").await, none);
        let short = area.colleague.get(&server, "/v1/directory?name=k").await;
        assert_refused(short, 400, "bad_request");

        area.member.say(area.case, Fact::Shielded, true);
        area.member.sync(&server).await;
        for who in [&area.colleague, &area.lead] {
            assert_eq!(who.read(&server, "/v1/directory?name=kerr").await, none);
        }
        let found = area.member.read(&server, "/v1/directory?name=kerr").await;
        assert_eq!(found["cases"].as_array().unwrap().len(), 1);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn an_excluded_person_loses_every_sign_of_the_case() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.rival_stages(&server).await;
        let (case, member, deputy) = (area.case, area.member.user, area.deputy.user);
        let protection = Compartment::Protection;
        area.lead.say_of(case, protection, (Fact::Named, member), true);
        area.lead.sync(&server).await;
        area.member.sync(&server).await;
        area.member.say_of(case, protection, (Fact::Excluded, deputy), true);
        area.member.sync(&server).await;

        let nowhere = CaseId::from_bytes([9; 16]);
        let unknown = area.deputy.get(&server, &format!("/v1/cases/{nowhere}")).await;
        assert_eq!(area.deputy.get(&server, &area.path("")).await, unknown);
        let none = json!({ "cases": [] });
        assert_eq!(area.deputy.read(&server, "/v1/directory?name=kerr").await, none);
        assert_eq!(area.deputy.read(&server, "/v1/caseload").await, none);
        let summary = area.deputy.read(&server, "/v1/summary").await;
        assert_eq!(summary["clusters"][0]["open_cases"], 0);
        let conflicts = area.deputy.read(&server, "/v1/conflicts").await;
        assert_eq!(conflicts, json!({ "conflicts": [], "counted": [] }));
        let handover = format!("/v1/handover?from={member}");
        assert_eq!(area.deputy.read(&server, &handover).await, none);
        assert_eq!(
            area.deputy.read(&server, "/v1/notices").await,
            json!({ "notices": [], "glasses": [] })
        );

        // Nobody but the named sees who is excluded.
        let theirs = area.lead.read(&server, &area.path("")).await.to_string();
        assert!(!theirs.contains("excluded") && !theirs.contains("protection"));
        let named = area.member.read(&server, &area.path("")).await.to_string();
        assert!(named.contains("excluded") && named.contains("protection"));
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_conflict_shows_both_values_their_authors_and_why_one_holds() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.rival_stages(&server).await;
        let inbox = area.lead.read(&server, "/v1/conflicts").await;
        let conflict = &inbox["conflicts"][0];
        assert_eq!(conflict["name"], "Rowan Kerr");
        assert_eq!(conflict["fact"], "stage");
        let rivals = conflict["rivals"].as_array().unwrap();
        let by: Vec<_> = rivals.iter().map(|it| it["by"]["name"].as_str().unwrap()).collect();
        assert_eq!(by, ["Dugald", "Lena"]);
        assert_eq!(conflict["in_force"]["values"][0]["value"], json!(stages(&server)[1]));
        assert!(conflict["why"].as_str().unwrap().contains("the highest holds"));
        assert_eq!(conflict["may_settle"], true);
        let seen = area.member.read(&server, "/v1/conflicts").await;
        assert_eq!(seen["conflicts"][0]["may_settle"], false);
        let outside = area.colleague.read(&server, "/v1/conflicts").await;
        assert_eq!(outside, json!({ "conflicts": [], "counted": [] }));

        // Told is whose value does not hold, and nobody else; settled, it leaves the inbox.
        let told = area.lead.read(&server, "/v1/notices").await;
        assert_eq!(told["notices"][0]["cause"], "not_in_force");
        assert_eq!(told["notices"][0]["by"][0]["name"], "Dugald");
        let untold = area.deputy.read(&server, "/v1/notices").await;
        assert_eq!(untold["notices"], json!([]));
        area.deputy.sync(&server).await;
        let record = conflict["record"].as_str().unwrap().parse().unwrap();
        let value = stages(&server)[1].as_str().into();
        let phone = area.deputy.phone();
        phone.settle(&record, Fact::Stage, "", value, "Agreed by telephone.", START).unwrap();
        area.deputy.sync(&server).await;
        let inbox = area.lead.read(&server, "/v1/conflicts").await;
        assert_eq!(inbox["conflicts"], json!([]));
        let told = area.lead.read(&server, "/v1/notices").await;
        assert_eq!(told["notices"][0]["cause"], "settled");
        assert_eq!(told["notices"][0]["reason"], "Agreed by telephone.");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn the_cluster_lead_learns_of_an_agencys_conflict_its_number_and_age_only() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let mut other = Worker::new(&server, "Orla", "health", Role::AgencyLead).await;
        let health = Compartment::Agency(AgencyId::from_slug("health"));
        let concern: ConcernDraft = serde_json::from_value(
            json!({ "seen": "A bruise on the arm.", "harm_suspected": true }),
        )
        .unwrap();
        let record = area.member.make(area.case, health, &concern);
        area.member.sync(&server).await;
        other.sync(&server).await;
        let envelope = other.phone().envelope(&record).unwrap();
        // A no that replaces nothing stands beside the yes.
        let entry = Assert::new(Fact::HarmSuspected, false).entry();
        other.phone().add(&envelope, vec![entry], START).unwrap();
        other.sync(&server).await;
        let inbox = area.lead.read(&server, "/v1/conflicts").await;
        assert_eq!(inbox["conflicts"], json!([]));
        assert_eq!(inbox["counted"][0]["count"], 1);
        assert_eq!(inbox["counted"][0]["since"], START.0);
        assert!(!inbox.to_string().contains("bruise") && !inbox.to_string().contains("harm"));
        let own = other.read(&server, "/v1/conflicts").await;
        assert_eq!(own["conflicts"][0]["fact"], "harm_suspected");
        let outside = area.colleague.read(&server, "/v1/conflicts").await;
        assert_eq!(outside["counted"], json!([]));
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_chronology_says_what_arrived_late() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.member.visit(area.case, "Rowan was at school today.", START);
        let three_days_ago = START.plus_ms(-3 * Timestamp::DAY_MS);
        area.member.visit(area.case, "Nobody was at home that day.", three_days_ago);
        area.member.sync(&server).await;
        let lines = area.lead.read(&server, &area.path("/chronology")).await;
        let lines = lines["lines"].as_array().unwrap();
        assert_eq!(lines[0]["what"], "Rowan was at school today.");
        assert_eq!(lines[0]["late"], Json::Null);
        let day = START.date().unwrap();
        assert_eq!(lines[1]["late"], format!("Recorded late, arrived {day}"));
        assert_eq!(lines[1]["arrived_at"], START.0);
        assert_eq!(lines[1]["by"]["name"], "Mairi");
        assert_eq!(lines[1]["by"]["agency"], "NHS Lothian");
    }
}

#[actix_web::test]
async fn a_handover_lists_the_cases_of_who_goes_with_what_falls_due() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.rival_stages(&server).await;
        let mut row = PlanRow::new("Sleep", "A bed of his own");
        row.due = Some("2026-12-01".parse().unwrap());
        let review_date = Some("2026-11-30".parse().unwrap());
        let plan = PlanDraft { rows: vec![row], review_date, copy_holders: Vec::new() };
        area.member.make(area.case, Compartment::Team, &plan);
        for (at, next) in [(START.plus_ms(-1), "2026-11-25"), (START, "2026-12-02")] {
            let visit = json!({ "at": at, "next_contact": next });
            let visit: VisitDraft = serde_json::from_value(visit).unwrap();
            area.member.make(area.case, Compartment::Team, &visit);
        }
        area.member.sync(&server).await;
        let path = format!("/v1/handover?from={}", area.member.user);
        let listed = area.lead.read(&server, &path).await;
        assert_eq!(listed["cases"][0]["header"]["name"], "Rowan Kerr");
        assert_eq!(listed["cases"][0]["leads"], false);
        assert_eq!(listed["cases"][0]["conflicts"][0]["fact"], "stage");
        let due = listed["cases"][0]["due"].as_array().unwrap();
        let due: Vec<_> = due.iter().map(|it| (&it["on"], &it["fact"])).collect();
        // The next contact that the earlier visit agreed on has been superseded.
        let expected = [
            (json!("2026-11-30"), json!("review_date")),
            (json!("2026-12-01"), json!("row_due")),
            (json!("2026-12-02"), json!("next_contact")),
        ];
        assert_eq!(due, expected.each_ref().map(|(on, fact)| (on, fact)));

        // Still so when the person has left; for somebody unknown there is nothing.
        caseweave::db::users::set_left(&mut server.conn(), &area.member.user).unwrap();
        let listed = area.lead.read(&server, &path).await;
        assert_eq!(listed["cases"].as_array().unwrap().len(), 1);
        let unknown = format!("/v1/handover?from={}", CaseId::from_bytes([9; 16]));
        assert_eq!(area.lead.read(&server, &unknown).await, json!({ "cases": [] }));
        assert_refused(area.colleague.get(&server, &path).await, 403, "not_your_role");
    }
}

/// PostgreSQL has no column that takes it.
#[actix_web::test]
async fn a_sign_that_no_column_takes_keeps_no_phone_out_and_no_page_away() {
    for server in servers() {
        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let facts = CaseFacts {
            given_name: Some("Ro\0wan".into()),
            family_name: Some("Kerr".into()),
            birth_date: Some("2018-03-04".parse().unwrap()),
            school: Some("Glen\0 Primary".into()),
            identifiers: vec![Identifier { scheme: "SCN".into(), number: "12\0".into() }],
            ..CaseFacts::default()
        };
        let cluster = *lead.phone().clusters().keys().next().unwrap();
        let case = lead.phone().begin_case(cluster, facts.entries(), START).unwrap().case;
        lead.say(case, Fact::Stage, stages(&server)[0].as_str());
        lead.sync(&server).await;
        let caseload = lead.read(&server, "/v1/caseload").await;
        assert_eq!(caseload["cases"][0]["case"], case.to_string());
        assert!(caseload["cases"][0]["name"].as_str().unwrap().ends_with("wan Kerr"));
        let mut browser = Browser::of(&server, "Lena").await;
        browser.get("/caseload").await.says(&["wan Kerr"]);
        let figures = browser.get("/figures?school=Glen%00%20Primary").await;
        figures.says(&["Children at each stage", "Stage 1", ">1<"]);
        let behind = "/figures/children-at-stage?row=%00&school=%00";
        assert_eq!(browser.get(behind).await.status, 200);
        assert_in_order(&server);

        let nobody = json!({ "sign_in": "le\0na", "password": PASSWORD });
        assert_refused(server.post("/v1/sign-in", &nobody).await, 401, "sign_in_failed");
        assert_eq!(Browser::new(&server).sign_in("le\0na", PASSWORD).await.status, 422);
        let admin = Worker::desk(&server, "Adam", Role::Admin).await;
        for (cluster, agency, status) in
            [("Preston\0 Lodge", "education", 404), ("Preston Lodge", "educa\0tion", 400)]
        {
            let post = json!({
                "sign_in": "lena", "cluster": cluster, "agency": agency, "role": "practitioner",
            });
            assert_eq!(admin.post(&server, "/v1/posts", &post).await.0, status);
        }
    }
}

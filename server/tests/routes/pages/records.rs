use caseweave::role::Role;
use serde_json::json;
use sync_core::device::Facts;
use sync_core::ids::{AgencyId, CaseId, RecordId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::assessment::AssessmentDraft;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::views::ViewsDraft;
use sync_core::record::kinds::{Assert, Contribution, Draft, Signature};
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::time::Timestamp;
use sync_core::view::kinds::signing_text;

use super::browser::Browser;
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

const NASTY: &str = "<script>alert(\"Rowan\")</script> & <b>bold</b>";

/// A lead, her deputy and a member of the team with a case.
struct Area {
    lead: Worker,
    deputy: Worker,
    member: Worker,
    case: CaseId,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut deputy = Worker::new(server, "Dugald", "education", Role::Deputy).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(server).await;
        lead.sync(server).await;
        deputy.sync(server).await;
        Self { lead, deputy, member, case }
    }

    fn write(&mut self, draft: serde_json::Value) -> RecordId {
        let draft: Box<dyn Draft> = match draft["a"].as_str().unwrap() {
            "assessment" => Box::new(of::<AssessmentDraft>(&draft)),
            "concern" => Box::new(of::<ConcernDraft>(&draft)),
            _ => Box::new(of::<ViewsDraft>(&draft)),
        };
        self.member.make(self.case, Compartment::Team, draft.as_ref())
    }

    fn path(&self) -> String {
        format!("/cases/{}", self.case)
    }
}

fn of<T: serde::de::DeserializeOwned>(draft: &serde_json::Value) -> T {
    serde_json::from_value(draft["says"].clone()).unwrap()
}

#[actix_web::test]
async fn rivals_are_both_on_the_page_with_authors_times_and_reasons() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.lead.say(area.case, Fact::Stage, "1");
        area.deputy.say(area.case, Fact::Stage, "2");
        area.lead.sync(&server).await;
        area.deputy.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        let both = [
            "In force now: Stage 2.",
            "the highest holds until somebody settles it",
            "Stage 2",
            "In force",
            "Dugald, education",
            "Stage 1",
            "Lena, education",
        ];
        lead.get(&area.path()).await.says(&both);
        let inbox = lead.get("/to-settle").await;
        inbox.says(&["1 disagreement", "Rowan Kerr", "Stage"]);
        inbox.says(&both);
        inbox.says(&["Which holds?", "Why you decide so", "Settle"]);
        let today = lead.get("/").await;
        today.says(&["1 disagreement to settle", "Rowan Kerr", "Stage is in dispute"]);
        today.says(&["1 value that you wrote does not hold", "Stage: somebody wrote otherwise"]);
        let deputy = Browser::of(&server, "Dugald").await.get("/").await;
        deputy.says(&["Nothing that you wrote is held back by a dispute."]);
        let mut member = Browser::of(&server, "Mairi").await;
        member.get("/to-settle").await.says(&["Somebody who reviews these records settles this."]);

        // Settled, it is no dispute any more; what stood against it is still told.
        let record = Compartment::Team.case_record(&area.case);
        area.deputy.sync(&server).await;
        let phone = area.deputy.phone();
        phone.settle(&record, Fact::Stage, "", "2".into(), "Agreed by telephone.", START).unwrap();
        area.deputy.sync(&server).await;
        lead.get("/to-settle").await.says(&["0 disagreements", "Nothing waits to be settled."]);
        lead.get(&area.path()).await.says_nothing_of(&["In dispute"]);
        let whole = lead.get(&format!("{}/records/{record}", area.path())).await;
        whole.says(&["Every value ever given", "Stage 2", "Agreed by telephone.", "Stands"]);
        whole.says(&["Every value ever given", "Stage 1", "Lena", "Replaced since"]);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn words_of_unlike_frameworks_are_told_apart() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let other = "four-stage-neighbour";
        let framework = server.state.rules.catalogue.editions(other).next().unwrap();
        let stage = framework.stages[0].code.clone();
        area.lead.say(area.case, Fact::Stage, "1");
        let envelope = Envelope::of_case(area.case, Compartment::Team);
        let facts = Facts::new(Fact::Stage, stage).in_words_of(other);
        area.deputy.phone().assert(&envelope, &facts, START).unwrap();
        area.lead.sync(&server).await;
        area.deputy.sync(&server).await;
        let shown = Browser::of(&server, "Lena").await.get(&area.path()).await;
        shown.says(&["In dispute", "(four-stage-neighbour)", "(east-lothian)"]);
    }
}

#[actix_web::test]
async fn a_chronology_tells_author_agency_claimed_time_and_late_arrival() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.member.visit(
            area.case,
            "Nobody was at home that day.",
            START.plus_ms(-3 * Timestamp::DAY_MS),
        );
        area.member.visit(area.case, "Rowan was at school today.", START);
        area.member.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        let shown = lead.get(&area.path()).await;
        // START is 18 November 2026, 10:06:40 in the morning.
        shown.says(&[
            "Rowan was at school today.",
            "Mairi, NHS Lothian",
            "Written 18 November 2026 at",
            "arrived 18 November 2026 at",
            "Nobody was at home that day.",
            "Written 15 November 2026 at",
            "arrived 18 November 2026 at",
            "Recorded late",
        ]);
        let (_, link) =
            shown.body.rsplit_once(&format!("href=\"{}/records/", area.path())).unwrap();
        let record = link.split('"').next().unwrap();
        let record = lead.get(&format!("{}/records/{record}", area.path())).await;
        record.says(&[
            "Rowan Kerr",
            "Visit",
            "Recorded late",
            "In their words",
            "Nobody was at home",
        ]);
        let elsewhere = format!("/cases/{}/records/", CaseId::from_bytes([9; 16]));
        assert_eq!(lead.get(&format!("{elsewhere}{}", "0a".repeat(16))).await.status, 404);
    }
}

#[actix_web::test]
async fn words_that_look_like_a_page_are_words() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let visit = area.member.visit(area.case, NASTY, START);
        area.member.say(area.case, Fact::School, NASTY);
        area.member.say(area.case, Fact::FamilyName, NASTY);
        area.write(json!({ "a": "views", "says": {
            "whose": NASTY, "how": "spoken", "words": NASTY, "language": null, "interpreter": null,
            "alone": null, "with": null } }));
        area.member.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        for path in ["/", "/caseload", &area.path(), &format!("{}/records/{visit}", area.path())] {
            let shown = lead.get(path).await;
            assert_eq!(shown.status, 200, "{path}");
            shown.says(&["&#60;script&#62;"]);
            shown.says_nothing_of(&["<script", "<b>bold"]);
        }
    }
}

#[actix_web::test]
async fn a_case_shows_plan_assessment_and_views() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let mut row = PlanRow::new("Sleep", "A bed of his own");
        row.due = Some("2026-11-01".parse().unwrap());
        row.agency = Some(AgencyId::from_slug("health"));
        let plan =
            PlanDraft { rows: vec![row], review_date: None, copy_holders: vec!["School".into()] };
        area.member.make(area.case, Compartment::Team, &plan);
        area.write(json!({ "a": "assessment", "says": {
            "framework": "east-lothian", "form": "wellbeing", "form_version": "1",
            "findings": [{ "element": "nurtured", "sort": "strength", "text": "Gran is there daily." }],
            "conclusions": [{ "text": "A plan is needed." }], "review_point": null } }));
        area.write(json!({ "a": "views", "says": {
            "whose": "child", "how": "drawn", "words": "I like my gran.", "language": null,
            "interpreter": null, "alone": true, "with": null } }));
        area.member.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        let shown = lead.get(&area.path()).await;
        shown.says(&["Sleep", "A bed of his own", "NHS Lothian", "By when", "1 November 2026"]);
        shown.says(&["Who holds a copy: School", "Wellbeing assessment", "Nobody has signed this"]);
        shown.says(&["Nurtured", "Strength", "Gran is there daily.", "A plan is needed."]);
        shown.says(&["Child, drawn", "I like my gran.", "Nothing is recorded yet."]);
        shown.says(&["Mairi, NHS Lothian", "In the team until somebody confirms it"]);
        lead.get("/").await.says(&["1 child has something overdue", "was due on 1 November 2026"]);
    }
}

#[actix_web::test]
async fn suspected_harm_is_the_first_thing_on_every_page_with_whom_to_ring() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        server.add_user("Duncan", "duncan", Role::Duty);
        server.tamper("UPDATE users SET phone = '01620 555 100' WHERE sign_in = 'mairi'").unwrap();
        area.write(json!({ "a": "concern", "says": {
            "seen": "A bruise on the arm.", "harm_suspected": true,
            "action": null, "place": null, "when": null } }));
        area.member.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        lead.get("/").await.says(&["1 child may be suffering harm", "Rowan Kerr"]);
        lead.get("/caseload").await.says(&["Rowan Kerr", "Harm suspected"]);
        let shown = lead.get(&area.path()).await;
        shown.says(&[
            "Harm is suspected",
            "Mairi, NHS Lothian",
            "01620 555 100",
            "Duncan, duty officer",
        ]);
        shown.says(&["Emergency: police, ambulance", "999"]);
    }
}

#[actix_web::test]
async fn the_lead_learns_of_an_agencys_disputes_their_number_only() {
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
        let entry = Assert::new(Fact::HarmSuspected, false).entry();
        other.phone().add(&envelope, vec![entry], START).unwrap();
        other.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        let inbox = lead.get("/to-settle").await;
        inbox.says(&["Elsewhere", "Rowan Kerr", "1 disagreement", "the oldest since"]);
        inbox.says_nothing_of(&["bruise", "Harm suspected"]);
        lead.get(&area.path()).await.says_nothing_of(&["bruise"]);
        let hidden = format!("{}/records/{record}", area.path());
        assert_eq!(lead.get(&hidden).await.status, 404);
        let mut agency_lead = Browser::of(&server, "Orla").await;
        agency_lead.get("/to-settle").await.says(&[
            "Harm suspected",
            "In force now: Yes.",
            "Orla",
            "Mairi",
        ]);
        agency_lead.get(&hidden).await.says(&["A bruise on the arm."]);
    }
}

#[actix_web::test]
async fn a_lead_professional_is_marked_in_the_team() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let (member, lead) = (area.member.user, area.lead.user);
        let place = Compartment::Team;
        area.lead.say_of(area.case, place, (Fact::Member, member), "member");
        area.lead.say_of(area.case, place, (Fact::Member, lead), "member");
        let value = Value::Bytes(member.as_bytes().to_vec());
        area.lead.say(area.case, Fact::LeadProfessional, value);
        area.lead.sync(&server).await;
        let shown = Browser::of(&server, "Lena").await.get(&area.path()).await;
        shown.says(&["Team around the child", "Mairi, NHS Lothian", "Lead professional", "Lena"]);
        let mut own = Browser::of(&server, "Mairi").await;
        own.get("/").await.says(&["Every child has a lead professional."]);
    }
}

#[actix_web::test]
async fn who_wrote_one_concern_sees_that_concern_and_nothing_else() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.member.visit(area.case, "Rowan built a tower of bricks.", START);
        area.member.sync(&server).await;
        let mut other = Worker::new(&server, "Coll", "police", Role::Practitioner).await;
        let police = Compartment::Agency(AgencyId::from_slug("police"));
        let concern: ConcernDraft =
            serde_json::from_value(json!({ "seen": "He was alone at the harbour." })).unwrap();
        let record = other.make(area.case, police, &concern);
        other.sync(&server).await;
        let mut browser = Browser::of(&server, "Coll").await;
        let shown = browser.get(&area.path()).await;
        shown.says(&["A child without a recorded name", "He was alone at the harbour."]);
        shown.says_nothing_of(&["Rowan", "Kerr", "tower of bricks", "Mairi", "Team around"]);
        let shown = browser.get(&format!("{}/records/{record}", area.path())).await;
        shown.says(&["For police only", "He was alone at the harbour.", "Coll, police"]);
        assert_eq!(browser.get("/caseload").await.status, 200);
        browser.get("/caseload").await.says(&["0 children"]);
    }
}

#[actix_web::test]
async fn a_signature_does_not_take_the_place_of_what_was_written() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let assessment = area.write(json!({ "a": "assessment", "says": {
            "framework": "east-lothian", "form": "wellbeing", "form_version": "1",
            "conclusions": [{ "text": "A plan is needed." }], "review_point": null } }));
        let phone = area.member.phone();
        let text = signing_text(&phone.record(&assessment).unwrap());
        let envelope = phone.envelope(&assessment).unwrap();
        phone.add(&envelope, vec![Signature { text, role: None }.entry()], START).unwrap();
        area.member.sync(&server).await;
        let shown = Browser::of(&server, "Lena").await.get(&area.path()).await;
        shown.says(&["Signed by Mairi, NHS Lothian", "Chronology", "A plan is needed."]);
        shown.says_nothing_of(&["form_version", "Something was written since"]);
    }
}

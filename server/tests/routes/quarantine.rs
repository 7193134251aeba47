use caseweave::role::Role;
use serde_json::{Value as Json, json};
use sync_core::gate::refusal::IN_REVIEW;
use sync_core::ids::{AgencyId, CaseId};
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::schema::Fact;

use crate::support::{START, TestServer, assert_refused, servers};
use crate::worker::{Worker, assert_in_order};

const WORDS: &str = "Rowan slept well and asked about school.";

/// A lead, two members of a team, a colleague outside it. The first member writes a visit without
/// signal while the lead takes them off the team.
struct Area {
    lead: Worker,
    member: Worker,
    other: Worker,
    colleague: Worker,
    case: CaseId,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let mut other = Worker::new(server, "Iain", "education", Role::Practitioner).await;
        let colleague = Worker::new(server, "Coll", "police", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(server).await;
        lead.sync(server).await;
        for user in [member.user, other.user] {
            lead.say_of(case, Compartment::Team, (Fact::Member, user), "member");
        }
        lead.sync(server).await;
        member.sync(server).await;
        other.sync(server).await;
        Self { lead, member, other, colleague, case }
    }

    async fn losing_access(server: &TestServer) -> Self {
        let mut area = Self::new(server).await;
        area.member.visit(area.case, WORDS, START);
        area.remove_member(server).await;
        area.member.sync(server).await;
        area
    }

    async fn remove_member(&mut self, server: &TestServer) {
        let member = self.member.user;
        self.lead.say_of(self.case, Compartment::Team, (Fact::Member, member), "left");
        self.lead.sync(server).await;
    }

    /// What waits, as the lead sees it.
    async fn waiting(&self, server: &TestServer) -> Vec<Json> {
        let tray = self.lead.read(server, "/v1/quarantine").await;
        tray["waiting"].as_array().unwrap().clone()
    }
}

fn decision(id: &Json, what: &str) -> String {
    format!("/v1/quarantine/{}/{what}", id.as_str().unwrap())
}

fn shows(worker: &mut Worker, case: CaseId, words: &str) -> bool {
    let view = worker.phone().case(case, true).ok();
    view.is_some_and(|view| serde_json::to_string(&view).unwrap().contains(words))
}

fn reasons(worker: &mut Worker) -> Vec<String> {
    worker.phone().returned().unwrap().into_iter().map(|it| it.reason).collect()
}

#[actix_web::test]
async fn work_of_who_lost_access_unknowingly_waits_unseen_and_is_released_as_it_was_written() {
    for server in servers() {
        let mut area = Area::losing_access(&server).await;
        let case = area.case;
        assert_eq!(reasons(&mut area.member), [IN_REVIEW]);
        assert!(!shows(&mut area.member, case, "Rowan"), "the copy is gone");
        assert_eq!(area.member.phone().only_here().unwrap().changes, 0);

        let nothing = json!({ "waiting": [], "counted": [] });
        for who in [&area.other, &area.member, &area.colleague] {
            assert_eq!(who.read(&server, "/v1/quarantine").await, nothing);
        }
        area.other.sync(&server).await;
        assert!(!shows(&mut area.other, case, WORDS));

        let waiting = area.waiting(&server).await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0]["by"]["name"], "Mairi");
        assert_eq!(waiting[0]["code"], "concern_only");
        assert!(waiting[0]["entries"].to_string().contains(WORDS));
        let release = decision(&waiting[0]["id"], "release");
        let body = json!({ "reason": "Written on the day before she left." });
        let refused = area.other.post(&server, &release, &body).await;
        assert_refused(refused, 404, "not_found");
        let unsaid = area.lead.post(&server, &release, &json!({ "reason": " " })).await;
        assert_refused(unsaid, 400, "no_reason");
        assert_eq!(area.lead.post(&server, &release, &body).await.0, 204);
        let again = area.lead.post(&server, &release, &body).await;
        assert_refused(again, 409, "decided");

        area.other.sync(&server).await;
        area.lead.sync(&server).await;
        area.member.sync(&server).await;
        assert!(shows(&mut area.other, case, WORDS) && shows(&mut area.lead, case, WORDS));
        assert_eq!(reasons(&mut area.member), Vec::<String>::new());
        assert!(!shows(&mut area.member, case, WORDS), "she still has no access");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn work_that_is_given_back_is_with_its_author_whole_and_says_why() {
    for server in servers() {
        let mut area = Area::losing_access(&server).await;
        let waiting = area.waiting(&server).await;
        let back = decision(&waiting[0]["id"], "give-back");
        let body = json!({ "reason": "Please hand this to Iain." });
        assert_eq!(area.lead.post(&server, &back, &body).await.0, 204);
        assert_eq!(area.member.exchange(&server).await.returned, 1);
        let returned = area.member.phone().returned().unwrap();
        assert_eq!(returned.len(), 1);
        assert!(returned[0].why.ends_with("Please hand this to Iain."), "{}", returned[0].why);
        assert!(returned[0].words.iter().any(|words| words == WORDS));
        assert_eq!(area.waiting(&server).await, Vec::<Json>::new());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn an_author_who_has_access_again_sees_released_work_in_its_place() {
    for server in servers() {
        let mut area = Area::losing_access(&server).await;
        let (case, member) = (area.case, area.member.user);
        let waiting = area.waiting(&server).await;
        let body = json!({ "reason": "Written on the day before she left." });
        let release = decision(&waiting[0]["id"], "release");
        assert_eq!(area.lead.post(&server, &release, &body).await.0, 204);
        area.lead.sync(&server).await;
        area.lead.say_of(case, Compartment::Team, (Fact::Member, member), "member");
        area.lead.sync(&server).await;
        // Own work is not sent down again: its words come from what waited here.
        area.member.sync(&server).await;
        assert!(shows(&mut area.member, case, WORDS));
        assert_eq!(reasons(&mut area.member), Vec::<String>::new());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn who_knows_that_they_may_not_is_told_before_anything_is_written() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.remove_member(&server).await;
        area.member.sync(&server).await;
        assert!(!shows(&mut area.member, area.case, "Rowan"));
        let visit: VisitDraft = serde_json::from_value(json!({ "at": START })).unwrap();
        let denied = area.member.phone().make(
            area.case,
            Kind::Visit,
            Compartment::Team,
            "",
            visit.entries(),
            START,
        );
        assert!(denied.is_err(), "the phone knows, too");
        assert_eq!(area.waiting(&server).await, Vec::<Json>::new());
    }
}

#[actix_web::test]
async fn a_harm_concern_that_waits_raises_the_flag_at_once_and_says_nothing_more() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let (case, member) = (area.case, area.member.user);
        let named = area.other.user;
        area.lead.say_of(case, Compartment::Protection, (Fact::Named, named), true);
        area.lead.sync(&server).await;
        area.other.sync(&server).await;
        let health = Compartment::Agency(AgencyId::from_slug("health"));
        let concern: ConcernDraft = serde_json::from_value(
            json!({ "seen": "A bruise on the arm.", "harm_suspected": true }),
        )
        .unwrap();
        area.member.make(case, health, &concern);
        let excluded = (Fact::Excluded, member);
        area.other.say_of(case, Compartment::Protection, excluded, true);
        area.other.sync(&server).await;
        area.member.sync(&server).await;
        assert_eq!(reasons(&mut area.member), [IN_REVIEW]);
        assert_eq!(area.member.read(&server, "/v1/directory?name=kerr").await["cases"], json!([]));

        // Found by everybody else, without content; the lead knows that something waits.
        area.colleague.sync(&server).await;
        let line = area.colleague.phone().directory().unwrap();
        assert_eq!(line[0].harm_since, Some(START));
        let tray = area.lead.read(&server, "/v1/quarantine").await;
        assert_eq!(tray["waiting"], json!([]));
        assert_eq!(tray["counted"][0]["count"], 1);
        assert!(!tray.to_string().contains("bruise"));

        let lead = Worker::new(&server, "Orla", "health", Role::AgencyLead).await;
        let tray = lead.read(&server, "/v1/quarantine").await;
        assert!(tray["waiting"][0]["entries"].to_string().contains("bruise"));
        let release = decision(&tray["waiting"][0]["id"], "release");
        let body = json!({ "reason": "A concern is never lost." });
        assert_eq!(lead.post(&server, &release, &body).await.0, 204);
        area.colleague.sync(&server).await;
        let line = area.colleague.phone().directory().unwrap();
        assert_eq!(line[0].harm_since, Some(START), "from the record itself now");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn an_exclusion_that_ends_lets_the_case_be_found_again() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let (case, named, colleague) = (area.case, area.other.user, area.colleague.user);
        area.lead.say_of(case, Compartment::Protection, (Fact::Named, named), true);
        area.lead.sync(&server).await;
        area.other.sync(&server).await;
        area.colleague.sync(&server).await;
        for (excluded, found) in [(true, 0), (false, 1)] {
            let fact = (Fact::Excluded, colleague);
            area.other.say_of(case, Compartment::Protection, fact, excluded);
            area.other.sync(&server).await;
            area.colleague.sync(&server).await;
            assert_eq!(area.colleague.phone().directory().unwrap().len(), found);
        }
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn an_older_copy_of_a_phone_is_judged_by_the_most_that_the_phone_ever_knew() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let copy = area.member.copy();
        area.remove_member(&server).await;
        // It hears of the removal, and with the next exchange the server knows that it has.
        area.member.sync(&server).await;
        area.member.sync(&server).await;
        area.member.restore(&copy);
        area.member.visit(area.case, WORDS, START);
        let report = area.member.exchange(&server).await;
        assert_eq!((report.held, report.returned), (0, 1), "{report:?}");
        let returned = area.member.phone().returned().unwrap();
        assert!(returned[0].words.iter().any(|words| words == WORDS), "nothing is lost");
        assert_eq!(area.waiting(&server).await, Vec::<Json>::new());
    }
}

#[actix_web::test]
async fn work_that_nobody_may_review_is_known_to_governance_as_a_number() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let (case, lead) = (area.case, area.lead.user);
        let governance = Worker::desk(&server, "Gow", Role::Governance).await;
        let named = area.other.user;
        area.lead.say_of(case, Compartment::Protection, (Fact::Named, named), true);
        area.lead.sync(&server).await;
        area.other.sync(&server).await;
        area.lead.visit(case, WORDS, START);
        area.other.say_of(case, Compartment::Protection, (Fact::Excluded, lead), true);
        area.other.sync(&server).await;
        assert_eq!(area.lead.exchange(&server).await.held, 1);
        let tray = governance.read(&server, "/v1/quarantine").await;
        assert_eq!(tray["unreviewable"][0]["count"], 1, "{tray}");
        assert_eq!((&tray["waiting"], &tray["counted"]), (&json!([]), &json!([])));
        let case = case.to_string();
        assert!(!tray.to_string().contains(&case), "not even whose it is");
        // Somebody who is appointed may decide about it: nobody needs to be told then.
        let deputy = Worker::new(&server, "Dee", "education", Role::Deputy).await;
        assert_eq!(deputy.read(&server, "/v1/quarantine").await["waiting"][0]["case"], case);
        let tray = governance.read(&server, "/v1/quarantine").await;
        assert!(tray.get("unreviewable").is_none(), "{tray}");
    }
}

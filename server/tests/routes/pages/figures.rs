//! A lead's exact figures and early warnings, and who sees nothing of them.

use caseweave::role::Role;
use sync_core::ids::CaseId;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;

use super::browser::Browser;
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

/// A week before the tests' clock.
const WEEK_AGO: Timestamp = START.plus_ms(-7 * Timestamp::DAY_MS);

fn concern(harm: bool) -> ConcernDraft {
    ConcernDraft {
        seen: "A bruise on the left arm.".into(),
        action: None,
        place: None,
        when: Some(WEEK_AGO),
        harm_suspected: Some(harm),
        indicators: Vec::new(),
        told: Vec::new(),
    }
}

/// A lead with two cases at Stage 1, one with a visit and a concern that nobody answers.
async fn scene(server: &TestServer) -> (Worker, CaseId, CaseId) {
    let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
    let (rowan, isla) = (lead.begin("Rowan", "Kerr"), lead.begin("Isla", "Reid"));
    for case in [rowan, isla] {
        lead.say(case, Fact::Stage, "1");
        lead.say(case, Fact::School, "Glen Primary");
    }
    lead.visit(rowan, "Rowan built a tower of bricks.", WEEK_AGO);
    lead.make(rowan, Compartment::Team, &concern(false));
    lead.sync(server).await;
    (lead, rowan, isla)
}

#[actix_web::test]
async fn a_lead_reads_each_figure_with_what_it_means_and_the_cases_behind_it() {
    for server in servers() {
        let (_, rowan, isla) = scene(&server).await;
        let mut browser = Browser::of(&server, "Lena").await;
        let page = browser.get("/figures").await;
        page.says(&["Children at each stage", "Stage 1", ">2<", "the higher stage is in force"]);
        page.says(&["Lead professional named", "0%"]);
        page.says(&["Waiting for a lead professional", "Up to 7 days", ">2<"]);
        page.says(&["Concerns raised", "No harm suspected", ">1<"]);
        let other = browser.get("/figures?school=Elsewhere").await;
        other.says(&["Children at each stage", "Nothing to count."]);

        let behind = browser.get("/figures/children-at-stage?row=east-lothian:1").await;
        behind.says(&["Children at each stage"]);
        behind.says(&[&format!("/cases/{rowan}"), "Rowan Kerr"]);
        behind.says(&[&format!("/cases/{isla}"), "Isla Reid"]);
        let visits = browser.get("/figures/visits?row=no-day").await;
        visits.says(&["Rowan Kerr", "/records/"]);
        visits.says_nothing_of(&["Isla Reid"]);
        assert_eq!(browser.get("/figures/no-such").await.status, 404);
        assert_eq!(browser.get("/figures?from=yesterday").await.status, 400);
        let csv = browser.get("/figures.csv").await;
        csv.says(&["\"Children at each stage\",\"Stage 1\",\"2\""]);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn figures_move_with_each_commit_and_count_no_shielded_or_closed_case() {
    for server in servers() {
        let (mut lead, rowan, isla) = scene(&server).await;
        lead.say(isla, Fact::Stage, "2");
        lead.say(rowan, Fact::CaseState, "closed");
        lead.sync(&server).await;
        let mut browser = Browser::of(&server, "Lena").await;
        browser.get("/figures").await.says(&["Children at each stage", "Stage 2", ">1<"]);
        browser.get("/early-warnings").await.says_nothing_of(&["Rowan Kerr"]);
        lead.say(isla, Fact::Shielded, true);
        lead.sync(&server).await;
        let page = browser.get("/figures").await;
        page.says(&["Children at each stage", "Nothing to count.", "Steps up and down"]);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn who_is_kept_from_a_case_cannot_tell_it_from_the_figures() {
    for server in servers() {
        let (mut lead, rowan, _) = scene(&server).await;
        let deputy = Worker::desk(&server, "Dugald", Role::Deputy).await;
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let place = Compartment::Protection;
        lead.say_of(rowan, place, (Fact::Named, member.user), true);
        lead.sync(&server).await;
        member.sync(&server).await;
        member.say_of(rowan, place, (Fact::Excluded, deputy.user), true);
        member.sync(&server).await;
        let mut browser = Browser::of(&server, "Dugald").await;
        let page = browser.get("/figures").await;
        page.says(&[
            "Children at each stage",
            "Stage 1",
            ">1<",
            "Concerns raised",
            "Nothing to count.",
        ]);
        let behind = browser.get("/figures/children-at-stage?row=east-lothian:1").await;
        behind.says(&["Isla Reid"]);
        behind.says_nothing_of(&["Rowan Kerr", &rowan.to_string()]);
        browser.get("/early-warnings").await.says_nothing_of(&["Rowan Kerr"]);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn early_warnings_say_why_and_lead_to_the_record() {
    for server in servers() {
        let (mut lead, rowan, _) = scene(&server).await;
        let mut browser = Browser::of(&server, "Lena").await;
        let page = browser.get("/early-warnings").await;
        page.says(&[
            "to look at first",
            "Rowan Kerr",
            "A concern without an answer",
            "has no decision",
        ]);
        page.says(&[&format!("/cases/{rowan}/records/"), "Open the record"]);
        browser.get("/").await.says(&["with early warnings to look at", "Rowan Kerr"]);
        browser.get("/caseload?warned=on").await.says(&["Rowan Kerr"]);
        lead.say(rowan, Fact::CaseState, "closed");
        lead.sync(&server).await;
        browser.get("/early-warnings").await.says_nothing_of(&["Rowan Kerr"]);
    }
}

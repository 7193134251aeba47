//! A lead's exact figures and early warnings, and who sees nothing of them.

use caseweave::db;
use caseweave::db::figures::RowOf;
use caseweave::measures::catalogue::AT_STAGE;
use caseweave::role::Role;
use sync_core::ids::{CaseId, UserId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::case::Alias;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
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

/// Excludes somebody from a case, by a person named for that.
async fn exclude(server: &TestServer, lead: &mut Worker, (case, user): (CaseId, UserId)) {
    let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
    let place = Compartment::Protection;
    lead.say_of(case, place, (Fact::Named, member.user), true);
    lead.sync(server).await;
    member.sync(server).await;
    member.say_of(case, place, (Fact::Excluded, user), true);
    member.sync(server).await;
}

#[actix_web::test]
async fn who_is_kept_from_a_case_cannot_tell_it_from_the_figures() {
    for server in servers() {
        let (mut lead, rowan, _) = scene(&server).await;
        let deputy = Worker::desk(&server, "Dugald", Role::Deputy).await;
        exclude(&server, &mut lead, (rowan, deputy.user)).await;
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
async fn a_school_that_only_hidden_cases_have_is_not_offered() {
    for server in servers() {
        let (mut lead, rowan, _) = scene(&server).await;
        lead.say(rowan, Fact::School, "Harbour Primary");
        lead.sync(&server).await;
        let deputy = Worker::desk(&server, "Dugald", Role::Deputy).await;
        exclude(&server, &mut lead, (rowan, deputy.user)).await;
        let mut browser = Browser::of(&server, "Lena").await;
        browser.get("/figures").await.says(&["Glen Primary", "Harbour Primary"]);
        let mut browser = Browser::of(&server, "Dugald").await;
        let page = browser.get("/figures").await;
        page.says(&["Glen Primary"]);
        page.says_nothing_of(&["Harbour Primary"]);
    }
}

/// What is kept from somebody takes no place in what is listed.
#[actix_web::test]
async fn hidden_cases_take_no_place_among_those_behind_a_figure() {
    for server in servers() {
        let (mut lead, rowan, isla) = scene(&server).await;
        let deputy = Worker::desk(&server, "Dugald", Role::Deputy).await;
        let cluster = db::clusters::list(&mut server.conn()).unwrap()[0].id;
        let first = |user: &UserId| {
            let row = RowOf { measure: AT_STAGE, cell: "east-lothian:1", school: None };
            let (conn, days) = (&mut server.conn(), (i32::MIN, i32::MAX));
            let found = db::figures::behind(conn, (&cluster, user), row, days, 1).unwrap();
            found.into_iter().map(|(case, ..)| case).next()
        };
        let before = first(&deputy.user).unwrap();
        assert_eq!(first(&lead.user), Some(before));
        exclude(&server, &mut lead, (before, deputy.user)).await;
        let other = if before == rowan { isla } else { rowan };
        assert_eq!(first(&deputy.user), Some(other));
        assert_eq!(first(&lead.user), Some(before));
    }
}

#[actix_web::test]
async fn what_is_asked_of_one_school_is_of_that_school_throughout() {
    for server in servers() {
        let (mut lead, rowan, _) = scene(&server).await;
        lead.say(rowan, Fact::School, "Harbour Primary");
        lead.sync(&server).await;
        let mut browser = Browser::of(&server, "Lena").await;
        let page = browser.get("/figures?school=Harbour%20Primary").await;
        let (_, after) = page.body.split_once("href=\"/figures/children-at-stage?").unwrap();
        let query = after.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        assert!(query.contains("school=Harbour+Primary"), "{query}");
        let behind = browser.get(&format!("/figures/children-at-stage?{query}")).await;
        behind.says(&["Harbour Primary, ", "Rowan Kerr"]);
        behind.says_nothing_of(&["Isla Reid"]);
        let all = browser.get("/figures/children-at-stage?row=east-lothian:1").await;
        assert!(all.body.contains("Rowan Kerr") && all.body.contains("Isla Reid"));
        let csv = browser.get("/figures.csv?school=Harbour%20Primary").await;
        csv.says(&["\"Harbour Primary\"", "\"Children at each stage\",\"Stage 1\",\"1\""]);
        browser.get("/figures.csv").await.says_nothing_of(&["Harbour Primary"]);
    }
}

/// Joins two cases as one child's: their lead professional says so in each.
async fn join(server: &TestServer, lead: &mut Worker, (one, other): (CaseId, CaseId)) {
    for (own, other) in [(one, other), (other, one)] {
        let user = lead.user;
        lead.say_of(own, Compartment::Team, (Fact::Member, user), "member");
        lead.say(own, Fact::LeadProfessional, Value::Bytes(user.as_bytes().to_vec()));
        lead.sync(server).await;
        let alias = Alias { case: other, reason: "Seen together".into(), undone: None };
        let envelope = Envelope::of_case(own, Compartment::Team);
        lead.phone().add(&envelope, vec![alias.entry()], START).unwrap();
        lead.sync(server).await;
    }
}

/// Who may not know of one of two joined cases may not know of the other, nor of either by what is counted.
#[actix_web::test]
async fn what_a_joining_hides_is_taken_out_of_the_figures_too() {
    for server in servers() {
        let (mut lead, rowan, isla) = scene(&server).await;
        let deputy = Worker::desk(&server, "Dugald", Role::Deputy).await;
        join(&server, &mut lead, (rowan, isla)).await;
        let mut browser = Browser::of(&server, "Dugald").await;
        browser.get("/figures").await.says(&["Children at each stage", "Stage 1", ">2<"]);
        exclude(&server, &mut lead, (rowan, deputy.user)).await;
        browser.get("/caseload").await.says_nothing_of(&["Rowan Kerr", "Isla Reid"]);
        let page = browser.get("/figures").await;
        page.says(&["Children at each stage", "Nothing to count."]);
        page.says_nothing_of(&["Stage 1", "Glen Primary"]);
        let mut browser = Browser::of(&server, "Lena").await;
        browser.get("/figures").await.says(&["Children at each stage", "Stage 1", ">2<"]);

        lead.say(rowan, Fact::Shielded, true);
        lead.sync(&server).await;
        browser.get("/figures").await.says_nothing_of(&["Stage 1", "Glen Primary"]);
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

use caseweave::role::Role;
use caseweave::web::PAGES;
use sync_core::ids::{CaseId, UserId};
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;

use super::browser::Browser;
use crate::support::{START, TestServer, servers};
use crate::worker::Worker;

/// Who asks, in the order of the table's columns: `Nobody` is not signed in, `Mairi` is in the team,
/// `Coll` is a practitioner outside it.
const WHO: [&str; 10] =
    ["Nobody", "Mairi", "Coll", "Lena", "Dugald", "Agnes", "Duncan", "Chiara", "Gavin", "Adam"];

/// What each of them is answered at each page: a page without a row fails.
const TABLE: &[(&str, &str, [u16; 10])] = &[
    // nobody, member, colleague, lead, deputy, agency lead, duty, chief, governance, admin
    ("get", "/", [303, 200, 200, 200, 200, 200, 200, 303, 200, 200]),
    ("get", "/sign-in", [200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("post", "/sign-in", [400, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    // Without an outside sign-in there is no such page.
    ("get", "/sign-in/outside", [404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("get", "/sign-in/back", [404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("post", "/sign-out", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/caseload", [303, 200, 200, 200, 200, 200, 200, 404, 404, 404]),
    ("get", "/handover", [303, 404, 404, 200, 200, 404, 404, 404, 404, 404]),
    ("get", "/duplicates", [303, 404, 404, 200, 200, 404, 404, 404, 404, 404]),
    ("get", "/export", [303, 404, 404, 404, 404, 200, 404, 404, 404, 404]),
    ("get", "/export.csv", [303, 404, 404, 404, 404, 200, 404, 404, 404, 404]),
    ("get", "/export/print", [303, 404, 404, 404, 404, 200, 404, 404, 404, 404]),
    ("get", "/cases/{case}", [303, 200, 404, 200, 200, 200, 404, 404, 404, 404]),
    ("get", "/cases/{case}/meeting", [303, 200, 404, 200, 200, 200, 404, 404, 404, 404]),
    ("get", "/cases/{case}/records/{record}", [303, 200, 404, 200, 200, 200, 404, 404, 404, 404]),
    ("get", "/cases/{case}/glass", [303, 200, 200, 200, 200, 200, 200, 404, 200, 404]),
    ("post", "/cases/{case}/glass", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/alarms", [303, 404, 404, 404, 404, 404, 200, 404, 404, 404]),
    ("post", "/alarms/{id}", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/early-warnings", [303, 200, 200, 200, 200, 200, 200, 404, 404, 404]),
    ("get", "/figures", [303, 404, 404, 200, 200, 404, 404, 404, 404, 404]),
    ("get", "/figures.csv", [303, 404, 404, 200, 200, 404, 404, 404, 404, 404]),
    ("get", "/figures/{measure}", [303, 404, 404, 200, 200, 404, 404, 404, 404, 404]),
    ("get", "/to-settle", [303, 200, 200, 200, 200, 200, 200, 404, 404, 404]),
    ("post", "/to-settle/{record}", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    // There is nothing that was settled.
    ("get", "/to-settle/{record}/{entry}", [303, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("post", "/to-settle/{record}/{entry}", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/to-review", [303, 200, 200, 200, 200, 200, 200, 404, 404, 404]),
    ("post", "/to-review/{id}", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/editions", [303, 404, 404, 404, 404, 404, 404, 200, 404, 404]),
    ("get", "/editions.csv", [303, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("get", "/editions/report", [303, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("get", "/people", [303, 404, 404, 404, 404, 404, 404, 404, 404, 200]),
    // There is no such person, phone or framework.
    ("get", "/people/{id}", [303, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("get", "/agencies", [303, 404, 404, 404, 404, 404, 404, 404, 404, 200]),
    ("get", "/teams", [303, 404, 404, 404, 404, 404, 404, 404, 404, 200]),
    ("get", "/devices", [303, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("get", "/devices/{id}", [303, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("post", "/devices/{id}", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/frameworks", [303, 404, 404, 404, 404, 404, 404, 404, 404, 200]),
    ("post", "/frameworks/preview", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/frameworks/{id}", [303, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("get", "/retention", [303, 404, 404, 404, 404, 404, 404, 404, 200, 200]),
    ("get", "/holds/{case}", [303, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
    ("post", "/holds/{case}", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/access-requests", [303, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
    ("get", "/access-requests/{case}", [303, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
    // It was not opened on a request.
    (
        "get",
        "/access-requests/{case}/records.csv",
        [303, 404, 404, 404, 404, 404, 404, 404, 404, 404],
    ),
    ("get", "/audit", [303, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
    ("get", "/audit.csv", [303, 404, 404, 404, 404, 404, 404, 404, 200, 404]),
    ("get", "/password", [303, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("post", "/password", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/second-factor", [303, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("post", "/second-factor", [303, 400, 400, 400, 400, 400, 400, 400, 400, 400]),
    ("get", "/assets/{name}", [404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
];

/// Everybody of [`WHO`] and a case of Mairi's team in which lead and deputy disagree.
struct Area {
    case: CaseId,
    record: String,
    member: Worker,
    lead: Worker,
    deputy: UserId,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut deputy = Worker::new(server, "Dugald", "education", Role::Deputy).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        server.add_worker("Coll", "coll", "police", Role::Practitioner);
        server.add_worker("Agnes", "agnes", "health", Role::AgencyLead);
        for (name, role) in [
            ("Duncan", Role::Duty),
            ("Chiara", Role::Chief),
            ("Gavin", Role::Governance),
            ("Adam", Role::Admin),
        ] {
            server.add_user(name, &name.to_lowercase(), role);
        }
        let case = member.begin("Rowan", "Kerr");
        member.visit(case, "Rowan built a tower of bricks.", START);
        member.sync(server).await;
        lead.sync(server).await;
        deputy.sync(server).await;
        lead.say(case, Fact::Stage, "1");
        deputy.say(case, Fact::Stage, "2");
        lead.sync(server).await;
        deputy.sync(server).await;
        let record = Compartment::Team.case_record(&case).to_string();
        Self { case, record, member, lead, deputy: deputy.user }
    }

    fn path(&self, pattern: &str) -> String {
        let path = pattern.replace("{case}", &self.case.to_string());
        let path = path.replace("{measure}", "children-at-stage");
        let path = path.replace("{entry}", &format!("{}-1-0", "0a".repeat(16)));
        path.replace("{record}", &self.record).replace("{name}", "none").replace("{id}", "0a")
    }
}

async fn browser_of<'a>(server: &'a TestServer, who: &str) -> Browser<'a> {
    if who == "Nobody" { Browser::new(server) } else { Browser::of(server, who).await }
}

#[actix_web::test]
async fn each_page_answers_each_role_as_the_table_says() {
    let rows: Vec<_> = TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(rows, PAGES, "every page has its row");
    for server in servers() {
        let area = Area::new(&server).await;
        for (column, who) in WHO.into_iter().enumerate() {
            let browser = browser_of(&server, who).await;
            for (method, pattern, expected) in TABLE {
                // Signing in gives a new cookie; each page is asked with the first.
                let mut asking = Browser::new(&server);
                asking.cookie.clone_from(&browser.cookie);
                let path = area.path(pattern);
                let shown = match *method {
                    "get" => asking.get(&path).await,
                    _ => asking.post(&path, &[]).await,
                };
                assert_eq!(shown.status, expected[column], "{who} at {method} {path}");
            }
        }
    }
}

#[actix_web::test]
async fn officers_and_administrators_see_nothing_of_a_case() {
    for server in servers() {
        let area = Area::new(&server).await;
        let nowhere = format!("/cases/{}", CaseId::from_bytes([9; 16]));
        for who in ["Chiara", "Gavin", "Adam", "Duncan", "Coll"] {
            let mut browser = browser_of(&server, who).await;
            let unknown = browser.get(&nowhere).await;
            assert_eq!(unknown.status, 404);
            for path in ["/cases/{case}", "/cases/{case}/records/{record}", "/cases/no-id"] {
                let shown = browser.get(&area.path(path)).await;
                assert_eq!((shown.status, shown.body), (404, unknown.body.clone()), "{who} {path}");
            }
            for (_, path, _) in TABLE.iter().filter(|(method, ..)| *method == "get") {
                let shown = browser.get(&area.path(path)).await;
                shown.says_nothing_of(&["tower of bricks", "Stage 2"]);
                // Information governance may find a case by the child's name, and must see which it holds.
                if (who, *path) != ("Gavin", "/holds/{case}") {
                    shown.says_nothing_of(&["Rowan", "Kerr"]);
                }
            }
        }
    }
}

#[actix_web::test]
async fn an_excluded_person_sees_no_sign_of_the_case() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let mut browser = browser_of(&server, "Dugald").await;
        let case = area.case;
        browser.get("/").await.says(&["1 disagreement to settle", "Rowan Kerr"]);
        browser.get(&area.path("/cases/{case}")).await.says(&["Rowan Kerr"]);

        let protection = Compartment::Protection;
        area.lead.say_of(case, protection, (Fact::Named, area.member.user), true);
        area.lead.sync(&server).await;
        area.member.sync(&server).await;
        area.member.say_of(case, protection, (Fact::Excluded, area.deputy), true);
        area.member.sync(&server).await;

        for (_, path, _) in TABLE.iter().filter(|(method, ..)| *method == "get") {
            let shown = browser.get(&area.path(path)).await;
            shown.says_nothing_of(&["Rowan", "Kerr", "tower of bricks", &case.to_string()]);
        }
        browser.get("/").await.says(&["0 open cases", "Nothing needs you now"]);

        // Who is excluded is for named people.
        let mut lead = browser_of(&server, "Lena").await;
        lead.get(&area.path("/cases/{case}")).await.says_nothing_of(&["Excluded", "protection"]);
        let mut named = browser_of(&server, "Mairi").await;
        let shown = named.get(&area.path("/cases/{case}")).await;
        shown.says(&["For people named for protection only", "Excluded from this case: Dugald"]);
    }
}

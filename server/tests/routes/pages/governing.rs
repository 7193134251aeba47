//! Information governance: access requests, and legal holds.

use caseweave::db;
use caseweave::role::Role;
use serde_json::json;
use sync_core::ids::{AgencyId, CaseId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::case::Person;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::kinds::views::ViewsDraft;
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;

use super::browser::Browser;
use crate::audit::rows;
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

/// A case with records of each compartment, a mother by name, and somebody of information governance.
struct Area {
    member: Worker,
    case: CaseId,
}

fn concern(seen: &str) -> ConcernDraft {
    serde_json::from_value(json!({ "seen": seen, "harm_suspected": false })).unwrap()
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        server.add_user("Gavin", "gavin", Role::Governance);
        let (case, team) = (member.begin("Rowan", "Kerr"), Compartment::Team);
        let mother = Person { name: "Sorcha Kerr".into(), relation: "mother".into(), born: None };
        let own = Envelope::of_case(case, team);
        member.phone().add(&own, vec![mother.entry()], START).unwrap();
        member.visit(case, "Sorcha was at work; Rowan let me in.", START);
        let health = Compartment::Agency(AgencyId::from_slug("health"));
        member.make(case, health, &concern("His red blanket was gone."));
        let views: ViewsDraft = serde_json::from_value(json!({
            "whose": "mother", "how": "spoken", "words": "We need a bigger flat.", "language": null,
            "interpreter": null, "alone": null, "with": null,
        }))
        .unwrap();
        member.make(case, team, &views);
        member.sync(server).await;
        lead.sync(server).await;
        lead.say_of(case, Compartment::Protection, (Fact::Named, member.user), true);
        lead.sync(server).await;
        member.sync(server).await;
        member.make(case, Compartment::Protection, &concern("A grey van waits at the gate."));
        member.sync(server).await;
        Self { member, case }
    }

    fn path(&self, pattern: &str) -> String {
        pattern.replace("{case}", &self.case.to_string())
    }
}

fn form<'a>(wish: &'a str, reason: &'a str, code: &'a str) -> [(&'static str, &'a str); 3] {
    [("form_code", code), ("wish", wish), ("reason", reason)]
}

async fn open_on_request(browser: &mut Browser<'_>, area: &Area) {
    let path = area.path("/cases/{case}/glass");
    let form_code = browser.get(&path).await.form_code();
    let form = [("form_code", form_code.as_str()), ("reason", "SAR 2026 17")];
    assert_eq!(browser.post(&path, &form).await.status, 303);
}

#[actix_web::test]
async fn an_access_request_is_a_bundle_with_an_index_marks_for_review_and_a_count_of_what_is_withheld()
 {
    for server in servers() {
        let area = Area::new(&server).await;
        let mut gavin = Browser::of(&server, "Gavin").await;
        let find = gavin.get("/access-requests").await;
        find.says(&["Access requests", "Child's name"]);
        find.says_nothing_of(&["Rowan"]);
        let short = gavin.get("/access-requests?name=R").await;
        assert_eq!(short.status, 422);
        short.says(&["Error: Access requests", "There is a problem", "at least two letters"]);
        gavin.get("/access-requests?name=nobody").await.says(&["No child of that name"]);
        let found = gavin.get("/access-requests?name=kerr").await;
        found.says(&["Rowan Kerr", &area.path("/cases/{case}/glass")]);
        found.says(&[&area.path("/access-requests/{case}"), &area.path("/holds/{case}")]);

        // Before the case was opened on a request there is nothing but the way to open it.
        let closed = gavin.get(&area.path("/access-requests/{case}")).await;
        assert_eq!(closed.status, 200);
        closed.says(&["Open the case on the request first"]);
        closed.says_nothing_of(&["Rowan", "Sorcha", "withheld"]);
        let csv = area.path("/access-requests/{case}/records.csv");
        assert_eq!(gavin.get(&csv).await.status, 404);

        open_on_request(&mut gavin, &area).await;
        let shown = gavin.get(&area.path("/access-requests/{case}")).await;
        shown.says(&["Access request SAR 2026 17", "Everything held about Rowan Kerr"]);
        shown.says(&["4 records are in the bundle.", "4 of them are marked"]);
        shown.says(&["2 records are withheld: for people named for protection only."]);
        shown.says(&["Index", "1. The case itself", "It says who belongs to the child."]);
        shown.says(&[
            "Index",
            "Visit",
            "It says who was there.",
            "The words may name Sorcha Kerr (mother).",
        ]);
        shown.says(&[
            "Index",
            "For NHS Lothian only",
            "It was written for one agency: ask that agency.",
        ]);
        shown.says(&["Index", "Views", "These are another person&#39;s own words."]);
        shown.says(&["Records", "Sorcha was at work; Rowan let me in.", "Mairi, NHS Lothian"]);
        shown.says(&["Records", "His red blanket was gone."]);
        shown.says_nothing_of(&["grey van", "For people named for protection only."]);

        let file = gavin.get(&csv).await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        file.says(&["\"Look at it before it leaves\"", "\"Rowan Kerr\""]);
        file.says(&["The words may name Sorcha Kerr (mother).", "Rowan let me in."]);
        file.says_nothing_of(&["grey van", "withheld"]);

        let taken = rows(&server).into_iter().filter(|row| row.act == "access_request");
        let taken: Vec<_> = taken.collect();
        let done: Vec<_> = taken.iter().filter(|row| row.outcome == "done").collect();
        assert_eq!(done.len(), 2);
        assert!(done.iter().all(|row| row.case == Some(area.case) && row.amount == Some(4)));
        assert!(done.iter().all(|row| row.subject.is_some()), "the opening is named");
        assert!(taken.iter().any(|row| row.outcome == "on_request_only"));

        // The opening ends, and with it the bundle.
        server.pass(8 * 60 * 60 * 1000 + 1);
        let mut gavin = Browser::of(&server, "Gavin").await;
        gavin
            .get(&area.path("/access-requests/{case}"))
            .await
            .says(&["Open the case on the request"]);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn nobody_but_governance_makes_a_bundle_and_not_of_what_is_hidden_from_them() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        server.add_user("Adam", "adam", Role::Admin);
        let nothing = format!("/access-requests/{}", CaseId::from_bytes([9; 16]));
        for who in ["Lena", "Mairi", "Adam"] {
            let mut browser = Browser::of(&server, who).await;
            let unknown = browser.get(&nothing).await;
            for path in ["/access-requests/{case}", "/access-requests/{case}/records.csv"] {
                let shown = browser.get(&area.path(path)).await;
                assert_eq!((shown.status, &shown.body), (404, &unknown.body), "{who} {path}");
            }
            for path in ["/access-requests", "/access-requests?name=kerr"] {
                assert_eq!(browser.get(path).await.status, 404, "{who} {path}");
            }
        }
        area.member.say(area.case, Fact::Shielded, true);
        area.member.sync(&server).await;
        let mut gavin = Browser::of(&server, "Gavin").await;
        gavin.get("/access-requests?name=kerr").await.says(&["No child of that name"]);
        for path in ["/access-requests/{case}", "/holds/{case}"] {
            let never = path.replace("{case}", &"09".repeat(16));
            let (hidden, unknown) = (gavin.get(&area.path(path)).await, gavin.get(&never).await);
            assert_eq!((hidden.status, hidden.body), (404, unknown.body), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_legal_hold_is_set_and_lifted_with_a_reason_and_shown_on_the_case() {
    for server in servers() {
        let area = Area::new(&server).await;
        let hold = area.path("/holds/{case}");
        let mut lead = Browser::of(&server, "Lena").await;
        lead.get(&area.path("/cases/{case}")).await.says_nothing_of(&["Legal hold"]);
        let mut gavin = Browser::of(&server, "Gavin").await;
        let shown = gavin.get(&hold).await;
        shown.says(&["Rowan Kerr", "Legal hold", "This case is not held."]);
        let form_code = shown.form_code();
        let unsaid = gavin.post(&hold, &form("set", " ", &form_code)).await;
        assert_eq!(unsaid.status, 422);
        unsaid.says(&["Error: Legal hold", "There is a problem", "#reason", "Say why"]);
        let foreign = "00".repeat(32);
        assert_eq!(gavin.post(&hold, &form("set", "Inquiry 12", &foreign)).await.status, 403);
        let done = gavin.post(&hold, &form("set", "Inquiry 12", &form_code)).await;
        assert_eq!((done.status, done.location()), (303, hold.as_str()));
        let twice = gavin.post(&hold, &form("set", "Inquiry 13", &form_code)).await;
        assert_eq!(twice.status, 409);
        twice.says(&["Somebody has done so already"]);

        gavin.get(&hold).await.says(&["Nothing of this case may be erased", "Gavin", "Inquiry 12"]);
        let kept = gavin.get("/retention").await;
        kept.says(&["Legal holds", &area.case.to_string(), "18 November 2026", "Gavin"]);
        kept.says_nothing_of(&["Rowan", "Inquiry 12"]);
        // Whoever reads the case is told that, not why.
        let told = lead.get(&area.path("/cases/{case}")).await;
        told.says(&["Legal hold", "Nothing of this case may be erased, since 18 November 2026"]);
        told.says_nothing_of(&["Inquiry 12"]);

        server.pass(1000);
        let lift = form("lift", "Inquiry closed", &form_code);
        assert_eq!(gavin.post(&hold, &lift).await.status, 303);
        assert_eq!(gavin.post(&hold, &lift).await.status, 409);
        let shown = gavin.get(&hold).await;
        shown.says(&["This case is not held.", "Earlier holds", "Inquiry 12", "Inquiry closed"]);
        gavin.get("/retention").await.says(&["No case is held."]);
        lead.get(&area.path("/cases/{case}")).await.says_nothing_of(&["Legal hold"]);
        let again = gavin.post(&hold, &form("set", "Inquiry 14", &form_code)).await;
        assert_eq!(again.status, 303, "a case can be held again");

        let acts: Vec<_> =
            rows(&server).into_iter().filter(|it| it.act.ends_with("_hold")).collect();
        let outcomes = |act: &str, outcome: &str| {
            acts.iter().filter(|it| it.act == act && it.outcome == outcome).count()
        };
        assert_eq!(outcomes("set_hold", "done"), 2);
        assert_eq!((outcomes("set_hold", "no_reason"), outcomes("set_hold", "decided")), (1, 1));
        assert_eq!((outcomes("lift_hold", "done"), outcomes("lift_hold", "decided")), (1, 1));
        assert!(acts.iter().all(|it| it.case == Some(area.case) && it.detail.is_empty()));

        // Not a lead's, and not to be changed behind the server's back.
        assert_eq!(lead.get(&hold).await.status, 404);
        let form_code = lead.get("/password").await.form_code();
        assert_eq!(lead.post(&hold, &form("set", "Mine", &form_code)).await.status, 404);
        let sql = "UPDATE legal_holds SET set_reason = 'Other'";
        assert!(server.tamper(sql).is_err() && server.tamper("DELETE FROM legal_holds").is_err());
        let held = db::legal_holds::of_case(&mut server.conn(), &area.case).unwrap();
        assert_eq!(held.iter().filter(|it| it.lifted.is_none()).count(), 1);
        assert_eq!(held[1].lifted.as_ref().unwrap().at, START.plus_ms(1000));
        assert_eq!(held[1].set.at, Timestamp(START.0));
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_reason_that_is_none_or_too_long_stands_in_the_form_again() {
    for server in servers() {
        let area = Area::new(&server).await;
        let mut gavin = Browser::of(&server, "Gavin").await;
        let (glass, hold) = (area.path("/cases/{case}/glass"), area.path("/holds/{case}"));
        let form_code = gavin.get(&glass).await.form_code();
        let long = "SAR 2026 17 & more. ".repeat(110);
        let shown = "SAR 2026 17 &#38; more. ".repeat(110);
        for (typed, wrong, again) in [
            (" \n ", "Say why, in a few sentences", ""),
            (long.as_str(), "Say why in fewer words: at most 2,000 letters", shown.trim_end()),
        ] {
            let opening = [("form_code", form_code.as_str()), ("reason", typed)];
            for page in [
                gavin.post(&glass, &opening).await,
                gavin.post(&hold, &form("set", typed, &form_code)).await,
            ] {
                assert_eq!(page.status, 422);
                page.says(&["There is a problem", wrong, "field-error", wrong, again]);
            }
        }
        let outcomes: Vec<_> = rows(&server).into_iter().map(|row| row.outcome).collect();
        assert_eq!(outcomes.iter().filter(|it| *it == "long_reason").count(), 2);
    }
}

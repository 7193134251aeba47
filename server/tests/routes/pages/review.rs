use caseweave::role::Role;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;

use super::browser::Browser;
use crate::support::{START, servers};
use crate::worker::{Worker, assert_in_order};

const WORDS: &str = "Rowan slept well & asked about <school>.";

#[actix_web::test]
async fn a_lead_decides_about_work_of_who_lost_access() {
    for server in servers() {
        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(&server).await;
        lead.sync(&server).await;
        let about = (Fact::Member, member.user);
        lead.say_of(case, Compartment::Team, about, "member");
        lead.sync(&server).await;
        member.sync(&server).await;
        member.visit(case, WORDS, START);
        lead.say_of(case, Compartment::Team, about, "left");
        lead.sync(&server).await;
        member.sync(&server).await;

        let mut browser = Browser::of(&server, "Lena").await;
        browser.get("/").await.says(&["1 piece of work waits for your decision", "Rowan Kerr"]);
        let page = browser.get("/to-review").await;
        page.says(&["1 piece of work", "Rowan Kerr", "Visit. For the team", "Mairi, NHS Lothian"]);
        page.says(&["asked about &#60;school&#62;."]);
        let mut author = Browser::of(&server, "Mairi").await;
        author.get("/to-review").await.says_nothing_of(&["Rowan", "slept well"]);

        let (_, action) = page.body.split_once("action=\"/to-review/").unwrap();
        let path = format!("/to-review/{}", action.split('"').next().unwrap());
        let code = page.form_code();
        let form = |reason, decision| {
            [("form_code", code.as_str()), ("reason", reason), ("decision", decision)]
        };
        let unsaid = browser.post(&path, &form("  ", "release")).await;
        assert_eq!(unsaid.status, 422);
        unsaid.says(&["There is a problem", "Say why you decide so", "slept well"]);
        let foreign = author.get("/").await.form_code();
        let foreign = [("form_code", foreign.as_str()), ("reason", "x"), ("decision", "release")];
        assert_eq!(browser.post(&path, &foreign).await.status, 403);
        assert_eq!(author.post(&path, &foreign).await.status, 404);
        assert_eq!(browser.post(&path, &form("Why", "burn")).await.status, 400);

        let done = browser.post(&path, &form("Written before she left.", "release")).await;
        assert_eq!((done.status, done.location()), (303, "/to-review?decided=release"));
        browser.get(done.location()).await.says(&["in the record now", "Nothing waits for you."]);
        assert_eq!(browser.post(&path, &form("Again", "release")).await.status, 409);
        browser.get(&format!("/cases/{case}")).await.says(&["Chronology", "slept well"]);
        assert_in_order(&server);
    }
}

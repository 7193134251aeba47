//! A disagreement about a child's safety, settled with a browser, and what signs that.

use actix_web::test::TestRequest;
use caseweave::db;
use caseweave::hex;
use caseweave::role::Role;
use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use sync_core::ids::{AgencyId, CaseId, DeviceId};
use sync_core::limits::PAGE_SESSION_IDLE_MS;
use sync_core::protocol::message::SyncRequest;
use sync_core::protocol::surrender::{Receipt, Sealed, Surrender};
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Assert;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;

use super::browser::{Browser, Shown};
use crate::support::{PASSWORD, Phone, START, TestServer, assert_refused, servers};
use crate::worker::{Worker, assert_in_order};

const REASON: &str = "Agreed by telephone with the school & <the> family.";

/// A case of Mairi's team in which lead and deputy disagree about the stage.
struct Area {
    case: CaseId,
    path: String,
    lead: Worker,
    deputy: Worker,
    member: Worker,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut deputy = Worker::new(server, "Dugald", "education", Role::Deputy).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        for worker in [&mut member, &mut lead, &mut deputy] {
            worker.sync(server).await;
        }
        lead.say(case, Fact::Stage, "1");
        deputy.say(case, Fact::Stage, "2");
        for worker in [&mut lead, &mut deputy, &mut member] {
            worker.sync(server).await;
        }
        let path = format!("/to-settle/{}", Compartment::Team.case_record(&case));
        Self { case, path, lead, deputy, member }
    }

    async fn sync(&mut self, server: &TestServer) {
        for worker in [&mut self.lead, &mut self.deputy, &mut self.member] {
            worker.sync(server).await;
        }
    }

    /// How many values each phone sees in dispute.
    fn disputes(&mut self) -> [usize; 3] {
        let record = Compartment::Team.case_record(&self.case);
        let of = |worker: &mut Worker| worker.phone().conflicts(&record).unwrap().len();
        [&mut self.lead, &mut self.deputy, &mut self.member].map(of)
    }
}

/// What a page's first settling form carries; the values in the order in which they are shown.
#[derive(Clone)]
struct Form {
    code: String,
    fact: String,
    subject: String,
    shown: String,
    choices: Vec<String>,
}

impl Form {
    fn of(page: &Shown) -> Self {
        let hidden = |name: &str| {
            let (_, after) = page.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
            after.split('"').next().unwrap().to_owned()
        };
        let choices = page.body.split("name=\"chosen\" value=\"").skip(1);
        let choices = choices.map(|it| it.split('"').next().unwrap().to_owned()).collect();
        let (fact, subject, shown) = (hidden("fact"), hidden("subject"), hidden("shown"));
        Self { code: page.form_code(), fact, subject, shown, choices }
    }

    async fn send(
        &self,
        browser: &mut Browser<'_>,
        path: &str,
        (chosen, reason): (Option<usize>, &str),
    ) -> Shown {
        let mut form = vec![
            ("form_code", self.code.as_str()),
            ("fact", self.fact.as_str()),
            ("subject", self.subject.as_str()),
            ("shown", self.shown.as_str()),
            ("reason", reason),
        ];
        form.extend(chosen.map(|n| ("chosen", self.choices[n].as_str())));
        browser.post(path, &form).await
    }
}

/// Settles for the value that is shown `n`th, and gives the address of what was settled.
async fn settle(browser: &mut Browser<'_>, path: &str, n: usize) -> String {
    let form = Form::of(&browser.get("/to-settle").await);
    let done = form.send(browser, path, (Some(n), REASON)).await;
    assert_eq!(done.status, 303, "{}", done.body);
    done.location().to_owned()
}

async fn undo(browser: &mut Browser<'_>, path: &str, reason: &str) -> Shown {
    let code = browser.get("/").await.form_code();
    browser.post(path, &[("form_code", code.as_str()), ("reason", reason)]).await
}

fn desks(server: &TestServer) -> Vec<db::devices::Device> {
    let all = db::devices::list(&mut server.conn()).unwrap();
    all.into_iter().filter(|device| device.desk_of.is_some()).collect()
}

#[actix_web::test]
async fn a_lead_settles_at_a_page_and_phones_learn_it() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        let page = lead.get("/to-settle").await;
        page.says(&["In force now: Stage 2.", "Which holds?", "Stage 2", "In force", "Dugald"]);
        page.says(&["Stage 2", "Stage 1", "Lena, education", "Why you decide so", "Settle"]);
        lead.get(&format!("/cases/{}", area.case)).await.says(&["Settle this"]);
        let form = Form::of(&page);
        assert_eq!(form.choices.len(), 2);

        let unchosen = form.send(&mut lead, &area.path, (None, REASON)).await;
        assert_eq!(unchosen.status, 422);
        unchosen.says(&["There is a problem", "Choose the value that holds", "Error:"]);
        unchosen.says(&["school &#38; &#60;the&#62; family.</textarea>"]);
        let unsaid = form.send(&mut lead, &area.path, (Some(1), " \n")).await;
        assert_eq!(unsaid.status, 422);
        unsaid.says(&["There is a problem", "Say why you decide so", &form.choices[1], "checked"]);
        assert_eq!(desks(&server).len(), 0, "nobody needed one yet");

        let at = settle(&mut lead, &area.path, 1).await;
        assert!(at.starts_with(&area.path) && at.ends_with("?done"), "{at}");
        let settled = lead.get(&at).await;
        settled.says(&["Settled. Phones learn it", "Rowan Kerr", "Stage", "What was decided"]);
        settled.says(&["Stage 1", "Lena, education", "by telephone", "Between what", "Stage 2"]);
        lead.get("/to-settle").await.says(&["0 disagreements"]);
        let case = lead.get(&format!("/cases/{}", area.case)).await;
        case.says(&["Settled", "Stage: Stage 1. Lena", &at[..at.len() - 5]]);

        area.sync(&server).await;
        assert_eq!(area.disputes(), [0, 0, 0]);
        assert!(area.member.shown(area.case).contains("Agreed by telephone"));
        let told = area.deputy.phone().notices().unwrap();
        assert!(serde_json::to_string(&told).unwrap().contains("\"settled\""), "{told:?}");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_settlement_is_taken_back_at_a_page_and_disputed_again_on_phones() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        let at = settle(&mut lead, &area.path, 1).await;
        area.sync(&server).await;

        let unsaid = undo(&mut lead, &at, "").await;
        assert_eq!(unsaid.status, 422);
        unsaid.says(&["There is a problem", "Say why you decide so"]);
        let done = undo(&mut lead, &at, "The school was not asked.").await;
        assert_eq!((done.status, done.location()), (303, "/to-settle?undone"));
        lead.get(done.location()).await.says(&["was taken back", "In force now: Stage 2."]);
        let again = undo(&mut lead, &at, "Twice.").await;
        assert_eq!(again.status, 422);
        again.says(&["somebody has decided again since"]);
        again.says_nothing_of(&["Undo</button>"]);

        area.sync(&server).await;
        assert_eq!(area.disputes(), [1, 1, 1]);
        settle(&mut lead, &area.path, 0).await;
        area.sync(&server).await;
        assert_eq!(area.disputes(), [0, 0, 0]);
        assert_eq!(desks(&server).len(), 1, "one desk a session");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_form_that_somebody_wrote_after_is_refused_and_shown_again() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let (mut lead, mut deputy) =
            (Browser::of(&server, "Lena").await, Browser::of(&server, "Dugald").await);
        let stale = Form::of(&lead.get("/to-settle").await);
        let other = Form::of(&deputy.get("/to-settle").await);
        // Said by somebody who had not seen the others.
        let record = Compartment::Team.case_record(&area.case);
        let envelope = area.deputy.phone().envelope(&record).unwrap();
        let entry = Assert::new(Fact::Stage, "3").entry();
        area.deputy.phone().add(&envelope, vec![entry], START).unwrap();
        area.deputy.sync(&server).await;
        let refused = stale.send(&mut lead, &area.path, (Some(0), REASON)).await;
        assert_eq!(refused.status, 409);
        refused.says(&["Somebody wrote since you looked", "In force now", "by telephone"]);
        assert_eq!(desks(&server).len(), 0);

        settle(&mut deputy, &area.path, 0).await;
        let late = other.send(&mut lead, &area.path, (Some(0), REASON)).await;
        assert_eq!(late.status, 403, "the form of another browser");
        let late = Form { code: lead.get("/").await.form_code(), ..stale.clone() };
        let late = late.send(&mut lead, &area.path, (Some(0), REASON)).await;
        assert_eq!(late.status, 409);
        late.says(&["There is a problem", "Somebody has settled this since you looked"]);
        let bad = Form { shown: "no ids".into(), ..stale.clone() };
        assert_eq!(bad.send(&mut lead, &area.path, (Some(0), REASON)).await.status, 400);
        area.sync(&server).await;
        assert!(area.lead.phone().conflicts(&record).unwrap().is_empty());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn only_who_may_settle_on_a_phone_may_settle_at_a_page() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        server.add_worker("Coll", "coll", "police", Role::Practitioner);
        for (name, role) in [("Gavin", Role::Governance), ("Adam", Role::Admin)] {
            server.add_user(name, &name.to_lowercase(), role);
        }
        let mut lead = Browser::of(&server, "Lena").await;
        let form = Form::of(&lead.get("/to-settle").await);
        for who in ["Mairi", "Coll", "Gavin", "Adam"] {
            let mut browser = Browser::of(&server, who).await;
            let own = Form { code: browser.get("/").await.form_code(), ..form.clone() };
            let refused = own.send(&mut browser, &area.path, (Some(0), REASON)).await;
            assert_eq!(refused.status, 404, "{who}");
            refused.says_nothing_of(&["Rowan", "Stage"]);
        }
        // A lead who is excluded has no case, and no settlement of it.
        let protection = Compartment::Protection;
        let (member, deputy) = (area.member.user, area.deputy.user);
        let at = settle(&mut lead, &area.path, 0).await;
        let mut excluded = Browser::of(&server, "Dugald").await;
        assert_eq!(excluded.get(&at).await.status, 200);
        area.lead.say_of(area.case, protection, (Fact::Named, member), true);
        area.sync(&server).await;
        area.member.say_of(area.case, protection, (Fact::Excluded, deputy), true);
        area.member.sync(&server).await;
        assert_eq!(excluded.get(&at).await.status, 404);
        assert_eq!(undo(&mut excluded, &at, REASON).await.status, 404);
        let own = Form { code: excluded.get("/").await.form_code(), ..form.clone() };
        let refused = own.send(&mut excluded, &area.path, (Some(0), REASON)).await;
        assert_eq!(refused.status, 404);
        assert_eq!(desks(&server).len(), 1, "the lead's");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn an_agencys_own_disagreement_about_harm_is_settled_by_its_lead_only() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let mut other = Worker::new(&server, "Orla", "social-work", Role::AgencyLead).await;
        let mut author = Worker::new(&server, "Ewan", "social-work", Role::Practitioner).await;
        let agency = Compartment::Agency(AgencyId::from_slug("social-work"));
        area.lead.say_of(area.case, Compartment::Team, (Fact::Member, author.user), "member");
        area.lead.sync(&server).await;
        author.sync(&server).await;
        let concern: ConcernDraft = serde_json::from_value(
            json!({ "seen": "A bruise on the arm.", "harm_suspected": true }),
        )
        .unwrap();
        let record = author.make(area.case, agency, &concern);
        author.sync(&server).await;
        let envelope = author.phone().envelope(&record).unwrap();
        // A no that replaces nothing stands beside the yes.
        let entry = Assert::new(Fact::HarmSuspected, false).entry();
        author.phone().add(&envelope, vec![entry], START).unwrap();
        author.sync(&server).await;
        other.sync(&server).await;
        assert_eq!(other.phone().conflicts(&record).unwrap().len(), 1);

        let path = format!("/to-settle/{record}");
        let mut head = Browser::of(&server, "Orla").await;
        let form = Form::of(&head.get("/to-settle").await);
        let mut lead = Browser::of(&server, "Lena").await;
        lead.get("/to-settle").await.says_nothing_of(&["bruise", &record.to_string()]);
        for who in ["Lena", "Dugald", "Mairi", "Ewan"] {
            let mut browser = Browser::of(&server, who).await;
            let own = Form { code: browser.get("/").await.form_code(), ..form.clone() };
            let refused = own.send(&mut browser, &path, (Some(0), REASON)).await;
            assert_eq!(refused.status, 404, "{who}");
        }
        assert_eq!(form.send(&mut head, &path, (Some(0), REASON)).await.status, 303);
        other.sync(&server).await;
        assert!(other.phone().conflicts(&record).unwrap().is_empty());
        assert_in_order(&server);
    }
}

/// What follows from a browser's cookie for one purpose, as the server makes it.
fn derived(server: &TestServer, browser: &Browser<'_>, purpose: &str) -> [u8; 32] {
    let cookie = browser.cookie.as_ref().unwrap();
    let token: [u8; 32] = hex::decode(cookie.split_once('=').unwrap().1).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&token).unwrap();
    mac.update(purpose.as_bytes());
    mac.update(&server.state.run);
    mac.finalize().into_bytes().into()
}

#[actix_web::test]
async fn a_desks_key_is_good_for_nothing_by_the_phones_ways() {
    for server in servers() {
        let area = Area::new(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        settle(&mut lead, &area.path, 0).await;
        let all = desks(&server);
        let [desk] = &all[..] else { panic!("one desk") };
        let key = SigningKey::from_bytes(&derived(&server, &lead, "caseweave desk key"));
        assert_eq!(key.verifying_key().to_bytes(), desk.public_key, "it is this key");
        let phone = Phone { key: key.clone(), actor: desk.actor.to_string() };
        let enrol = phone.enrol_as("lena", &server.code(&area.lead.user));
        assert_refused(server.post("/v1/enrol", &enrol).await, 409, "device_known");

        // Nor when it is over: it surrenders nothing, and was never told to erase.
        let code = lead.get("/").await.form_code();
        lead.post("/sign-out", &[("form_code", &code)]).await;
        let message = Surrender { request: request(), returned: Vec::new(), left: 0 };
        let sealed = Sealed::new(desk.id, &key, &message).unwrap().pack().unwrap();
        let request = TestRequest::post().uri("/v1/surrender").set_payload(sealed);
        assert_eq!(server.send_raw(request).await.0, 401);
        let receipt = Receipt::new(desk.id, &key, [1; 16]);
        assert_eq!(area.lead.confirm(&server, &receipt).await, 401);
        assert_in_order(&server);
    }
}

fn request() -> SyncRequest {
    SyncRequest {
        version: sync_core::protocol::VERSION,
        cursors: Vec::new(),
        batches: Vec::new(),
        now: START,
        more: false,
        whole: false,
        stats: false,
        actors: None,
        openings: Vec::new(),
    }
}

/// How a phone or desk of a person is shown.
async fn shown(server: &TestServer, who: &Worker, id: DeviceId) -> (String, String) {
    let all = who.read(server, "/v1/devices").await;
    let all = all["devices"].as_array().unwrap().clone();
    let desk = all.into_iter().find(|it| it["id"] == id.to_string()).unwrap();
    assert_eq!((&desk["kind"], &desk["name"]), (&json!("desk"), &json!("Desk (browser)")));
    (desk["owner"].as_str().unwrap().into(), desk["state"].as_str().unwrap().into())
}

#[actix_web::test]
async fn a_desk_ends_with_its_browsers_session_however_that_ends() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        for how in ["sign-out", "password", "idle", "marked"] {
            let mut lead = Browser::of(&server, "Lena").await;
            let known: Vec<_> = desks(&server).iter().map(|it| it.id).collect();
            let at = settle(&mut lead, &area.path, 0).await;
            let desk = desks(&server).iter().find(|it| !known.contains(&it.id)).unwrap().id;
            assert_eq!(undo(&mut lead, &at, "Once more.").await.status, 303);
            let form = Form::of(&lead.get("/to-settle").await);
            area.lead.renew(&server);
            let state = |state: &str| ("Lena".to_owned(), state.to_owned());
            assert_eq!(shown(&server, &area.lead, desk).await, state("active"));
            let kept = lead.cookie.clone();
            match how {
                "sign-out" => drop(lead.post("/sign-out", &[("form_code", &form.code)]).await),
                "password" => {
                    let mut other = Browser::of(&server, "Lena").await;
                    let new = "another horse battery";
                    for (old, new) in [(PASSWORD, new), (new, PASSWORD)] {
                        let code = other.get("/password").await.form_code();
                        let form = [
                            ("form_code", code.as_str()),
                            ("old", old),
                            ("new", new),
                            ("again", new),
                        ];
                        assert_eq!(other.post("/password", &form).await.status, 303);
                    }
                }
                "idle" => server.pass(PAGE_SESSION_IDLE_MS),
                _ => {
                    let path = format!("/v1/devices/{desk}/mark");
                    let retired = json!({ "state": "retired" });
                    assert_eq!(area.lead.post(&server, &path, &retired).await.0, 200);
                    let back = area.lead.post(&server, &path, &json!({ "state": "active" })).await;
                    assert_refused(back, 409, "desk_ended");
                }
            }
            lead.cookie = kept;
            let late = form.send(&mut lead, &area.path, (Some(0), REASON)).await;
            assert_eq!(late.status, 303, "{how}");
            assert!(late.location().starts_with("/sign-in"), "{how}");
            assert_eq!(desks(&server).len(), known.len() + 1, "{how}");
            area.lead.renew(&server);
            assert_eq!(shown(&server, &area.lead, desk).await, state("retired"), "{how}");
        }
        area.lead.go_on(&server);
        area.lead.sync(&server).await;
        let record = Compartment::Team.case_record(&area.case);
        assert_eq!(area.lead.phone().conflicts(&record).unwrap().len(), 1);
        assert_in_order(&server);
    }
}

//! Phones that were retired or reported stolen.

use actix_web::test::TestRequest;
use caseweave::db;
use caseweave::db::devices::DeviceState;
use caseweave::role::Role;
use caseweave::service::accounts;
use caseweave::service::posts::{self, Ending};
use serde_json::{Value as Json, json};
use sync_core::gate::refusal::FROM_RETIRED;
use sync_core::ids::{AgencyId, CaseId};
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;

use crate::support::{START, TestServer, assert_refused, servers};
use crate::worker::{Worker, assert_in_order};

const WORDS: &str = "Rowan showed me a drawing of the sea.";

struct Area {
    lead: Worker,
    member: Worker,
    other: Worker,
    case: CaseId,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let mut other = Worker::new(server, "Iain", "education", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(server).await;
        lead.sync(server).await;
        for user in [member.user, other.user] {
            lead.say_of(case, Compartment::Team, (Fact::Member, user), "member");
        }
        for worker in [&mut lead, &mut member, &mut other] {
            worker.sync(server).await;
        }
        Self { lead, member, other, case }
    }

    fn device(&mut self) -> String {
        self.member.phone().identity().device.to_string()
    }

    async fn mark(&mut self, server: &TestServer, state: &str) -> Json {
        let path = format!("/v1/devices/{}/mark", self.device());
        let (status, shown) = self.lead.post(server, &path, &json!({ "state": state })).await;
        assert_eq!(status, 200, "{shown}");
        shown
    }

    async fn waiting(&self, server: &TestServer) -> Vec<Json> {
        let tray = self.lead.read(server, "/v1/quarantine").await;
        tray["waiting"].as_array().unwrap().clone()
    }

    async fn release(&self, server: &TestServer, work: &Json) -> (u16, Json) {
        let path = format!("/v1/quarantine/{}/release", work["id"].as_str().unwrap());
        let (status, body) = self.lead.post(server, &path, &json!({ "reason": "Hers." })).await;
        (status.as_u16(), body)
    }

    /// How the phone stands, as the lead sees it.
    async fn shown(&mut self, server: &TestServer) -> Json {
        let id = self.device();
        let all = self.lead.read(server, "/v1/devices").await;
        let mut all = all["devices"].as_array().unwrap().iter();
        all.find(|it| it["id"] == id.as_str()).unwrap().clone()
    }
}

fn shows(worker: &mut Worker, case: CaseId, words: &str) -> bool {
    let view = worker.phone().case(case, true).ok();
    view.is_some_and(|view| serde_json::to_string(&view).unwrap().contains(words))
}

#[actix_web::test]
async fn a_retired_phone_hands_over_its_work_for_a_reviewer_and_is_erased_after() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.case;
        area.member.visit(case, WORDS, START);
        area.mark(&server, "retired").await;
        assert_refused(area.member.get(&server, "/v1/me").await, 403, "device_retired");

        let parting = area.member.leave(&server).await;
        assert_eq!((parting.report.held, parting.report.returned), (1, 0));
        assert!(!parting.at_once);
        assert_eq!(area.member.phone().only_here().unwrap().changes, 0);
        let shown = area.shown(&server).await;
        assert_eq!(shown["erase_ordered_at"], START.0);
        assert_eq!(shown["erased_at"], Json::Null, "ordered, not confirmed");
        // Killed before it told: it asks again and follows the same order.
        assert_eq!(area.member.leave(&server).await.receipt, parting.receipt);
        for _ in 0..2 {
            assert_eq!(area.member.confirm(&server, &parting.receipt).await, 200);
        }
        assert_eq!(area.shown(&server).await["erased_at"], START.0);

        area.other.sync(&server).await;
        assert!(!shows(&mut area.other, case, WORDS), "nobody else saw anything");
        let waiting = area.waiting(&server).await;
        assert_eq!((waiting.len(), &waiting[0]["code"]), (1, &json!(FROM_RETIRED)));
        assert_eq!(area.release(&server, &waiting[0]).await.0, 204);
        area.other.sync(&server).await;
        assert!(shows(&mut area.other, case, WORDS));
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_case_that_only_a_retired_phone_knew_is_released_before_what_is_about_it() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.member.begin("Innes", "Bain");
        area.member.visit(case, WORDS, START);
        accounts_leave(&server, &area);
        let parting = area.member.leave(&server).await;
        assert_eq!(parting.report.held, 2, "of somebody who left, too");
        let waiting = area.waiting(&server).await;
        assert_eq!(waiting.len(), 2);
        let (begins, visit) = match waiting[0]["kind"] == "case" {
            true => (&waiting[0], &waiting[1]),
            false => (&waiting[1], &waiting[0]),
        };
        let (status, refused) = area.release(&server, visit).await;
        assert_eq!((status, &refused["error"]["code"]), (409, &json!("not_begun")));
        assert_eq!(area.release(&server, begins).await.0, 204);
        assert_eq!(area.release(&server, visit).await.0, 204);
        area.lead.sync(&server).await;
        assert!(shows(&mut area.lead, case, WORDS));
        assert_in_order(&server);
    }
}

/// The database as it was before the log gave a number, as far as records made since go.
pub(crate) fn put_back(server: &TestServer, number: i64) {
    let since = format!("(SELECT id FROM records WHERE first_number >= {number})");
    let before = format!("cluster_id = clusters.id AND number < {number}");
    let chain = format!("SELECT chain FROM log_proofs WHERE {before} ORDER BY number DESC LIMIT 1");
    for sql in [
        format!("DELETE FROM log_proofs WHERE number >= {number}"),
        format!("DELETE FROM log_marks WHERE number >= {number}"),
        format!("DELETE FROM log WHERE number >= {number}"),
        format!("DELETE FROM record_views WHERE record_id IN {since}"),
        format!("DELETE FROM records WHERE first_number >= {number}"),
        format!("UPDATE clusters SET next_number = {number}, chain_head = ({chain})"),
    ] {
        server.tamper(&sql).unwrap();
    }
}

#[actix_web::test]
async fn what_a_restored_server_lost_is_handed_over_before_the_phone_is_erased() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.case;
        let cluster = db::clusters::list(&mut server.conn()).unwrap()[0].id;
        let before = db::log::head(&mut server.conn(), &cluster).unwrap().0;
        area.member.visit(case, WORDS, START);
        area.member.sync(&server).await;
        put_back(&server, before);
        area.mark(&server, "retired").await;

        let parting = area.member.leave(&server).await;
        assert_eq!((parting.report.held, parting.report.returned), (1, 0));
        assert_eq!(area.shown(&server).await["erase_ordered_at"], START.0);
        let waiting = area.waiting(&server).await;
        assert_eq!((waiting.len(), &waiting[0]["code"]), (1, &json!(FROM_RETIRED)));
        assert_eq!(area.release(&server, &waiting[0]).await.0, 204);
        area.other.sync(&server).await;
        assert!(shows(&mut area.other, case, WORDS));
    }
}

/// It had its order, and was not erased yet.
#[actix_web::test]
async fn what_was_handed_over_is_handed_over_again_to_a_server_that_lost_it() {
    for returned in [false, true] {
        for server in servers() {
            let mut area = Area::new(&server).await;
            let cluster = db::clusters::list(&mut server.conn()).unwrap()[0].id;
            let next = || db::log::head(&mut server.conn(), &cluster).unwrap().0;
            area.member.visit(area.case, WORDS, START);
            if returned {
                give_back(&server, &mut area).await;
            }
            area.mark(&server, "retired").await;
            let before = next();
            let parting = area.member.leave(&server).await;
            let gone = (parting.report.held, parting.handed_over);
            assert_eq!(gone, if returned { (0, 1) } else { (1, 0) });
            assert!(next() > before, "it goes into no log, but a log is seen to have lost it");

            put_back(&server, before);
            for table in ["quarantine_decisions", "quarantine", "kept_work", "erase_orders"] {
                server.tamper(&format!("DELETE FROM {table}")).unwrap();
            }
            let parting = area.member.leave(&server).await;
            assert_eq!(parting.handed_over, 1);
            let words = kept_for_mairi(&server).await;
            assert!(words.contains(WORDS), "{words}");
        }
    }
}

/// What a reviewer gave back is on the phone alone.
async fn give_back(server: &TestServer, area: &mut Area) {
    area.lead.say_of(area.case, Compartment::Team, (Fact::Member, area.member.user), "left");
    area.lead.sync(server).await;
    area.member.sync(server).await;
    let waiting = area.waiting(server).await;
    let back = format!("/v1/quarantine/{}/give-back", waiting[0]["id"].as_str().unwrap());
    let reason = json!({ "reason": "Please hand this to Iain." });
    assert_eq!(area.lead.post(server, &back, &reason).await.0, 204);
    assert_eq!(area.member.exchange(server).await.returned, 1);
}

/// The returned work that the server keeps for the member, at her desk.
async fn kept_for_mairi(server: &TestServer) -> String {
    let body = json!({ "sign_in": "mairi", "password": crate::support::PASSWORD });
    let (_, desk) = server.post("/v1/sign-in", &body).await;
    let (_, kept) = server.get("/v1/returned", desk["access_token"].as_str().unwrap()).await;
    kept["returned"].to_string()
}

/// Somebody who leaves gives their phones back.
fn accounts_leave(server: &TestServer, area: &Area) {
    let user = area.member.user;
    db::write_tx(&mut server.conn(), |conn| accounts::leave(conn, START, &user)).unwrap();
}

#[actix_web::test]
async fn what_had_come_back_is_kept_for_its_author_alone() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.member.visit(area.case, WORDS, START);
        give_back(&server, &mut area).await;

        area.mark(&server, "retired").await;
        let parting = area.member.leave(&server).await;
        assert_eq!(parting.handed_over, 1);
        let words = kept_for_mairi(&server).await;
        assert!(words.contains(WORDS) && words.contains("hand this to Iain"), "{words}");
        for worker in [&area.lead, &area.other] {
            assert_eq!(worker.read(&server, "/v1/returned").await, json!({ "returned": [] }));
        }
    }
}

#[actix_web::test]
async fn a_concern_about_harm_from_a_retired_phone_raises_the_flag_at_once() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let health = Compartment::Agency(AgencyId::from_slug("health"));
        let draft = json!({ "seen": "A bruise on the arm.", "harm_suspected": true });
        let concern: ConcernDraft = serde_json::from_value(draft).unwrap();
        let case = area.case;
        area.member.make(case, health, &concern);
        area.mark(&server, "retired").await;
        area.member.leave(&server).await;
        area.other.sync(&server).await;
        assert_eq!(area.other.phone().directory().unwrap()[0].harm_since, Some(START));
        assert!(!shows(&mut area.other, case, "bruise"));
    }
}

#[actix_web::test]
async fn a_stolen_phone_is_erased_at_once_and_what_it_sends_is_bytes() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let governance = Worker::desk(&server, "Gavin", Role::Governance).await;
        let case = area.case;
        area.member.visit(case, WORDS, START);
        area.mark(&server, "stolen").await;
        let again = area.mark(&server, "stolen").await;
        assert_eq!(again["marks"].as_array().unwrap().len(), 1, "marking twice is marking once");
        let header = ("Authorization", format!("Bearer {}", area.member.token));
        let request = || {
            let push = TestRequest::post().uri("/v1/sync").insert_header(header.clone());
            push.set_payload("whatever it pushes")
        };
        for _ in 0..20 {
            assert_refused(server.send(request()).await, 403, "device_stolen");
        }
        let parting = area.member.leave(&server).await;
        assert!(parting.at_once, "it is not waited for");
        assert_eq!(parting.report.exchanges, 1);
        assert_eq!(area.waiting(&server).await, Vec::<Json>::new());
        let counted = governance.read(&server, "/v1/devices/untrusted").await;
        assert_eq!(counted["devices"][0]["count"], 16, "as far as there is room");
        assert!(!counted.to_string().contains("whatever"));
        for worker in [&area.lead, &area.other] {
            let none = worker.read(&server, "/v1/devices/untrusted").await;
            assert_eq!(none, json!({ "devices": [] }));
        }
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_mark_is_taken_back_until_the_phone_was_erased_and_nothing_is_lost() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.case;
        for state in ["retired", "stolen"] {
            area.mark(&server, state).await;
            area.mark(&server, "active").await;
            area.member.visit(case, WORDS, START);
            area.member.sync(&server).await;
        }
        area.mark(&server, "stolen").await;
        let parting = area.member.leave(&server).await;
        let mut forged = parting.receipt.clone();
        forged.signature[0] ^= 1;
        assert_eq!(area.member.confirm(&server, &forged).await, 401);
        assert_eq!(area.member.confirm(&server, &parting.receipt).await, 200);
        let path = format!("/v1/devices/{}/mark", area.device());
        let undo = area.lead.post(&server, &path, &json!({ "state": "active" })).await;
        assert_refused(undo, 409, "erased");
    }
}

#[actix_web::test]
async fn who_may_not_mark_a_phone_does_not_learn_that_it_is_there() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let path = format!("/v1/devices/{}/mark", area.device());
        let body = json!({ "state": "stolen" });
        assert_refused(area.other.post(&server, &path, &body).await, 404, "not_found");
        let nowhere = format!("/v1/devices/{}/mark", "ab".repeat(16));
        assert_refused(area.lead.post(&server, &nowhere, &body).await, 404, "not_found");
        // Whoever took it may have its user's password: she reports it, and does not take that back.
        let desk = json!({ "sign_in": "mairi", "password": crate::support::PASSWORD });
        let (_, desk) = server.post("/v1/sign-in", &desk).await;
        let header =
            ("Authorization", format!("Bearer {}", desk["access_token"].as_str().unwrap()));
        let say = |state: &str| {
            let body = json!({ "state": state });
            TestRequest::post().uri(&path).insert_header(header.clone()).set_json(body)
        };
        assert_eq!(server.send(say("stolen")).await.0, 200);
        for state in ["active", "retired"] {
            assert_refused(server.send(say(state)).await, 403, "not_by_its_user");
        }
        area.mark(&server, "active").await;
        let own = area.other.read(&server, "/v1/devices").await;
        assert_eq!(own["devices"].as_array().unwrap().len(), 1);
        let admin = Worker::desk(&server, "Ailie", Role::Admin).await;
        assert_eq!(admin.post(&server, &path, &body).await.0, 200);
        let device = area.member.phone().identity().device;
        let row = db::devices::by_id(&mut server.conn(), &device).unwrap().unwrap();
        assert_eq!(row.state, DeviceState::Stolen);
    }
}

#[actix_web::test]
async fn what_a_retired_phone_opened_is_in_the_audit_before_it_is_erased() {
    for (state, noted) in [("stolen", 0), ("retired", 1)] {
        for server in servers() {
            let mut area = Area::new(&server).await;
            let case = area.case;
            area.member.phone().open_case(case, START).unwrap();
            area.mark(&server, state).await;
            // It may ask again, as after it was killed.
            for _ in 0..2 {
                assert_eq!(area.member.leave(&server).await.at_once, state == "stolen");
            }
            let told = crate::audit::rows(&server).into_iter();
            let told = told.filter(|row| row.act == "read_offline");
            let told: Vec<_> = told.map(|row| (row.user, row.case, row.claimed_at)).collect();
            let row = (Some(area.member.user), Some(case), Some(START));
            assert_eq!(told, vec![row; noted], "{state}");
            assert_eq!(area.member.phone().untold().unwrap(), 1 - noted, "{state}");
            assert_in_order(&server);
        }
    }
}

#[actix_web::test]
async fn who_is_shown_a_phone_may_mark_it_and_nobody_else_is() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let admin = Worker::desk(&server, "Ailie", Role::Admin).await;
        // Of whoever left the phone is to be emptied; of whoever works here no more it is others' business.
        accounts_leave(&server, &area);
        let ending = Ending { sign_in: "iain", cluster: "Preston Lodge", role: Role::Practitioner };
        let end = |conn: &mut _| posts::end(conn, START, None, ending);
        db::write_tx(&mut server.conn(), end).unwrap();
        let elsewhere = area.other.phone().identity().device.to_string();
        let left = area.device();
        for who in [&area.lead, &admin] {
            let all = who.read(&server, "/v1/devices").await;
            let all = all["devices"].as_array().unwrap();
            for (id, status) in [(&left, 200), (&elsewhere, 404)] {
                let is_shown = all.iter().any(|it| it["id"] == id.as_str());
                assert_eq!(is_shown, status == 200);
                let path = format!("/v1/devices/{id}/mark");
                let marked = who.post(&server, &path, &json!({ "state": "retired" })).await;
                assert_eq!(marked.0.as_u16(), status);
            }
        }
    }
}

#[actix_web::test]
async fn only_the_marked_phone_itself_speaks_for_it() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let request = TestRequest::post().uri("/v1/surrender").set_payload("no message");
        assert_refused(server.send(request).await, 400, "bad_request");
        let key = ed25519_dalek::SigningKey::from_bytes(&[77; 32]);
        let identity = area.member.phone().identity().clone();
        let message = sync_core::protocol::surrender::Surrender {
            request: sync_core::protocol::message::SyncRequest {
                version: 1,
                cursors: vec![],
                batches: vec![],
                now: START,
                more: true,
                whole: false,
                stats: false,
                actors: None,
                openings: Vec::new(),
            },
            returned: vec![],
            left: 0,
        };
        let say = |key: &ed25519_dalek::SigningKey| {
            let sealed =
                sync_core::protocol::surrender::Sealed::new(identity.device, key, &message);
            let body = sealed.unwrap().pack().unwrap();
            TestRequest::post().uri("/v1/surrender").set_payload(body)
        };
        assert_refused(server.send(say(&identity.key)).await, 409, "device_active");
        area.mark(&server, "retired").await;
        assert_refused(server.send(say(&key)).await, 401, "session_ended");
    }
}

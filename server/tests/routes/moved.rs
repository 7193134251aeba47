//! Records that are moved: nothing of them is left where they were for whoever may not see where they are, in
//! what the server shows and on phones alike.

use actix_web::test::TestRequest;
use caseweave::role::Role;
use serde_json::json;
use sync_core::ids::{AgencyId, CaseId, RecordId};
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::concern::{ConcernDecision, ConcernDraft};
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::schema::Fact;
use sync_core::time::Timestamp;

use crate::attachments::{attach, send};
use crate::pages::browser::Browser;
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

const TEAM: Compartment = Compartment::Team;
const PROTECTION: Compartment = Compartment::Protection;

/// Iona and Ross, of one agency, are in the teams of two children. Nora is named to both and in neither team.
/// The lead reads what the teams read.
struct Scene {
    lead: Worker,
    iona: Worker,
    ross: Worker,
    nora: Worker,
    ailsa: CaseId,
    rory: CaseId,
}

impl Scene {
    async fn set(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut iona = Worker::new(server, "Iona", "health", Role::Practitioner).await;
        let ross = Worker::new(server, "Ross", "health", Role::Practitioner).await;
        let nora = Worker::new(server, "Nora", "police", Role::Practitioner).await;
        let [ailsa, rory] = ["Ailsa", "Rory"].map(|name| iona.begin(name, "Muir"));
        iona.sync(server).await;
        lead.sync(server).await;
        for case in [ailsa, rory] {
            for user in [iona.user, ross.user] {
                lead.say_of(case, TEAM, (Fact::Member, user), "member");
            }
            lead.say_of(case, PROTECTION, (Fact::Named, nora.user), true);
        }
        let mut scene = Self { lead, iona, ross, nora, ailsa, rory };
        scene.sync(server).await;
        scene
    }

    async fn sync(&mut self, server: &TestServer) {
        for _ in 0..2 {
            let all = [&mut self.lead, &mut self.iona, &mut self.ross, &mut self.nora];
            for who in all {
                who.sync(server).await;
            }
        }
    }
}

fn rehome(who: &mut Worker, record: &RecordId, (case, to): (CaseId, Compartment)) -> RecordId {
    who.phone().rehome(record, case, to, "where it belongs", START).unwrap().record
}

/// Whether words of a case are shown to somebody. Server and phone must agree.
async fn shows(server: &TestServer, who: &mut Worker, case: CaseId, words: &str) -> bool {
    let (_, answer) = who.get(server, &format!("/v1/cases/{case}")).await;
    let online = answer.to_string().contains(words);
    assert_eq!(who.shown(case).contains(words), online, "{words}");
    online
}

/// What somebody is answered who asks for the bytes of an attachment.
async fn opens(server: &TestServer, who: &Worker, attachment: &RecordId) -> u16 {
    let uri = format!("/v1/attachments/{attachment}");
    let header = ("Authorization", format!("Bearer {}", who.token));
    let (status, _) = server.send_raw(TestRequest::get().uri(&uri).insert_header(header)).await;
    status.as_u16()
}

#[actix_web::test]
async fn what_was_moved_twice_is_gone_from_its_first_place_too() {
    for server in servers() {
        let mut scene = Scene::set(&server).await;
        let (ailsa, rory) = (scene.ailsa, scene.rory);
        let own = Compartment::Agency(AgencyId::from_slug("health"));
        for (case, between, words) in [(rory, TEAM, "A bruise."), (ailsa, own, "A burn.")] {
            let first = scene.iona.visit(ailsa, words, START);
            scene.sync(&server).await;
            let second = rehome(&mut scene.iona, &first, (case, between));
            scene.sync(&server).await;
            assert!(shows(&server, &mut scene.ross, ailsa, words).await, "he sees both places");
            rehome(&mut scene.iona, &second, (case, PROTECTION));
            scene.sync(&server).await;
            let Scene { lead, iona, ross, nora, .. } = &mut scene;
            for who in [lead, iona, ross] {
                for case in [ailsa, rory] {
                    assert!(!shows(&server, who, case, words).await, "{words}");
                }
            }
            assert!(shows(&server, nora, case, words).await);
        }
        assert_in_order(&server);
    }
}

/// A concern about Ailsa that Iona raised goes into protection by the lead's hand, straight or by way of Rory's team.
async fn into_protection(
    server: &TestServer,
    scene: &mut Scene,
    by_way_of: Option<CaseId>,
    (seen, decided): (&str, &str),
) -> CaseId {
    let concern = json!({ "seen": seen, "harm_suspected": true });
    let concern: ConcernDraft = serde_json::from_value(concern).unwrap();
    let mut record = scene.iona.make(scene.ailsa, TEAM, &concern);
    scene.sync(server).await;
    if let Some(case) = by_way_of {
        record = rehome(&mut scene.lead, &record, (case, TEAM));
        scene.sync(server).await;
    }
    let case = by_way_of.unwrap_or(scene.ailsa);
    let record = rehome(&mut scene.lead, &record, (case, PROTECTION));
    scene.sync(server).await;
    let decision = ConcernDecision { decision: decided.into(), feedback: None };
    let envelope = scene.nora.phone().envelope(&record).unwrap();
    scene.nora.phone().add(&envelope, vec![decision.entry()], START).unwrap();
    scene.sync(server).await;
    case
}

#[actix_web::test]
async fn who_moves_a_concern_into_protection_reads_no_further_and_who_raised_it_does() {
    for server in servers() {
        let mut scene = Scene::set(&server).await;
        let (ailsa, rory) = (scene.ailsa, scene.rory);
        let straight = (None, ("A bruise.", "A doctor has seen it."));
        let by_rory = (Some(rory), ("A burn.", "A nurse has seen it."));
        for (by_way_of, words) in [straight, by_rory] {
            let case = into_protection(&server, &mut scene, by_way_of, words).await;
            let Scene { lead, iona, ross, nora, .. } = &mut scene;
            for words in [words.0, words.1] {
                for case in [ailsa, rory] {
                    assert!(!shows(&server, lead, case, words).await, "{words}");
                    assert!(!shows(&server, ross, case, words).await, "{words}");
                }
                assert!(shows(&server, iona, case, words).await, "{words}");
                assert!(shows(&server, nora, case, words).await, "{words}");
            }
        }
        assert_in_order(&server);

        // Who is named later has what they moved away again.
        let user = scene.lead.user;
        for case in [ailsa, rory] {
            scene.nora.say_of(case, PROTECTION, (Fact::Named, user), true);
        }
        scene.sync(&server).await;
        for (case, decided) in [(ailsa, straight.1.1), (rory, by_rory.1.1)] {
            assert!(shows(&server, &mut scene.lead, case, decided).await, "{decided}");
        }
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn what_is_attached_goes_with_its_record() {
    for server in servers() {
        let mut scene = Scene::set(&server).await;
        let (ailsa, user) = (scene.ailsa, scene.nora.user);
        scene.lead.say_of(ailsa, TEAM, (Fact::Member, user), "member");
        let visit = scene.iona.visit(ailsa, "A bruise.", START);
        let photo = attach(&mut scene.iona, &visit);
        scene.sync(&server).await;
        send(&mut scene.iona, &server, &photo).await;
        let id = photo.to_string();
        let Scene { lead, iona, ross, nora, .. } = &mut scene;
        for who in [lead, iona, ross, nora] {
            assert!(shows(&server, who, ailsa, &id).await);
            assert_eq!(opens(&server, who, &photo).await, 200);
        }
        rehome(&mut scene.iona, &visit, (ailsa, PROTECTION));
        scene.sync(&server).await;
        let Scene { lead, iona, ross, nora, .. } = &mut scene;
        for who in [lead, iona, ross] {
            assert!(!shows(&server, who, ailsa, &id).await);
            assert_eq!(opens(&server, who, &photo).await, 404);
        }
        assert!(shows(&server, nora, ailsa, &id).await, "she sees both places");
        assert_eq!(opens(&server, nora, &photo).await, 200);
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn what_was_moved_is_due_no_more_where_it_was() {
    for server in servers() {
        let mut scene = Scene::set(&server).await;
        let at = START.plus_ms(-9 * Timestamp::DAY_MS);
        let visit = json!({ "at": at, "next_contact": "2026-11-10" });
        let visit: VisitDraft = serde_json::from_value(visit).unwrap();
        let visit = scene.iona.make(scene.ailsa, TEAM, &visit);
        scene.sync(&server).await;
        let mut browser = Browser::of(&server, "Lena").await;
        browser.get("/caseload").await.says(&["overdue since"]);
        rehome(&mut scene.iona, &visit, (scene.ailsa, PROTECTION));
        scene.sync(&server).await;
        browser.get("/caseload").await.says_nothing_of(&["overdue since"]);
        assert_in_order(&server);
    }
}

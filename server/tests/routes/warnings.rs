//! What a visitor must know: with the team's record, and on where consent withholds the record.

use caseweave::role::Role;
use sync_core::device::Facts;
use sync_core::ids::{AgencyId, CaseId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution;
use sync_core::record::kinds::case::Person;
use sync_core::record::schema::Fact;
use sync_core::view::Warnings;

use crate::support::{START, TestServer, servers};
use crate::wait::standing;
use crate::worker::{Worker, assert_in_order};

const TEAM: Compartment = Compartment::Team;

/// A case with a lead, a health visitor and a social worker, and a police officer who has no part in it.
struct Scene {
    lead: Worker,
    nurse: Worker,
    named: Worker,
    colleague: Worker,
    case: CaseId,
}

impl Scene {
    async fn new(server: &TestServer) -> Self {
        let lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let nurse = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let mut named = Worker::new(server, "Nora", "social-work", Role::Practitioner).await;
        let colleague = Worker::new(server, "Coll", "police", Role::Practitioner).await;
        let case = named.begin("Rowan", "Kerr");
        let mut scene = Self { lead, nurse, named, colleague, case };
        scene.sync(server).await;
        for user in [scene.nurse.user, scene.named.user] {
            scene.lead.say_of(case, TEAM, (Fact::Member, user), "member");
        }
        let nora = scene.named.user;
        scene.lead.say_of(case, Compartment::Protection, (Fact::Named, nora), true);
        scene.sync(server).await;
        scene
    }

    async fn sync(&mut self, server: &TestServer) {
        for _ in 0..2 {
            let all = [&mut self.lead, &mut self.nurse, &mut self.named, &mut self.colleague];
            for worker in all {
                worker.sync(server).await;
            }
        }
    }

    /// The mother says who of the agencies may know.
    fn consent(&mut self, scope: &str) {
        let consent = Facts::new(Fact::Consent, scope).of("mother");
        let own = Envelope::of_case(self.case, TEAM);
        self.named.phone().assert(&own, &consent, START).unwrap();
    }

    fn restrict_father(&mut self) {
        let own = Envelope::of_case(self.case, TEAM);
        let father = Person { name: "Iain Kerr".into(), relation: "father".into(), born: None };
        let saved = self.named.phone().add(&own, vec![father.entry()], START).unwrap();
        let father = saved.entries[0].to_string();
        let restricted = Facts::new(Fact::ContactRestriction, "never alone with Rowan").of(father);
        self.named.phone().assert(&own, &restricted, START).unwrap();
    }

    fn address(&mut self, place: Compartment, address: &str, confidential: bool) {
        let facts = Facts::new(Fact::Address, address).of("child");
        let facts = if confidential { facts.confidential() } else { facts };
        let own = Envelope::of_case(self.case, place);
        self.named.phone().assert(&own, &facts, START).unwrap();
    }
}

fn warned(worker: &mut Worker, case: CaseId) -> Warnings {
    worker.phone().warnings(&case).unwrap()
}

#[actix_web::test]
async fn withdrawn_consent_keeps_no_visitor_from_knowing_of_the_dog() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let case = scene.case;
        assert!(warned(&mut scene.nurse, case).is_empty());
        scene.consent(&format!("all except {}", AgencyId::from_slug("health")));
        scene.sync(&server).await;
        scene.named.say(case, Fact::VisitRisk, "dog");
        scene.restrict_father();
        scene.named.visit(case, "The dog slept.", START);
        scene.sync(&server).await;

        let seen = warned(&mut scene.nurse, case);
        assert_eq!(seen.visit_risk, ["dog"]);
        assert_eq!(seen.contact[0].person, "Iain Kerr (father)");
        assert_eq!(seen.contact[0].restriction, ["never alone with Rowan"]);
        let nurse = scene.nurse.phone();
        let line = nurse.caseload().unwrap().remove(0);
        assert_eq!(
            line.header.visit_risk.as_deref(),
            Some("dog"),
            "the list says so before the address"
        );
        let copy = serde_json::to_string(&nurse.case(case, false).unwrap()).unwrap();
        assert!(copy.contains("never alone") && !copy.contains("The dog slept."), "{copy}");
        assert_eq!(warned(&mut scene.lead, case), seen);
        let news = |answer: serde_json::Value| answer["news"] == true;
        let wait = standing(&mut scene.nurse);
        assert!(!news(scene.nurse.read(&server, &wait).await));
        scene.named.visit(case, "It slept again.", START);
        scene.named.sync(&server).await;
        assert!(!news(scene.nurse.read(&server, &wait).await), "of what is withheld nothing wakes");
        scene.named.say(case, Fact::VisitRisk, "violence");
        scene.named.sync(&server).await;
        assert!(news(scene.nurse.read(&server, &wait).await));
        assert!(warned(&mut scene.colleague, case).is_empty(), "of no part in the case");

        scene.consent("all");
        scene.named.say(case, Fact::VisitRisk, "none");
        scene.sync(&server).await;
        assert_eq!(warned(&mut scene.nurse, case).visit_risk, [""; 0]);
        assert!(scene.nurse.shown(case).contains("The dog slept."));
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn whoever_leaves_the_team_is_warned_of_nothing_more() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let case = scene.case;
        scene.named.say(case, Fact::VisitRisk, "dog");
        scene.consent(&format!("all except {}", AgencyId::from_slug("health")));
        scene.sync(&server).await;
        assert!(!warned(&mut scene.nurse, case).is_empty());
        let nurse = scene.nurse.user;
        scene.lead.say_of(case, TEAM, (Fact::Member, nurse), "left");
        scene.sync(&server).await;
        assert!(warned(&mut scene.nurse, case).is_empty());
        scene.named.say(case, Fact::VisitRisk, "violence");
        scene.sync(&server).await;
        assert!(warned(&mut scene.nurse, case).is_empty());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn one_confidential_address_withholds_the_older_one_in_the_teams_record() {
    for server in servers() {
        let mut scene = Scene::new(&server).await;
        let case = scene.case;
        scene.address(TEAM, "1 High Street", false);
        scene.sync(&server).await;
        assert!(scene.nurse.shown(case).contains("1 High Street"));
        assert_eq!(scene.nurse.phone().search("high street", 9).unwrap().len(), 1);
        scene.address(Compartment::Protection, "a refuge", true);
        scene.sync(&server).await;
        for who in [&mut scene.nurse, &mut scene.lead] {
            let shown = who.shown(case);
            assert!(!shown.contains("1 High Street") && !shown.contains("refuge"), "{shown}");
            assert!(warned(who, case).address_withheld);
            assert_eq!(who.phone().search("high street", 9).unwrap().len(), 0);
        }
        let named = scene.named.shown(case);
        assert!(named.contains("1 High Street") && named.contains("a refuge"));
        let path = format!("/v1/cases/{case}");
        let read = scene.lead.read(&server, &path).await.to_string();
        assert!(!read.contains("1 High Street") && !read.contains("refuge"), "{read}");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn somebodys_many_words_keep_nothing_from_anybodys_phone() {
    for server in servers() {
        let mut nora = Worker::new(&server, "Nora", "social-work", Role::Practitioner).await;
        let mut lena = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let words = "x".repeat(4_000);
        // More than a page may have, if all of it went into one.
        let cases: Vec<CaseId> = (0..30).map(|_| nora.begin("Rowan", "Kerr")).collect();
        for case in &cases {
            let own = Envelope::of_case(*case, TEAM);
            for n in 0..9 {
                let name = format!("Uncle {n}");
                let person = Person { name, relation: "uncle".into(), born: None };
                let saved = nora.phone().add(&own, vec![person.entry()], START).unwrap();
                let uncle = saved.entries[0].to_string();
                let restricted = Facts::new(Fact::ContactRestriction, words.as_str()).of(uncle);
                nora.phone().assert(&own, &restricted, START).unwrap();
            }
        }
        nora.sync(&server).await;
        lena.sync(&server).await;
        for case in &cases {
            let contact = warned(&mut lena, *case).contact;
            assert_eq!(contact.len(), 9, "eight with all that is said, and that there is more");
            assert!(contact[8].restriction[0].starts_with("More is known"));
        }
    }
}

//! Suspected harm reaches the duty officer, whatever becomes of the record, and tells nobody else.

use caseweave::db;
use caseweave::role::Role;
use serde_json::{Value as Json, json};
use sync_core::device::Facts;
use sync_core::ids::{AgencyId, CaseId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;

use crate::pages::Browser;
use crate::support::{START, TestServer, assert_refused, servers};
use crate::worker::{Worker, assert_in_order};

const SEEN: &str = "A bruise on the arm.";

struct Area {
    lead: Worker,
    member: Worker,
    duty: Worker,
    case: CaseId,
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let duty = Worker::new(server, "Duncan", "social-work", Role::Duty).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(server).await;
        lead.sync(server).await;
        lead.say_of(case, Compartment::Team, (Fact::Member, member.user), "member");
        lead.sync(server).await;
        member.sync(server).await;
        Self { lead, member, duty, case }
    }

    /// Mairi writes down what she saw.
    async fn concern(&mut self, server: &TestServer, place: Compartment, harm: bool) {
        let draft = json!({ "seen": SEEN, "harm_suspected": harm });
        let draft: ConcernDraft = serde_json::from_value(draft).unwrap();
        let case = self.case;
        self.member.make(case, place, &draft);
        self.member.exchange(server).await;
    }

    /// The lead names herself and the duty officer's exclusion.
    async fn exclude_duty(&mut self, server: &TestServer) {
        let (case, duty, member) = (self.case, self.duty.user, self.member.user);
        let place = Compartment::Protection;
        self.lead.say_of(case, place, (Fact::Named, member), true);
        self.lead.sync(server).await;
        self.member.sync(server).await;
        self.member.say_of(case, place, (Fact::Excluded, duty), true);
        self.member.sync(server).await;
    }

    async fn alarms(&self, server: &TestServer) -> Vec<Json> {
        let answer = self.duty.read(server, "/v1/alarms").await;
        answer["alarms"].as_array().unwrap().clone()
    }

    async fn wakes(&self, server: &TestServer) -> bool {
        let cluster = db::clusters::by_name(&mut server.conn(), "Preston Lodge");
        // From the beginning on: what was before the alarm wakes nobody who has nothing to read.
        let cluster = cluster.unwrap().unwrap().id;
        let path = format!("/v1/sync/wait?seconds=3&cursors={cluster}:00");
        self.duty.read(server, &path).await["news"] == true
    }
}

fn health() -> Compartment {
    Compartment::Agency(AgencyId::from_slug("health"))
}

#[actix_web::test]
async fn suspected_harm_reaches_the_duty_officer_who_takes_it_up_once() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.concern(&server, health(), false).await;
        assert_eq!(area.alarms(&server).await, Vec::<Json>::new(), "no harm, no alarm");
        area.concern(&server, health(), true).await;
        let alarms = area.alarms(&server).await;
        let [alarm] = &alarms[..] else { panic!("{alarms:?}") };
        assert_eq!((&alarm["name"], &alarm["raised_at"]), (&json!("Rowan Kerr"), &json!(START.0)));
        assert_eq!(alarm["ring"]["name"], "Mairi");
        assert!(!alarms[0].to_string().contains("bruise"), "nothing of what was written");
        for other in [&area.lead, &area.member] {
            assert_eq!(other.read(&server, "/v1/alarms").await, json!({ "alarms": [] }));
            let path = format!("/v1/alarms/{}/hear", alarm["id"].as_str().unwrap());
            assert_refused(other.post(&server, &path, &json!({})).await, 404, "not_found");
        }
        let mut browser = Browser::of(&server, "Duncan").await;
        let today = browser.get("/").await;
        assert!(today.body.contains("1 alarm of suspected harm"), "{}", today.body);
        assert!(!today.body.contains("No suspected harm is open."));
        let page = browser.get("/alarms").await;
        let path = format!("/alarms/{}", alarm["id"].as_str().unwrap());
        let form = [("form_code", page.form_code())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(browser.post(&path, &form).await.status, 303);
        assert!(browser.get("/alarms").await.body.contains("Duncan, social-work has it since"));
        assert!(!browser.get("/").await.body.contains("alarm of suspected harm"));
        assert_eq!(area.alarms(&server).await[0]["heard_by"]["name"], "Duncan");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn what_named_people_only_may_read_or_a_reviewer_must_decide_is_heard_of_at_once() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.concern(&server, Compartment::Protection, true).await;
        assert_eq!(area.alarms(&server).await.len(), 1, "from protection");
        // Off the team without knowing it: the concern waits for a reviewer.
        let (case, member) = (area.case, area.member.user);
        area.lead.say_of(case, Compartment::Team, (Fact::Member, member), "left");
        area.lead.sync(&server).await;
        area.concern(&server, Compartment::Team, true).await;
        let tray = area.lead.read(&server, "/v1/quarantine").await;
        assert_eq!(tray["waiting"].as_array().map(Vec::len), Some(1));
        assert_eq!(area.alarms(&server).await.len(), 2, "from what waits");
        // Whoever reviews sees the flag in the caseload, too.
        let caseload = area.lead.read(&server, "/v1/caseload").await;
        assert_eq!(caseload["cases"][0]["harm_since"], START.0, "{caseload}");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn of_a_shielded_case_an_alarm_says_whom_to_ring_and_no_more() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.lead.say(area.case, Fact::Shielded, true);
        area.lead.sync(&server).await;
        area.member.sync(&server).await;
        area.concern(&server, health(), true).await;
        let alarms = area.alarms(&server).await;
        assert_eq!((&alarms[0]["case"], &alarms[0]["name"]), (&Json::Null, &Json::Null));
        assert_eq!(alarms[0]["ring"]["name"], "Mairi");
        assert!(area.wakes(&server).await);
    }
}

#[actix_web::test]
async fn a_duty_officer_who_is_excluded_hears_nothing_not_even_that_there_is_something() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.exclude_duty(&server).await;
        area.concern(&server, health(), true).await;
        assert_eq!(area.alarms(&server).await, Vec::<Json>::new());
        let own = Envelope::of_case(area.case, Compartment::Team).id();
        let conn = &mut server.conn();
        let cluster = db::clusters::list(conn).unwrap()[0].id;
        let alarm = db::alarms::of_cluster(conn, &cluster, START).unwrap().remove(0);
        for id in [alarm.record.to_string(), own.to_string(), "0d".repeat(16)] {
            let path = format!("/v1/alarms/{id}/hear");
            assert_refused(area.duty.post(&server, &path, &json!({})).await, 404, "not_found");
        }
        let tried = crate::audit::rows(&server).into_iter().filter(|row| row.act == "hear_alarm");
        let cases: Vec<_> = tried.map(|row| row.case).collect();
        assert_eq!(cases.iter().filter(|case| **case == Some(area.case)).count(), 2, "{cases:?}");
        let page = Browser::of(&server, "Duncan").await.get("/alarms").await;
        assert!(page.body.contains("There is none"));
        assert!(!area.wakes(&server).await);
    }
}

#[actix_web::test]
async fn a_named_person_is_in_the_team_for_as_long_as_they_are_named() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.case;
        let mut head = Worker::new(&server, "Morven", "education", Role::Practitioner).await;
        assert!(head.shown(case).is_empty());
        let named = |worker: &mut Worker, user: sync_core::ids::UserId| {
            let own = Envelope::of_case(case, Compartment::Team);
            let facts = Facts::new(Fact::NamedPerson, Value::Bytes(user.as_bytes().to_vec()));
            worker.phone().assert(&own, &facts, START)
        };
        assert!(named(&mut area.member, head.user).is_err(), "a member opens the case to nobody");
        named(&mut area.lead, head.user).unwrap();
        area.lead.sync(&server).await;
        head.sync(&server).await;
        assert!(!head.shown(case).is_empty(), "without being added to the team");
        head.visit(case, "Morven rang the family.", START);
        head.sync(&server).await;
        let page = Browser::of(&server, "Lena").await.get(&format!("/cases/{case}")).await;
        assert!(page.body.contains("Named person"), "{}", page.body);
        let another = area.member.user;
        named(&mut area.lead, another).unwrap();
        area.lead.sync(&server).await;
        head.sync(&server).await;
        assert!(head.shown(case).is_empty(), "another is named now");
        assert_in_order(&server);
    }
}

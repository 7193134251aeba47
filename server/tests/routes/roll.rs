//! The extract of the pupil roll: with the team's record, and with nothing else.

use caseweave::db::roll::{self, Pupil, School};
use caseweave::db::write_tx;
use caseweave::role::Role;
use serde_json::{Value as Json, json};
use sync_core::ids::CaseId;
use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::view::{Excluded, TermAttendance};

use crate::imports::File;
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

const NUMBER: &str = "LH000007";
const BORN: &str = "2016-05-03";

/// One pupil, who missed a tenth of one term and was excluded in it.
fn fill_roll(server: &TestServer, worker: &mut Worker) {
    let cluster = *worker.phone().clusters().keys().next().unwrap();
    let name = "Glen Primary".to_owned();
    let school = School { id: [1; 16], cluster, name, sector: "primary" };
    let pupil = Pupil {
        id: [2; 16],
        school: school.id,
        scheme: "SCN".into(),
        number: NUMBER.into(),
        given_name: "Rowan".into(),
        family_name: "Kerr".into(),
        born: BORN.parse().unwrap(),
        year_group: "P6".into(),
    };
    let from = "2026-08-19".parse().unwrap();
    let term = TermAttendance { term: "2026-27 term 1".into(), from, possible: 74, attended: 60 };
    let from = "2026-09-01".parse().unwrap();
    let cause = "fighting in the playground".to_owned();
    let excluded = Excluded { from, half_days: 4, cause, education_from: None };
    write_tx(&mut server.conn(), |conn| {
        roll::insert_school(conn, &school)?;
        roll::insert_pupil(conn, &pupil, START)?;
        roll::insert_attendance(conn, &pupil.id, &term)?;
        roll::insert_exclusion(conn, &pupil.id, &excluded)
    })
    .unwrap();
}

struct Scene {
    lead: Worker,
    member: Worker,
    colleague: Worker,
    case: CaseId,
}

impl Scene {
    /// A case with a lead and a member; its child is on the roll.
    async fn new(server: &TestServer, number: &str, born: &str) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let colleague = Worker::new(server, "Coll", "police", Role::Practitioner).await;
        fill_roll(server, &mut lead);
        let case = member.begin("Rowan", "Kerr");
        member.say(case, Fact::BirthDate, born);
        let mut scene = Self { lead, member, colleague, case };
        scene.name(number);
        scene.sync(server).await;
        scene.lead.say(case, Fact::Stage, "2");
        assert!(
            scene.shown(|scene| &mut scene.member).is_null(),
            "whoever begins a case sees none"
        );
        scene.allocate(case);
        scene.sync(server).await;
        scene.sync(server).await;
        scene
    }

    /// The cluster lead leads a case herself.
    fn allocate(&mut self, case: CaseId) {
        let (lead, member) = (self.lead.user, self.member.user);
        for user in [lead, member] {
            self.lead.say_of(case, Compartment::Team, (Fact::Member, user), "member");
        }
        let leads = Value::Bytes(lead.as_bytes().to_vec());
        self.lead.say(case, Fact::LeadProfessional, leads);
    }

    fn name(&mut self, number: &str) {
        let facts = sync_core::device::Facts::new(Fact::Identifier, number).of("SCN");
        let own = sync_core::record::envelope::Envelope::of_case(self.case, Compartment::Team);
        self.member.phone().assert(&own, &facts, START).unwrap();
    }

    async fn sync(&mut self, server: &TestServer) {
        for worker in [&mut self.member, &mut self.lead, &mut self.colleague] {
            worker.sync(server).await;
        }
    }

    fn shown(&mut self, who: fn(&mut Self) -> &mut Worker) -> Json {
        let case = self.case;
        let view = who(self).phone().case(case, false).unwrap();
        serde_json::to_value(view).unwrap()["extract"].clone()
    }
}

#[actix_web::test]
async fn whoever_reads_the_teams_record_reads_the_extract_and_nobody_else() {
    for server in servers() {
        let mut scene = Scene::new(&server, NUMBER, BORN).await;
        scene.sync(&server).await;
        let seen = scene.shown(|scene| &mut scene.member);
        assert_eq!((&seen["school"], &seen["year_group"]), (&json!("Glen Primary"), &json!("P6")));
        assert_eq!(seen["terms"][0]["attended"], 60);
        assert_eq!(scene.shown(|scene| &mut scene.lead)["terms"][0]["persistent_absence"], true);
        assert_eq!(seen["exclusions"][0]["half_days"], 4);
        assert_eq!(scene.shown(|scene| &mut scene.lead), seen);
        let path = format!("/v1/cases/{}", scene.case);
        assert_eq!(scene.lead.read(&server, &path).await["extract"], seen);
        let case = scene.case;
        assert!(scene.colleague.phone().case(case, false).is_err());
        let directory = scene.colleague.phone().directory().unwrap();
        assert!(!serde_json::to_string(&directory).unwrap().contains(NUMBER));
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn the_extract_goes_with_the_right_to_read() {
    for server in servers() {
        let mut scene = Scene::new(&server, NUMBER, BORN).await;
        let (case, user) = (scene.case, scene.member.user);
        assert!(!scene.shown(|scene| &mut scene.member).is_null());
        scene.lead.say_of(case, Compartment::Team, (Fact::Member, user), "left");
        scene.lead.sync(&server).await;
        scene.member.sync(&server).await;
        let rests = scene.member.phone().store();
        let rests = sync_core::store::Store::items(rests, sync_core::store::Shelf::Extract);
        assert_eq!(rests.unwrap(), []);
        assert!(!scene.shown(|scene| &mut scene.lead).is_null());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_child_who_has_a_case_is_in_no_other_ones_extract() {
    for server in servers() {
        let mut scene = Scene::new(&server, NUMBER, BORN).await;
        let second = scene.member.begin("Somebody", "Else");
        scene.member.say(second, Fact::BirthDate, BORN);
        let first = std::mem::replace(&mut scene.case, second);
        scene.name(NUMBER);
        scene.sync(&server).await;
        scene.allocate(second);
        scene.sync(&server).await;
        assert!(scene.shown(|scene| &mut scene.lead).is_null());
        scene.case = first;
        assert!(!scene.shown(|scene| &mut scene.lead).is_null());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_shielded_case_is_not_betrayed_by_an_extract_that_is_not_there() {
    for server in servers() {
        let mut scene = Scene::new(&server, NUMBER, BORN).await;
        scene.lead.say(scene.case, Fact::Shielded, true);
        scene.lead.sync(&server).await;
        let second = scene.lead.begin("Somebody", "Else");
        scene.lead.say(second, Fact::BirthDate, BORN);
        let facts = sync_core::device::Facts::new(Fact::Identifier, NUMBER).of("SCN");
        let own = sync_core::record::envelope::Envelope::of_case(second, Compartment::Team);
        scene.lead.phone().assert(&own, &facts, START).unwrap();
        scene.allocate(second);
        scene.lead.sync(&server).await;
        scene.lead.sync(&server).await;
        for case in [second, scene.case] {
            scene.case = case;
            assert!(!scene.shown(|scene| &mut scene.lead).is_null());
        }
        assert_in_order(&server);
    }
}

/// Somebody who is excluded from a case names its child in one of their own, to see whether there is another.
#[actix_web::test]
async fn a_case_that_somebody_is_excluded_from_is_not_betrayed_by_an_extract_that_is_not_there() {
    for server in servers() {
        let mut scene = Scene::new(&server, NUMBER, BORN).await;
        let (member, excluded, place) =
            (scene.member.user, scene.colleague.user, Compartment::Protection);
        scene.lead.say_of(scene.case, place, (Fact::Named, member), true);
        scene.lead.sync(&server).await;
        scene.member.sync(&server).await;
        scene.member.say_of(scene.case, place, (Fact::Excluded, excluded), true);
        scene.member.sync(&server).await;

        let second = scene.colleague.begin("Somebody", "Else");
        scene.colleague.say(second, Fact::BirthDate, BORN);
        let facts = sync_core::device::Facts::new(Fact::Identifier, NUMBER).of("SCN");
        let own = sync_core::record::envelope::Envelope::of_case(second, Compartment::Team);
        scene.colleague.phone().assert(&own, &facts, START).unwrap();
        scene.colleague.sync(&server).await;
        scene.lead.sync(&server).await;
        scene.allocate(second);
        scene.lead.say_of(second, Compartment::Team, (Fact::Member, excluded), "member");
        scene.lead.sync(&server).await;
        scene.sync(&server).await;
        let first = std::mem::replace(&mut scene.case, second);
        assert!(!scene.shown(|scene| &mut scene.colleague).is_null(), "as if there were none");
        scene.case = first;
        assert!(!scene.shown(|scene| &mut scene.member).is_null());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_slip_in_number_or_day_of_birth_links_nobody_and_a_correction_moves_the_link() {
    for (number, born) in [("LH000008", BORN), (NUMBER, "2016-05-04")] {
        for server in servers() {
            let mut scene = Scene::new(&server, number, born).await;
            assert!(scene.shown(|scene| &mut scene.lead).is_null());
            assert_in_order(&server);
        }
    }
    for server in servers() {
        let mut scene = Scene::new(&server, "LH000008", BORN).await;
        scene.name(NUMBER);
        scene.sync(&server).await;
        assert!(!scene.shown(|scene| &mut scene.lead).is_null());
        scene.name("LH000009");
        scene.sync(&server).await;
        assert!(scene.shown(|scene| &mut scene.lead).is_null());
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn what_an_import_changes_reaches_the_phones_that_show_the_pupil() {
    for server in servers() {
        let mut scene = Scene::new(&server, NUMBER, BORN).await;
        let header = "number,term,start date,sessions possible,sessions attended";
        let file = format!("{header}\n{NUMBER},2026-27 term 1,19/08/2026,74,74\n");
        assert_eq!(File::attendance(&file).take(&server).changed(), 1);
        scene.sync(&server).await;
        let seen = scene.shown(|scene| &mut scene.member);
        assert_eq!(seen["terms"][0]["attended"], 74);
        let cluster = *scene.lead.phone().clusters().keys().next().unwrap();
        let head = || caseweave::db::log::head(&mut server.conn(), &cluster).unwrap().0;
        let before = head();
        assert_eq!(File::attendance(&file).take(&server).changed(), 0);
        assert_eq!(head(), before, "the same file sends nobody anything");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_case_that_names_a_number_is_linked_when_the_number_comes_onto_the_roll() {
    for server in servers() {
        let mut scene = Scene::new(&server, "LH000099", BORN).await;
        assert!(scene.shown(|scene| &mut scene.member).is_null());
        let header = "number,forename,surname,dob,year group,school";
        let row = |born: &str| format!("{header}\nLH000099,Rowan,Kerr,{born},P6,Glen Primary\n");
        File::roll(&row(BORN)).take(&server);
        scene.sync(&server).await;
        assert_eq!(scene.shown(|scene| &mut scene.member)["school"], "Glen Primary");
        // The day of birth was a slip of the school's: the case is about somebody else.
        File::roll(&row("2016-05-04")).take(&server);
        scene.sync(&server).await;
        assert!(scene.shown(|scene| &mut scene.member).is_null());
        assert_in_order(&server);
    }
}

//! A lead hands a caseload over, prepares a meeting, takes an agency's own records and finds duplicates.

use caseweave::db::audit::AuditRow;
use caseweave::role::Role;
use serde_json::json;
use sync_core::ids::{AgencyId, CaseId, RecordId};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::case::{Alias, CaseFacts, Identifier, Person};
use sync_core::record::kinds::concern::ConcernDraft;
use sync_core::record::kinds::meeting::MeetingDraft;
use sync_core::record::kinds::plan::{PlanDraft, PlanRow};
use sync_core::record::kinds::request::RequestDraft;
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::time::Timestamp;

use super::browser::Browser;
use crate::audit::{link, rows};
use crate::support::{START, TestServer, servers};
use crate::worker::{Worker, assert_in_order};

/// A lead, a practitioner with a case, and a colleague of another agency in its team.
struct Area {
    lead: Worker,
    member: Worker,
    other: Worker,
    case: CaseId,
}

fn health() -> Compartment {
    Compartment::Agency(AgencyId::from_slug("health"))
}

fn concern(seen: &str) -> ConcernDraft {
    serde_json::from_value(json!({ "seen": seen, "harm_suspected": false })).unwrap()
}

impl Area {
    async fn new(server: &TestServer) -> Self {
        let mut lead = Worker::new(server, "Lena", "education", Role::ClusterLead).await;
        let mut member = Worker::new(server, "Mairi", "health", Role::Practitioner).await;
        let mut other = Worker::new(server, "Pia", "police", Role::Practitioner).await;
        let case = member.begin("Rowan", "Kerr");
        member.sync(server).await;
        lead.sync(server).await;
        lead.say_of(case, Compartment::Team, (Fact::Member, member.user), "member");
        lead.say_of(case, Compartment::Team, (Fact::Member, other.user), "member");
        lead.sync(server).await;
        member.sync(server).await;
        other.sync(server).await;
        Self { lead, member, other, case }
    }

    /// Work of each sort: due, unanswered, decided, and some that is for one agency only.
    async fn work(&mut self, server: &TestServer) -> RecordId {
        let (case, team) = (self.case, Compartment::Team);
        let mut row = PlanRow::new("Sleep", "A bed of his own");
        row.due = Some("2026-11-01".parse().unwrap());
        let mut done = PlanRow::new("Breakfast", "The school club");
        done.due = Some("2026-11-02".parse().unwrap());
        let plan = PlanDraft { rows: vec![row, done], review_date: None, copy_holders: Vec::new() };
        self.member.make(case, team, &plan);
        self.member.make(case, team, &concern("He fell asleep in class."));
        self.member.make(case, health(), &concern("His red blanket was gone."));
        let request =
            json!({ "to": AgencyId::from_slug("police"), "reason": "Somebody rings at night" });
        let request: RequestDraft = serde_json::from_value(request).unwrap();
        self.member.make(case, team, &request);
        let meeting: MeetingDraft = serde_json::from_value(json!({
            "at": START.plus_ms(-3 * Timestamp::DAY_MS), "sort": "planning",
            "decisions": [{ "text": "The nurse rings the landlord" }],
            "actions": [{ "what": "Mend the window", "who": "Housing", "by": "2026-12-01" }],
            "next_review": "2027-01-15",
        }))
        .unwrap();
        let meeting = self.member.make(case, team, &meeting);
        self.member.sync(server).await;
        meeting
    }

    fn path(&self, rest: &str) -> String {
        format!("/cases/{}{rest}", self.case)
    }
}

#[actix_web::test]
async fn a_caseload_is_handed_over_with_what_was_not_seen_waits_is_due_and_disputed() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.work(&server).await;
        let (member, other) = (area.member.user, area.other.user);
        let mut lead = Browser::of(&server, "Lena").await;
        let form = lead.get("/handover").await;
        form.says(&["Hand a caseload over", "Whose cases", "Mairi, NHS Lothian"]);
        form.says_nothing_of(&["Rowan"]);

        // Mairi has not opened the case since the lead wrote in it.
        let path = format!("/handover?from={member}&to={other}");
        let shown = lead.get(&path).await;
        shown.says(&["Mairi, NHS Lothian: 1 open case", "1 record not seen", "2 records wait"]);
        shown.says(&["Rowan Kerr", "In the team", "Pia is in the team already"]);
        shown.says(&["Not seen by whoever hands over", "The case itself, 18 November 2026"]);
        shown.says(&["Waits for an answer", "A concern that nobody has decided about"]);
        shown.says(&["Waits for an answer", "A request that nobody has answered", "Due"]);
        shown.says(&["Action in the plan: 1 November 2026 (overdue)", "Nothing is in dispute."]);
        // What is for one agency is not for whoever takes over.
        shown.says_nothing_of(&["red blanket", "asleep in class"]);
        assert_eq!(shown.body.matches("A concern that nobody").count(), 1);

        let mut own = Browser::of(&server, "Mairi").await;
        assert_eq!(own.get(&area.path("")).await.status, 200);
        link(&server);
        let shown = lead.get(&path).await;
        shown.says(&["0 records not seen", "Nothing is unseen."]);
        server.pass(60_000);
        area.other.visit(area.case, "Rowan waved from the window.", START);
        area.other.sync(&server).await;
        lead.get(&path).await.says(&["1 record not seen", "Visit, 18 November 2026"]);

        let to_lead = format!("/handover?from={member}&to={}", area.lead.user);
        lead.get(&to_lead).await.says(&["Lena is not in the team yet"]);
        let same = lead.get(&format!("/handover?from={member}&to={member}")).await;
        assert_eq!(same.status, 422);
        same.says(&["Error: Hand a caseload over", "Choose somebody else to take over"]);
        assert_eq!(lead.get("/handover?from=nobody").await.status, 404);
        assert_eq!(own.get(&path).await.status, 404);
        let mut seen = rows(&server).into_iter().filter(|row| row.act == "handover");
        let noted =
            |row: &AuditRow| (row.subject, row.amount) == (Some(*member.as_bytes()), Some(1));
        assert!(seen.any(|row| row.outcome == "done" && noted(&row)), "whose cases, and how many");
        assert_in_order(&server);
    }
}

#[actix_web::test]
async fn a_handover_says_what_is_disputed_and_leaves_out_who_is_not_in_the_team() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let mut deputy = Worker::new(&server, "Dugald", "education", Role::Deputy).await;
        area.lead.say(area.case, Fact::Stage, "1");
        deputy.say(area.case, Fact::Stage, "2");
        area.lead.sync(&server).await;
        deputy.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        let shown = lead.get(&format!("/handover?from={}", area.member.user)).await;
        shown.says(&["1 disagreement to settle", "In dispute, and between whom", "Stage: "]);
        shown.says(&["Dugald, education"]);
        let nobody = lead.get(&format!("/handover?from={}", deputy.user)).await;
        nobody.says(&["Dugald, education: 0 open cases", "They are in the team of no open case"]);
        nobody.says_nothing_of(&["Rowan"]);
    }
}

#[actix_web::test]
async fn a_meeting_has_an_agenda_of_the_teams_records_and_what_was_decided_before() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let meeting = area.work(&server).await;
        let mut deputy = Worker::new(&server, "Dugald", "education", Role::Deputy).await;
        area.lead.say(area.case, Fact::Stage, "1");
        deputy.say(area.case, Fact::Stage, "2");
        area.lead.sync(&server).await;
        deputy.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        lead.get(&area.path("")).await.says(&[&area.path("/meeting"), "Meeting view"]);
        let shown = lead.get(&area.path("/meeting")).await;
        shown.says(&[
            "Meeting about Rowan Kerr",
            "Who is here",
            "Mairi, NHS Lothian",
            "Pia, police",
        ]);
        shown.says(&["What the child says", "never recorded"]);
        shown.says(&["What people disagree about", "Stage", "In force meanwhile: Stage 2"]);
        shown.says(&["What is due", "Action in the plan: 1 November 2026 (overdue)"]);
        shown.says(&["What waits for an answer", "A concern that nobody has decided about"]);
        shown.says(&["What waits for an answer", "A request that nobody has answered"]);
        shown.says(&["Sleep", "A bed of his own", "1 November 2026"]);
        shown.says(&["Actions of the plan that are not done", "Breakfast"]);
        let record = area.path(&format!("/records/{meeting}"));
        shown.says(&["What earlier meetings decided", &record, "15 November 2026", "Planning"]);
        shown.says(&["The nurse rings the landlord", "Mairi, NHS Lothian"]);
        shown.says(&["Mend the window, Housing, by 1 December 2026", "15 January 2027"]);
        // On paper before a family lies nothing of one agency's, and no words of a concern.
        shown.says_nothing_of(&["red blanket", "asleep in class", "rings at night"]);

        let mut own = Browser::of(&server, "Mairi").await;
        assert_eq!(own.get(&area.path("/meeting")).await.status, 200);
        own.get(&area.path("/meeting")).await.says_nothing_of(&["red blanket"]);
        let mut outside = Browser::new(&server);
        server.add_worker("Coll", "coll", "police", Role::Practitioner);
        outside.sign_in("coll", crate::support::PASSWORD).await;
        assert_eq!(outside.get(&area.path("/meeting")).await.status, 404);
    }
}

#[actix_web::test]
async fn where_somebody_lives_is_on_no_agenda() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        for (who, place) in [("lead", "7 Shore Road"), ("member", "9 Hill Street")] {
            let facts = sync_core::device::Facts::new(Fact::Address, place).of("child");
            let envelope = Envelope::of_case(area.case, Compartment::Team);
            let worker = if who == "lead" { &mut area.lead } else { &mut area.member };
            worker.phone().assert(&envelope, &facts, START).unwrap();
        }
        area.lead.sync(&server).await;
        area.member.sync(&server).await;
        let mut lead = Browser::of(&server, "Lena").await;
        lead.get(&area.path("")).await.says(&["7 Shore Road", "9 Hill Street"]);
        let shown = lead.get(&area.path("/meeting")).await;
        shown.says(&["Address", "to be looked up in the case"]);
        shown.says_nothing_of(&["Shore Road", "Hill Street"]);
    }
}

#[actix_web::test]
async fn an_agency_takes_its_own_records_and_no_others() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.work(&server).await;
        area.other.visit(area.case, "Pia saw a grey van.", START);
        area.other.sync(&server).await;
        server.add_worker("Agnes", "agnes", "health", Role::AgencyLead);
        let mut agnes = Browser::of(&server, "Agnes").await;
        agnes.get("/caseload").await.says(&["/export", "Your agency&#39;s own records"]);
        let form = agnes.get("/export").await;
        form.says(&["NHS Lothian", "Made on this day or later", "2026-08-19", "2026-11-18"]);
        form.says_nothing_of(&["Rowan"]);

        let file = agnes.get("/export.csv").await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        file.says(&["\"Case\",\"Child\",\"Record\",\"Kind\""]);
        file.says(&["\"Rowan Kerr\"", "\"Plan\"", "\"A bed of his own\""]);
        file.says(&["\"Concern\"", "\"For NHS Lothian only\"", "His red blanket was gone."]);
        file.says(&["\"Meeting\"", "\"The nurse rings the landlord\"", "Mairi, NHS Lothian"]);
        file.says_nothing_of(&["grey van", "Pia, police, "]);
        let print = agnes.get("/export/print").await;
        print.says(&["19 August 2026 to 18 November 2026", "5 records of 1 child", "Rowan Kerr"]);
        print.says(&["Rowan Kerr", "His red blanket was gone."]);
        print.says(&["Rowan Kerr", "Mend the window"]);
        print.says_nothing_of(&["grey van"]);
        // The period is of the day on which a record was made.
        let before = agnes.get("/export/print?from=2026-01-01&to=2026-11-17").await;
        before.says(&["0 records of 0 children", "Your agency made no record in this period"]);
        assert_eq!(agnes.get("/export.csv?from=yesterday").await.status, 400);

        // Of a case whose team's records consent withholds from the agency only its own compartment is left.
        let scope = format!("all except {}", AgencyId::from_slug("health"));
        let consent = sync_core::device::Facts::new(Fact::Consent, scope.as_str()).of("child");
        let envelope = Envelope::of_case(area.case, Compartment::Team);
        area.lead.phone().assert(&envelope, &consent, START).unwrap();
        area.lead.sync(&server).await;
        let file = agnes.get("/export.csv").await;
        file.says(&["\"A child without a recorded name\"", "His red blanket was gone."]);
        file.says_nothing_of(&["Rowan", "A bed of his own", "landlord"]);

        for who in ["Lena", "Mairi"] {
            let mut browser = Browser::of(&server, who).await;
            for path in ["/export", "/export.csv", "/export/print"] {
                assert_eq!(browser.get(path).await.status, 404, "{who} {path}");
            }
        }
        let taken = rows(&server).into_iter().filter(|row| row.act == "export");
        let taken: Vec<_> = taken.filter(|row| row.outcome == "done").collect();
        assert!(taken.iter().all(|row| row.detail == "own records"));
        assert!(taken.iter().any(|row| row.amount == Some(5)), "{taken:?}");
        assert_in_order(&server);
    }
}

/// A child with a day of birth, a number and a twin.
fn child(given: &str, family: &str, born: &str) -> CaseFacts {
    CaseFacts {
        given_name: Some(given.into()),
        family_name: Some(family.into()),
        birth_date: Some(born.parse().unwrap()),
        ..CaseFacts::default()
    }
}

fn numbered(number: &str, facts: CaseFacts) -> CaseFacts {
    let scn = Identifier { scheme: "SCN".into(), number: number.into() };
    CaseFacts { identifiers: vec![scn], ..facts }
}

fn begin(worker: &mut Worker, facts: &CaseFacts) -> CaseId {
    let cluster = *worker.phone().clusters().keys().next().unwrap();
    worker.phone().begin_case(cluster, facts.entries(), START).unwrap().case
}

#[actix_web::test]
async fn possible_duplicates_are_shown_with_reasons_and_twins_and_hidden_cases_are_not() {
    for server in servers() {
        let mut lead = Worker::new(&server, "Lena", "education", Role::ClusterLead).await;
        let twin = Person { name: "Freya Boyd".into(), relation: "twin sister".into(), born: None };
        let born = "2015-03-04";
        let freyas_sister = CaseFacts { persons: vec![twin], ..child("Freyah", "Boyd", born) };
        let children = [
            child("Callum", "Kerr", "2014-05-06"),
            child("Calum", "Kerr", "2014-05-06"),
            numbered("120-34", child("Isla", "Reid", "2013-01-02")),
            numbered("12034", child("Ailsa", "Weir", "2012-02-03")),
            child("Freya", "Boyd", born),
            freyas_sister,
            numbered("1", child("Erin", "Hay", "2011-07-08")),
            numbered("2", child("Erin", "Hay", "2011-07-08")),
            child("Jack", "Orr", "2010-09-10"),
            child("Lewis", "Orr", "2010-09-10"),
            child("Skye", "Law", "2009-01-01"),
        ];
        let cases: Vec<_> = children.iter().map(|it| begin(&mut lead, it)).collect();
        lead.sync(&server).await;
        let mut member = Worker::new(&server, "Mairi", "health", Role::Practitioner).await;
        let hidden = begin(&mut member, &child("Skye", "Law", "2009-01-01"));
        member.say(hidden, Fact::Shielded, true);
        member.sync(&server).await;

        let mut browser = Browser::of(&server, "Lena").await;
        browser.get("/caseload").await.says(&["/duplicates", "Possible duplicates"]);
        let shown = browser.get("/duplicates").await;
        shown.says(&["2 possible duplicates"]);
        shown.says(&["Ailsa Weir and Isla Reid", "Both have the same number: SCN."]);
        shown.says(&["Callum Kerr and Calum Kerr", "Both were born on 6 May 2014"]);
        shown.says(&["and their names are nearly the same."]);
        shown.says_nothing_of(&["Freya", "Erin", "Orr", "Skye", &hidden.to_string()]);

        // One side has said so; then both have, and there is nothing left to suggest.
        for (own, other) in [(cases[0], cases[1]), (cases[1], cases[0])] {
            let user = Value::Bytes(lead.user.as_bytes().to_vec());
            lead.say_of(own, Compartment::Team, (Fact::Member, lead.user), "member");
            lead.say(own, Fact::LeadProfessional, user);
            lead.sync(&server).await;
            let alias = Alias { case: other, reason: "Seen together".into(), undone: None };
            let envelope = Envelope::of_case(own, Compartment::Team);
            lead.phone().add(&envelope, vec![alias.entry()], START).unwrap();
            lead.sync(&server).await;
            if own == cases[0] {
                browser.get("/duplicates").await.says(&["Half joined", "One side has said"]);
            }
        }
        let shown = browser.get("/duplicates").await;
        shown.says(&["1 possible duplicate"]);
        shown.says_nothing_of(&["Callum", "Half joined"]);
        let mut other = Browser::of(&server, "Mairi").await;
        assert_eq!(other.get("/duplicates").await.status, 404);
        assert_in_order(&server);
    }
}

//! The kinds of record beside visits and concerns, as people type them.

use serde_json::Value as Json;

use crate::support::TestPhone;

fn id(json: &Json) -> String {
    json["record"].as_str().unwrap().to_owned()
}

/// The record as `show` gives it.
fn record(phone: &TestPhone, record: &str) -> Json {
    let view = phone.json(&["show", "Ailsa Todd"]);
    let records = view["records"].as_array().unwrap();
    records.iter().find(|it| it["id"] == record).unwrap().clone()
}

/// What the entries of a collection say, in order.
fn said(phone: &TestPhone, id: &str, collection: &str) -> Vec<Json> {
    let record = record(phone, id);
    let entries = record["entries"].as_array().unwrap();
    let own = entries.iter().filter(|it| it["collection"] == collection);
    own.map(|it| it["says"].clone()).collect()
}

fn phone() -> TestPhone {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    phone
}

#[test]
fn a_meeting_has_who_came_what_was_decided_and_who_does_what() {
    let phone = phone();
    let begin = ["meeting", "record", "Ailsa Todd", "--at", "2026-11-20T10:00", "--sort", "review"];
    let came = ["--present", "Ailsa Todd | child", "--absent", "Ruaridh Munro | health visitor"];
    let rest =
        ["--decision", "Stay at stage 2", "--action", "Ring the landlord | Iona | 2026-12-01"];
    let review = ["--notes", "A good hour.", "--next-review", "2027-01-15"];
    let all = [begin.as_slice(), &came, &rest, &review].concat();
    let meeting = id(&phone.json(&all));
    let attendance = said(&phone, &meeting, "attendance");
    assert_eq!(
        (&attendance[0]["role"], &attendance[0]["present"]),
        (&"child".into(), &true.into())
    );
    assert_eq!(attendance[1]["present"], false);
    assert_eq!(said(&phone, &meeting, "actions")[0]["by"], "2026-12-01");
    phone.text(&[
        "meeting",
        "add",
        &meeting,
        "--decision",
        "Meet again",
        "--action",
        "Write to the school",
    ]);
    assert_eq!(said(&phone, &meeting, "decisions").len(), 2);
    let chronology = phone.json(&["chronology", "Ailsa Todd"]);
    assert_eq!(chronology[0]["kind"], "meeting");

    let nothing = phone.run(&["meeting", "add", &meeting]);
    assert_eq!((nothing.code, nothing.err.contains("say what to add")), (Some(2), true));
    let day = phone.run(&["meeting", "add", &meeting, "--action", "Ring | Iona | soon"]);
    assert!(day.code == Some(2) && day.err.contains("not a date"), "{}", day.err);
    assert!(day.err.ends_with("Not saved:\nRing | Iona | soon\n"), "{}", day.err);
}

#[test]
fn an_intervention_serves_a_row_of_the_same_childs_plan() {
    let phone = phone();
    let plan = ["plan", "Ailsa Todd", "--need", "sleep", "--action", "bedtime routine"];
    let made = phone.json(&plan);
    let (plan, row) = (id(&made), made["entries"][0].as_str().unwrap().to_owned());
    let begin = ["intervention", "begin", "Ailsa Todd", "--what", "Sleep counselling"];
    let served =
        [begin.as_slice(), &["--plan", &plan, "--row", &row, "--cost-band", "low"]].concat();
    let record_id = id(&phone.json(&served));
    let details = &said(&phone, &record_id, "details")[0];
    assert_eq!((&details["plan"], &details["row"]), (&plan.as_str().into(), &row.as_str().into()));
    let session = ["intervention", "session", &record_id, "--at", "2026-11-20T10:00"];
    phone.text(&[session.as_slice(), &["--minutes", "40", "--note", "She slept."]].concat());
    assert_eq!(said(&phone, &record_id, "sessions")[0]["note"], "She slept.");
    phone.text(&["intervention", "effect", &record_id, "2", "--reason", "sleeps through"]);
    let facts = record(&phone, &record_id)["facts"].clone();
    let effect =
        facts.as_array().unwrap().iter().find(|it| it["fact"] == "effect").unwrap().clone();
    assert_eq!(effect["in_force"]["value"]["value"], 2);

    phone.case("Rory Begg");
    let other = ["intervention", "begin", "Rory Begg", "--what", "x", "--plan", &plan];
    let wrong_child = phone.run(&other);
    assert!(wrong_child.err.starts_with("this plan is another child's"), "{}", wrong_child.err);
    let wrong_kind = phone.run(&["intervention", "effect", &plan, "2"]);
    let expected = "this record is of another kind: plan, not intervention\n";
    assert_eq!((wrong_kind.code, wrong_kind.err.as_str()), (Some(2), expected));
}

#[test]
fn a_request_is_decided_and_fed_back() {
    let phone = phone();
    let make = ["request", "make", "Ailsa Todd", "--to", "social-work", "--due", "2026-12-01"];
    let made = phone.json(&[make.as_slice(), &["--reason", "Respite is needed"]].concat());
    let request = id(&made);
    let details = &said(&phone, &request, "details")[0];
    assert_eq!(details["reason"], "Respite is needed");
    let own = phone.run(&["request", "make", "Ailsa Todd", "--to", "education", "--reason", "x"]);
    assert!(own.code == Some(2) && own.err.starts_with("this is your own agency"), "{}", own.err);
    let copy = said(&phone, made["copy"].as_str().unwrap(), "copies");
    assert!(copy[0]["text"].as_str().unwrap().contains("reason: Respite is needed\n"));
    let decide = ["request", "decide", &request, "accepted", "--reasons", "a place is free"];
    phone.text(&decide);
    phone.text(&["request", "feedback", &request, "--text", "She starts on Monday."]);
    assert_eq!(said(&phone, &request, "decisions")[0]["reasons"], "a place is free");
    assert_eq!(said(&phone, &request, "feedback")[0]["text"], "She starts on Monday.");
}

#[test]
fn a_decision_on_sharing_must_be_able_to_stand() {
    let phone = phone();
    let decide = |consent: &[&str]| {
        let decide = ["sharing-decision", "Ailsa Todd", "--what", "the visit", "--to", "police"];
        let why = ["--purpose", "find her", "--necessary-because", "she is missing"];
        phone.run(&[decide.as_slice(), &why, &["--shared", "yes"], consent].concat())
    };
    let nobody_asked = decide(&["--basis", "consent", "--consent-sought", "no"]);
    assert!(nobody_asked.err.starts_with("consent cannot be the basis"), "{}", nobody_asked.err);
    assert!(nobody_asked.err.contains("Not saved:\nthe visit\n"), "{}", nobody_asked.err);
    let no_reason = decide(&["--basis", "significant_harm", "--consent-sought", "no"]);
    assert!(no_reason.err.starts_with("say why consent was not sought"), "{}", no_reason.err);
    let basis = decide(&["--basis", "a hunch", "--consent-sought", "yes"]);
    assert!(basis.err.contains("significant_harm"), "{}", basis.err);
    let why = ["--basis", "significant_harm", "--consent-sought", "no", "--why", "no time"];
    assert_eq!(decide(&why).code, Some(0));
    let view = phone.json(&["show", "Ailsa Todd"]).to_string();
    assert!(view.contains("she is missing"));
}

#[test]
fn a_caseload_is_handed_over_with_what_is_due_in_dispute_and_only_here() {
    let phone = TestPhone::of(&["practitioner", "cluster_lead"]);
    let case = phone.case("Ailsa Todd");
    let plan = ["plan", "Ailsa Todd", "--review", "2026-11-19", "--need", "sleep"];
    let made = phone.json(&[plan.as_slice(), &["--action", "bedtime routine"]].concat());
    let (plan, row) = (id(&made), made["entries"][1].as_str().unwrap().to_owned());
    phone.text(&["row", "set", &plan, &row, "due", "2026-12-01"]);
    phone.text(&["stage", "Ailsa Todd", "1", "--reason", "going well"]);
    phone.all_delivered();
    let record = sync_core::record::kind::Compartment::Team.case_record(&case);
    phone.colleague_says(&record, sync_core::record::schema::Fact::Stage, "3");
    phone.text(&["event", "Ailsa Todd", "--on", "2026-11-18", "--what", "She moved house"]);

    let at = ["--now", "2026-11-20T10:00:00Z", "handover", "Ruaridh Munro"];
    let json = phone.json(&at);
    let line = &json["cases"][0];
    assert_eq!((&line["only_here"], &line["taker_is_member"]), (&1.into(), &false.into()));
    assert_eq!(line["conflicts"][0]["fact"], "stage");
    assert_eq!(line["unread"][0]["theirs"], "1");
    let text = phone.text(&at);
    for said in [
        "overdue 2026-11-19: the review of the plan",
        "due 2026-12-01: an action of the plan",
        "in dispute: stage",
        "unread: your stage does not hold",
        "sync first: 1 item exists only on this phone",
        "Ruaridh Munro is not in the team yet",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    phone.text(&["row", "set", &plan, &row, "status", "done"]);
    assert!(!phone.text(&at).contains("an action of the plan"), "what is done is not due");
    assert_eq!(phone.run(&["handover", "Iona Blair"]).code, Some(2), "not to oneself");
}

#[test]
fn two_cases_are_joined_when_both_sides_say_so() {
    let phone = TestPhone::of(&["practitioner", "cluster_lead"]);
    for name in ["Ailsa Todd", "Ailsa Tod"] {
        phone.case(name);
    }
    let propose = ["join", "propose", "Ailsa Todd", "Ailsa Tod", "--reason", "one birth date"];
    let nobody = phone.run(&propose);
    assert_eq!(nobody.code, Some(5), "only the lead professional");
    assert!(nobody.err.ends_with("Not saved:\none birth date\n"), "{}", nobody.err);
    for name in ["Ailsa Todd", "Ailsa Tod"] {
        phone.text(&["member", name, "Iona Blair", "member"]);
        phone.text(&["lead", name, "Iona Blair", "--reason", "knows her"]);
    }
    assert!(phone.text(&propose).contains("the other lead professional must agree"));
    let state = |case: &str| phone.json(&["join", "show", case])[0]["state"].clone();
    assert!(state("Ailsa Todd").as_str().unwrap().starts_with("said here"));
    let agree = ["join", "agree", "Ailsa Tod", "Ailsa Todd", "--reason", "the same mother"];
    assert!(phone.text(&agree).contains("the cases are joined"));
    assert_eq!((state("Ailsa Todd"), state("Ailsa Tod")), ("joined".into(), "joined".into()));
    phone.text(&["join", "undo", "Ailsa Tod", "Ailsa Todd", "--reason", "two girls after all"]);
    assert_eq!(state("Ailsa Tod"), "taken back");
    assert!(state("Ailsa Todd").as_str().unwrap().starts_with("said here"));
    assert_eq!(
        phone.run(&["join", "propose", "Ailsa Tod", "Ailsa Tod", "--reason", "x"]).code,
        Some(2)
    );
    phone.text(&["fact", "Ailsa Tod", "shielded", "yes"]);
    let shielded = phone.run(&agree);
    assert!(shielded.code == Some(5) && shielded.err.starts_with("A shielded"), "{}", shielded.err);
}

#[test]
fn an_event_is_a_line_of_the_chronology_on_its_own_day() {
    let phone = phone();
    let event = ["event", "Ailsa Todd", "--on", "2026-03-02", "--what", "Her brother moved out"];
    phone.text(&[event.as_slice(), &["--impact", "quieter evenings"]].concat());
    let line = phone.json(&["chronology", "Ailsa Todd"])[0].clone();
    assert_eq!(
        (&line["kind"], &line["at"]),
        (&"significant_event".into(), &1_772_409_600_000_i64.into())
    );
}

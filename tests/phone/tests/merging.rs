//! Colleagues disagree: nothing disappears, and whoever's value does not hold is told.

use sync_core::record::kind::Compartment;
use sync_core::record::schema::Fact;

use crate::support::TestPhone;

#[test]
fn a_disagreement_is_shown_settled_taken_back_and_told() {
    let phone = TestPhone::of(&["practitioner", "cluster_lead"]);
    let case = phone.case("Ailsa Todd");
    let record = Compartment::Team.case_record(&case);
    phone.text(&["stage", "Ailsa Todd", "1", "--reason", "going well"]);
    phone.all_delivered();
    phone.colleague_says(&record, Fact::Stage, "3");
    let list = phone.json(&["list"]);
    assert_eq!(
        (&list[0]["safety_conflicts"], &list[0]["stage_disputed"]),
        (&1.into(), &true.into())
    );
    let conflicts = phone.json(&["conflicts", "Ailsa Todd"]);
    assert_eq!(conflicts[0]["rivals"].as_array().unwrap().len(), 2);
    assert!(phone.text(&["conflicts"]).contains("Ruaridh Munro: Stage 3 (3)"));

    let notices = phone.json(&["notices", "--seen"]);
    assert_eq!((&notices[0]["theirs"], &notices[0]["seen"]), (&"1".into(), &false.into()));
    assert_eq!(phone.json(&["notices"])[0]["seen"], true);

    let settled = phone.json(&["settle", "Ailsa Todd", "stage", "2", "--reason", "met today"]);
    assert_eq!(phone.json(&["conflicts"]), serde_json::json!([]));
    let entry = settled["entries"][0].as_str().unwrap();
    let record = record.to_string();
    phone.text(&["undo", &record, entry, "--reason", "too early"]);
    assert_eq!(phone.json(&["conflicts"])[0]["rivals"].as_array().unwrap().len(), 2);
    let blank = phone.run(&["settle", &record, "stage", "2", "--reason", "  "]);
    assert_eq!(blank.code, Some(2));
    assert!(blank.err.starts_with("say why"), "{}", blank.err);
}

#[test]
fn shared_output_is_the_librarys_and_leaves_out_what_only_this_phone_has() {
    let phone = TestPhone::practitioner();
    let case = phone.case("Ailsa Todd");
    let none = phone.run(&["show", "Ailsa Todd", "--json", "--shared"]);
    assert_eq!((none.code, none.err.as_str()), (Some(2), "this case is not on this phone\n"));
    phone.all_delivered();
    phone.text(&["fact", "Ailsa Todd", "risk", "high", "--reason", "new partner"]);
    phone.text(&["visit", "Ailsa Todd", "--at", "2026-11-20", "--text", "not sent yet"]);
    let shared = phone.text(&["show", "Ailsa Todd", "--json", "--shared"]);
    let library = phone.device().case(case, true).unwrap();
    assert_eq!(shared, format!("{}\n", serde_json::to_string(&library).unwrap()));
    assert!(!shared.contains("new partner") && !shared.contains("not sent yet"));
    let everything = phone.text(&["show", "Ailsa Todd", "--json"]);
    assert!(everything.contains("new partner") && everything.contains("not sent yet"));
}

#[test]
fn a_routine_disagreement_is_closed_by_the_next_informed_edit() {
    let phone = TestPhone::practitioner();
    let case = phone.case("Ailsa Todd");
    phone.text(&["fact", "Ailsa Todd", "school", "Cockenzie"]);
    phone.all_delivered();
    phone.colleague_says(&Compartment::Team.case_record(&case), Fact::School, "Prestonpans");
    assert_eq!(phone.json(&["conflicts"])[0]["severity"], "routine");
    phone.text(&["fact", "Ailsa Todd", "school", "Cockenzie", "--reason", "rang the school"]);
    assert_eq!(phone.json(&["conflicts"]), serde_json::json!([]));
}

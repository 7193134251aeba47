//! What is written is there, in the words in which it was typed.

use sync_core::ids::AgencyId;

use crate::support::TestPhone;

const STORY: &str = "Bha Màiri toilichte.\nمرحبا 👩‍👧 She showed me her drawing.";

fn id(json: &serde_json::Value) -> String {
    json["record"].as_str().unwrap().to_owned()
}

/// The entries of a collection of a record, as `show` gives them.
fn entries(
    phone: &TestPhone,
    case: &str,
    record: &str,
    collection: &str,
) -> Vec<serde_json::Value> {
    let view = phone.json(&["show", case]);
    let records = view["records"].as_array().unwrap();
    let found = records.iter().find(|it| it["id"] == record).unwrap();
    let entries = found["entries"].as_array().unwrap();
    entries.iter().filter(|it| it["collection"] == collection).cloned().collect()
}

#[test]
fn a_case_and_a_visit_are_read_back_as_they_were_typed() {
    let phone = TestPhone::practitioner();
    phone.case("Màiri Begg");
    let visit = ["visit", "màiri begg", "--at", "2026-11-20T10:00", "--place", "home"];
    let visit: Vec<_> =
        visit.iter().chain(&["--child-seen", "yes", "--text", "-"]).copied().collect();
    let done = phone.run_with(&visit, &format!("{STORY}\n"));
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.starts_with("saved on this phone (2 items exist only on this phone)"));
    assert_eq!(phone.json(&["unsent"])["changes"], 2);
    let list = phone.json(&["list"]);
    assert_eq!((&list[0]["name"], &list[0]["only_here"]), (&"Màiri Begg".into(), &2.into()));
    let chronology = phone.json(&["chronology", "Màiri Begg"]);
    assert_eq!(chronology[0]["at"], 1_763_632_800_000_i64 + 365 * 86_400_000);
    let record = chronology[0]["record"].as_str().unwrap();
    let narratives = entries(&phone, "Màiri Begg", record, "narratives");
    assert_eq!(narratives[0]["says"]["text"], STORY);
    assert_eq!(entries(&phone, "Màiri Begg", record, "details")[0]["says"]["child_seen"], true);
    assert!(phone.text(&["show", "Màiri Begg"]).contains("مرحبا"));
}

#[test]
fn suspected_harm_shows_whom_to_ring_even_if_nothing_can_be_saved() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let concern = ["concern", "Ailsa Todd", "--seen", "bruises", "--harm", "yes", "--told", "duty"];
    let json = phone.json(&concern);
    assert_eq!(
        (&json["ring"][0]["number"], &json["ring"][1]["code"]),
        (&"999".into(), &"duty".into())
    );
    let case = entries(&phone, "Ailsa Todd", &id(&json), "told");
    assert_eq!(case[0]["says"]["who"], "duty");
    let lost = phone.run(&["concern", "nobody", "--seen", "bruises", "--harm", "yes"]);
    assert_eq!(lost.code, Some(2));
    assert!(lost.err.starts_with("RING NOW  999"), "{}", lost.err);
    assert!(lost.err.ends_with("Not saved:\nbruises\n"), "{}", lost.err);
    let calm = phone.run(&["concern", "Ailsa Todd", "--seen", "late", "--harm", "no"]);
    assert!(calm.code == Some(0) && !calm.err.contains("RING"), "{}", calm.err);
}

#[test]
fn consent_names_agencies_by_their_slugs() {
    let phone = TestPhone::practitioner();
    let case = phone.case("Ailsa Todd").to_string();
    let said = phone.run(&["consent", "Ailsa Todd", "child", "all except health,police"]);
    assert_eq!(said.code, Some(0));
    assert!(said.err.contains("nobody of the agency \"police\"") && !said.err.contains("health"));
    let view = phone.json(&["show", &case]);
    let facts = view["records"][0]["facts"].as_array().unwrap();
    let consent = facts.iter().find(|it| it["fact"] == "consent").unwrap();
    let mut agencies = ["health", "police"].map(|slug| AgencyId::from_slug(slug).to_string());
    agencies.sort();
    let scope = format!("all except {}", agencies.join(","));
    assert_eq!(consent["in_force"]["value"], scope.as_str());
    let wrong = phone.run(&["consent", "Ailsa Todd", "child", "some", "--reason", "she said so"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.ends_with("Not saved:\nshe said so\n"), "{}", wrong.err);
}

#[test]
fn a_joint_text_is_edited_by_version_and_signed_as_shown() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let made = phone.json(&["assessment", "Ailsa Todd", "--form", "wellbeing"]);
    let record = id(&made);
    let begun = phone.run_with(
        &["text", "begin", &record, "--element", "safe", "--text", "-"],
        "Walks to school.",
    );
    assert_eq!(begun.code, Some(0), "{}", begun.err);
    let version = phone.json(&["text", "show", &record])["version"].as_str().unwrap().to_owned();
    phone.text(&["text", "edit", &record, "safe", "--text", "She walks to school."]);
    let later = phone.json(&["text", "show", &record])["version"].as_str().unwrap().to_owned();
    assert_ne!(later, version);
    let edit = ["text", "edit", &record, "safe", "--text", "She walks to school alone."];
    phone.text(&[edit.as_slice(), &["--based-on", &later]].concat());
    let shown = phone.json(&["text", "show", &record, "safe"]);
    let text = shown["texts"][0]["text"].as_str().unwrap();
    assert_eq!(text, "She walks to school alone.");
    let signed = phone.text(&["sign", &record, "--role", "author"]);
    assert!(signed.contains(text), "{signed}");
    let signatures = entries(&phone, "Ailsa Todd", &record, "signatures");
    assert!(signatures[0]["says"]["text"].as_str().unwrap().contains(text));
    let nonsense = phone.run(&["text", "edit", &record, "safe", "--text", "x", "--based-on", "7"]);
    assert_eq!((nonsense.code, nonsense.err.ends_with("Not saved:\nx\n")), (Some(2), true));
}

#[test]
fn an_edit_based_on_an_older_version_keeps_what_was_written_since() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let record = id(&phone.json(&["assessment", "Ailsa Todd", "--form", "wellbeing"]));
    let begin = ["text", "begin", &record, "--element", "safe", "--text", "Walks to school."];
    phone.text(&begin);
    let old = phone.json(&["text", "show", &record])["version"].as_str().unwrap().to_owned();
    phone.text(&["text", "edit", &record, "safe", "--text", "She walks to school."]);
    let edit = ["text", "edit", &record, "safe", "--text", "Walks to school alone."];
    phone.text(&[edit.as_slice(), &["--based-on", &old]].concat());
    let shown = phone.json(&["text", "show", &record, "safe"]);
    assert_eq!(shown["texts"][0]["text"], "She walks to school alone.");
}

#[test]
fn a_plan_has_rows_that_move() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let plan = id(&phone.json(&["plan", "Ailsa Todd", "--review", "2026-12-18"]));
    let row = ["row", "add", &plan, "--need", "sleep", "--action", "bedtime routine"];
    let added = phone.json(&[row.as_slice(), &["--agency", "health", "--status", "open"]].concat());
    let row = added["entries"][0].as_str().unwrap();
    phone.text(&["row", "set", &plan, row, "status", "done", "--reason", "six weeks"]);
    let view = phone.json(&["show", "Ailsa Todd"]);
    let records = view["records"].as_array().unwrap();
    let facts = &records.iter().find(|it| it["id"] == plan.as_str()).unwrap()["facts"];
    let status = facts.as_array().unwrap().iter().find(|it| it["fact"] == "row_status").unwrap();
    assert_eq!(status["in_force"]["value"]["value"], "done");
    assert_eq!(phone.run(&["row", "set", &plan, row, "status", "finished"]).code, Some(2));
    let empty = phone.run(&["plan", "Ailsa Todd"]);
    assert_eq!((empty.code, empty.err.contains("nothing in the entry yet")), (Some(5), true));
    let first = ["plan", "Ailsa Todd", "--need", "sleep", "--action", "bedtime routine"];
    assert_eq!(phone.run(&first).code, Some(0));
}

#[test]
fn a_shared_record_is_an_attested_copy_and_a_correction_stands_beside() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let concern = ["concern", "Ailsa Todd", "--seen", "cold hands, no coat", "--harm", "yes"];
    let concern = id(&phone.json(&concern));
    let copy = id(&phone.json(&["share", &concern, "--reason", "the team must know"]));
    let copies = entries(&phone, "Ailsa Todd", &copy, "copies");
    assert!(copies[0]["says"]["text"].as_str().unwrap().contains("cold hands, no coat"));
    assert_eq!(copies[0]["says"]["from"], concern.as_str());
    let harm = entries(&phone, "Ailsa Todd", &copy, "facts");
    assert_eq!(
        (&harm[0]["says"]["fact"], &harm[0]["says"]["value"]),
        (&"harm_suspected".into(), &true.into())
    );
    let twice = phone.run(&["share", &copy, "--reason", "again"]);
    assert_eq!(
        (twice.code, twice.err.as_str()),
        (Some(2), "the team has this record already\nNot saved:\nagain\n")
    );
    let details = entries(&phone, "Ailsa Todd", &concern, "details");
    let entry = details[0]["id"].as_str().unwrap();
    phone.text(&["amend", &concern, entry, "--text", "a thin coat", "--reason", "looked again"]);
    let amended = entries(&phone, "Ailsa Todd", &concern, "amendments");
    assert_eq!(
        (&amended[0]["says"]["of"], &amended[0]["says"]["text"]),
        (&entry.into(), &"a thin coat".into())
    );
    assert_eq!(entries(&phone, "Ailsa Todd", &concern, "details"), details);
}

#[test]
fn a_childs_own_words_are_kept_with_how_they_were_given() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    let views = ["views", "Ailsa Todd", "--whose", "child", "--how", "spoken", "--text", "-"];
    let done = phone.run_with(&[views.as_slice(), &["--json"]].concat(), "I want my own room");
    let record = id(&serde_json::from_str(&done.out).unwrap());
    let words = entries(&phone, "Ailsa Todd", &record, "words");
    assert_eq!(words[0]["says"]["text"], "I want my own room");
    phone.text(&["changed", &record, "--text", "She moved into the back bedroom."]);
    assert_eq!(entries(&phone, "Ailsa Todd", &record, "changes").len(), 1);
}

#[test]
fn a_wrong_clock_refuses_nothing() {
    let phone = TestPhone::practitioner();
    phone.case("Ailsa Todd");
    for now in ["-62135596800000", "0", "9223372036854775807", "2099-01-01T00:00:00Z"] {
        let visit = ["visit", "Ailsa Todd", "--at", "2026-11-20", "--text", now, "--now", now];
        let done = phone.run(&visit);
        assert_eq!(done.code, Some(0), "{now}: {}", done.err);
    }
    assert_eq!(phone.json(&["chronology", "Ailsa Todd"]).as_array().unwrap().len(), 4);
}

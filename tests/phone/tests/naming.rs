//! What fits several things is never guessed.

use sync_core::ids::CaseId;

use crate::support::{COLLEAGUE, TestPhone};

fn case(begins: [u8; 3]) -> CaseId {
    let mut bytes = [7; 16];
    bytes[..3].copy_from_slice(&begins);
    CaseId::from_bytes(bytes)
}

#[test]
fn an_ambiguous_prefix_lists_what_it_fits() {
    let phone = TestPhone::practitioner();
    let (one, two) = (case([0xab, 0xcd, 0x01]), case([0xab, 0xcd, 0x02]));
    phone.in_directory(one, "Ailsa Todd");
    phone.in_directory(two, "Rory Todd");
    let concern =
        |case: &str| phone.run(&["concern", case, "--seen", "left alone", "--harm", "yes"]);
    let both = concern("abcd");
    assert_eq!(both.code, Some(2));
    let lists = |id: CaseId, name: &str| both.err.contains(&format!("{id}  {name}"));
    assert!(lists(one, "Ailsa Todd") && lists(two, "Rory Todd"), "{}", both.err);
    assert!(both.err.ends_with("Not saved:\nleft alone\n"), "{}", both.err);
    assert_eq!(concern("abc").code, Some(2), "three digits are no id");
    assert_eq!(phone.json(&["unsent"])["changes"], 0);
    assert_eq!(concern("ABCD01").code, Some(0), "six tell them apart");
    assert_eq!(concern("Rory Todd").code, Some(0));
}

#[test]
fn two_children_of_one_name_are_told_apart_by_id_only() {
    let phone = TestPhone::practitioner();
    let first = phone.case("Ailsa Todd");
    let second = phone.case("Ailsa Todd");
    let done = phone.run(&["show", "Ailsa Todd"]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains(&first.to_string()) && done.err.contains(&second.to_string()));
    let shown = phone.json(&["show", &first.to_string()[..12]]);
    assert_eq!(shown["case"], first.to_string());
}

#[test]
fn people_are_found_by_name_and_the_directory_says_whom_to_ring() {
    let phone = TestPhone::practitioner();
    phone.in_directory(case([1, 2, 3]), "Ailsa Todd");
    let found = phone.text(&["find", "tod"]);
    assert!(
        found.contains("Ailsa Todd") && found.contains("Ruaridh Munro 01632 960020"),
        "{found}"
    );
    assert!(phone.text(&["people"]).contains("Ruaridh Munro"));
    let own = phone.case("Rory Begg").to_string();
    let fact = ["fact", &own, "excluded", "yes", "--subject", "ruaridh munro"];
    let done = phone.run(&fact);
    assert_eq!(done.code, Some(5), "known by name, and refused: {}", done.err);
    assert!(!done.err.contains(&COLLEAGUE.to_string()));
    assert_eq!(phone.run(&["lead", &own, "Ruaridh M"]).code, Some(2), "half a name is none");
}

#[test]
fn the_lead_makes_a_team_and_names_people_for_protection() {
    let phone = TestPhone::of(&["practitioner", "cluster_lead"]);
    let case = phone.case("Ailsa Todd").to_string();
    phone.text(&["member", "Ailsa Todd", "Ruaridh Munro", "member"]);
    phone.text(&["lead", "Ailsa Todd", "Ruaridh Munro", "--reason", "knows the family"]);
    assert_eq!(phone.json(&["list"])[0]["lead_professional"], COLLEAGUE.to_string());
    assert!(phone.text(&["list"]).contains("Ruaridh Munro"));
    assert!(phone.text(&["show", &case]).contains("lead_professional: Ruaridh Munro"));

    assert_eq!(phone.run(&["exclude", "Ailsa Todd", "Ruaridh Munro"]).code, Some(5));
    assert_eq!(phone.run(&["name", "Ailsa Todd", "Iona Blair"]).code, Some(5), "not oneself");
    phone.text(&["name", "Ailsa Todd", "Ruaridh Munro", "--reason", "health visitor"]);
    let view = phone.json(&["show", &case]);
    let compartments = view["records"].as_array().unwrap().iter().map(|it| &it["compartment"]);
    assert!(compartments.into_iter().any(|it| it == "protection"));
}

#[test]
fn a_framework_that_lacks_the_word_names_those_it_has() {
    let phone = TestPhone::of(&["practitioner", "cluster_lead"]);
    phone.case("Ailsa Todd");
    let wrong = phone.run(&["stage", "Ailsa Todd", "9", "--reason", "review"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("it has 1, 2, 3\nNot saved:\nreview\n"), "{}", wrong.err);
    let unknown = phone.run(&["stage", "Ailsa Todd", "1", "--framework", "mars"]);
    assert!(unknown.err.contains("there are east-lothian, england-caf"), "{}", unknown.err);
    phone.text(&["stage", "Ailsa Todd", "universal", "--framework", "four-stage-neighbour"]);
    let list = phone.json(&["list"]);
    assert_eq!(list[0]["framework"], "four-stage-neighbour");
    phone.text(&["stage", "Ailsa Todd", "targeted"]);
    assert_eq!(
        phone.json(&["list"])[0]["stage"],
        serde_json::json!(["targeted"]),
        "the case's own words"
    );
}

use super::*;

const SMALL: &str = r#"
id = "here"
name = "Here"
authority = "Here"
jurisdiction = "scotland"
effective_from = "2020-01-01"
"#;

fn with(more: &str) -> Result<Framework, FrameworkError> {
    Framework::parse(&format!("{SMALL}{more}"))
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn holiday_calendar() -> &'static str {
    r#"
[[calendars]]
code = "office"
name = "Office"
covers_from = "2026-01-01"
covers_to = "2026-12-31"
holidays = [{ from = "2026-12-25", to = "2026-12-28", name = "Christmas" }]
"#
}

#[test]
fn the_shipped_frameworks_are_read_and_hold_what_the_field_expects() {
    let catalogue = Catalogue::shipped().unwrap();
    let today = day("2026-11-22");
    let ids: Vec<_> = catalogue.ids().collect();
    assert_eq!(ids, ["east-lothian", "england-caf", "four-stage-neighbour"]);
    let stages = |id| catalogue.on(id, today).unwrap().stages.len();
    assert_eq!((stages("east-lothian"), stages("four-stage-neighbour")), (3, 4));

    let scotland = catalogue.on("east-lothian", today).unwrap();
    assert_eq!(scotland.outcome_sets[0].outcomes.len(), 8);
    assert!(
        scotland.form("my_world_triangle").is_some()
            && scotland.form("resilience_matrix").is_some()
    );
    assert_eq!(scotland.consent.as_ref().unwrap().presumed_capable_from_years, Some(12));

    let england = catalogue.on("england-caf", today).unwrap();
    assert_eq!(england.outcome_sets[0].outcomes.len(), 5);
    assert_eq!(england.form("caf").unwrap().elements.len(), 19);
    for id in catalogue.ids() {
        let framework = catalogue.on(id, today).unwrap();
        for list in ["legal_status", "registration", "looked_after"] {
            assert!(framework.lists.contains_key(list), "{id} {list}");
        }
        assert_eq!(framework.contacts[0].code, "emergency");
        assert!(framework.other.is_empty(), "{id}: {:?}", framework.other);
    }
}

#[test]
fn checked_clocks_give_dates_and_unchecked_ones_ask() {
    let catalogue = Catalogue::shipped().unwrap();
    let scotland = catalogue.on("east-lothian", day("2026-11-22")).unwrap();
    assert_eq!(scotland.due("planning_meeting", day("2026-11-01")), Due::On(day("2026-11-29")));
    assert_eq!(
        scotland.due("planning_meeting_notice", day("2026-11-20")),
        Due::On(day("2026-11-15"))
    );
    // Its calendar is unchecked.
    assert_eq!(scotland.due("core_group", day("2026-11-01")), Due::Ask);
    assert_eq!(scotland.due("stage_review", day("2026-11-01")), Due::Ask);
    assert_eq!(scotland.due("no_such_clock", day("2026-11-01")), Due::Ask);
    assert!(matches!(scotland.clock("stage_review"), Some(Clock::AskForDate { .. })));
    let england = catalogue.on("england-caf", day("2026-11-22")).unwrap();
    assert_eq!(england.due("request_response", day("2026-12-24")), Due::On(day("2026-12-29")));
    // Past the calendar's last day nobody knows the holidays; school days are not given at all.
    assert_eq!(england.due("request_response", day("2027-12-31")), Due::Ask);
    assert_eq!(england.due("exclusion_provision", day("2026-11-02")), Due::Ask);
}

#[test]
fn an_unverified_clock_asks_even_when_it_names_days() {
    let clock = r#"
[[clocks]]
code = "review"
name = "Review"
days = 30
counting = "calendar"
"#;
    assert_eq!(with(clock).unwrap().due("review", day("2026-01-01")), Due::Ask);
    let verified = format!("{clock}source = \"Procedure 4\"\nverified = true\n");
    assert_eq!(
        with(&verified).unwrap().due("review", day("2026-01-01")),
        Due::On(day("2026-01-31"))
    );
    let from_the_future = verified.replace("\"calendar\"", "\"moons\"");
    assert_eq!(with(&from_the_future).unwrap().due("review", day("2026-01-01")), Due::Ask);
}

#[test]
fn working_days_skip_weekends_and_holidays_both_ways() {
    let framework = with(holiday_calendar()).unwrap();
    let office = framework.calendar("office").unwrap();
    assert_eq!(office.add_working_days(day("2026-12-24"), 1), Some(day("2026-12-29")));
    assert_eq!(office.add_working_days(day("2026-12-29"), -1), Some(day("2026-12-24")));
    assert_eq!(office.add_working_days(day("2026-11-20"), 1), Some(day("2026-11-23")));
    assert_eq!(office.add_working_days(day("2026-11-21"), 0), Some(day("2026-11-21")));
    assert_eq!(office.add_working_days(day("2026-12-31"), 1), None);
    assert_eq!(office.is_working_day(day("2025-12-31")), None);
}

#[test]
fn what_the_future_adds_is_kept_and_never_refused() {
    let text = r#"
[[stages]]
code = "1"
name = "One"
rank = 1
colour = "blue"

[seasons]
first = "spring"
"#;
    let framework = with(text).unwrap();
    assert_eq!(framework.stages[0].origin.other["colour"].as_str(), Some("blue"));
    assert_eq!(framework.other["seasons"]["first"].as_str(), Some("spring"));
    assert_eq!(Framework::parse(framework.source_text()), Ok(framework.clone()));
    let json = serde_json::to_value(&framework).unwrap();
    assert_eq!(json["stages"][0]["colour"], "blue");
}

#[test]
fn a_fault_names_its_item() {
    let said = |more: &str| with(more).unwrap_err().to_string();
    let stage = |code: &str, rank: &str| {
        format!("[[stages]]\ncode = \"{code}\"\nname = \"S\"\nrank = {rank}\n")
    };
    assert_eq!(
        said(&(stage("a", "1") + &stage("b", "\"two\""))),
        "stages, item 2 (b): invalid type: string \"two\", expected i64"
    );
    assert_eq!(
        said(&(stage("a", "1") + &stage("b", "1"))),
        "stages (b): another stage has rank 1 too"
    );
    assert_eq!(said(&(stage("a", "1") + &stage("a", "2"))), "stages: the code a is there twice");
    assert_eq!(
        said(&(stage("a", "1") + "verified = true\n")),
        "stages (a): is marked verified but names no source"
    );
    assert_eq!(Framework::parse("").unwrap_err().to_string(), "id: is missing");
    assert!(said("[[stages").starts_with("line 7 cannot be read: "));
}

#[test]
fn a_clock_needs_its_calendar_and_a_calendar_its_order() {
    let clock = "[[clocks]]\ncode = \"c\"\nname = \"C\"\ndays = 1\ncounting = \"working\"\ncalendar = \"moon\"\nsource = \"S\"\nverified = true\n";
    assert!(with(clock).unwrap_err().to_string().starts_with("clocks (c): counts working days"));
    let endless = clock.replace("days = 1", "days = 9999");
    assert_eq!(with(&endless).unwrap_err().to_string(), "clocks (c): runs for more than 6588 days");
    let backwards = holiday_calendar().replace("2026-01-01", "2027-01-01");
    assert!(with(&backwards).unwrap_err().to_string().contains("ends before it begins"));
}

#[test]
fn reading_is_bounded() {
    let long = "#".repeat(FRAMEWORK_BYTES + 1);
    assert_eq!(Framework::parse(&long), Err(FrameworkError::TooLong));
    let many = format!("stages = [{}]", "{},".repeat(ITEMS_PER_LIST + 1));
    assert!(with(&many).unwrap_err().to_string().contains("at most 500"));
}

#[test]
fn editions_follow_each_other_and_old_words_stay_known() {
    let stage =
        |code: &str| format!("[[stages]]\ncode = \"{code}\"\nname = \"{code}\"\nrank = 1\n");
    let old = with(&stage("old")).unwrap();
    let text = format!("{SMALL}{}", stage("new")).replace("2020-01-01", "2025-01-01");
    let new = Framework::parse(&text).unwrap();
    let mut catalogue = Catalogue::new();
    catalogue.add(old.clone()).unwrap();
    catalogue.add(old).unwrap();
    catalogue.add(new).unwrap();
    assert_eq!(catalogue.on("here", day("2019-12-31")), None);
    assert_eq!(catalogue.on("here", day("2024-12-31")).unwrap().stages[0].code, "old");
    assert_eq!(catalogue.on("here", day("2025-01-01")).unwrap().stages[0].code, "new");
    assert!(catalogue.stage("here", "old").is_some());
    let clash = with(&stage("clash")).unwrap();
    assert!(matches!(catalogue.add(clash), Err(FrameworkError::TwoEditions { .. })));
}

#[test]
fn thresholds_hold_from_their_day() {
    let catalogue = Catalogue::shipped().unwrap();
    let england = catalogue.on("england-caf", day("2026-11-22")).unwrap();
    let at = |date| england.threshold("persistent_absence", day(date)).unwrap().value;
    assert_eq!((at("2009-01-01"), at("2012-01-01"), at("2026-01-01")), (20.0, 15.0, 10.0));
}

#[test]
fn an_authority_is_known_by_its_one_framework() {
    let mut catalogue = Catalogue::shipped().unwrap();
    assert_eq!(catalogue.of_authority("East Lothian", "scotland"), Some("east-lothian"));
    assert_eq!(catalogue.of_authority("East Lothian", "england"), None);
    assert_eq!(catalogue.of_authority("Nowhere", "scotland"), None);
    let shipped = catalogue.editions("east-lothian").next().unwrap().source_text().to_owned();
    let second = shipped.replace("id = \"east-lothian\"", "id = \"east-lothian-2\"");
    catalogue.add(Framework::parse(&second).unwrap()).unwrap();
    assert_eq!(catalogue.of_authority("East Lothian", "scotland"), None, "of two, neither");
}

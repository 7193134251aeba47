use sync_core::framework::Catalogue;
use sync_core::view::gist::{ConcernGist, TeamGist};

use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn turn(on: &str, is: Option<&str>) -> Turn {
    Turn { on: day(on), is: is.map(str::to_owned) }
}

fn team() -> TeamGist {
    TeamGist {
        school: "Glen Primary".into(),
        begun: day("2026-01-05"),
        stage: Vec::new(),
        lead: Vec::new(),
        state: Vec::new(),
        looked_after: Vec::new(),
        members: Vec::new(),
    }
}

fn of(team: &TeamGist, records: &[(RecordId, Gist)]) -> Vec<Increment> {
    let catalogue = Catalogue::shipped().unwrap();
    let framework = Some("east-lothian");
    let case = CaseInBrief { team, records, extract: None, catalogue: &catalogue, framework };
    increments(&case, &[])
}

/// The sum of a measure's row until a day.
fn stock(all: &[Increment], measure: i16, cell: &str, until: &str) -> (i64, i64) {
    let until = day(until).number();
    let own = all.iter().filter(|it| it.measure == measure && it.cell == cell && it.day <= until);
    own.fold((0, 0), |sum, it| (sum.0 + it.counted, sum.1 + it.of_all))
}

#[test]
fn a_stock_tells_each_day_what_held_then() {
    let stage = vec![
        turn("2026-01-05", Some("east-lothian:1")),
        turn("2026-03-01", Some("east-lothian:2")),
        turn("2026-05-01", Some("several")),
    ];
    let state = vec![turn("2026-06-01", Some("closed")), turn("2026-08-01", Some("open"))];
    let all = of(&TeamGist { stage, state, ..team() }, &[]);
    let at = |cell: &str, until: &str| stock(&all, measures::AT_STAGE, cell, until).0;
    let cells = ["none", "east-lothian:1", "east-lothian:2", "several"];
    for (until, expected) in [
        ("2026-01-04", [0, 0, 0, 0]),
        ("2026-01-05", [0, 1, 0, 0]),
        ("2026-03-01", [0, 0, 1, 0]),
        ("2026-05-31", [0, 0, 0, 1]),
        ("2026-06-01", [0, 0, 0, 0]),
        ("2026-08-01", [0, 0, 0, 1]),
    ] {
        assert_eq!(cells.map(|cell| at(cell, until)), expected, "{until}");
    }
    assert_eq!(stock(&all, measures::STEPS, "up", "2026-12-31").0, 1);
}

#[test]
fn who_waits_for_a_lead_waits_since_the_last_one_left() {
    let lead = vec![
        turn("2026-01-15", Some("a")),
        turn("2026-02-01", None),
        turn("2026-04-01", Some("b")),
    ];
    let all = of(&TeamGist { lead: lead.clone(), ..team() }, &[]);
    assert_eq!(stock(&all, measures::WAITED, "8-28", "2026-12-31").0, 1);
    assert_eq!(stock(&all, measures::WAITED, "43-", "2026-12-31").0, 1);
    assert_eq!(stock(&all, measures::WAITING, "", "2026-12-31").0, 0);
    assert_eq!(stock(&all, measures::LEAD_NAMED, "", "2026-03-01"), (0, 1));
    assert_eq!(stock(&all, measures::LEAD_NAMED, "", "2026-04-01"), (1, 1));
    let left = of(&TeamGist { lead: lead[..2].to_vec(), ..team() }, &[]);
    assert_eq!(stock(&left, measures::WAITING, "", "2026-02-01").0, 1);
}

#[test]
fn a_closed_case_stands_in_no_figure_of_how_things_stand() {
    let plan = PlanGist {
        on: day("2026-02-01"),
        review: None,
        actions: vec![
            ActionGist { due: Some(day("2026-03-01")), ..ActionGist::default() },
            ActionGist { done: Some(day("2026-02-20")), ..ActionGist::default() },
        ],
    };
    let records = [(RecordId::from_slice(&[1; 16]).unwrap(), Gist::Plan(plan))];
    let open = of(&team(), &records);
    assert_eq!(stock(&open, measures::ACTIONS_OPEN, "", "2026-03-01"), (1, 1));
    assert_eq!(stock(&open, measures::ACTIONS_DONE, "no-day", "2026-03-01").0, 1);
    let closed = TeamGist { state: vec![turn("2026-04-01", Some("closed"))], ..team() };
    let closed = of(&closed, &records);
    assert_eq!(stock(&closed, measures::ACTIONS_OPEN, "", "2026-12-31"), (0, 0));
    assert_eq!(stock(&closed, measures::ACTIONS_DONE, "no-day", "2026-12-31").0, 1);
}

#[test]
fn each_increment_names_the_record_that_it_comes_from() {
    let id = RecordId::from_slice(&[7; 16]).unwrap();
    let concern = ConcernGist { on: day("2026-02-01"), harm: true, decided: None, settled: None };
    let all = of(&team(), &[(id, Gist::Concern(concern))]);
    let found: Vec<_> = all.iter().filter(|it| it.measure == measures::CONCERNS).collect();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].record, found[0].cell.as_str()), (Some(id), "harm"));
}

//! Each warning: from when, why, and what ends it.

use super::*;
use crate::framework::Catalogue;
use crate::ids::{AgencyId, UserId};
use crate::time::Timestamp;
use crate::view::gist::{
    ActionGist, AssessmentGist, CaseInBrief, ConcernGist, Gist, MeetingGist, PlanGist, RequestGist,
    TeamGist, Turn, ViewsGist, VisitGist,
};
use crate::view::{Excluded, Extract, TermAttendance};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn some(text: &str) -> Option<Date> {
    (!text.is_empty()).then(|| day(text))
}

/// A case begun in January with a lead, whose child was heard: nothing to warn of.
fn calm() -> (TeamGist, Vec<Gist>) {
    let lead = vec![Turn { on: day("2026-01-06"), is: Some("a".into()) }];
    let members = [1, 2].map(|n| UserId::from_bytes([n; 16])).into();
    let team = TeamGist {
        school: "Glen Primary".into(),
        begun: day("2026-01-05"),
        stage: Vec::new(),
        lead,
        state: Vec::new(),
        looked_after: Vec::new(),
        members,
    };
    let views = ViewsGist { on: day("2026-01-20"), of_child: true, changed: None };
    (team, vec![Gist::Views(views)])
}

/// The warnings of a case, each with the day from which it holds and why.
fn of(team: &TeamGist, gists: Vec<Gist>, extract: Option<&Extract>) -> Vec<(Sign, String, String)> {
    let records = (1..).zip(gists).map(|(n, gist)| (RecordId::from_bytes([n; 16]), gist));
    let records: Vec<_> = records.collect();
    let catalogue = Catalogue::shipped().unwrap();
    let case =
        CaseInBrief { team, records: &records, extract, catalogue: &catalogue, framework: None };
    let signals = Signal::of(&case, &Rules::default());
    signals.into_iter().map(|it| (it.sign, it.from.to_string(), it.why)).collect()
}

fn with(more: Vec<Gist>) -> Vec<(Sign, String)> {
    let (team, mut gists) = calm();
    gists.extend(more);
    of(&team, gists, None).into_iter().map(|(sign, from, _)| (sign, from)).collect()
}

fn assessment(on: &str, review: &str) -> Gist {
    Gist::Assessment(AssessmentGist { on: day(on), review: some(review) })
}

fn plan(on: &str, review: &str, actions: Vec<ActionGist>) -> Gist {
    Gist::Plan(PlanGist { on: day(on), review: some(review), actions })
}

fn meeting(on: &str, next: &str) -> Gist {
    Gist::Meeting(MeetingGist { on: day(on), next: some(next) })
}

#[test]
fn a_calm_case_warns_of_nothing_and_a_closed_one_neither() {
    assert_eq!(with(Vec::new()), []);
    let (mut team, gists) = calm();
    team.lead.clear();
    assert_eq!(of(&team, gists.clone(), None)[0].0, Sign::NoLead);
    team.state.push(Turn { on: day("2026-06-01"), is: Some("closed".into()) });
    assert_eq!(of(&team, gists, None), []);
}

#[test]
fn a_concern_waits_three_days_and_suspected_harm_for_nothing() {
    let concern = |harm, decided: &str| {
        let on = day("2026-03-02");
        Gist::Concern(ConcernGist { on, harm, decided: some(decided), settled: None })
    };
    let waits = |from: &str| vec![(Sign::ConcernUnanswered, from.to_owned())];
    assert_eq!(with(vec![concern(false, "")]), waits("2026-03-05"));
    assert_eq!(with(vec![concern(true, "")]), waits("2026-03-02"));
    assert_eq!(with(vec![concern(true, "2026-03-03")]), []);
}

#[test]
fn the_newest_visit_says_when_the_child_is_to_be_seen() {
    let visit = |on: &str, next: &str| {
        let (on, next) = (day(on), some(next));
        Gist::Visit(VisitGist { on, planned: None, seen: None, alone: None, next })
    };
    let late = vec![visit("2026-03-02", "2026-03-10")];
    assert_eq!(with(late.clone()), [(Sign::VisitNotMade, "2026-03-14".into())]);
    let later = [late, vec![visit("2026-03-12", "")]].concat();
    assert_eq!(with(later), []);
}

#[test]
fn a_visit_at_which_the_child_was_not_seen_ends_nothing() {
    let visit = |on: &str, seen, next: &str| {
        let (on, next) = (day(on), some(next));
        Gist::Visit(VisitGist { on, planned: None, seen, alone: None, next })
    };
    let agreed = visit("2026-03-02", Some(true), "2026-03-10");
    let waits = |from: &str| vec![(Sign::VisitNotMade, from.to_owned())];
    for (second, expected) in [
        (visit("2026-03-09", Some(false), ""), waits("2026-03-14")),
        (visit("2026-03-09", Some(false), "2026-03-20"), waits("2026-03-24")),
        (visit("2026-03-09", Some(true), ""), vec![]),
        (visit("2026-03-09", None, ""), vec![]),
    ] {
        assert_eq!(with(vec![agreed.clone(), second]), expected);
    }
}

#[test]
fn a_request_waits_for_its_day_or_a_fortnight() {
    let request = |due: &str, decided: &str| {
        let (on, due, decided) = (day("2026-03-02"), some(due), some(decided));
        Gist::Request(RequestGist { on, due, decided, fed_back: None })
    };
    let waits = |from: &str| vec![(Sign::RequestUnanswered, from.to_owned())];
    assert_eq!(with(vec![request("2026-03-20", "")]), waits("2026-03-21"));
    assert_eq!(with(vec![request("", "")]), waits("2026-03-16"));
    assert_eq!(with(vec![request("", "2026-03-05")]), []);
}

#[test]
fn a_review_is_overdue_until_the_team_meets_or_there_is_a_newer_one() {
    let overdue = |from: &str| vec![(Sign::ReviewOverdue, from.to_owned())];
    let old = assessment("2026-02-02", "2026-05-04");
    assert_eq!(with(vec![old.clone()]), overdue("2026-05-05"));
    for (held, expected) in [
        (assessment("2026-05-20", ""), vec![]),
        (meeting("2026-05-20", ""), vec![]),
        (meeting("2026-04-06", ""), vec![]),
        // Five weeks before is another meeting.
        (meeting("2026-03-30", ""), overdue("2026-05-05")),
        // A plan is no review of what it rests on.
        (plan("2026-05-20", "", vec![]), overdue("2026-05-05")),
    ] {
        assert_eq!(with(vec![old.clone(), held]), expected);
    }
    // Whoever meets on the day on which the day was set has reviewed nothing yet.
    let same_day = vec![assessment("2026-02-02", "2026-02-20"), meeting("2026-02-02", "")];
    assert_eq!(with(same_day), overdue("2026-02-21"));
    let meets = vec![meeting("2026-02-02", "2026-05-04"), meeting("2026-04-20", "2026-07-01")];
    assert_eq!(with(meets), overdue("2026-07-02"));
}

#[test]
fn a_review_says_what_of() {
    let (team, gists) = calm();
    let of_one = |gist: Gist| of(&team, [gists.clone(), vec![gist]].concat(), None)[0].2.clone();
    let (on, by) = ("2 February 2026", "4 May 2026");
    let said = of_one(assessment("2026-02-02", "2026-05-04"));
    assert_eq!(said, format!("The assessment of {on} was to be reviewed by {by}."));
    let said = of_one(plan("2026-02-02", "2026-05-04", vec![]));
    assert_eq!(said, format!("The plan of {on} was to be reviewed by {by}."));
    let said = of_one(meeting("2026-02-02", "2026-05-04"));
    assert_eq!(said, format!("The team, which met on {on}, was to meet again by {by}."));
}

#[test]
fn one_agency_carries_all_where_three_open_actions_are_its() {
    let action = |agency: u8| ActionGist {
        agency: Some(AgencyId::from_bytes([agency; 16])),
        ..ActionGist::default()
    };
    let done = ActionGist { done: some("2026-03-01"), ..action(2) };
    let of_agencies = |all: Vec<ActionGist>| with(vec![plan("2026-02-02", "", all)]);
    let carries = [(Sign::OneAgencyCarriesAll, "2026-02-02".to_owned())];
    assert_eq!(of_agencies(vec![action(1), action(1), action(1), done]), carries);
    assert_eq!(of_agencies(vec![action(1), action(1), action(2)]), []);
    assert_eq!(of_agencies(vec![action(1), action(1)]), []);
}

#[test]
fn the_roll_warns_of_exclusions_and_of_attendance_that_falls() {
    let excluded = |from: &str, education: &str| Excluded {
        from: day(from),
        half_days: 20,
        cause: String::new(),
        education_from: some(education),
    };
    let term = |term: &str, from: &str, attended| TermAttendance {
        term: term.into(),
        from: day(from),
        possible: 100,
        attended,
    };
    let extract = Extract {
        exclusions: vec![excluded("2026-01-12", ""), excluded("2026-03-02", "2026-03-09")],
        terms: vec![term("autumn", "2025-09-01", 95), term("spring", "2026-01-05", 85)],
        school: String::new(),
        year_group: String::new(),
        as_of: Timestamp(0),
    };
    let (team, gists) = calm();
    let all = of(&team, gists, Some(&extract));
    let all: Vec<_> = all.iter().map(|(sign, from, _)| (*sign, from.as_str())).collect();
    let expected = [
        (Sign::EducationDue, "2026-03-08"),
        (Sign::RepeatExclusions, "2026-03-02"),
        (Sign::AttendanceFalling, "2026-01-05"),
    ];
    assert_eq!(all, expected);
}

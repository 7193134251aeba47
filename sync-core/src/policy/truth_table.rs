//! Everybody, every action, every kind, every place, every state of the case, against what the table
//! says. What no row allows is denied.

mod asked;
mod domain;
mod people;
mod rows;

use std::collections::BTreeMap;

use super::*;
use crate::ids::AgencyId;
use crate::record::kind::{Compartment, Kind};
use asked::{Asked, every};
use people::{ELSEWHERE, HERE, ME, Part, Person, SOMEBODY, STATES, State, case, everybody};
use rows::{KNOWS, PLACES, ROWS};

/// Places, as a person sees them.
const OWN: usize = 1;
const ANOTHERS: usize = 2;
const PROTECTION: usize = 3;

#[test]
fn the_policy_says_what_the_table_says() {
    let rows: BTreeMap<_, _> = ROWS.iter().copied().collect();
    assert_eq!(rows.len(), ROWS.len(), "a row is there twice");
    let (mut judged, mut allowed) = (0_u64, BTreeMap::<&str, u64>::new());
    for person in everybody() {
        let places = [0, OWN, ANOTHERS, PROTECTION].map(|place| compartment(&person, place));
        let questions = places.map(every);
        for state in STATES {
            let (principal, case) = (person.principal(), case(&person, state));
            let words = Words::of(&person, state, &case);
            for (place, questions) in questions.iter().enumerate() {
                let answers = words.answers(place, &rows);
                for asked in questions.iter().filter(|it| state == State::Plain || !it.is_odd()) {
                    let record = record(asked, places[place]);
                    let verdict = decide(&principal, &case, Some(&record), &asked.action);
                    let expected = answers[asked.row];
                    let which = || format!("{person:?} {state:?} {:?} {asked:?}", places[place]);
                    assert_eq!(verdict.is_ok(), expected, "{}: {verdict:?}", which());
                    let hidden = !words.holds("knows", place);
                    assert!(!hidden || verdict == Err(Denied::NotFound), "{}", which());
                    judged += 1;
                    *allowed.entry(asked.row).or_default() += u64::from(expected);
                }
            }
        }
    }
    println!("{judged} judgements, {} of them allowed", allowed.values().sum::<u64>());
    assert!(judged > 2_000_000, "{judged} judgements: the table has shrunk");
    // A row that nobody asks, or that allows somebody something and nobody was found, says nothing.
    for (row, cells) in rows {
        let says_yes = cells.iter().any(|cell| !cell.is_empty());
        let found = allowed.get(row).unwrap_or_else(|| panic!("nobody asked: {row}"));
        assert_eq!(*found > 0, says_yes, "{row}");
    }
}

/// What the words of a cell mean for one person in one state.
struct Words {
    true_words: Vec<&'static str>,
}

impl Words {
    fn of(person: &Person, state: State, case: &CaseContext) -> Self {
        use Role::{
            Admin, AgencyLead, Chief, ClusterLead, Deputy, Designated, Duty, Governance,
            Practitioner,
        };
        let is = |role: Role| !person.elsewhere && person.roles.contains(&role);
        let work = [Practitioner, AgencyLead, ClusterLead, Deputy, Duty, Designated];
        let works = work.into_iter().any(is);
        let barred = [Chief, Admin].iter().any(|role| person.roles.contains(role));
        let shielded =
            matches!(state, State::Shielded | State::ShieldedAndWithheld | State::JoinedToShielded);
        let by_joining = person.part == Part::InJoinedTeam && !shielded;
        let in_team = !matches!(person.part, Part::None | Part::NamedOnly | Part::InJoinedTeam);
        let leads = person.part == Part::LeadProfessional && state != State::NoLead;
        let on_case = ["health", "social-work"].contains(&person.agency)
            || (person.part == Part::InJoinedTeam && !shielded);
        let named = matches!(person.part, Part::MemberNamed | Part::NamedOnly);
        let withheld =
            matches!(state, State::Withheld | State::WithdrawnForAll | State::ShieldedAndWithheld);
        let lead = is(ClusterLead) || is(Deputy);
        let all = [
            ("team", works && (in_team || by_joining)),
            ("began", works && person.part == Part::Provisional),
            ("lp", works && leads),
            ("named", works && named),
            ("lead", lead),
            ("agency-lead", is(AgencyLead)),
            ("sw-lead", is(AgencyLead) && person.agency == "social-work"),
            ("practitioner", is(Practitioner)),
            ("duty", is(Duty)),
            ("designated", is(Designated)),
            ("governance", is(Governance)),
            ("works", works),
            ("consent", !withheld),
            ("on-case", on_case),
            ("has-records", person.agency == "housing"),
            ("no-lead", state == State::NoLead),
            ("none-named", case.named.is_empty()),
            ("unshielded", !shielded),
        ];
        let said = all.into_iter().filter(|(_, so)| *so).map(|(word, _)| word).collect();
        let mut words = Self { true_words: said };
        if state != State::Excluded && !barred && words.says(KNOWS, 0) {
            words.true_words.push("knows");
        }
        words
    }

    fn answers(
        &self,
        place: usize,
        rows: &BTreeMap<&'static str, [&'static str; 4]>,
    ) -> BTreeMap<&'static str, bool> {
        let knows = self.holds("knows", place);
        rows.iter().map(|(row, cells)| (*row, knows && self.says(cells[place], place))).collect()
    }

    fn says(&self, cell: &str, place: usize) -> bool {
        cell.split_whitespace().any(|all| all.split('&').all(|word| self.holds(word, place)))
    }

    fn holds(&self, word: &str, place: usize) -> bool {
        match word {
            "open" => self.says(PLACES[place], place),
            "team-open" => self.says(PLACES[0], 0),
            "shut" => !self.says(PLACES[0], 0),
            // Rows that speak of an author are asked for authors only.
            "author" => self.holds("works", place),
            word => self.true_words.contains(&word),
        }
    }
}

fn compartment(person: &Person, place: usize) -> Compartment {
    let another = if person.agency == "social-work" { "health" } else { "social-work" };
    match place {
        OWN => Compartment::Agency(AgencyId::from_slug(person.agency)),
        ANOTHERS => Compartment::Agency(AgencyId::from_slug(another)),
        PROTECTION => Compartment::Protection,
        _ => Compartment::Team,
    }
}

fn record(asked: &Asked, compartment: Compartment) -> RecordFacts {
    let by = if asked.own { ME } else { SOMEBODY };
    let created_by = (asked.kind != Kind::Case).then_some(by);
    RecordFacts { kind: asked.kind, compartment, created_by, referred_by: created_by }
}

#[test]
fn what_is_granted_is_what_may_be_read() {
    let read = Action::Read { door: Door::Standing };
    for person in everybody() {
        for state in STATES {
            let (principal, case) = (person.principal(), case(&person, state));
            let granted = readable_scopes(&principal, &case);
            for place in [0, OWN, ANOTHERS, PROTECTION] {
                let compartment = compartment(&person, place);
                let (kind, by) = (Kind::Visit, Some(SOMEBODY));
                let visit = RecordFacts { kind, compartment, created_by: by, referred_by: by };
                let may = decide(&principal, &case, Some(&visit), &read).is_ok();
                assert_eq!(granted.contains(&compartment), may, "{person:?} {state:?}");
            }
            let found = decide(&principal, &case, None, &Action::FindInDirectory);
            assert_eq!(sees_directory(&principal, &case), found.is_ok(), "{person:?} {state:?}");
        }
    }
}

/// Who saw what is for governance alone; an excluded person does not see it even there.
#[test]
fn the_audit_of_a_case_is_shown_to_governance_that_is_not_excluded() {
    for person in everybody() {
        for state in STATES {
            let (principal, case) = (person.principal(), case(&person, state));
            let excluded = case.excluded.contains(&principal.user);
            let expected = principal.is(Role::Governance, HERE) && !excluded;
            assert_eq!(sees_audit(&principal, &case), expected, "{person:?} {state:?}");
        }
    }
}

/// Suspected harm reaches every duty officer of the cluster but whom it must not; the name of the child
/// those who may find the case.
#[test]
fn an_alarm_reaches_the_duty_officer_and_tells_no_more_than_they_may_know() {
    for person in everybody() {
        for state in STATES {
            let (principal, case) = (person.principal(), case(&person, state));
            let hears = principal.is(Role::Duty, HERE)
                && !principal.is_barred()
                && !case.excluded.contains(&principal.user);
            let expected = match (hears, sees_directory(&principal, &case)) {
                (false, _) => AlarmSight::Hidden,
                (true, true) => AlarmSight::WithCase,
                (true, false) => AlarmSight::Bare,
            };
            assert_eq!(
                alarm_sight(&principal, &HERE, Some(&case)),
                expected,
                "{person:?} {state:?}"
            );
            let of_nobody = alarm_sight(&principal, &HERE, None);
            assert_eq!(
                of_nobody == AlarmSight::Hidden,
                !principal.is(Role::Duty, HERE) || principal.is_barred()
            );
        }
    }
}

/// What a record's reader may not know of must not show in the words of the denial.
#[test]
fn a_record_out_of_sight_is_denied_like_one_that_is_not_there() {
    let read = Action::Read { door: Door::Standing };
    for person in everybody().filter(|it| !it.roles.contains(&Role::Governance)) {
        for state in STATES {
            for place in [OWN, ANOTHERS, PROTECTION] {
                for action in [read.clone(), Action::Amend, Action::Review, Action::SeeConflict] {
                    let (principal, case) = (person.principal(), case(&person, state));
                    let compartment = compartment(&person, place);
                    let (kind, by) = (Kind::Assessment, Some(SOMEBODY));
                    let there = RecordFacts { kind, compartment, created_by: by, referred_by: by };
                    let verdict = decide(&principal, &case, Some(&there), &action);
                    let absent = decide(&principal, &case, None, &action);
                    let readable = readable_scopes(&principal, &case).contains(&compartment);
                    assert!(readable || verdict == absent, "{person:?} {verdict:?}");
                }
            }
        }
    }
}

#[test]
fn figures_go_to_those_they_are_for() {
    let health = AgencyId::from_slug("health");
    let police = AgencyId::from_slug("police");
    let rows = [
        (ClusterAction::BeginCase, "practitioner agency_lead cluster_lead deputy duty designated"),
        (
            ClusterAction::ReadSummaries(Summaries::OwnCaseload),
            "practitioner agency_lead cluster_lead deputy duty designated",
        ),
        (ClusterAction::ReadSummaries(Summaries::Agency(health)), "agency_lead"),
        (ClusterAction::ReadSummaries(Summaries::Agency(police)), ""),
        (ClusterAction::ReadSummaries(Summaries::Cluster), "cluster_lead deputy"),
        (ClusterAction::ReadSummaries(Summaries::PublishedEditions), "chief"),
        (ClusterAction::ReadAudit, "governance"),
        (ClusterAction::ExportOwnRecords, "agency_lead"),
        (ClusterAction::Administer, "admin"),
        (ClusterAction::SeeRetention, "governance admin"),
    ];
    for role in Role::ALL {
        let principal = Principal::new(SOMEBODY, health).with(HERE, role);
        for (action, open) in rows {
            let expected = open.split(' ').any(|name| name == role.name());
            let here = decide_in_cluster(&principal, HERE, &action);
            assert_eq!(here.is_ok(), expected, "{role} {action:?}");
            let elsewhere = decide_in_cluster(&principal, ELSEWHERE, &action);
            assert_eq!(elsewhere, Err(Denied::NotYourRole), "{role} {action:?}");
        }
    }
}

//! The table as the people who ordered this software wrote it: each of its cells, quoted and tried.

use super::people::{HERE, Part, Person, State, case};
use crate::ids::AgencyId;
use crate::policy::*;
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::Fact;
use crate::record::value::Value;

const TABLE: &str = "\
| | in team | same cluster | agency lead | cluster lead | duty | chief officer | info governance | admin |
| find a case in the directory (name, school, who to ring) | yes | yes, unless shielded | own agency's | yes, unless shielded | yes | no | yes | no |
| read `team` | yes, not excluded, agency not withheld | break the glass | own agency's cases | yes | break the glass | no | on request, logged | no |
| read `agency:x` | same agency | no | yes | no | no | no | on request | no |
| read `protection` | if named | no | if named | if named | if named | no | on request | no |
| write visit, concern, assessment, plan row, views | yes | concern only | yes | yes | concern | no | no | no |
| assert stage, lead professional | lead professional | no | no | yes | no | no | no | no |
| assert other case facts, give or withdraw consent | yes | no | own agency's cases | yes | no | no | no | no |
| settle safety conflicts | only if all rivals are their own | no | own compartment | team's | no | no | no | no |
| summaries | own caseload | no | own agency in the cluster | own cluster, exact | no | published editions | no | no |";

#[test]
fn each_cell_of_the_domains_table_holds() {
    let cells = |line: &'static str| line.split('|').map(str::trim).skip(1).collect::<Vec<_>>();
    let mut lines = TABLE.lines().map(cells);
    let columns = lines.next().unwrap();
    let mut tried = 0;
    for row in lines {
        for (column, cell) in columns.iter().zip(&row).skip(1).filter(|(it, _)| !it.is_empty()) {
            try_cell(row[0], column, cell);
            tried += 1;
        }
    }
    assert_eq!(tried, 9 * 8);
}

/// Somebody of a column: a social worker, whose agency is on the case.
fn of_column(column: &str) -> Person {
    let (role, part): (&'static [Role], Part) = match column {
        "in team" => (&[Role::Practitioner], Part::Member),
        "same cluster" => (&[Role::Practitioner], Part::None),
        "agency lead" => (&[Role::AgencyLead], Part::None),
        "cluster lead" => (&[Role::ClusterLead], Part::None),
        "duty" => (&[Role::Duty], Part::None),
        "chief officer" => (&[Role::Chief], Part::None),
        "info governance" => (&[Role::Governance], Part::None),
        "admin" => (&[Role::Admin], Part::None),
        _ => panic!("a new column: {column}"),
    };
    Person { roles: role, elsewhere: false, agency: "social-work", part }
}

fn try_cell(row: &str, column: &str, cell: &str) {
    let person = of_column(column);
    if row == "summaries" {
        return try_summaries(&person, cell);
    }
    let which = format!("{row} / {column}: {cell}");
    let plain = may(&person, State::Plain, row);
    let elsewhere = Person { agency: "police", ..person };
    let named = Person { part: Part::NamedOnly, ..person };
    match cell {
        "no" => {
            assert!(!plain && !may(&named_is_no_use(&named, row), State::Plain, row), "{which}")
        }
        "yes" => assert!(plain, "{which}"),
        "yes, unless shielded" => {
            assert!(plain && !may(&person, State::Shielded, row), "{which}");
        }
        "yes, not excluded, agency not withheld" => {
            assert!(plain && !may(&person, State::Excluded, row), "{which}");
            assert!(!may(&person, State::Withheld, row), "{which}");
        }
        "own agency's" | "own agency's cases" => {
            assert!(plain && !may(&elsewhere, State::Plain, row), "{which}");
        }
        "same agency" => {
            assert!(plain && !ask(&elsewhere, State::Plain, row, "social-work"), "{which}");
        }
        "break the glass" => assert!(!plain && breaks_glass(&person), "{which}"),
        "on request, logged" | "on request" => {
            assert!(!plain && on_request(&person, row), "{which}")
        }
        "if named" => assert!(!plain && may(&named, State::Plain, row), "{which}"),
        "concern only" | "concern" => {
            let concern = Action::Create { kind: Kind::Concern, compartment: own(&person) };
            assert!(!plain && decides(&person, State::Plain, own(&person), &concern), "{which}");
        }
        "lead professional" => {
            let leads = Person { part: Part::LeadProfessional, ..person };
            assert!(!plain && may(&leads, State::Plain, row), "{which}");
        }
        "only if all rivals are their own" => {
            let of_own = settle(true);
            assert!(
                !plain && decides(&person, State::Plain, Compartment::Team, &of_own),
                "{which}"
            );
        }
        "own compartment" => {
            assert!(
                !plain && decides(&person, State::Plain, own(&person), &settle(false)),
                "{which}"
            );
        }
        "team's" => {
            assert!(
                plain && !decides(&person, State::Plain, own(&person), &settle(false)),
                "{which}"
            );
        }
        _ => panic!("a cell that says something new: {which}"),
    }
}

/// Being named opens protection and nothing else; a `no` there is no `no` for the named.
fn named_is_no_use(named: &Person, row: &str) -> Person {
    let opens = row.contains("protection") || row.contains("find");
    if opens { Person { part: Part::None, ..*named } } else { *named }
}

fn may(person: &Person, state: State, row: &str) -> bool {
    ask(person, state, row, person.agency)
}

/// Whether a person may do what a row is about, an agency's place being that agency's.
fn ask(person: &Person, state: State, row: &str, agency: &str) -> bool {
    let agency = Compartment::Agency(AgencyId::from_slug(agency));
    let read = Action::Read { door: Door::Standing };
    match row {
        "find a case in the directory (name, school, who to ring)" => {
            decides(person, state, Compartment::Team, &Action::FindInDirectory)
        }
        "read `team`" => decides(person, state, Compartment::Team, &read),
        "read `agency:x`" => decides(person, state, agency, &read),
        "read `protection`" => decides(person, state, Compartment::Protection, &read),
        "write visit, concern, assessment, plan row, views" => {
            let kinds = [Kind::Visit, Kind::Concern, Kind::Assessment, Kind::Plan, Kind::Views];
            let team = Compartment::Team;
            let writes =
                |kind| decides(person, state, team, &Action::Create { kind, compartment: team });
            let written = kinds.map(writes);
            assert!(written.iter().all(|it| *it == written[0]), "kinds are alike: {written:?}");
            written[0]
        }
        "assert stage, lead professional" => {
            let lead = Action::assert(Fact::LeadProfessional, Value::Bytes(vec![1; 16]));
            let both = [Action::assert(Fact::Stage, "2"), lead];
            let both = both.map(|it| decides(person, state, Compartment::Team, &it));
            assert_eq!(both[0], both[1]);
            both[0]
        }
        "assert other case facts, give or withdraw consent" => {
            let both = [Action::assert(Fact::School, "x"), Action::assert(Fact::Consent, "none")];
            let both = both.map(|it| decides(person, state, Compartment::Team, &it));
            assert_eq!(both[0], both[1]);
            both[0]
        }
        "settle safety conflicts" => decides(person, state, Compartment::Team, &settle(false)),
        _ => panic!("a new row: {row}"),
    }
}

fn decides(person: &Person, state: State, compartment: Compartment, action: &Action) -> bool {
    let kind = Kind::Case;
    let record = RecordFacts { kind, compartment, created_by: None, referred_by: None };
    decide(&person.principal(), &case(person, state), Some(&record), action).is_ok()
}

const fn settle(all_rivals_own: bool) -> Action {
    Action::Settle { fact: Fact::LegalStatus, all_rivals_own }
}

fn own(person: &Person) -> Compartment {
    Compartment::Agency(AgencyId::from_slug(person.agency))
}

fn breaks_glass(person: &Person) -> bool {
    let through = Action::Read { door: Door::Glass };
    [Action::BreakGlass, through]
        .iter()
        .all(|it| decides(person, State::Plain, Compartment::Team, it))
}

fn on_request(person: &Person, row: &str) -> bool {
    let place = match row {
        "read `team`" => Compartment::Team,
        "read `protection`" => Compartment::Protection,
        _ => own(person),
    };
    decides(person, State::Plain, place, &Action::Read { door: Door::Request })
}

fn try_summaries(person: &Person, cell: &str) {
    let social_work = Summaries::Agency(AgencyId::from_slug("social-work"));
    let police = Summaries::Agency(AgencyId::from_slug("police"));
    let all = [
        Summaries::OwnCaseload,
        social_work,
        police,
        Summaries::Cluster,
        Summaries::PublishedEditions,
    ];
    let reads = |of| {
        let action = ClusterAction::ReadSummaries(of);
        decide_in_cluster(&person.principal(), HERE, &action).is_ok()
    };
    let expected = match cell {
        "own caseload" => [true, false, false, false, false],
        // Whoever works with cases has a caseload of their own, if an empty one.
        "no" if person.principal().works_cases_in(HERE) => [true, false, false, false, false],
        "own agency in the cluster" => [true, true, false, false, false],
        "own cluster, exact" => [true, false, false, true, false],
        "published editions" => [false, false, false, false, true],
        "no" => [false; 5],
        _ => panic!("a cell that says something new: {cell}"),
    };
    assert_eq!(all.map(reads), expected, "{cell} {person:?}");
}

//! Every person of the table, every row, every kind the row may be about, in four states of the
//! case, against what the table says.

use super::truth_table_rows::{AWARE, At, INSIDE, PEOPLE, Person, ROWS, Relation};
use super::*;
use crate::ids::{AgencyId, CaseId, ClusterId, UserId};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::{FACTS, Fact};
use crate::record::value::Value;

const HERE: ClusterId = ClusterId::from_bytes([1; 16]);
const ELSEWHERE: ClusterId = ClusterId::from_bytes([2; 16]);
const SOMEBODY: UserId = UserId::from_bytes([250; 16]);
const HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Plain,
    Withheld,
    Shielded,
    Excluded,
}

#[test]
fn the_policy_says_what_the_table_says() {
    let mut judged = 0;
    for person in PEOPLE {
        for state in [State::Plain, State::Withheld, State::Shielded, State::Excluded] {
            for (name, at, open, withheld) in ROWS {
                let expected = match state {
                    State::Plain => open.contains(person.letter),
                    State::Withheld => withheld.contains(person.letter),
                    State::Shielded => {
                        let inside = INSIDE.contains(person.letter) && *name != "join";
                        open.contains(person.letter) && inside
                    }
                    State::Excluded => false,
                };
                for (kind, by_self, action) in asked(name, *at, person) {
                    let verdict = judge(person, state, name, *at, (kind, by_self), &action);
                    let case = format!("{} {name} {at:?} {kind} {state:?}", person.letter);
                    assert_eq!(verdict.is_ok(), expected, "{case}: {verdict:?}");
                    if !aware(person, state) {
                        assert_eq!(verdict, Err(Denied::NotFound), "{case}");
                    }
                    judged += 1;
                }
            }
        }
    }
    assert!(judged > 25_000, "{judged} judgements: the table has shrunk");
}

#[test]
fn what_is_granted_is_what_may_be_read() {
    for person in PEOPLE {
        for state in [State::Plain, State::Withheld, State::Shielded, State::Excluded] {
            let (principal, case) = (principal(person), case(person, state, ""));
            let granted = readable_scopes(&principal, &case);
            for at in [At::Team, At::Health, At::SocialWork, At::Housing, At::Protection] {
                let record = record(Kind::Visit, at, None);
                let read = decide(&principal, &case, Some(&record), &standing_read());
                assert_eq!(granted.contains(&compartment(at)), read.is_ok(), "{}", person.letter);
            }
            let found = decide(&principal, &case, None, &Action::FindInDirectory);
            assert_eq!(sees_directory(&principal, &case), found.is_ok(), "{}", person.letter);
        }
    }
}

/// Who saw what is for governance alone; an excluded person does not see it even there.
#[test]
fn the_audit_of_a_case_is_shown_to_governance_that_is_not_excluded() {
    for person in PEOPLE {
        for state in [State::Plain, State::Withheld, State::Shielded, State::Excluded] {
            let (principal, case) = (principal(person), case(person, state, ""));
            let expected = "GV".contains(person.letter) && state != State::Excluded;
            assert_eq!(sees_audit(&principal, &case), expected, "{} {state:?}", person.letter);
        }
    }
}

/// What a record's reader may not know of must not show in the words of the denial.
#[test]
fn a_record_out_of_sight_is_denied_like_one_that_is_not_there() {
    for person in PEOPLE.iter().filter(|person| !"GV".contains(person.letter)) {
        for at in [At::Health, At::SocialWork, At::Housing, At::Protection] {
            for action in [standing_read(), Action::Amend, Action::Review, Action::SeeConflict] {
                let (principal, case) = (principal(person), case(person, State::Plain, ""));
                let there = record(Kind::Assessment, at, None);
                let verdict = decide(&principal, &case, Some(&there), &action);
                let absent = decide(&principal, &case, None, &action);
                let readable = readable_scopes(&principal, &case).contains(&compartment(at));
                assert!(readable || verdict == absent, "{} {verdict:?}", person.letter);
            }
        }
    }
}

#[test]
fn figures_go_to_those_they_are_for() {
    let health = AgencyId::from_slug("health");
    let police = AgencyId::from_slug("police");
    let rows = [
        (ClusterAction::BeginCase, "practitioner agency_lead cluster_lead deputy duty"),
        (
            ClusterAction::ReadSummaries(Summaries::OwnCaseload),
            "practitioner agency_lead cluster_lead deputy duty",
        ),
        (ClusterAction::ReadSummaries(Summaries::Agency(health)), "agency_lead"),
        (ClusterAction::ReadSummaries(Summaries::Agency(police)), ""),
        (ClusterAction::ReadSummaries(Summaries::Cluster), "cluster_lead deputy"),
        (ClusterAction::ReadSummaries(Summaries::PublishedEditions), "chief"),
        (ClusterAction::ReadAudit, "governance"),
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

fn judge(
    person: &Person,
    state: State,
    name: &str,
    at: At,
    (kind, by_self): (Kind, bool),
    action: &Action,
) -> Verdict {
    let principal = principal(person);
    let by = if by_self { principal.user } else { SOMEBODY };
    let record = record(kind, at, Some(by));
    decide(&principal, &case(person, state, name), Some(&record), action)
}

fn aware(person: &Person, state: State) -> bool {
    match state {
        State::Plain | State::Withheld => AWARE.contains(person.letter),
        State::Shielded => INSIDE.contains(person.letter),
        State::Excluded => false,
    }
}

fn user(person: &Person) -> UserId {
    UserId::from_bytes([person.letter as u8; 16])
}

fn principal(person: &Person) -> Principal {
    let elsewhere = person.relation == Relation::MemberOfAnotherCluster;
    let cluster = if elsewhere { ELSEWHERE } else { HERE };
    Principal::new(user(person), AgencyId::from_slug(person.agency)).with(cluster, person.role)
}

fn case(person: &Person, state: State, name: &str) -> CaseContext {
    let mut case = CaseContext::new(CaseId::from_bytes([9; 16]), HERE);
    for someone in PEOPLE {
        place(&mut case, someone);
    }
    case.agencies_on_case = ["health", "social-work"].map(AgencyId::from_slug).into();
    case.agencies_with_records = [AgencyId::from_slug("housing")].into();
    if name.contains("no lead") {
        case.lead_professional = None;
    }
    if name.contains("none named") {
        case.named.clear();
    }
    match state {
        State::Plain => {}
        State::Withheld => {
            case.withheld_agencies.insert(AgencyId::from_slug(person.agency));
        }
        State::Shielded => case.shielded = true,
        State::Excluded => {
            case.excluded.insert(user(person));
        }
    }
    case
}

fn place(case: &mut CaseContext, person: &Person) {
    use Relation::{LeadProfessional, MemberNamed, NamedOnly, NamedPerson, Provisional};
    let (user, agency) = (user(person), AgencyId::from_slug(person.agency));
    let state = match person.relation {
        Relation::None | NamedPerson | NamedOnly => None,
        Provisional => Some(MemberState::Provisional),
        _ => Some(MemberState::Member),
    };
    if let Some(state) = state {
        case.members.insert(user, Member { state, agency });
    }
    match person.relation {
        LeadProfessional => case.lead_professional = Some(user),
        NamedPerson => case.named_person = Some(user),
        MemberNamed | NamedOnly => {
            case.named.insert(user);
        }
        _ => {}
    }
}

fn compartment(at: At) -> Compartment {
    match at {
        At::Team => Compartment::Team,
        At::Health => Compartment::Agency(AgencyId::from_slug("health")),
        At::SocialWork => Compartment::Agency(AgencyId::from_slug("social-work")),
        At::Housing => Compartment::Agency(AgencyId::from_slug("housing")),
        At::Protection => Compartment::Protection,
    }
}

fn record(kind: Kind, at: At, created_by: Option<UserId>) -> RecordFacts {
    let created_by = created_by.filter(|_| kind != Kind::Case);
    RecordFacts { kind, compartment: compartment(at), created_by }
}

const fn standing_read() -> Action {
    Action::Read { door: Door::Standing }
}

/// What a row asks: the record's kind, whether the person wrote it, the action.
fn asked(name: &str, at: At, person: &Person) -> Vec<(Kind, bool, Action)> {
    let me = user(person);
    let own = name.contains("own ") || name.ends_with("own");
    let age_ms = if name.contains("old") { 25 * HOUR_MS } else { HOUR_MS };
    let of = |kind, action: Action| vec![(kind, own, action)];
    let fact = |fact, value: Value| of(Kind::Case, Action::assert(fact, value));
    let about = |fact, user, value: Value| of(Kind::Case, Action::assert_of(fact, user, value));
    let settle = |fact| Action::Settle { fact, all_rivals_own: own };
    let every = |action: Action| Kind::ALL.map(|kind| (kind, false, action.clone())).to_vec();
    match name.split(',').next().unwrap() {
        "find" => every(Action::FindInDirectory),
        "read" => every(standing_read()),
        "read own concern" => of(Kind::Concern, standing_read()),
        "read own request" => of(Kind::Request, standing_read()),
        "read own visit" => of(Kind::Visit, standing_read()),
        "read by glass" => every(Action::Read { door: Door::Glass }),
        "read by request" => every(Action::Read { door: Door::Request }),
        "break the glass" => of(Kind::Case, Action::BreakGlass),
        "see conflict" => every(Action::SeeConflict),
        "count conflicts" => {
            of(Kind::Case, Action::SeeConflictCount { compartment: compartment(at) })
        }
        "create" => records().map(|kind| (kind, false, create(kind, at))).collect(),
        "create concern" => of(Kind::Concern, create(Kind::Concern, at)),
        "create case" => of(Kind::Case, create(Kind::Case, at)),
        "amend" => every(Action::Amend),
        "sign" => every(Action::Sign),
        "sign own concern" => of(Kind::Concern, Action::Sign),
        "say whom one told" => vec![(Kind::Concern, true, Action::AddEntry { collection: 18 })],
        "decide on own concern" => of(Kind::Concern, Action::AddEntry { collection: 19 }),
        "a fact as an entry" => every(Action::AddEntry { collection: FACTS }),
        "an unknown collection" => every(Action::AddEntry { collection: 200 }),
        "assert stage" => fact(Fact::Stage, "2".into()),
        "assert lead" => fact(Fact::LeadProfessional, Value::Bytes(vec![1; 16])),
        "assert school" => fact(Fact::School, "Northfield".into()),
        "give consent" => fact(Fact::Consent, "health".into()),
        "a fact of another kind" => of(Kind::Visit, Action::assert(Fact::Stage, "2")),
        "add member" => of(Kind::Case, Action::add_member(SOMEBODY)),
        "add oneself" => of(Kind::Case, Action::add_member(me)),
        "leave" => of(Kind::Case, Action::remove_member(me)),
        "remove member" => of(Kind::Case, Action::remove_member(SOMEBODY)),
        "stay provisional" => about(Fact::Member, me, "provisional".into()),
        "shield" => fact(Fact::Shielded, true.into()),
        "lift shield" => fact(Fact::Shielded, false.into()),
        "name" => about(Fact::Named, SOMEBODY, true.into()),
        "name oneself" => about(Fact::Named, me, true.into()),
        "exclude" => about(Fact::Excluded, SOMEBODY, true.into()),
        "admit again" => about(Fact::Excluded, SOMEBODY, false.into()),
        "confidential address" => of(Kind::Case, address()),
        "harm yes" => of(Kind::Concern, Action::assert(Fact::HarmSuspected, true)),
        "harm no" => of(Kind::Concern, Action::assert(Fact::HarmSuspected, false)),
        "close concern" => of(Kind::Concern, Action::assert(Fact::ConcernState, "closed")),
        "reopen concern" => of(Kind::Concern, Action::assert(Fact::ConcernState, "open")),
        "settle own status" | "settle status" => of(Kind::Case, settle(Fact::LegalStatus)),
        "settle own stage" => of(Kind::Case, settle(Fact::Stage)),
        "settle school" => of(Kind::Case, settle(Fact::School)),
        "settle harm" => of(Kind::Concern, settle(Fact::HarmSuspected)),
        "replace harm" => {
            let author_of_rival = name.contains("rival");
            of(Kind::Concern, Action::ReplaceHarmYes { author_of_rival })
        }
        "join" => of(Kind::Case, Action::Join { undone: false }),
        "take a joining back" => of(Kind::Case, Action::Join { undone: true }),
        "join by an entry" => of(Kind::Case, Action::AddEntry { collection: 18 }),
        "review" => every(Action::Review),
        _ => moved(name, own, age_ms),
    }
}

/// The rows of sharing and re-homing.
fn moved(name: &str, own: bool, age_ms: i64) -> Vec<(Kind, bool, Action)> {
    let with = |to| Action::Share { to, age_ms };
    let agency = |slug| Compartment::Agency(AgencyId::from_slug(slug));
    let many = |action: Action| {
        let kinds = records().filter(|kind| *kind != Kind::Request);
        kinds.map(|kind| (kind, own, action.clone())).collect()
    };
    match name {
        "re-home case" => vec![(Kind::Case, own, Action::Rehome { age_ms })],
        "re-home own concern" | "re-home old own concern" => {
            vec![(Kind::Concern, own, Action::Rehome { age_ms })]
        }
        "re-home own" | "re-home old own" | "re-home" => many(Action::Rehome { age_ms }),
        "send own request" => vec![(Kind::Request, own, with(agency("police")))],
        name if name.ends_with("with team") => many(with(Compartment::Team)),
        name if name.ends_with("with agency") => many(with(agency("social-work"))),
        name if name.ends_with("with stranger") => many(with(agency("police"))),
        _ => panic!("a row that asks nothing: {name}"),
    }
}

/// Kinds that are neither the case's own record nor a concern.
fn records() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Case | Kind::Concern))
}

fn create(kind: Kind, at: At) -> Action {
    Action::Create { kind, compartment: compartment(at) }
}

fn address() -> Action {
    Action::Assert {
        fact: Fact::Address,
        subject: None,
        value: "a refuge".into(),
        confidential: true,
    }
}

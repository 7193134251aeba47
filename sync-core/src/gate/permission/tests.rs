//! Each edit is asked as the action that it is: a rule each, which only that rule refuses or allows.

use super::*;
use crate::ids::{Actor, CaseId, ClusterId, DeviceId, RecordId};
use crate::policy::{Member, MemberState, Role};
use crate::record::change::Run;
use crate::record::envelope::{Made, Origin};
use crate::record::kind::Compartment;
use crate::record::kinds::AttestedCopy;
use crate::record::schema::AMENDMENTS;
use crate::time::Timestamp;

const HERE: ClusterId = ClusterId::from_bytes([1; 16]);
const CASE: CaseId = CaseId::from_bytes([9; 16]);

fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

fn worker(n: u8) -> Principal {
    Principal::new(user(n), crate::ids::AgencyId::from_slug("health"))
        .with(HERE, Role::Practitioner)
}

/// Persons 1 and 2 are in the team, 2 is its lead professional; person 3 is a stranger.
fn context() -> CaseContext {
    let agency = crate::ids::AgencyId::from_slug("health");
    let mut case = CaseContext::new(CASE, HERE);
    for n in [1, 2] {
        case.members.insert(user(n), Member { state: MemberState::Member, agency });
    }
    case.agencies_on_case.insert(agency);
    case.lead_professional = Some(user(2));
    case
}

fn made_by(n: u8, kind: Kind) -> Envelope {
    let made = Made {
        kind,
        creator: Actor::from_bytes([n; 16]),
        n: 1,
        user: user(n),
        device: DeviceId::from_bytes([3; 16]),
        framework: String::new(),
        at: Timestamp(5),
    };
    Envelope { case: CASE, compartment: Compartment::Team, origin: Origin::Made(made) }
}

fn change(n: u8, edits: Vec<Edit>) -> Change {
    let actor = Actor::from_bytes([n; 16]);
    Change { actor, by: user(n), at: Timestamp(5), clock_ahead_ms: 0, edits }
}

fn entry(collection: u8, fields: Vec<(u8, Value)>) -> Edit {
    Edit::Add(NewEntry { collection, fields, ..NewEntry::default() })
}

fn ask(n: u8, history: &History, edits: Vec<Edit>, deps: &[usize]) -> Result<(), Refusal> {
    let (who, change) = (worker(n), change(n, edits));
    check(&who, &context(), history, &change, deps, &Sources::new())
}

fn refused(code: &str) -> Result<(), Refusal> {
    Err(Refusal::new(code))
}

#[test]
fn beginning_a_record_is_asked_beside_what_is_in_it() {
    // A stranger may add to a concern that they raised, but not begin one in the team's place.
    let concern = History::new(made_by(3, Kind::Concern));
    let seen = entry(DETAILS, vec![(1, "A bruise.".into())]);
    assert_eq!(ask(3, &concern, vec![seen.clone()], &[]), refused("not_in_team"));
    let concern = History::new(made_by(1, Kind::Concern));
    assert_eq!(ask(1, &concern, vec![seen], &[]), Ok(()));
}

/// Both are strangers to the team: one raised the concern, the other moved it to where it is, or copied it.
#[test]
fn who_moved_a_concern_did_not_raise_it() {
    let amends = || vec![entry(AMENDMENTS, Vec::new())];
    for (withdraws, referrer, other) in [(true, 3, 4), (false, 4, 3)] {
        let copy = AttestedCopy {
            from: RecordId::from_bytes([8; 16]),
            text: "A bruise.".into(),
            original_by: user(3),
            original_at: Timestamp(5),
            reason: None,
            withdraws,
            version: None,
        };
        let mut history = History::new(made_by(4, Kind::Concern));
        history.append(change(4, vec![Edit::Add(copy.entry())]), 1, None).unwrap();
        assert_eq!(facts_of(&history).created_by, Some(user(4)));
        assert_eq!(facts_of(&history).referred_by, Some(user(referrer)));
        assert_eq!(ask(referrer, &history, amends(), &[0]), Ok(()));
        assert_eq!(ask(other, &history, amends(), &[0]), refused("not_in_team"));
    }
}

#[test]
fn editing_a_joint_text_is_asked_like_adding_to_it() {
    let mut history = History::new(made_by(1, Kind::Assessment));
    let text = NewEntry {
        collection: TEXTS,
        fields: vec![(1, "safe".into())],
        text: Some("x".into()),
        ..NewEntry::default()
    };
    history.append(change(1, vec![Edit::Add(text)]), 1, None).unwrap();
    let id = EntryId { actor: Actor::from_bytes([1; 16]), seq: 1, n: 0 };
    let runs = vec![Run::Insert { after: None, text: "y".into() }];
    let splice = || vec![Edit::Splice { entry: id, runs: runs.clone() }];
    assert_eq!(ask(3, &history, splice(), &[0]), refused("not_in_team"));
    assert_eq!(ask(1, &history, splice(), &[0]), Ok(()));
}

#[test]
fn joining_is_an_action_of_its_own() {
    let history = History::new(Envelope::of_case(CASE, Compartment::Team));
    let alias = || vec![entry(ALIASES, vec![(1, Value::Bytes(vec![8; 16]))])];
    assert_eq!(ask(2, &history, alias(), &[]), Ok(()), "the lead professional joins");
    assert_eq!(ask(1, &history, alias(), &[]), refused("lead_professional_only"));
}

#[test]
fn what_an_author_had_seen_decides_whether_they_settle() {
    let mut history = History::new(Envelope::of_case(CASE, Compartment::Team));
    let says = |value: &str, replaces: Vec<EntryId>| {
        let fields = vec![
            (fact_field::FACT, Value::Int(Fact::LegalStatus.code().into())),
            (fact_field::VALUE, value.into()),
        ];
        Edit::Add(NewEntry { collection: FACTS, fields, replaces, text: None })
    };
    for (n, value) in [(1, "none"), (2, "order")] {
        history.append(change(n, vec![says(value, Vec::new())]), 1, Some(&[])).unwrap();
    }
    let id = |n: u8| EntryId { actor: Actor::from_bytes([n; 16]), seq: 1, n: 0 };
    // In sight of both, replacing one settles what somebody else said too.
    let settles = vec![says("none", vec![id(2)])];
    assert_eq!(ask(1, &history, settles.clone(), &[0, 1]), refused("not_your_conflict"));
    // In sight of one there is no dispute: an edit.
    assert_eq!(ask(1, &history, vec![says("order", vec![id(1)])], &[0]), Ok(()));
}

#[test]
fn the_first_edit_that_is_denied_refuses_the_change() {
    let history = History::new(Envelope::of_case(CASE, Compartment::Team));
    let says = |fact: Fact, value: Value| {
        let fields =
            vec![(fact_field::FACT, Value::Int(fact.code().into())), (fact_field::VALUE, value)];
        Edit::Add(NewEntry { collection: FACTS, fields, ..NewEntry::default() })
    };
    let school = says(Fact::School, "Northfield".into());
    let stage = says(Fact::Stage, "2".into());
    assert_eq!(ask(1, &history, vec![school.clone()], &[]), Ok(()));
    assert_eq!(ask(1, &history, vec![school, stage], &[]), refused("lead_only"));
}

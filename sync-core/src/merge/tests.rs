mod settling;

use super::*;
use crate::ids::{Actor, AgencyId, EntryId, UserId};
use crate::record::entry::Entry;
use crate::record::schema::FACTS;
use crate::record::value::Value;
use crate::time::Timestamp;

pub(super) const ANNA: u8 = 1;
pub(super) const BEN: u8 = 2;
pub(super) const CARA: u8 = 3;

/// What person `who` said as the record's `place`th change.
pub(super) fn said(who: u8, place: u32, fact: Fact, value: impl Into<Value>) -> Entry {
    Entry {
        id: EntryId { actor: Actor::from_bytes([who; 16]), seq: place, n: 0 },
        collection: FACTS,
        fields: vec![
            (fact_field::FACT, Value::Int(fact.code().into())),
            (fact_field::VALUE, value.into()),
        ],
        replaces: Vec::new(),
        by: person(who),
        at: Timestamp(i64::from(place) * 1_000),
        clock_ahead_ms: 0,
        position: Some(place),
        text: None,
    }
}

pub(super) fn person(who: u8) -> UserId {
    UserId::from_bytes([who; 16])
}

pub(super) fn with(mut entry: Entry, field: u8, value: impl Into<Value>) -> Entry {
    entry.fields.push((field, value.into()));
    entry
}

pub(super) fn replacing(mut entry: Entry, seen: &[&Entry]) -> Entry {
    entry.replaces = seen.iter().map(|entry| entry.id).collect();
    entry
}

fn stage(who: u8, place: u32, code: &str) -> Entry {
    with(said(who, place, Fact::Stage, code), fact_field::FRAMEWORK, "east-lothian")
}

fn lead(who: u8, place: u32, chosen: u8) -> Entry {
    said(who, place, Fact::LeadProfessional, Value::Bytes(vec![chosen; 16]))
}

fn consent(who: u8, place: u32, giver: &str, scope: &str) -> Entry {
    with(said(who, place, Fact::Consent, scope), fact_field::SUBJECT, giver)
}

fn row(who: u8, place: u32) -> Entry {
    let mut row = said(who, place, Fact::Stage, "");
    row.collection = 16;
    row.fields = vec![
        (Fact::RowNeed.code(), "reading".into()),
        (Fact::RowAction.code(), "tutor".into()),
        (Fact::RowDue.code(), "2026-12-24".into()),
        (Fact::RowStatus.code(), "open".into()),
    ];
    row
}

fn of_row(row: &Entry, who: u8, place: u32, fact: Fact, value: &str) -> Entry {
    with(said(who, place, fact, value), fact_field::SUBJECT, row.id.to_string())
}

/// What holds for the one fact that `entries` are about.
fn outcome(entries: &[Entry]) -> (InForce, Why, bool) {
    outcome_for(entries, &Context::new(&Catalogue::shipped().unwrap()))
}

fn outcome_for(entries: &[Entry], context: &Context<'_>) -> (InForce, Why, bool) {
    let resolved = resolve_all(entries, context);
    let [only] = resolved.as_slice() else { panic!("one fact expected: {resolved:?}") };
    (only.in_force.clone(), only.why, only.disputed)
}

fn words(in_force: &InForce) -> Vec<String> {
    in_force.held().iter().filter_map(|held| held.value.as_text().map(str::to_owned)).collect()
}

/// The words that hold and why, of rivals who saw nothing of each other.
fn rivals(entries: &[Entry]) -> (Vec<String>, Why) {
    let (in_force, why, disputed) = outcome(entries);
    assert!(disputed);
    (words(&in_force), why)
}

fn conflicts_of(entries: &[Entry]) -> Vec<Conflict> {
    conflicts(entries, &Context::new(&Catalogue::shipped().unwrap()))
}

#[test]
fn the_higher_stage_holds_with_its_frameworks_name() {
    let entries = [stage(ANNA, 1, "2"), stage(BEN, 2, "3"), stage(CARA, 3, "1")];
    let (in_force, why, disputed) = outcome(&entries);
    assert!(disputed);
    assert_eq!((words(&in_force), why), (vec!["3".to_owned()], Why::Highest));
    assert_eq!(in_force.one().unwrap().label.as_deref(), Some("Stage 3"));
    assert_eq!(in_force.one().unwrap().by, Some(person(BEN)));
}

#[test]
fn stages_of_unlike_or_unknown_frameworks_are_all_shown() {
    let neighbour = |place, code: &str, framework: &str| {
        with(said(BEN, place, Fact::Stage, code), fact_field::FRAMEWORK, framework)
    };
    let unlike = [
        stage(ANNA, 1, "1"),
        stage(CARA, 2, "2"),
        neighbour(3, "universal", "four-stage-neighbour"),
    ];
    assert_eq!(rivals(&unlike), (vec!["universal".into(), "2".into()], Why::UnlikeFrameworks));

    let unknown = [stage(ANNA, 1, "3"), stage(BEN, 2, "9"), neighbour(3, "blue", "the-moon")];
    let (in_force, why, _) = outcome(&unknown);
    assert_eq!(
        (words(&in_force), why),
        (vec!["blue".into(), "9".into(), "3".into()], Why::UnknownWord)
    );
    let marks: Vec<_> = in_force.held().iter().map(|held| held.known).collect();
    assert_eq!(marks, [false, false, true]);

    let same_word = [stage(ANNA, 1, "1"), neighbour(2, "1", "the-moon")];
    assert!(outcome(&same_word).2, "equal words of unlike frameworks are unlike values");
}

#[test]
fn an_assertion_without_framework_is_read_in_the_records_own() {
    let catalogue = Catalogue::shipped().unwrap();
    let entries = [said(ANNA, 1, Fact::Stage, "1"), stage(BEN, 2, "1")];
    let bare = Context::new(&catalogue);
    assert!(outcome_for(&entries, &bare).2);
    let own = Context { framework: Some("east-lothian"), ..bare };
    assert!(!outcome_for(&entries, &own).2);
}

#[test]
fn the_highest_risk_the_least_finished_and_the_worst_rating_hold() {
    let two = |fact, a: &str, b: &str| rivals(&[said(ANNA, 1, fact, a), said(BEN, 2, fact, b)]).0;
    assert_eq!(two(Fact::Risk, "critical", "low"), ["critical"]);
    assert_eq!(two(Fact::VisitRisk, "dog", "violence"), ["violence"]);
    assert_eq!(two(Fact::RowStatus, "done", "in_progress"), ["in_progress"]);
    assert_eq!(two(Fact::RowStatus, "cancelled", "done"), ["done"]);
    assert_eq!(two(Fact::RowRating, "green", "red"), ["red"]);
    assert_eq!(two(Fact::CaseState, "open", "closed"), ["open"]);
    assert_eq!(two(Fact::Member, "member", "left"), ["member"]);
    assert_eq!(two(Fact::Risk, "low", "purple"), ["purple", "low"]);
}

#[test]
fn each_order_says_in_its_own_words_why_a_value_holds() {
    let why = |fact, a: &str, b: &str| rivals(&[said(ANNA, 1, fact, a), said(BEN, 2, fact, b)]).1;
    assert_eq!(why(Fact::Risk, "critical", "low"), Why::Highest);
    assert_eq!(why(Fact::RowStatus, "done", "in_progress"), Why::LeastFinished);
    assert_eq!(why(Fact::RowRating, "green", "red"), Why::MostWorrying);
    assert_eq!(why(Fact::CaseState, "open", "closed"), Why::StillOpen);
    assert_eq!(why(Fact::Member, "member", "left"), Why::StillMember);
}

#[test]
fn suspected_harm_holds_and_only_the_entitled_lift_it() {
    let yes = said(ANNA, 1, Fact::HarmSuspected, true);
    let no = replacing(said(BEN, 2, Fact::HarmSuspected, false), &[&yes]);
    let catalogue = Catalogue::shipped().unwrap();
    let entries = [yes, no];

    let anybody = Context::new(&catalogue);
    assert_eq!(outcome_for(&entries, &anybody).0.one().unwrap().value, Value::Bool(false));

    let nobody = Context { may_replace: &|_, _| false, ..anybody };
    let (in_force, why, disputed) = outcome_for(&entries, &nobody);
    assert!(disputed);
    assert_eq!((in_force.one().unwrap().value.clone(), why), (Value::Bool(true), Why::YesHolds));
    let lead = Context { may_replace: &|by, _| by.entry.by == person(BEN), ..anybody };
    assert!(!outcome_for(&entries, &lead).2);
}

#[test]
fn yes_shields_and_excludes_but_naming_takes_both() {
    let about = |entry| with(entry, fact_field::SUBJECT, "user");
    let two = |fact| {
        let entries = [about(said(ANNA, 1, fact, true)), about(said(BEN, 2, fact, false))];
        let (in_force, why, _) = outcome(&entries);
        (in_force.one().unwrap().value.clone(), why)
    };
    assert_eq!(two(Fact::Shielded), (Value::Bool(true), Why::YesHolds));
    assert_eq!(two(Fact::Excluded), (Value::Bool(true), Why::YesHolds));
    assert_eq!(two(Fact::Named), (Value::Bool(false), Why::NoHolds));
}

#[test]
fn the_narrowest_consent_of_one_giver_holds() {
    let (health, police) = (AgencyId::from_slug("health"), AgencyId::from_slug("police"));
    let but = |agency| ConsentScope::all_except([agency]).to_string();
    let scope = |scopes: &[&str]| {
        let entries: Vec<_> =
            scopes.iter().zip(1..).map(|(scope, n)| consent(ANNA, n, CHILD, scope)).collect();
        outcome(&entries).0
    };
    let both = ConsentScope::all_except([health, police]);
    assert_eq!(scope(&["all", &but(health), &but(police)]), InForce::Combined(both));
    assert_eq!(scope(&["all", "none"]), InForce::Combined(ConsentScope::None));
    assert_eq!(scope(&["all"]), InForce::Combined(ConsentScope::All));
    assert_eq!(scope(&["all", "perhaps"]), InForce::Combined(ConsentScope::None));
    assert_eq!(scope(&["perhaps"]), InForce::Combined(ConsentScope::None));
}

#[test]
fn a_scope_of_consent_has_one_spelling() {
    let agencies = ["health", "police", "education"].map(AgencyId::from_slug);
    let scope = ConsentScope::all_except(agencies);
    assert_eq!(scope.to_string().parse(), Ok(scope.clone()));
    assert!(agencies.iter().all(|agency| !scope.allows(agency)));
    assert!(scope.allows(&AgencyId::from_slug("housing")));
    assert_eq!(ConsentScope::all_except([]), ConsentScope::All);
    let [a, b] = [agencies[0], agencies[1]];
    let (low, high) = (a.min(b), a.max(b));
    for wrong in
        ["", "ALL", "all except ", "all except health", &format!("all except {high},{low}")]
    {
        assert_eq!(wrong.parse::<ConsentScope>(), Err(NotAScope), "{wrong}");
    }
}

#[test]
fn givers_combine_by_the_frameworks_rule_of_capacity() {
    let catalogue = Catalogue::shipped().unwrap();
    let entries = [consent(ANNA, 1, CHILD, "all"), consent(ANNA, 2, "parent", "none")];
    let givers = consents(&entries, &Context::new(&catalogue));
    let scotland = catalogue.editions("east-lothian").next().unwrap().consent.as_ref();
    let england = catalogue.editions("england-caf").next().unwrap().consent.as_ref();
    let at = |givers: &[GiverConsent], age, rule| {
        let combined = combine_consent(givers, age, rule);
        (combined.scope, combined.in_doubt)
    };
    assert_eq!(at(&givers, Some(12), scotland), (Some(ConsentScope::All), false));
    assert_eq!(at(&givers, Some(11), scotland), (Some(ConsentScope::None), true));
    assert_eq!(at(&givers, None, scotland), (Some(ConsentScope::None), true));
    assert_eq!(at(&givers, Some(15), england), (Some(ConsentScope::None), true));
    assert_eq!(at(&[], Some(12), scotland), (None, true));
    let parent_only: Vec<_> = givers.iter().filter(|g| g.giver == "parent").cloned().collect();
    assert_eq!(at(&parent_only, Some(12), scotland), (Some(ConsentScope::None), true));
    assert!(combine_consent(&givers, None, scotland).without_consent.unwrap().contains("harm"));
}

#[test]
fn the_earliest_day_holds_and_an_unreadable_one_is_not_dropped() {
    let due = |place, day: &str| said(ANNA, place, Fact::ReviewDate, day);
    let (held, why) = rivals(&[due(1, "2026-12-01"), due(2, "2026-11-30"), due(3, "2027-01-01")]);
    assert_eq!((held, why), (vec!["2026-11-30".into()], Why::EarliestDay));
    let (held, why) = rivals(&[due(1, "2026-12-01"), due(2, "soon")]);
    assert_eq!((held, why), (vec!["soon".into(), "2026-12-01".into()], Why::UnknownWord));
}

#[test]
fn of_rival_lead_professionals_the_one_before_them_holds() {
    let before = lead(ANNA, 1, 7);
    let later = replacing(lead(ANNA, 2, 8), &[&before]);
    let ben = replacing(lead(BEN, 3, 9), &[&later]);
    let cara = replacing(lead(CARA, 4, 10), &[&later]);
    let (in_force, why, disputed) = outcome(&[before.clone(), later, ben, cara]);
    assert!(disputed);
    assert_eq!(in_force.one().unwrap().value, Value::Bytes(vec![8; 16]));
    assert_eq!(why, Why::BeforeDispute);

    let strangers = [lead(BEN, 1, 9), lead(CARA, 2, 10)];
    assert_eq!(outcome(&strangers), (InForce::Nobody, Why::NothingCommon, true));
}

#[test]
fn the_more_protective_status_holds_and_equal_ranks_are_shown() {
    let status = |who, place, fact, code: &str| {
        with(said(who, place, fact, code), fact_field::FRAMEWORK, "east-lothian")
    };
    let two = |fact, a: &str, b: &str| rivals(&[status(ANNA, 1, fact, a), status(BEN, 2, fact, b)]);
    let held = |fact, a, b| two(fact, a, b).0;
    assert_eq!(
        held(Fact::LegalStatus, "cso", "child_protection_order"),
        ["child_protection_order"]
    );
    assert_eq!(held(Fact::Registration, "registered", "not_registered"), ["registered"]);
    assert_eq!(held(Fact::LookedAfter, "foster", "at_home"), ["foster"]);
    assert_eq!(
        two(Fact::LookedAfter, "foster", "kinship"),
        (vec!["kinship".into(), "foster".into()], Why::EqualRank)
    );
}

#[test]
fn a_confidential_address_withholds_every_address_from_all_but_named_people() {
    let address = |who, place, text: &str| {
        with(said(who, place, Fact::Address, text), fact_field::SUBJECT, CHILD)
    };
    let open = [address(ANNA, 1, "1 High Street"), address(BEN, 2, "2 Low Road")];
    assert_eq!(rivals(&open).0, ["2 Low Road", "1 High Street"]);

    let refuge = with(address(CARA, 3, "a refuge"), fact_field::CONFIDENTIAL, true);
    let refuge = with(refuge, fact_field::REASON, "she fled to a refuge");
    let entries = [open[0].clone(), refuge];
    let catalogue = Catalogue::shipped().unwrap();
    let reader = Context::new(&catalogue);
    assert_eq!(outcome_for(&entries, &reader).0, InForce::Withheld);
    assert_eq!(outcome_for(&entries[1..], &reader), (InForce::Withheld, Why::Confidential, false));
    let shown = serde_json::to_string(&(
        resolve_all(&entries, &reader),
        conflicts(&entries, &reader),
        notices_for(&person(ANNA), &entries, &reader),
    ));
    assert!(!shown.unwrap().contains("refuge"));
    let named = Context { addresses: Addresses::All, ..reader };
    assert_eq!(words(&outcome_for(&entries, &named).0), ["a refuge", "1 High Street"]);
}

#[test]
fn other_facts_are_shown_newest_first_and_unsent_ones_last() {
    let school = |place, name: &str| said(ANNA, place, Fact::School, name);
    let mut unsent = school(9, "North");
    unsent.position = None;
    let entries = [school(1, "East"), unsent, school(2, "West")];
    let (in_force, why, _) = outcome(&entries);
    assert_eq!(
        (words(&in_force), why),
        (vec!["West".into(), "East".into(), "North".into()], Why::AllShown)
    );
    assert!(in_force.held()[2].unsent);
}

#[test]
fn a_row_holds_what_it_began_with_until_somebody_asserts() {
    let row = row(ANNA, 1);
    let catalogue = Catalogue::shipped().unwrap();
    let context = Context::new(&catalogue);
    let id = row.id.to_string();
    let base = row.field(Fact::RowDue.code());
    let untouched = resolve(Fact::RowDue, &id, &[], base, &context);
    assert_eq!(
        (words(&untouched.in_force), untouched.why),
        (vec!["2026-12-24".into()], Why::Initial)
    );

    let alone = [row.clone()];
    let all = resolve_all(&alone, &context);
    let began: Vec<_> = all.iter().map(|r| (r.fact, r.why)).collect();
    let facts = [Fact::RowNeed, Fact::RowAction, Fact::RowDue, Fact::RowStatus];
    assert_eq!(began, facts.map(|fact| (fact, Why::Initial)));

    let later = of_row(&row, BEN, 2, Fact::RowDue, "2027-01-31");
    let asserted = resolve(Fact::RowDue, &id, &[later.assertion().unwrap()], base, &context);
    assert_eq!(words(&asserted.in_force), ["2027-01-31"]);
    let other = resolve(Fact::RowDue, "another row", &[later.assertion().unwrap()], None, &context);
    assert_eq!(other.in_force, InForce::Nobody);

    let rival = of_row(&row, CARA, 3, Fact::RowDue, "2026-11-30");
    let found = conflicts_of(&[row, later, rival]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].severity, words(&found[0].in_force)),
        (Severity::Routine, vec!["2026-11-30".into()])
    );
}

#[test]
fn only_known_older_assertions_of_the_same_fact_are_replaced() {
    let risk = said(ANNA, 1, Fact::Risk, "high");
    let school = said(ANNA, 2, Fact::School, "East");
    let mut wild =
        replacing(said(BEN, 3, Fact::Risk, "low"), &[&school, &said(CARA, 99, Fact::Risk, "low")]);
    wild.replaces.push(wild.id);
    let catalogue = Catalogue::shipped().unwrap();
    let entries = [risk, school, wild];
    let resolved = resolve_all(&entries, &Context::new(&catalogue));
    let standing: Vec<_> = resolved.iter().map(|r| (r.fact, r.standing.len())).collect();
    assert_eq!(standing, [(Fact::School, 1), (Fact::Risk, 2)]);
}

#[test]
fn a_circle_of_replacements_hides_nothing() {
    let mut a = said(ANNA, 1, Fact::Risk, "high");
    let b = replacing(said(BEN, 2, Fact::Risk, "low"), &[&a]);
    a.replaces = vec![b.id];
    let c = said(CARA, 3, Fact::Risk, "moderate");
    assert_eq!(rivals(&[a.clone(), b.clone(), c]).0, ["high"]);
    assert_eq!(conflicts_of(&[a, b])[0].rivals.len(), 2);
}

#[test]
fn a_long_history_is_followed_without_recursion() {
    let mut entries: Vec<Entry> = Vec::new();
    for place in 1..=20_000 {
        let next = said(ANNA, place, Fact::Risk, if place % 2 == 0 { "low" } else { "high" });
        let seen: Vec<_> = entries.last().into_iter().collect();
        let next = replacing(next, &seen);
        entries.push(next);
    }
    assert_eq!(words(&outcome(&entries).0), ["low"]);
}

//! A framework may narrow who sees what, never widen it: of all that access depends on, it decides
//! only whose consent counts, and consent can only take away.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::framework::Catalogue;
use crate::ids::{Actor, EntryId};
use crate::policy::{Principal, Role, readable_scopes, sees_directory};
use crate::record::entry::Entry;
use crate::record::envelope::Envelope;
use crate::record::schema::{FACTS, fact_field};

const HERE: ClusterId = ClusterId::from_bytes([1; 16]);
const CASE: CaseId = CaseId::from_bytes([9; 16]);
const AGENCIES: [&str; 3] = ["health", "social-work", "police"];

fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

/// Persons 1 to 3, of an agency each.
fn people() -> People {
    let agency = |n: u8| AgencyId::from_slug(AGENCIES[usize::from(n) - 1]);
    (1..=3).map(|n| (user(n), agency(n))).collect()
}

/// What somebody says: of which fact, about whom, what, and how many of the earlier ones it replaces.
type Said = (Fact, String, Value, usize);

fn said() -> impl Strategy<Value = Said> {
    let about = (1_u8..=3).prop_map(|n| user(n).to_string());
    let scope = select(vec![
        "all".to_owned(),
        "none".to_owned(),
        format!("all except {}", AgencyId::from_slug("health")),
        format!("all except {}", AgencyId::from_slug("police")),
    ]);
    let giver = select(vec!["child".to_owned(), "mother".to_owned()]);
    let member = select(vec!["left", "provisional", "member"]);
    let one = prop_oneof![
        (about.clone(), member).prop_map(|(who, state)| (Fact::Member, who, state.into())),
        (about.clone(), any::<bool>()).prop_map(|(who, yes)| (Fact::Excluded, who, yes.into())),
        (about, any::<bool>()).prop_map(|(who, yes)| (Fact::Named, who, yes.into())),
        any::<bool>().prop_map(|yes| (Fact::Shielded, String::new(), yes.into())),
        (1_u8..=3).prop_map(|n| {
            (Fact::LeadProfessional, String::new(), Value::Bytes(user(n).as_bytes().to_vec()))
        }),
        (giver, scope).prop_map(|(giver, scope)| (Fact::Consent, giver, scope.into())),
        select(vec!["2008-01-01", "2024-01-01"]).prop_map(|day| (
            Fact::BirthDate,
            String::new(),
            day.into()
        )),
        select(vec!["1", "4"]).prop_map(|stage| (Fact::Stage, String::new(), stage.into())),
    ];
    (one, 0_usize..3).prop_map(|((fact, about, value), replaces)| (fact, about, value, replaces))
}

/// The case's own record in a place, with what was said there.
fn record(place: Compartment, said: &[Said]) -> Folded {
    let id = |n: usize| EntryId { actor: Actor::from_bytes([7; 16]), seq: n as u32 + 1, n: 0 };
    let entry = |(n, (fact, subject, value, replaces)): (usize, &Said)| {
        let fields = vec![
            (fact_field::FACT, Value::Int(fact.code().into())),
            (fact_field::SUBJECT, subject.as_str().into()),
            (fact_field::VALUE, value.clone()),
        ];
        let earlier = (n.saturating_sub(*replaces)..n).map(id).collect();
        Entry {
            id: id(n),
            collection: FACTS,
            fields,
            replaces: earlier,
            by: user(1),
            at: Timestamp(n as i64),
            clock_ahead_ms: 0,
            position: Some(n as u32 + 1),
            text: None,
        }
    };
    let entries: Vec<_> = said.iter().enumerate().map(entry).collect();
    Folded { envelope: Envelope::of_case(CASE, place), placed: entries.len(), entries }
}

fn context(own: &[Folded], catalogue: &Catalogue, framework: Option<&str>) -> CaseContext {
    let own: Vec<_> = own.iter().collect();
    let merging = Context { framework, ..Context::new(catalogue) };
    let now = Timestamp(1_795_000_000_000);
    case_context(CASE, HERE, &own, &BTreeSet::new(), &people(), &merging, now)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_framework_never_widens(
        team in prop::collection::vec(said(), 0..12),
        protection in prop::collection::vec(said(), 0..5),
    ) {
        let catalogue = Catalogue::shipped().unwrap();
        let own = [record(Compartment::Team, &team), record(Compartment::Protection, &protection)];
        let bare = context(&own, &catalogue, None);
        // Nobody's consent counts against anybody: the widest that the rules know.
        let widest = CaseContext { withheld_agencies: BTreeSet::new(), ..bare.clone() };
        for framework in catalogue.ids() {
            let local = context(&own, &catalogue, Some(framework));
            let withheld = local.withheld_agencies.clone();
            let same = CaseContext { withheld_agencies: withheld, ..bare.clone() };
            prop_assert_eq!(&local, &same, "{} decides more than whose consent counts", framework);
            for (who, agency) in people() {
                for role in Role::ALL {
                    let who = Principal::new(who, agency).with(HERE, role);
                    let may = readable_scopes(&who, &widest);
                    prop_assert!(readable_scopes(&who, &local).iter().all(|it| may.contains(it)));
                    prop_assert!(!sees_directory(&who, &local) || sees_directory(&who, &widest));
                }
            }
        }
    }
}

/// Whoever gives access another fact to depend on must name it where a case is read.
#[test]
fn access_depends_on_no_fact_that_is_not_read() {
    let catalogue = Catalogue::shipped().unwrap();
    let merging = Context::new(&catalogue);
    let values = [true.into(), Value::Bytes(user(1).as_bytes().to_vec()), "member".into()];
    for fact in Fact::ALL.iter().filter(|fact| !super::FACTS.contains(fact)) {
        for (value, about) in
            values.iter().flat_map(|it| [(it, String::new()), (it, user(1).to_string())])
        {
            let said = record(Compartment::Protection, &[(*fact, about, value.clone(), 0)]);
            let mut noted = CaseContext::new(CASE, HERE);
            for resolved in crate::merge::resolve_all(&said.entries, &merging) {
                note(&mut noted, &resolved, Compartment::Protection, &people());
            }
            assert_eq!(noted, CaseContext::new(CASE, HERE), "{fact:?}");
        }
    }
}

/// A slip in the year gives no age: it must not make the other day the only one.
#[test]
fn in_doubt_whether_a_child_was_born_yet_nobody_knows_its_age() {
    let catalogue = Catalogue::shipped().unwrap();
    let born = |day: &str| (Fact::BirthDate, String::new(), day.into(), 0);
    let age = |said: &[Said]| {
        let now = Timestamp(1_795_000_000_000);
        child_age_years(&record(Compartment::Team, said), &Context::new(&catalogue), now)
    };
    assert_eq!(age(&[born("2013-05-01")]), Some(13));
    assert_eq!(age(&[born("2013-05-01"), born("2015-05-01")]), Some(11), "the younger");
    assert_eq!(age(&[born("2013-05-01"), born("2033-05-01")]), None);
}

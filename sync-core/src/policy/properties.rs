//! Promises over any person and any case, not only those of the table.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::ids::{AgencyId, CaseId, ClusterId, UserId};
use crate::record::kind::{Compartment, Kind};

fn user() -> impl Strategy<Value = UserId> {
    (1_u8..5).prop_map(|n| UserId::from_bytes([n; 16]))
}

fn agency() -> impl Strategy<Value = AgencyId> {
    select(vec!["health", "social-work", "police"]).prop_map(AgencyId::from_slug)
}

fn cluster() -> impl Strategy<Value = ClusterId> {
    prop_oneof![4 => Just(1_u8), 1 => Just(2)].prop_map(|n| ClusterId::from_bytes([n; 16]))
}

prop_compose! {
    fn principal()(
        user in user(),
        agency in agency(),
        roles in prop::collection::vec((cluster(), select(Role::ALL.to_vec())), 0..4),
    ) -> Principal {
        roles.into_iter().fold(Principal::new(user, agency), |it, (at, role)| it.with(at, role))
    }
}

prop_compose! {
    fn member()(agency in agency(), full in any::<bool>()) -> Member {
        let state = if full { MemberState::Member } else { MemberState::Provisional };
        Member { state, agency }
    }
}

prop_compose! {
    fn case()(
        members in prop::collection::btree_map(user(), member(), 0..4),
        excluded in prop::collection::btree_set(user(), 0..2),
        named in prop::collection::btree_set(user(), 0..3),
        named_person in prop::option::of(user()),
        lead_professional in prop::option::of(user()),
        shielded in any::<bool>(),
        withheld_agencies in prop::collection::btree_set(agency(), 0..2),
        agencies_on_case in prop::collection::btree_set(agency(), 0..3),
        agencies_with_records in prop::collection::btree_set(agency(), 0..3),
        creator in prop::option::of(user()),
    ) -> CaseContext {
        CaseContext {
            members, excluded, named, named_person, lead_professional, shielded,
            withheld_agencies, agencies_on_case, agencies_with_records, creator,
            ..CaseContext::new(CaseId::from_bytes([9; 16]), ClusterId::from_bytes([1; 16]))
        }
    }
}

fn compartment() -> impl Strategy<Value = Compartment> {
    prop_oneof![
        Just(Compartment::Team),
        agency().prop_map(Compartment::Agency),
        Just(Compartment::Protection),
    ]
}

prop_compose! {
    fn record()(
        kind in select(Kind::ALL.to_vec()),
        compartment in compartment(),
        created_by in prop::option::of(user()),
        referred_by in prop::option::of(user()),
    ) -> RecordFacts {
        let [created_by, referred_by] =
            [created_by, referred_by].map(|it| it.filter(|_| kind != Kind::Case));
        RecordFacts { kind, compartment, created_by, referred_by }
    }
}

fn action() -> impl Strategy<Value = Action> {
    let facts = select(crate::record::schema::Fact::ALL.to_vec());
    let value = prop_oneof![
        any::<bool>().prop_map(crate::record::value::Value::from),
        select(vec!["left", "member", "provisional", "open", "closed"])
            .prop_map(crate::record::value::Value::from),
    ];
    prop_oneof![
        Just(Action::FindInDirectory),
        door().prop_map(|door| Action::Read { door }),
        Just(Action::BreakGlass),
        Just(Action::SeeConflict),
        compartment().prop_map(|compartment| Action::SeeConflictCount { compartment }),
        (select(Kind::ALL.to_vec()), compartment())
            .prop_map(|(kind, compartment)| Action::Create { kind, compartment }),
        (1_u8..24).prop_map(|collection| Action::AddEntry { collection }),
        (facts.clone(), prop::option::of(user()), value, any::<bool>()).prop_map(
            |(fact, subject, value, confidential)| Action::Assert {
                fact,
                subject,
                value,
                confidential
            }
        ),
        (facts, any::<bool>())
            .prop_map(|(fact, all_rivals_own)| Action::Settle { fact, all_rivals_own }),
        any::<bool>().prop_map(|author_of_rival| Action::ReplaceHarmYes { author_of_rival }),
        any::<bool>().prop_map(|undone| Action::Join { undone }),
        Just(Action::Review),
        (compartment(), 0..100_000_000_i64).prop_map(|(to, age_ms)| Action::Share { to, age_ms }),
        (0..100_000_000_i64).prop_map(|age_ms| Action::Rehome { age_ms }),
    ]
}

fn door() -> impl Strategy<Value = Door> {
    select(vec![Door::Standing, Door::Glass, Door::Request])
}

fn holds(principal: &Principal, role: Role) -> bool {
    principal.memberships.iter().any(|held| held.role == role)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn who_is_excluded_is_answered_as_if_nothing_were_there(
        who in principal(), mut case in case(), record in record(), action in action(),
    ) {
        case.excluded.insert(who.user);
        prop_assert_eq!(decide(&who, &case, Some(&record), &action), Err(Denied::NotFound));
        prop_assert!(readable_scopes(&who, &case).is_empty() && !sees_directory(&who, &case));
    }

    #[test]
    fn chiefs_and_administrators_have_no_part_in_a_case(
        who in principal(), case in case(), record in record(), action in action(),
        role in select(vec![Role::Chief, Role::Admin]), at in cluster(),
    ) {
        let who = who.with(at, role);
        prop_assert_eq!(decide(&who, &case, Some(&record), &action), Err(Denied::NotFound));
        prop_assert!(readable_scopes(&who, &case).is_empty() && !sees_directory(&who, &case));
    }

    #[test]
    fn a_withheld_agency_does_not_read_the_team(
        who in principal(), mut case in case(), record in record(), door in door(),
    ) {
        case.withheld_agencies.insert(who.agency);
        let record = RecordFacts { compartment: Compartment::Team, ..record };
        let read = decide(&who, &case, Some(&record), &Action::Read { door });
        // The referrer's own concern, the duty officer's glass and a governance request stay.
        let ground = read.ok().map(|allowed| allowed.ground);
        let stays = [None, Some(Ground::Author), Some(Ground::Governance), Some(Ground::Glass)];
        prop_assert!(stays.contains(&ground), "{:?}", ground);
        prop_assert!(ground != Some(Ground::Glass) || holds(&who, Role::Duty));
        prop_assert!(!readable_scopes(&who, &case).contains(&Compartment::Team));
    }

    #[test]
    fn a_shielded_case_is_not_there_for_people_outside(
        who in principal(), mut case in case(), record in record(), action in action(),
    ) {
        case.shielded = true;
        let inside = case.members.contains_key(&who.user)
            || case.named.contains(&who.user)
            || case.named_person == Some(who.user);
        let verdict = decide(&who, &case, Some(&record), &action);
        prop_assert!(inside || verdict == Err(Denied::NotFound), "{:?}", verdict);
        prop_assert!(inside || !sees_directory(&who, &case));
    }

    #[test]
    fn narrowing_never_widens_reading(
        who in principal(), case in case(), record in record(), door in door(),
        excluded in user(), withheld in agency(), shielded in any::<bool>(),
    ) {
        let mut narrower = case.clone();
        narrower.excluded.insert(excluded);
        narrower.withheld_agencies.insert(withheld);
        narrower.shielded |= shielded;
        let read = Action::Read { door };
        let after = decide(&who, &narrower, Some(&record), &read);
        prop_assert!(after.is_err() || decide(&who, &case, Some(&record), &read).is_ok());
        let before: BTreeSet<_> = readable_scopes(&who, &case).into_iter().collect();
        prop_assert!(readable_scopes(&who, &narrower).iter().all(|it| before.contains(it)));
    }

    #[test]
    fn leaving_the_team_ends_what_membership_gave(
        who in principal(), mut case in case(), record in record(),
    ) {
        case.members.remove(&who.user);
        case.named.remove(&who.user);
        case.named_person = case.named_person.filter(|user| *user != who.user);
        let read = decide(&who, &case, Some(&record), &Action::Read { door: Door::Standing });
        let ground = read.ok().map(|allowed| allowed.ground);
        let stays =
            [None, Some(Ground::Author), Some(Ground::AgencyLead), Some(Ground::ClusterLead)];
        prop_assert!(stays.contains(&ground), "{:?}", ground);
    }

    /// The leads learn from what they may do that somebody is named; nobody else learns anything.
    #[test]
    fn whom_the_lists_hold_shows_in_nobody_elses_answers(
        mut who in principal(), mut case in case(), record in record(), action in action(),
        excluded in user(), named in user(),
    ) {
        who.memberships.retain(|held| !matches!(held.role, Role::ClusterLead | Role::Deputy));
        case.lead_professional = case.lead_professional.filter(|user| *user != who.user);
        let mut other = case.clone();
        other.excluded.extend(Some(excluded).filter(|user| *user != who.user));
        other.named.extend(Some(named).filter(|user| *user != who.user));
        let answer = decide(&who, &case, Some(&record), &action);
        prop_assert_eq!(decide(&who, &other, Some(&record), &action), answer);
    }

    #[test]
    fn nobody_lets_themselves_in(who in principal(), case in case(), at in compartment()) {
        let (kind, compartment) = (Kind::Case, at);
        let record = RecordFacts { kind, compartment, created_by: None, referred_by: None };
        let before = readable_scopes(&who, &case);
        let named = Action::assert_of(crate::record::schema::Fact::Named, who.user, true);
        let names = decide(&who, &case, Some(&record), &named).is_ok();
        prop_assert!(!names || before.contains(&Compartment::Protection));
        let joins = decide(&who, &case, Some(&record), &Action::add_member(who.user)).is_ok();
        prop_assert!(!joins || before.contains(&Compartment::Team));
    }
}

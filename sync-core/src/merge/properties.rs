//! What must hold for every history of every sort of fact, in whatever order it arrives.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::tests::{ANNA, CARA, person, replacing, said, with};
use super::*;
use crate::ids::{AgencyId, EntryId};
use crate::record::entry::Entry;
use crate::record::schema::Fold;
use crate::record::value::Value;

/// Facts of every fold, each with values from the least to the most safe.
fn facts() -> Vec<(Fact, Vec<Value>)> {
    let words = |words: &[&str]| words.iter().map(|word| Value::from(*word)).collect();
    let but = |slug| ConsentScope::all_except([AgencyId::from_slug(slug)]).to_string();
    vec![
        (Fact::Stage, words(&["1", "2", "3"])),
        (Fact::Risk, words(&["low", "moderate", "high", "critical"])),
        (Fact::RowStatus, words(&["cancelled", "done", "in_progress", "open"])),
        (Fact::HarmSuspected, vec![false.into(), true.into()]),
        (Fact::Named, vec![true.into(), false.into()]),
        (Fact::ReviewDate, words(&["2027-01-31", "2026-12-01", "2026-11-30"])),
        (Fact::LegalStatus, words(&["none", "cso", "child_protection_order"])),
        (Fact::Consent, words(&["all", &but("health"), &but("police"), "none"])),
        (Fact::LeadProfessional, (1..4).map(|n| Value::Bytes(vec![n; 16])).collect()),
        (Fact::Address, words(&["East", "West"])),
        (Fact::School, words(&["East", "West", "North"])),
    ]
}

/// One fact's history: each assertion by somebody, replacing any of the earlier ones; the last of
/// Anna's may still be on her phone.
fn history() -> impl Strategy<Value = (Vec<Entry>, Vec<Value>)> {
    let assertion = (1..=3u8, any::<prop::sample::Index>(), any::<u8>(), any::<u8>());
    let assertions = prop::collection::vec(assertion, 1..9);
    (prop::sample::select(facts()), assertions, 0..10u32).prop_map(|((fact, values), raw, sent)| {
        let mut entries: Vec<Entry> = Vec::new();
        for ((who, value, seen, sparse), place) in raw.into_iter().zip(1..) {
            let entry = said(who, place, fact, values[value.index(values.len())].clone());
            let mut entry = with(entry, fact_field::FRAMEWORK, "east-lothian");
            entry.replaces = subset(&entries, seen & sparse);
            entry.position = entry.position.filter(|_| who != ANNA || place <= sent);
            entries.push(entry);
        }
        (entries, values)
    })
}

fn subset(entries: &[Entry], mask: u8) -> Vec<EntryId> {
    entries.iter().zip(0..).filter(|(_, bit)| mask >> bit & 1 == 1).map(|(e, _)| e.id).collect()
}

/// The same again by the plainest definition.
fn standing(entries: &[Entry]) -> Vec<&Entry> {
    let replaced: BTreeSet<EntryId> = entries.iter().flat_map(|e| e.replaces.clone()).collect();
    entries.iter().filter(|entry| !replaced.contains(&entry.id)).collect()
}

fn values<'a>(entries: &[&'a Entry]) -> BTreeSet<&'a Value> {
    entries.iter().filter_map(|entry| entry.field(fact_field::VALUE)).collect()
}

fn everything(entries: &[Entry], context: &Context<'_>) -> String {
    let notices: Vec<_> =
        (ANNA..=CARA).map(|who| notices_for(&person(who), entries, context)).collect();
    let all = (resolve_all(entries, context), conflicts(entries, context), notices);
    serde_json::to_string(&all).unwrap()
}

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::shipped().unwrap());

fn with_context(
    check: impl FnOnce(&Context<'_>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    check(&Context::new(&SHIPPED))
}

/// An assertion that settles `found` by its newest rival's value, having seen `seen`.
fn settlement(found: &Conflict, seen: Vec<EntryId>) -> Entry {
    let value = found.rivals[0].value.clone().unwrap();
    let entry = said(CARA, 100, found.fact, value);
    let mut entry = with(entry, fact_field::FRAMEWORK, "east-lothian");
    entry.replaces = seen;
    entry
}

/// What holds, without regard to whose and which came first.
fn held(resolved: &Resolved<'_>) -> (BTreeSet<Value>, Option<ConsentScope>) {
    let scope = match &resolved.in_force {
        InForce::Combined(scope) => Some(scope.clone()),
        _ => None,
    };
    (resolved.in_force.held().iter().map(|held| held.value.clone()).collect(), scope)
}

/// A history that shares no entry with another.
fn apart(mut entries: Vec<Entry>) -> Vec<Entry> {
    let move_on = |id: &mut EntryId| id.seq += 50;
    for entry in &mut entries {
        move_on(&mut entry.id);
        entry.replaces.iter_mut().for_each(move_on);
    }
    entries
}

proptest! {
    #[test]
    fn what_is_asked_for_alone_is_what_it_is_among_all(
        (one, _) in history(), (other, _) in history()
    ) {
        let entries = [one, apart(other)].concat();
        with_context(|context| {
            let json = |it: &[Resolved<'_>]| serde_json::to_string(it).unwrap();
            for (fact, _) in facts() {
                let mut among = resolve_all(&entries, context);
                among.retain(|it| it.fact == fact);
                prop_assert_eq!(json(&resolve_of(&[fact], &entries, context)), json(&among));
            }
            let disputed = resolve_all(&entries, context).into_iter().filter(|it| it.disputed);
            let mut expected: Vec<Conflict> = disputed.map(Conflict::from).collect();
            expected.sort_by_key(|conflict| conflict.severity);
            prop_assert_eq!(conflicts(&entries, context), expected);
            Ok(())
        })?;
    }

    #[test]
    fn order_and_repetition_change_nothing(
        ((entries, _), shuffled) in history().prop_flat_map(|history| {
            let twice = [history.0.clone(), history.0.clone()].concat();
            (Just(history), Just(twice).prop_shuffle())
        })
    ) {
        with_context(|context| {
            prop_assert_eq!(everything(&entries, context), everything(&shuffled, context));
            Ok(())
        })?;
    }

    #[test]
    fn nothing_that_stands_is_dropped((entries, _) in history()) {
        with_context(|context| {
            let resolved = &resolve_all(&entries, context)[0];
            let expected: BTreeSet<_> = standing(&entries).iter().map(|entry| entry.id).collect();
            let shown: BTreeSet<_> = resolved.rivals.iter().map(|rival| rival.entry).collect();
            prop_assert_eq!(&shown, &expected);
            prop_assert!(resolved.rivals.iter().all(|rival| rival.value.is_some()));
            prop_assert_eq!(resolved.disputed, values(&standing(&entries)).len() > 1);
            Ok(())
        })?;
    }

    #[test]
    fn the_safest_that_stands_holds((entries, from_least_safe) in history()) {
        with_context(|context| {
            let resolved = &resolve_all(&entries, context)[0];
            let rivals = values(&standing(&entries));
            let safest = from_least_safe.iter().rfind(|value| rivals.contains(value)).unwrap();
            match resolved.fact.fold() {
                Fold::NarrowestConsent => {
                    let InForce::Combined(scope) = &resolved.in_force else { panic!() };
                    for agency in ["health", "police", "housing"].map(AgencyId::from_slug) {
                        let all = rivals.iter().all(|v| ConsentScope::of(v).allows(&agency));
                        prop_assert_eq!(scope.allows(&agency), all);
                    }
                }
                Fold::AllShown | Fold::Address => {
                    let held = held(resolved).0;
                    prop_assert_eq!(held.iter().collect::<BTreeSet<_>>(), rivals);
                }
                Fold::NearestCommon => {
                    prop_assert!(resolved.in_force.held().len() <= 1);
                    if !resolved.disputed {
                        prop_assert_eq!(resolved.in_force.one().map(|h| &h.value), Some(safest));
                    }
                }
                _ => prop_assert_eq!(resolved.in_force.one().map(|h| &h.value), Some(safest)),
            }
            Ok(())
        })?;
    }

    #[test]
    fn equal_values_never_dispute((entries, values) in history()) {
        let mut entries = entries;
        for entry in &mut entries {
            entry.fields.retain(|(code, _)| *code != fact_field::VALUE);
            entry.fields.push((fact_field::VALUE, values[0].clone()));
        }
        with_context(|context| {
            prop_assert!(conflicts(&entries, context).is_empty());
            let told = (ANNA..=CARA).flat_map(|who| notices_for(&person(who), &entries, context));
            prop_assert_eq!(told.count(), 0);
            Ok(())
        })?;
    }

    #[test]
    fn settling_what_stands_leaves_no_conflict((entries, _) in history()) {
        with_context(|context| {
            let mut entries = entries;
            let found = conflicts(&entries, context);
            entries.extend(found.iter().map(|conflict| settlement(conflict, settles(conflict))));
            prop_assert!(conflicts(&entries, context).is_empty());
            Ok(())
        })?;
    }

    #[test]
    fn a_settler_hides_nothing_that_they_had_not_seen((entries, _) in history(), mask: u8) {
        with_context(|context| {
            let found = conflicts(&entries, context);
            let Some(conflict) = found.first() else { return Ok(()) };
            let all = settles(conflict);
            let unseen: Vec<_> = all.iter().zip(0..).filter(|(_, bit)| mask >> bit & 1 == 0).map(|(id, _)| *id).collect();
            let seen = all.iter().filter(|id| !unseen.contains(id)).copied().collect();
            let mut after = entries.clone();
            after.push(settlement(conflict, seen));
            let resolved = &resolve_all(&after, context)[0];
            for id in unseen {
                prop_assert!(resolved.rivals.iter().any(|rival| rival.entry == id));
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_does_not_hold_is_told_once((entries, _) in history()) {
        with_context(|context| {
            let resolved = &resolve_all(&entries, context)[0];
            for who in ANNA..=CARA {
                let told = notices_for(&person(who), &entries, context);
                let ids: BTreeSet<_> = told.iter().map(|notice| notice.id).collect();
                prop_assert_eq!(ids.len(), told.len());
                let (held, scope) = held(resolved);
                let loses = resolved.standing.iter().filter(|a| a.entry.by == person(who)).any(|a| {
                    scope.as_ref().map_or_else(|| !held.contains(a.value), |s| *s != ConsentScope::of(a.value))
                });
                let is_told = told.iter().any(|notice| notice.cause == NoticeCause::NotInForce);
                prop_assert_eq!(is_told, loses);
                prop_assert!(told.iter().all(|n| n.cause == NoticeCause::NotInForce || n.by != [person(who)]));
            }
            Ok(())
        })?;
    }

    #[test]
    fn undoing_a_settlement_restores_what_held((entries, _) in history()) {
        with_context(|context| {
            let found = conflicts(&entries, context);
            let Some(conflict) = found.first() else { return Ok(()) };
            let before = held(&resolve_all(&entries, context)[0]);
            let settled = settlement(conflict, settles(conflict));
            let mut after = [entries.as_slice(), std::slice::from_ref(&settled)].concat();
            match undo(settled.id, &after, "mistaken", context) {
                Ok(drafts) => {
                    for (draft, n) in drafts.iter().zip(0..) {
                        let mut entry = replacing(said(CARA, 101, draft.fact, ""), &[&settled]);
                        entry.id.n = n;
                        entry.fields = draft.fields();
                        after.push(entry);
                    }
                    prop_assert_eq!(held(&resolve_all(&after, context)[0]), before);
                }
                Err(error) => {
                    prop_assert_eq!(error, CannotUndo::NothingBefore);
                    prop_assert_eq!(&conflict.in_force, &InForce::Nobody);
                }
            }
            Ok(())
        })?;
    }
}

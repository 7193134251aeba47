//! Each kind, filled in fully and sparsely: what is shown is what was filled in.

use proptest::prelude::*;

use super::drafts::drafts;
use super::{WORDS, read, record};
use crate::framework::Catalogue;
use crate::merge::Context;
use crate::record::kind::Kind;
use crate::record::kinds::case::{CaseFacts, Identifier, Person};
use crate::record::kinds::{AnyDraft, Draft};
use crate::record::schema;
use crate::view::kinds::{Case, KindView, Said};

fn says<T: Clone>(said: &[Said<T>]) -> Vec<T> {
    said.iter().map(|said| said.says.clone()).collect()
}

macro_rules! same {
    ($draft:ident, $view:ident; $($field:ident),*) => {{
        assert_eq!($view.fixed.details.as_ref().map(|it| it.says.clone()), Some($draft.details()));
        $(assert_eq!(says(&$view.$field), $draft.$field);)*
    }};
}

/// A view shows what its draft says.
fn assert_shown(draft: &AnyDraft, view: &KindView) {
    match (draft, view) {
        (AnyDraft::Concern(d), KindView::Concern(v)) => {
            same!(d, v; indicators, told);
            let harm = v.harm_suspected.in_force.one().and_then(|held| held.value.as_bool());
            assert_eq!(harm, d.harm_suspected);
        }
        (AnyDraft::Assessment(d), KindView::Assessment(v)) => {
            same!(d, v; conclusions);
            let of_element = v.elements.get("safe");
            assert_eq!(of_element.map(|it| says(&it.findings)).unwrap_or_default(), d.findings);
            assert_eq!(of_element.map(|it| says(&it.texts)).unwrap_or_default(), d.texts);
        }
        (AnyDraft::Plan(d), KindView::Plan(v)) => {
            let rows: Vec<_> = v.rows.iter().map(|row| row.began.says.clone()).collect();
            assert_eq!(rows, d.rows);
            assert_eq!(
                v.copy_holders.keys().collect::<Vec<_>>(),
                d.copy_holders.iter().collect::<Vec<_>>()
            );
        }
        (AnyDraft::Intervention(d), KindView::Intervention(v)) => same!(d, v; sessions),
        (AnyDraft::Visit(d), KindView::Visit(v)) => {
            same!(d, v;);
            let narratives: Vec<_> = v.narratives.iter().map(|it| it.says.text.clone()).collect();
            assert_eq!(narratives, d.narrative.clone().into_iter().collect::<Vec<_>>());
        }
        (AnyDraft::Meeting(d), KindView::Meeting(v)) => same!(d, v; attendance, decisions, actions),
        (AnyDraft::Views(d), KindView::Views(v)) => same!(d, v;),
        (AnyDraft::Request(d), KindView::Request(v)) => same!(d, v;),
        (AnyDraft::SharingDecision(d), KindView::SharingDecision(v)) => same!(d, v;),
        (AnyDraft::SignificantEvent(d), KindView::SignificantEvent(v)) => same!(d, v;),
        (AnyDraft::Attachment(d), KindView::Attachment(v)) => same!(d, v;),
        (draft, view) => panic!("a draft of one kind became another: {draft:?} {view:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_filled_in_is_shown(words in "\\PC{0,29}", full in any::<bool>()) {
        for draft in drafts(&words, full) {
            let view = read(&record(draft.kind(), vec![(1, draft.entries())]));
            assert_shown(&draft, &view);
        }
    }

    #[test]
    fn a_draft_in_json_reads_back(words in "\\PC{0,29}", full in any::<bool>()) {
        for draft in drafts(&words, full) {
            let json = serde_json::to_string(&draft).unwrap();
            prop_assert_eq!(serde_json::from_str::<AnyDraft>(&json).unwrap(), draft);
        }
    }
}

#[test]
fn gaelic_arabic_and_emoji_survive() {
    for draft in drafts(WORDS, true) {
        let view = read(&record(draft.kind(), vec![(1, draft.entries())]));
        assert_shown(&draft, &view);
        let shown = serde_json::to_value(&view).unwrap().to_string();
        let digest_only = matches!(draft, AnyDraft::Attachment(_));
        assert!(digest_only || shown.contains("👩‍👧‍👦"), "{shown}");
    }
}

#[test]
fn entries_come_in_schema_order_with_fields_ascending() {
    for draft in drafts("words", true) {
        let entries = draft.entries();
        let order: Vec<u8> = schema::collections(draft.kind()).map(|it| it.code).collect();
        assert!(
            entries.is_sorted_by_key(|entry| order.iter().position(|it| *it == entry.collection))
        );
        assert!(entries.iter().all(|entry| entry.fields.is_sorted_by_key(|(code, _)| *code)));
    }
}

#[test]
fn the_least_that_a_phone_sends_is_enough_and_unknown_words_are_refused() {
    let visit: AnyDraft = serde_json::from_str(r#"{"kind": "visit", "at": 5}"#).unwrap();
    assert_eq!(visit.entries()[0].fields, [(1, 5.into())]);
    assert!(
        serde_json::from_str::<AnyDraft>(r#"{"kind": "visit", "at": 5, "child_sen": true}"#)
            .is_err()
    );
    assert!(serde_json::from_str::<AnyDraft>(r#"{"kind": "visit"}"#).is_err());
    assert!(serde_json::from_str::<AnyDraft>(r#"{"kind": "case"}"#).is_err());
    let plan: AnyDraft = serde_json::from_str(r#"{"kind": "plan"}"#).unwrap();
    assert!(plan.entries().is_empty());
}

#[test]
fn each_kind_has_its_json() {
    for mut draft in drafts("some words", true) {
        // One row shows what every row does.
        if let AnyDraft::Plan(plan) = &mut draft {
            plan.rows.truncate(1);
        }
        let view = read(&record(draft.kind(), vec![(1, draft.entries())]));
        insta::assert_json_snapshot!(draft.kind().name(), view);
    }
}

#[test]
fn a_case_shows_what_whoever_began_it_knew() {
    let facts = CaseFacts {
        given_name: Some("Mòrag".into()),
        birth_date: Some("2019-02-03".parse().unwrap()),
        identifiers: vec![Identifier { scheme: "SCN".into(), number: "123".into() }],
        persons: vec![Person { name: "Iain".into(), relation: "father".into(), born: None }],
        ..CaseFacts::default()
    };
    let folded = record(Kind::Case, vec![(1, facts.entries())]);
    let catalogue = Catalogue::new();
    let case = Case::read(&folded, &Context::new(&catalogue));
    let held = |fact| case.fact(fact).and_then(|it| it.in_force.one()).map(|it| it.value.clone());
    assert_eq!(held(schema::Fact::GivenName), Some("Mòrag".into()));
    assert_eq!(held(schema::Fact::BirthDate), Some("2019-02-03".into()));
    assert_eq!(held(schema::Fact::FamilyName), None);
    assert_eq!(case.persons[0].began.says, facts.persons[0]);
    assert_eq!(case.persons[0].name.in_force.one().unwrap().value, "Iain".into());
    insta::assert_json_snapshot!("case", case);
}

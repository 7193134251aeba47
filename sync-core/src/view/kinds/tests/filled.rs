//! Each kind, filled in fully and sparsely.

use proptest::prelude::*;

use super::{WORDS, entry_id, read, record};
use crate::framework::Catalogue;
use crate::ids::{AgencyId, RecordId};
use crate::merge::Context;
use crate::record::kinds::assessment::{
    AssessmentDraft, Conclusion, Finding, FindingSort, JointText,
};
use crate::record::kinds::attachment::{AttachmentDraft, AttachmentSort};
use crate::record::kinds::case::{CaseFacts, Identifier, Person};
use crate::record::kinds::concern::{ConcernDraft, Indicator, Told};
use crate::record::kinds::intervention::{InterventionDraft, Session};
use crate::record::kinds::meeting::{Attendance, MeetingAction, MeetingDecision, MeetingDraft};
use crate::record::kinds::plan::{ActionStatus, PlanDraft, PlanRow, Rating};
use crate::record::kinds::request::RequestDraft;
use crate::record::kinds::sharing_decision::{Basis, SharingDecisionDraft};
use crate::record::kinds::significant_event::SignificantEventDraft;
use crate::record::kinds::views::{How, ViewsDraft};
use crate::record::kinds::visit::VisitDraft;
use crate::record::kinds::{AnyDraft, Digest, Draft};
use crate::record::schema;
use crate::time::{Date, Timestamp};
use crate::view::kinds::{Case, KindView, Said};

const NOON: Timestamp = Timestamp(1_700_000_000_000);

/// One draft a kind with these words in it; what may be left open is, unless `full`.
fn drafts(words: &str, full: bool) -> Vec<AnyDraft> {
    let text = || words.to_owned();
    let may = || full.then(text);
    let day: Option<Date> = full.then(|| "2026-12-01".parse().unwrap());
    vec![
        concern(words, full).into(),
        assessment(words, full).into(),
        PlanDraft {
            rows: rows(words, full),
            review_date: day,
            copy_holders: may().into_iter().filter(|it| !it.is_empty()).collect(),
        }
        .into(),
        InterventionDraft {
            what: text(),
            plan: full.then(|| RecordId::from_bytes([3; 16])),
            row: full.then(|| entry_id(2, 1, 0)),
            from: day,
            sessions: full
                .then(|| Session { at: NOON, minutes: Some(45), note: may() })
                .into_iter()
                .collect(),
            effect: full.then_some(2),
            cost_band: may(),
        }
        .into(),
        visit(words, full).into(),
        meeting(words, full).into(),
        ViewsDraft {
            whose: "child".into(),
            how: if full { How::Drawn } else { How::Observed },
            language: may(),
            interpreter: may(),
            alone: full.then_some(false),
            with: may(),
            words: may(),
        }
        .into(),
        RequestDraft {
            to: AgencyId::from_slug("health"),
            reason: text(),
            to_name: may(),
            response_due: day,
        }
        .into(),
        SharingDecisionDraft {
            what: text(),
            record: full.then(|| RecordId::from_bytes([3; 16])),
            to: text(),
            purpose: text(),
            basis: if full { Basis::SignificantHarm } else { Basis::Court },
            consent_sought: !full,
            why: may(),
            necessary_because: text(),
            shared: full,
            agency: full.then(|| AgencyId::from_slug("health")),
        }
        .into(),
        SignificantEventDraft {
            on: "2026-11-01".parse().unwrap(),
            what: text(),
            impact: may(),
            source: may(),
        }
        .into(),
        AttachmentDraft {
            parent: RecordId::from_bytes([3; 16]),
            sort: AttachmentSort::BodyMap,
            digest: Digest::of(words),
            bytes: u32::MAX,
            caption: may(),
        }
        .into(),
    ]
}

fn concern(words: &str, full: bool) -> ConcernDraft {
    let may = || full.then(|| words.to_owned());
    ConcernDraft {
        seen: words.into(),
        action: may(),
        place: may(),
        when: full.then_some(NOON),
        harm_suspected: full.then_some(true),
        indicators: may().map(|code| Indicator { code, framework: may() }).into_iter().collect(),
        told: may().map(|who| Told { who, when: NOON, how: may() }).into_iter().collect(),
    }
}

fn assessment(words: &str, full: bool) -> AssessmentDraft {
    let may = || full.then(|| words.to_owned());
    let finding = |sort: &FindingSort| Finding { element: "safe".into(), sort: *sort, text: may() };
    AssessmentDraft {
        framework: "el-2007".into(),
        form: "common".into(),
        form_version: may(),
        texts: may().map(|text| JointText { element: "safe".into(), text }).into_iter().collect(),
        findings: FindingSort::ALL.iter().filter(|_| full).map(finding).collect(),
        conclusions: may().map(|text| Conclusion { text }).into_iter().collect(),
        review_point: full.then(|| "2027-01-10".parse().unwrap()),
    }
}

fn rows(words: &str, full: bool) -> Vec<PlanRow> {
    let may = || full.then(|| words.to_owned());
    let row = |status, rating| PlanRow {
        outcome: may(),
        evidence: may(),
        agency: full.then(|| AgencyId::from_slug("education")),
        person: may(),
        due: full.then(|| "2026-12-24".parse().unwrap()),
        status: full.then_some(status),
        rating: full.then_some(rating),
        ..PlanRow::new(words, words)
    };
    let ratings = Rating::ALL.iter().cycle();
    ActionStatus::ALL.iter().zip(ratings).map(|(status, rating)| row(*status, *rating)).collect()
}

fn visit(words: &str, full: bool) -> VisitDraft {
    let may = || full.then(|| words.to_owned());
    VisitDraft {
        at: NOON,
        planned: full.then_some(Timestamp(-1)),
        minutes: full.then_some(50),
        place: may(),
        sort: may(),
        purpose: may(),
        present: may(),
        child_seen: full.then_some(true),
        seen_alone: full.then_some(false),
        next_contact: full.then(|| "2026-12-01".parse().unwrap()),
        visit_group: full.then_some([0xAB; 16]),
        reference: may(),
        narrative: may(),
    }
}

fn meeting(words: &str, full: bool) -> MeetingDraft {
    let may = || full.then(|| words.to_owned());
    MeetingDraft {
        at: NOON,
        sort: may(),
        outcome: may(),
        attendance: may()
            .map(|who| Attendance { who, role: may(), present: true })
            .into_iter()
            .collect(),
        notes: may(),
        decisions: may().map(|text| MeetingDecision { text }).into_iter().collect(),
        actions: may()
            .map(|what| MeetingAction { what, who: may(), by: None })
            .into_iter()
            .collect(),
        next_review: full.then(|| "2027-02-01".parse().unwrap()),
    }
}

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
        (AnyDraft::Concern(d), KindView::Concern(v)) => same!(d, v; indicators, told),
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
    for draft in drafts("some words", true) {
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
    let folded = record(crate::record::kind::Kind::Case, vec![(1, facts.entries())]);
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

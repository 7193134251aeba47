//! What is added to a record later: corrections, signatures, rivals, copies.

use super::{WORDS, entry_id, record, user};
use crate::framework::Catalogue;
use crate::ids::RecordId;
use crate::merge::{Context, Why};
use crate::record::fold::Folded;
use crate::record::kind::Kind;
use crate::record::kinds::assessment::{AssessmentDraft, Conclusion, Disagreement};
use crate::record::kinds::plan::{ActionStatus, PlanDraft, PlanRow};
use crate::record::kinds::visit::{Narrative, VisitDraft};
use crate::record::kinds::{
    Amendment, Assert, AttestedCopy, Contribution, Draft, Signature, assert,
};
use crate::record::schema::{AMENDMENTS, Fact, SIGNATURES};
use crate::record::value::Value;
use crate::view::kinds::{Assessment, Plan, Visit, signing_text};

fn visit_draft() -> VisitDraft {
    let json = r#"{"at": 1, "next_contact": "2026-12-10", "narrative": "Seen with her gran."}"#;
    serde_json::from_str(json).unwrap()
}

fn visit(folded: &Folded) -> Visit {
    Visit::read(folded, &Context::new(&Catalogue::new()))
}

fn plan(folded: &Folded) -> Plan {
    Plan::read(folded, &Context::new(&Catalogue::new()))
}

fn amendment(of: crate::ids::EntryId, text: &str) -> crate::record::change::NewEntry {
    Amendment { of, text: text.into(), reason: "misheard".into() }.entry()
}

#[test]
fn a_correction_and_its_correction_stand_beside_what_they_correct() {
    let narrative = entry_id(1, 1, 1);
    let folded = record(
        Kind::Visit,
        vec![
            (1, visit_draft().entries()),
            (2, vec![amendment(narrative, "with her aunt")]),
            (1, vec![amendment(entry_id(2, 1, 0), "with her great-aunt")]),
        ],
    );
    let said = &visit(&folded).narratives[0];
    assert_eq!(
        (said.id, said.by, said.says.text.as_str()),
        (narrative, user(1), "Seen with her gran.")
    );
    let texts: Vec<_> = said.amendments.iter().map(|it| (it.by, it.says.text.as_str())).collect();
    assert_eq!(texts, [(user(2), "with her aunt"), (user(1), "with her great-aunt")]);
    assert!(visit(&folded).header.other_amendments.is_empty());
}

#[test]
fn a_correction_of_an_assertion_or_of_itself_is_still_shown_once() {
    let mut folded = record(
        Kind::Visit,
        vec![
            (1, visit_draft().entries()),
            (1, vec![assert(Fact::NextContact, None, "2026-12-05", None, None, &[])]),
            (2, vec![amendment(entry_id(1, 2, 0), "the 6th")]),
        ],
    );
    assert_eq!(visit(&folded).header.other_amendments.len(), 1);
    // No honest phone can make one that names itself; a reader must not hang on it.
    let stray = folded.entries.iter_mut().find(|entry| entry.collection == AMENDMENTS).unwrap();
    stray.fields[0].1 = stray.id.to_string().into();
    assert_eq!(visit(&folded).header.other_amendments.len(), 1);
}

#[test]
fn next_contact_is_as_first_written_until_somebody_says_otherwise() {
    let began = record(Kind::Visit, vec![(1, visit_draft().entries())]);
    let next = visit(&began).next_contact;
    assert_eq!(
        (next.why, next.in_force.one().unwrap().value.as_text()),
        (Why::Initial, Some("2026-12-10"))
    );
    let sooner = assert(Fact::NextContact, None, "2026-12-05", Some("asked for"), None, &[]);
    let moved = record(Kind::Visit, vec![(1, visit_draft().entries()), (2, vec![sooner])]);
    let held = visit(&moved).next_contact.in_force.one().unwrap().clone();
    assert_eq!((held.by, held.value.as_text()), (Some(user(2)), Some("2026-12-05")));
}

#[test]
fn details_written_later_never_stand_in_for_the_creators() {
    let late: VisitDraft = serde_json::from_str(r#"{"at": 2}"#).unwrap();
    let folded = record(Kind::Visit, vec![(2, late.entries()), (1, visit_draft().entries())]);
    let shown = visit(&folded);
    assert_eq!(shown.fixed.details.unwrap().by, user(1));
    assert_eq!(shown.fixed.further_details[0].by, user(2));
}

#[test]
fn a_row_shows_what_holds_and_where_people_disagree() {
    let rows = vec![PlanRow { status: Some(ActionStatus::Open), ..PlanRow::new("sleep", WORDS) }];
    let draft = PlanDraft { rows, review_date: None, copy_holders: Vec::new() };
    let row = entry_id(1, 1, 0);
    let status = |word: &str| PlanRow::assert(row, Fact::RowStatus, word).entry();
    let folded = record(
        Kind::Plan,
        vec![(1, draft.entries()), (2, vec![status("done")]), (3, vec![status("in_progress")])],
    );
    let shown = plan(&folded).rows.remove(0);
    assert_eq!(shown.began.says, draft.rows[0]);
    assert_eq!(shown.action.in_force.one().unwrap().value.as_text(), Some(WORDS));
    assert!(shown.status.disputed && shown.is_disputed() && !shown.need.disputed);
    assert_eq!(shown.status.in_force.one().unwrap().value.as_text(), Some("in_progress"));
    let rivals: Vec<_> = shown.status.standing.iter().map(|rival| rival.entry).collect();
    assert_eq!(rivals, [entry_id(3, 1, 0), entry_id(2, 1, 0)]);

    let settled = PlanRow::assert(row, Fact::RowStatus, "done").replacing(rivals).entry();
    let folded = record(
        Kind::Plan,
        vec![
            (1, draft.entries()),
            (2, vec![status("done")]),
            (3, vec![status("in_progress")]),
            (1, vec![settled]),
        ],
    );
    let shown = plan(&folded).rows.remove(0);
    assert!(!shown.is_disputed());
    assert_eq!(shown.status.in_force.one().unwrap().value.as_text(), Some("done"));
}

fn assessment_turns() -> Vec<(u8, Vec<crate::record::change::NewEntry>)> {
    let draft = AssessmentDraft {
        framework: "el-2007".into(),
        form: "common".into(),
        form_version: None,
        texts: Vec::new(),
        findings: Vec::new(),
        conclusions: vec![Conclusion { text: "Needs\nlisted: help".into() }],
        review_point: None,
    };
    vec![(1, draft.entries())]
}

fn assessment(folded: &Folded) -> Assessment {
    Assessment::read(folded, &Context::new(&Catalogue::new()))
}

#[test]
fn a_signature_tells_whether_the_words_changed_since() {
    let text = signing_text(&record(Kind::Assessment, assessment_turns()));
    assert!(text.contains("text: Needs\n    listed: help\n"), "{text}");
    let sign = || Signature { text: text.clone(), role: Some("parent".into()) }.entry();
    let mut turns = assessment_turns();
    turns.push((2, vec![sign()]));
    turns.push((3, vec![sign()]));
    turns.push((1, vec![assert(Fact::ReviewPoint, None, "2027-01-01", None, None, &[])]));
    let signatures = assessment(&record(Kind::Assessment, turns.clone())).header.signatures;
    assert_eq!(signatures.len(), 2);
    assert!(signatures.iter().all(|it| it.digest_fits && !it.changed_since));

    for later in [
        Disagreement { element: None, text: "I do not agree".into() }.entry(),
        amendment(entry_id(1, 1, 1), "Needs more help"),
        Assert::new(Fact::Score, 3).about("safe").entry(),
    ] {
        let mut turns = turns.clone();
        turns.push((2, vec![later]));
        let signed = &assessment(&record(Kind::Assessment, turns)).header.signatures[0];
        assert!(signed.changed_since && signed.digest_fits);
        assert_eq!(signed.said.says.text, text);
    }
}

#[test]
fn words_under_a_digest_that_is_not_theirs_are_marked() {
    let signature = Signature { text: "agreed".into(), role: None }.entry();
    let copy = AttestedCopy {
        from: RecordId::from_bytes([4; 16]),
        text: WORDS.into(),
        original_by: user(7),
        original_at: crate::time::Timestamp(5),
        reason: Some("shared with the team".into()),
        withdraws: false,
        version: None,
    };
    let turns = vec![(1, visit_draft().entries()), (1, vec![signature, copy.entry()])];
    // The gate takes no such thing; a log may be older than the gate.
    let mut folded = record(Kind::Visit, turns);
    let signed = folded.entries.iter_mut().find(|it| it.collection == SIGNATURES).unwrap();
    signed.fields[1].1 = Value::Bytes(vec![0; 32]);
    let header = visit(&folded).header;
    assert!(!header.signatures[0].digest_fits);
    assert!(header.copies[0].digest_fits);
    assert_eq!(header.copies[0].said.says, copy);
}

#[test]
fn another_contributor_adds_words_of_their_own() {
    let more = Narrative { text: WORDS.into() };
    let folded = record(Kind::Visit, vec![(1, visit_draft().entries()), (2, vec![more.entry()])]);
    let by: Vec<_> = visit(&folded).narratives.iter().map(|it| it.by).collect();
    assert_eq!(by, [user(1), user(2)]);
}

//! Lists, search, inbox and drafts on one phone.

use super::*;
use crate::device::testing::enrolled;
use crate::ids::UserId;
use crate::record::envelope::Envelope;
use crate::record::kind::{Compartment, Kind};
use crate::record::kinds::Draft as _;
use crate::record::kinds::case::CaseFacts;
use crate::record::kinds::visit::VisitDraft;
use crate::record::schema::Fact;
use crate::store::memory::MemoryStore;

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
pub(super) const NOW: Timestamp = Timestamp(1_790_000_000_000);

pub(super) fn phone() -> Device<MemoryStore> {
    Device::open(enrolled("practitioner", &[CLUSTER])).unwrap()
}

pub(super) fn begin(phone: &mut Device<MemoryStore>, name: &str) -> CaseId {
    let facts = CaseFacts { given_name: Some(name.into()), ..CaseFacts::default() };
    phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap().case
}

pub(super) fn visit(phone: &mut Device<MemoryStore>, case: CaseId, words: &str) -> RecordId {
    let json = serde_json::json!({ "at": NOW, "narrative": words, "next_contact": "2026-10-01" });
    let draft: VisitDraft = serde_json::from_value(json).unwrap();
    let entries = draft.entries();
    phone.make(case, Kind::Visit, Compartment::Team, "", entries, NOW).unwrap().record
}

#[test]
fn a_kept_line_says_what_a_new_one_would() {
    let mut phone = phone();
    let (ailsa, _) = (begin(&mut phone, "Ailsa"), begin(&mut phone, "Brodie"));
    visit(&mut phone, ailsa, "Ailsa built a tower.");
    let fresh = serde_json::to_value(phone.caseload().unwrap()).unwrap();
    let mut rounds = Vec::new();
    phone
        .tidy(&mut |tidied| {
            rounds.push(tidied);
            true
        })
        .unwrap();
    assert_eq!(rounds.last().map(|it| (it.done, it.more)), Some((3, false)));
    let kept = phone.store().items(Shelf::Line).unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(serde_json::to_value(phone.caseload().unwrap()).unwrap(), fresh);
    let due = phone.due("2026-10-02".parse().unwrap()).unwrap();
    assert_eq!((due.len(), due[0].name.as_str(), due[0].overdue), (1, "Ailsa", true));

    visit(&mut phone, ailsa, "The tower fell.");
    assert_eq!(phone.caseload().unwrap()[0].only_here, 3, "what changed is read anew");
    assert_eq!(phone.store().items(Shelf::Line).unwrap(), kept, "and kept with the next tidying");
    phone.tidy(&mut |_| false).unwrap();
    assert_ne!(phone.store().items(Shelf::Line).unwrap(), kept);
}

#[test]
fn a_search_finds_words_names_and_beginnings_and_nothing_that_is_gone() {
    let mut phone = phone();
    let case = begin(&mut phone, "Mòrag");
    let record = visit(&mut phone, case, "A tower of red bricks, and a dog that slept.");
    let find = |phone: &mut Device<MemoryStore>, query: &str| {
        phone.search(query, 10).unwrap().into_iter().map(|hit| hit.record).collect::<Vec<_>>()
    };
    assert_eq!(find(&mut phone, "TOWER brick"), [record]);
    assert_eq!(find(&mut phone, "tower cat"), []);
    assert_eq!(find(&mut phone, "  "), []);
    let named = phone.search("morag", 10).unwrap();
    assert_eq!((named.len(), named[0].name.as_str(), named[0].kind), (1, "Mòrag", Kind::Case));
    assert!(phone.search("slept", 10).unwrap()[0].words.contains("a dog that slept"));
    let scope = Compartment::Team.scope(&case);
    phone.store.commit(&[crate::store::Write::DropScope(scope)]).unwrap();
    assert_eq!(find(&mut phone, "tower"), [record], "unsent work stays, and is found");
}

#[test]
fn a_draft_goes_with_what_was_saved_from_it_and_with_nothing_else() {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let typed = |words: &str, at: i64| TypedDraft {
        screen: format!("visit {case}"),
        fields: vec![("narrative".into(), words.into())],
        at: NOW.plus_ms(at),
    };
    phone.keep_draft(&typed("Ailsa bui", 0)).unwrap();
    phone.keep_draft(&typed("Ailsa built a tower", 2_000)).unwrap();
    let mut phone = Device::open(phone.into_store()).unwrap();
    let screen = format!("visit {case}");
    assert_eq!(phone.draft(&screen).unwrap(), Some(typed("Ailsa built a tower", 2_000)));
    visit(&mut phone, case, "Another visit.");
    assert_eq!(phone.drafts().unwrap().len(), 1, "saving something else keeps it");

    let nowhere = CaseId::from_bytes([9; 16]);
    let failed = phone.saving_draft(&screen, |phone| {
        phone.make(nowhere, Kind::Visit, Compartment::Team, "", Vec::new(), NOW)
    });
    assert!(failed.is_err());
    assert_eq!(phone.drafts().unwrap().len(), 1, "what could not be saved is still a draft");
    phone
        .saving_draft(&screen, |phone| {
            visit(phone, case, "Ailsa built a tower.");
            Ok::<_, DeviceError>(())
        })
        .unwrap();
    assert_eq!(phone.drafts().unwrap(), []);
    let long = TypedDraft { fields: vec![("n".into(), "x".repeat(300_000))], ..typed("", 0) };
    assert!(matches!(phone.keep_draft(&long), Err(DeviceError::DraftTooLarge)));
    phone.keep_draft(&typed("more", 1)).unwrap();
    phone.discard_draft(&screen).unwrap();
    assert_eq!(phone.draft(&screen).unwrap(), None);
}

#[test]
fn a_sheet_has_every_word_typed_by_what_it_means() {
    let mut phone = phone();
    let case = begin(&mut phone, "Ailsa");
    let record = visit(&mut phone, case, "Ailsa built a tower.");
    let sheet = serde_json::to_value(phone.sheet(&record).unwrap()).unwrap();
    let lines = &sheet["parts"][0]["lines"];
    assert_eq!(lines[0]["shown"], serde_json::json!({ "is": "moment", "value": NOW }));
    assert_eq!(lines[1]["shown"], serde_json::json!({ "is": "day", "value": "2026-10-01" }));
    assert_eq!(sheet["parts"][1]["lines"][0]["shown"]["value"], "Ailsa built a tower.");
    assert_eq!(sheet["parts"][1]["only_here"], true);
    let own = Envelope::of_case(case, Compartment::Team);
    phone.assert(&own, &Facts::new(Fact::VisitRisk, "dog"), NOW).unwrap();
    let all = phone.sheets(case).unwrap();
    let own = all.iter().find(|sheet| sheet.kind == Kind::Case).unwrap();
    let risk = own.facts.iter().find(|fact| fact.name == "visit_risk").unwrap();
    assert_eq!(risk.holds[0].shown, Some(crate::view::Shown::Word("dog".into())));
    assert_eq!((risk.disputed, risk.why), (false, "Nobody disagrees."));
}

#[test]
fn an_inbox_without_disagreement_is_empty() {
    let mut phone = phone();
    begin(&mut phone, "Ailsa");
    let inbox = phone.inbox(NOW).unwrap();
    assert!(inbox.conflicts.is_empty() && inbox.notices.is_empty());
}

#[test]
fn a_visit_to_siblings_is_saved_for_all_of_them_or_for_none() {
    let mut phone = phone();
    let cases = ["Ailsa", "Brodie", "Catriona"].map(|name| begin(&mut phone, name));
    let entries = |words: &str| {
        let json =
            serde_json::json!({ "at": NOW, "narrative": words, "visit_group": "0a".repeat(16) });
        serde_json::from_value::<VisitDraft>(json).unwrap().entries()
    };
    let to = |case: CaseId, words: &str| NewRecord {
        case,
        kind: Kind::Visit,
        compartment: Compartment::Team,
        framework: String::new(),
        entries: entries(words),
    };
    let all = cases.map(|case| to(case, "All three played."));
    let saved = phone.make_each(all.to_vec(), NOW).unwrap();
    let records: std::collections::BTreeSet<_> = saved.iter().map(|it| it.record).collect();
    assert_eq!((records.len(), phone.only_here().unwrap().changes), (3, 6));
    let order: Vec<_> = phone.store().unsent(3, 9).unwrap().iter().map(|it| it.record).collect();
    assert_eq!(order, saved.iter().map(|it| it.record).collect::<Vec<_>>(), "as they were given");

    let mut some = all.to_vec();
    some.push(to(CaseId::from_bytes([9; 16]), "Nobody."));
    assert!(phone.make_each(some, NOW).is_err());
    assert_eq!(phone.only_here().unwrap().changes, 6, "not even the first");
    visit(&mut phone, cases[0], "Another one.");
    assert_eq!(phone.only_here().unwrap().changes, 7);
}

/// Leaves a record's first change without its last byte.
fn spoil(phone: &mut Device<MemoryStore>, record: &RecordId) {
    let mut change = phone.store.changes(record).unwrap().remove(0);
    change.body.pop();
    let (record, actor, seq) = (*record, change.actor, change.seq);
    phone.store.commit(&[crate::store::Write::Rename { record, actor, seq, change }]).unwrap();
}

/// What the list says: the name, how much cannot be shown, and how much only this phone has.
fn listed(phone: &Device<MemoryStore>) -> Vec<(String, usize, usize)> {
    let lines = phone.caseload().unwrap().into_iter();
    lines.map(|line| (line.header.name, line.unreadable, line.only_here)).collect()
}

#[test]
fn one_damaged_record_hides_nothing_else() {
    let mut phone = phone();
    let (case, _) = (begin(&mut phone, "Ailsa"), begin(&mut phone, "Brodie"));
    let damaged = visit(&mut phone, case, "A tower that fell.");
    let whole = visit(&mut phone, case, "A tower that stood.");
    spoil(&mut phone, &damaged);
    let named = |name: &str, unreadable: usize, here: usize| (name.to_owned(), unreadable, here);
    assert_eq!(listed(&phone), [named("Ailsa", 1, 3), named("Brodie", 0, 1)]);
    let view = phone.open_case(case, NOW).unwrap();
    assert_eq!(view.unreadable, 1, "whoever opens the case is told, too");
    let shown = |id: RecordId| view.records.iter().any(|it| it.id == id);
    assert!(shown(whole) && !shown(damaged));
    assert_eq!((phone.unreadable(case).unwrap(), phone.sheets(case).unwrap().len()), (1, 2));
    assert!(phone.inbox(NOW).unwrap().conflicts.is_empty());
    assert_eq!(phone.due("2026-10-02".parse().unwrap()).unwrap().len(), 1);
    let found = phone.search("tower", 9).unwrap();
    assert_eq!(found.iter().map(|hit| hit.record).collect::<Vec<_>>(), [whole]);
    let alone = phone.record(&damaged);
    assert!(matches!(alone, Err(DeviceError::Record(RecordError::Damaged(_)))), "{alone:?}");

    spoil(&mut phone, &Compartment::Team.case_record(&case));
    assert_eq!(listed(&phone), [named("Ailsa", 2, 3), named("Brodie", 0, 1)]);
    assert_eq!(phone.search("stood", 9).unwrap().len(), 1, "the rest is found without it");
    let over = phone.handover(&UserId::from_bytes([8; 16])).unwrap().cases;
    let over: Vec<_> = over.iter().map(|it| (it.header.name.as_str(), it.unreadable)).collect();
    assert_eq!(over, [("Ailsa", 2), ("Brodie", 0)], "nobody knows who is in the team");
    assert!(phone.case(case, false).is_ok() && phone.inbox(NOW).is_ok());
    spoil(&mut phone, &whole);
    for nothing in [phone.case(case, false).map(drop), phone.sheets(case).map(drop)] {
        let damaged = matches!(nothing, Err(DeviceError::Record(RecordError::Damaged(_))));
        assert!(damaged, "it is not unknown: {nothing:?}");
    }
}

#[test]
fn a_visit_at_which_the_child_was_not_seen_leaves_the_next_contact_due() {
    for (seen, still_due) in [(Some(false), true), (Some(true), false), (None, false)] {
        let mut phone = phone();
        let case = begin(&mut phone, "Ailsa");
        let agreed = visit(&mut phone, case, "Ailsa built a tower.");
        let at = NOW.plus_ms(Timestamp::DAY_MS);
        let json = serde_json::json!({ "at": at, "narrative": "Nobody in.", "child_seen": seen });
        let draft: VisitDraft = serde_json::from_value(json).unwrap();
        let entries = draft.entries();
        phone.make(case, Kind::Visit, Compartment::Team, "", entries, at).unwrap();
        let due: Vec<_> =
            phone.caseload().unwrap()[0].due.iter().map(|due| (due.fact, due.record)).collect();
        let expected = if still_due { vec![(Fact::NextContact, agreed)] } else { Vec::new() };
        assert_eq!(due, expected, "{seen:?}");
    }
}

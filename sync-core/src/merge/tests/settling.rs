//! Conflicts, settling them, undoing that, and who is told.

use super::*;

fn notices_of(who: u8, entries: &[Entry]) -> Vec<Notice> {
    notices_for(&person(who), entries, &Context::new(&Catalogue::shipped().unwrap()))
}

#[test]
fn the_example_of_the_merge_rules_goes_as_written() {
    let lead = 4;
    let a = stage(ANNA, 1, "2");
    let b = with(replacing(stage(ANNA, 2, "1"), &[&a]), fact_field::REASON, "settled in class");
    let c = replacing(stage(BEN, 3, "3"), &[&a]);
    let mut entries = vec![a.clone(), b.clone(), c.clone()];
    let now = |entries: &[Entry]| conflicts_of(entries).first().map(|found| words(&found.in_force));
    assert_eq!(now(&entries), Some(vec!["3".into()]));
    let told = notices_of(ANNA, &entries);
    assert_eq!((told.len(), notices_of(BEN, &entries).len()), (1, 0));

    let d = replacing(stage(CARA, 4, "2"), &[&a]);
    entries.push(d.clone());
    assert_eq!(conflicts_of(&entries)[0].rivals.len(), 3);
    assert_eq!(notices_of(ANNA, &entries)[0].id, told[0].id);
    assert_eq!(notices_of(CARA, &entries)[0].cause, NoticeCause::NotInForce);

    let e = replacing(stage(lead, 5, "1"), &[&b, &c]);
    entries.push(e.clone());
    assert_eq!(now(&entries), Some(vec!["2".into()]));
    assert_eq!(notices_of(BEN, &entries)[0].cause, NoticeCause::Settled);

    entries.push(replacing(stage(lead, 6, "1"), &[&e, &d]));
    assert_eq!(now(&entries), None);
}

#[test]
fn conflicts_come_safety_first_with_everything_that_stands() {
    let entries = [
        said(ANNA, 1, Fact::School, "East"),
        said(BEN, 2, Fact::School, "West"),
        with(stage(ANNA, 3, "1"), fact_field::REASON, "settled in class"),
        stage(BEN, 4, "3"),
        said(ANNA, 5, Fact::Language, "Polish"),
        said(BEN, 6, Fact::Language, "Polish"),
    ];
    let found = conflicts_of(&entries);
    let listed: Vec<_> = found.iter().map(|c| (c.fact, c.severity)).collect();
    assert_eq!(listed, [(Fact::Stage, Severity::Safety), (Fact::School, Severity::Routine)]);
    assert_eq!(settles(&found[0]), [entries[2].id, entries[3].id]);
    assert_eq!(found[0].rivals[1].reason.as_deref(), Some("settled in class"));
    insta::assert_json_snapshot!(found[0]);
}

#[test]
fn a_settlement_closes_what_its_author_saw_and_no_more() {
    let (low, high) = (stage(ANNA, 1, "1"), stage(BEN, 2, "3"));
    let unseen = stage(CARA, 3, "2");
    let settled = replacing(stage(BEN, 4, "1"), &[&low, &high]);
    let seen_all = [low.clone(), high.clone(), settled.clone()];
    assert!(conflicts_of(&seen_all).is_empty());
    let entries = [low, high, unseen, settled];
    assert_eq!(words(&conflicts_of(&entries)[0].in_force), ["2"]);
}

#[test]
fn undoing_a_settlement_opens_the_conflict_again() {
    let catalogue = Catalogue::shipped().unwrap();
    let context = Context::new(&catalogue);
    let (low, high) = (stage(ANNA, 1, "1"), stage(BEN, 2, "3"));
    let settled = replacing(stage(CARA, 3, "1"), &[&low, &high]);
    let mut entries = vec![low, high, settled.clone()];
    let drafts = undo(settled.id, &entries, "wrong child", &context).unwrap();
    for (draft, n) in drafts.iter().zip(0..) {
        let mut entry = said(CARA, 4, draft.fact, "");
        entry.id.n = n;
        entry.fields = draft.fields();
        entry.replaces.clone_from(&draft.replaces);
        entries.push(entry);
    }
    assert_eq!(drafts.len(), 2);
    let (in_force, _, disputed) = outcome_for(&entries, &context);
    assert!(disputed);
    assert_eq!(words(&in_force), ["3"]);
    assert_eq!(in_force.one().unwrap().reason.as_deref(), Some("wrong child"));
    assert_eq!(undo(settled.id, &entries, "again", &context), Err(CannotUndo::Replaced));
}

#[test]
fn undoing_gives_back_one_earlier_value_or_says_why_not() {
    let catalogue = Catalogue::shipped().unwrap();
    let context = Context::new(&catalogue);
    let row = row(ANNA, 1);
    let first = of_row(&row, BEN, 2, Fact::RowDue, "2027-01-31");
    let second = replacing(of_row(&row, CARA, 3, Fact::RowDue, "2027-02-28"), &[&first]);
    let back = |id, entries: &[Entry]| {
        undo(id, entries, "", &context).map(|drafts| {
            drafts.iter().map(|draft| draft.value.as_text().unwrap().to_owned()).collect::<Vec<_>>()
        })
    };
    let entries = [row.clone(), first.clone(), second.clone()];
    assert_eq!(back(second.id, &entries), Ok(vec!["2027-01-31".into()]));
    assert_eq!(back(first.id, &entries[..2]), Ok(vec!["2026-12-24".into()]));
    assert_eq!(back(first.id, std::slice::from_ref(&first)), Err(CannotUndo::NothingBefore));
    assert_eq!(back(row.id, &entries), Err(CannotUndo::Unknown));
}

#[test]
fn undoing_never_opens_a_confidential_address() {
    let catalogue = Catalogue::shipped().unwrap();
    let address = |place| said(ANNA, place, Fact::Address, "a refuge");
    let hidden = with(address(2), fact_field::CONFIDENTIAL, true);
    let open = address(1);
    let moved = replacing(said(BEN, 3, Fact::Address, "1 High Street"), &[&open, &hidden]);
    let entries = [hidden, open, moved];
    let drafts = undo(entries[2].id, &entries, "not yet", &Context::new(&catalogue)).unwrap();
    assert_eq!(drafts.len(), 1);
    assert!(drafts[0].confidential);
}

#[test]
fn whoever_loses_a_dispute_is_told_once_and_the_winner_is_not() {
    let (low, high) =
        (stage(ANNA, 1, "1"), with(stage(BEN, 2, "3"), fact_field::REASON, "not seen for weeks"));
    let entries = [low.clone(), high.clone()];
    assert_eq!(notices_of(BEN, &entries), []);
    assert_eq!(notices_of(CARA, &entries), []);
    let [told] = notices_of(ANNA, &entries).try_into().unwrap();
    assert_eq!(
        (told.cause, told.entry, &told.by),
        (NoticeCause::NotInForce, low.id, &vec![person(BEN)])
    );
    assert_eq!(
        (words(&told.now), told.reason.as_deref()),
        (vec!["3".into()], Some("not seen for weeks"))
    );

    // Somebody agrees with Ben, and Anna repeats herself: no news.
    let more = [low, high, stage(CARA, 3, "3"), stage(ANNA, 4, "1")];
    let [again] = notices_of(ANNA, &more).try_into().unwrap();
    assert_eq!(again.id, told.id);
}

#[test]
fn everybody_is_told_when_nobodys_value_holds_and_nobody_when_all_are_shown() {
    let leads = [lead(ANNA, 1, 8), lead(BEN, 2, 9)];
    assert_eq!(notices_of(ANNA, &leads)[0].by, [person(BEN)]);
    assert_eq!(notices_of(BEN, &leads)[0].by, [person(ANNA)]);
    let schools = [said(ANNA, 1, Fact::School, "East"), said(BEN, 2, Fact::School, "West")];
    assert_eq!(notices_of(ANNA, &schools), []);
}

#[test]
fn settled_and_overtaken_people_are_told_but_not_about_themselves() {
    let (low, high) = (stage(ANNA, 1, "1"), stage(BEN, 2, "3"));
    let settled = replacing(stage(CARA, 3, "2"), &[&low, &high]);
    let entries = [low.clone(), high, settled.clone()];
    let causes = |who, entries: &[Entry]| -> Vec<_> {
        notices_of(who, entries).iter().map(|n| (n.cause, words(&n.now))).collect()
    };
    assert_eq!(causes(ANNA, &entries), [(NoticeCause::Settled, vec!["2".into()])]);
    assert_eq!(causes(BEN, &entries), [(NoticeCause::Settled, vec!["2".into()])]);
    assert_eq!(causes(CARA, &entries), []);

    let overtaken = [low.clone(), replacing(stage(BEN, 2, "2"), &[&low])];
    assert_eq!(causes(ANNA, &overtaken), [(NoticeCause::Overtaken, vec!["2".into()])]);
    let confirmed = [low.clone(), replacing(stage(BEN, 2, "1"), &[&low])];
    assert_eq!(causes(ANNA, &confirmed), []);
    let own = [low.clone(), replacing(stage(ANNA, 2, "2"), &[&low])];
    assert_eq!(causes(ANNA, &own), []);

    // Anna answered: she has seen it.
    let answer = replacing(stage(ANNA, 4, "1"), &[&settled]);
    let answered = [entries.as_slice(), &[answer]].concat();
    assert_eq!(causes(ANNA, &answered), []);
    assert_eq!(causes(CARA, &answered), [(NoticeCause::Overtaken, vec!["1".into()])]);
}

#[test]
fn a_settlement_speaks_in_the_words_and_the_confidence_of_the_value_that_it_takes() {
    let open = said(ANNA, 1, Fact::Address, "1 High Street");
    let close = said(BEN, 2, Fact::Address, "2 Mill Lane");
    let close = with(close, fact_field::CONFIDENTIAL, true);
    let catalogue = Catalogue::shipped().unwrap();
    let context = Context { addresses: Addresses::All, ..Context::new(&catalogue) };
    let entries = [open.clone(), close.clone()];
    let found = conflicts(&entries, &context).remove(0);
    for (value, confidential) in [("1 High Street", false), ("2 Mill Lane", true), ("3 Quay", true)]
    {
        let draft = settlement(&found, &entries, value.into(), "Seen there.");
        assert_eq!(draft.confidential, confidential, "{value}");
        assert_eq!(draft.entry().replaces, [open.id, close.id]);
    }
    let theirs = with(said(BEN, 2, Fact::Stage, "2"), fact_field::FRAMEWORK, "another");
    let unlike = [stage(ANNA, 1, "1"), theirs];
    let found = conflicts_of(&unlike);
    let draft = settlement(&found[0], &unlike, "2".into(), "Theirs.");
    assert_eq!(draft.framework.as_deref(), Some("another"));
}

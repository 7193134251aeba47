//! A copy is taken if it is what its source says and its author's to make; else it comes back.

use proptest::prelude::*;

use super::*;
use crate::gate::permission;
use crate::ids::{Actor, CaseId, ClusterId, DeviceId, UserId};
use crate::policy::Role;
use crate::record::envelope::{Made, Origin};
use crate::record::kinds::concern::ConcernDraft;
use crate::record::kinds::request::RequestDraft;
use crate::record::kinds::visit::{Narrative, VisitDraft};
use crate::record::kinds::{Contribution as _, Draft, Version};
use crate::time::Timestamp;

const HOUR_MS: i64 = 3_600_000;
const HERE: ClusterId = ClusterId::from_bytes([1; 16]);

fn health() -> AgencyId {
    AgencyId::from_slug("health")
}

fn case(n: u8) -> CaseId {
    CaseId::from_bytes([n; 16])
}

fn actor(n: u8) -> Actor {
    Actor::from_bytes([n; 16])
}

fn user(n: u8) -> UserId {
    UserId::from_bytes([n + 0x40; 16])
}

fn worker(n: u8, role: Role) -> Principal {
    Principal::new(user(n), health()).with(HERE, role)
}

/// Person 1 wrote everything, in the team of both children.
fn author() -> Principal {
    worker(1, Role::Practitioner)
}

fn context(of: CaseId) -> CaseContext {
    CaseContext::begun_by(&author(), of, HERE)
}

fn envelope(kind: Kind, of: CaseId, to: Compartment, n: u32) -> Envelope {
    let made = Made {
        kind,
        creator: actor(1),
        n,
        user: user(1),
        device: DeviceId::from_bytes([0xB0; 16]),
        framework: "east-lothian".into(),
        at: Timestamp(1_700_000_000_000),
    };
    Envelope { case: of, compartment: to, origin: Origin::Made(made) }
}

fn change(by: u8, entries: Vec<NewEntry>) -> Change {
    Change {
        actor: actor(by),
        by: user(by),
        at: Timestamp(1_700_000_000_000),
        clock_ahead_ms: 0,
        edits: entries.into_iter().map(Edit::Add).collect(),
    }
}

fn history(draft: &dyn Draft, to: Compartment) -> History {
    let mut history = History::new(envelope(draft.kind(), case(1), to, 1));
    history.append(change(1, draft.entries()), 1, None).unwrap();
    history
}

fn visit() -> VisitDraft {
    let mut visit: VisitDraft = serde_json::from_value(serde_json::json!({ "at": 5 })).unwrap();
    visit.narrative = Some("She showed me her room.\nby: nobody".into());
    visit
}

fn concern(harm: bool) -> ConcernDraft {
    serde_json::from_value(serde_json::json!({ "seen": "bruises", "harm_suspected": harm }))
        .unwrap()
}

/// What is copied, by whom, and where to.
struct Attempt {
    source: History,
    who: Principal,
    to: Envelope,
    withdraws: bool,
    age_ms: i64,
    moved: bool,
    there: bool,
}

impl Attempt {
    fn new(source: History, of: CaseId, to: Compartment, withdraws: bool) -> Self {
        let to = envelope(source.envelope().kind(), of, to, 2);
        let (age_ms, moved, there) = (HOUR_MS, false, true);
        Self { source, who: author(), to, withdraws, age_ms, moved, there }
    }

    /// The entries of an honest copy.
    fn entries(&self) -> Vec<NewEntry> {
        let source = &self.source;
        let folded = fold_seen(source, 0, &vec![true; source.links().len()]);
        let version = Version::of(source.dep_names(&source.heads()));
        let (id, made) = (source.envelope().id(), source.envelope().made().unwrap());
        let text = copied_text(&folded);
        let copies = AttestedCopy::of((id, made), &version, &text, "why", self.withdraws);
        let mut entries = carried(&folded, "why");
        entries.extend(copies.iter().map(AttestedCopy::entry));
        entries
    }

    fn judge(&self, entries: Vec<NewEntry>) -> Result<Copying, Refusal> {
        let source = Source {
            history: self.source.clone(),
            case: context(self.source.envelope().case),
            age_ms: self.age_ms,
            moved: self.moved,
        };
        let there = self.there.then(|| (self.source.envelope().id(), source));
        let (record, change) = (History::new(self.to.clone()), change(1, entries));
        let sources = there.into_iter().collect();
        let copying = check(&self.who, &record, &change, &sources)?;
        permission::check(&self.who, &context(self.to.case), &record, &change, &[], &sources)?;
        Ok(copying)
    }

    fn code(&self, entries: Vec<NewEntry>) -> String {
        self.judge(entries).map_or_else(|refusal| refusal.0, |copying| format!("{copying:?}"))
    }
}

fn own() -> Compartment {
    Compartment::Agency(health())
}

#[test]
fn the_rules_of_sharing_and_moving() {
    let visit = |of, to, withdraws| Attempt::new(history(&visit(), own()), of, to, withdraws);
    let with = |attempt: Attempt, set: &dyn Fn(&mut Attempt)| {
        let mut attempt = attempt;
        set(&mut attempt);
        attempt
    };
    let (same, other, team) = (case(1), case(2), Compartment::Team);
    let late = |it: &mut Attempt| it.age_ms = 25 * HOUR_MS;
    let lead = |it: &mut Attempt| (it.age_ms, it.who) = (late_ms(), worker(2, Role::AgencyLead));
    let rows: Vec<(&str, Attempt, &str)> = vec![
        ("shared with the team", visit(same, team, false), "AsUsual"),
        ("by its author after a day", with(visit(same, team, false), &late), "ask_the_lead"),
        ("by the agency's lead then", with(visit(same, team, false), &lead), "AsUsual"),
        ("shared with another child", visit(other, team, false), "another_child"),
        ("moved to another child", visit(other, own(), true), "AsUsual"),
        ("moved by its author after a day", with(visit(other, own(), true), &late), "ask_the_lead"),
        ("moved into protection", visit(same, Compartment::Protection, true), "Allowed"),
        ("into another's protection", visit(other, Compartment::Protection, true), "named_only"),
        ("shared with protection", visit(same, Compartment::Protection, false), "protection_only"),
        ("moved to where it is", visit(same, own(), true), "same_place"),
        ("moved before", with(visit(other, own(), true), &|it| it.moved = true), "moved_elsewhere"),
        ("not there", with(visit(other, own(), true), &|it| it.there = false), "not_found"),
        ("a stranger's", with(visit(same, team, false), &|it| it.who = stranger()), "not_found"),
        ("of another kind", with(visit(same, team, false), &|it| it.to = plan()), "wrong_kind"),
    ];
    for (name, attempt, expected) in rows {
        assert_eq!(attempt.code(attempt.entries()), expected, "{name}");
    }
}

const fn late_ms() -> i64 {
    25 * HOUR_MS
}

fn stranger() -> Principal {
    Principal::new(user(9), AgencyId::from_slug("police")).with(HERE, Role::Practitioner)
}

fn plan() -> Envelope {
    envelope(Kind::Plan, case(1), Compartment::Team, 2)
}

#[test]
fn a_request_goes_to_the_agency_that_it_asks_and_to_no_other() {
    let asked = AgencyId::from_slug("social-work");
    let draft =
        RequestDraft { to: asked, reason: "respite".into(), to_name: None, response_due: None };
    let to = |agency| {
        let attempt =
            Attempt::new(history(&draft, own()), case(1), Compartment::Agency(agency), false);
        attempt.code(attempt.entries())
    };
    assert_eq!(to(asked), "Allowed");
    assert_eq!(to(AgencyId::from_slug("police")), "other_agency");
}

#[test]
fn what_was_fixed_is_written_once_by_whoever_made_the_record() {
    let mut again = visit();
    again.narrative = None;
    let begun = history(&visit(), Compartment::Team);
    let judge = |record: &History, change: &Change| {
        permission::check(&author(), &context(case(1)), record, change, &[0], &Sources::new())
    };
    let refused = Err(Refusal::new("fixed_already"));
    assert_eq!(judge(&begun, &change(1, again.entries())), refused);
    let words = Narrative { text: "Later.".into() }.entry();
    assert_eq!(judge(&begun, &change(1, vec![words])), Ok(()));
    let empty = History::new(begun.envelope().clone());
    let twice = [visit().entries(), again.entries()].concat();
    assert_eq!(judge(&empty, &change(1, twice)), refused);
    assert_eq!(judge(&empty, &change(1, visit().entries())), Ok(()));
}

#[test]
fn nothing_of_ones_own_goes_where_one_may_not_write() {
    let attempt = Attempt::new(history(&visit(), own()), case(1), Compartment::Protection, true);
    let mut entries = attempt.entries();
    entries.push(Narrative { text: "And between us:".into() }.entry());
    assert_eq!(attempt.code(entries), "named_only");
}

#[test]
fn a_copied_alarm_goes_on_ringing() {
    let attempt = Attempt::new(history(&concern(true), own()), case(1), Compartment::Team, false);
    let quiet = |entries: Vec<NewEntry>| entries.into_iter().filter(|it| it.collection != FACTS);
    assert_eq!(attempt.code(attempt.entries()), "AsUsual");
    assert_eq!(attempt.code(quiet(attempt.entries()).collect()), "harm_left_out");
    let calm = Attempt::new(history(&concern(false), own()), case(1), Compartment::Team, false);
    assert_eq!(calm.code(quiet(calm.entries()).collect()), "AsUsual");
}

#[test]
fn a_copy_begins_a_record_and_is_of_one_source() {
    let attempt = Attempt::new(history(&visit(), own()), case(1), Compartment::Team, false);
    let sources = Sources::from([(
        attempt.source.envelope().id(),
        Source { history: attempt.source.clone(), case: context(case(1)), age_ms: 0, moved: false },
    )]);
    let mut begun = History::new(attempt.to.clone());
    begun.append(change(1, visit().entries()), 1, None).unwrap();
    let again = check(&author(), &begun, &change(1, attempt.entries()), &sources);
    assert_eq!(again, Err(Refusal::new("copy_begins_a_record")));

    let mut entries = attempt.entries();
    let mut second = AttestedCopy::read_new(entries.last().unwrap()).unwrap();
    second.from = RecordId::from_bytes([7; 16]);
    entries.push(second.entry());
    assert_eq!(attempt.code(entries), "wrong_copy");
}

fn says(what: u8) -> NewEntry {
    match what % 3 {
        0 => Narrative { text: format!("words {what}\n  by: {what}") }.entry(),
        1 => crate::record::kinds::Assert::new(
            Fact::NextContact,
            format!("2027-01-{:02}", 1 + what % 28),
        )
        .entry(),
        _ => crate::record::kinds::Signature { text: format!("signed {what}"), role: None }.entry(),
    }
}

/// A visit to which several people added, each having seen only some of what was there.
fn grown() -> impl Strategy<Value = History> {
    prop::collection::vec((1_u8..4, any::<u8>(), any::<bool>()), 0..8).prop_map(|turns| {
        let mut history = history(&visit(), own());
        for (by, what, blind) in turns {
            let seq = history.next_seq(&actor(by));
            let own_last = (seq > 1).then(|| (actor(by), seq - 1));
            let seen = vec![own_last.unwrap_or((actor(1), 1))];
            let deps = blind.then_some(seen);
            history.append(change(by, vec![says(what)]), seq, deps.as_deref()).unwrap();
        }
        history
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever version the copier had seen, and whatever came since.
    #[test]
    fn an_honest_copy_is_taken_and_no_other(
        history in grown(),
        pick in any::<prop::sample::Index>(),
        spoil in 0_usize..6,
    ) {
        let attempt = Attempt::new(history, case(1), Compartment::Team, false);
        let source = &attempt.source;
        let head = pick.index(source.links().len());
        let folded = fold_seen(source, 0, &source.past(&[head]));
        let version = Version::of(source.dep_names(&[head]));
        let made = source.envelope().made().unwrap();
        let text = copied_text(&folded);
        let of = |text: &str| {
            AttestedCopy::of((source.envelope().id(), made), &version, text, "why", false).remove(0)
        };
        prop_assert_eq!(attempt.code(vec![of(&text).entry()]), "AsUsual");

        let honest = of(&text);
        let wrong = match spoil {
            0 => AttestedCopy { text: text.replacen("room", "roof", 1), ..honest },
            1 => AttestedCopy { text: format!("{text}and more\n"), ..honest },
            2 => AttestedCopy { original_by: user(3), ..honest },
            3 => AttestedCopy { original_at: Timestamp(1), ..honest },
            4 => AttestedCopy { version: None, ..honest },
            _ => AttestedCopy { text: text[..text.len() - 1].to_owned(), ..honest },
        };
        prop_assert_eq!(attempt.code(vec![wrong.entry()]), "wrong_copy");
        let unknown = Version::of(vec![(actor(9), 1)]);
        let unseen = AttestedCopy { version: Some(unknown), ..of(&text) };
        prop_assert_eq!(attempt.code(vec![unseen.entry()]), "missing_dependency");
    }

    /// Two ends that have the same changes in another order say the same.
    #[test]
    fn a_copy_does_not_depend_on_delivery(history in grown()) {
        let mut other = History::new(history.envelope().clone());
        let mut left: Vec<usize> = (0..history.links().len()).rev().collect();
        while !left.is_empty() {
            let mut kept = Vec::new();
            for index in left {
                let link = &history.links()[index];
                let deps = history.dep_names(&link.deps);
                let fits = other.append(link.change.clone(), link.seq, Some(&deps));
                if fits.is_err() {
                    kept.push(index);
                }
            }
            left = kept;
        }
        let all = vec![true; history.links().len()];
        let [one, two] = [&history, &other].map(|it| copied_text(&fold_seen(it, 0, &all)));
        prop_assert_eq!(one, two);
    }
}

//! Judging what a phone pushes to one record: in order, each change against the history as it then
//! is, and the whole sealed when the record has grown.

use std::collections::BTreeSet;

use crate::gate::refusal::{IN_REVIEW, Refusal};
use crate::gate::shape;
use crate::ids::{Actor, ChangeHash, UserId};
use crate::protocol::frame::{PushedChange, PushedRecord};
use crate::record::change::Change;
use crate::record::document;
use crate::record::history::{ChangeName, History, HistoryError, Link, encode_deps};

/// What the gate says of one change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judged {
    /// Take it, as it is to be stored.
    Accepted(Admitted),
    /// The record has it: an answer was lost.
    AlreadyHad,
    /// It builds on something that has not arrived: to be pushed again.
    Needs,
    /// Not for this version: to be pushed again to a newer one.
    NotYet,
    /// Not taken.
    Refused(Refusal),
    /// It builds on one that was not taken.
    DependsOnRefused,
    /// Kept apart, whole, for a reviewer: its author had lost the right without knowing it.
    Held(Refusal),
}

/// Why a person may not make a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Forbidden {
    /// They may not, and could have known.
    Refused(Refusal),
    /// They may not now; when their phone last heard from the server, they might.
    Late(Refusal),
}

impl<T: Into<Refusal>> From<T> for Forbidden {
    fn from(refusal: T) -> Self {
        Self::Refused(refusal.into())
    }
}

/// A change that passed, in its stored form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// The author's how-manieth change of the record.
    pub seq: u32,
    /// Its hash.
    pub hash: ChangeHash,
    /// The bytes of its dependencies where the record's order does not imply them.
    pub deps: Option<Vec<u8>>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Whether a person may make a change in the record as it stands before it, having seen what is in
/// the past of the given changes.
pub type May<'a> = dyn Fn(&History, &Change, &[usize]) -> Result<(), Forbidden> + 'a;

/// Judges the changes pushed to a record, in order. Those accepted are in `history` afterwards.
///
/// `aside` is the record with those of the author's changes that wait for a reviewer already: what
/// builds on them, or on one that is to wait now, is judged there by the same rules and waits too.
/// The caller has checked that actor and user are the session's.
pub fn admit(
    history: &mut History,
    aside: Option<History>,
    pushed: &PushedRecord,
    user: UserId,
    may: &May<'_>,
) -> Vec<(u32, Judged)> {
    admit_apart(history, aside, pushed, (user, &BTreeSet::new()), may)
}

/// The same where the author may not know what `strangers` wrote in the record: what says that it builds
/// on their work is answered alike whether that is there.
pub fn admit_apart(
    history: &mut History,
    aside: Option<History>,
    pushed: &PushedRecord,
    (user, strangers): (UserId, &BTreeSet<Actor>),
    may: &May<'_>,
) -> Vec<(u32, Judged)> {
    // What begins a record has an author of its own, whom anybody can compute: nobody writes as that.
    if pushed.actor == history.envelope().genesis_actor() {
        let seqs = (pushed.first_seq..).zip(&pushed.changes);
        return seqs.map(|(seq, _)| (seq, refused("not_yours"))).collect();
    }
    let before = history.links().len();
    let mut admitting = Admitting { history, aside, pushed, user, strangers, may };
    let mut judged: Vec<(u32, Judged)> = Vec::with_capacity(pushed.changes.len());
    for (seq, change) in (pushed.first_seq..).zip(&pushed.changes) {
        let blocked = judged.iter().rev().find_map(|(_, judged)| blocks(judged));
        judged.push((seq, blocked.unwrap_or_else(|| admitting.one(seq, change))));
    }
    if history.links().len() > before
        && let Err(error) = document::seal_grown(history, before)
    {
        history.truncate(before);
        judged.iter_mut().for_each(|(_, judged)| {
            if matches!(judged, Judged::Accepted(_)) {
                *judged = Judged::Refused(error.into());
            }
        });
    }
    judged
}

/// What becomes of later changes of the same push. What waits blocks nothing: each is judged.
fn blocks(judged: &Judged) -> Option<Judged> {
    match judged {
        Judged::Accepted(_) | Judged::AlreadyHad | Judged::Held(_) => None,
        Judged::Needs => Some(Judged::Needs),
        Judged::NotYet => Some(Judged::NotYet),
        Judged::Refused(_) | Judged::DependsOnRefused => Some(Judged::DependsOnRefused),
    }
}

struct Admitting<'a> {
    history: &'a mut History,
    aside: Option<History>,
    pushed: &'a PushedRecord,
    user: UserId,
    strangers: &'a BTreeSet<Actor>,
    may: &'a May<'a>,
}

impl Admitting<'_> {
    fn one(&mut self, seq: u32, change: &PushedChange) -> Judged {
        let name = (self.pushed.actor, seq);
        if let Some(index) = self.history.index(&name) {
            // The same number with other content: two phones write as one actor.
            let same = self.history.links()[index].hash.prefix() == change.hash;
            return if same { Judged::AlreadyHad } else { refused("actor_forked") };
        }
        if let Some(aside) = &self.aside
            && let Some(index) = aside.index(&name)
        {
            let same = aside.links()[index].hash.prefix() == change.hash;
            return if same { in_review() } else { refused("actor_forked") };
        }
        let names = change.deps.clone().unwrap_or_else(|| vec![(self.pushed.actor, seq - 1)]);
        if names.iter().any(|(actor, _)| self.strangers.contains(actor)) {
            return refused("not_found");
        }
        match places(self.history, &names) {
            Some(deps) => self.admit(seq, change, &names, &deps),
            None => self.follow(seq, change, &names),
        }
    }

    /// A change that builds on what is in the log.
    fn admit(
        &mut self,
        seq: u32,
        change: &PushedChange,
        names: &[ChangeName],
        deps: &[usize],
    ) -> Judged {
        match checked(self.history, self.pushed, change, self.user, self.may, deps) {
            (Some(decoded), Ok(())) => take(self.history, self.pushed, seq, change, decoded, names),
            (Some(decoded), Err(Forbidden::Late(why))) => {
                self.hold(seq, change, decoded, names, Judged::Held(why))
            }
            (_, Err(Forbidden::Refused(why) | Forbidden::Late(why))) => not_taken(why),
            (None, Ok(())) => refused("malformed"),
        }
    }

    /// A change that builds on what waits, or on what has not arrived.
    fn follow(&mut self, seq: u32, change: &PushedChange, names: &[ChangeName]) -> Judged {
        let Some(aside) = &self.aside else { return Judged::Needs };
        let Some(deps) = places(aside, names) else { return Judged::Needs };
        match checked(aside, self.pushed, change, self.user, self.may, &deps) {
            (Some(decoded), Ok(())) => self.hold(seq, change, decoded, names, in_review()),
            (Some(decoded), Err(Forbidden::Late(why))) => {
                self.hold(seq, change, decoded, names, Judged::Held(why))
            }
            (_, Err(Forbidden::Refused(why) | Forbidden::Late(why))) => not_taken(why),
            (None, Ok(())) => refused("malformed"),
        }
    }

    fn hold(
        &mut self,
        seq: u32,
        change: &PushedChange,
        decoded: Change,
        names: &[ChangeName],
        held: Judged,
    ) -> Judged {
        let aside = self.aside.get_or_insert_with(|| self.history.clone());
        let length = aside.links().len();
        match put(aside, decoded, seq, names) {
            Err(HistoryError::MissingDependency) => Judged::Needs,
            Err(error) => Judged::Refused(error.into()),
            Ok(link) if link.hash.prefix() != change.hash => {
                aside.truncate(length);
                refused("wrong_hash")
            }
            Ok(_) => held,
        }
    }
}

fn in_review() -> Judged {
    Judged::Held(Refusal::new(IN_REVIEW))
}

fn not_taken(why: Refusal) -> Judged {
    if why.code() == "newer_version" { Judged::NotYet } else { Judged::Refused(why) }
}

fn places(history: &History, names: &[ChangeName]) -> Option<Vec<usize>> {
    names.iter().map(|name| history.index(name)).collect()
}

/// A change as it reads, and whether it may be made in the record.
fn checked(
    history: &History,
    pushed: &PushedRecord,
    change: &PushedChange,
    user: UserId,
    may: &May<'_>,
    deps: &[usize],
) -> (Option<Change>, Result<(), Forbidden>) {
    let kind = history.envelope().kind();
    match Change::decode_body(kind, pushed.actor, user, &change.body) {
        Err(error) => (None, Err(error.into())),
        Ok(decoded) => {
            let shaped = shape::check(kind, &decoded).map_err(Forbidden::from);
            let allowed = shaped.and_then(|()| may(history, &decoded, deps));
            (Some(decoded), allowed)
        }
    }
}

fn take(
    history: &mut History,
    pushed: &PushedRecord,
    seq: u32,
    change: &PushedChange,
    decoded: Change,
    names: &[ChangeName],
) -> Judged {
    let implied = implied(history, pushed, names);
    let length = history.links().len();
    match put(history, decoded, seq, names) {
        Err(HistoryError::MissingDependency) => Judged::Needs,
        Err(error) => Judged::Refused(error.into()),
        Ok(link) if link.hash.prefix() != change.hash => {
            history.truncate(length);
            refused("wrong_hash")
        }
        Ok(link) => Judged::Accepted(Admitted {
            seq,
            hash: link.hash,
            deps: (!implied).then(|| encode_deps(names)),
            body: change.body.clone(),
        }),
    }
}

/// Puts a change at the end of a record that has room for it: more than fits would keep every phone
/// that is sent the record from reading it.
fn put<'a>(
    history: &'a mut History,
    change: Change,
    seq: u32,
    names: &[ChangeName],
) -> Result<&'a Link, HistoryError> {
    history.room_for(&change)?;
    history.append(change, seq, Some(names))
}

/// Whether the record's order says what the change depends on.
fn implied(history: &History, pushed: &PushedRecord, names: &[ChangeName]) -> bool {
    history.dep_names(&history.implied_deps(&pushed.actor)) == names
}

fn refused(code: &str) -> Judged {
    Judged::Refused(Refusal::new(code))
}

#[cfg(test)]
mod full;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CaseId;
    use crate::record::change::{Edit, NewEntry};
    use crate::record::envelope::Envelope;
    use crate::record::kind::Compartment;
    use crate::record::schema::{FACTS, Fact, fact_field};
    use crate::record::value::Value;
    use crate::time::Timestamp;

    fn school(name: &str) -> Edit {
        let fields = vec![
            (fact_field::FACT, Value::Int(Fact::School.code().into())),
            (fact_field::VALUE, name.into()),
        ];
        Edit::Add(NewEntry { collection: FACTS, fields, ..NewEntry::default() })
    }

    /// One author's changes from `first` on, each naming a school, and the record with them.
    fn pushed(history: &History, schools: &[&str]) -> (PushedRecord, History) {
        let (actor, by) = (Actor::from_bytes([1; 16]), UserId::from_bytes([1; 16]));
        let mut written = history.clone();
        let first_seq = written.next_seq(&actor);
        let changes = schools.iter().map(|name| {
            let deps = written.dep_names(&written.implied_deps(&actor));
            let edits = vec![school(name)];
            let change = Change { actor, by, at: Timestamp(5), clock_ahead_ms: 0, edits };
            let (body, seq) = (change.encode_body(), written.next_seq(&actor));
            let hash = written.append(change, seq, Some(&deps)).unwrap().hash.prefix();
            PushedChange { deps: Some(deps), hash, body }
        });
        let changes = changes.collect();
        let envelope = history.envelope().encode();
        (PushedRecord { envelope, actor, first_seq, changes }, written)
    }

    /// "late" was allowed when the phone last heard, "never" was never.
    fn may(_: &History, change: &Change, _: &[usize]) -> Result<(), Forbidden> {
        let words = change.encode_body();
        let says = |word: &str| words.windows(word.len()).any(|it| it == word.as_bytes());
        match (says("late"), says("never")) {
            (true, _) => Err(Forbidden::Late(Refusal::new("not_in_team"))),
            (_, true) => Err(Forbidden::Refused(Refusal::new("not_in_team"))),
            _ => Ok(()),
        }
    }

    fn outcomes(judged: &[(u32, Judged)]) -> Vec<&'static str> {
        let word = |(_, judged): &(u32, Judged)| match judged {
            Judged::Accepted(_) => "accepted",
            Judged::AlreadyHad => "had",
            Judged::Needs => "needs",
            Judged::NotYet => "not yet",
            Judged::Refused(_) => "refused",
            Judged::DependsOnRefused => "depends",
            Judged::Held(_) => "held",
        };
        judged.iter().map(word).collect()
    }

    fn record() -> History {
        History::new(Envelope::of_case(CaseId::from_bytes([9; 16]), Compartment::Team))
    }

    #[test]
    fn what_follows_a_held_change_is_judged_like_any_other() {
        let user = UserId::from_bytes([1; 16]);
        let mut history = record();
        let (push, _) = pushed(&history, &["now", "late", "after", "never", "last"]);
        let judged = admit(&mut history, None, &push, user, &may);
        assert_eq!(outcomes(&judged), ["accepted", "held", "held", "refused", "depends"]);
        assert_eq!(history.links().len(), 1, "only what was allowed is in the record");
    }

    #[test]
    fn what_builds_on_work_that_its_author_may_not_know_of_is_answered_alike() {
        let (user, stranger) = (UserId::from_bytes([1; 16]), Actor::from_bytes([8; 16]));
        let (first, written) = pushed(&record(), &["now"]);
        let (mut guess, _) = pushed(&written, &["after"]);
        for deps in [vec![(stranger, 1)], vec![(Actor::from_bytes([1; 16]), 1), (stranger, 1)]] {
            guess.changes[0].deps = Some(deps);
            for there in [false, true] {
                let mut history = record();
                let mut others = pushed(&history, &["now"]).0;
                others.actor = stranger;
                if there {
                    let change = Change::decode_body(
                        crate::record::kind::Kind::Case,
                        stranger,
                        user,
                        &others.changes[0].body,
                    );
                    history.append(change.unwrap(), 1, Some(&[])).unwrap();
                }
                admit(&mut history, None, &first, user, &may);
                let strangers = BTreeSet::from([stranger]);
                let judged = admit_apart(&mut history, None, &guess, (user, &strangers), &may);
                assert_eq!(judged[0].1, refused("not_found"), "{there}");
                let again = admit_apart(&mut history, None, &first, (user, &strangers), &may);
                assert_eq!(outcomes(&again), ["had"], "their own work is theirs to know of");
            }
        }
    }

    #[test]
    fn a_later_push_is_judged_on_what_waits_and_a_resend_waits_once() {
        let user = UserId::from_bytes([1; 16]);
        let mut history = record();
        let (first, aside) = pushed(&history, &["late"]);
        let (second, _) = pushed(&aside, &["after", "never"]);
        let alone = admit(&mut history, None, &second, user, &may);
        assert_eq!(outcomes(&alone), ["needs", "needs"]);
        let judged = admit(&mut history, Some(aside.clone()), &second, user, &may);
        assert_eq!(outcomes(&judged), ["held", "refused"]);
        let again = admit(&mut history, Some(aside.clone()), &first, user, &may);
        assert_eq!(outcomes(&again), ["held"]);
        let (other, _) = pushed(&record(), &["late, but something else"]);
        let forked = admit(&mut history, Some(aside), &other, user, &may);
        assert_eq!(outcomes(&forked), ["refused"]);
        assert!(history.links().is_empty());
    }
}

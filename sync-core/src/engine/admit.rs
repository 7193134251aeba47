//! Judging what a phone pushes to one record: in order, each change against the history as it then
//! is, the whole sealed once.

use crate::gate::refusal::Refusal;
use crate::gate::shape;
use crate::ids::{ChangeHash, UserId};
use crate::protocol::frame::{PushedChange, PushedRecord};
use crate::record::change::Change;
use crate::record::document;
use crate::record::history::{ChangeName, History, HistoryError, encode_deps};

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
/// The caller has checked that actor and user are the session's.
pub fn admit(
    history: &mut History,
    pushed: &PushedRecord,
    user: UserId,
    may: &May<'_>,
) -> Vec<(u32, Judged)> {
    let before = history.links().len();
    let mut judged: Vec<(u32, Judged)> = Vec::with_capacity(pushed.changes.len());
    for (seq, change) in (pushed.first_seq..).zip(&pushed.changes) {
        let blocked = judged.iter().rev().find_map(|(_, judged)| blocks(judged));
        let one = match blocked {
            Some(reason) => reason,
            None => admit_one(history, pushed, seq, change, user, may),
        };
        judged.push((seq, one));
    }
    // Over half of the gate's cost: what the engine cannot read back would be lost for everybody.
    if history.links().len() > before
        && let Err(error) = document::seal(history)
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

/// What becomes of later changes of the same push.
fn blocks(judged: &Judged) -> Option<Judged> {
    match judged {
        Judged::Accepted(_) | Judged::AlreadyHad => None,
        Judged::Needs => Some(Judged::Needs),
        Judged::NotYet => Some(Judged::NotYet),
        Judged::Refused(_) | Judged::DependsOnRefused => Some(Judged::DependsOnRefused),
        Judged::Held(why) => Some(Judged::Held(why.clone())),
    }
}

fn admit_one(
    history: &mut History,
    pushed: &PushedRecord,
    seq: u32,
    change: &PushedChange,
    user: UserId,
    may: &May<'_>,
) -> Judged {
    if let Some(index) = history.index(&(pushed.actor, seq)) {
        // The same number with other content: two phones write as one actor.
        let same = history.links()[index].hash.prefix() == change.hash;
        return if same { Judged::AlreadyHad } else { refused("actor_forked") };
    }
    let names = change.deps.clone().unwrap_or_else(|| vec![(pushed.actor, seq - 1)]);
    let deps: Option<Vec<usize>> = names.iter().map(|name| history.index(name)).collect();
    let Some(deps) = deps else { return Judged::Needs };
    let kind = history.envelope().kind();
    let decoded =
        Change::decode_body(kind, pushed.actor, user, &change.body).map_err(Forbidden::from);
    let checked = decoded.and_then(|decoded| {
        shape::check(kind, &decoded)?;
        may(history, &decoded, &deps)?;
        Ok(decoded)
    });
    match checked {
        Ok(decoded) => take(history, pushed, seq, change, decoded, &names),
        Err(Forbidden::Refused(refusal)) if refusal.code() == "newer_version" => Judged::NotYet,
        Err(Forbidden::Refused(refusal)) => Judged::Refused(refusal),
        Err(Forbidden::Late(refusal)) => Judged::Held(refusal),
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
    match history.append(decoded, seq, Some(names)) {
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

/// Whether the record's order says what the change depends on.
fn implied(history: &History, pushed: &PushedRecord, names: &[ChangeName]) -> bool {
    history.dep_names(&history.implied_deps(&pushed.actor)) == names
}

fn refused(code: &str) -> Judged {
    Judged::Refused(Refusal::new(code))
}

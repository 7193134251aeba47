//! Telling people whose value does not hold. Every value that loses is told to its author, once a
//! cause; whoever asks again gets the same notice with the same id.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::codec::Writer;
use crate::ids::{EntryId, UserId};
use crate::merge::held::{Held, InForce};
use crate::merge::topic::{Resolved, Topic, alike, is_in_words, sameness, topics};
use crate::merge::{ConsentScope, Context, name_of};
use crate::record::entry::{Assertion, Entry};
use crate::record::schema::Fact;
use crate::record::value::Value;

/// The name of a notice: equal for the same person, value and cause wherever it is computed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NoticeId(pub [u8; 16]);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for NoticeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What happened to a person's value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCause {
    /// It stands beside others and does not hold.
    NotInForce,
    /// Somebody settled rivals, of which it was one, otherwise.
    Settled,
    /// Somebody who had seen it recorded another value.
    Overtaken,
}

/// One person's value that does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Notice {
    /// The same each time it is computed.
    pub id: NoticeId,
    /// The fact.
    #[serde(serialize_with = "name_of")]
    pub fact: Fact,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// What happened.
    pub cause: NoticeCause,
    /// Their assertion.
    pub entry: EntryId,
    /// Its value.
    pub theirs: Value,
    /// What holds now.
    pub now: InForce,
    /// By whom; empty where the value is withheld from the reader.
    pub by: Vec<UserId>,
    /// Why, in that person's words, if there is one person and a reason.
    pub reason: Option<String>,
}

/// What `user` must be told about one record's `entries`, as far as those are entries they may see:
/// by fact and subject.
#[must_use]
pub fn notices_for(user: &UserId, entries: &[Entry], context: &Context<'_>) -> Vec<Notice> {
    let mut notices = Vec::new();
    for topic in &topics(entries, context) {
        if topic.assertions.iter().any(|assertion| assertion.entry.by == *user) {
            let resolved = topic.resolve(context);
            notices.extend(not_in_force(user, &resolved, context));
            notices.extend(replaced(user, topic, &resolved, context));
        }
    }
    notices
}

/// Their standing values that do not hold: one notice for what holds instead.
fn not_in_force(user: &UserId, resolved: &Resolved<'_>, context: &Context<'_>) -> Option<Notice> {
    if !resolved.disputed {
        return None;
    }
    let lost = |a: &&Assertion<'_>| a.entry.by == *user && !holds(a, resolved, context);
    let losing = || resolved.standing.iter().filter(lost);
    let newest = losing().next()?;
    // The oldest names the notice: a later equal slip of the same hand is not news.
    let oldest = losing().min_by_key(|a| age(a)).unwrap_or(newest);
    let cause = in_force_bytes(&resolved.in_force);
    let rivals = resolved.standing.iter().filter(|a| !alike(a, newest, context));
    let holders: BTreeSet<UserId> = match &resolved.in_force {
        InForce::One(_) | InForce::Several(_) => {
            resolved.in_force.held().iter().filter_map(|held| held.by).collect()
        }
        InForce::Nobody | InForce::Combined(_) => rivals.map(|a| a.entry.by).collect(),
        InForce::Withheld => BTreeSet::new(),
    };
    Some(Notice {
        id: notice_id(user, NoticeCause::NotInForce, &oldest.entry.id, &cause),
        by: holders.into_iter().collect(),
        reason: resolved.in_force.one().and_then(|held| held.reason.clone()),
        ..about(newest, NoticeCause::NotInForce, resolved)
    })
}

/// Their values that others replaced by unlike ones: one notice a replacing assertion.
fn replaced(
    user: &UserId,
    topic: &Topic<'_>,
    resolved: &Resolved<'_>,
    context: &Context<'_>,
) -> Vec<Notice> {
    let is_theirs = |place: &usize| topic.assertions[*place].entry.by == *user;
    let (theirs, others): (Vec<usize>, Vec<usize>) =
        (0..topic.assertions.len()).partition(is_theirs);
    // What they replaced themselves, directly or through others', they gave up or have answered.
    let given_up = topic.chain.before(theirs.iter().copied());
    let lost: BTreeSet<usize> =
        theirs.into_iter().filter(|place| !given_up.contains(place)).collect();
    others
        .into_iter()
        .filter_map(|cause| replaced_by(cause, &lost, user, topic, resolved, context))
        .collect()
}

fn replaced_by(
    cause: usize,
    lost: &BTreeSet<usize>,
    user: &UserId,
    topic: &Topic<'_>,
    resolved: &Resolved<'_>,
    context: &Context<'_>,
) -> Option<Notice> {
    let replacing = &topic.assertions[cause];
    let before = topic.chain.replaces(cause);
    let unlike = |place: &&usize| !alike(&topic.assertions[**place], replacing, context);
    let theirs = before
        .iter()
        .filter(|place| lost.contains(place))
        .filter(unlike)
        .map(|&place| &topic.assertions[place])
        .max_by_key(|older| age(older))?;
    let settled = before.iter().any(|&place| !alike(&topic.assertions[place], theirs, context));
    let sort = if settled { NoticeCause::Settled } else { NoticeCause::Overtaken };
    let withheld = resolved.in_force == InForce::Withheld;
    Some(Notice {
        id: notice_id(user, sort, &replacing.entry.id, &[]),
        by: if withheld { Vec::new() } else { vec![replacing.entry.by] },
        reason: replacing.reason().filter(|_| !withheld).map(str::to_owned),
        ..about(theirs, sort, resolved)
    })
}

fn about(theirs: &Assertion<'_>, cause: NoticeCause, resolved: &Resolved<'_>) -> Notice {
    Notice {
        id: NoticeId([0; 16]),
        fact: theirs.fact,
        subject: theirs.subject.to_owned(),
        cause,
        entry: theirs.entry.id,
        theirs: theirs.value.clone(),
        now: resolved.in_force.clone(),
        by: Vec::new(),
        reason: None,
    }
}

/// Sorts the oldest first, unsent ones last; sending changes nobody's place among their own.
fn age(assertion: &Assertion<'_>) -> impl Ord + use<> {
    let (id, position) = (assertion.entry.id, assertion.entry.position);
    (position.is_none(), position, id.seq, id.n, id.actor)
}

/// Whether what an assertion says is what holds, or among it.
fn holds(assertion: &Assertion<'_>, resolved: &Resolved<'_>, context: &Context<'_>) -> bool {
    if let InForce::Combined(scope) = &resolved.in_force {
        return *scope == ConsentScope::of(assertion.value);
    }
    let said = sameness(assertion, context);
    let framework = |held: &Held| held.framework.clone().filter(|_| is_in_words(assertion.fact));
    resolved.in_force.held().iter().any(|held| (&held.value, framework(held).as_deref()) == said)
}

/// What holds as bytes that do not depend on who else says the same.
fn in_force_bytes(in_force: &InForce) -> Vec<u8> {
    let mut values: Vec<Vec<u8>> = in_force
        .held()
        .iter()
        .map(|held| {
            let mut writer = Writer::new();
            held.value.write(&mut writer);
            writer.text(held.framework.as_deref().unwrap_or(""));
            writer.finish()
        })
        .collect();
    values.sort();
    let sort = match in_force {
        InForce::One(_) | InForce::Several(_) => "held".to_owned(),
        InForce::Withheld => "withheld".to_owned(),
        InForce::Nobody => "nobody".to_owned(),
        InForce::Combined(scope) => format!("consent {scope}"),
    };
    [sort.into_bytes(), values.concat()].concat()
}

fn notice_id(user: &UserId, cause: NoticeCause, entry: &EntryId, of: &[u8]) -> NoticeId {
    let mut digest = Sha256::new();
    digest.update(b"caseweave notice");
    digest.update(user.as_bytes());
    digest.update(match cause {
        NoticeCause::NotInForce => [1],
        // A settlement and an overtaking are named by what replaced: it is one event.
        NoticeCause::Settled | NoticeCause::Overtaken => [2],
    });
    digest.update(entry.actor.as_bytes());
    digest.update(entry.seq.to_be_bytes());
    digest.update(entry.n.to_be_bytes());
    digest.update(of);
    let mut id = [0; 16];
    id.copy_from_slice(&digest.finalize()[..16]);
    NoticeId(id)
}

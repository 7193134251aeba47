//! One fact about one subject in one record: all that was ever asserted, and what comes of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::merge::chain::Chain;
use crate::merge::held::{Held, InForce, Rival, Why};
use crate::merge::{Context, fold, name_of};
use crate::record::entry::{Assertion, Entry};
use crate::record::schema::{Fact, Fold};
use crate::record::value::Value;

/// The collection of a plan's rows; its fields have the codes of the facts that change them.
const ROWS: u8 = 16;
const ROW_FACTS: std::ops::RangeInclusive<u8> = Fact::RowNeed.code()..=Fact::RowRating.code();

/// What holds for a fact, and everything that stands behind or against it.
#[derive(Clone, Debug, Serialize)]
pub struct Resolved<'a> {
    /// The fact.
    #[serde(serialize_with = "name_of")]
    pub fact: Fact,
    /// Of whom or what; empty for the record as a whole.
    pub subject: String,
    /// What holds.
    pub in_force: InForce,
    /// Every assertion that nobody replaced, newest first, own unsent ones last. Not in JSON: it
    /// has the values that [`Resolved::rivals`] withholds.
    #[serde(skip)]
    pub standing: Vec<Assertion<'a>>,
    /// The same as far as the reader may see them.
    pub rivals: Vec<Rival>,
    /// Whether standing assertions have unlike values.
    pub disputed: bool,
    /// Why that is in force.
    pub why: Why,
}

/// What holds for a fact about a subject.
///
/// `assertions` are all assertions of the record, replaced ones included; those of other facts and
/// subjects are left out here. `base` is the value that a plan's row began with: it holds while
/// nobody has asserted anything.
#[must_use]
pub fn resolve<'a>(
    fact: Fact,
    subject: &str,
    assertions: &[Assertion<'a>],
    base: Option<&'a Value>,
    context: &Context<'_>,
) -> Resolved<'a> {
    let own = assertions.iter().filter(|a| a.fact == fact && a.subject == subject).copied();
    Topic::new(fact, subject.to_owned(), own.collect(), base, context).resolve(context)
}

/// What holds for every fact that a record says anything about, by fact and subject; what a plan's
/// rows began with included.
#[must_use]
pub fn resolve_all<'a>(entries: &'a [Entry], context: &Context<'_>) -> Vec<Resolved<'a>> {
    resolve_each(topics(entries, context), context)
}

/// What holds for some facts only, of all that a record says anything about: costs less than everything.
#[must_use]
pub fn resolve_of<'a>(
    facts: &[Fact],
    entries: &'a [Entry],
    context: &Context<'_>,
) -> Vec<Resolved<'a>> {
    resolve_each(topics_of(entries, context, |fact| facts.contains(&fact)), context)
}

fn resolve_each<'a>(topics: Vec<Topic<'a>>, context: &Context<'_>) -> Vec<Resolved<'a>> {
    topics.iter().map(|topic| topic.resolve(context)).collect()
}

/// One fact about one subject.
pub(super) struct Topic<'a> {
    pub(super) fact: Fact,
    pub(super) subject: String,
    /// Newest first, own unsent ones last, each once.
    pub(super) assertions: Vec<Assertion<'a>>,
    pub(super) base: Option<&'a Value>,
    pub(super) chain: Chain,
}

impl<'a> Topic<'a> {
    fn new(
        fact: Fact,
        subject: String,
        mut assertions: Vec<Assertion<'a>>,
        base: Option<&'a Value>,
        context: &Context<'_>,
    ) -> Self {
        assertions.sort_by_key(newest_first);
        assertions.dedup_by_key(|assertion| assertion.entry.id);
        let chain = Chain::of(&assertions, context.may_replace);
        Self { fact, subject, assertions, base, chain }
    }

    pub(super) fn resolve(&self, context: &Context<'_>) -> Resolved<'a> {
        let standing = self.chain.standing();
        let (in_force, why) = if standing.is_empty() {
            self.unasserted(context)
        } else {
            fold::fold(&self.assertions, &standing, &self.chain, context)
        };
        let standing: Vec<_> = standing.iter().map(|&place| self.assertions[place]).collect();
        let withheld = in_force == InForce::Withheld;
        Resolved {
            fact: self.fact,
            subject: self.subject.clone(),
            rivals: standing.iter().map(|a| Rival::of(a, withheld, context)).collect(),
            disputed: are_unlike(&standing, context),
            in_force,
            standing,
            why,
        }
    }

    /// Whether standing assertions have unlike values: what [`Topic::resolve`] says of it, for less.
    pub(super) fn is_disputed(&self, context: &Context<'_>) -> bool {
        let standing = self.chain.standing();
        let standing: Vec<_> = standing.iter().map(|&place| self.assertions[place]).collect();
        are_unlike(&standing, context)
    }

    fn unasserted(&self, context: &Context<'_>) -> (InForce, Why) {
        match self.base {
            Some(base) => (InForce::One(Held::initial(self.fact, base, context)), Why::Initial),
            None => (InForce::Nobody, Why::NobodySaid),
        }
    }
}

fn are_unlike(standing: &[Assertion<'_>], context: &Context<'_>) -> bool {
    standing.iter().any(|a| !alike(a, &standing[0], context))
}

/// What a record says of one topic: assertions, and what a row began with.
type Said<'a> = (Vec<Assertion<'a>>, Option<&'a Value>);

/// A record's topics by fact and subject.
pub(super) fn topics<'a>(entries: &'a [Entry], context: &Context<'_>) -> Vec<Topic<'a>> {
    topics_of(entries, context, |_| true)
}

/// Those of the wanted facts.
pub(super) fn topics_of<'a>(
    entries: &'a [Entry],
    context: &Context<'_>,
    wanted: impl Fn(Fact) -> bool,
) -> Vec<Topic<'a>> {
    let mut found: BTreeMap<(Fact, String), Said<'a>> = BTreeMap::new();
    let asserted = entries.iter().filter_map(Entry::assertion);
    for assertion in asserted.filter(|assertion| wanted(assertion.fact)) {
        let key = (assertion.fact, assertion.subject.to_owned());
        found.entry(key).or_default().0.push(assertion);
    }
    for row in entries.iter().filter(|entry| entry.collection == ROWS) {
        let facts = row.fields.iter().filter_map(row_fact);
        for (fact, value) in facts.filter(|(fact, _)| wanted(*fact)) {
            found.entry((fact, row.id.to_string())).or_default().1 = Some(value);
        }
    }
    found
        .into_iter()
        .map(|((fact, subject), (all, base))| Topic::new(fact, subject, all, base, context))
        .collect()
}

fn row_fact((code, value): &(u8, Value)) -> Option<(Fact, &Value)> {
    let code = Some(*code).filter(|code| ROW_FACTS.contains(code))?;
    Some((Fact::from_code(code.into())?, value))
}

/// What two assertions must share to say the same. Words of unlike frameworks are unlike.
pub(super) fn sameness<'a>(
    assertion: &Assertion<'a>,
    context: &Context<'a>,
) -> (&'a Value, Option<&'a str>) {
    let framework = context.framework_of(assertion).filter(|_| is_in_words(assertion.fact));
    (assertion.value, framework)
}

/// Whether a fact's values are words of a framework.
pub(super) const fn is_in_words(fact: Fact) -> bool {
    matches!(fact.fold(), Fold::HighestStage | Fold::MostProtective(_))
}

/// Whether two assertions say the same.
pub(super) fn alike<'a>(a: &Assertion<'a>, b: &Assertion<'a>, context: &Context<'a>) -> bool {
    sameness(a, context) == sameness(b, context)
}

/// By place in the record, newest first; what only this phone has comes last.
fn newest_first(assertion: &Assertion<'_>) -> impl Ord + use<> {
    let (id, position) = (assertion.entry.id, assertion.entry.position);
    Reverse((position, id.seq, id.n, id.actor))
}

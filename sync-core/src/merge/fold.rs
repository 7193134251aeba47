//! Which of the values that stand holds: `docs/merge-rules.md`, one function a rule.

use std::collections::BTreeMap;

use crate::merge::chain::Chain;
use crate::merge::consent::ConsentScope;
use crate::merge::held::{Held, InForce, Why};
use crate::merge::{Context, topic};
use crate::record::entry::Assertion;
use crate::record::schema::Fold;
use crate::record::value::Value;
use crate::time::Date;

/// What holds of `assertions` (newest first) when those at `standing` (at least one) stand.
pub(super) fn fold(
    assertions: &[Assertion<'_>],
    standing: &[usize],
    chain: &Chain,
    context: &Context<'_>,
) -> (InForce, Why) {
    let all: Vec<_> = standing.iter().map(|&place| assertions[place]).collect();
    let unlike = distinct(&all, context);
    let rule = all[0].fact.fold();
    match rule {
        Fold::NarrowestConsent => narrowest(&unlike),
        Fold::Address if is_withheld(&all, context) => (InForce::Withheld, Why::Confidential),
        _ if unlike.len() == 1 => (one(&unlike[0], context), Why::Agreed),
        Fold::NearestCommon => nearest_common(&chain.nearest_common(standing), assertions, context),
        Fold::AllShown | Fold::Address => (shown(&unlike, context), Why::AllShown),
        Fold::HighestStage => ranked(&unlike, Why::Highest, context),
        Fold::HighestOf(_) => ranked(&unlike, Why::of_order(all[0].fact), context),
        Fold::MostProtective(_) => ranked(&unlike, Why::MoreProtective, context),
        Fold::Yes => ranked(&unlike, Why::YesHolds, context),
        Fold::No => ranked(&unlike, Why::NoHolds, context),
        Fold::Earliest => ranked(&unlike, Why::EarliestDay, context),
    }
}

/// Whether a value can be ranked, or needs no rank.
pub(super) fn is_known(assertion: &Assertion<'_>, context: &Context<'_>) -> bool {
    match assertion.fact.fold() {
        Fold::AllShown | Fold::NearestCommon | Fold::Address => true,
        Fold::NarrowestConsent => text(assertion).parse::<ConsentScope>().is_ok(),
        _ => rank(assertion, context).is_some(),
    }
}

/// The newest of each value.
fn distinct<'a>(newest_first: &[Assertion<'a>], context: &Context<'_>) -> Vec<Assertion<'a>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut distinct = newest_first.to_vec();
    distinct.retain(|assertion| seen.insert(topic::sameness(assertion, context)));
    distinct
}

fn narrowest(unlike: &[Assertion<'_>]) -> (InForce, Why) {
    let scope = unlike
        .iter()
        .map(|assertion| ConsentScope::of(assertion.value))
        .fold(ConsentScope::All, |narrowest, scope| narrowest.and(scope));
    let why = if unlike.len() == 1 { Why::Agreed } else { Why::NarrowestConsent };
    (InForce::Combined(scope), why)
}

fn is_withheld(all: &[Assertion<'_>], context: &Context<'_>) -> bool {
    all.iter().any(|assertion| context.hides(assertion))
}

fn nearest_common(
    nearest: &[usize],
    assertions: &[Assertion<'_>],
    context: &Context<'_>,
) -> (InForce, Why) {
    let nearest: Vec<_> = nearest.iter().map(|&place| assertions[place]).collect();
    match distinct(&nearest, context).as_slice() {
        [agreed] => (one(agreed, context), Why::BeforeDispute),
        _ => (InForce::Nobody, Why::NothingCommon),
    }
}

/// The highest of each scale, and whatever cannot be ranked.
fn ranked(unlike: &[Assertion<'_>], why: Why, context: &Context<'_>) -> (InForce, Why) {
    let ranks: Vec<_> = unlike.iter().map(|assertion| rank(assertion, context)).collect();
    let mut highest: BTreeMap<&str, i64> = BTreeMap::new();
    for (scale, rank) in ranks.iter().flatten() {
        let best = highest.entry(scale).or_insert(*rank);
        *best = (*best).max(*rank);
    }
    let holds = |rank: &Option<(&str, i64)>| rank.is_none_or(|(scale, r)| highest[scale] == r);
    let kept: Vec<_> = unlike
        .iter()
        .zip(&ranks)
        .filter(|(_, rank)| holds(rank))
        .map(|(assertion, _)| *assertion)
        .collect();
    let why = match () {
        () if ranks.contains(&None) => Why::UnknownWord,
        () if highest.len() > 1 => Why::UnlikeFrameworks,
        () if kept.len() > 1 => Why::EqualRank,
        () => why,
    };
    (shown(&kept, context), why)
}

/// The scale a value is on and how high; none for a value that nothing here ranks.
fn rank<'a>(assertion: &Assertion<'a>, context: &Context<'a>) -> Option<(&'a str, i64)> {
    let word = assertion.value.as_text();
    let framework = context.framework_of(assertion);
    Some(match assertion.fact.fold() {
        Fold::HighestStage => (framework?, context.catalogue.stage(framework?, word?)?.rank),
        Fold::MostProtective(list) => {
            (framework?, context.catalogue.word(framework?, list, word?)?.rank)
        }
        Fold::HighestOf(words) => ("", place_of(word?, words)?),
        Fold::Yes => ("", i64::from(assertion.value.as_bool()?)),
        Fold::No => ("", i64::from(!assertion.value.as_bool()?)),
        Fold::Earliest => ("", -word?.parse::<Date>().ok()?.start().0),
        Fold::AllShown | Fold::NarrowestConsent | Fold::NearestCommon | Fold::Address => {
            return None;
        }
    })
}

fn place_of(word: &str, words: &[&str]) -> Option<i64> {
    i64::try_from(words.iter().position(|known| *known == word)?).ok()
}

fn text<'a>(assertion: &Assertion<'a>) -> &'a str {
    Value::as_text(assertion.value).unwrap_or("")
}

fn one(assertion: &Assertion<'_>, context: &Context<'_>) -> InForce {
    InForce::One(Held::of(assertion, context))
}

fn shown(assertions: &[Assertion<'_>], context: &Context<'_>) -> InForce {
    match assertions {
        [only] => one(only, context),
        _ => InForce::Several(assertions.iter().map(|a| Held::of(a, context)).collect()),
    }
}

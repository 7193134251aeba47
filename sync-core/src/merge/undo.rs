//! Taking a settlement back.

use crate::ids::EntryId;
use crate::merge::Context;
use crate::merge::settle::Draft;
use crate::merge::topic::{Topic, alike, topics};
use crate::record::entry::{Assertion, Entry};
use crate::record::schema::Fold;
use crate::record::value::Value;

/// Why a settlement cannot be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotUndo {
    /// The record has no such assertion.
    #[error("there is no such decision in this record")]
    Unknown,
    /// Somebody replaced it already: taking it back would contradict them unseen.
    #[error("somebody has decided again since: look at that first")]
    Replaced,
    /// Nothing held before it, so there is nothing to go back to.
    #[error("nothing held before this decision: record a new one instead")]
    NothingBefore,
}

/// The assertions that take a settlement back: each value that it replaced, once, as it was, in the
/// place of the settlement. Where rivals were settled they are rivals again, the safest holds again
/// and the conflict is open: undoing is not deciding otherwise. Of a fact that holds by what all
/// rivals replace (the lead professional) it is what held during the dispute.
///
/// # Errors
/// [`CannotUndo`] where there is nothing to go back to, or somebody decided since.
pub fn undo(
    settlement: EntryId,
    entries: &[Entry],
    reason: &str,
    context: &Context<'_>,
) -> Result<Vec<Draft>, CannotUndo> {
    let topics = topics(entries, context);
    let (topic, place) = topics
        .iter()
        .find_map(|topic| place_of(settlement, topic).map(|place| (topic, place)))
        .ok_or(CannotUndo::Unknown)?;
    if !topic.chain.replaced_by(place).is_empty() {
        return Err(CannotUndo::Replaced);
    }
    let draft = |value: &Value, before: Option<&Assertion<'_>>| Draft {
        fact: topic.fact,
        subject: topic.subject.clone(),
        value: value.clone(),
        framework: before.and_then(Assertion::framework).map(str::to_owned),
        confidential: before.is_some_and(Assertion::is_confidential),
        reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        replaces: vec![settlement],
    };
    let before = to_restore(topic, place, context);
    match (before.as_slice(), topic.base) {
        ([], None) => Err(CannotUndo::NothingBefore),
        ([], Some(base)) => Ok(vec![draft(base, None)]),
        (before, _) => Ok(before.iter().map(|a| draft(a.value, Some(a))).collect()),
    }
}

fn place_of(id: EntryId, topic: &Topic<'_>) -> Option<usize> {
    topic.assertions.iter().position(|assertion| assertion.entry.id == id)
}

/// What an undoing asserts again. Rivals for lead professional cannot simply be rivals again: they
/// would all replace the settlement, which would then be the nearest they have in common and hold.
fn to_restore<'a>(topic: &Topic<'a>, place: usize, context: &Context<'a>) -> Vec<Assertion<'a>> {
    let replaced = topic.chain.replaces(place);
    let before = unlike(topic, replaced, context);
    if topic.fact.fold() != Fold::NearestCommon || before.len() < 2 {
        return before;
    }
    let common = unlike(topic, &topic.chain.nearest_common(replaced), context);
    if common.len() == 1 { common } else { Vec::new() }
}

/// The unlike values of the assertions at `places`. Of equal ones a confidential one
/// stands for the others, so that undoing never shows an address.
fn unlike<'a>(topic: &Topic<'a>, places: &[usize], context: &Context<'a>) -> Vec<Assertion<'a>> {
    let mut all: Vec<_> = places.iter().map(|&place| topic.assertions[place]).collect();
    all.sort_by_key(|assertion| !assertion.is_confidential());
    let mut unlike: Vec<Assertion<'a>> = Vec::new();
    for assertion in all {
        if !unlike.iter().any(|known| alike(known, &assertion, context)) {
            unlike.push(assertion);
        }
    }
    unlike
}

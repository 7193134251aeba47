//! What held of a fact over time, as its assertions came in.

use minicbor::{Decode, Encode};

use crate::merge::{Context, Resolved, resolve};
use crate::record::entry::{Assertion, Entry};
use crate::record::schema::Fact;
use crate::time::Date;

/// Assertions of one fact that are looked at one by one; of more, the newest. Each costs a reading of
/// all, so a record that somebody filled with assertions stays cheap.
const LOOKED_AT: usize = 64;

/// From a day on something held.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Turn {
    /// The first day.
    #[n(0)]
    pub on: Date,
    /// What held from then on; none for nothing.
    #[n(1)]
    pub is: Option<String>,
}

/// What held on a day, by the turns until then.
#[must_use]
pub fn held_on(turns: &[Turn], day: Date) -> Option<&str> {
    turns.iter().rev().find(|turn| turn.on <= day)?.is.as_deref()
}

/// What held of a fact about the record as a whole over time. Days never go back: what arrived later
/// holds from the later of both days.
pub(super) fn turns(
    entries: &[Entry],
    fact: Fact,
    context: &Context<'_>,
    is: impl Fn(&Resolved<'_>) -> Option<String>,
) -> Vec<Turn> {
    let about = |it: &Assertion<'_>| it.fact == fact && it.subject.is_empty();
    let all: Vec<_> = entries.iter().filter_map(Entry::assertion).filter(about).collect();
    let first = all.len().saturating_sub(LOOKED_AT);
    let mut turns: Vec<Turn> = Vec::new();
    for end in first..all.len() {
        let Some(on) = day_of(all[end].entry) else { continue };
        let is = is(&resolve(fact, "", &all[..=end], None, context));
        push(&mut turns, Turn { on, is });
    }
    turns
}

fn push(turns: &mut Vec<Turn>, mut turn: Turn) {
    if let Some(last) = turns.last() {
        turn.on = turn.on.max(last.on);
        if last.on == turn.on {
            turns.pop();
        }
    }
    if turns.last().is_none_or(|last| last.is != turn.is) {
        turns.push(turn);
    }
}

/// The day of an entry by its author's clock, as far as that was measured.
pub(super) fn day_of(entry: &Entry) -> Option<Date> {
    entry.at.plus_ms(entry.clock_ahead_ms.saturating_neg()).date()
}

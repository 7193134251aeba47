//! What in a case waits for somebody: concerns that are not settled, requests that nobody answered.

use sync_core::ids::RecordId;
use sync_core::merge::Context;
use sync_core::record::fold::Folded;
use sync_core::time::Timestamp;
use sync_core::view::kinds::{Concern, KindView};

/// What a record waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waits {
    /// A concern that nobody has decided about.
    Decision,
    /// A concern that was decided about and is still open.
    Closing,
    /// A request that nobody has answered.
    Answer,
}

impl Waits {
    /// What a screen shows.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Decision => "A concern that nobody has decided about",
            Self::Closing => "A concern that is still open",
            Self::Answer => "A request that nobody has answered",
        }
    }
}

/// A record that waits for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unanswered {
    /// The record.
    pub record: RecordId,
    /// For what.
    pub waits: Waits,
    /// Since when, by its author's clock.
    pub since: Timestamp,
}

/// What of these records waits for somebody, oldest first.
#[must_use]
pub fn of_records(records: &[Folded], merging: &Context<'_>) -> Vec<Unanswered> {
    let waiting = records.iter().filter_map(|folded| {
        let waits = waits(folded, merging)?;
        let since = folded.envelope.made()?.at;
        Some(Unanswered { record: folded.envelope.id(), waits, since })
    });
    let mut all: Vec<_> = waiting.collect();
    all.sort_by_key(|it| (it.since, it.record));
    all
}

fn waits(folded: &Folded, merging: &Context<'_>) -> Option<Waits> {
    match KindView::read(folded, merging) {
        KindView::Concern(concern) if is_closed(&concern) => None,
        KindView::Concern(concern) if concern.decisions.is_empty() => Some(Waits::Decision),
        KindView::Concern(_) => Some(Waits::Closing),
        KindView::Request(request) if request.decisions.is_empty() => Some(Waits::Answer),
        _ => None,
    }
}

fn is_closed(concern: &Concern) -> bool {
    let state = concern.state.in_force.one().and_then(|held| held.value.as_text());
    state == Some("closed")
}

//! A copy of this phone that went on, as the server's log shows it: this phone was put back to an older copy
//! of itself, and gives no name that the other gave.

use crate::engine::authors::Authors;
use crate::engine::client::ClientError;
use crate::engine::own::Own;
use crate::ids::Actor;
use crate::limits::OWN_ACTORS_AHEAD;
use crate::protocol::frame::PulledRecord;
use crate::store::Store;

/// The actors after this phone's up to the last as which it has written already, by what comes: it forgot
/// them when it was put back. Their work is its own, to be sent again if a server loses it.
pub(super) fn went_on_as(authors: &Authors, pulled: &[PulledRecord], own: &Own) -> Vec<Actor> {
    let changes = pulled.iter().flat_map(|record| &record.changes);
    let new = changes.filter(|it| it.user == own.user && authors.user(&it.actor).is_none());
    let new: Vec<Actor> = new.map(|it| it.actor).collect();
    if new.is_empty() {
        return Vec::new();
    }
    let next = |actor: &Actor| Some(actor.next(&own.secret));
    let after = std::iter::successors(next(&own.actor), next).take(OWN_ACTORS_AHEAD);
    let mut after: Vec<Actor> = after.collect();
    let last = after.iter().rposition(|actor| new.contains(actor));
    after.truncate(last.map_or(0, |last| last + 1));
    after
}

/// All that this phone goes on as: what it went on as before it was put back, as which it may write again what
/// another copy wrote again too, and one as which nobody wrote yet.
pub(super) fn joined(ahead: Vec<Actor>, fresh: Vec<Actor>, secret: &[u8; 32]) -> Vec<Actor> {
    let after: Vec<Actor> = fresh.into_iter().filter(|actor| !ahead.contains(actor)).collect();
    let new = ahead.last().filter(|_| after.is_empty()).map(|last| last.next(secret));
    ahead.into_iter().chain(after).chain(new).collect()
}

/// Whether the server has work of this phone's actor that this phone has not: it is a copy of a phone
/// that went on, and its numbers would be given twice. Work that was taken away and is granted again
/// looks the same; a fresh actor does no harm then.
pub(super) fn has_more(
    store: &dyn Store,
    pulled: &[PulledRecord],
    own: &Own,
) -> Result<bool, ClientError> {
    for record in pulled {
        let mut names = record.changes.iter().filter(|it| it.actor == own.actor).peekable();
        if names.peek().is_none() {
            continue;
        }
        let here = super::written_here(store, &record.record)?;
        if !names.all(|it| here.iter().any(|row| (row.actor, row.seq) == (it.actor, it.seq))) {
            return Ok(true);
        }
    }
    Ok(false)
}

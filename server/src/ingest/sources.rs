//! What a pushed change copies from, as the gate needs it.

use std::collections::BTreeSet;

use sync_core::gate::copies;
use sync_core::ids::{DeviceId, RecordId};
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::change::Change;
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;

use crate::db::{self, Conn, Error};
use crate::ingest::Arrival;

/// The records that the first change of a push copies from, and when that was.
#[derive(Clone, Debug)]
pub struct Copied {
    /// The records.
    pub from: BTreeSet<RecordId>,
    /// When the copy was made: as its author claims, but never before the phone's last contact nor
    /// after this one.
    pub at: Timestamp,
}

/// What a push copies; none for the many that copy nothing. A copy begins a record, so the first
/// change tells.
///
/// # Errors
/// The database's failure.
pub fn copied(
    conn: &mut Conn,
    arrival: &Arrival,
    kind: Kind,
    pushed: &PushedRecord,
) -> Result<Option<Copied>, Error> {
    let mut changes = pushed.changes.iter().filter_map(|change| {
        let decoded = Change::decode_body(kind, pushed.actor, arrival.user(), &change.body);
        decoded.ok().filter(|change| !copies::copied_from(change).is_empty())
    });
    let Some(change) = changes.next() else { return Ok(None) };
    let at = clamped(conn, arrival, &change)?;
    Ok(Some(Copied { from: copies::copied_from(&change), at }))
}

fn clamped(conn: &mut Conn, arrival: &Arrival, change: &Change) -> Result<Timestamp, Error> {
    let device: &DeviceId = &arrival.device;
    let contact = db::contacts::of(conn, device, &arrival.cluster())?;
    let contact = contact.map_or(arrival.at, |contact| contact.seen_at);
    let claimed = change.at.plus_ms(change.clock_ahead_ms.saturating_neg());
    Ok(claimed.max(contact).min(arrival.at))
}

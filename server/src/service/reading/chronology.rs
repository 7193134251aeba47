//! What happened in a case, and when the server came to know of it.

use sync_core::ids::CaseId;
use sync_core::policy::Ground;
use sync_core::record::fold::Folded;
use sync_core::time::Timestamp;
use sync_core::view::{ChronologyLine, chronology_line};

use super::Reader;
use super::case::ground;
use crate::db::{self, Conn, Error};

/// A line of a chronology with its arrival.
#[derive(Clone, Debug)]
pub struct ArrivedLine {
    /// What happened.
    pub line: ChronologyLine,
    /// When it was written, by its author's clock as far as that was measured.
    pub written_at: Timestamp,
    /// When the server got it.
    pub arrived_at: Timestamp,
}

impl ArrivedLine {
    /// Whether it arrived more than a day after it was written.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.arrived_at.since_ms(self.written_at) > Timestamp::DAY_MS
    }
}

/// A case's chronology of the records that are open to the person, newest first, with the ground on
/// which they are; none for a case that is not.
///
/// # Errors
/// The database's failure.
pub fn of_case(
    conn: &mut Conn,
    reader: &Reader,
    case: &CaseId,
) -> Result<Option<(Vec<ArrivedLine>, Ground)>, Error> {
    let Some(state) = reader.case(conn, case)? else { return Ok(None) };
    let reader = &reader.through_glass(conn, &state)?;
    let records = reader.records(conn, &state)?;
    let Some(ground) = ground(conn, reader, &state, &records)? else { return Ok(None) };
    Ok(Some((of_records(conn, &records)?, ground)))
}

/// What these records say happened, newest first.
///
/// # Errors
/// The database's failure.
pub fn of_records(conn: &mut Conn, records: &[Folded]) -> Result<Vec<ArrivedLine>, Error> {
    let mut lines = Vec::new();
    for folded in records {
        let Some(line) = chronology_line(folded) else { continue };
        let arrived_at = db::log::arrived(conn, &line.record)?;
        lines.push(ArrivedLine { written_at: written_at(folded, &line), line, arrived_at });
    }
    lines.sort_by_key(|it| (std::cmp::Reverse(it.line.at), it.line.record));
    Ok(lines)
}

fn written_at(folded: &Folded, line: &ChronologyLine) -> Timestamp {
    let ahead = folded.entries.first().map_or(0, |entry| entry.clock_ahead_ms);
    let claimed = folded.envelope.made().map_or(line.at, |made| made.at);
    claimed.plus_ms(ahead.saturating_neg())
}

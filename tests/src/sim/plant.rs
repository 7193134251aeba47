//! Bugs planted on purpose: the checkers must find each, or they check nothing.

use caseweave::db::access::{Ended, Interval};
use caseweave::db::{self, Conn};
use sync_core::ids::{ChangeHash, ClusterId};
use sync_core::protocol::message::Answer;
use sync_core::time::Timestamp;
use sync_core::view::CaseView;

use crate::sim::promise::Violation;

/// A bug to plant in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plant {
    /// A page's cursor reaches the disk before the page does.
    CursorFirst,
    /// A reader's fold forgets one of several rivals.
    RivalDropped,
    /// The end of access takes hold one commit late.
    GrantLate,
    /// A change that is sent again is logged again.
    ResendIsNew,
}

impl Plant {
    /// Every plant.
    pub const ALL: [Self; 4] =
        [Self::CursorFirst, Self::RivalDropped, Self::GrantLate, Self::ResendIsNew];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CursorFirst => "cursor-first",
            Self::RivalDropped => "rival-dropped",
            Self::GrantLate => "grant-late",
            Self::ResendIsNew => "resend-is-new",
        }
    }
}

/// Forgets the last rival of the first disagreement.
pub(super) fn drop_rival(view: &mut CaseView) {
    let mut conflicts = view.records.iter_mut().flat_map(|record| &mut record.conflicts);
    if let Some(conflict) = conflicts.next() {
        conflict.rivals.pop();
    }
}

/// Logs a change once more, at the end, as if it were another.
pub(super) fn log_again(conn: &mut Conn, answer: &Answer, now: Timestamp) -> Result<(), Violation> {
    let Some(mut row) = db::records::by_id(conn, &answer.record)? else { return Ok(()) };
    let entries = db::log::of_record(conn, &answer.record)?;
    let is_it = |it: &&db::log::Entry| it.actor == answer.actor && it.seq == answer.seq as i32;
    let Some(entry) = entries.iter().find(is_it) else { return Ok(()) };
    let (number, chain) = db::log::head(conn, &row.cluster)?;
    let mut again = entry.clone();
    again.number = number;
    again.position = row.length + 1;
    again.seq += 10_000 + row.length;
    again.arrived_at = now;
    again.hash = ChangeHash([again.position as u8; 32]);
    let proofs = db::log::proofs_from(conn, &row.cluster, entry.number, 1)?;
    let Some((_, proof)) = proofs.first() else { return Ok(()) };
    db::log::insert(conn, &again, proof)?;
    row.length += 1;
    row.last_number = number;
    db::records::put(conn, &row)?;
    db::log::set_head(conn, &row.cluster, number + 1, &chain)?;
    Ok(())
}

/// Opens every interval again that the commit just made ended; the case's next commit ends it.
pub(super) fn keep_access(conn: &mut Conn, cluster: &ClusterId) -> Result<(), Violation> {
    let (number, chain) = db::log::head(conn, cluster)?;
    let mut next = number;
    for case in db::records::cases_of(conn, cluster)? {
        let mut last = std::collections::BTreeMap::new();
        for interval in db::access::of_case(conn, &case)? {
            last.insert((interval.user, interval.scope), interval);
        }
        for interval in last.into_values() {
            let ended = matches!(interval.until, Some((_, Ended::Revoked)));
            // One that was opened here ended before: it is let go this time.
            let late = interval.resume_from == LATE;
            if ended && !late {
                let again = Interval { since: next, resume_from: LATE, until: None, ..interval };
                db::access::begin(conn, &again, &case, cluster)?;
                next += 1;
            }
        }
    }
    if next > number {
        db::log::set_head(conn, cluster, next, &chain)?;
    }
    Ok(())
}

/// Marks an interval that was opened here, and lets everything be sent.
const LATE: i64 = -1;

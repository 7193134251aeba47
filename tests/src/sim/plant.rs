//! Bugs planted on purpose: the checkers must find each, or they check nothing.

use std::collections::BTreeSet;

use caseweave::db::access::{Ended, Interval};
use caseweave::db::audit::AuditHead;
use caseweave::db::views::CaseViewRow;
use caseweave::db::{self, Conn};
use caseweave::service::pull::cursor::{Cursor, Offset};
use ed25519_dalek::SigningKey;
use sync_core::ids::{ChangeHash, ClusterId, UserId};
use sync_core::protocol::message::{Answer, ClusterCursor};
use sync_core::store::{Store, Write};
use sync_core::time::Timestamp;
use sync_core::view::CaseView;

use crate::sim::promise::{Promise, Violation};

/// A bug to plant in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plant {
    /// The server answers "accepted" before a commit that does not happen.
    AnswerFirst,
    /// A phone takes what it sent for safe when no answer comes.
    ForgetsUnsent,
    /// A reader's fold forgets one of several rivals.
    RivalDropped,
    /// A phone shows rivals in the order in which they reached it.
    ArrivalOrder,
    /// The end of access takes hold one commit late.
    GrantLate,
    /// A cursor of somebody else's is as good as one's own: who shows it is sent what its owner may read.
    CursorOfAnother,
    /// All pages of an answer are made at its beginning, whatever ends while it is on its way.
    AnswerStale,
    /// A change that is sent again is logged again.
    ResendIsNew,
    /// The key that signed a batch is not looked at.
    AnyKey,
    /// A page's cursor reaches the disk before the page does.
    CursorFirst,
    /// A server that was put back goes on with the cursors of the log that is gone.
    RestoreUnseen,
    /// One of the notices does not reach its reader.
    NoticeSwallowed,
    /// A commit leaves a case's line in lists as it was.
    ViewStale,
    /// The last row of the audit is taken out of it.
    AuditCut,
    /// What disagrees is ordered by what the phones' clocks said.
    ClockDecides,
}

impl Plant {
    /// Every plant.
    pub const ALL: [Self; 15] = [
        Self::AnswerFirst,
        Self::ForgetsUnsent,
        Self::RivalDropped,
        Self::ArrivalOrder,
        Self::GrantLate,
        Self::CursorOfAnother,
        Self::AnswerStale,
        Self::ResendIsNew,
        Self::AnyKey,
        Self::CursorFirst,
        Self::RestoreUnseen,
        Self::NoticeSwallowed,
        Self::ViewStale,
        Self::AuditCut,
        Self::ClockDecides,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnswerFirst => "answer-first",
            Self::ForgetsUnsent => "forgets-unsent",
            Self::RivalDropped => "rival-dropped",
            Self::ArrivalOrder => "arrival-order",
            Self::GrantLate => "grant-late",
            Self::CursorOfAnother => "cursor-of-another",
            Self::AnswerStale => "answer-stale",
            Self::ResendIsNew => "resend-is-new",
            Self::AnyKey => "any-key",
            Self::CursorFirst => "cursor-first",
            Self::RestoreUnseen => "restore-unseen",
            Self::NoticeSwallowed => "notice-swallowed",
            Self::ViewStale => "view-stale",
            Self::AuditCut => "audit-cut",
            Self::ClockDecides => "clock-decides",
        }
    }

    /// The promise that it breaks.
    #[must_use]
    pub const fn breaks(self) -> Promise {
        match self {
            Self::AnswerFirst | Self::ForgetsUnsent => Promise::Kept,
            Self::RivalDropped | Self::ArrivalOrder => Promise::Converged,
            Self::GrantLate | Self::CursorOfAnother | Self::AnswerStale => Promise::Entitled,
            Self::ResendIsNew | Self::AnyKey => Promise::Once,
            Self::CursorFirst | Self::RestoreUnseen => Promise::Complete,
            Self::NoticeSwallowed => Promise::Told,
            Self::ViewStale | Self::AuditCut => Promise::Verified,
            Self::ClockDecides => Promise::Clockless,
        }
    }
}

/// Takes the first unsent change off a phone, as if it were with the server.
pub(super) fn forget_unsent(store: &mut impl Store) -> Result<(), Violation> {
    let Some(row) = store.unsent(0, 1)?.into_iter().next() else { return Ok(()) };
    let (record, actor, seq) = (row.record, row.actor, row.seq);
    let returned = |store: &dyn Store| -> Result<BTreeSet<u64>, Violation> {
        Ok(store.returned()?.into_iter().map(|row| row.id).collect())
    };
    let before = returned(store)?;
    store.commit(&[Write::Return { record, actor, seq, reason: "sent".to_owned() }])?;
    let after = returned(store)?;
    let gone: Vec<_> = after.difference(&before).map(|id| Write::ForgetReturned(*id)).collect();
    Ok(store.commit(&gone)?)
}

/// Puts a user's own rivals before those that came later.
pub(super) fn own_first(view: &mut CaseView, user: &UserId) {
    for conflict in view.records.iter_mut().flat_map(|record| &mut record.conflicts) {
        conflict.rivals.sort_by_key(|rival| rival.by != *user);
    }
}

/// Puts rivals in the order of the moments that the phones noted.
pub(super) fn by_clock(view: &mut CaseView) {
    for conflict in view.records.iter_mut().flat_map(|record| &mut record.conflicts) {
        conflict.rivals.sort_by_key(|rival| rival.at);
    }
}

/// Whoever signs for a stranger.
#[must_use]
pub fn forger() -> SigningKey {
    SigningKey::from_bytes(&[13; 32])
}

/// Gives a cursor of a log that is gone the chain of the one that is there.
pub(super) fn trust(
    conn: &mut Conn,
    asked: &mut ClusterCursor,
    (key, log): (&[u8; 32], &[u8; 16]),
    user: &UserId,
) -> Result<(), Violation> {
    let whose = (user, &asked.cluster);
    let Some(cursor) = Cursor::open(&asked.cursor, key, log, whose) else { return Ok(()) };
    let base = cursor.base.min(db::log::head(conn, &asked.cluster)?.0 - 1);
    let chain = db::log::state_at(conn, &asked.cluster, base)?;
    let trusted = Cursor { base, up_to: base, offset: Offset::Start, chain, ..cursor };
    asked.cursor = trusted.seal(key, log, whose, &[5; 16]);
    Ok(())
}

/// The lines of all cases, to be put back.
pub(super) fn views(conn: &mut Conn, cluster: &ClusterId) -> Result<Vec<CaseViewRow>, Violation> {
    Ok(db::views::cases(conn, cluster)?)
}

/// Puts the first line back that is another now.
pub(super) fn put_view_back(conn: &mut Conn, before: &[CaseViewRow]) -> Result<(), Violation> {
    for row in before {
        if db::views::case(conn, &row.case)?.is_some_and(|now| now != *row) {
            return Ok(db::views::put_case(conn, row)?);
        }
    }
    Ok(())
}

/// Takes the end of the audit's chain one row back.
pub(super) fn cut_audit(conn: &mut Conn, cluster: &ClusterId) -> Result<(), Violation> {
    if let Some(head) = db::audit::head(conn, cluster)? {
        let shorter = AuditHead { number: head.number - 1, ..head };
        db::audit::set_head(conn, cluster, &shorter)?;
    }
    Ok(())
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

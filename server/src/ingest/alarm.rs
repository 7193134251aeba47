//! Suspected harm reaches the duty officer when it arrives, whatever becomes of the record: also one that
//! waits for a reviewer, that only named people may read, or of a case that nobody else may know of.

use sync_core::ids::{CaseId, ClusterId, RecordId, UserId};
use sync_core::merge::Context;
use sync_core::record::fold::fold;
use sync_core::record::history::History;
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;
use sync_core::view::raises_harm_flag;

use crate::db::alarms::Alarm;
use crate::db::{self, Conn, Error};

/// Whether a record says that harm is suspected and is not settled.
pub(super) fn is_alarming(history: &History, merging: &Context<'_>) -> bool {
    history.envelope().kind() == Kind::Concern
        && raises_harm_flag(&fold(history, history.links().len()), merging)
}

/// Raises a concern's alarm, once.
///
/// # Errors
/// The database's failure.
pub(super) fn raise(
    conn: &mut Conn,
    (cluster, case, record): (ClusterId, CaseId, RecordId),
    author: UserId,
    (number, raised_at): (i64, Timestamp),
) -> Result<(), Error> {
    db::alarms::raise(
        conn,
        &Alarm { record, cluster, case, author, number, raised_at, heard: None },
    )
}

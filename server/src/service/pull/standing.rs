//! Where a phone's cursors say that it stands, and whether that is in this log.

use sync_core::ids::ClusterId;
use sync_core::protocol::message::ClusterCursor;

use super::Puller;
use super::cursor::{Cursor, Offset};
use crate::db::{self, Conn, Error};

/// Where a phone stands.
pub(super) struct Standing {
    /// From where its round goes on; none if it begins.
    pub(super) resumed: Option<Cursor>,
    /// The number up to which it may hold what was its user's to read: of another log, anything.
    pub(super) held: i64,
    /// Whether it knows another log: it has work of its own that this one may lack.
    pub(super) anew: bool,
}

impl Standing {
    /// # Errors
    /// The database's failure.
    pub(super) fn of(
        conn: &mut Conn,
        puller: &Puller,
        asked: &ClusterCursor,
    ) -> Result<Self, Error> {
        let (mut resumed, mut held, mut another) = (None, 0, false);
        for (sealed, resumes) in [(&asked.held, false), (&asked.cursor, true)] {
            let whose = (&puller.user, &asked.cluster);
            let known = Cursor::open(sealed, &puller.cursor_key, &puller.log_id, whose);
            let here = |it: &Cursor| is_of_this_log(conn, &asked.cluster, it);
            let here = known.as_ref().map(here).transpose()?;
            match known.filter(|_| here == Some(true)) {
                Some(known) => {
                    held = held.max(known.base);
                    resumed = Some(known).filter(|_| resumes);
                }
                None => another |= !sealed.is_empty(),
            }
        }
        let held = if another { i64::MAX } else { held };
        let anew = another && resumed.is_none();
        Ok(Self { resumed, held, anew })
    }
}

/// What a phone gets with answers to what it pushed when nothing else is sent to it yet: it stands where it
/// stood, and knows the log with what was answered. A log that loses that is another one. None where a round
/// is under way, which goes on as it began, and where the phone must hear first that the log is another.
///
/// # Errors
/// The database's failure.
pub fn answered(
    conn: &mut Conn,
    puller: &Puller,
    asked: &ClusterCursor,
) -> Result<Option<Vec<u8>>, Error> {
    let Standing { resumed, anew, .. } = Standing::of(conn, puller, asked)?;
    let mut cursor = resumed.unwrap_or_default();
    if anew || cursor.offset != Offset::Start {
        return Ok(None);
    }
    cursor.up_to = db::log::head(conn, &asked.cluster)?.0 - 1;
    cursor.chain = db::log::state_at(conn, &asked.cluster, cursor.up_to)?;
    let whose = (&puller.user, &asked.cluster);
    Ok(Some(cursor.seal(&puller.cursor_key, &puller.log_id, whose, &puller.fresh)))
}

/// A log restored from a backup is behind the cursor, or another at its number.
pub(in crate::service) fn is_of_this_log(
    conn: &mut Conn,
    cluster: &ClusterId,
    cursor: &Cursor,
) -> Result<bool, Error> {
    let head = db::log::head(conn, cluster)?.0 - 1;
    if cursor.up_to > head {
        return Ok(false);
    }
    Ok(db::log::state_at(conn, cluster, cursor.up_to)? == cursor.chain)
}

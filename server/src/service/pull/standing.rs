//! Where a phone's cursors say that it stands, and whether that is in this log.

use std::collections::BTreeMap;

use sync_core::ids::{ClusterId, UserId};
use sync_core::policy::Principal;
use sync_core::protocol::message::ClusterCursor;

use super::Puller;
use super::cursor::{Cursor, Offset};
use super::ended::Has;
use crate::db::{self, Conn, Error};
use crate::ingest::commit::mark_log;

/// Where a phone stands.
pub(super) struct Standing {
    /// From where its round goes on; none if it begins.
    pub(super) resumed: Option<Cursor>,
    /// What it may hold, as far as its cursors prove it: of another log, anything.
    pub(super) has: Has,
    /// Whether it knows another log, or says so in bytes that prove nothing: it has work of its own that this
    /// one may lack.
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
        let seal = (&puller.cursor_key, &puller.log_id);
        let mut standing = Self::read(conn, seal, &puller.user, asked)?;
        if standing.anew && standing.has == Has::default() {
            // No word of its own: what it proved before, and this server wrote down.
            let noted = db::contacts::of(conn, &puller.device, &asked.cluster)?;
            standing.has = Has::up_to(noted.map_or(0, |contact| contact.acknowledged));
        }
        Ok(standing)
    }

    fn read(
        conn: &mut Conn,
        (key, log): (&[u8; 32], &[u8; 16]),
        user: &UserId,
        asked: &ClusterCursor,
    ) -> Result<Self, Error> {
        let (mut resumed, mut held) = (None, 0);
        let (mut another, mut unread) = (false, false);
        for (sealed, resumes) in [(&asked.held, false), (&asked.cursor, true)] {
            if sealed.is_empty() {
                continue;
            }
            let Some(known) = Cursor::open(sealed, key, log, (user, &asked.cluster)) else {
                // Anybody can send bytes that open nothing.
                unread = true;
                continue;
            };
            if is_of_this_log(conn, &asked.cluster, &known)? {
                held = held.max(known.held());
                resumed = Some(known).filter(|_| resumes);
            } else {
                another = true;
            }
        }
        let has = if another { Has::ANYTHING } else { Has::up_to(held) };
        let anew = (another || unread) && resumed.is_none();
        Ok(Self { resumed, has, anew })
    }
}

/// The clusters of which a phone knows another log: it has work of its own that this one may lack.
///
/// # Errors
/// The database's failure.
pub fn of_another_log(
    conn: &mut Conn,
    seal: (&[u8; 32], &[u8; 16]),
    user: &UserId,
    cursors: &[ClusterCursor],
) -> Result<Vec<ClusterId>, Error> {
    let mut found = Vec::new();
    for asked in cursors {
        if Standing::read(conn, seal, user, asked)?.anew {
            found.push(asked.cluster);
        }
    }
    Ok(found)
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
    let seal = (&puller.cursor_key, &puller.log_id);
    let Standing { resumed, anew, .. } = Standing::read(conn, seal, &puller.user, asked)?;
    let cursor = resumed.unwrap_or_default();
    if anew || cursor.offset != Offset::Start {
        return Ok(None);
    }
    knowing_all(conn, seal, ((&puller.user, &asked.cluster), &puller.fresh), cursor).map(Some)
}

/// What a phone that is retired gets with answers to what it brought, and is to keep with them, should its mark be
/// taken back or the server be put back before it is erased. A round under way begins again. Where returned work was
/// kept, the logs are marked: that goes into none, and a server that loses it must be seen to have another one. None
/// of a log that the phone must hear first is another, and of a cluster that its user has nothing to do with.
///
/// # Errors
/// The database's failure.
pub fn stands_at_last(
    conn: &mut Conn,
    seal: (&[u8; 32], &[u8; 16]),
    (person, fresh): (&Principal, &[u8; 16]),
    (cursors, kept): (&[ClusterCursor], bool),
) -> Result<Vec<ClusterCursor>, Error> {
    let mut stands = Vec::new();
    // Several logs are locked in this order by everybody.
    let cursors: BTreeMap<_, _> = cursors.iter().map(|asked| (asked.cluster, asked)).collect();
    for (cluster, asked) in cursors {
        let Standing { resumed, anew, .. } = Standing::read(conn, seal, &person.user, asked)?;
        let knows = resumed.is_some() || person.memberships.iter().any(|it| it.cluster == cluster);
        if anew || !knows {
            continue;
        }
        if kept {
            mark_log(conn, &cluster)?;
        }
        let cursor = Cursor { offset: Offset::Start, pages: 0, ..resumed.unwrap_or_default() };
        let cursor = knowing_all(conn, seal, ((&person.user, &cluster), fresh), cursor)?;
        stands.push(ClusterCursor { cluster, cursor, held: Vec::new() });
    }
    Ok(stands)
}

/// A phone stands where it stood, and knows the log as it is now.
fn knowing_all(
    conn: &mut Conn,
    (key, log): (&[u8; 32], &[u8; 16]),
    (whose, fresh): ((&UserId, &ClusterId), &[u8; 16]),
    cursor: Cursor,
) -> Result<Vec<u8>, Error> {
    let up_to = db::log::head(conn, whose.1)?.0 - 1;
    let chain = db::log::state_at(conn, whose.1, up_to)?;
    Ok(Cursor { up_to, chain, ..cursor }.seal(key, log, whose, fresh))
}

/// A log restored from a backup is behind the cursor, or another at its number, or is not there at all.
pub(in crate::service) fn is_of_this_log(
    conn: &mut Conn,
    cluster: &ClusterId,
    cursor: &Cursor,
) -> Result<bool, Error> {
    let head = match db::log::head(conn, cluster) {
        Err(Error::Missing) => return Ok(false),
        head => head?.0 - 1,
    };
    if cursor.up_to > head {
        return Ok(false);
    }
    Ok(db::log::state_at(conn, cluster, cursor.up_to)? == cursor.chain)
}

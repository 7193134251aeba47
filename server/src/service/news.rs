//! Whether there is anything that a waiting phone would be sent. Says nothing of what.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::framework::Catalogue;
use sync_core::ids::{ClusterId, DeviceId, UserId};
use sync_core::policy::Principal;
use sync_core::time::Timestamp;

use super::{Answer, alarms, sessions};
use crate::db::{self, Conn, Error};
use crate::service::pull::cursor::{Cursor, Offset};
use crate::service::pull::ended::Has;
use crate::service::pull::{Tails, ended, is_of_this_log};

/// The number up to which a phone has each cluster's log.
pub type Standing = BTreeMap<ClusterId, i64>;

/// What opens cursors.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Seals cursors.
    pub cursor_key: [u8; 32],
    /// This server's log.
    pub log_id: [u8; 16],
}

/// Where a phone stands: where its cursor says, or at the log's head for a cluster without one. A
/// cursor that is not of this log, in the middle of a round, or of whoever had left, stands at the beginning.
///
/// # Errors
/// The database's failure.
pub fn standing(
    conn: &mut Conn,
    keys: &Keys,
    user: &UserId,
    clusters: &[ClusterId],
    cursors: &BTreeMap<ClusterId, Vec<u8>>,
) -> Result<Standing, Error> {
    let mut standing = Standing::new();
    for cluster in clusters {
        let number = match cursors.get(cluster) {
            None => db::log::head(conn, cluster)?.0 - 1,
            Some(sealed) => {
                let open = Cursor::open(sealed, &keys.cursor_key, &keys.log_id, (user, cluster));
                match open.filter(|it| it.offset == Offset::Start) {
                    Some(known) if is_of_this_log(conn, cluster, &known)? => known.held(),
                    _ => 0,
                }
            }
        };
        standing.insert(*cluster, number);
    }
    Ok(standing)
}

/// Who waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The person and their roles.
    pub principal: Principal,
    /// Their phone.
    pub device: Option<DeviceId>,
    /// The frameworks.
    pub catalogue: Arc<Catalogue>,
    /// The newest numbers of logs.
    pub tails: Tails,
}

/// [`any`] for whoever a session's person is by now, with the posts of this moment; a refusal if the session
/// stands no more. Where they work no more, there is what their phone is to put away.
///
/// # Errors
/// The database's failure.
pub fn of_session(
    conn: &mut Conn,
    session: &[u8; 16],
    (waiting, standing): (&Waiting, &Standing),
    now: Timestamp,
) -> Answer<bool> {
    let principal = match sessions::still(conn, session)? {
        Ok(person) => person.principal(),
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !standing.keys().all(|cluster| principal.works_cases_in(*cluster)) {
        return Ok(Ok(true));
    }
    let waiting = Waiting { principal, ..waiting.clone() };
    any(conn, &waiting, standing, now).map(Ok)
}

/// Whether anything came after where the phone stands that its user may be sent: changes, access
/// that began or ended, lines of the directory, warnings, what a reviewer decided about the phone's work; or an
/// alarm that is theirs to hear.
///
/// # Errors
/// The database's failure.
pub fn any(
    conn: &mut Conn,
    waiting: &Waiting,
    standing: &Standing,
    now: Timestamp,
) -> Result<bool, Error> {
    let (user, device) = (&waiting.principal.user, waiting.device.as_ref());
    let alarmed = (&waiting.principal, &waiting.catalogue);
    for (cluster, after) in standing {
        let up_to = db::log::head(conn, cluster)?.0 - 1;
        let range = (*after, up_to);
        let news = up_to > *after
            && (changed(conn, waiting, cluster, range)?
                || !db::directory::changed(conn, user, cluster, range, 1)?.is_empty()
                || !db::warnings::to_send(conn, (user, cluster), range, 0, 1)?.is_empty()
                || db::access::began(conn, user, cluster, range)?
                || !ended::of_range(conn, user, cluster, range, Has::up_to(*after))?.is_empty()
                || decided(conn, device, cluster, range)?
                || alarms::any(conn, alarmed, cluster, range, now)?);
        if news {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a change came that the person may be sent.
fn changed(
    conn: &mut Conn,
    waiting: &Waiting,
    cluster: &ClusterId,
    range: (i64, i64),
) -> Result<bool, Error> {
    let whose = (&waiting.principal.user, cluster);
    Ok(match waiting.tails.new_for(conn, whose, range, i64::MAX)? {
        Some(numbers) => !numbers.is_empty(),
        None => db::pull::count_new(conn, whose, range, i64::MAX)? > 0,
    })
}

fn decided(
    conn: &mut Conn,
    device: Option<&DeviceId>,
    cluster: &ClusterId,
    range: (i64, i64),
) -> Result<bool, Error> {
    let Some(device) = device else { return Ok(false) };
    Ok(!db::quarantine::decided(conn, device, cluster, range)?.is_empty())
}

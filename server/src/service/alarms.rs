//! Alarms for duty officers: that harm is suspected, since when, and whom to ring. What an alarm is about
//! is named to those only who may know of the case; nobody is told of their own exclusion by one.

use std::sync::Arc;

use sync_core::framework::Catalogue;
use sync_core::ids::{ClusterId, RecordId, UserId};
use sync_core::limits::ALARMS_SHOWN_MS;
use sync_core::policy::{AlarmSight, Principal, Role, alarm_sight};
use sync_core::protocol::message::DirectoryLine;
use sync_core::time::Timestamp;

use super::audit::note::{Act, Note, Pen, Written};
use super::histories::{self, World};
use super::reading::Reader;
use crate::db::alarms::Alarm;
use crate::db::{self, Conn, Error};

/// An alarm as a duty officer sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// The alarm.
    pub alarm: Alarm,
    /// The case's line in the directory; none where the officer may not know of the case.
    pub line: Option<DirectoryLine>,
    /// Whom to ring: the case's contact, or whoever wrote the concern.
    pub ring: UserId,
}

/// The alarms of the clusters that the person is duty officer of: those that nobody has, and the last
/// week's. Newest first within a cluster.
///
/// # Errors
/// The database's failure.
pub fn list(conn: &mut Conn, reader: &Reader) -> Result<Vec<Heard>, Error> {
    let since = reader.now.plus_ms(-ALARMS_SHOWN_MS);
    let mut heard = Vec::new();
    for cluster in reader.clusters() {
        for alarm in db::alarms::of_cluster(conn, &cluster, since)? {
            heard.extend(shown(conn, reader, alarm)?);
        }
    }
    Ok(heard)
}

/// Whether any alarm of these numbers is the person's to hear.
///
/// # Errors
/// The database's failure.
pub fn any(
    conn: &mut Conn,
    (principal, catalogue): (&Principal, &Arc<Catalogue>),
    cluster: &ClusterId,
    range: (i64, i64),
    now: Timestamp,
) -> Result<bool, Error> {
    if !principal.is(Role::Duty, *cluster) {
        return Ok(false);
    }
    let alarms = db::alarms::of_range(conn, cluster, range)?;
    let world = World::of(conn, catalogue, cluster)?;
    for alarm in alarms {
        if sight(conn, principal, &world, &alarm, now)? != AlarmSight::Hidden {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says that the person has an alarm; whether there is one that is theirs to hear. Of two officers the
/// first one has it, and the second is told so.
///
/// # Errors
/// The database's failure.
pub fn hear(
    conn: &mut Conn,
    reader: &Reader,
    record: &RecordId,
    pen: &mut Pen,
) -> Result<Written<bool>, Error> {
    let alarm = db::alarms::by_record(conn, record)?;
    let note = Note::of(Act::HearAlarm);
    let note = match &alarm {
        Some(alarm) => note.in_cluster(alarm.cluster).in_case(alarm.case).on_record(*record),
        None => note.where_record_is(conn, *record)?,
    };
    let heard = alarm.map(|alarm| shown(conn, reader, alarm)).transpose()?.flatten();
    if heard.is_none() {
        return pen.done(conn, &note.refused("not_found"), false);
    }
    db::alarms::hear(conn, record, &reader.principal.user, reader.now)?;
    pen.done(conn, &note, true)
}

fn shown(conn: &mut Conn, reader: &Reader, alarm: Alarm) -> Result<Option<Heard>, Error> {
    let world = reader.world(conn, &alarm.cluster)?;
    let line = match sight(conn, &reader.principal, &world, &alarm, reader.now)? {
        AlarmSight::Hidden => return Ok(None),
        AlarmSight::Bare => None,
        AlarmSight::WithCase => db::directory::line(conn, &alarm.case)?,
    };
    let line = line.map(|bytes| minicbor::decode::<DirectoryLine>(&bytes)).transpose();
    let line = line.map_err(|_| Error::Corrupt("line"))?;
    let ring = line.as_ref().and_then(|line| line.ring).unwrap_or(alarm.author);
    Ok(Some(Heard { alarm, line, ring }))
}

fn sight(
    conn: &mut Conn,
    principal: &Principal,
    world: &World,
    alarm: &Alarm,
    now: Timestamp,
) -> Result<AlarmSight, Error> {
    let state = histories::case_state(conn, &alarm.case, &alarm.cluster, world, now)?;
    Ok(alarm_sight(principal, &alarm.cluster, state.as_ref().map(|state| &state.context)))
}

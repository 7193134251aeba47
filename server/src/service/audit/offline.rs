//! What was opened on a phone without signal: told later, and written down as what the phone claims.

use sync_core::ids::DeviceId;
use sync_core::protocol::message::Opening;

use super::note::{Act, Note, Pen};
use crate::db::{self, Conn, Error};

/// Writes down what the phone has not told before; gives the number up to which everything is.
///
/// # Errors
/// The database's failure: then nothing of it is.
pub fn note(
    conn: &mut Conn,
    pen: &mut Pen,
    device: &DeviceId,
    openings: &[Opening],
) -> Result<Option<u64>, Error> {
    let told = db::audit::told(conn, device)?.unsigned_abs();
    let mut last = told;
    for opening in openings.iter().filter(|it| it.number > told) {
        let mut note = Note::of(Act::ReadOffline).in_case(opening.case).claimed(opening.at);
        if let Some(record) = opening.record {
            note = note.on_record(record);
        }
        // A phone may name any case. Its row goes where those look who answer for the case, if its user works
        // there, or did when the phone was last known to be there; else where its user works.
        if let Some(cluster) = db::records::cluster_of(conn, &opening.case)?
            && (pen.works_in(&cluster) || db::contacts::of(conn, device, &cluster)?.is_some())
        {
            note = note.in_cluster(cluster);
        }
        pen.write(conn, &note)?;
        last = last.max(opening.number.min(i64::MAX.unsigned_abs()));
    }
    if last > told {
        db::audit::set_told(conn, device, i64::try_from(last).unwrap_or(i64::MAX))?;
    }
    Ok(Some(last))
}

//! What a push copies from other records.

use sync_core::gate::copies::{Source, Sources};
use sync_core::gate::permission::facts_of;
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Kind;

use super::Judging;
use super::rights::may_read;
use crate::db::records::RecordRow;
use crate::db::{self, Conn, Error};
use crate::ingest::{moves, sources};
use crate::service::histories::{self, World};

impl Judging<'_> {
    /// The records that a push copies from, as far as they are there; none if one is in another
    /// cluster, whose log is locked apart.
    pub(super) fn sources(
        &mut self,
        conn: &mut Conn,
        kind: Kind,
        pushed: &PushedRecord,
    ) -> Result<Option<Sources>, Error> {
        let mut found = Sources::new();
        let Some(copied) = sources::copied(conn, self.arrival, kind, pushed)? else {
            return Ok(Some(found));
        };
        for record in copied.from {
            let in_batch = self.verdict.records.iter().rfind(|it| it.envelope.id() == record);
            let in_batch = in_batch.map(|it| it.history.clone());
            let row = db::records::by_id(conn, &record)?;
            if let Some(row) = &row
                && row.cluster != self.arrival.cluster()
            {
                // Whoever may read it there may know that it is; to others it is like none at all.
                match self.reads_elsewhere(conn, row)? {
                    true => return Ok(None),
                    false => continue,
                }
            }
            let arrived = match &row {
                Some(row) => db::log::arrived(conn, &row.id)?,
                None => self.arrival.at,
            };
            let is_logged = row.is_some();
            let history = match (in_batch, row) {
                (Some(history), _) => history,
                (None, Some(row)) => histories::history(conn, &row)?,
                (None, None) => continue,
            };
            let Some(contexts) = self.contexts(conn, history.envelope())? else { continue };
            let facts = match is_logged {
                true => moves::facts(conn, history.envelope())?,
                false => facts_of(&history),
            };
            if !may_read(&self.arrival.principal, &contexts.now, &facts) {
                continue;
            }
            let case = contexts.now;
            let (age_ms, moved) = (copied.at.since_ms(arrived), self.is_moved(conn, &record)?);
            found.insert(record, Source { history, case, age_ms, moved });
        }
        Ok(Some(found))
    }

    /// Whether the author may read a record of another cluster.
    fn reads_elsewhere(&self, conn: &mut Conn, row: &RecordRow) -> Result<bool, Error> {
        let Ok(envelope) = Envelope::decode(&row.envelope) else { return Ok(false) };
        let (principal, at) = (&self.arrival.principal, self.arrival.at);
        let world = World::of(conn, &self.world.catalogue, &row.cluster)?;
        let state = histories::case_state(conn, &row.case, &row.cluster, &world, at)?;
        let facts = moves::facts(conn, &envelope)?;
        Ok(state.is_some_and(|state| may_read(principal, &state.context, &facts)))
    }
}

//! Whose names a push uses: its author's, the record's, and those of what it builds on.

use std::collections::BTreeSet;

use sync_core::ids::Actor;
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::envelope::Envelope;
use sync_core::record::history::History;

use super::Judging;
use crate::db::{self, Conn, Error};
use crate::ingest::hold;

/// Whose record it is, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Nobody's in particular, or made on this phone.
    Own,
    /// Somebody else's who made it as the push says.
    Others,
    /// It cannot be called that; why, by its code.
    Wrong(&'static str),
}

impl Judging<'_> {
    /// Who writes, and under which name, must be the session's. Of records by others that are not as the
    /// push says the answer does not tell whether they are there.
    pub(super) fn named(
        &self,
        conn: &mut Conn,
        pushed: &PushedRecord,
        envelope: &Envelope,
    ) -> Result<Named, Error> {
        if !self.is_own(conn, &pushed.actor)? {
            return Ok(Named::Wrong("not_yours"));
        }
        let Some(made) = envelope.made() else { return Ok(Named::Own) };
        let here = made.user == self.arrival.user() && made.device == self.arrival.device;
        let known = db::records::by_id(conn, &envelope.id())?;
        let same = known.map(|row| row.envelope == pushed.envelope);
        Ok(match (self.is_own(conn, &made.creator)?, same) {
            (true, Some(true)) => Named::Own,
            (true, None) if here => Named::Own,
            (true, Some(false)) => Named::Wrong("id_taken"),
            (false, Some(true)) => Named::Others,
            (true, None) | (false, _) => Named::Wrong("not_yours"),
        })
    }

    /// Whether the author wrote in a record before, or has work that waits for a reviewer there: then they
    /// know that it is there.
    pub(super) fn wrote_in(
        &self,
        conn: &mut Conn,
        history: &History,
        pushed: &PushedRecord,
    ) -> Result<bool, Error> {
        let user = self.arrival.user();
        let wrote = history.links().iter().any(|link| link.change.by == user);
        Ok(wrote || hold::version(conn, &history.envelope().id(), &pushed.actor)? > 0)
    }

    /// The authors other than this phone on whose work a push says that it builds.
    pub(super) fn strangers(
        &self,
        conn: &mut Conn,
        pushed: &PushedRecord,
    ) -> Result<BTreeSet<Actor>, Error> {
        let deps = pushed.changes.iter().flat_map(|change| change.deps.iter().flatten());
        let mut named: BTreeSet<Actor> = deps.map(|(actor, _)| *actor).collect();
        for actor in named.clone() {
            if actor == pushed.actor || self.is_own(conn, &actor)? {
                named.remove(&actor);
            }
        }
        Ok(named)
    }

    /// Whether the phone writes as an actor.
    fn is_own(&self, conn: &mut Conn, actor: &Actor) -> Result<bool, Error> {
        let first = *actor == self.arrival.actor;
        Ok(first || db::actors::device_of(conn, actor)? == Some(self.arrival.device))
    }
}

//! A case whose name was given again: server and phone were both put back, and the phone began another case by the
//! name of one that was lost. What is here of the lost one is of another child, maybe.

use std::collections::BTreeSet;

use super::lost::comes;
use super::{Incoming, Named};
use crate::engine::client::{ClientError, own_actors};
use crate::engine::own::Own;
use crate::gate::refusal::LOST;
use crate::protocol::frame::PulledRecord;
use crate::record::envelope::Envelope;
use crate::record::kind::Compartment;
use crate::store::{Place, Store, Write};

/// What the server answers to work in a case that is not its author's to know of.
const UNKNOWN_CASE: &str = "unknown_case";

impl Incoming {
    /// Where a case begins with other words than the one that is here by its name, nothing of that one goes on in
    /// it: own work that is to be sent comes back, and what others wrote and was lost is readable beside it.
    pub(super) fn another_child(
        &mut self,
        store: &dyn Store,
        pulled: &PulledRecord,
        (own, accepted): (&Own, &BTreeSet<Named>),
    ) -> Result<(), ClientError> {
        let Some(row) = store.record(&pulled.record)? else { return Ok(()) };
        if !begins_otherwise(store, pulled, &row.envelope)? {
            return Ok(());
        }
        let actors = own_actors(store, own.first)?;
        for record in store.records_of_case(&row.case)? {
            if record.id == pulled.record {
                continue;
            }
            for change in store.changes(&record.id)? {
                let is_own = actors.contains(&change.actor);
                let (record, actor, seq) = (change.record, change.actor, change.seq);
                let reason = match change.place {
                    Place::Unsent(_) if !accepted.contains(&(record, actor, seq)) => UNKNOWN_CASE,
                    Place::Accepted(_) if !is_own => LOST,
                    _ => continue,
                };
                self.returned += usize::from(is_own);
                self.touched.insert(record);
                self.writes.push(Write::Return { record, actor, seq, reason: reason.to_owned() });
            }
        }
        Ok(())
    }
}

/// Whether what comes is a case's record for its team, which begins it, and not as it is here.
fn begins_otherwise(
    store: &dyn Store,
    pulled: &PulledRecord,
    envelope: &[u8],
) -> Result<bool, ClientError> {
    let begins = |it: Envelope| it.made().is_none() && it.compartment == Compartment::Team;
    let is_first = pulled.first_position == 1 && Envelope::decode(envelope).is_ok_and(begins);
    let Some(first) = pulled.changes.first().filter(|_| is_first) else { return Ok(false) };
    let rows = store.changes(&pulled.record)?;
    let here = rows.iter().find(|row| (row.actor, row.seq) == (first.actor, first.seq));
    Ok(here.is_some_and(|row| comes(pulled, row) == Some(false)))
}

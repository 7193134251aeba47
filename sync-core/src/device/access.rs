//! What the phone knows of a case as far as access depends on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::device::{Device, DeviceError};
use crate::engine::authors::{self, Loaded};
use crate::engine::client::cluster_of;
use crate::ids::CaseId;
use crate::merge::{Context, resolve};
use crate::policy::CaseContext;
use crate::protocol::message::PersonLine;
use crate::record::envelope::Envelope;
use crate::record::fold::{Folded, fold};
use crate::record::history::History;
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::Fact;
use crate::record::value::Value;
use crate::store::{Shelf, Store};
use crate::time::Timestamp;
use crate::view::{People, aliases, are_joined, case_context, join};

impl<S: Store> Device<S> {
    /// A record's history as the phone has it; an empty one of a record that is new.
    pub(super) fn history(&self, envelope: &Envelope) -> Result<Loaded, DeviceError> {
        match self.store.record(&envelope.id())? {
            Some(row) => Ok(authors::load_row(&self.store, &self.authors, &row)?),
            None => {
                let history = History::new(envelope.clone());
                Ok(Loaded { history, placed: 0, rows: Vec::new() })
            }
        }
    }

    /// A case's own record in a compartment, as far as this version reads it.
    pub(super) fn own_record(
        &self,
        case: CaseId,
        compartment: Compartment,
    ) -> Result<Folded, DeviceError> {
        let envelope = Envelope::of_case(case, compartment);
        let loaded = match self.store.record(&envelope.id())? {
            Some(row) => authors::load_readable(&self.store, &self.authors, &row)?.0,
            None => self.history(&envelope)?,
        };
        Ok(fold(&loaded.history, loaded.placed))
    }

    /// A case's own record for the team as it is shown beside other records: one that is damaged here says
    /// nothing, so that they are shown all the same.
    pub(super) fn shown_team(&self, case: CaseId) -> Result<Folded, DeviceError> {
        match self.own_record(case, Compartment::Team) {
            Err(DeviceError::Record(error)) if error.is_of_one() => {
                let history = History::new(Envelope::of_case(case, Compartment::Team));
                Ok(fold(&history, 0))
            }
            team => team,
        }
    }

    /// Whether the user is named to a case's protection records. Who named somebody else has a copy of
    /// what they wrote there, and is not.
    pub(super) fn is_named(&self, case: CaseId) -> Result<bool, DeviceError> {
        let own = self.own_record(case, Compartment::Protection)?;
        let said: Vec<_> = own.entries.iter().filter_map(|entry| entry.assertion()).collect();
        let user = self.identity.principal.user.to_string();
        let named = resolve(Fact::Named, &user, &said, None, &Context::new(&self.catalogue));
        Ok(named.in_force.one().is_some_and(|held| held.value == Value::Bool(true)))
    }

    /// The case as far as access depends on it, with the cases that it is joined to. What a newer
    /// version wrote is left out: the server, which knows it, has the last word, and a worker's words
    /// must not wait for an update.
    pub(super) fn context(&self, case: CaseId, now: Timestamp) -> Result<CaseContext, DeviceError> {
        let mut context = self.unjoined(case, now)?;
        for other in self.joined(case)? {
            join(&mut context, &self.unjoined(other, now)?);
        }
        Ok(context)
    }

    /// What a case's own record says of other cases: of each, whether it is the same child's.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn aliases(&self, case: CaseId) -> Result<BTreeMap<CaseId, bool>, DeviceError> {
        Ok(aliases(&self.own_record(case, Compartment::Team)?))
    }

    /// The cases to which a case is joined, both sides having said so, as far as the phone can see.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn joined(&self, case: CaseId) -> Result<BTreeSet<CaseId>, DeviceError> {
        let own = self.own_record(case, Compartment::Team)?;
        let mut joined = BTreeSet::new();
        for other in aliases(&own).into_keys() {
            if are_joined(&own, &self.own_record(other, Compartment::Team)?) {
                joined.insert(other);
            }
        }
        Ok(joined)
    }

    fn unjoined(&self, case: CaseId, now: Timestamp) -> Result<CaseContext, DeviceError> {
        let cluster = cluster_of(&self.store, &case)?.ok_or(DeviceError::UnknownCase)?;
        let rows = self.store.records_of_case(&case)?;
        let mut agencies = BTreeSet::new();
        let mut own = Vec::new();
        for row in &rows {
            let Ok(envelope) = Envelope::decode(&row.envelope) else { continue };
            if let Compartment::Agency(agency) = envelope.compartment {
                agencies.insert(agency);
            }
            if envelope.kind() == Kind::Case {
                let (loaded, _) = authors::load_readable(&self.store, &self.authors, row)?;
                own.push(fold(&loaded.history, loaded.placed));
            }
        }
        let own: Vec<_> = own.iter().collect();
        let people = self.people()?;
        let merging = self.merging(&case);
        let known = case_context(case, cluster, &own, &agencies, &people, &merging, now);
        // Nothing was written about it yet: its beginner is at it.
        Ok(match own.iter().any(|folded| folded.envelope.compartment == Compartment::Team) {
            true => known,
            false if self.begun_here(&case)? => {
                CaseContext::begun_by(&self.identity.principal, case, cluster)
            }
            false => known,
        })
    }

    /// The agency of everybody the phone knows of.
    pub(super) fn people(&self) -> Result<People, DeviceError> {
        let mut people: People =
            self.person_lines()?.map(|line| (line.user, line.agency)).collect();
        people.insert(self.identity.principal.user, self.identity.principal.agency);
        Ok(people)
    }

    /// Everybody the phone knows of.
    pub(super) fn person_lines(&self) -> Result<impl Iterator<Item = PersonLine>, DeviceError> {
        let rows = self.store.items(Shelf::Person)?;
        Ok(rows.into_iter().filter_map(|(_, bytes)| minicbor::decode::<PersonLine>(&bytes).ok()))
    }
}

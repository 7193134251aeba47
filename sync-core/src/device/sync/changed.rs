//! What came with a page, for screens that are open.

use std::collections::BTreeSet;

use crate::engine::incoming::Incoming;
use crate::ids::{CaseId, RecordId, ScopeId};
use crate::protocol::message::Page;
use crate::record::kind::Compartment;
use crate::store::{Store, StoreError};

/// What pages changed: screens that show any of it are to be read anew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changed {
    /// Cases whose records, warnings, extract or line in the directory are others now; those that went
    /// from this phone, too.
    pub cases: BTreeSet<CaseId>,
    /// Records that changed, that have another name now, or whose pushed work was answered. Records
    /// that went with the whole of a compartment are not named here.
    pub records: BTreeSet<RecordId>,
    /// Whether the directory has other lines.
    pub directory: bool,
    /// Whether people came, went or have other numbers.
    pub people: bool,
    /// Whether work came back, or more was said of what had.
    pub returned: bool,
}

impl Changed {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in what else changed.
    pub fn extend(&mut self, other: &Self) {
        self.cases.extend(&other.cases);
        self.records.extend(&other.records);
        self.directory |= other.directory;
        self.people |= other.people;
        self.returned |= other.returned;
    }

    /// What a page changes. To be asked before it is written, since what goes is not found afterwards,
    /// and completed by [`Changed::find_cases`].
    pub(super) fn by(store: &dyn Store, page: &Page, taken: &Incoming) -> Result<Self, StoreError> {
        let mut changed = Self {
            cases: named_cases(page).collect(),
            records: taken.touched.clone(),
            directory: !(page.directory.is_empty() && page.hidden.is_empty()),
            people: !page.people.is_empty(),
            returned: taken.returned + taken.held > 0
                || page.decided.iter().flatten().next().is_some(),
        };
        if !(page.answers.is_empty() && page.dropped.is_empty()) {
            changed.find_cases(store)?;
        }
        let scopes = [&page.dropped, &page.frozen, &page.thawed];
        changed.find_scopes(store, &scopes.into_iter().flatten().copied().collect())?;
        Ok(changed)
    }

    /// The cases of the records, as far as the store has them.
    pub(super) fn find_cases(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        for record in &self.records {
            self.cases.extend(store.record(record)?.map(|row| row.case));
        }
        Ok(())
    }

    /// A scope does not say whose it is: it is a compartment's of a case, or a single record's that was
    /// granted by itself.
    fn find_scopes(
        &mut self,
        store: &dyn Store,
        scopes: &BTreeSet<ScopeId>,
    ) -> Result<(), StoreError> {
        if scopes.is_empty() {
            return Ok(());
        }
        for case in store.cases()? {
            let rows = store.records_of_case(&case)?;
            let is_named = |scope: &ScopeId, record: &RecordId| {
                scopes.contains(scope) || scopes.contains(&ScopeId::from_bytes(*record.as_bytes()))
            };
            let team = scopes.contains(&Compartment::Team.scope(&case));
            if team || rows.iter().any(|row| is_named(&row.scope, &row.id)) {
                self.cases.insert(case);
            }
        }
        Ok(())
    }
}

/// The cases that a page says something of beside their records.
fn named_cases(page: &Page) -> impl Iterator<Item = CaseId> {
    let lines = page.directory.iter().map(|line| line.case);
    let extracts = page.extracts.iter().map(|line| line.case);
    let warnings = page.warnings.iter().map(|line| line.case);
    lines.chain(extracts).chain(warnings).chain(page.hidden.iter().copied())
}

//! Which promise was checked after which fault: an empty cell is a promise that nothing tested.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::network::Fault;
use crate::sim::promise::Promise;

/// Checks made, by promise and by what had gone wrong before in the run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    cells: BTreeMap<(Promise, Fault), u64>,
    met: BTreeSet<Fault>,
    faults: u64,
}

impl Coverage {
    /// A fault happened.
    pub fn fault(&mut self, fault: Fault) {
        self.faults += 1;
        self.met.insert(fault);
    }

    /// A promise was checked.
    pub fn checked(&mut self, promise: Promise) {
        for fault in &self.met {
            *self.cells.entry((promise, *fault)).or_default() += 1;
        }
    }

    /// Faults that happened.
    #[must_use]
    pub const fn faults(&self) -> u64 {
        self.faults
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (cell, count) in &other.cells {
            *self.cells.entry(*cell).or_default() += count;
        }
        self.faults += other.faults;
    }

    /// Cells without a check. That a server is put back counts where it was tried at all.
    #[must_use]
    pub fn empty_cells(&self) -> Vec<(Promise, Fault)> {
        let tried = |fault| self.cells.keys().any(|(_, met)| *met == fault);
        let put_back = tried(Fault::ServerRestored);
        let all = Promise::ALL.into_iter().flat_map(|p| Fault::ALL.map(|f| (p, f)));
        let asked = all.filter(|(_, fault)| put_back || *fault != Fault::ServerRestored);
        asked.filter(|cell| !self.cells.contains_key(cell)).collect()
    }

    /// The table, a line a promise.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = format!("{:<14}", "checks after");
        for fault in Fault::ALL {
            table.push_str(&format!("{:>9}", fault.name()));
        }
        for promise in Promise::ALL {
            table.push_str(&format!("\n{:<14}", promise.name()));
            for fault in Fault::ALL {
                let count = self.cells.get(&(promise, fault)).copied().unwrap_or(0);
                table.push_str(&format!("{count:>9}"));
            }
        }
        table
    }
}

//! Exact tables, and how they hang together. These never leave the server.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::dimension::Dimension;
use crate::error::Invalid;
use crate::shape::Shape;

/// Counts above this are refused, so that no sum can overflow.
const MOST: u64 = 1 << 40;

/// A table of exact counts: the inner cells. All totals are made from them.
///
/// ```
/// use disclosure::{Dimension, Table};
/// let stage = Dimension::flat("stage", ["1", "2"])?;
/// let cluster = Dimension::flat("cluster", ["North", "South"])?;
/// // North: 12 and 3, South: 40 and 21.
/// let table = Table::new("children", vec![cluster, stage], vec![12, 3, 40, 21])?;
/// # Ok::<(), disclosure::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub(crate) name: String,
    pub(crate) dims: Vec<Dimension>,
    pub(crate) counts: Vec<u64>,
    pub(crate) impossible: BTreeSet<usize>,
}

impl Table {
    /// `name` must be its own among all tables ever published ("children at each stage, autumn 2026").
    /// `counts` has one number for each combination of innermost categories, the last dimension's running
    /// fastest.
    ///
    /// # Errors
    /// [`Invalid::Counts`] for too few or many, [`Invalid::Count`] for one above a million million.
    pub fn new(name: &str, dims: Vec<Dimension>, counts: Vec<u64>) -> Result<Self, Invalid> {
        let expected = dims.iter().map(|dim| dim.leaves().len()).product();
        if counts.len() != expected {
            let (table, given) = (name.to_owned(), counts.len());
            return Err(Invalid::Counts { table, expected, given });
        }
        if counts.iter().any(|count| *count > MOST) {
            return Err(Invalid::Count(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), dims, counts, impossible: BTreeSet::new() })
    }

    /// Says that everybody knows a cell, named by its innermost categories, to be nought: no infant is in
    /// a secondary school. It is then no help in hiding others.
    ///
    /// # Errors
    /// [`Invalid`] if there is no such cell, or children are counted in it.
    pub fn impossible(mut self, categories: &[&str]) -> Result<Self, Invalid> {
        let mut at = 0;
        for (dim, name) in self.dims.iter().zip(categories) {
            let leaves = dim.leaves();
            let found = dim.node(name).and_then(|node| leaves.iter().position(|it| *it == node));
            let missing = || Invalid::NoCategory {
                dimension: dim.name().to_owned(),
                category: (*name).to_owned(),
            };
            at = at * leaves.len() + found.ok_or_else(missing)?;
        }
        if categories.len() != self.dims.len() || self.counts.get(at) != Some(&0) {
            return Err(Invalid::Count(self.name));
        }
        self.impossible.insert(at);
        Ok(self)
    }

    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is broken down by.
    #[must_use]
    pub fn dims(&self) -> &[Dimension] {
        &self.dims
    }

    /// The counts of all cells with totals, in the order of a masked table's cells.
    #[must_use]
    pub fn all_counts(&self) -> Vec<i64> {
        let shape = Shape::new(&self.dims);
        let mut all = vec![0; shape.len()];
        for (leaf, count) in shape.leaf_cells().into_iter().zip(&self.counts) {
            for cell in shape.containing(leaf) {
                all[cell] += i64::try_from(*count).unwrap_or(i64::MAX / 4);
            }
        }
        all
    }

    /// For each cell whether everybody knows it to be nought.
    pub(crate) fn all_impossible(&self) -> Vec<bool> {
        let shape = Shape::new(&self.dims);
        let mut possible = vec![false; shape.len()];
        for (at, leaf) in shape.leaf_cells().into_iter().enumerate() {
            if !self.impossible.contains(&at) {
                shape.containing(leaf).into_iter().for_each(|cell| possible[cell] = true);
            }
        }
        possible.into_iter().map(|possible| !possible).collect()
    }
}

/// A linear link between tables, in this edition or with earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Two tables count the same children: their totals over all other dimensions agree.
    Margin {
        /// One table.
        left: String,
        /// The other.
        right: String,
        /// The names of the dimensions that both have; none if only the grand totals agree.
        over: Vec<String>,
    },
    /// In each cell, the tables added and taken away as said come to nought: stock, less earlier stock,
    /// less those who came, plus those who left. A category that a table lacks counts nobody.
    Sum {
        /// The names of the tables that are added.
        plus: Vec<String>,
        /// The names of those taken away.
        minus: Vec<String>,
    },
}

impl Link {
    /// Stock is the earlier stock, plus those who came, less those who left.
    #[must_use]
    pub fn stock(stock: &str, earlier: &str, came: &str, left: &str) -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self::Sum { plus: names(&[stock, left]), minus: names(&[earlier, came]) }
    }

    /// The tables it names.
    pub(crate) fn tables(&self) -> Vec<&str> {
        match self {
            Self::Margin { left, right, .. } => vec![left, right],
            Self::Sum { plus, minus } => plus.iter().chain(minus).map(String::as_str).collect(),
        }
    }
}

/// A percentage in each cell: one table as a share of another. The rest, which a reader can work out,
/// is protected like a table of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The rate's own name.
    pub name: String,
    /// The table above the line.
    pub part: String,
    /// The table below the line, with the same dimensions.
    pub whole: String,
}

impl Rate {
    /// Name of the table of those in the whole and not in the part.
    #[must_use]
    pub fn rest(&self) -> String {
        format!("{}: the rest", self.name)
    }
}

/// The tables of one edition that hang together, with their exact counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The tables to publish.
    pub tables: Vec<Table>,
    /// Their links with each other and with tables of earlier editions.
    pub links: Vec<Link>,
    /// The percentages to publish.
    pub rates: Vec<Rate>,
}

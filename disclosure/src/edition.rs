//! What is published: masked tables. Everything here may be seen by everybody.

use serde::{Deserialize, Serialize};

use crate::dimension::Dimension;
use crate::rules::Rules;
use crate::shape::Shape;
use crate::table::Link;

/// One cell as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// The count, rounded if the rules say so.
    Shown(u64),
    /// Nought, because it cannot be otherwise.
    Impossible,
    /// Hidden: for its own sake or to protect another, which is not told.
    Hidden,
    /// Hidden within a range.
    Band {
        /// The least that it can be.
        low: u32,
        /// The most that it can be.
        high: u32,
    },
    /// Not shown on its own: its category was merged into another, see [`Dimension::merged_into`].
    Merged,
}

/// A table as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedTable {
    /// The table's name.
    pub name: String,
    /// Its dimensions, with the merged categories beneath what they were merged into.
    pub dims: Vec<Dimension>,
    /// Its cells with all totals, the last dimension running fastest; see [`MaskedTable::places`].
    pub cells: Vec<Cell>,
    /// Whether the whole table is withheld; every cell is hidden then.
    pub withheld: bool,
    /// Not for readers: the rest of a rate, whose cells are hidden because the rate's are.
    pub only_implied: bool,
    /// Why something is not shown, a line a reason.
    pub reasons: Vec<String>,
}

impl MaskedTable {
    /// The names of each cell's categories, in the order of `cells`.
    #[must_use]
    pub fn places(&self) -> Vec<Vec<String>> {
        Shape::all_names(&self.dims)
    }

    /// The cell with these categories, one for each dimension.
    #[must_use]
    pub fn cell(&self, categories: &[&str]) -> Option<Cell> {
        let named = self.dims.iter().zip(categories);
        let named = named.map(|(dim, name)| (dim.name(), (*name).to_owned())).collect::<Vec<_>>();
        let at = Shape::new(&self.dims).find(&named)?;
        self.cells.get(at).copied().filter(|_| categories.len() == self.dims.len())
    }
}

/// One cell of a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateCell {
    /// In hundredths of a per cent, rounded as the rules say.
    Shown(u32),
    /// One of its counts is not shown.
    Hidden,
    /// Nobody is in the whole.
    Empty,
}

/// A percentage as it is published: cells in the order of its tables'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedRate {
    /// The rate's name.
    pub name: String,
    /// The table above the line.
    pub part: String,
    /// The table below the line.
    pub whole: String,
    /// The cells, in the order of the cells of both tables.
    pub cells: Vec<RateCell>,
}

/// All that is published of one block at one time, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// The tables.
    pub tables: Vec<MaskedTable>,
    /// How they hang together, which every reader can see.
    pub links: Vec<Link>,
    /// The percentages.
    pub rates: Vec<MaskedRate>,
    /// The rules they were masked by.
    pub rules: Rules,
}

/// How much is not shown. Cells are those of the published tables, totals included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// All cells, without those merged away.
    pub cells: usize,
    /// Hidden for their own sake.
    pub primary: usize,
    /// Hidden to protect others.
    pub secondary: usize,
    /// Of the hidden, those shown as a range.
    pub bands: usize,
    /// Categories' cells that were merged away.
    pub merged: usize,
    /// Cells of tables that are withheld whole.
    pub withheld: usize,
    /// Steps of search that were taken.
    pub steps: u64,
}

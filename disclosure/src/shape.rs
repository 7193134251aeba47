//! Where a cell lies in a table: numbers of cells from positions in each dimension and back.

use crate::dimension::Dimension;

/// The cells of a table with all totals, numbered with the last dimension running fastest.
pub(crate) struct Shape<'a> {
    dims: &'a [Dimension],
}

impl<'a> Shape<'a> {
    pub(crate) fn new(dims: &'a [Dimension]) -> Self {
        Self { dims }
    }

    pub(crate) fn len(&self) -> usize {
        self.dims.iter().map(Dimension::len).product()
    }

    pub(crate) fn cell(&self, place: &[usize]) -> usize {
        self.dims.iter().zip(place).fold(0, |cell, (dim, at)| cell * dim.len() + at)
    }

    pub(crate) fn place(&self, mut cell: usize) -> Vec<usize> {
        let mut place = vec![0; self.dims.len()];
        for (at, dim) in self.dims.iter().enumerate().rev() {
            place[at] = cell % dim.len();
            cell /= dim.len();
        }
        place
    }

    /// The names of a cell's categories.
    pub(crate) fn names(&self, cell: usize) -> Vec<String> {
        let place = self.place(cell);
        let named = self.dims.iter().zip(place).map(|(dim, at)| dim.names().nth(at));
        named.map(|name| name.unwrap_or_default().to_owned()).collect()
    }

    /// The names of all cells.
    pub(crate) fn all_names(dims: &'a [Dimension]) -> Vec<Vec<String>> {
        let shape = Self::new(dims);
        (0..shape.len()).map(|cell| shape.names(cell)).collect()
    }

    /// The cell with these names, if the table has it.
    pub(crate) fn find(&self, names: &[(&str, String)]) -> Option<usize> {
        let find = |dim: &Dimension| match names.iter().find(|(name, _)| *name == dim.name()) {
            Some((_, category)) => dim.node(category),
            None => Some(0),
        };
        let place = self.dims.iter().map(find).collect::<Option<Vec<_>>>()?;
        Some(self.cell(&place))
    }

    /// The inner cells, in the order of a table's counts.
    pub(crate) fn leaf_cells(&self) -> Vec<usize> {
        let leaves = self.dims.iter().map(Dimension::leaves).collect::<Vec<_>>();
        self.product(&leaves)
    }

    /// The cell itself and every total it goes into.
    pub(crate) fn containing(&self, cell: usize) -> Vec<usize> {
        let place = self.place(cell);
        let ways = self.dims.iter().zip(place).map(|(dim, at)| dim.upwards(at)).collect::<Vec<_>>();
        self.product(&ways)
    }

    /// The cells whose place in each dimension is one of those given.
    pub(crate) fn product(&self, choices: &[Vec<usize>]) -> Vec<usize> {
        let mut cells = vec![0];
        for (dim, choice) in self.dims.iter().zip(choices) {
            let next = |cell: usize| choice.iter().map(move |at| cell * dim.len() + at);
            cells = cells.into_iter().flat_map(next).collect();
        }
        cells
    }
}

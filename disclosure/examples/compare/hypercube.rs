//! The hypercube method, written from its published description (Repsilber's "Quaderverfahren"; the
//! program GHMITER; Giessing and Repsilber 2002): each small count becomes the corner of a rectangle
//! whose other three corners are hidden with it. Of all rectangles which let the count move far enough,
//! the one is taken that hides fewest further cells and, among these, the smallest sum. A table with
//! groups is cut into tables without, which are gone through again and again until none changes; what
//! one of them hides is then protected in the others as well. Corners of nought are not used.

use std::collections::{BTreeMap, BTreeSet};

use disclosure::{Block, Cell, Edition, MaskedTable, Rules, Table};

/// A table without groups: rows and columns with their totals last, as (table, cell).
struct Simple {
    cells: Vec<Vec<(usize, usize)>>,
}

/// The corners that a rectangle has besides the cell it is for.
type Corners = [(usize, usize); 3];
/// Cells newly hidden, and their sum.
type Cost = (usize, i64);

/// The block with cells hidden as the method says.
pub(crate) fn protect(block: &Block, rules: &Rules) -> Edition {
    let exact: Vec<Vec<i64>> = block.tables.iter().map(Table::all_counts).collect();
    let mut edition = shown(block, &exact, rules);
    let small = |count: i64| (1..=i64::from(rules.threshold)).contains(&count);
    let mut hidden: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (table, counts) in exact.iter().enumerate() {
        hidden.extend((0..counts.len()).filter(|at| small(counts[*at])).map(|at| (table, at)));
    }
    let simple = simple_tables(&edition);
    let same = same_cells(&edition);
    let mut done: BTreeSet<(usize, (usize, usize))> = BTreeSet::new();
    loop {
        let before = (hidden.len(), done.len());
        for (at, table) in simple.iter().enumerate() {
            table.protect(&exact, &mut hidden, |cell| done.insert((at, cell)), rules);
            let twins = hidden.iter().filter_map(|it| same.get(it)).flatten().copied();
            let twins = twins.collect::<Vec<_>>();
            hidden.extend(twins);
        }
        if before == (hidden.len(), done.len()) {
            break;
        }
    }
    for (table, at) in hidden {
        edition.tables[table].cells[at] = Cell::Hidden;
    }
    edition
}

/// The block with nothing hidden.
fn shown(block: &Block, exact: &[Vec<i64>], rules: &Rules) -> Edition {
    let masked = |(table, counts): (&Table, &Vec<i64>)| MaskedTable {
        name: table.name().to_owned(),
        dims: table.dims().to_vec(),
        cells: counts.iter().map(|count| Cell::Shown(count.unsigned_abs())).collect(),
        withheld: false,
        only_implied: false,
        reasons: Vec::new(),
    };
    Edition {
        tables: block.tables.iter().zip(exact).map(masked).collect(),
        links: block.links.clone(),
        rates: Vec::new(),
        rules: rules.clone(),
    }
}

impl Simple {
    fn protect(
        &self,
        exact: &[Vec<i64>],
        hidden: &mut BTreeSet<(usize, usize)>,
        mut first_time: impl FnMut((usize, usize)) -> bool,
        rules: &Rules,
    ) {
        for (r, row) in self.cells.iter().enumerate() {
            for (c, cell) in row.iter().enumerate() {
                if hidden.contains(cell) && first_time(*cell) {
                    let corners = self.best(r, c, exact, hidden, rules);
                    hidden.extend(corners.into_iter().flatten());
                }
            }
        }
    }

    /// The other corners of the best rectangle with a cell in one corner.
    fn best(
        &self,
        r: usize,
        c: usize,
        exact: &[Vec<i64>],
        hidden: &BTreeSet<(usize, usize)>,
        rules: &Rules,
    ) -> Option<Corners> {
        let count = |cell: (usize, usize)| exact[cell.0][cell.1];
        let small = (1..=i64::from(rules.threshold)).contains(&count(self.cells[r][c]));
        // Secondary cells only need to be able to move.
        let width = if small { i64::from(rules.width) - 1 } else { 1 };
        let mut best: Option<(Cost, Corners)> = None;
        for (r2, row) in self.cells.iter().enumerate().filter(|it| it.0 != r) {
            for c2 in (0..row.len()).filter(|c2| *c2 != c) {
                let corners = [self.cells[r][c2], self.cells[r2][c], self.cells[r2][c2]];
                let down = count(self.cells[r][c]).min(count(corners[2]));
                let up = count(corners[0]).min(count(corners[1]));
                if corners.iter().any(|it| count(*it) == 0) || down + up < width {
                    continue;
                }
                let new = corners.iter().filter(|it| !hidden.contains(it));
                let cost = (new.clone().count(), new.map(|it| count(*it)).sum());
                if best.as_ref().is_none_or(|it| cost < it.0) {
                    best = Some((cost, corners));
                }
            }
        }
        best.map(|it| it.1)
    }
}

/// Each group of the first dimension with its members, by all columns.
fn simple_tables(edition: &Edition) -> Vec<Simple> {
    let mut found = Vec::new();
    for (table, masked) in edition.tables.iter().enumerate() {
        let [rows, columns] = &masked.dims[..] else { continue };
        let (len, width) = (rows.names().count(), columns.names().count());
        for parent in 0..len {
            let mut members: Vec<usize> =
                (0..len).filter(|it| rows.parent(*it) == Some(parent)).collect();
            if members.is_empty() {
                continue;
            }
            members.push(parent);
            let row = |row: usize| (0..width).map(|c| (table, row * width + c)).collect();
            found.push(Simple { cells: members.into_iter().map(row).collect() });
        }
    }
    found
}

/// Linked tables share the totals of their rows: column nought.
fn same_cells(edition: &Edition) -> BTreeMap<(usize, usize), Vec<(usize, usize)>> {
    let mut same = BTreeMap::new();
    let width = |table: usize| edition.tables[table].dims[1].names().count();
    if edition.links.is_empty() {
        return same;
    }
    let tables = 0..edition.tables.len();
    for row in 0..edition.tables[0].dims[0].names().count() {
        let twins: Vec<_> = tables.clone().map(|table| (table, row * width(table))).collect();
        twins.iter().for_each(|it| {
            same.insert(*it, twins.clone());
        });
    }
    same
}

//! One system of linear equations over all that was read: whole numbers, none below nought.

use std::collections::BTreeMap;

use super::known::{ALL, ALL_CLUSTERS, COUNTED, Key, Kind, NUMBER, OF, REST};
use super::read::{Sheet, Told};

/// Variables with their factors.
pub(crate) type Terms = Vec<(usize, i64)>;

/// Far above all counts.
pub(crate) const FAR: i64 = 1 << 40;

/// The equations, and what is known of each variable.
#[derive(Default)]
pub(crate) struct System {
    /// The variable of each cell, and of each rest of a share. Cells that are known to be the same share one.
    pub(crate) cells: BTreeMap<Key, usize>,
    /// Cells whose number is not told in the table itself. Of a rest: whose share is not told.
    pub(crate) hidden: Vec<Key>,
    /// Pairs of a hidden cell and a total that it goes into.
    pub(crate) totals: Vec<(Key, Key)>,
    /// Terms and what they add up to.
    pub(crate) equations: Vec<(Terms, i64)>,
    /// The least and the most that each variable can be.
    pub(crate) bounds: Vec<(i64, i64)>,
}

impl System {
    /// What all sheets say together; none if they contradict each other.
    pub(crate) fn new(sheets: &[Sheet]) -> Option<Self> {
        let mut new = Self::default();
        for sheet in sheets {
            new.take(sheet)?;
        }
        for sheet in sheets {
            new.add_sums(sheet);
            match sheet.kind {
                Kind::Share => new.add_shares(sheet)?,
                Kind::One if sheet.id == "cases-opened" => new.add_stock(sheet),
                _ => {}
            }
        }
        new.narrow().then_some(new)
    }

    pub(crate) fn fresh(&mut self, low: i64) -> usize {
        self.bounds.push((low, FAR));
        self.bounds.len() - 1
    }

    /// The variable of a cell. Children with an open case are the same ones in three tables.
    fn variable(&mut self, key: &Key) -> usize {
        let (term, id, line, column) = key;
        let open = matches!(*id, "children-at-stage" | "looked-after") && column == ALL;
        let same =
            if open { (*term, "lead-named", line.clone(), OF.to_owned()) } else { key.clone() };
        let found = self.cells.get(&same).copied();
        let at = found.unwrap_or_else(|| self.fresh(0));
        self.cells.insert(same, at);
        self.cells.insert(key.clone(), at);
        at
    }

    fn take(&mut self, sheet: &Sheet) -> Option<()> {
        for (line, cells) in &sheet.lines {
            for (column, told) in sheet.columns.iter().zip(cells) {
                let share = sheet.kind == Kind::Share && column == "Share";
                let column = if share { REST } else { column };
                let key = (sheet.term, sheet.id, line.clone(), column.to_owned());
                let at = self.variable(&key);
                match told {
                    Told::Count(count) if self.fits(at, *count) => {
                        self.bounds[at] = (*count, *count);
                    }
                    Told::Count(_) => return None,
                    Told::Hidden => {
                        self.hidden.push(key.clone());
                        self.totals.extend(
                            totals_of(sheet, line, column).map(|total| (key.clone(), total)),
                        );
                    }
                    Told::Percent(_) | Told::Nobody => {}
                }
            }
        }
        Some(())
    }

    fn fits(&self, at: usize, count: i64) -> bool {
        self.bounds[at].0 <= count && count <= self.bounds[at].1
    }

    /// Lines add up to the line of all, columns to the column of all.
    fn add_sums(&mut self, sheet: &Sheet) {
        let key = |line: &str, column: &str| {
            let column = if column == "Share" { REST } else { column };
            (sheet.term, sheet.id, line.to_owned(), column.to_owned())
        };
        for column in &sheet.columns {
            let clusters = sheet.lines.iter().filter(|line| line.0 != ALL_CLUSTERS);
            let mut terms: Terms =
                clusters.map(|line| (self.variable(&key(&line.0, column)), 1)).collect();
            terms.push((self.variable(&key(ALL_CLUSTERS, column)), -1));
            self.equations.push((terms, 0));
        }
        for (line, _) in &sheet.lines {
            let (parts, whole): (Vec<&str>, &str) = match sheet.kind {
                Kind::One => continue,
                Kind::Share => (vec![COUNTED, REST], OF),
                Kind::Columns(columns) => (columns.to_vec(), ALL),
            };
            let mut terms: Terms =
                parts.iter().map(|column| (self.variable(&key(line, column)), 1)).collect();
            terms.push((self.variable(&key(line, whole)), -1));
            self.equations.push((terms, 0));
        }
    }

    /// A share is rounded to the nearest whole per cent, halves up.
    fn add_shares(&mut self, sheet: &Sheet) -> Option<()> {
        for (line, cells) in &sheet.lines {
            let key = |column: &str| (sheet.term, sheet.id, line.clone(), column.to_owned());
            let (part, whole) = (self.variable(&key(COUNTED)), self.variable(&key(OF)));
            match cells.get(2)? {
                Told::Percent(share) => {
                    let (below, above) = (self.fresh(0), self.fresh(1));
                    let least = vec![(part, 200), (whole, 1 - 2 * share), (below, -1)];
                    let most = vec![(whole, 2 * share + 1), (part, -200), (above, -1)];
                    self.equations.extend([(least, 0), (most, 0)]);
                }
                Told::Nobody => self.equations.push((vec![(whole, 1)], 0)),
                Told::Hidden | Told::Count(_) => {}
            }
        }
        Some(())
    }

    /// Who is there was there before or came, and has not left.
    fn add_stock(&mut self, opened: &Sheet) {
        for (line, _) in &opened.lines {
            let key = |term, id, column: &str| (term, id, line.clone(), column.to_owned());
            let term = opened.term;
            let mut terms = vec![
                (self.variable(&key(term, "lead-named", OF)), 1),
                (self.variable(&key(term, "cases-closed", NUMBER)), 1),
                (self.variable(&key(term, "cases-opened", NUMBER)), -1),
            ];
            if let Some(before) = term.checked_sub(1) {
                terms.push((self.variable(&key(before, "lead-named", OF)), -1));
            }
            self.equations.push((terms, 0));
        }
    }

    /// Narrows bounds, one equation at a time, until nothing changes. False if nothing fits any more.
    pub(crate) fn narrow(&mut self) -> bool {
        // Each round settles at least one bound; what creeps on by ones is left to the exact part.
        for _ in 0..200 {
            let mut changed = false;
            for (terms, sum) in &self.equations {
                match narrow_one(terms, *sum, &mut self.bounds) {
                    Some(more) => changed |= more,
                    None => return false,
                }
            }
            if !changed {
                break;
            }
        }
        true
    }
}

/// Totals in the same table: of the line, of the column, and the whole of a share.
fn totals_of(sheet: &Sheet, line: &str, column: &str) -> impl Iterator<Item = Key> {
    let across = match sheet.kind {
        Kind::One => None,
        Kind::Share => (column != OF).then_some(OF),
        Kind::Columns(_) => (column != ALL).then_some(ALL),
    };
    let down = (line != ALL_CLUSTERS).then_some((ALL_CLUSTERS, column));
    let (term, id) = (sheet.term, sheet.id);
    let found = across.map(|total| (line, total)).into_iter().chain(down);
    let named = found.map(|(line, column)| (term, id, line.to_owned(), column.to_owned()));
    named.collect::<Vec<_>>().into_iter()
}

fn narrow_one(terms: &Terms, sum: i64, bounds: &mut [(i64, i64)]) -> Option<bool> {
    let ends = |(at, factor): &(usize, i64), bounds: &[(i64, i64)]| {
        let (low, high) = (bounds[*at].0 * factor, bounds[*at].1 * factor);
        (low.min(high), low.max(high))
    };
    let mut changed = false;
    for (place, &(at, factor)) in terms.iter().enumerate() {
        let others = terms.iter().enumerate().filter(|other| other.0 != place);
        let (mut low, mut high) = (sum, sum);
        for (_, other) in others {
            let (least, most) = ends(other, bounds);
            (low, high) = (low - most, high - least);
        }
        let (least, most) = if factor > 0 {
            (ceiling(low, factor), high.div_euclid(factor))
        } else {
            (ceiling(-high, -factor), (-low).div_euclid(-factor))
        };
        let new = (bounds[at].0.max(least), bounds[at].1.min(most));
        if new.0 > new.1 {
            return None;
        }
        changed |= new != bounds[at];
        bounds[at] = new;
    }
    Some(changed)
}

fn ceiling(number: i64, by: i64) -> i64 {
    -(-number).div_euclid(by)
}

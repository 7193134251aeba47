//! Brute force: every table of whole numbers that agrees with what is published, counted by the tests'
//! own means and not by the library's equations.

use std::collections::{BTreeMap, BTreeSet};

use disclosure::{Cell, Edition, Link, MaskedTable, Zeros};

/// Innermost counts of all tables, one after the other.
type World = Vec<i64>;

/// For each hidden cell (table, cell) the numbers it has.
pub(crate) type Possible = BTreeMap<(String, usize), BTreeSet<i64>>;

/// For each hidden cell (table, cell) the numbers that it has in some world; worlds are enumerated up to
/// `most` in each innermost cell. None if there are too many to count.
pub(crate) fn possible(editions: &[&Edition], most: i64) -> Option<Possible> {
    let tables: Vec<_> =
        editions.iter().flat_map(|e| e.tables.iter().map(|t| Sums::new(t, e))).collect();
    let links: Vec<&Link> = editions.iter().flat_map(|e| &e.links).collect();
    let mut starts = vec![0];
    tables.iter().for_each(|t| starts.push(starts.last().unwrap() + t.leaves));
    let total = *starts.last().unwrap();
    let mut checks: Vec<Check> = Vec::new();
    for (table, start) in tables.iter().zip(&starts) {
        checks.extend(table.checks(*start));
    }
    for link in links {
        checks.extend(link_checks(link, &tables, &starts));
    }
    let mut found = BTreeMap::new();
    let mut world = vec![0; total];
    let mut left = 150_000_u64;
    let order = Order::new(total, &checks);
    walk(0, &mut world, &order, &checks, most, &mut left, &mut |world| {
        for (table, start) in tables.iter().zip(&starts) {
            for (cell, members) in table.members.iter().enumerate() {
                if matches!(
                    table.table.cells[cell],
                    Cell::Hidden | Cell::Band { .. } | Cell::Merged
                ) {
                    let sum = members.iter().map(|at| world[start + at]).sum();
                    let key = (table.table.name.clone(), cell);
                    found.entry(key).or_insert_with(BTreeSet::new).insert(sum);
                }
            }
        }
    });
    (left > 0).then_some(found)
}

/// A signed sum of innermost counts and the range it must lie in.
struct Check {
    terms: Vec<(usize, i64)>,
    low: i64,
    high: i64,
}

struct Sums<'a> {
    table: &'a MaskedTable,
    edition: &'a Edition,
    /// For each cell the innermost cells in it.
    members: Vec<Vec<usize>>,
    leaves: usize,
    leaf_places: Vec<Vec<String>>,
}

impl<'a> Sums<'a> {
    fn new(table: &'a MaskedTable, edition: &'a Edition) -> Self {
        let names: Vec<Vec<String>> =
            table.dims.iter().map(|d| d.names().map(str::to_owned).collect()).collect();
        let leaf_names: Vec<Vec<String>> = table
            .dims
            .iter()
            .zip(&names)
            .map(|(d, n)| d.leaves().into_iter().map(|l| n[l].clone()).collect())
            .collect();
        let mut leaf_places = vec![vec![]];
        for names in &leaf_names {
            leaf_places = leaf_places
                .into_iter()
                .flat_map(|place: Vec<String>| {
                    names.iter().map(move |n| [place.clone(), vec![n.clone()]].concat())
                })
                .collect();
        }
        let inside = |outer: &[String], inner: &[String]| {
            table.dims.iter().zip(outer.iter().zip(inner)).all(|(dim, (outer, inner))| {
                let at = |name: &String| dim.names().position(|it| it == name).unwrap();
                let (outer, mut node) = (at(outer), Some(at(inner)));
                while let Some(here) = node {
                    if here == outer {
                        return true;
                    }
                    node = dim.parent(here);
                }
                false
            })
        };
        let members = table
            .places()
            .iter()
            .map(|outer| {
                (0..leaf_places.len()).filter(|at| inside(outer, &leaf_places[*at])).collect()
            })
            .collect();
        Self { table, edition, members, leaves: leaf_places.len(), leaf_places }
    }

    fn checks(&self, start: usize) -> Vec<Check> {
        let rules = &self.edition.rules;
        let range = |cell: &Cell| match *cell {
            _ if self.table.withheld && *cell != Cell::Impossible => (0, i64::MAX),
            Cell::Shown(n) => {
                let n = n as i64;
                match rules.rounding.map(i64::from).filter(|b| *b > 1) {
                    // Every number that rounds to it and would be shown.
                    Some(base) => {
                        let fits = |v: &i64| {
                            (v + base / 2) / base * base == n
                                && (*v == 0 || *v > i64::from(rules.threshold))
                        };
                        let all: Vec<i64> = (0..n + base + 1).filter(fits).collect();
                        (all[0], *all.last().unwrap())
                    }
                    None => (n, n),
                }
            }
            Cell::Impossible => (0, 0),
            Cell::Hidden => (i64::from(rules.zeros == Zeros::Shown), i64::MAX),
            Cell::Band { low, high } => (low.into(), high.into()),
            Cell::Merged => (0, i64::MAX),
        };
        let check = |(cell, members): (&Cell, &Vec<usize>)| {
            let (low, high) = range(cell);
            Check { terms: members.iter().map(|at| (start + at, 1)).collect(), low, high }
        };
        self.table.cells.iter().zip(&self.members).map(check).collect()
    }
}

fn link_checks(link: &Link, tables: &[Sums], starts: &[usize]) -> Vec<Check> {
    let find = |name: &String| tables.iter().position(|t| t.table.name == *name).unwrap();
    match link {
        Link::Sum { plus, minus } => {
            let mut sums: BTreeMap<Vec<String>, Vec<(usize, i64)>> = BTreeMap::new();
            let signed = plus.iter().map(|n| (n, 1)).chain(minus.iter().map(|n| (n, -1)));
            for (name, sign) in signed {
                let at = find(name);
                for (leaf, place) in tables[at].leaf_places.iter().enumerate() {
                    sums.entry(place.clone()).or_default().push((starts[at] + leaf, sign));
                }
            }
            sums.into_values().map(|terms| Check { terms, low: 0, high: 0 }).collect()
        }
        Link::Margin { left, right, over } => {
            let (left, right) = (find(left), find(right));
            let key = |table: &Sums, leaf: usize| -> Vec<String> {
                let dims = table.table.dims.iter().zip(&table.leaf_places[leaf]);
                dims.filter(|(d, _)| over.iter().any(|o| o == d.name()))
                    .map(|(_, n)| n.clone())
                    .collect()
            };
            let mut sums: BTreeMap<Vec<String>, Vec<(usize, i64)>> = BTreeMap::new();
            for (at, sign) in [(left, 1), (right, -1)] {
                for leaf in 0..tables[at].leaves {
                    sums.entry(key(&tables[at], leaf)).or_default().push((starts[at] + leaf, sign));
                }
            }
            sums.into_values().map(|terms| Check { terms, low: 0, high: 0 }).collect()
        }
    }
}

/// Which checks to look at after each innermost count is set: they bound what is left.
struct Order {
    of: Vec<Vec<usize>>,
}

impl Order {
    fn new(total: usize, checks: &[Check]) -> Self {
        let mut of = vec![Vec::new(); total];
        for (at, check) in checks.iter().enumerate() {
            check.terms.iter().for_each(|(variable, _)| of[*variable].push(at));
        }
        Self { of }
    }
}

fn walk(
    at: usize,
    world: &mut World,
    order: &Order,
    checks: &[Check],
    most: i64,
    left: &mut u64,
    found: &mut impl FnMut(&World),
) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    if at == world.len() {
        found(world);
        return;
    }
    for number in 0..=most {
        world[at] = number;
        if order.of[at].iter().all(|check| can_hold(&checks[*check], world, at, most)) {
            walk(at + 1, world, order, checks, most, left, found);
        }
    }
    world[at] = 0;
}

/// Whether a check can still hold when all after `at` are free.
fn can_hold(check: &Check, world: &World, at: usize, most: i64) -> bool {
    let (mut low, mut high) = (0, 0);
    for &(variable, sign) in &check.terms {
        if variable <= at {
            low += sign * world[variable];
            high += sign * world[variable];
        } else if sign > 0 {
            high += most;
        } else {
            low -= most;
        }
    }
    low <= check.high && high >= check.low
}

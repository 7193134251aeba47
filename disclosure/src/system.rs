//! All tables of a block and of earlier editions as one system: a variable for each cell, and an
//! equation for everything that adds up.

use std::collections::{BTreeMap, BTreeSet};

use crate::dimension::Dimension;
use crate::error::Invalid;
use crate::shape::Shape;
use crate::table::Link;

/// Terms that add up to nought: a variable and its sign.
pub(crate) type Terms = Vec<(usize, i64)>;

/// The system's structure, without counts. It is built from names and dimensions only, so that whoever
/// sees what is published can build it too.
pub(crate) struct System {
    /// For each table, the variable of each of its cells. Linked margins share variables.
    pub(crate) variables: Vec<Vec<usize>>,
    /// Number of variables.
    pub(crate) len: usize,
    /// Equations from which all others follow.
    pub(crate) equations: Vec<Terms>,
    /// Those others: of use to whoever narrows bounds one equation at a time.
    pub(crate) implied: Vec<Terms>,
    /// For each variable, its equations and its sign in them, the longest first.
    pub(crate) of: Vec<Vec<(usize, i64)>>,
}

/// What is known of a table's structure.
#[derive(Clone, Copy)]
pub(crate) struct Outline<'a> {
    pub(crate) name: &'a str,
    pub(crate) dims: &'a [Dimension],
}

impl System {
    pub(crate) fn new(tables: &[Outline], links: &[&Link]) -> Result<Self, Invalid> {
        let by_name = names(tables)?;
        for name in links.iter().flat_map(|link| link.tables()) {
            by_name.get(name).ok_or_else(|| Invalid::NoTable(name.to_owned()))?;
        }
        let (variables, len) = number(tables, links, &by_name);
        let mut build =
            Build { variables: &variables, needed: BTreeSet::new(), implied: BTreeSet::new() };
        for (at, table) in tables.iter().enumerate() {
            build.totals(at, table.dims);
        }
        for link in links {
            build.sums(link, tables, &by_name);
        }
        let implied = build.implied.difference(&build.needed).cloned().collect();
        let equations: Vec<Terms> = build.needed.into_iter().collect();
        let of = uses(&equations, len);
        Ok(Self { variables, len, equations, implied, of })
    }
}

fn names<'a>(tables: &[Outline<'a>]) -> Result<BTreeMap<&'a str, usize>, Invalid> {
    let mut by_name = BTreeMap::new();
    for (at, table) in tables.iter().enumerate() {
        if by_name.insert(table.name, at).is_some() {
            return Err(Invalid::Twice(table.name.to_owned()));
        }
    }
    Ok(by_name)
}

/// Numbers all cells; cells of linked margins get one number.
fn number(
    tables: &[Outline],
    links: &[&Link],
    by_name: &BTreeMap<&str, usize>,
) -> (Vec<Vec<usize>>, usize) {
    let mut starts = vec![0];
    for table in tables {
        starts.push(starts.last().unwrap_or(&0) + Shape::new(table.dims).len());
    }
    let mut same: Vec<usize> = (0..*starts.last().unwrap_or(&0)).collect();
    for link in links {
        let Link::Margin { left, right, over } = link else { continue };
        let (Some(&left), Some(&right)) = (by_name.get(&**left), by_name.get(&**right)) else {
            continue;
        };
        for (a, b) in shared(tables[left].dims, tables[right].dims, over) {
            join(&mut same, starts[left] + a, starts[right] + b);
        }
    }
    let mut numbers = BTreeMap::new();
    let mut variable = |cell: usize| {
        let (root, next) = (root(&same, cell), numbers.len());
        *numbers.entry(root).or_insert(next)
    };
    let lists =
        starts.windows(2).map(|ends| (ends[0]..ends[1]).map(&mut variable).collect()).collect();
    (lists, numbers.len())
}

/// The cells that two tables share: any category of the dimensions in `over`, totals of the others.
fn shared(left: &[Dimension], right: &[Dimension], over: &[String]) -> Vec<(usize, usize)> {
    let (left_shape, right_shape) = (Shape::new(left), Shape::new(right));
    let choices = left.iter().map(|dim| {
        let open = over.iter().any(|name| name == dim.name());
        if open { (0..dim.len()).collect() } else { vec![0] }
    });
    let cells = left_shape.product(&choices.collect::<Vec<_>>());
    let pair = |cell| {
        let names = left_shape.names(cell);
        let named = left.iter().map(Dimension::name).zip(names);
        let named = named.filter(|(dim, _)| over.iter().any(|name| name == dim));
        Some((cell, right_shape.find(&named.collect::<Vec<_>>())?))
    };
    cells.into_iter().filter_map(pair).collect()
}

fn root(same: &[usize], mut at: usize) -> usize {
    while same[at] != at {
        at = same[at];
    }
    at
}

fn join(same: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(same, a), root(same, b));
    same[a.max(b)] = a.min(b);
}

fn uses(equations: &[Terms], len: usize) -> Vec<Vec<(usize, i64)>> {
    let mut of = vec![Vec::new(); len];
    for (equation, terms) in equations.iter().enumerate() {
        for (variable, sign) in terms {
            of[*variable].push((equation, *sign));
        }
    }
    of.iter_mut().for_each(|own| {
        own.sort_by_key(|(equation, _)| std::cmp::Reverse(equations[*equation].len()));
    });
    of
}

struct Build<'a> {
    variables: &'a [Vec<usize>],
    needed: BTreeSet<Terms>,
    implied: BTreeSet<Terms>,
}

impl Build<'_> {
    /// A table's totals. Sums over its most grouped dimension are needed in every cell of the others;
    /// sums over the next only in its innermost categories, and so on. With one grouped dimension, each
    /// cell then stands in two equations at most, which keeps searches short.
    fn totals(&mut self, table: usize, dims: &[Dimension]) {
        let shape = Shape::new(dims);
        let leaves = dims.iter().map(Dimension::leaves).collect::<Vec<_>>();
        let mut order: Vec<usize> = (0..dims.len()).collect();
        order.sort_by_key(|dim| leaves[*dim].len() as i64 - dims[*dim].len() as i64);
        for cell in 0..shape.len() {
            let place = shape.place(cell);
            let mut needed = true;
            for &dim in &order {
                let mut terms = vec![(self.variables[table][cell], -1)];
                terms.extend(dims[dim].children(place[dim]).map(|child| {
                    let mut below = place.clone();
                    below[dim] = child;
                    (self.variables[table][shape.cell(&below)], 1)
                }));
                if terms.len() > 1 {
                    self.keep(terms, needed);
                    needed = false;
                }
            }
        }
    }

    /// A link's sums, cell by cell. Between totals they only follow if the tables are grouped alike.
    fn sums(&mut self, link: &Link, tables: &[Outline], by_name: &BTreeMap<&str, usize>) {
        let Link::Sum { plus, minus } = link else { return };
        let signed = plus.iter().map(|it| (it, 1)).chain(minus.iter().map(|it| (it, -1)));
        let found = signed.filter_map(|(name, sign)| Some((*by_name.get(&**name)?, sign)));
        let found = found.collect::<Vec<_>>();
        let alike = found.windows(2).all(|pair| tables[pair[0].0].dims == tables[pair[1].0].dims);
        let mut sums: BTreeMap<Place, (Terms, bool)> = BTreeMap::new();
        for (table, sign) in found {
            let shape = Shape::new(tables[table].dims);
            let leaves: BTreeSet<usize> = shape.leaf_cells().into_iter().collect();
            for cell in 0..shape.len() {
                let place = place(tables[table].dims, &shape, cell);
                let sum = sums.entry(place).or_insert_with(|| (Vec::new(), true));
                sum.0.push((self.variables[table][cell], sign));
                sum.1 &= leaves.contains(&cell);
            }
        }
        for (terms, inner) in sums.into_values().filter(|(_, inner)| *inner || alike) {
            self.keep(terms, inner);
        }
    }

    fn keep(&mut self, mut terms: Terms, needed: bool) {
        terms.sort_unstable();
        if needed { &mut self.needed } else { &mut self.implied }.insert(terms);
    }
}

/// A cell by the names of its dimensions and categories, whatever order the dimensions have.
type Place<'a> = Vec<(&'a str, String)>;

fn place<'a>(dims: &'a [Dimension], shape: &Shape, cell: usize) -> Place<'a> {
    let mut place: Place = dims.iter().map(Dimension::name).zip(shape.names(cell)).collect();
    place.sort_unstable();
    place
}

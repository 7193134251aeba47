//! What is published, tried by brute force: each hidden cell can be at least so many numbers.

#![expect(clippy::unwrap_used, reason = "a test may stop where it is surprised")]

mod support;

use disclosure::{
    Attacker, Block, Cell, Detail, Dimension, Edition, Link, Past, Rate, Rules, Table, Zeros,
    audit, mask,
};
use proptest::prelude::*;

const CASES: u32 = 40;

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

/// Small widths keep brute force short.
fn rules() -> impl Strategy<Value = Rules> {
    let zeros = prop_oneof![Just(Zeros::Shown), Just(Zeros::Spare), Just(Zeros::Hidden)];
    let attacker = prop_oneof![Just(Attacker::Linear), Just(Attacker::Rule)];
    let steps = prop_oneof![4 => Just(40_000_000), 1 => 0_u64..500];
    let all = (zeros, attacker, 2_u32..=4, 2_u32..=5, steps);
    all.prop_map(|(zeros, attacker, width, threshold, search_steps)| Rules {
        search_steps,
        zeros,
        attacker,
        width,
        threshold,
        ..Rules::default()
    })
}

fn counts(len: usize) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![2 => 0_u64..=3, 3 => 1_u64..=9], len)
}

fn flat(name: &str, len: usize) -> Dimension {
    Dimension::flat(name, (1..=len).map(|at| format!("{name}{at}"))).unwrap()
}

fn block(tables: Vec<Table>) -> Block {
    Block { tables, ..Block::default() }
}

/// Every hidden cell takes `width` numbers in tables that agree with all editions, and the audit says
/// the same.
fn assert_safe(editions: &[&Edition], rules: &Rules, most: i64) {
    let found = audit(editions, rules, Detail::Intervals).unwrap();
    assert!(found.is_safe(), "{:?}", found.unsafe_cells().collect::<Vec<_>>());
    // Where counts can be larger than brute force tries, it sees fewer than there are.
    let is_bounded = |it: &disclosure::Finding| it.high.is_some_and(|high| high <= most as u64);
    let is_inner = |it: &disclosure::Finding| !it.place.iter().any(|name| name == disclosure::ALL);
    if !found.findings.iter().filter(|it| is_inner(it)).all(is_bounded) {
        return;
    }
    let Some(possible) = support::possible(editions, most) else { return };
    for finding in &found.findings {
        let Some(numbers) = possible.get(&(finding.table.clone(), finding.cell)) else { continue };
        assert!(numbers.len() >= rules.width as usize, "only {numbers:?}: {finding:?}");
        let ends = (*numbers.first().unwrap() as u64, *numbers.last().unwrap() as u64);
        assert!(finding.low <= ends.0 && finding.high.unwrap() >= ends.1, "{finding:?} {ends:?}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_flat_table(counts in counts(6), rules in rules()) {
        let table = Table::new("t", vec![flat("a", 2), flat("b", 3)], counts).unwrap();
        let release = mask(&block(vec![table]), &[], &rules).unwrap();
        assert_safe(&[&release.edition], &rules, 24);
    }

    #[test]
    fn a_single_row(counts in counts(4), rules in rules()) {
        let table = Table::new("t", vec![flat("a", 4)], counts).unwrap();
        let release = mask(&block(vec![table]), &[], &rules).unwrap();
        assert_safe(&[&release.edition], &rules, 20);
    }

    #[test]
    fn three_dimensions(counts in counts(8), rules in rules()) {
        let table = Table::new("t", vec![flat("a", 2), flat("b", 2), flat("c", 2)], counts).unwrap();
        let release = mask(&block(vec![table]), &[], &rules).unwrap();
        assert_safe(&[&release.edition], &rules, 18);
    }

    #[test]
    fn a_hierarchy_and_merged_groups(counts in counts(8), rules in rules()) {
        let schools = flat("s", 4)
            .group("North", &["s1", "s2"]).unwrap()
            .group("South", &["s3", "s4"]).unwrap()
            .may_merge("s1 and s2", &["s1", "s2"]).unwrap();
        let table = Table::new("t", vec![schools, flat("b", 2)], counts).unwrap();
        let release = mask(&block(vec![table]), &[], &rules).unwrap();
        assert_safe(&[&release.edition], &rules, 18);
    }

    #[test]
    fn linked_margins(a in counts(6), rules in rules(), by in prop::collection::vec(0_u64..=100, 2)) {
        let left = Table::new("l", vec![flat("a", 2), flat("b", 3)], a.clone()).unwrap();
        // The same children by another dimension.
        let rows = [a[..3].iter().sum::<u64>(), a[3..].iter().sum::<u64>()];
        let split = rows.iter().zip(&by).flat_map(|(sum, by)| [sum * by / 100, sum - sum * by / 100]);
        let right = Table::new("r", vec![flat("a", 2), flat("c", 2)], split.collect()).unwrap();
        let link = Link::Margin { left: "l".into(), right: "r".into(), over: vec!["a".into()] };
        let block = Block { tables: vec![left, right], links: vec![link], ..Block::default() };
        let release = mask(&block, &[], &rules).unwrap();
        assert_safe(&[&release.edition], &rules, 18);
    }

    #[test]
    fn percentages(whole in counts(4), of in prop::collection::vec(0_u64..=100, 4), rules in rules()) {
        let part = whole.iter().zip(&of).map(|(n, by)| n * by / 100).collect();
        let dims = vec![flat("a", 2), flat("b", 2)];
        let block = Block {
            tables: vec![
                Table::new("part", dims.clone(), part).unwrap(),
                Table::new("whole", dims, whole).unwrap(),
            ],
            rates: vec![Rate { name: "share".into(), part: "part".into(), whole: "whole".into() }],
            ..Block::default()
        };
        let release = mask(&block, &[], &rules).unwrap();
        assert_safe(&[&release.edition], &rules, 18);
        let shown = |table: usize, at: usize| {
            matches!(release.edition.tables[table].cells[at], Cell::Shown(_))
        };
        for (at, cell) in release.edition.rates[0].cells.iter().enumerate() {
            let all = (0..3).all(|table| shown(table, at));
            prop_assert_eq!(all, *cell != disclosure::RateCell::Hidden);
        }
    }

    #[test]
    fn three_editions_of_a_stock(
        start in counts(3),
        flows in prop::collection::vec((counts(3), prop::collection::vec(0_u64..=100, 3)), 2),
        rules in rules(),
    ) {
        let dims = || vec![flat("a", 3)];
        let mut stock = start;
        let mut blocks = vec![block(vec![Table::new("stock 0", dims(), stock.clone()).unwrap()])];
        for (at, (came, leave)) in flows.iter().enumerate() {
            let left: Vec<u64> = stock.iter().zip(leave).map(|(n, by)| n * by / 100).collect();
            stock = stock.iter().zip(came).zip(&left).map(|((n, came), left)| n + came - left).collect();
            let name = |what: &str, edition: usize| format!("{what} {edition}");
            let tables = vec![
                Table::new(&name("stock", at + 1), dims(), stock.clone()).unwrap(),
                Table::new(&name("came", at + 1), dims(), came.clone()).unwrap(),
                Table::new(&name("left", at + 1), dims(), left).unwrap(),
            ];
            let link = Link::stock(
                &name("stock", at + 1), &name("stock", at), &name("came", at + 1), &name("left", at + 1),
            );
            blocks.push(Block { tables, links: vec![link], ..Block::default() });
        }
        let mut editions: Vec<Edition> = Vec::new();
        for block in &blocks {
            let past: Vec<Past> = editions.iter().zip(&blocks)
                .map(|(edition, block)| Past { edition, block }).collect();
            let release = mask(block, &past, &rules).unwrap();
            prop_assert!(release.told_before.is_empty(), "{:?}", release.told_before);
            editions.push(release.edition);
        }
        let all: Vec<&Edition> = editions.iter().collect();
        assert_safe(&all[..2], &rules, 24);
        assert!(audit(&all, &rules, Detail::Proof).unwrap().is_safe());
    }

    #[test]
    fn rounded_counts_and_bands(counts in counts(6), base in 2_u32..=10) {
        let dims = vec![flat("a", 2), flat("b", 3)];
        let table = Table::new("t", dims, counts).unwrap();
        let rounded = Rules { rounding: Some(base), ..Rules::default() };
        let release = mask(&block(vec![table.clone()]), &[], &rounded).unwrap();
        assert_safe(&[&release.edition], &rounded, 14);
        let banded = Rules { bands: vec![(0, 5), (6, 10), (11, 20), (21, 50)], ..Rules::default() };
        let release = mask(&block(vec![table]), &[], &banded).unwrap();
        assert_safe(&[&release.edition], &banded, 14);
    }
}

#[test]
fn brute_force_sees_every_table_and_finds_a_planted_weakness() {
    let table = Table::new("t", vec![flat("a", 2), flat("b", 2)], vec![3, 8, 9, 7]).unwrap();
    let mut edition = mask(&block(vec![table]), &[], &Rules::default()).unwrap().edition;
    let inner = [4, 5, 7, 8];
    assert!(inner.iter().all(|at| edition.tables[0].cells[*at] == Cell::Hidden), "{edition:?}");
    let cell = |edition: &Edition| {
        let possible = support::possible(&[edition], 20).unwrap();
        possible[&("t".to_owned(), 4)].iter().copied().collect::<Vec<_>>()
    };
    // Rows of 11 and 16, columns of 12 and 15: the 3 and its neighbours can be anything that fits.
    assert_eq!(cell(&edition), (0..=11).collect::<Vec<_>>());
    edition.tables[0].cells[7] = Cell::Shown(9);
    assert_eq!(cell(&edition), [3]);
    assert_eq!(
        audit(&[&edition], &Rules::default(), Detail::Proof).unwrap().unsafe_cells().count(),
        3
    );
}

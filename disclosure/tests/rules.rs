//! Single cases: each rule once, and what must be refused.

#![expect(clippy::unwrap_used, reason = "a test may stop where it is surprised")]

use disclosure::{
    Block, Cell, Detail, Dimension, Edition, Invalid, Link, Past, Rate, RateCell, Rules, Table,
    Zeros, audit, mask,
};

fn flat(name: &str, categories: &[&str]) -> Dimension {
    Dimension::flat(name, categories.iter().copied()).unwrap()
}

fn one(dims: Vec<Dimension>, counts: &[u64]) -> Block {
    Block { tables: vec![Table::new("t", dims, counts.to_vec()).unwrap()], ..Block::default() }
}

fn masked(block: &Block, rules: &Rules) -> Edition {
    mask(block, &[], rules).unwrap().edition
}

#[test]
fn nothing_small_hides_nothing() {
    let block = one(vec![flat("a", &["x", "y"]), flat("b", &["p", "q"])], &[10, 20, 0, 40]);
    let release = mask(&block, &[], &Rules::default()).unwrap();
    assert!(release.edition.tables[0].cells.iter().all(|cell| matches!(cell, Cell::Shown(_))));
    assert!(release.edition.tables[0].reasons.is_empty());
}

#[test]
fn primary_and_secondary_look_alike_and_share_one_reason() {
    let block = one(vec![flat("a", &["x", "y", "z"])], &[30, 4, 9]);
    let table = &masked(&block, &Rules::default()).tables[0];
    assert_eq!(table.cells, [Cell::Shown(43), Cell::Shown(30), Cell::Hidden, Cell::Hidden]);
    let line =
        "A number is hidden if it is from 1 to 5, or if such a number could be worked out from it.";
    assert_eq!(table.reasons, [line]);
}

#[test]
fn a_table_all_small_is_all_hidden() {
    let block = one(vec![flat("a", &["x", "y"])], &[1, 2]);
    let release = mask(&block, &[], &Rules::default()).unwrap();
    assert_eq!(release.edition.tables[0].cells, [Cell::Hidden; 3]);
    assert!(release.told_before.is_empty());
}

#[test]
fn a_group_in_which_nothing_can_move_is_withheld_with_its_total() {
    // Only one category can hold anybody: the total tells it, so both must go.
    let table = Table::new("t", vec![flat("a", &["x", "y"])], vec![3, 0]).unwrap();
    let table = table.impossible(&["y"]).unwrap();
    let block = Block { tables: vec![table], ..Block::default() };
    let edition = masked(&block, &Rules::default());
    assert_eq!(edition.tables[0].cells, [Cell::Hidden, Cell::Hidden, Cell::Impossible]);
}

#[test]
fn zeros_are_shown_spared_or_hidden() {
    let block = one(vec![flat("a", &["x", "y", "z"])], &[40, 4, 0]);
    let with = |zeros| masked(&block, &Rules { zeros, ..Rules::default() }).tables[0].cells.clone();
    assert_eq!(with(Zeros::Spare)[3], Cell::Hidden);
    assert_eq!(with(Zeros::Shown)[3], Cell::Shown(0));
    assert_eq!(with(Zeros::Hidden)[3], Cell::Hidden);
}

#[test]
fn groups_merge_where_that_hides_less() {
    let schools =
        flat("s", &["Ash", "Birch", "Cedar"]).may_merge("others", &["Ash", "Birch"]).unwrap();
    let counts = [4, 3, 5, 3, 4, 2, 30, 40, 50];
    let block = one(vec![schools, flat("stage", &["1", "2", "3"])], &counts);
    let release = mask(&block, &[], &Rules::default()).unwrap();
    let table = &release.edition.tables[0];
    assert_eq!(table.cell(&["others", "1"]), Some(Cell::Shown(7)));
    assert_eq!(table.cell(&["Ash", "1"]), Some(Cell::Merged));
    assert_eq!(table.cell(&["Cedar", "2"]), Some(Cell::Shown(40)));
    assert_eq!((release.statistics.merged, release.statistics.secondary), (8, 0));
    assert!(table.reasons.iter().any(|line| line.contains("together")));
}

#[test]
fn groups_do_not_merge_where_nothing_is_small() {
    let schools =
        flat("s", &["Ash", "Birch", "Cedar"]).may_merge("others", &["Ash", "Birch"]).unwrap();
    let release = mask(&one(vec![schools], &[40, 30, 50]), &[], &Rules::default()).unwrap();
    assert_eq!(release.statistics.merged, 0);
}

#[test]
fn bands_stand_where_they_are_wide_enough() {
    let block = one(vec![flat("a", &["x", "y", "z"])], &[90, 3, 15]);
    let rules = Rules { bands: vec![(0, 5), (6, 20), (21, 100)], ..Rules::default() };
    let table = &masked(&block, &rules).tables[0];
    assert!(table.cells.contains(&Cell::Band { low: 6, high: 20 }), "{:?}", table.cells);
    let narrow = Rules { bands: vec![(0, 5), (6, 8)], ..Rules::default() };
    assert!(matches!(mask(&block, &[], &narrow), Err(Invalid::Rules(_))));
    let coarse = Rules { rounding: Some(13), ..Rules::default() };
    assert!(matches!(mask(&block, &[], &coarse), Err(Invalid::Rules(_))));
    let telling = Rules { bands: vec![(6, 20)], ..Rules::default() };
    assert!(matches!(mask(&block, &[], &telling), Err(Invalid::Rules(_))));
}

#[test]
fn a_percentage_is_shown_only_with_all_its_counts() {
    let dims = vec![flat("a", &["x", "y", "z"])];
    let block = Block {
        tables: vec![
            Table::new("seen", dims.clone(), vec![47, 20, 30]).unwrap(),
            Table::new("all", dims, vec![50, 40, 60]).unwrap(),
        ],
        rates: vec![Rate { name: "share".into(), part: "seen".into(), whole: "all".into() }],
        ..Block::default()
    };
    let edition = masked(&block, &Rules::default());
    // 47 of 50 leaves 3, though neither is small.
    assert_eq!(edition.rates[0].cells[1], RateCell::Hidden);
    assert!(edition.rates[0].cells.contains(&RateCell::Shown(5000)));
    assert!(edition.tables[2].only_implied);
}

fn stock(edition: u32, counts: [Vec<u64>; 3]) -> Block {
    let dims = || vec![flat("a", &["x", "y", "z"])];
    let names = ["stock", "came", "left"].map(|what| format!("{what} {edition}"));
    let tables = names.iter().zip(counts).map(|(name, it)| Table::new(name, dims(), it).unwrap());
    let earlier = format!("stock {}", edition - 1);
    Block {
        tables: tables.collect(),
        links: vec![Link::stock(&names[0], &earlier, &names[1], &names[2])],
        ..Block::default()
    }
}

#[test]
fn a_later_edition_does_not_tell_an_earlier_hidden_cell() {
    let rules = Rules::default();
    let dims = vec![flat("a", &["x", "y", "z"])];
    let mut first = one(dims, &[30, 4, 9]);
    first.tables =
        vec![Table::new("stock 1", vec![flat("a", &["x", "y", "z"])], vec![30, 4, 9]).unwrap()];
    let edition = masked(&first, &rules);
    // 4 came to 24 by 20: all three of these are large, and together they would tell the 4.
    let second = stock(2, [vec![40, 24, 19], vec![10, 20, 10], vec![0, 0, 0]]);
    let past = [Past { edition: &edition, block: &first }];
    let release = mask(&second, &past, &rules).unwrap();
    assert!(audit(&[&edition, &release.edition], &rules, Detail::Proof).unwrap().is_safe());
    let alone = Block { links: Vec::new(), ..second.clone() };
    let mut planted = mask(&alone, &[], &rules).unwrap().edition;
    planted.links.clone_from(&second.links);
    let found = audit(&[&edition, &planted], &rules, Detail::Proof).unwrap();
    assert!(found.unsafe_cells().any(|it| it.table == "stock 1"), "{found:?}");
}

#[test]
fn what_earlier_editions_told_withholds_no_more_than_its_own_table() {
    let rules = Rules::default();
    let mut first = one(vec![flat("a", &["x", "y", "z"])], &[30, 4, 9]);
    first.tables[0] =
        Table::new("stock 1", vec![flat("a", &["x", "y", "z"])], vec![30, 4, 9]).unwrap();
    let mut edition = masked(&first, &rules);
    // A mistake of long ago: one hidden cell was shown, which tells the other.
    edition.tables[0].cells[3] = Cell::Shown(9);
    let second = stock(2, [vec![40, 24, 19], vec![10, 20, 10], vec![0, 0, 0]]);
    let release = mask(&second, &[Past { edition: &edition, block: &first }], &rules).unwrap();
    assert_eq!(release.statistics.withheld, 0);
}

#[test]
fn what_is_not_proven_within_the_budget_is_withheld() {
    let block = one(vec![flat("a", &["x", "y"]), flat("b", &["p", "q"])], &[3, 20, 30, 40]);
    let rules = Rules { audit_steps: 0, ..Rules::default() };
    let release = mask(&block, &[], &rules).unwrap();
    assert!(release.edition.tables[0].withheld);
    assert!(release.edition.tables[0].cells.iter().all(|cell| *cell == Cell::Hidden));
    assert!(release.edition.tables[0].reasons[0].contains("not published"));
    assert_eq!(release.statistics.withheld, 9);
}

#[test]
fn without_a_search_more_is_hidden_around_what_the_audit_finds() {
    let counts = [3, 20, 30, 40, 50, 60, 70, 80, 90];
    let block = one(vec![flat("a", &["x", "y", "z"]), flat("b", &["p", "q", "r"])], &counts);
    let rules = Rules { search_steps: 0, ..Rules::default() };
    let release = mask(&block, &[], &rules).unwrap();
    assert!(audit(&[&release.edition], &rules, Detail::Intervals).unwrap().is_safe());
    assert_eq!(release.statistics.withheld, 0);
    assert!(release.statistics.secondary >= 3);
}

#[test]
fn the_audit_finds_what_was_not_protected() {
    let block =
        one(vec![flat("a", &["x", "y", "z"]), flat("b", &["p", "q"])], &[3, 20, 30, 40, 8, 9]);
    let rules = Rules::default();
    let mut edition = masked(&block, &rules);
    let counts = [110, 41, 69, 23, 3, 20, 70, 30, 40, 17, 8, 9];
    for (cell, count) in edition.tables[0].cells.iter_mut().zip(counts) {
        if *cell == Cell::Hidden && count > 5 {
            *cell = Cell::Shown(count);
        }
    }
    let found = audit(&[&edition], &rules, Detail::Intervals).unwrap();
    let unsafe_cells = found.unsafe_cells().collect::<Vec<_>>();
    assert_eq!(unsafe_cells.len(), 1);
    assert_eq!((unsafe_cells[0].low, unsafe_cells[0].high), (3, Some(3)));
}

#[test]
fn the_same_input_gives_the_same_edition() {
    let block =
        one(vec![flat("a", &["x", "y", "z"]), flat("b", &["p", "q"])], &[3, 20, 30, 2, 8, 9]);
    assert_eq!(masked(&block, &Rules::default()), masked(&block, &Rules::default()));
}

#[test]
fn contradictions_are_refused() {
    let dim = || flat("a", &["x", "y"]);
    let wrong = Table::new("t", vec![dim()], vec![1]);
    assert!(matches!(wrong, Err(Invalid::Counts { expected: 2, given: 1, .. })));
    let twice = Dimension::flat("a", ["x", "x"]);
    assert_eq!(twice, Err(Invalid::Twice("x".into())));
    let unknown = dim().group("g", &["nobody"]);
    assert!(matches!(unknown, Err(Invalid::NoCategory { .. })));
    let apart = flat("a", &["x", "y", "z"]).group("g", &["x"]).unwrap().group("h", &["x", "y"]);
    assert_eq!(apart, Err(Invalid::Apart("h".into())));
    let mut block = one(vec![dim()], &[6, 7]);
    block.tables.push(Table::new("u", vec![dim()], vec![6, 8]).unwrap());
    block.links.push(Link::Margin { left: "t".into(), right: "u".into(), over: vec!["a".into()] });
    assert!(matches!(mask(&block, &[], &Rules::default()), Err(Invalid::LinkBroken(_))));
    block.links = vec![Link::stock("t", "nowhere", "u", "u")];
    assert_eq!(
        mask(&block, &[], &Rules::default()).map(|_| ()),
        Err(Invalid::NoTable("nowhere".into()))
    );
}

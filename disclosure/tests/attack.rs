//! An attacker with nothing but the published spreadsheets, over random areas; and whether he sees what
//! is there to be seen.

#![expect(clippy::unwrap_used, reason = "a test may stop where it is surprised")]

mod attacker;

use std::collections::BTreeSet;

use attacker::area::Dice;
use attacker::attack::Attack;
use attacker::editions::Way;
use attacker::read::sheet;
use attacker::system::{FAR, System};
use attacker::verdict::{Broken, Verdict, try_area};

fn told(seed: u64, verdict: &Verdict) -> String {
    let found = verdict.found.iter().map(|it| format!("seed {seed}: {it}"));
    found.collect::<Vec<_>>().join("\n")
}

fn tell_nothing(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        let verdict = try_area(seed, Way::Sound, 8).unwrap();
        assert!(verdict.found.is_empty(), "\n{}", told(seed, &verdict));
        assert_eq!(verdict.published.refused, 0, "seed {seed}");
        assert!(verdict.hidden > 0 && verdict.facts > 0, "seed {seed}: nothing was tried");
    }
}

// Twenty areas, in two tests that run beside each other. Left out are those that take seconds to mask: they are
// among the thousand of `scripts/proof disclosure`.

#[test]
fn ten_areas_tell_the_attacker_nothing() {
    tell_nothing(0..10);
}

#[test]
fn ten_more_areas_tell_the_attacker_nothing() {
    tell_nothing([14, 15, 17].into_iter().chain(19..26));
}

/// Whether a weakness gives a cell away in one of the first areas.
fn is_given_away(way: Way) -> bool {
    (0..4).any(|seed| {
        let verdict = try_area(seed, way, 0).unwrap();
        [Broken::Determined, Broken::WithinWidth].iter().any(|it| verdict.cells(*it, false) > 0)
    })
}

#[test]
fn planted_weaknesses_are_found() {
    for way in [Way::OnlySmall, Way::WithoutPast, Way::WithoutMargins] {
        assert!(is_given_away(way), "{way:?} was not found");
    }
}

#[test]
fn an_attacker_who_knows_one_child_knows_more() {
    // Five in two cells, and one child known to be in the first: the other loses a number.
    let text = spreadsheet(&["Up", "Down", "All"], &[("Cluster 1", &["Hidden", "Hidden", "5"])]);
    let system = System::new(&[sheet(0, "stage-steps", &text).unwrap()]).unwrap();
    let mut attack = Attack::new(&system);
    let cell =
        |column: &str| system.cells[&(0, "stage-steps", "Cluster 1".to_owned(), column.to_owned())];
    let (up, down) = (attack.sum(&[(cell("Up"), 1)]), attack.sum(&[(cell("Down"), 1)]));
    assert_eq!(attack.ends(&down, FAR), (0, 5));
    let mut knowing = attack.parts[up.part.unwrap()].knowing(&up);
    assert_eq!((knowing.ends(&down, FAR), knowing.ends(&up, FAR)), ((0, 4), (1, 5)));
}

#[test]
fn a_share_tells_its_counts() {
    // 33 % of 3 is 1; whoever is hidden for it is not.
    let text = spreadsheet(&["Counted", "Of", "Share"], &[("Cluster 1", &["Hidden", "3", "33%"])]);
    let system = System::new(&[sheet(0, "views", &text).unwrap()]).unwrap();
    let counted = system.cells[&(0, "views", "Cluster 1".to_owned(), "Counted".to_owned())];
    assert_eq!(system.bounds[counted], (1, 1));
}

/// A spreadsheet with one line a cluster, and the same again as their sum if there is one cluster.
fn spreadsheet(columns: &[&str], lines: &[(&str, &[&str])]) -> String {
    let line = |label: &str, cells: &[&str]| {
        let cells: Vec<_> =
            [&[label], cells].concat().iter().map(|it| format!("\"{it}\"")).collect();
        cells.join(",") + "\r\n"
    };
    let mut text = "\"head\"\r\n".repeat(4) + &line("title", columns);
    lines.iter().for_each(|(label, cells)| text += &line(label, cells));
    if let [(_, cells)] = lines {
        text += &line("All clusters", cells);
    }
    text
}

const COLUMNS: [&str; 4] = ["In time", "Late", "No day agreed", "All"];

/// Two clusters by three columns with some cells hidden at random.
fn small_table(dice: &mut Dice) -> ([[Option<i64>; 4]; 3], String) {
    let mut counts = [[0; 4]; 3];
    for row in 0..2 {
        for column in 0..3 {
            let count = dice.below(5) as i64;
            for (row, column) in [(row, column), (2, column), (row, 3), (2, 3)] {
                counts[row][column] += count;
            }
        }
    }
    let mut hide = |count| (dice.below(2) == 0).then_some(count);
    let mut shown = counts.map(|row| row.map(&mut hide));
    // Something must bound them, or brute force has no end.
    shown[2][3] = Some(counts[2][3]);
    let words: Vec<Vec<String>> = shown
        .iter()
        .map(|row| row.iter().map(|it| it.map_or("Hidden".into(), |it| it.to_string())).collect())
        .collect();
    let words: Vec<Vec<&str>> =
        words.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let names = ["Cluster 1", "Cluster 2", "All clusters"];
    let lines: Vec<_> = names.iter().zip(&words).map(|(name, row)| (*name, &**row)).collect();
    let text = spreadsheet(&COLUMNS, &lines);
    (shown, text)
}

/// Every number of each cell in tables that agree with what is shown.
fn by_force(shown: &[[Option<i64>; 4]; 3]) -> Vec<BTreeSet<i64>> {
    let most = shown[2][3].unwrap();
    let mut found = vec![BTreeSet::new(); 12];
    let mut inner = [0; 6];
    loop {
        let [a, b, c, d, e, f] = inner;
        let all = [
            [a, b, c, a + b + c],
            [d, e, f, d + e + f],
            [a + d, b + e, c + f, a + b + c + d + e + f],
        ];
        let agrees = |(own, told): (&i64, &Option<i64>)| told.is_none_or(|told| told == *own);
        if all.as_flattened().iter().zip(shown.as_flattened()).all(agrees) {
            found.iter_mut().zip(all.as_flattened()).for_each(|(found, own)| {
                found.insert(*own);
            });
        }
        let Some(at) = inner.iter().position(|it| *it < most) else { return found };
        inner[at] += 1;
        inner[..at].fill(0);
    }
}

#[test]
fn the_ends_are_those_of_brute_force() {
    let mut dice = Dice::new(7);
    let mut tried = 0;
    while tried < 40 {
        let (shown, text) = small_table(&mut dice);
        if shown[2][3] > Some(9) {
            continue;
        }
        tried += 1;
        let system = System::new(&[sheet(0, "visits", &text).unwrap()]).unwrap();
        let mut attack = Attack::new(&system);
        let found = by_force(&shown);
        for (row, line) in ["Cluster 1", "Cluster 2", "All clusters"].iter().enumerate() {
            for (column, name) in COLUMNS.iter().enumerate() {
                let at = system.cells[&(0, "visits", (*line).to_owned(), (*name).to_owned())];
                let sum = attack.sum(&[(at, 1)]);
                let numbers = &found[row * 4 + column];
                let ends = (*numbers.first().unwrap(), *numbers.last().unwrap());
                assert_eq!(attack.ends(&sum, FAR), ends, "{line}, {name}:\n{text}");
            }
        }
    }
}

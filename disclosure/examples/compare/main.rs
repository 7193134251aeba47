//! Compares what is hidden with the hypercube method on the same invented tables, and takes the time:
//! `cargo run --release -p disclosure --example compare`.
//! Writes a table for `docs/disclosure.md`; a word after `--` picks the cases with it in their name.

mod hypercube;
mod tables;

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use disclosure::{
    Attacker, Block, Cell, Detail, Edition, Past, Release, Rules, Zeros, audit, mask,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| tables | cells | small | method | also hidden | share | unsafe | merged | withheld | seconds |"
    )?;
    writeln!(out, "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|")?;
    let only = std::env::args().nth(1).unwrap_or_default();
    for case in tables::cases()?.into_iter().filter(|case| case.name.contains(&only)) {
        for row in rows(&case)? {
            writeln!(out, "{row}")?;
            out.flush()?;
        }
    }
    chart(&mut out)
}

/// One case: its name, the block, the blocks before it, and whether hypercubes can be laid in it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) block: Block,
    pub(crate) before: Vec<Block>,
    pub(crate) has_cubes: bool,
}

fn rows(case: &Case) -> Result<Vec<String>, Box<dyn Error>> {
    let rules = Rules { zeros: Zeros::Spare, ..Rules::default() };
    let linear = Rules { attacker: Attacker::Linear, ..rules.clone() };
    let mut rows = Vec::new();
    if case.has_cubes {
        let start = Instant::now();
        let edition = hypercube::protect(&case.block, &linear);
        let seconds = start.elapsed().as_secs_f64();
        let small = tables::small(&case.block, &rules);
        rows.push(row(case, "hypercube", &[&edition], &rules, (small, seconds))?);
    }
    for (name, rules) in [("ours, linear", &linear), ("ours", &rules)] {
        let mut editions: Vec<Edition> = Vec::new();
        for (at, block) in case.before.iter().enumerate() {
            let release = mask(block, &past(&editions, &case.before[..at]), rules)?;
            editions.push(release.edition);
        }
        let start = Instant::now();
        let Release { edition, statistics, .. } =
            mask(&case.block, &past(&editions, &case.before), rules)?;
        let seconds = start.elapsed().as_secs_f64();
        let all = editions.iter().chain([&edition]).collect::<Vec<_>>();
        rows.push(row(case, name, &all, rules, (statistics.primary, seconds))?);
    }
    Ok(rows)
}

fn past<'a>(editions: &'a [Edition], blocks: &'a [Block]) -> Vec<Past<'a>> {
    editions.iter().zip(blocks).map(|(edition, block)| Past { edition, block }).collect()
}

fn row(
    case: &Case,
    method: &str,
    editions: &[&Edition],
    rules: &Rules,
    (small, seconds): (usize, f64),
) -> Result<String, Box<dyn Error>> {
    let Some(edition) = editions.last() else { return Ok(String::new()) };
    let cells = edition.tables.iter().flat_map(|table| &table.cells);
    let count = |test: fn(&Cell) -> bool| cells.clone().filter(|cell| test(cell)).count();
    let (hidden, merged) = (count(|it| *it == Cell::Hidden), count(|it| *it == Cell::Merged));
    let all = cells.clone().count() - merged;
    let found = audit(editions, rules, Detail::Proof)?;
    let withheld = edition.tables.iter().filter(|table| table.withheld).count();
    let also = hidden.saturating_sub(small);
    let share = 100.0 * also as f64 / all as f64;
    Ok(format!(
        "| {} | {all} | {small} | {method} | {also} | {share:.1} % | {} | {merged} | {withheld} | {seconds:.2} |",
        case.name,
        found.unsafe_cells().count(),
    ))
}

/// How many cells are hidden beside the small ones, as small counts become more frequent.
fn chart(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n```text")?;
    writeln!(
        out,
        "cells also hidden, of 427, by small counts (o ours, h hypercube; one sign, 2 cells)"
    )?;
    for scale in [0.1, 0.2, 0.4, 0.7, 1.0, 2.0, 4.0] {
        let block = tables::clusters(7, scale)?;
        let rules = Rules::default();
        let release = mask(&block, &[], &rules)?;
        let cubes = hypercube::protect(&block, &rules);
        let small = release.statistics.primary;
        let hidden = cubes.tables[0].cells.iter().filter(|it| **it == Cell::Hidden).count();
        writeln!(
            out,
            "{small:>4} small |{}",
            "o".repeat(release.statistics.secondary.div_ceil(2))
        )?;
        writeln!(out, "           |{}", "h".repeat(hidden.saturating_sub(small).div_ceil(2)))?;
    }
    writeln!(out, "```")?;
    Ok(())
}

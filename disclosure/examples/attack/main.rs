//! Attacks what is published of random areas with nothing but the spreadsheets:
//! `cargo run --release -p disclosure --example attack -- --areas 1000 --first-seed 0`.
//! `--facts` is how many truths of one child are tried in each area; after `--minutes` it stops early. One
//! line of JSON; what was found, with the seed that shows it again, goes to the other stream.

#[path = "../../tests/attacker/mod.rs"]
mod attacker;

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use attacker::area::TERMS;
use attacker::editions::Way;
use attacker::verdict::{Broken, Verdict, try_area};

/// What is asked for: a name and what it is if nobody says.
const ASKED: [(&str, u64); 4] =
    [("--areas", 20), ("--first-seed", 0), ("--facts", 20), ("--minutes", 600)];

#[derive(Default)]
struct Tally {
    cells: usize,
    shown: usize,
    hidden: usize,
    facts: usize,
    withheld: usize,
    refused: usize,
    /// For determined, within the width, equal to the total: alone, and knowing one child.
    found: [[usize; 2]; 3],
}

fn main() -> Result<(), Box<dyn Error>> {
    let [mut areas, first, facts, minutes] = asked()?;
    let begin = Instant::now();
    let mut log = std::io::stderr().lock();
    let mut all = Tally::default();
    for seed in first..first + areas {
        if begin.elapsed().as_secs() >= minutes * 60 {
            areas = seed - first;
            break;
        }
        let verdict = try_area(seed, Way::Sound, usize::try_from(facts)?)?;
        for found in &verdict.found {
            writeln!(log, "seed {seed}: {found}")?;
        }
        all.add(&verdict);
        if (seed - first + 1) % 10 == 0 {
            let seconds = begin.elapsed().as_secs();
            writeln!(log, "{} areas, {seconds} s: {}", seed - first + 1, all.json())?;
        }
    }
    let seconds = begin.elapsed().as_secs();
    let run = format!("\"areas\":{areas},\"first_seed\":{first},\"terms\":{TERMS}");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{{{run},{},\"seconds\":{seconds}}}", all.json())?;
    let found: usize = all.found.as_flattened().iter().sum();
    if found == 0 { Ok(()) } else { Err(format!("{found} cells were not safe").into()) }
}

fn asked() -> Result<[u64; 4], Box<dyn Error>> {
    let mut values = ASKED.map(|(_, value)| value);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let at = ASKED.iter().position(|(name, _)| *name == word);
        let at = at.ok_or_else(|| format!("{word} is not known"))?;
        values[at] = words.next().ok_or_else(|| format!("{word} needs a number"))?.parse()?;
    }
    Ok(values)
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        let published = &verdict.published;
        self.cells += published.cells;
        self.shown += published.shown;
        self.withheld += published.withheld;
        self.refused += published.refused;
        self.hidden += verdict.hidden;
        self.facts += verdict.facts;
        let kinds = [Broken::Determined, Broken::WithinWidth, Broken::EqualToTotal];
        for (all, what) in self.found.iter_mut().zip(kinds) {
            all[0] += verdict.cells(what, false);
            all[1] += verdict.cells(what, true);
        }
    }

    fn json(&self) -> String {
        let [determined, within, equal] = self.found;
        let share = 100.0 * self.shown as f64 / self.cells.max(1) as f64;
        format!(
            "\"cells\":{},\"hidden\":{},\"shown_percent\":{share:.1},\"tables_withheld\":{},\
             \"terms_refused\":{},\"determined\":{},\"within_width\":{},\"equal_to_total\":{},\
             \"truths_of_one_child\":{},\"then_determined\":{},\"then_within_width\":{},\
             \"then_equal_to_total\":{}",
            self.cells,
            self.hidden,
            self.withheld,
            self.refused,
            determined[0],
            within[0],
            equal[0],
            self.facts,
            determined[1],
            within[1],
            equal[1],
        )
    }
}

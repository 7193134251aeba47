//! Tries the gate with a million hostile changes, or as many as are asked for: one line of JSON.

use std::error::Error;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::{Parser, Subcommand};
use system_tests::hostile::cost;
use system_tests::hostile::tally::{Count, Tally};
use system_tests::hostile::{Plan, run_on};
use system_tests::workload::measure::peak_rss_mb;

#[derive(Parser)]
#[command(about = "Proves what is promised by trying to break it")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The gate: honest, damaged and well-formed but wrong changes.
    Gate {
        /// What everything follows from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Honest pushes.
        #[arg(long, default_value_t = 100_000)]
        honest: u64,
        /// Damaged ones.
        #[arg(long, default_value_t = 1_000_000)]
        damaged: u64,
        /// Well-formed ones of wrong meaning.
        #[arg(long, default_value_t = 100_000)]
        wrong: u64,
    },
    /// What the gate costs with its seal, as medians of processor time.
    Cost {
        /// How often each is measured.
        #[arg(long, default_value_t = 1_001)]
        times: usize,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().what {
        What::Gate { seed, honest, damaged, wrong } => gate(Plan { seed, honest, damaged, wrong }),
        What::Cost { times } => {
            let costs = serde_json::to_string(&cost::measure(times))?;
            Ok(writeln!(std::io::stdout(), "{costs}")?)
        }
    }
}

fn gate(plan: Plan) -> Result<(), Box<dyn Error>> {
    // What the gate contains is counted, not told: a million of them would hide the rest.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let told = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let tally = run_on(threads, &plan, &|thread, tally| {
        let seconds = began.elapsed().as_secs();
        // One thread stands for all: their shares are equal.
        if thread == 0 && seconds >= told.load(Ordering::Relaxed) + 10 {
            told.store(seconds, Ordering::Relaxed);
            say(&progress(&plan, tally, threads, seconds));
        }
    });
    let _ = std::panic::take_hook();
    say(&table(&tally));
    let mut line = serde_json::to_value(&tally)?;
    line["seed"] = plan.seed.into();
    line["peak_rss_mb"] = peak_rss_mb().into();
    writeln!(std::io::stdout(), "{line}")?;
    if tally.is_good() { Ok(()) } else { Err("a promise was broken: see the line above".into()) }
}

fn progress(plan: &Plan, tally: &Tally, threads: u64, seconds: u64) -> String {
    let part = |count: &Count, of: u64| format!("about {}/{of}", count.judged * threads);
    format!(
        "after {seconds} s: honest {}, damaged {}, wrong {}",
        part(&tally.honest, plan.honest),
        part(&tally.damaged, plan.damaged),
        part(&tally.wrong, plan.wrong)
    )
}

fn table(tally: &Tally) -> String {
    let mut lines =
        vec!["changes  judged  taken  refused  panics  poisoned  hangs  most ms".to_owned()];
    let rows = [("honest", &tally.honest), ("damaged", &tally.damaged), ("wrong", &tally.wrong)];
    lines.extend(rows.map(|(name, it)| {
        let refused: u64 = it.refused.values().sum();
        let Count { judged, taken, panics, poisoned, hangs, most_ms, .. } = it;
        format!(
            "{name:8} {judged:8} {taken:7} {refused:8} {panics:6} {poisoned:8} {hangs:6} {most_ms:8.1}"
        )
    }));
    lines.join("\n")
}

fn say(words: &str) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "{words}");
}

//! The deterministic simulator: several phones and a server, all of them the real thing, on a
//! network that loses, doubles, cuts and reorders, with power that fails at any commit.
//!
//! One seed decides everything, so that a failure is replayed by its seed. [`world`] runs,
//! [`workload`] chooses what people do, [`model`] knows what should be, [`checkers`] and
//! [`agreement`] compare; [`plant`] holds bugs that they must find. A failure is made smaller by
//! [`shrink`]; [`tally`] adds many seeds up.

pub mod agreement;
pub mod checkers;
pub mod coverage;
pub mod dice;
pub mod model;
pub mod network;
pub mod phone;
pub mod plant;
pub mod promise;
pub mod server;
pub mod shrink;
pub mod tally;
pub mod workload;
pub mod world;

use std::collections::BTreeSet;
use std::fmt;

use crate::sim::coverage::Coverage;
use crate::sim::plant::Plant;
use crate::sim::promise::{Promise, Violation};
use crate::sim::world::World;

/// How to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Steps of a run; everybody syncs to the end now and then, and after the last.
    pub steps: u32,
    /// A bug to plant.
    pub plant: Option<Plant>,
    /// Whether the phones' clocks are wrong, by years.
    pub skewed: bool,
    /// Whether work and answers come in several parts: some visits are told at length, and in every third
    /// world phones and server send little at once.
    pub in_parts: bool,
    /// Whether the server's database is put back to older copies, too.
    pub put_back: bool,
    /// Whether each seed is run again with right clocks and compared.
    pub compare_clocks: bool,
    /// The steps that are made, the others being left out; all if none is named.
    pub only: Option<BTreeSet<u32>>,
    /// Whether what happens in each step is told.
    pub tells: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            steps: 200,
            plant: None,
            skewed: true,
            in_parts: true,
            put_back: true,
            compare_clocks: false,
            only: None,
            tells: false,
        }
    }
}

/// A broken promise and where to find it again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The step at which it showed.
    pub step: u32,
    /// What.
    pub violation: Violation,
    /// How the run was made.
    pub options: Options,
    /// What happened in each step, if that was told.
    pub story: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, step {}: {}", self.seed, self.step, self.violation)?;
        write!(f, "  replay: make simulate SEEDS=1 FIRST_SEED={}", self.seed)?;
        write!(f, " ARGS=\"--steps {}", self.options.steps)?;
        write!(f, " --compare-every {}", u8::from(self.options.compare_clocks))?;
        if let Some(plant) = self.options.plant {
            write!(f, " --plant {}", plant.name())?;
        }
        if !self.options.put_back {
            write!(f, " --no-put-back")?;
        }
        if let Some(only) = &self.options.only {
            let steps: Vec<String> = only.iter().map(u32::to_string).collect();
            write!(f, " --only {}", steps.join(","))?;
        }
        write!(f, "\"")?;
        self.story.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// What a run did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Steps made.
    pub steps: u32,
    /// Phones.
    pub phones: usize,
    /// What was checked.
    pub coverage: Coverage,
    /// The chain of the log at the end: two runs of one seed have the same.
    pub chain: [u8; 32],
    /// The promise that broke, if one did.
    pub failure: Option<Failure>,
}

/// Steps between two quiescences.
const QUIESCE_EVERY: u32 = 70;

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, options: &Options) -> Run {
    if !options.compare_clocks {
        return run_once(seed, options).0;
    }
    // What goes in parts is split by its bytes, and these hang on what a clock said.
    let one = Options { in_parts: false, ..options.clone() };
    let (mut run, world) = run_once(seed, &one);
    let (other, straight) = run_once(seed, &Options { skewed: !one.skewed, ..one.clone() });
    let (Some(mut world), Some(straight)) = (world, straight) else {
        run.failure = run.failure.or(other.failure);
        return run;
    };
    world.clocks_checked();
    run.coverage = world.coverage().clone();
    if let Err(violation) = compare(&world, &straight, options.plant) {
        let (step, options, story) = (run.steps, options.clone(), world.story().to_vec());
        run.failure = Some(Failure { seed, step, violation, options, story });
    }
    run
}

fn compare(skewed: &World, straight: &World, plant: Option<Plant>) -> Result<(), Violation> {
    let outcome = |world: &World| agreement::outcome(world.phones(), plant);
    let (a, b) = (outcome(skewed)?, outcome(straight)?);
    if a == b {
        return Ok(());
    }
    let (a, b) = (a.to_string(), b.to_string());
    let at = a.bytes().zip(b.bytes()).take_while(|(l, r)| l == r).count();
    let part = |text: &str| {
        text.get(at.saturating_sub(120)..(at + 60).min(text.len())).unwrap_or("").to_owned()
    };
    let what = format!("other clocks, other values: {:?} against {:?}", part(&a), part(&b));
    Err(Violation::of(Promise::Clockless, what))
}

/// The run, and its world if every promise held.
fn run_once(seed: u64, options: &Options) -> (Run, Option<World>) {
    let failed = |step, violation, story: &[String]| {
        let (options, story) = (options.clone(), story.to_vec());
        Failure { seed, step, violation, options, story }
    };
    let mut world = match World::new(seed, options) {
        Ok(world) => world,
        Err(violation) => {
            let (coverage, failure) = (Coverage::default(), Some(failed(0, violation, &[])));
            return (Run { steps: 0, phones: 0, coverage, chain: [0; 32], failure }, None);
        }
    };
    let mut steps = 0;
    let done = world.begin().and_then(|()| walk(&mut world, options, &mut steps));
    let (chain, done) = match (world.chain(), done) {
        (Ok(chain), done) => (chain, done),
        (Err(violation), done) => ([0; 32], done.and(Err(violation))),
    };
    let failure = done.err().map(|violation| failed(steps, violation, world.story()));
    let (phones, coverage) = (world.phones().len(), world.coverage().clone());
    let held = failure.is_none();
    (Run { steps, phones, coverage, chain, failure }, held.then_some(world))
}

fn walk(world: &mut World, options: &Options, steps: &mut u32) -> Result<(), Violation> {
    while *steps < options.steps {
        *steps += 1;
        let is_last = *steps == options.steps;
        let kept = is_last || options.only.as_ref().is_none_or(|only| only.contains(steps));
        world.step(kept)?;
        if is_last || (kept && steps.is_multiple_of(QUIESCE_EVERY)) {
            world.quiesce()?;
        }
    }
    Ok(())
}

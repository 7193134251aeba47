//! The deterministic simulator: several phones and a server, all of them the real thing, on a
//! network that loses, doubles, cuts and reorders, with power that fails at any commit.
//!
//! One seed decides everything, so that a failure is replayed by its seed. [`world`] runs,
//! [`workload`] chooses what people do, [`model`] knows what should be, [`checkers`] and
//! [`agreement`] compare; [`plant`] holds bugs that they must find.

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
pub mod workload;
pub mod world;

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
    /// Whether some visits are told at length, so that answers have several pages.
    pub long_texts: bool,
    /// Whether each seed is run again with right clocks and compared.
    pub compare_clocks: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { steps: 200, plant: None, skewed: true, long_texts: true, compare_clocks: false }
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
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, step {}: {}", self.seed, self.step, self.violation)?;
        write!(f, "  replay: cargo run -p system-tests --bin simulate -- --seeds 1")?;
        write!(f, " --first-seed {} --steps {}", self.seed, self.options.steps)?;
        write!(f, " --compare-every {}", u8::from(self.options.compare_clocks))?;
        if let Some(plant) = self.options.plant {
            write!(f, " --plant {}", plant.name())?;
        }
        Ok(())
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
    // Long texts make the number of a request's bytes, and so its split, hang on what a clock said.
    let one = Options { long_texts: false, ..options.clone() };
    let (mut run, world) = run_once(seed, &one);
    let (other, straight) = run_once(seed, &Options { skewed: !one.skewed, ..one.clone() });
    let (Some(mut world), Some(straight)) = (world, straight) else {
        run.failure = run.failure.or(other.failure);
        return run;
    };
    world.clocks_checked();
    run.coverage = world.coverage().clone();
    if let Err(violation) = compare(&world, &straight) {
        run.failure = Some(Failure { seed, step: run.steps, violation, options: options.clone() });
    }
    run
}

fn compare(skewed: &World, straight: &World) -> Result<(), Violation> {
    let (a, b) = (agreement::outcome(skewed.phones())?, agreement::outcome(straight.phones())?);
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
    let failed = |step, violation| Failure { seed, step, violation, options: options.clone() };
    let mut world = match World::new(seed, options) {
        Ok(world) => world,
        Err(violation) => {
            let (coverage, failure) = (Coverage::default(), Some(failed(0, violation)));
            return (Run { steps: 0, phones: 0, coverage, chain: [0; 32], failure }, None);
        }
    };
    let mut steps = 0;
    let done = world.begin().and_then(|()| walk(&mut world, options, &mut steps));
    let (chain, done) = match (world.chain(), done) {
        (Ok(chain), done) => (chain, done),
        (Err(violation), done) => ([0; 32], done.and(Err(violation))),
    };
    let failure = done.err().map(|violation| failed(steps, violation));
    let (phones, coverage) = (world.phones().len(), world.coverage().clone());
    let held = failure.is_none();
    (Run { steps, phones, coverage, chain, failure }, held.then_some(world))
}

fn walk(world: &mut World, options: &Options, steps: &mut u32) -> Result<(), Violation> {
    while *steps < options.steps {
        *steps += 1;
        world.step()?;
        if steps.is_multiple_of(QUIESCE_EVERY) || *steps == options.steps {
            world.quiesce()?;
        }
    }
    Ok(())
}

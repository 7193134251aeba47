//! Power cuts: a program is killed at a random moment, writes that were not synced may be lost, and
//! what it called saved is there. `CASEWEAVE_POWER_LIVES=1000` makes it a thousand lives each; each
//! proof is also shown a planted bug that it must find.

mod child;
mod phone;
mod rows;
mod server;

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

use system_tests::live::Failed;

/// Lives of each kind, unless the environment says how many.
const LIVES: u64 = 6;
/// In so many lives a planted bug must be found.
const LIVES_PLANTED: u64 = 60;

fn lives() -> Result<u64, Failed> {
    Ok(std::env::var("CASEWEAVE_POWER_LIVES").map_or(Ok(LIVES), |lives| lives.parse())?)
}

/// A while, at random.
fn while_up_to(most: Duration, dice: &mut ChaCha8Rng) -> Duration {
    let most = u32::try_from(most.as_micros()).unwrap_or(u32::MAX).max(1);
    Duration::from_micros(u64::from(dice.next_u32() % most))
}

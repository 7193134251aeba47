//! Hostile phones against the gate: honest work by strange hands, the same damaged, and well-formed
//! work that means something wrong. Nothing here speaks to a server: what is tried is
//! `sync_core::engine::admit`, on which phone and server rest alike.

pub mod cost;
pub mod damage;
pub mod honest;
pub mod meanings;
pub mod tally;
pub mod wrong;

use sync_core::engine::admit::{Judged, admit};
use sync_core::ids::{Actor, UserId};
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::history::History;

use crate::sim::dice::Dice;
use crate::workload::measure::cpu_s;
use honest::{Scene, person};
use tally::Tally;

/// Pushes that one scene sees before the next begins: as many as most records ever see.
const SCENE: u64 = 24;

/// How much to try.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What everything follows from.
    pub seed: u64,
    /// Honest changes.
    pub honest: u64,
    /// Damaged ones.
    pub damaged: u64,
    /// Well-formed ones of wrong meaning.
    pub wrong: u64,
}

/// Tries a plan on several threads, each with a share of it and a seed of its own.
#[must_use]
pub fn run_on(threads: u64, plan: &Plan, progress: &(dyn Fn(u64, &Tally) + Sync)) -> Tally {
    let share = |of: u64| of.div_ceil(threads.max(1));
    let one = |n: u64| {
        let part = Plan {
            seed: plan.seed.wrapping_add(n),
            honest: share(plan.honest),
            damaged: share(plan.damaged),
            wrong: share(plan.wrong),
        };
        run(&part, &mut |tally| progress(n, tally))
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1)).map(|n| scope.spawn(move || one(n))).collect();
        running.into_iter().fold(Tally::default(), |mut all, part| {
            // A thread that panicked let something out of the gate's hands: it is counted as one.
            all.add(part.join().unwrap_or_else(|_| Tally::escaped()));
            all
        })
    })
}

/// Tries a plan; `progress` is told what was judged.
pub fn run(plan: &Plan, progress: &mut dyn FnMut(&Tally)) -> Tally {
    let mut dice = Dice::new(plan.seed, 7);
    let mut tally = Tally::default();
    while tally.honest.judged < plan.honest
        || tally.damaged.judged < plan.damaged
        || tally.wrong.judged < plan.wrong
    {
        let mut scene = Scene::new(&mut dice);
        for _ in 0..SCENE {
            one(plan, &mut scene, &mut dice, &mut tally);
        }
        progress(&tally);
    }
    tally
}

/// An honest push, and what hostile phones make of it before it arrives.
pub(crate) fn one(plan: &Plan, scene: &mut Scene, dice: &mut Dice, tally: &mut Tally) {
    let (user, pushed) = scene.step(dice);
    let share = |of: u64| of.div_ceil(plan.honest.max(1)).max(1);
    if tally.damaged.judged < plan.damaged {
        for _ in 0..share(plan.damaged) {
            let bad = damage::damaged(&pushed, &scene.server, user, dice);
            tally.damaged.count(attack(&mut scene.server, user, bad, dice));
        }
    }
    if tally.wrong.judged < plan.wrong {
        for _ in 0..share(plan.wrong) {
            let bad = wrong::wrong(&pushed, &scene.server, user, dice);
            tally.wrong.count(attack(&mut scene.server, user, Some(bad), dice));
        }
    }
    tally.honest.count(judge(&mut scene.server, user, &pushed));
    if !scene.agrees() {
        tally.honest.diverged += 1;
    }
}

/// What came of one push.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// Whether all of it was taken.
    pub taken: bool,
    /// Why not, by the code of the first refusal.
    pub code: String,
    /// Whether a panic got out of the gate.
    pub panicked: bool,
    /// Processor time, seconds.
    pub cpu_s: f64,
    /// Whether the record did not open afterwards, or took no honest change.
    pub poisoned: bool,
}

/// Judges a push as the server does; what it takes stays in the history.
pub fn judge(history: &mut History, user: UserId, pushed: &PushedRecord) -> Outcome {
    let began = cpu_s();
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        admit(history, None, pushed, user, &|_, _, _| Ok(()))
    }));
    let cpu_s = cpu_s() - began;
    let Ok(judged) = judged else {
        return Outcome { panicked: true, cpu_s, ..Outcome::default() };
    };
    let code = judged.iter().find_map(|(_, judged)| match judged {
        Judged::Accepted(_) | Judged::AlreadyHad => None,
        Judged::Refused(refusal) | Judged::Held(refusal) => Some(refusal.code().to_owned()),
        Judged::Needs => Some("needs".to_owned()),
        Judged::NotYet => Some("not_yet".to_owned()),
        Judged::DependsOnRefused => Some("depends_on_refused".to_owned()),
    });
    Outcome { taken: code.is_none(), code: code.unwrap_or_default(), cpu_s, ..Outcome::default() }
}

/// Judges a hostile push, sees that the record still lives, and forgets it.
pub(crate) fn attack(
    history: &mut History,
    user: UserId,
    bad: Option<PushedRecord>,
    dice: &mut Dice,
) -> Outcome {
    let Some(bad) = bad else {
        return Outcome { code: "malformed".to_owned(), ..Outcome::default() };
    };
    let before = history.links().len();
    let mut outcome = judge(history, user, &bad);
    if outcome.panicked || history.links().len() > before {
        outcome.poisoned = !lives(history, dice);
        history.truncate(before);
    }
    outcome
}

/// Whether the record folds, is held by the engine whole, and takes what somebody honest writes next.
fn lives(history: &History, dice: &mut Dice) -> bool {
    let mut trial = history.clone();
    let stranger = (Actor::from_bytes([0xEE; 16]), person(9));
    let next = honest::next_change(&trial, stranger, None, dice);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _read = sync_core::record::fold::fold(&trial, trial.links().len());
        sync_core::record::document::seal(&trial).is_ok()
            && judge(&mut trial, stranger.1, &next).taken
    }))
    .unwrap_or(false)
}

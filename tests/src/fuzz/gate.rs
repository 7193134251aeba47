//! The whole gate with its seal: damaged pushes against an honest record, and well-formed changes
//! of a meaning that the fuzzer chooses.

use std::cell::RefCell;

use sync_core::protocol::frame::decode_push;
use sync_core::record::history::History;

use crate::hostile::damage::sign_anew;
use crate::hostile::honest::{Scene, person};
use crate::hostile::tally::Tally;
use crate::hostile::{Plan, attack, one};
use crate::sim::dice::Dice;

/// Steps of a chosen story: each bears an honest push, a damaged and a wrong one.
const STEPS: usize = 8;
/// Each of a step's three pushes is judged, and the hostile two are followed by an honest one that shows
/// whether the record lives.
pub(super) const PIECES: u32 = STEPS as u32 * 5;
/// Records to be hurt, each with some history.
const RECORDS: u64 = 6;

thread_local! {
    static HISTORIES: RefCell<Vec<History>> = RefCell::new((0..RECORDS).map(record).collect());
}

/// A record as honest people left it.
pub(super) fn record(seed: u64) -> History {
    let mut dice = Dice::new(seed, 7);
    let mut scene = Scene::new(&mut dice);
    for _ in 0..6 {
        let (user, pushed) = scene.step(&mut dice);
        crate::hostile::judge(&mut scene.server, user, &pushed);
    }
    scene.server
}

/// Which record, which person, whether the hashes are made to fit, and a push frame.
pub(super) fn damaged(bytes: &[u8]) -> bool {
    let Some((&[record, who, fit], frame)) = bytes.split_first_chunk::<3>() else { return false };
    let Ok(pushed) = decode_push(frame) else { return false };
    HISTORIES.with_borrow_mut(|histories| {
        let history = &mut histories[usize::from(record) % RECORDS as usize];
        let user = person(who % 4);
        let mut taken = !pushed.is_empty();
        for mut bad in pushed {
            if fit & 1 == 1 {
                sign_anew(&mut bad, history, user);
            }
            let outcome = attack(history, user, Some(bad), &mut Dice::new(1, 1));
            assert!(!outcome.panicked && !outcome.poisoned, "harm was done: {outcome:?}");
            taken &= outcome.taken;
        }
        taken
    })
}

/// A story that goes as the bytes say.
pub(super) fn meaning(bytes: &[u8]) -> bool {
    let mut dice = Dice::told(bytes);
    let mut scene = Scene::new(&mut dice);
    let many = STEPS as u64;
    let plan = Plan { seed: 0, honest: many, damaged: many, wrong: many };
    let mut tally = Tally::default();
    for _ in 0..STEPS {
        one(&plan, &mut scene, &mut dice, &mut tally);
        if dice.is_used_up() {
            break;
        }
    }
    assert!(tally.is_good(), "{tally:#?}");
    tally.honest.taken > 0
}

//! The gate against hostile phones, on a small scale; `make proof` tries a million.

use system_tests::hostile::{Plan, run};

#[test]
fn nothing_hostile_does_harm_and_nothing_honest_is_refused() {
    let plan = Plan { seed: 2026, honest: 1_500, damaged: 15_000, wrong: 6_000 };
    let tally = run(&plan, &mut |_| {});
    assert!(tally.is_good(), "{tally:#?}");
    // It must have come far into the gate: many ways to be refused, and some that are taken.
    assert!(tally.wrong.taken > 0 && tally.damaged.taken > 0);
    for code in ["unknown_reference", "wrong_field", "wrong_fact", "out_of_order", "needs"] {
        assert!(tally.wrong.refused.contains_key(code), "{code} in {:?}", tally.wrong.refused);
    }
}

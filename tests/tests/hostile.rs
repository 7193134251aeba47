//! The gate against hostile phones, on a small scale; `make proof` tries a million.

use std::collections::BTreeSet;

use sync_core::ids::{Actor, CaseId, DeviceId};
use sync_core::limits::CHANGE_BYTES;
use sync_core::protocol::frame::{decode_oversized_push, decode_push, encode_push};
use system_tests::hostile::honest::person;
use system_tests::hostile::meanings::{Base, Sent, Told, meanings};
use system_tests::hostile::{Plan, judge, run};

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

/// Each hostile meaning: refused with its code, or of no spelling that is read, in under 50 ms,
/// and the record takes what is honest as if nothing had come.
#[test]
fn every_hostile_meaning_is_refused_with_its_code_or_cannot_be_said() {
    let (actor, case) = (Actor::from_bytes([1; 16]), CaseId::from_bytes([9; 16]));
    let base = Base::new(actor, person(0), DeviceId::from_bytes([3; 16]), case);
    let (mut numbers, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for meaning in meanings(&base) {
        let which = format!("{} {}", meaning.number, meaning.name);
        assert!(numbers.insert(meaning.number), "{which} is there twice");
        let mut history = base.history.clone();
        let frame = match &meaning.sent {
            Sent::Frame(frame) => frame.clone(),
            Sent::Record(pushed) => encode_push(&[(**pushed).clone()]),
        };
        let began = system_tests::workload::measure::cpu_s();
        let told = match decode_push(&frame) {
            Err(_) if is_too_long(&frame) => Told::TooLong,
            Err(_) => Told::Unread,
            Ok(records) => {
                let outcome = judge(&mut history, base.user, &records[0]);
                assert!(!outcome.panicked, "{which}");
                codes.insert(outcome.code.clone());
                told(&outcome.code)
            }
        };
        let ms = (system_tests::workload::measure::cpu_s() - began) * 1e3;
        assert_eq!(told, meaning.told, "{which}");
        assert!(ms < 50.0, "{which}: {ms} ms");
        if meaning.told != Told::Taken {
            assert_eq!(history.links().len(), 1, "{which} left something behind");
            assert!(judge(&mut history, base.user, &base.honest()).taken, "{which}");
        }
        assert!(sync_core::record::document::open(&history).is_ok(), "{which}");
    }
    assert!(numbers.len() >= 45 && codes.len() >= 8, "{} lines, {codes:?}", numbers.len());
}

fn is_too_long(frame: &[u8]) -> bool {
    let records = decode_oversized_push(frame).unwrap_or_default();
    let mut changes = records.iter().flat_map(|record| &record.changes);
    changes.any(|change| change.body.len() > CHANGE_BYTES)
}

fn told(code: &str) -> Told {
    const CODES: [&str; 7] = [
        "malformed",
        "unknown_reference",
        "out_of_order",
        "actor_forked",
        "wrong_hash",
        "too_many_operations",
        "wrong_field",
    ];
    match code {
        "" => Told::Taken,
        "needs" => Told::Needs,
        "not_yet" => Told::NotYet,
        code => Told::Refused(CODES.into_iter().find(|it| *it == code).unwrap_or("another code")),
    }
}

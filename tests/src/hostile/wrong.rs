//! Well-formed changes of wrong meaning: every reference, count, name and place that the form can
//! spell, chosen to hurt. Those that the record would take bear their right hash.

use sync_core::ids::{Actor, EntryId, UserId};
use sync_core::limits::OPERATION_COUNTER;
use sync_core::protocol::frame::PushedRecord;
use sync_core::record::change::{Change, Edit, ElementId, NewEntry, Run};
use sync_core::record::history::History;
use sync_core::record::schema::{FACTS, TEXTS, fact_field};
use sync_core::record::value::Value;

use super::damage::sign_anew;
use crate::sim::dice::Dice;

/// An honest push, made to mean something else.
#[must_use]
pub fn wrong(
    honest: &PushedRecord,
    history: &History,
    user: UserId,
    dice: &mut Dice,
) -> PushedRecord {
    let mut bad = honest.clone();
    for _ in 0..=dice.below(2) {
        match dice.below(4) {
            0 => wrong_place(&mut bad, history, dice),
            _ => wrong_edits(&mut bad, history, user, dice),
        }
    }
    sign_anew(&mut bad, history, user);
    bad
}

/// Another number, other dependencies, another author.
fn wrong_place(bad: &mut PushedRecord, history: &History, dice: &mut Dice) {
    let n = dice.below(bad.changes.len() as u64) as usize;
    let names: Vec<_> = history.links().iter().map(|link| link.name()).collect();
    let some =
        |dice: &mut Dice| dice.pick(&names).copied().unwrap_or((Actor::from_bytes([0xDD; 16]), 1));
    match dice.below(7) {
        0 => bad.first_seq = bad.first_seq.wrapping_add(dice.below(3) as u32),
        1 => bad.first_seq = 1 + dice.below(20_000) as u32,
        2 => bad.changes[n].deps = Some(Vec::new()),
        3 => bad.changes[n].deps = Some(vec![some(dice)]),
        4 => {
            let deps = bad.changes[n].deps.get_or_insert_default();
            deps.push((Actor::from_bytes(dice.bytes()), dice.below(9) as u32));
            deps.sort_unstable();
        }
        5 => bad.actor = some(dice).0,
        _ => {
            let mut deps: Vec<_> = (0..32).map(|_| some(dice)).collect();
            deps.sort_unstable();
            deps.dedup();
            bad.changes[n].deps = Some(deps);
        }
    }
}

fn wrong_edits(bad: &mut PushedRecord, history: &History, user: UserId, dice: &mut Dice) {
    let n = dice.below(bad.changes.len() as u64) as usize;
    let kind = history.envelope().kind();
    let body = &bad.changes[n].body;
    let Ok(mut change) = Change::decode_body(kind, bad.actor, user, body) else { return };
    match dice.below(6) {
        0 => change.at.0 = *dice.pick(&[i64::MIN, i64::MAX, 0]).unwrap_or(&0),
        1 => change.clock_ahead_ms = *dice.pick(&[i64::MIN, i64::MAX]).unwrap_or(&0),
        2 => {
            let again = change.edits.clone();
            change.edits.extend(again);
        }
        3 => change.edits.push(splice(history, bad.actor, dice)),
        4 => change.edits = vec![Edit::Add(strange_entry(history, dice))],
        _ => change.edits.push(Edit::Add(strange_entry(history, dice))),
    }
    bad.changes[n].body = change.encode_body();
}

/// An edit of a text that may not be there, at elements that may not be in it.
fn splice(history: &History, actor: Actor, dice: &mut Dice) -> Edit {
    let entry = some_entry(history, dice);
    let runs = (0..=dice.below(30)).map(|_| {
        let element = some_element(history, actor, dice);
        match dice.below(5) {
            0 => Run::Insert { after: None, text: "x".repeat(1 + dice.below(500) as usize) },
            1 | 2 => Run::Insert { after: Some(element), text: "\u{202e}y".into() },
            3 => Run::Delete { from: element, count: 1 },
            _ => Run::Delete { from: element, count: 1 + dice.below(4_000) },
        }
    });
    Edit::Splice { entry, runs: runs.collect() }
}

fn some_entry(history: &History, dice: &mut Dice) -> EntryId {
    let made: Vec<EntryId> = history
        .links()
        .iter()
        .flat_map(|link| link.change.added(link.seq))
        .map(|(id, _)| id)
        .collect();
    let real = dice.pick(&made).copied().filter(|_| dice.chance(85));
    real.unwrap_or_else(|| EntryId {
        actor: Actor::from_bytes(dice.bytes()),
        seq: dice.below(u32::MAX.into()) as u32,
        n: dice.below(u16::MAX.into()) as u16,
    })
}

/// An operation of the record, or near it, or far out.
fn some_element(history: &History, actor: Actor, dice: &mut Dice) -> ElementId {
    let link = dice.pick(history.links());
    let near = link.map_or(1, |link| link.start_op + dice.below(link.operations + 2));
    let counter = match dice.below(10) {
        0 => OPERATION_COUNTER,
        1 => 0,
        2 => dice.below(OPERATION_COUNTER),
        _ => near,
    };
    let actor = link.map_or(actor, |link| link.change.actor);
    ElementId { counter, actor }
}

/// An entry of any collection with fields of any type.
fn strange_entry(history: &History, dice: &mut Dice) -> NewEntry {
    let code = *dice.pick(&[FACTS, 2, 3, 4, TEXTS, 16, 17, 18, 19, 20, 21]).unwrap_or(&FACTS);
    let mut codes: Vec<u8> = (0..dice.below(12)).map(|_| 1 + dice.below(24) as u8).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut fields: Vec<_> =
        codes.into_iter().map(|code| (code, any_value(history, dice))).collect();
    if code == FACTS && dice.chance(70) {
        let fact = Value::Int(dice.below(80) as i64);
        fields = vec![(fact_field::FACT, fact), (fact_field::VALUE, any_value(history, dice))];
    }
    let mut replaces: Vec<EntryId> = Vec::new();
    if code == FACTS {
        replaces = (0..dice.below(6)).map(|_| some_entry(history, dice)).collect();
        replaces.sort_unstable();
        replaces.dedup();
    }
    let text = (code == TEXTS).then(|| "z".repeat(dice.below(5_000) as usize));
    NewEntry { collection: code, fields, replaces, text }
}

fn any_value(history: &History, dice: &mut Dice) -> Value {
    match dice.below(6) {
        0 => Value::Int(*dice.pick(&[i64::MIN, i64::MAX, 0, 7]).unwrap_or(&0)),
        1 => Value::Bool(dice.chance(50)),
        2 => Value::Bytes(vec![7; dice.below(70) as usize]),
        3 => Value::Text(some_entry(history, dice).to_string()),
        4 => "\u{feff}high".into(),
        _ => "high".repeat(dice.below(30) as usize).into(),
    }
}

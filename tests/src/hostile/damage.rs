//! Honest pushes damaged on the way or by hand: bits, bytes, pieces of others, lengths.

use sync_core::ids::UserId;
use sync_core::protocol::frame::{PushedRecord, decode_push, encode_push};
use sync_core::record::change::Change;
use sync_core::record::history::History;

use crate::sim::dice::Dice;

/// A damaged push; none if its frame does not even read. Half of them bear the hash that the damaged
/// change would have, so that they come further into the gate.
#[must_use]
pub fn damaged(
    honest: &PushedRecord,
    history: &History,
    user: UserId,
    dice: &mut Dice,
) -> Option<PushedRecord> {
    if dice.chance(30) {
        let mut frame = encode_push(std::slice::from_ref(honest));
        spoil(&mut frame, dice);
        return decode_push(&frame).ok()?.into_iter().next();
    }
    let mut bad = honest.clone();
    let n = dice.below(bad.changes.len() as u64) as usize;
    spoil(&mut bad.changes[n].body, dice);
    if dice.chance(50) {
        sign_anew(&mut bad, history, user);
    }
    Some(bad)
}

/// Gives each change the hash that it would have, as far as it can be taken.
pub fn sign_anew(bad: &mut PushedRecord, history: &History, user: UserId) {
    let (kind, mut trial) = (history.envelope().kind(), history.clone());
    for (seq, change) in (bad.first_seq..).zip(&mut bad.changes) {
        let Ok(decoded) = Change::decode_body(kind, bad.actor, user, &change.body) else { return };
        let own = [(bad.actor, seq.wrapping_sub(1))];
        let deps = change.deps.as_deref().unwrap_or(&own);
        let Ok(link) = trial.append(decoded, seq, Some(deps)) else { return };
        change.hash = link.hash.prefix();
    }
}

fn spoil(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let len = bytes.len() as u64;
        if len == 0 {
            return;
        }
        let at = dice.below(len) as usize;
        match dice.below(7) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = dice.below(256) as u8,
            2 => bytes.truncate(at),
            3 => bytes.insert(at, dice.below(256) as u8),
            4 => drop(bytes.remove(at)),
            5 => {
                // A number that says "very many".
                let huge = [0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
                bytes.splice(at..at, huge);
            }
            _ => {
                let end = (at + dice.below(40) as usize).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = dice.below(len) as usize;
                bytes.splice(to..to, piece);
            }
        }
    }
}

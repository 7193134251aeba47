//! Whether a change can be read back by everybody: asked before it is saved, by the bounds that readers keep.
//! What is larger would be readable on no phone, or wait for ever to be sent.

use crate::gate::refusal::{Refusal, TOO_LONG, TOO_MANY_AT_ONCE, TOO_MANY_ENTRIES};
use crate::limits::{CHANGE_BYTES, DEPENDENCIES_PER_CHANGE, EDITS_PER_CHANGE, REPLACES_PER_ENTRY};
use crate::record::change::{Change, Edit};
use crate::record::history::ChangeName;
use crate::record::kind::Kind;

/// Checks what is to be stored of a change: its body, and the names of the changes that it builds on.
///
/// # Errors
/// [`Refusal`] in its author's words.
pub fn check(kind: Kind, change: &Change, body: &[u8], deps: &[ChangeName]) -> Result<(), Refusal> {
    if body.len() > CHANGE_BYTES {
        return Err(Refusal::new(TOO_LONG));
    }
    if change.edits.len() > EDITS_PER_CHANGE {
        return Err(Refusal::new(TOO_MANY_ENTRIES));
    }
    if deps.len() > DEPENDENCIES_PER_CHANGE || change.edits.iter().any(replaces_too_many) {
        return Err(Refusal::new(TOO_MANY_AT_ONCE));
    }
    // Whatever else readers ask for, the reader itself says it.
    match Change::decode_body(kind, change.actor, change.by, body) {
        Ok(read) if read == *change => Ok(()),
        _ => Err(Refusal::new("wrong_field")),
    }
}

fn replaces_too_many(edit: &Edit) -> bool {
    matches!(edit, Edit::Add(entry) if entry.replaces.len() > REPLACES_PER_ENTRY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Actor, EntryId, UserId};
    use crate::limits::STRING_BYTES;
    use crate::record::change::NewEntry;
    use crate::record::history::{decode_deps, encode_deps};
    use crate::record::schema::{FACTS, Fact, fact_field};
    use crate::record::value::Value;
    use crate::time::Timestamp;

    const ME: Actor = Actor::from_bytes([1; 16]);

    fn checked(entries: Vec<NewEntry>, deps: &[ChangeName]) -> Result<(), Refusal> {
        let edits = entries.into_iter().map(Edit::Add).collect();
        let by = UserId::from_bytes([1; 16]);
        let change = Change { actor: ME, by, at: Timestamp(5), clock_ahead_ms: 0, edits };
        check(Kind::Visit, &change, &change.encode_body(), deps)
    }

    fn words(bytes: usize) -> NewEntry {
        let fields = vec![(1, Value::Text("x".repeat(bytes)))];
        NewEntry { collection: 17, fields, ..NewEntry::default() }
    }

    /// Entries of which the body's bytes are so many: three texts of the largest size and a fourth.
    fn of_bytes(bytes: usize) -> Vec<NewEntry> {
        // Two bytes of times, one of the count; collection, fields, field, tag and three of the length each.
        let around = 3 + 4 * 7;
        let mut entries = vec![words(STRING_BYTES); 3];
        entries.push(words(bytes - 3 * STRING_BYTES - around));
        entries
    }

    fn replacing(count: usize) -> NewEntry {
        let id = |seq: usize| EntryId { actor: ME, seq: seq as u32, n: 0 };
        let fields = vec![
            (fact_field::FACT, Value::Int(Fact::NextContact.code().into())),
            (fact_field::VALUE, "2027-01-01".into()),
        ];
        NewEntry { collection: FACTS, fields, replaces: (0..count).map(id).collect(), text: None }
    }

    fn names(count: usize) -> Vec<ChangeName> {
        (1..=count as u32).map(|seq| (ME, seq)).collect()
    }

    /// Each bound: what is at it passes, and one more is refused with its code.
    #[test]
    fn what_readers_take_passes_and_nothing_larger() {
        let refused = |code: &str| Err(Refusal::new(code));
        assert_eq!(checked(of_bytes(CHANGE_BYTES), &[]), Ok(()));
        assert_eq!(checked(of_bytes(CHANGE_BYTES + 1), &[]), refused(TOO_LONG));
        assert_eq!(checked(vec![words(1); EDITS_PER_CHANGE], &[]), Ok(()));
        let many = vec![words(1); EDITS_PER_CHANGE + 1];
        assert_eq!(checked(many, &[]), refused(TOO_MANY_ENTRIES));
        assert_eq!(checked(vec![replacing(REPLACES_PER_ENTRY)], &[]), Ok(()));
        let many = replacing(REPLACES_PER_ENTRY + 1);
        assert_eq!(checked(vec![many], &[]), refused(TOO_MANY_AT_ONCE));
        let most = names(DEPENDENCIES_PER_CHANGE);
        assert_eq!(decode_deps(&encode_deps(&most)), Ok(most.clone()));
        assert_eq!(checked(vec![words(1)], &most), Ok(()));
        let many = names(DEPENDENCIES_PER_CHANGE + 1);
        assert!(decode_deps(&encode_deps(&many)).is_err());
        assert_eq!(checked(vec![words(1)], &many), refused(TOO_MANY_AT_ONCE));
    }

    #[test]
    fn what_would_read_as_something_else_is_not_saved() {
        let fields = vec![(8, Value::Bool(true)), (1, Value::Int(5))];
        let disordered = NewEntry { collection: 16, fields, ..NewEntry::default() };
        assert_eq!(checked(vec![disordered], &[]), Err(Refusal::new("wrong_field")));
        assert_eq!(checked(Vec::new(), &[]), Err(Refusal::new("wrong_field")));
    }
}

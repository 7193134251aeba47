//! What was opened on the phone without signal: noted in the phone's own store, told with the next
//! exchange, forgotten when the server has written it down. One note a case or record and day.

use crate::ids::{CaseId, RecordId};
use crate::limits::{OPENINGS_KEPT, OPENINGS_TOLD};
use crate::protocol::message::Opening;
use crate::store::{Item, Shelf, Store, StoreError, Write};
use crate::time::Timestamp;

/// What to write down when a case, or one record of it, is opened; nothing if it was that day.
///
/// # Errors
/// [`StoreError`]
pub fn note(
    store: &dyn Store,
    (case, record): (CaseId, Option<RecordId>),
    now: Timestamp,
) -> Result<Vec<Write>, StoreError> {
    let key = key(&case, record.as_ref(), now);
    if store.item(Shelf::Opened, &key)?.is_some() {
        return Ok(Vec::new());
    }
    let known = untold(store)?;
    // Grows by itself, and with the clock, so that it does even after the phone lost its store.
    let last = store
        .item(Shelf::Meta, LAST)?
        .and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
    let number = last.map_or(0, |last| last.saturating_add(1)).max(now.0.unsigned_abs());
    let opening = Opening { number, case, record, at: now };
    let Ok(value) = minicbor::to_vec(&opening) else { return Ok(Vec::new()) };
    let mut writes = vec![
        Write::Set(Shelf::Opened, key, value),
        Write::Set(Shelf::Meta, LAST.to_vec(), number.to_be_bytes().to_vec()),
    ];
    let over = (known.len() + 1).saturating_sub(OPENINGS_KEPT);
    writes.extend(known.into_iter().take(over).map(|(key, _)| Write::Remove(Shelf::Opened, key)));
    Ok(writes)
}

/// The last number that was given.
const LAST: &[u8] = b"last opening";

/// Day, case, record: the phone's whole memory of what was opened.
fn key(case: &CaseId, record: Option<&RecordId>, now: Timestamp) -> Vec<u8> {
    let mut key = now.0.div_euclid(Timestamp::DAY_MS).to_be_bytes().to_vec();
    key.extend(case.as_bytes());
    key.extend(record.iter().flat_map(|record| record.as_bytes()));
    key
}

/// What is not told yet, with its keys, oldest first.
fn untold(store: &dyn Store) -> Result<Vec<(Vec<u8>, Opening)>, StoreError> {
    let read = |(key, bytes): Item| Some((key, minicbor::decode(&bytes).ok()?));
    let mut found: Vec<(Vec<u8>, Opening)> =
        store.items(Shelf::Opened)?.into_iter().filter_map(read).collect();
    found.sort_by_key(|(_, opening)| opening.number);
    Ok(found)
}

/// What to tell in the next request, oldest first.
///
/// # Errors
/// [`StoreError`]
pub fn to_tell(store: &dyn Store) -> Result<Vec<Opening>, StoreError> {
    let all = untold(store)?.into_iter().map(|(_, opening)| opening);
    Ok(all.take(OPENINGS_TOLD).collect())
}

/// How many are not told yet.
///
/// # Errors
/// [`StoreError`]
pub fn count(store: &dyn Store) -> Result<usize, StoreError> {
    Ok(untold(store)?.len())
}

/// What to forget once the server has written down everything up to a number. What was opened today is
/// not noted again: its note stays as an empty one until the day is over.
///
/// # Errors
/// [`StoreError`]
pub fn forget(store: &dyn Store, told: u64, now: Timestamp) -> Result<Vec<Write>, StoreError> {
    let today = now.0.div_euclid(Timestamp::DAY_MS).to_be_bytes();
    let mut writes = Vec::new();
    for (key, bytes) in store.items(Shelf::Opened)? {
        let is_todays = key.starts_with(&today);
        match minicbor::decode::<Opening>(&bytes) {
            Ok(opening) if opening.number > told => {}
            Ok(_) if is_todays => writes.push(Write::Set(Shelf::Opened, key, Vec::new())),
            Err(_) if is_todays => {}
            _ => writes.push(Write::Remove(Shelf::Opened, key)),
        }
    }
    Ok(writes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    fn case(n: u16) -> CaseId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        CaseId::from_bytes(bytes)
    }

    fn open(store: &mut MemoryStore, n: u16, at: i64) {
        let writes = note(store, (case(n), None), Timestamp(at)).unwrap();
        store.commit(&writes).unwrap();
    }

    #[test]
    fn one_note_a_case_and_day_even_after_it_was_told() {
        let mut store = MemoryStore::default();
        open(&mut store, 1, 1_000);
        open(&mut store, 1, 2_000);
        open(&mut store, 2, 2_000);
        assert_eq!(to_tell(&store).unwrap().len(), 2);
        let told = to_tell(&store).unwrap()[0].number;
        let writes = forget(&store, told, Timestamp(3_000)).unwrap();
        store.commit(&writes).unwrap();
        open(&mut store, 1, 4_000);
        let left = to_tell(&store).unwrap();
        assert_eq!((left.len(), left[0].case), (1, case(2)));
        let tomorrow = Timestamp::DAY_MS + 1;
        let writes = forget(&store, u64::MAX, Timestamp(tomorrow)).unwrap();
        store.commit(&writes).unwrap();
        assert_eq!(store.items(Shelf::Opened).unwrap(), []);
        open(&mut store, 1, tomorrow);
        assert_eq!(count(&store).unwrap(), 1);
    }

    #[test]
    fn numbers_grow_whatever_the_clock_does_and_the_oldest_notes_go_first() {
        let mut store = MemoryStore::default();
        for n in 0..=u16::try_from(OPENINGS_KEPT).unwrap() {
            open(&mut store, n, 5_000_000 - i64::from(n) * 86_400_000);
        }
        let told = to_tell(&store).unwrap();
        assert_eq!((count(&store).unwrap(), told.len()), (OPENINGS_KEPT, OPENINGS_TOLD));
        assert_eq!(told[0].case, case(1));
        assert!(told.is_sorted_by(|a, b| a.number < b.number));
    }
}

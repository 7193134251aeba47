//! What a phone that will lose its power writes, so that what is torn or missing shows.

use sync_core::ids::RecordId;
use sync_core::store::contract::{change, record};
use sync_core::store::{AttachedRow, Bytes, ChangeRow, Place, Shelf, Store, StoreError, Write};
use system_tests::live::Failed;

const CHANGES: u32 = 6;
const RECORDS: u32 = 5;

const fn record_of(n: u32) -> RecordId {
    RecordId::from_bytes([(n % RECORDS) as u8; 16])
}

/// What the record of the `n`th batch has attached from then on.
fn attached(n: u32) -> (AttachedRow, Vec<u8>) {
    let bytes = vec![n as u8; 1_000 + (n as usize * 997) % 20_000];
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&n.to_be_bytes());
    let length = bytes.len() as u32;
    (AttachedRow { record: record_of(n), digest, length, bytes: Bytes::Unsent }, bytes)
}

/// The `n`th batch: a record, several changes, a photo and a number.
pub(super) fn batch(n: u32) -> Vec<Write> {
    let mut row = record((n % RECORDS) as u8, 1, 1);
    row.id = record_of(n);
    let mut writes = vec![Write::PutRecord(row)];
    writes.extend((0..CHANGES).map(|k| {
        let place = Place::Unsent(u64::from(n) * 100 + u64::from(k));
        let body = vec![n as u8; 300 + (n as usize * 37) % 3_000];
        let row = change((n % RECORDS) as u8, 1, n * 100 + k, place);
        Write::PutChange(ChangeRow { record: record_of(n), body, ..row })
    }));
    let (row, bytes) = attached(n);
    writes.push(Write::PutChunk { digest: row.digest, n: 0, bytes });
    writes.push(Write::Attach(row));
    writes.push(Write::Set(Shelf::Meta, b"last".to_vec(), n.to_be_bytes().to_vec()));
    writes
}

/// The number of the last batch that the store says it has.
pub(super) fn last(store: &impl Store) -> Result<u32, StoreError> {
    let bytes = store.item(Shelf::Meta, b"last")?.and_then(|bytes| bytes.try_into().ok());
    Ok(bytes.map_or(0, u32::from_be_bytes))
}

/// Every batch to the last is whole, and nothing is there beyond it.
pub(super) fn check(store: &impl Store) -> Result<(), Failed> {
    let last = last(store)?;
    let expected = (1..=last).flat_map(batch).filter_map(|write| match write {
        Write::PutChange(row) => Some(row),
        _ => None,
    });
    if !store.unsent(0, usize::MAX)?.into_iter().eq(expected) {
        return Err(format!("the changes are not those of {last} batches").into());
    }
    for n in last.saturating_sub(RECORDS - 1).max(1)..=last {
        let (row, bytes) = attached(n);
        let chunk = store.chunk(&row.digest, 0)?;
        if store.attached(&row.record)? != Some(row) || chunk != Some(bytes) {
            return Err(format!("the photo of batch {n} is not there or another").into());
        }
    }
    Ok(())
}
